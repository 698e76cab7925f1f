"""Which case an order gets: asked for by the control API, else by the script file, else by the payer's code.

A script is TOML. Each `[[order]]` is for one order, taken in the order in which they arrive; `default` is for the rest:

    default = "paid"

    [timings]                       # seconds; the fields of `scenario.Timings`
    auto_close_s = 4.5

    [[order]]
    case = "password_then_paid"

    [[order]]                       # a case with some of it replaced, or a new one from nothing
    case = "password_never"
    revoke = [{ act = false, fault = "cut" }, { act = false, code = "SYSTEMERROR", again = true }]
    moves = [{ to = "paid", on = "query", nth = 4 }]

Keys of an order: `case`, `start`, `moves`, and for each of `charge`, `query`, `revoke`, `close`, `refund` a list of answers
and `KIND_then`, the answer to all further ones. Their keys are the fields of `scenario.Step` and `scenario.Move`.
"""

from __future__ import annotations

import tomllib
from collections import deque
from dataclasses import fields, replace
from pathlib import Path

from daemon.sandbox.cases import CASES, PAID, case_of_code
from daemon.sandbox.scenario import HONEST, Call, Fault, Lie, Move, Scenario, Standing, Step, Steps, Timings
from daemon.sandbox.shown_cases import SHOWN_CASES

_KINDS = tuple(call.value for call in Call)
_ORDER_KEYS = {"case", "start", "moves", *_KINDS, *(f"{kind}_then" for kind in _KINDS)}
_Word = type[Standing] | type[Call] | type[Fault] | type[Lie]
_ENUMS: dict[str, _Word] = {"to": Standing, "says": Standing, "on": Call, "fault": Fault, "lie": Lie}
_WAITS = {f.name for f in fields(Timings)}


class WrongScript(ValueError):
    """The script cannot be played; the text says where and why."""


class Deck:
    """Chooses the scenario of each new order."""

    def __init__(self, scripted: tuple[Scenario, ...] = (), default: Scenario | None = None) -> None:
        self._scripted = deque(scripted)
        self._default = default
        self._next: deque[Scenario] = deque()
        self.shown = PAID  # what becomes of a QR order that nothing else says anything of

    def put(self, scenario: Scenario) -> None:
        """The next order gets this one (several: in turn), whatever script and code say."""
        self._next.append(scenario)

    def choose(self, code: str | None) -> Scenario:
        """The scenario of the order that has just arrived; `code` is the payer's, None where a QR code is to be shown."""
        for cards in (self._next, self._scripted):
            if cards:
                return cards.popleft()
        if self._default is not None:
            return self._default
        return self.shown if code is None else case_of_code(code)


def read_script(path: Path) -> tuple[Deck, Timings]:
    """The deck and the timings that a script file describes. Raises OSError, WrongScript."""
    try:
        script = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongScript(f"{path}: not TOML: {error}") from error
    return parse_script(script), parse_timings(script)


def parse_script(script: dict[str, object]) -> Deck:
    """The deck that a script describes. Raises WrongScript."""
    _only(script, {"default", "order", "timings"}, "the script")
    default = None if "default" not in script else case_named(script["default"], "default")
    orders = script.get("order", [])
    if not isinstance(orders, list):
        raise WrongScript("order: write [[order]], one table for each order")
    return Deck(tuple(_order(table, f"order {place}") for place, table in enumerate(orders, 1)), default)


def parse_timings(script: dict[str, object]) -> Timings:
    """The timings that a script sets, the usual ones elsewhere. Raises WrongScript."""
    given = _only(script.get("timings", {}), _WAITS, "timings")
    for key, value in given.items():
        if type(value) not in (int, float) or value < 0:  # type: ignore[operator]  # numbers only, by the line's first half
            raise WrongScript(f"timings, {key}: expected seconds, not {value!r}")
    return Timings(**given)  # type: ignore[arg-type]  # each was checked to be a number


def case_named(name: object, where: str) -> Scenario:
    """The case of that name. Raises WrongScript."""
    cases = {**CASES, **SHOWN_CASES}
    if not isinstance(name, str) or name not in cases:
        raise WrongScript(f"{where}: no case {name!r}; there are {', '.join(cases)}")
    return cases[name]


def _order(table: object, where: str) -> Scenario:
    order = _only(table, _ORDER_KEYS, where)
    scenario = case_named(order.get("case", "paid"), where)
    changes: dict[str, object] = {}
    if "start" in order:
        changes["start"] = _value(Standing, order["start"], f"{where}, start")
    if "moves" in order:
        changes["moves"] = tuple(_move(move, f"{where}, moves") for move in _list(order["moves"], f"{where}, moves"))
    changes |= {kind: _steps(order, kind, where) for kind in _KINDS if kind in order or f"{kind}_then" in order}
    if changes and "case" not in order:
        changes |= {"name": "scripted", "text": "as the script says"}
    return replace(scenario, **changes)  # type: ignore[arg-type]  # the keys are fields of Scenario, each value made for it


def _steps(order: dict[str, object], kind: str, where: str) -> Steps:
    first = tuple(_step(step, f"{where}, {kind}") for step in _list(order.get(kind, []), f"{where}, {kind}"))
    return Steps(first, _step(order[f"{kind}_then"], f"{where}, {kind}_then") if f"{kind}_then" in order else HONEST)


def _step(table: object, where: str) -> Step:
    return Step(**_fields(table, Step, where))  # type: ignore[arg-type]  # _fields checked names and values


def _move(table: object, where: str) -> Move:
    values = _fields(table, Move, where)
    if "to" not in values or not ("on" in values or "after" in values):
        raise WrongScript(f"{where}: a move needs `to`, and `on` or `after`")
    return Move(**values)  # type: ignore[arg-type]  # _fields checked names and values


def _fields(table: object, kind: type[Step] | type[Move], where: str) -> dict[str, object]:
    given = _only(table, {f.name for f in fields(kind)}, where)
    return {key: _field(key, value, f"{where}, {key}") for key, value in given.items()}


def _field(key: str, value: object, where: str) -> object:
    if key in _ENUMS:
        return _value(_ENUMS[key], value, where)
    if key in ("after", "delay"):
        return _wait(value, where)
    wanted: type = {"nth": int, "code": str}.get(key, bool)
    if type(value) is not wanted or (isinstance(value, int) and wanted is int and value < 1):
        raise WrongScript(f"{where}: expected {wanted.__name__}, not {value!r}")
    return value


def _wait(value: object, where: str) -> float | str:
    if isinstance(value, str) and value in _WAITS:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return float(value)
    raise WrongScript(f"{where}: expected seconds or one of {', '.join(sorted(_WAITS))}, not {value!r}")


def _value(kind: _Word, value: object, where: str) -> object:
    try:
        return kind(value)
    except ValueError:
        raise WrongScript(f"{where}: expected one of {', '.join(kind)}, not {value!r}") from None


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise WrongScript(f"{where}: expected a list, not {value!r}")
    return value


def _only(table: object, keys: set[str], where: str) -> dict[str, object]:
    if not isinstance(table, dict):
        raise WrongScript(f"{where}: expected a table, not {table!r}")
    for key in table:
        if key not in keys:
            raise WrongScript(f"{where}: unknown key {key!r}; there are {', '.join(sorted(keys))}")
    return table
