"""What every scanner does, the simulated one included: one suite over all of them (real libraries, on pipes, ptys and sockets)."""

import asyncio
import time
from itertools import groupby

import pytest
from codes_for_tests import made_up_code
from scanner_rigs import RIGS
from waiting import settle, until

from hw.interfaces import Condition

CODE, OTHER, THIRD = made_up_code(17), made_up_code(18), made_up_code(19)


@pytest.fixture(params=RIGS)
async def unplugged(request, tmp_path):
    """A scanner that is opened, but not plugged in."""
    rig = RIGS[request.param](tmp_path)
    rig.open()
    yield rig
    rig.scanner.close()
    await settle()
    rig.finish()


@pytest.fixture
async def rig(unplugged):
    """A scanner that is there and disarmed."""
    unplugged.plug()
    await until(lambda: unplugged.is_ok)
    return unplugged


async def test_it_says_that_it_is_missing_and_then_that_it_is_there(unplugged):
    await until(lambda: unplugged.is_missing and "not opened yet" not in unplugged.scanner.health.detail)
    unplugged.plug()
    await until(lambda: unplugged.is_ok)
    conditions = [condition for condition, _ in groupby(health.condition for health in unplugged.healths)]
    assert conditions == [Condition.MISSING, Condition.OK]
    assert unplugged.healths[0].detail
    assert not unplugged.healths[-1].detail
    assert unplugged.healths[-1] == unplugged.scanner.health


async def test_an_armed_scanner_gives_a_code_with_the_time_it_was_read(rig):
    rig.scanner.arm()
    before = time.monotonic()
    rig.scan(CODE)
    await until(lambda: rig.ear.texts == [CODE])
    assert before <= rig.ear.scans[0].at <= time.monotonic()


async def test_every_code_of_a_row_is_given_in_order(rig):
    rig.scanner.arm()
    rig.scan(CODE, OTHER)
    await until(lambda: rig.ear.texts == [CODE, OTHER])


async def test_a_disarmed_scanner_gives_nothing_and_keeps_nothing_for_later(rig):
    rig.scan(CODE)
    await settle()
    rig.scanner.arm()
    rig.scan(OTHER)
    await until(lambda: rig.ear.scans)
    assert rig.ear.texts == [OTHER]
    rig.scanner.disarm()
    rig.scan(THIRD)
    await settle()
    assert rig.ear.texts == [OTHER]


async def test_what_lies_unread_when_it_is_armed_is_thrown_away(rig):
    rig.scan(CODE)
    rig.scanner.arm()
    rig.scan(OTHER)
    await until(lambda: rig.ear.scans)
    assert rig.ear.texts == [OTHER]


async def test_arming_in_the_very_moment_a_code_arrives_throws_it_away_and_loses_no_scanner(rig):
    rig.scan(CODE)
    asyncio.get_running_loop().call_soon(rig.scanner.arm)  # runs before the loop's own reader, which then finds nothing
    await settle()
    assert rig.is_ok
    rig.scan(OTHER)
    await until(lambda: rig.ear.scans)
    assert rig.ear.texts == [OTHER]


async def test_a_code_half_read_when_it_is_armed_never_counts(rig):
    rig.half(CODE[:9])
    await settle()
    rig.scanner.arm()
    rig.scan(CODE[9:], OTHER)
    await until(lambda: rig.ear.scans)
    assert rig.ear.texts == [OTHER]


async def test_a_code_half_unread_when_it_is_armed_never_counts(rig):
    rig.half(CODE[:9])
    rig.scanner.arm()
    rig.scan(CODE[9:], OTHER)
    await until(lambda: rig.ear.scans)
    assert rig.ear.texts == [OTHER]


async def test_arming_again_throws_away_what_was_read_before(rig):
    rig.scanner.arm()
    rig.half(CODE[:9])
    await settle()
    rig.scanner.arm()
    rig.scan(CODE[9:], OTHER)
    await until(lambda: rig.ear.scans)
    assert rig.ear.texts == [OTHER]


async def test_whoever_disarms_on_a_code_gets_no_second_one(rig):
    rig.ear.on_scan = rig.scanner.disarm
    rig.scanner.arm()
    rig.scan(CODE, OTHER)
    await until(lambda: rig.ear.scans)
    await settle()
    assert rig.ear.texts == [CODE]


async def test_whoever_arms_again_on_a_code_gets_only_later_ones(rig):
    if rig.whole_codes_only:
        pytest.skip("simulated codes arrive one by one, none with another")
    rig.ear.on_scan = rig.scanner.arm
    rig.scanner.arm()
    rig.scan(CODE, OTHER)
    await until(lambda: rig.ear.scans)
    await settle()
    rig.scan(THIRD)
    await until(lambda: len(rig.ear.scans) > 1)
    assert rig.ear.texts == [CODE, THIRD]


async def test_an_unreadable_code_is_reported_while_armed(rig):
    rig.garble()
    await settle(400)
    assert rig.ear.faults == []
    rig.scanner.arm()
    rig.garble()
    await until(lambda: len(rig.ear.faults) == 1)
    assert rig.ear.scans == []


async def test_a_pulled_scanner_is_missing_and_works_again_once_it_is_back(rig):
    rig.scanner.arm()
    rig.unplug()
    await until(lambda: rig.is_missing)
    assert rig.scanner.health.detail
    rig.plug()
    await until(lambda: rig.is_ok)
    rig.scan(CODE)
    await until(lambda: rig.ear.texts == [CODE])


async def test_half_a_code_from_before_it_was_pulled_is_forgotten(rig):
    rig.scanner.arm()
    rig.half(CODE[:9])
    await settle()
    rig.unplug()
    await until(lambda: rig.is_missing)
    rig.plug()
    await until(lambda: rig.is_ok)
    rig.scan(OTHER)
    await until(lambda: rig.ear.scans)
    assert rig.ear.texts == [OTHER]


async def test_a_missing_scanner_can_be_armed_and_disarmed(unplugged):
    unplugged.scanner.arm()
    unplugged.scanner.disarm()
    unplugged.plug()
    await until(lambda: unplugged.is_ok)
    unplugged.scan(CODE)
    await settle()
    assert unplugged.ear.scans == []


async def test_a_closed_scanner_is_silent(rig):
    rig.scanner.arm()
    told = len(rig.healths)
    rig.scanner.close()
    if rig.whole_codes_only:
        rig.scan(CODE)
    await settle()
    assert rig.ear.scans == []
    assert len(rig.healths) == told
    rig.scanner.close()


async def test_no_code_is_in_what_a_scan_shows_of_itself(rig):
    rig.scanner.arm()
    rig.scan(CODE)
    await until(lambda: rig.ear.scans)
    assert CODE not in repr(rig.ear.scans)
