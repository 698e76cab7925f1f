"""What every kind of till owes, whatever its device: one suite over all of them, each built by the factory, before a whole box.

Here: its shape, and what a till and a desk say to each other. What its device may do to it: `test_till_contract_devices`.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from shell_time import in_virtual_time, settle
from shop import a_payment, an_order
from till_rig import CODE, Rig
from till_rigs import RIGS, every, kinds_of_factory, own_ref
from till_shop import TILL

from daemon.money import Amount, Minor
from daemon.payment import Payment, Reason, Ref, State
from daemon.tables.tills import TillSettings
from daemon.tills import factory
from daemon.tills.base import Busy, Conflict, Ended, NotReady, NotStorable, Rejected, Till
from hw.interfaces import Condition

pytestmark = pytest.mark.usefixtures("discreet")

REFUSALS = (Busy(Ref("X-1")), NotReady(["no scanner"]), NotStorable("disk full"), Conflict("asked before"), Ended("ended"))


def refused_with(*refusals: Exception) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("refusal", refusals, ids=lambda refusal: type(refusal).__name__)


# -- its shape --


def test_every_kind_that_the_factory_builds_has_a_rig() -> None:
    assert kinds_of_factory() == {rig.kind for rig in RIGS.values()}


def test_a_new_kind_is_missed_here_until_it_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class AbacusTillSettings(TillSettings):
        kind: str = "abacus"

    monkeypatch.setattr(factory, "AbacusTillSettings", AbacusTillSettings, raising=False)
    assert "abacus" in kinds_of_factory() - {rig.kind for rig in RIGS.values()}


@every("device")
@in_virtual_time
async def test_it_has_the_one_known_shape(rig: Rig) -> None:
    async with rig.box(starts=False) as shop:
        assert (shop.till.name, shop.till.health.condition) == (TILL, Condition.MISSING)
        for call in ("look", "start", "stop", "changed"):
            ours, promised = getattr(type(shop.till), call), getattr(Till, call)
            assert list(inspect.signature(ours).parameters) == list(inspect.signature(promised).parameters)
            assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(promised)


@every("device")
@in_virtual_time
async def test_looking_asks_nobody_and_tells_nothing(rig: Rig) -> None:
    async with rig.box() as shop:  # a box that has something to tell: it was paid, and then it was stopped
        await rig.ask()
        await shop.till.stop()
        await shop.scan("00", own_ref(shop))
        await asyncio.sleep(1)
    async with rig.box(starts=False) as shop:
        before = rig.said
        shop.till.look(shop._health_is)
        await settle()
        await rig.try_to_ask()
        await asyncio.sleep(100)
        assert (shop.till.health.condition, rig.is_open) == (Condition.OK, True)
        rig.unplug()
        assert [health.condition for health in shop.health][-1:] == [Condition.MISSING]
        assert (shop.witness.requests, rig.said) == ([], before)


@every("device")
@in_virtual_time
async def test_starting_opens_and_stopping_lets_go_whenever_it_comes(rig: Rig) -> None:
    async with rig.box(starts=False) as shop:
        await shop.till.stop()
        assert not rig.is_open
        shop.till.look(shop._health_is)
        await settle()
        await shop.till.stop()
        assert not rig.is_open
    async with rig.box() as shop:
        assert rig.is_open
        for _ in range(2):
            await shop.till.stop()
            assert not rig.is_open
        asked = len(shop.witness.requests)
        await asyncio.sleep(100)
        assert len(shop.witness.requests) == asked


# -- asking --


@pytest.mark.parametrize(("currency", "minor"), [("CNY", 500), ("CNY", 1), ("CNY", 1250), ("CNY", 50_000), ("JPY", 1250), ("KWD", 12_345)])
@every()
@in_virtual_time
async def test_what_is_asked_for_reaches_the_desk_to_the_last_minor_unit(rig: Rig, currency: str, minor: int) -> None:
    async with rig.box(currency=currency, minor=minor) as shop:
        await rig.ask()
        assert [(r.till, r.amount) for r in shop.witness.requests] == [(TILL, Amount(Minor(minor), currency))]
        assert [payment.state for payment in shop.own.values()] == [State.AWAITING_CODE]
        assert rig.noes == []


@every()
@in_virtual_time
async def test_the_same_once_more_is_the_same_payment(rig: Rig) -> None:
    async with rig.box() as shop:
        await rig.ask()
        for _ in range(3):
            await rig.again()
        assert [payment.state for payment in shop.own.values()] == [State.AWAITING_CODE]
        await shop.scan("01", own_ref(shop))
        await asyncio.sleep(1)
        for _ in range(3):
            await rig.again()
        assert len(shop.own) == 1


@every("spends")
@in_virtual_time
async def test_the_same_once_more_after_it_was_paid_sells_nothing(rig: Rig) -> None:
    async with rig.box() as shop:
        await rig.ask()
        await shop.scan("00", own_ref(shop))
        await settle()
        for _ in range(3):
            await rig.again()
        assert [payment.state for payment in shop.own.values()] == [State.PAID]


@every()
@in_virtual_time
async def test_it_sells_again_and_again(rig: Rig) -> None:
    async with rig.box() as shop:
        for count in (1, 2, 3):
            await rig.ask()
            assert len(shop.own) == count
            await shop.scan("00", own_ref(shop))
            await asyncio.sleep(10)
        assert list(shop.own.values())[1].state is State.PAID


# -- what the desk does not take --


@refused_with(*REFUSALS)
@every("says_no")
@in_virtual_time
async def test_what_the_desk_does_not_take_is_told_in_its_own_words(rig: Rig, refusal: Rejected) -> None:
    async with rig.box() as shop:
        shop.witness.refusal = refusal
        await rig.ask()
        await settle()
        assert (rig.noes, shop.own) == ([rig.no[type(refusal)]], {})


@refused_with(*REFUSALS)
@every()
@in_virtual_time
async def test_and_it_goes_on_when_the_desk_takes_it_again(rig: Rig, refusal: Rejected) -> None:
    async with rig.box(starts=False) as shop:
        shop.witness.refusal = refusal
        await rig.start()
        await rig.try_to_ask()
        await asyncio.sleep(30)
        assert shop.own == {}
        shop.witness.refusal = None
        await rig.ask()
        assert [payment.state for payment in shop.own.values()] == [State.AWAITING_CODE]


@every("amounts")
@in_virtual_time
async def test_an_amount_that_cannot_be_never_comes_before_the_desk(rig: Rig) -> None:
    async with rig.box() as shop:
        for wrong in rig.wrong:
            noes = len(rig.noes)
            await rig.try_wrong(wrong)
            assert shop.witness.requests == [], wrong
            if "says_wrong" not in rig.lacks:
                assert len(rig.noes) > noes, wrong
        await rig.ask()
        assert len(shop.own) == 1


# -- what becomes of payments --


@every("device")
@in_virtual_time
async def test_what_becomes_of_another_tills_payment_is_none_of_its_business(rig: Rig) -> None:
    async with rig.box(starts=False) as shop:
        await shop.sell("H-1", till="web")
        await rig.start()
        before = rig.said
        await shop.scan("00", "H-1")
        await settle()
        assert shop.state("H-1") is State.PAID
        assert rig.said == before
        await asyncio.sleep(5)
        await rig.ask()
        assert [payment.state for payment in shop.own.values()] == [State.AWAITING_CODE]


def changes() -> Iterator[Payment]:
    """Whatever may be told of a payment, its own and another's: every state, with every sort of reason and order, and then an end."""
    reasons = (None, Reason("paid_late", ""), Reason("goods_failed", "stuck"), Reason("x" * 64, f"{CODE} 合计 " * 40))
    for number, (state, reason, till) in enumerate(itertools.product(State, reasons, (TILL, "web"))):
        for attempts in ((), (an_order(f"T{number}", state, reason=reason),)):
            payment = a_payment(f"C-{number}-{len(attempts)}", state, till=till, reason=reason, attempts=attempts)
            yield payment
            yield payment.but(state=State.EXPIRED)


@every("device")
@in_virtual_time
async def test_it_hears_of_every_change_without_waiting_or_raising(rig: Rig) -> None:
    async with rig.box(starts=False) as shop:
        told = list(changes())
        for payment in told:  # before it is started
            assert shop.till.changed(payment) is None
        await rig.start()
        for payment in told:
            assert shop.till.changed(payment) is None
            await settle(3)
        await asyncio.sleep(30)
        await rig.ask()
        assert [payment.state for payment in shop.own.values()] == [State.AWAITING_CODE]
        await shop.till.stop()
        for payment in told:
            assert shop.till.changed(payment) is None


# -- giving up --


@every()
@in_virtual_time
async def test_who_gives_up_there_gives_up_that_payment_alone(rig: Rig) -> None:
    async with rig.box() as shop:
        await rig.ask()
        ref = own_ref(shop)
        await shop.sell("H-1", till="web")
        await rig.give_up(ref)
        assert (shop.witness.cancelled, shop.own[ref].state) == ([ref], State.CANCELLED)


@every("own_only")
@in_virtual_time
async def test_nobody_gives_up_another_tills_payment_there(rig: Rig) -> None:
    async with rig.box(starts=False) as shop:
        await shop.sell("H-1", till="web")
        await rig.start()
        await rig.give_up("H-1")
        await asyncio.sleep(5)
        assert (shop.witness.cancelled, shop.state("H-1")) == ([], State.AWAITING_CODE)


@pytest.mark.parametrize(
    "refusal", [Ended("just now"), NotStorable("disk full"), KeyError("gone")], ids=lambda refusal: type(refusal).__name__
)
@every()
@in_virtual_time
async def test_a_payment_that_cannot_be_given_up_goes_on_and_so_does_the_till(rig: Rig, refusal: Exception) -> None:
    async with rig.box() as shop:
        await rig.ask()
        ref = own_ref(shop)
        shop.witness.cancel_refusal = refusal
        await rig.give_up(ref)
        assert (shop.witness.cancelled, shop.state(ref)) == ([ref], State.AWAITING_CODE)
        await shop.scan("00", ref)
        await asyncio.sleep(20)
        shop.witness.cancel_refusal = None
        await rig.ask()
        assert own_ref(shop) != ref
        assert shop.own[own_ref(shop)].state is State.AWAITING_CODE


@every()
@in_virtual_time
async def test_what_could_not_be_given_up_because_of_the_disk_is_given_up_when_it_can_be(rig: Rig) -> None:
    async with rig.box() as shop:
        await rig.ask()
        ref = own_ref(shop)
        shop.witness.cancel_refusal = NotStorable("disk full")
        await rig.give_up(ref)
        shop.witness.cancel_refusal = None
        if rig.gives_up_by_hand:
            await rig.give_up(ref)
        await asyncio.sleep(5)
        assert shop.own[ref].state is State.CANCELLED
