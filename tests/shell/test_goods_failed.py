"""What a machine says of its goods, through the desk (`daemon.desk`), the runner (`daemon.runner`) and the journal: the money goes
back though the payment had come to its end, also of another run, and it is for a person where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from counted_shop import Counted, a_request
from shell_time import in_virtual_time, settle
from shop import until

from daemon.gateways.simulated import SimulatedGateway
from daemon.payment import Payment, Ref, State
from daemon.reply import NoAnswer, Reply, Verdict
from daemon.tills.base import Ended, NotStorable

A1 = Ref("A-1")


async def paid(shop: Counted) -> None:
    await shop.desk.ask(a_request())
    await shop.scan("00")
    await settle()
    assert shop.runner.live == []


async def found(shop: Counted) -> Payment:
    payment = await shop.desk.find(A1)
    assert payment is not None
    return payment


@in_virtual_time
async def test_a_payment_at_its_end_is_taken_up_again_and_paid_back(tmp_path: Path) -> None:
    async with Counted(tmp_path) as shop:
        await paid(shop)
        payment = await shop.desk.goods_failed(A1, "the coil is stuck")
        assert (payment.state, payment.reason and payment.reason.text) == (State.PAID, "the coil is stuck")
        await settle()
        assert shop.asked == ["submit", "refund"]
        assert (await found(shop)).state is State.REFUNDED
        assert shop.runner.live == []
        assert shop.told == ["awaiting_code", "submitting", "paid", "refunded"]


@in_virtual_time
async def test_what_failed_is_in_the_time_line(tmp_path: Path) -> None:
    async with Counted(tmp_path) as shop:
        await paid(shop)
        await shop.desk.goods_failed(A1, "the coil is stuck")
        await settle()
        entries = await shop.journal.entries(0, 100)
        assert [(e.event, e.detail.get("text"), e.detail.get("does")) for e in entries][-2:] == [
            ("goods_failed", "the coil is stuck", ["refund"]),
            ("replied", "T2R", None),
        ]


@in_virtual_time
async def test_the_refund_goes_on_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(*_: object) -> Reply:
        raise NoAnswer("no answer in time")

    async with Counted(tmp_path) as shop:
        await paid(shop)
        with monkeypatch.context() as patch:
            patch.setattr(SimulatedGateway, "refund", lost)
            await shop.desk.goods_failed(A1, "jammed")
            await settle()
        assert [p.ref for p in shop.runner.live] == ["A-1"]
    async with Counted(tmp_path, gateways={"trial": shop.provider}) as again:
        await until(lambda: again.runner.live == [])
        assert (await found(again)).state is State.REFUNDED


@in_virtual_time
async def test_a_sale_may_start_while_the_money_of_another_is_on_its_way_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(*_: object) -> Reply:
        raise NoAnswer("no answer in time")

    monkeypatch.setattr(SimulatedGateway, "refund", lost)
    async with Counted(tmp_path) as shop:
        await paid(shop)
        await shop.desk.goods_failed(A1, "jammed")
        _, is_new = await shop.desk.ask(a_request("A-2"))
        assert is_new


@in_virtual_time
async def test_what_the_provider_will_not_give_back_is_for_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuses(*_: object) -> Reply:
        return Reply(Verdict.REFUND_REFUSED, "NOTENOUGH")

    monkeypatch.setattr(SimulatedGateway, "refund", refuses)
    async with Counted(tmp_path) as shop:
        await paid(shop)
        assert await shop.journal.in_doubt() == 0
        await shop.desk.goods_failed(A1, "jammed")
        await settle()
        payment = await found(shop)
        assert (payment.state, payment.reason and payment.reason.code) == (State.PAID, "goods_failed")
        assert await shop.journal.in_doubt() == 1
        assert await shop.journal.prune("2999-01-01T00:00:00Z") == 0


@in_virtual_time
async def test_the_same_word_twice_gives_the_money_back_once(tmp_path: Path) -> None:
    async with Counted(tmp_path) as shop:
        await paid(shop)
        await shop.desk.goods_failed(A1, "jammed")
        with pytest.raises(Ended, match=r"being given back|the payment is refunded"):  # as quick as the provider is
            await shop.desk.goods_failed(A1, "jammed")
        await settle()
        with pytest.raises(Ended, match="the payment is refunded"):
            await shop.desk.goods_failed(A1, "jammed")
        assert shop.asked == ["submit", "refund"]


@in_virtual_time
async def test_what_was_not_paid_is_not_paid_back(tmp_path: Path) -> None:
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        with pytest.raises(Ended, match="the payment is awaiting_code"):
            await shop.desk.goods_failed(A1, "jammed")
        await shop.desk.cancel(A1, "till")
        with pytest.raises(Ended, match="the payment is cancelled"):
            await shop.desk.goods_failed(A1, "jammed")
        with pytest.raises(KeyError):
            await shop.desk.goods_failed(Ref("A-2"), "jammed")
        assert shop.asked == []


@in_virtual_time
async def test_nothing_goes_back_that_cannot_be_stored(tmp_path: Path, impatient: None) -> None:
    async with Counted(tmp_path) as shop:
        await paid(shop)
        shop.lock()
        with pytest.raises(NotStorable):
            await shop.desk.goods_failed(A1, "jammed")
        assert shop.asked == ["submit"]
        assert shop.runner.live == []
        shop.unlock()
        await shop.desk.goods_failed(A1, "jammed")
        await settle()
        assert (await found(shop)).state is State.REFUNDED
