"""What a person does about a doubt (`daemon.attending`), through the runner and the journal: stored with who did it, and then done."""

from __future__ import annotations

from pathlib import Path

import pytest
from counted_shop import Counted, a_request
from shell_time import in_virtual_time, settle
from shop import a_payment, an_order

from daemon.attending import Act, Attending
from daemon.gateways.simulated import SimulatedGateway
from daemon.goods import Owing, Stand
from daemon.journal_error import JournalError
from daemon.lookup import Wanted
from daemon.payment import Errand, Payment, Reason, Ref, State
from daemon.reply import Reply, Verdict
from daemon.tills.base import Busy, NotPossible, NotStorable

A1 = Ref("A-1")
REFUSED = Reply(Verdict.REFUND_REFUSED, "NOTENOUGH")


class NoGoods:
    """A box without machines."""

    def __init__(self, *owed: Owing) -> None:
        self.owed = {owing.payment.ref: owing for owing in owed}

    async def open(self, till: str) -> list[Owing]:
        return []

    async def find(self, ref: Ref) -> Owing | None:
        return self.owed.get(ref)

    async def store(self, owing: Owing) -> None:
        self.owed[owing.payment.ref] = owing


async def doubted(shop: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider speaks of another amount."""

    async def odd(*_: object) -> Reply:
        return Reply(Verdict.MISMATCH, "mismatch", "12.51 instead of 12.50")

    monkeypatch.setattr(SimulatedGateway, "submit", odd)
    monkeypatch.setattr(SimulatedGateway, "query", odd)
    await shop.desk.ask(a_request())
    await shop.scan("00")
    await settle()
    assert (await found(shop)).state is State.IN_DOUBT


async def failed(shop: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was handed over, and the provider sends nothing back."""

    async def refused(*_: object) -> Reply:
        return REFUSED

    await shop.desk.ask(a_request())
    await shop.scan("00")
    await settle()
    with monkeypatch.context() as patch:
        patch.setattr(SimulatedGateway, "refund", refused)
        await shop.desk.goods_failed(A1, "the coil is stuck")
        await settle()


async def found(shop: Counted) -> Payment:
    payment = await shop.desk.find(A1)
    assert payment is not None
    return payment


async def can(attending: Attending) -> dict[str, str | None]:
    return {act.value: why for act, why in (await attending.possible(A1)).items()}


@in_virtual_time
async def test_a_settled_doubt_holds_back_no_sale_and_is_listed_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Counted(tmp_path) as shop:
        attending = Attending(shop.runner, NoGoods())
        await doubted(shop, monkeypatch)
        with pytest.raises(Busy):
            await shop.desk.ask(a_request("A-2"))
        assert await shop.journal.in_doubt() == 1
        payment = await attending.carry_out(A1, Act.SETTLE, "Ann", "paid back in cash")
        assert (payment.state, payment.reason) == (State.IN_DOUBT, Reason("settled", "Ann: paid back in cash"))
        assert shop.runner.live == []
        assert await shop.journal.in_doubt() == 0
        assert (await shop.journal.search(Wanted(states=frozenset({State.IN_DOUBT})), 10, None)).payments == []
        await shop.desk.ask(a_request("A-2"))
        await shop.desk.cancel(Ref("A-2"), "till")
    async with Counted(tmp_path, gateways={"trial": shop.provider}) as again:
        assert A1 not in [p.ref for p in again.runner.live]
        assert await again.journal.in_doubt() == 0


@in_virtual_time
async def test_who_did_it_and_why_stand_in_the_time_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Counted(tmp_path) as shop:
        attending = Attending(shop.runner, NoGoods())
        await doubted(shop, monkeypatch)
        await attending.carry_out(A1, Act.ASK, "Bo", "")
        await settle()
        await attending.carry_out(A1, Act.SETTLE, "Ann", "paid back in cash")
        entries = await shop.desk.entries_of(A1)
        acts = [(e.event, e.detail) for e in entries if e.event in ("asked_again", "settled", "refund_wanted")]
        assert acts == [("asked_again", {"by": "Bo", "does": ["query"]}), ("settled", {"by": "Ann", "text": "paid back in cash"})]


@in_virtual_time
async def test_a_payment_at_rest_is_taken_up_and_sent_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Counted(tmp_path) as shop:
        attending = Attending(shop.runner, NoGoods())
        await failed(shop, monkeypatch)
        assert shop.runner.live == []
        assert await can(attending) == {"ask": "nothing is to be asked about it now", "refund": None, "settle": None}
        await attending.carry_out(A1, Act.REFUND, "Ann", "the payer is back")
        await settle()
        assert (await found(shop)).state is State.REFUNDED
        assert await shop.journal.in_doubt() == 0
        assert (await can(attending))["settle"] == "nothing about it is for a person to see to"


@in_virtual_time
async def test_what_cannot_be_done_says_why_and_stores_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Counted(tmp_path) as shop:
        attending = Attending(shop.runner, NoGoods())
        await doubted(shop, monkeypatch)
        seq = await shop.journal.last_seq()
        with pytest.raises(NotPossible, match="no money is known to be there"):
            await attending.carry_out(A1, Act.REFUND, "Ann", "why not")
        assert await shop.journal.last_seq() == seq
        for act in Act:
            with pytest.raises(KeyError):
                await attending.carry_out(Ref("nobody"), act, "Ann", "why")
        with pytest.raises(KeyError):
            await attending.possible(Ref("nobody"))


@in_virtual_time
async def test_nothing_is_done_that_cannot_be_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise JournalError("database or disk is full")

    async with Counted(tmp_path) as shop:
        attending = Attending(shop.runner, NoGoods())
        await doubted(shop, monkeypatch)
        with monkeypatch.context() as patch:
            patch.setattr(shop.journal, "store", full)
            with pytest.raises(NotStorable):
                await attending.carry_out(A1, Act.SETTLE, "Ann", "why")
        assert (await found(shop)).reason == Reason("mismatch", "12.51 instead of 12.50")
        assert await can(attending) == {"ask": None, "refund": "no money is known to be there that could go back", "settle": None}


@pytest.mark.parametrize("act", [Act.SETTLE, Act.REFUND])
@in_virtual_time
async def test_goods_that_nobody_is_sure_of_are_seen_to_with_their_payment(tmp_path: Path, act: Act) -> None:
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        await shop.scan("00")
        await settle()
        doubtful = Owing(await found(shop), "pulse", 2).begin().doubt("the power went").begin().certain().end()
        goods = NoGoods(doubtful)
        attending = Attending(shop.runner, goods)
        assert await can(attending) == {"ask": "it is not in doubt: it is paid", "refund": None, "settle": None}
        await attending.carry_out(A1, act, "Ann", "gave it by hand")
        await settle()
        assert goods.owed[A1].stands is Stand.SEEN_TO
        assert not goods.owed[A1].is_doubtful
        assert goods.owed[A1].lines()[-1] == "why: Ann: gave it by hand"
        assert (await found(shop)).state is (State.PAID if act is Act.SETTLE else State.REFUNDED)
        with pytest.raises(NotPossible):
            await attending.carry_out(A1, act, "Ann", "again")


@in_virtual_time
async def test_goods_that_could_not_be_stored_can_be_seen_to_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise NotStorable("the journal cannot be written: disk full")

    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        await shop.scan("00")
        await settle()
        goods = NoGoods(Owing(await found(shop), "pulse", 1).begin().doubt("the power went").end())
        attending = Attending(shop.runner, goods)
        with monkeypatch.context() as patch:
            patch.setattr(goods, "store", full)
            with pytest.raises(NotStorable):
                await attending.carry_out(A1, Act.SETTLE, "Ann", "gave it by hand")
        assert goods.owed[A1].is_doubtful
        assert (await can(attending))["settle"] is None
        await attending.carry_out(A1, Act.SETTLE, "Ann", "gave it by hand")
        assert not goods.owed[A1].is_doubtful


@in_virtual_time
async def test_goods_that_are_still_given_are_not_seen_to(tmp_path: Path) -> None:
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        await shop.scan("00")
        await settle()
        giving = Owing(await found(shop), "pulse", 3).begin().doubt("the power went").begin()
        attending = Attending(shop.runner, NoGoods(giving))
        with pytest.raises(NotPossible):
            await attending.carry_out(A1, Act.SETTLE, "Ann", "why")


def test_late_money_that_somebody_has_seen_to_can_be_forgotten_after_its_time() -> None:
    late = an_order(state=State.CANCELLED, reason=Reason("settled", "Ann: done"), errand=Errand.NONE)
    payment = a_payment("A-1", State.IN_DOUBT, attempts=(late,), reason=Reason("settled", "Ann: done"))
    assert payment.is_seen_to
    assert not payment.is_open
