"""daemon.metrics.gauges: what is read at the moment of a scrape."""

from __future__ import annotations

from typing import Any

import pytest
from sales import a_payment

from daemon.health import Board, Link
from daemon.metrics import families as f
from daemon.metrics.families import Family
from daemon.metrics.gauges import Gauges
from daemon.metrics.tally import Labels, Times
from daemon.payment import Payment, State
from daemon.view import Part
from hw.interfaces import Condition, Health

OK = Health(Condition.OK)
PULLED = Health(Condition.MISSING, "unplugged")


class Machine:
    """A till whose machine gives goods."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_giving = False


class Pole:
    """One that gives none."""

    name = "pole"


class Looked:
    def __init__(self) -> None:
        self.board = Board()
        self.live: list[Payment] = []
        self.ready = True
        self.told = 0
        self.machine = Machine("kiosk")
        tills: list[Any] = [self.machine, Pole()]
        self.gauges = Gauges(self.board, lambda: self.live, lambda: self.ready, tills, lambda: self.told)

    def of(self, family: Family) -> dict[Labels, float | Times]:
        (reading,) = (reading for reading in self.gauges.readings() if reading.family is family)
        return dict(reading.values)


@pytest.fixture
def looked() -> Looked:
    return Looked()


def test_whether_it_could_sell(looked: Looked) -> None:
    assert looked.of(f.READY) == {(): 1.0}
    looked.ready = False
    assert looked.of(f.READY) == {(): 0.0}


def test_payments_under_way_are_told_from_those_that_are_only_asked_about(looked: Looked) -> None:
    looked.live = [a_payment(state) for state in (State.AWAITING_CODE, State.EXPIRED, State.REVOKED, State.IN_DOUBT)]
    looked.board.doubts_are(3)
    assert looked.of(f.OPEN) == {(): 1.0}
    assert looked.of(f.FOLLOWED) == {(): 2.0}
    assert looked.of(f.IN_DOUBT) == {(): 3.0}, "the journal's count, which has those of before, too"


def test_the_journal(looked: Looked) -> None:
    assert looked.of(f.JOURNAL_WRITABLE) == {(): 0.0}, "not opened yet"
    looked.board.journal_is(None)
    assert looked.of(f.JOURNAL_WRITABLE) == {(): 1.0}


def test_devices_and_the_lines_of_tills_by_name(looked: Looked) -> None:
    looked.board.device("scanner", Health(Condition.OK, "the one on the left is away"))
    looked.board.device("display", PULLED)
    looked.board.till("pole", OK)
    assert looked.of(f.DEVICE_UP) == {("scanner",): 1.0, ("display",): 0.0, ("pole",): 1.0}
    assert looked.of(f.DEVICE_DEGRADED) == {("scanner",): 1.0, ("display",): 0.0, ("pole",): 0.0}


@pytest.mark.parametrize("part", [Part.GATEWAY, Part.CREDENTIALS, Part.CLOCK])
def test_a_gateway_that_is_not_well_says_what_it_lacks(looked: Looked, part: Part) -> None:
    looked.board.link("wechat", Link(Health(Condition.FAILING, "so"), part))
    looked.board.link("merchant", Link(OK, part))
    assert looked.of(f.GATEWAY_UP) == {("wechat",): 0.0, ("merchant",): 1.0}
    problems = looked.of(f.GATEWAY_PROBLEM)
    assert {labels for labels, value in problems.items() if value} == {("wechat", part.value)}
    assert len(problems) == 6


def test_goods_and_machines_that_take_no_money(looked: Looked) -> None:
    assert looked.of(f.GOODS_OWED) == {("kiosk",): 0.0}
    looked.machine.is_giving = True
    looked.board.hold("kiosk", "the machine does not answer")
    assert looked.of(f.GOODS_OWED) == {("kiosk",): 1.0}
    assert looked.of(f.TILL_HELD) == {("kiosk",): 1.0}


def test_a_fleets_broker_where_there_is_one(looked: Looked) -> None:
    assert looked.of(f.FLEET_UP) == looked.of(f.FLEET_TOLD) == {}
    looked.board.fleet_is(Health(Condition.FAILING, "broker mqtt.example:8883 does not answer"))
    assert (looked.of(f.FLEET_UP), looked.of(f.FLEET_TOLD)) == ({(): 0.0}, {(): 0.0})
    looked.board.fleet_is(OK)
    looked.told = 41
    assert (looked.of(f.FLEET_UP), looked.of(f.FLEET_TOLD)) == ({(): 1.0}, {(): 41.0})


def test_no_text_becomes_a_label(looked: Looked) -> None:
    looked.board.device("scanner", Health(Condition.FAILING, "a text of the system"))
    looked.board.link("wechat", Link(Health(Condition.FAILING, "a text of the provider"), Part.GATEWAY))
    looked.board.hold("kiosk", "a text of the machine")
    said = {label for reading in looked.gauges.readings() for labels, _ in reading.values for label in labels}
    assert not [label for label in said if "text" in label]
