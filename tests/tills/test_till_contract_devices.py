"""What every kind of till owes whatever its device does: noise at any time, a plug that is pulled, a box that is started anew.

The other half of `test_till_contract`, over the same rigs.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from shell_time import in_virtual_time, settle
from till_rig import CODE, Rig
from till_rigs import RIGS, every, own_ref
from till_shop import MOST, TILL

from daemon.payment import State
from daemon.tills.base import Request
from daemon.tills.http import MAX_DESCRIPTION, is_ref
from hw.interfaces import Condition

pytestmark = pytest.mark.usefixtures("discreet")


# -- noise --

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""No shrinking: each example is a whole box, and a failing one has twenty acts at most."""


async def play(rig: Rig, does: str, what: Any) -> None:
    """One thing that may happen, and everything that follows at once."""
    shop = rig.shop
    waiting = [payment.ref for payment in shop.own.values() if payment.state is State.AWAITING_CODE]
    if does == "noise":
        await rig.make_noise(what)
    elif does == "wait":
        await asyncio.sleep(what)
    elif does == "pay" and waiting:
        await shop.scan(what, waiting[-1])
    elif does in ("pull", "plug") and "device" not in rig.lacks:
        (rig.unplug if does == "pull" else rig.plug)()
    await settle()


def check(request: Request) -> None:
    """One that the desk can store, and a provider be told."""
    assert (request.till, request.amount.currency) == (TILL, "CNY")
    assert 1 <= request.amount.minor <= MOST
    assert is_ref(request.ref)
    assert len(request.description) <= MAX_DESCRIPTION
    assert request.description.isprintable()
    assert CODE not in request.description


def acts(rig: type[Rig]) -> st.SearchStrategy[list[tuple[str, Any]]]:
    noise = st.tuples(st.just("noise"), rig.noise)
    others = st.sampled_from([("wait", 0.1), ("wait", 45.0), ("pay", "00"), ("pay", "02"), ("pull", None), ("plug", None)])
    return st.lists(st.one_of(noise, noise, others), max_size=20)


@pytest.mark.parametrize("name", RIGS)
@settings(max_examples=12, deadline=None, suppress_health_check=[*HealthCheck], phases=PHASES)
@given(data=st.data())
def test_whatever_its_device_says_it_raises_nothing_and_can_be_used_after_it(name: str, data: st.DataObject) -> None:
    played = data.draw(acts(RIGS[name]))

    @in_virtual_time
    async def whole() -> None:
        with tempfile.TemporaryDirectory() as place:
            rig = RIGS[name](Path(place))
            async with rig.box() as shop:
                for does, what in played:
                    await play(rig, does, what)
                for request in shop.witness.requests:
                    check(request)
                await play(rig, "plug", None)
                await asyncio.sleep(120)
                await rig.ask()
                ref = own_ref(shop)
                assert shop.own[ref].state is State.AWAITING_CODE
                await shop.scan("00", ref)
                await settle()
                assert shop.state(ref) is State.PAID

    whole()


@every()
@in_virtual_time
async def test_a_payers_code_that_comes_over_its_device_asks_for_nothing(rig: Rig) -> None:
    """A phone held over the wrong scanner, a cashier's slip: what is on the line is nobody's to keep."""
    async with rig.box() as shop:
        asked = len(shop.witness.requests)
        await rig.hears_code()
        await asyncio.sleep(1)
        assert len(shop.witness.requests) == asked


# -- a plug that is pulled --


@every("device")
@in_virtual_time
async def test_a_device_that_goes_is_said_and_taken_back_when_it_returns(rig: Rig) -> None:
    async with rig.box() as shop:
        for _ in range(2):
            assert shop.till.health.condition is Condition.OK
            rig.unplug()
            await settle()
            assert (shop.till.health.condition, shop.health[-1]) == (Condition.MISSING, shop.till.health)
            await asyncio.sleep(20)
            rig.plug()
            await settle()
            assert (shop.till.health.condition, shop.health[-1].condition) == (Condition.OK, Condition.OK)
        await rig.ask()
        assert shop.own[own_ref(shop)].state is State.AWAITING_CODE
        await shop.scan("00", own_ref(shop))
        await settle()
        assert shop.state(own_ref(shop)) is State.PAID


@every("device")
@in_virtual_time
async def test_a_charge_that_was_sent_goes_on_without_the_device(rig: Rig) -> None:
    async with rig.box() as shop:
        await rig.ask()
        ref = own_ref(shop)
        await shop.scan("01", ref)
        await asyncio.sleep(1)
        rig.unplug()
        await asyncio.sleep(60)
        payment = shop.own[ref]
        assert payment.state in rig.ends_unwatched
        rig.plug()
        await settle()
        await rig.knows_end(payment)


# -- a box that is started anew --


@pytest.mark.parametrize("seconds", [1, 60], ids=["while the payer confirms", "after it was paid"])
@every()
@in_virtual_time
async def test_a_new_run_takes_up_what_was_owed_before(rig: Rig, seconds: int) -> None:
    async with rig.box() as shop:
        await rig.ask()
        ref = own_ref(shop)
        await shop.scan("01", ref)
        for till in shop.tills:
            await till.stop()
        await asyncio.sleep(seconds)
        assert shop.state(ref) is (State.PENDING if seconds == 1 else State.PAID)
    async with rig.box(starts=False) as shop:
        await rig.start()
        await asyncio.sleep(60)
        payment = await shop.desk.find(ref)
        assert payment is not None
        assert payment.state in rig.ends_unwatched
        await rig.knows_end(payment)


@every()
@in_virtual_time
async def test_a_new_run_sells_as_the_one_before(rig: Rig) -> None:
    async with rig.box() as shop:
        await rig.ask()
        before = own_ref(shop)
        await shop.scan("00", before)
        await asyncio.sleep(20)
    async with rig.box() as shop:
        await rig.ask()
        assert own_ref(shop) != before
        assert shop.own[own_ref(shop)].state is State.AWAITING_CODE
