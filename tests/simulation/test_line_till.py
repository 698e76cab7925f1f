"""The serial till of the simulation (daemon.simulation.counter, daemon.simulation.till): what is sold over the line, what befalls the
line, and that a box that tells its till wrongly is found out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from daemon.simulation import cable
from daemon.simulation.choices import Choices
from daemon.simulation.counter import LineTill
from daemon.simulation.history import play
from daemon.simulation.kinds import TillKind
from daemon.simulation.promises import Broken
from daemon.simulation.setting import draw_setting
from daemon.simulation.till_line import LINE_TILL
from daemon.tills import serial_words
from daemon.tills.base import Telling
from daemon.told import JournalTellings

SEED = 4


def on_a_line(count: int) -> list[str]:
    """So many histories with a till on a line, by their seeds."""
    found = (f"{SEED}/{number}" for number in range(10_000) if draw_setting(Choices(f"{SEED}/{number}")).till is TillKind.SERIAL)
    return [next(found) for _ in range(count)]


def play_some() -> None:
    for seed in on_a_line(12):
        play(Choices(seed))


@pytest.fixture
def tills(monkeypatch: pytest.MonkeyPatch) -> list[LineTill]:
    """Every till on a line that is made."""
    made: list[LineTill] = []
    begin = LineTill.__init__

    def watched(till: LineTill, *arguments: object) -> None:
        begin(till, *arguments)  # type: ignore[arg-type]  # as they come
        made.append(till)

    monkeypatch.setattr(LineTill, "__init__", watched)
    return made


def test_sales_over_the_line_end_as_the_box_says(tills: list[LineTill]) -> None:
    play_some()
    told = [end for till in tills for end in till._end.ends.values()]
    assert len(told) > 20
    assert {"paid", "cancelled"} <= {end["s"] for end in told}
    assert all(payment.till in (LINE_TILL, "http") for till in tills for payment in till._world.disk.all)


def test_the_line_loses_doubles_and_damages(tills: list[LineTill], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cable, "TROUBLE_ONE_IN", 6)
    play_some()
    broken = [line for till in tills for line in till._end.broken]
    ends = [[(m["ref"], m["seq"]) for m in till._end.heard if m["t"] == "end"] for till in tills]
    assert broken
    assert any(len(heard) > len(set(heard)) for heard in ends), "told again, because `got` was lost, or doubled on the way"


def test_an_end_that_is_not_told_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> list[object]:
        return []

    monkeypatch.setattr(JournalTellings, "owed", nothing)
    monkeypatch.setattr("daemon.simulation.world.MOST_STEPS", 3000)
    with pytest.raises(Broken, match=r"comes to no end|nothing is to come any more"):
        play_some()


def test_an_end_that_is_told_wrongly_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Acknowledged is not understood: the till is told "paid" of everything."""
    monkeypatch.setattr(serial_words, "told", _paid(serial_words.told))
    with pytest.raises(Broken, match=r"ended \w+, and its till on the line was told paid"):
        play_some()


def _paid(told: Callable[[Telling], dict[str, Any]]) -> Callable[[Telling], dict[str, Any]]:
    def wrong(telling: Telling) -> dict[str, Any]:
        said = told(telling)
        return {**said, "s": "paid", "state": "paid"} if said["t"] == "end" else said

    return wrong


def test_two_ends_under_one_number_are_found_out() -> None:
    class World:
        disk = type("Disk", (), {"all": ()})

    till = LineTill.__new__(LineTill)
    till._world = World()  # type: ignore[assignment]  # all that `check` looks at
    till._end = type("End", (), {"heard": [_end(3, "paid"), _end(3, "refunded")], "ends": {}})()  # type: ignore[assignment]
    with pytest.raises(Broken, match="two ends were told under one number"):
        till.check()


def _end(seq: int, state: str) -> dict[str, object]:
    return {"t": "end", "ref": "S1", "seq": seq, "state": state, "reason": None}


def test_an_end_in_doubt_that_is_told_again_may_have_a_newer_reason(tills: list[LineTill]) -> None:
    """The million found it: not acknowledged yet, `revoke_unconfirmed` had become `revoke_refused`, under the same number as it must."""
    play(Choices("31/19228"))
    told = [(m["seq"], m["state"], m["reason"]["code"]) for m in tills[0]._end.heard if m["t"] == "end" and m["ref"] == "S9"]
    assert told[:2] == [(34, "in_doubt", "revoke_unconfirmed"), (34, "in_doubt", "revoke_refused")]
