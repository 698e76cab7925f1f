"""Devices of tills in the simulation: the line between box and till (daemon.simulation.cable, daemon.simulation.till_line), a credit line
(daemon.simulation.credit_line); and which history has which till (daemon.simulation.kinds)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from daemon.money import Amount, Minor
from daemon.payment import Mode, Payment, Ref, State
from daemon.simulation.cable import DELAY_S, Cable
from daemon.simulation.choices import Choices
from daemon.simulation.credit_line import CreditLine
from daemon.simulation.kinds import TillKind, is_an_offer, kind_of
from daemon.simulation.loop import VirtualLoop
from daemon.simulation.setting import draw_setting
from daemon.simulation.till_line import PULLED, SimulatedTillLine
from hw.health import OK
from hw.interfaces import Health, PulseEnd

# -- which history has which till --


def test_each_kind_has_its_share_of_histories() -> None:
    drawn = Counter(draw_setting(Choices(f"4/{number}")).till for number in range(1600))
    assert all(60 < drawn[kind] < 140 for kind in (TillKind.KEYPAD, TillKind.POLE, TillKind.MDB, TillKind.PULSE))
    assert 140 < drawn[TillKind.SERIAL] < 260
    assert drawn[TillKind.HTTP] > 800
    assert draw_setting(Choices.replay(())).till is TillKind.HTTP


def test_histories_whose_seeds_are_kept_have_their_till_over_http() -> None:
    assert {draw_setting(Choices(seed)).till for seed in ("1/80504", "11/102", "11/1781", "12/1085")} == {TillKind.HTTP}
    assert [kind_of(drawn) for drawn in (0, 7, 15, 23)] == [TillKind.HTTP, TillKind.SERIAL, TillKind.SERIAL, TillKind.SERIAL]


def test_a_cashier_goes_before_what_a_machine_offers() -> None:
    settings = [draw_setting(Choices(f"4/{number}")) for number in range(300)]
    assert {s.configuration.priorities.get("http") for s in settings if s.till in (TillKind.MDB, TillKind.PULSE)} == {1}
    assert not any(s.configuration.priorities for s in settings if s.till not in (TillKind.MDB, TillKind.PULSE))


def a_payment(state: State, till: str) -> Payment:
    return Payment(Ref("S1"), till, Amount(Minor(500), "CNY"), Mode.SCAN, state, "then", "then")


@pytest.mark.parametrize(
    ("till", "before", "now", "is_one"),
    [
        ("pulse", None, State.AWAITING_CODE, True),
        ("mdb", State.AWAITING_CODE, State.CANCELLED, True),
        ("mdb", State.SUBMITTING, State.CANCELLED, False),
        ("pulse", State.AWAITING_CODE, State.SUBMITTING, False),
        ("http", State.AWAITING_CODE, State.CANCELLED, False),
    ],
)
def test_what_a_till_without_staff_may_do_by_itself(till: str, before: State | None, now: State, is_one: bool) -> None:
    assert is_an_offer(a_payment(now, till), None if before is None else a_payment(before, till)) is is_one


# -- lines --


class World:
    """Time, choices and a box that are as much of them as a line needs."""

    def __init__(self, numbers: list[int] | None = None) -> None:
        self.now = 0.0
        self.choices = Choices.replay(numbers or [])
        self.loop = VirtualLoop(lambda: self.now)
        self.box = self
        self._events: list[tuple[float, Any]] = []

    def after(self, seconds: float, what: Any) -> None:
        self._events.append((self.now + seconds, what))

    def say(self, text: str) -> None: ...

    def pass_time(self, seconds: float = DELAY_S) -> None:
        self.now += seconds
        due, self._events = [e for e in self._events if e[0] <= self.now], [e for e in self._events if e[0] > self.now]
        for _, what in due:
            what()
        self.loop.run_ready()


class Echo:
    """A till that says again what it hears."""

    def __init__(self) -> None:
        self.opens = 0
        self.heard: list[bytes] = []
        self._out = b""

    def opened(self, _now: float) -> None:
        self.opens += 1

    def received(self, data: bytes, _now: float) -> None:
        self.heard.append(data)
        self._out += data

    def command(self, text: str, _now: float) -> None:
        self._out += text.encode()

    def take(self) -> bytes:
        data, self._out = self._out, b""
        return data

    def next_deadline(self) -> None:
        return None


def connected(world: World, **more: Any) -> tuple[Cable, Echo, SimulatedTillLine, list[Any]]:
    till, heard = Echo(), list[Any]()
    cable = Cable(world, till, lambda: None, **more)  # type: ignore[arg-type]  # as much of a world and a till as it needs
    line = cable.line(lambda data: heard.append(("sent", data)))
    line.listen(lambda: heard.append("open"), heard.append, heard.append)
    line.open()
    return cable, till, line, heard


def test_a_cable_carries_both_ways() -> None:
    world = World()
    cable, till, line, heard = connected(world)
    assert line.send(b"abc")
    world.pass_time()
    world.pass_time()
    cable.do("def")
    world.pass_time()
    assert (till.heard, heard) == ([b"abc"], [OK, "open", ("sent", b"abc"), b"abc", b"def"])


@pytest.mark.parametrize(
    ("numbers", "arrives"), [([1, 1, 0], [b"abc", b"abc"]), ([1, 1, 1], []), ([1, 1, 2], [b"a"]), ([1, 1, 3], [b"arc"])]
)
def test_what_befalls_a_piece(numbers: list[int], arrives: list[bytes]) -> None:
    world = World(numbers)
    _, till, line, _ = connected(world, trouble_one_in=2)
    line.send(b"abc")
    world.pass_time()
    assert till.heard == arrives


def test_a_cable_that_is_pulled_carries_nothing_and_says_so() -> None:
    world = World()
    cable, till, line, heard = connected(world)
    line.send(b"lost")
    cable.plug(is_plugged=False)
    world.pass_time()
    assert (till.heard, line.send(b"abc"), line.health, heard[-1]) == ([], False, PULLED, PULLED)
    cable.plug(is_plugged=True)
    world.pass_time()
    assert (till.opens, heard[-2:]) == (2, [OK, "open"])
    line.close()
    line.on_bytes(b"to nobody")
    assert heard[-1] == "open"


# -- a credit line --


class Machine:
    """Sees the line go up and down."""

    def __init__(self) -> None:
        self.is_inhibiting, self.is_plugged, self.is_stuck, self.is_late = False, True, False, False
        self.seen: list[str] = []

    def refuses(self) -> bool:
        return self.is_stuck

    def rises(self) -> None:
        self.seen.append("up")

    def falls(self) -> bool:
        self.seen.append("down")
        return not self.is_late


def pulsed(world: World, line: CreditLine) -> PulseEnd | None:
    task = world.loop.create_task(line.pulse())
    world.loop.run_ready()
    for _ in range(4):
        world.pass_time(0.1)
    return task.result().end if task.done() else None


def test_pulses_and_what_may_be_wrong_with_them() -> None:
    world, machine = World(), Machine()
    line = CreditLine(machine)
    assert (line.inhibited, pulsed(world, line)) == (True, PulseEnd.NOT_GIVEN)
    told: list[Any] = []
    line.listen(lambda: told.append("inhibit"), told.append, told.append)
    line.open()
    assert (line.inhibited, pulsed(world, line), machine.seen) == (False, PulseEnd.GIVEN, ["up", "down"])
    machine.is_late = True
    assert pulsed(world, line) is PulseEnd.UNSURE
    machine.is_stuck = True
    assert (pulsed(world, line), len(machine.seen)) == (PulseEnd.NOT_GIVEN, 4)
    line.choose(5)
    machine.is_inhibiting = True
    line.changed()
    machine.is_plugged = False
    line.changed()
    assert line.health == Health(PULLED.condition, PULLED.detail)
    assert told == [OK, "inhibit", 5, "inhibit", PULLED, "inhibit"]
    line.close()
    assert line.inhibited


def test_a_box_that_dies_leaves_its_pulse_half_done() -> None:
    world, machine = World(), Machine()
    line = CreditLine(machine)
    line.open()
    world.loop.create_task(line.pulse())
    world.loop.run_ready()
    world.loop.is_dead = True
    world.pass_time(1)
    world.loop.bury()
    assert machine.seen == ["up"]
