"""Several scanners that are one to the box (`hw.scanners`)."""

import pytest
from codes_for_tests import made_up_code
from scanner_rigs import Ear

from hw.interfaces import Condition, Health
from hw.scanners import Scanners
from hw.simulated import SimulatedScanner

CODE, OTHER = made_up_code(17), made_up_code(18)


class Pair:
    def __init__(self):
        self.one, self.two = SimulatedScanner(), SimulatedScanner()
        self.both = Scanners([self.one, self.two])
        self.ear, self.healths = Ear(), []
        self.both.open(self.ear, self.healths.append)


@pytest.fixture
def pair():
    return Pair()


def test_before_they_are_opened_nothing_is_there():
    assert Scanners([SimulatedScanner(), SimulatedScanner()]).health == Health(Condition.MISSING, "not opened yet; not opened yet")


def test_codes_come_from_whichever_reads(pair):
    pair.both.arm()
    pair.two.scan(CODE)
    pair.one.scan(OTHER)
    assert pair.ear.texts == [CODE, OTHER]


def test_whoever_disarms_on_a_code_of_one_gets_none_of_the_other(pair):
    pair.ear.on_scan = pair.both.disarm
    pair.both.arm()
    pair.one.scan(CODE)
    pair.two.scan(CODE)
    assert pair.ear.texts == [CODE]


def test_one_that_is_away_is_said_and_the_other_goes_on(pair):
    pair.healths.clear()
    pair.one.unplug()
    assert pair.both.health == Health(Condition.OK, "1 of 2 scanners away: unplugged")
    pair.both.arm()
    pair.two.scan(CODE)
    assert pair.ear.texts == [CODE]
    pair.one.plug()
    assert pair.healths == [Health(Condition.OK, "1 of 2 scanners away: unplugged"), Health(Condition.OK)]


def test_with_none_left_the_scanner_is_missing(pair):
    pair.one.unplug()
    pair.two.unplug()
    assert pair.both.health == pair.healths[-1] == Health(Condition.MISSING, "unplugged; unplugged")


def test_one_that_came_back_is_armed_as_the_other_is(pair):
    pair.one.unplug()
    pair.both.arm()
    pair.one.plug()
    pair.one.scan(CODE)
    assert pair.ear.texts == [CODE]


class Stub:
    """A scanner that only has a health."""

    def __init__(self, condition, detail=""):
        self.health = Health(condition, detail)


def test_failing_tells_more_than_missing():
    assert Scanners([Stub(Condition.MISSING, "gone"), Stub(Condition.FAILING, "locked")]).health == Health(
        Condition.FAILING, "gone; locked"
    )
    assert Scanners([Stub(Condition.OK), Stub(Condition.FAILING)]).health.detail == "1 of 2 scanners away: failing"


def test_only_what_changes_is_told(pair):
    pair.healths.clear()
    pair.one.unplug()
    pair.one.unplug()
    assert len(pair.healths) == 1


def test_closed_they_are_silent(pair):
    pair.both.arm()
    pair.both.close()
    pair.healths.clear()
    pair.one.unplug()
    pair.one.plug()
    pair.two.scan(CODE)
    assert (pair.ear.scans, pair.healths) == ([], [])


def test_one_alone_is_not_several():
    with pytest.raises(ValueError, match="two or more"):
        Scanners([SimulatedScanner()])
