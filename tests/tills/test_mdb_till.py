"""`daemon.tills.mdb` (and `daemon.tills.mdb_vending`) before a whole box and an emulated machine: nothing is approved that was not paid
for, nothing twice, and what was paid for and not given goes back or is for a person."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from vending import NOTE, MdbShop, a_payment, in_virtual_time, settle, until, yuan

from daemon.events import Cancelled
from daemon.goods import Stand
from daemon.health import Link
from daemon.payment import Ref, State
from daemon.sandbox.tills.mdb import MdbMachine
from daemon.tills.mdb_session import OUTCOME_S
from daemon.tills.mdb_table import Phase
from daemon.tills.mdb_troubles import DEAF_GRACE_S, SHUT_GRACE_S
from daemon.tills.mdb_vending import CHOOSE_S
from hw.interfaces import Condition, Health

DOWN = Link(Health(Condition.FAILING, "no route"))


# -- the machine asks, the payer pays --


@in_virtual_time
async def test_a_vend_is_paid_for_and_then_approved(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        ref = await shop.choose("5.00", "7")
        assert (shop.payment.amount, shop.payment.description) == (yuan(500), "item 7")
        assert shop.last.approved is None
        await shop.scan("00", ref)
        await shop.settled()
        assert (shop.last.approved, shop.machine.dispensed, shop.machine.wrong) == ("5.00", 1, [])
        assert (await shop.owing(ref)).stands is Stand.GIVEN


@in_virtual_time
async def test_the_adapter_is_set_up_on_every_start(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        await shop.phase(Phase.OPEN)
        assert shop.machine.heard[:6] == [
            "C,0", "C,SETCONF,mdb-always-idle=1", "C,SETCONF,mdb-currency-code=0x1156", "C,SETCONF,mdb-decimal-places=2",
            "C,SETCONF,mdb-scale-factor=1", "C,SETCONF,mdb-timeout-vend=100",
        ]  # fmt: skip
        assert shop.machine.heard[6:] == ["C,1"]
        shop.line.command("adapter")
        await until(lambda: shop.machine.heard.count("C,1") == 2)
        await shop.phase(Phase.OPEN)
        assert shop.machine.settings["mdb-always-idle"] == "1"
        ref = await shop.choose()
        await shop.scan("00", ref)
        await shop.settled()
        assert shop.machine.dispensed == 1


@in_virtual_time
async def test_a_setting_that_the_adapter_does_not_know_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with MdbShop(tmp_path) as shop:
        await shop.phase(Phase.OPEN)
        shop.line._on_bytes(b'v,4.0\nc,STATUS,OFFLINE\nc,ERR,"unknown key"\n')
        assert 'mdb_setting_refused till=machine said="C,SETCONF,mdb-always-idle=1: unknown key"' in caplog.text


@pytest.mark.parametrize(("case", "end"), [("15", State.REFUSED), ("03", State.REFUSED), ("02", State.REVOKED)])
@in_virtual_time
async def test_what_is_not_paid_is_denied(tmp_path: Path, case: str, end: State) -> None:
    async with MdbShop(tmp_path) as shop:
        ref = await shop.choose()
        await shop.scan(case, ref)
        await shop.ends(ref, end)
        await settle()
        assert (shop.machine.approvals, shop.machine.heard[-1]) == (0, "C,VEND,-1")
        assert await shop.goods.find(ref) is None
        await shop.settled()


@in_virtual_time
async def test_nobody_shows_a_code_and_the_payers_cancel_deny_it(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        ref = await shop.choose()
        await shop.ends(ref, State.EXPIRED)
        await settle()
        assert shop.machine.heard[-1] == "C,VEND,-1"
        ref = await shop.choose()
        await shop.runner.feed(ref, Cancelled("button", at=shop.runner.at()))
        await settle()
        assert (shop.machine.heard[-1], shop.machine.approvals) == ("C,VEND,-1", 0)


@in_virtual_time
async def test_goods_that_are_stuck_send_the_money_back(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        shop.line.command("jam")
        ref = await shop.choose()
        await shop.scan("00", ref)
        await shop.ends(ref, State.REFUNDED)
        await shop.settled()
        assert (await shop.owing(ref)).lines()[2] == "why: the machine could not give the goods"
        assert (shop.machine.approvals, shop.machine.dispensed, shop.board.doubts) == (1, 0, 0)


@in_virtual_time
async def test_while_another_payment_is_open_a_vend_is_denied(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        await shop.phase(Phase.OPEN)
        await shop.sell("H-1", till="http")
        shop.line.command("choose 5.00")
        await until(lambda: shop.machine.heard[-1] == "C,VEND,-1")
        assert {change.payment.ref for change in shop.changes} == {"H-1"}


# -- the machine goes its own way --


@in_virtual_time
async def test_a_machine_that_gives_up_before_a_code_was_shown_gives_the_payment_up(tmp_path: Path) -> None:
    async with MdbShop(tmp_path, habits="impatient") as shop:
        ref = await shop.choose()
        await shop.ends(ref, State.CANCELLED)
        await shop.settled()
        assert (shop.machine.approvals, shop.payment.reason and shop.payment.reason.text) == (0, "given up by the machine")


@in_virtual_time
async def test_a_machine_that_gives_up_while_the_payer_confirms_has_the_payment_undone(tmp_path: Path) -> None:
    async with MdbShop(tmp_path, habits="impatient") as shop:
        ref = await shop.choose()
        await shop.scan("02", ref)
        await shop.ends(ref, State.REVOKED)
        await shop.settled()
        assert (shop.machine.approvals, shop.board.doubts) == (0, 0)


@in_virtual_time
async def test_money_that_comes_after_the_machine_gave_up_goes_back(tmp_path: Path) -> None:
    """The last question before the revoke finds it paid."""
    async with MdbShop(tmp_path, habits="impatient") as shop:
        ref = await shop.choose()
        await shop.scan("48", ref)
        await shop.ends(ref, State.REFUNDED)
        await shop.settled()
        assert (shop.machine.approvals, shop.machine.dispensed) == (0, 0)
        owing = await shop.owing(ref)
        assert (owing.stands, owing.is_open) == (Stand.FAILED, False)


@pytest.mark.parametrize("happening", ["reset", "adapter", "door open", "return"])
@in_virtual_time
async def test_a_reset_before_the_approval_gives_the_payment_up(tmp_path: Path, happening: str) -> None:
    async with MdbShop(tmp_path) as shop:
        ref = await shop.choose()
        await shop.scan("02", ref)
        await until(lambda: shop.payment.state is State.PENDING)
        shop.line.command(happening)
        await shop.ends(ref, State.REVOKED)
        await shop.settled()
        assert (shop.machine.approvals, shop.machine.dispensed) == (0, 0)


@pytest.mark.parametrize("happening", ["reset", "adapter"])
@in_virtual_time
async def test_a_reset_after_the_approval_leaves_the_vend_to_a_person(tmp_path: Path, happening: str) -> None:
    async with MdbShop(tmp_path) as shop:
        ref = await shop.choose()
        await shop.scan("00", ref)
        await shop.phase(Phase.DISPENSING)
        shop.line.command(happening)
        await shop.settled()
        assert (await shop.owing(ref)).lines()[:2] == ["goods: in_doubt, 0 of 1 vend given", "vend 1 of 1 is in doubt"]
        await until(lambda: shop.board.doubts == 1)
        await asyncio.sleep(600)
        assert ("refund" in shop.asked, shop.machine.approvals) == (False, 1)


@in_virtual_time
async def test_a_line_that_is_pulled_after_the_approval_leaves_it_to_a_person(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        ref = await shop.choose()
        await shop.scan("00", ref)
        await shop.phase(Phase.DISPENSING)
        shop.line.unplug()
        await shop.settled()
        await asyncio.sleep(1)
        assert ((await shop.owing(ref)).stands, shop.machine.dispensed) == (Stand.IN_DOUBT, 1)
        shop.line.plug()
        again = await shop.choose()
        await shop.scan("00", again)
        await shop.settled()
        assert shop.machine.dispensed == 2


@in_virtual_time
async def test_a_line_that_takes_nothing_when_it_is_paid_sends_the_money_back(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        ref = await shop.choose()
        shop.line.takes = False
        await shop.scan("00", ref)
        await shop.ends(ref, State.REFUNDED)
        assert shop.machine.approvals == 0
        assert (await shop.owing(ref)).stands is Stand.FAILED


@in_virtual_time
async def test_a_machine_that_says_nothing_more_leaves_it_to_a_person(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        ref = await shop.choose()
        await shop.scan("00", ref)
        await shop.phase(Phase.DISPENSING)
        shop.machine._due.clear()
        await asyncio.sleep(OUTCOME_S - 1)
        assert (await shop.owing(ref)).in_hand == 1
        await asyncio.sleep(2)
        assert (await shop.owing(ref)).stands is Stand.IN_DOUBT


@in_virtual_time
async def test_a_machine_that_resets_its_readers_late_sells_all_the_same(tmp_path: Path) -> None:
    async with MdbShop(tmp_path, habits="late-reset") as shop:
        await asyncio.sleep(4)
        ref = await shop.choose()
        await shop.scan("00", ref)
        await shop.settled()
        assert shop.machine.dispensed == 1


# -- held back --


@in_virtual_time
async def test_a_machine_that_waits_too_short_is_denied_before_anything_is_charged(tmp_path: Path) -> None:
    async with MdbShop(tmp_path, max_vend_wait_s=5.0) as shop:
        await shop.phase(Phase.OPEN)
        assert shop.desk.not_ready() == ["till machine: the machine waits 5 s for an answer, and a payment may take 45 s"]
        shop.line.command("choose 5.00")
        await until(lambda: shop.machine.heard[-1] == "C,VEND,-1")
        assert shop.changes == []


@in_virtual_time
async def test_a_machine_that_waits_for_just_so_long_has_its_code_shown_in_time(tmp_path: Path) -> None:
    async with MdbShop(tmp_path, max_vend_wait_s=60.0) as shop:
        await shop.choose()
        assert shop.payment.ttl_s == 20.0
        assert shop.machine.settings["mdb-timeout-vend"] == "60"


@in_virtual_time
async def test_what_the_box_or_the_providers_lack_denies_a_vend(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        await shop.phase(Phase.OPEN)
        shop.board.link("trial", DOWN)
        await settle()
        assert shop.desk.not_ready() == ["till machine: gateway trial: no route"]
        shop.line.command("choose 5.00")
        await until(lambda: shop.machine.heard[-1] == "C,VEND,-1")
        shop.board.link("trial", Link())
        shop.board.device("scanner", Health(Condition.MISSING, "unplugged"))
        await settle()
        shop.line.command("choose 5.00")
        await until(lambda: shop.machine.heard[-2:] == ["C,VEND,-1"] * 2)
        assert shop.changes == []


@in_virtual_time
async def test_a_controller_that_shuts_the_reader_for_long_is_said(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        await shop.phase(Phase.OPEN)
        shop.line.command("door open")
        await asyncio.sleep(SHUT_GRACE_S - 0.5)
        assert shop.desk.not_ready() == []
        await asyncio.sleep(1)
        assert shop.desk.not_ready() == ["till machine: the machine's controller does not enable the reader"]
        shop.line.command("door shut")
        await settle()
        assert shop.desk.not_ready() == []


@in_virtual_time
async def test_an_adapter_that_does_not_answer_is_said_and_set_up_when_it_does(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        await shop.phase(Phase.OPEN)
        shop.line.is_deaf = True
        await asyncio.sleep(100 + DEAF_GRACE_S)
        assert shop.desk.not_ready() == ["till machine: the MDB adapter does not answer"]
        shop.line.is_deaf = False
        await shop.phase(Phase.OPEN)
        await settle()
        assert shop.desk.not_ready() == []


@in_virtual_time
async def test_a_line_that_is_away_is_said(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        await shop.phase(Phase.OPEN)
        shop.line.unplug()
        await settle()
        assert shop.desk.not_ready() == ["till machine: its adapter is missing: unplugged"]


# -- sessions --


@pytest.mark.parametrize("habits", ["plain", "ten-begins"])
@in_virtual_time
async def test_in_session_mode_a_session_of_open_credit_comes_first(tmp_path: Path, habits: str) -> None:
    async with MdbShop(tmp_path, always_idle=False, habits=habits) as shop:
        for count in (1, 2):
            await until(lambda: shop.machine.state == "IDLE")
            assert str(shop.machine.credit) == "500.00"
            ref = await shop.choose("5.00")
            await shop.scan("00", ref)
            await shop.settled()
            assert (shop.machine.dispensed, shop.machine.wrong) == (count, [])


@in_virtual_time
async def test_a_session_of_open_credit_is_ended_while_nothing_could_be_honoured(tmp_path: Path) -> None:
    async with MdbShop(tmp_path, always_idle=False) as shop:
        await until(lambda: shop.machine.state == "IDLE")
        shop.board.link("trial", DOWN)
        await until(lambda: shop.machine.state == "ENABLED")
        await asyncio.sleep(60)
        assert (shop.machine.state, shop.machine.heard.count("C,STOP")) == ("ENABLED", 1)
        shop.board.link("trial", Link())
        await until(lambda: shop.machine.state == "IDLE")


@pytest.mark.parametrize("habits", ["plain", "ten-begins", "impatient"])
@in_virtual_time
async def test_where_the_machine_is_impatient_its_price_is_paid_first(tmp_path: Path, habits: str) -> None:
    async with MdbShop(tmp_path, always_idle=False, price=500, max_vend_wait_s=5.0, habits=habits) as shop:
        ref = await shop.pays("01")
        assert shop.machine.state == "ENABLED"
        await shop.ends(ref, State.PAID)
        await until(lambda: shop.machine.state == "IDLE")
        assert str(shop.machine.credit) == "5.00"
        shop.line.command("choose 5.00 3")
        await shop.settled()
        assert (shop.last.approved, shop.machine.dispensed, shop.machine.wrong) == ("5.00", 1, [])
        assert (await shop.owing(ref)).stands is Stand.GIVEN
        await until(lambda: shop.ref != ref)
        assert shop.payment.state is State.AWAITING_CODE, "offered anew"


@in_virtual_time
async def test_of_what_was_paid_first_only_its_own_price_is_given(tmp_path: Path) -> None:
    async with MdbShop(tmp_path, always_idle=False, price=500, max_vend_wait_s=5.0) as shop:
        await shop.pays()
        await until(lambda: shop.machine.state == "IDLE")
        shop.line.command("choose 3.00 3")
        await until(lambda: shop.machine.heard[-1] == "C,VEND,-1")
        await until(lambda: shop.machine.state == "IDLE")
        shop.line.command("choose 5.00 4")
        await shop.settled()
        assert [vend.approved for vend in shop.machine.vends] == [None, "5.00"]


@pytest.mark.parametrize("happening", ["return", "reset", "", "door open"])
@in_virtual_time
async def test_a_payer_who_chooses_nothing_has_the_money_back(tmp_path: Path, happening: str) -> None:
    async with MdbShop(tmp_path, always_idle=False, price=500, max_vend_wait_s=5.0) as shop:
        ref = await shop.pays()
        await until(lambda: shop.machine.state == "IDLE")
        if happening:
            shop.line.command(happening)
        await shop.ends(ref, State.REFUNDED)
        await shop.settled()
        assert shop.machine.approvals == 0
        assert asyncio.get_running_loop().time() < 1000 + CHOOSE_S + 60


@in_virtual_time
async def test_paid_first_goods_that_are_stuck_send_the_money_back(tmp_path: Path) -> None:
    async with MdbShop(tmp_path, always_idle=False, price=500, max_vend_wait_s=5.0) as shop:
        shop.line.command("jam")
        ref = await shop.pays()
        await until(lambda: shop.machine.state == "IDLE")
        shop.line.command("choose 5.00")
        await shop.ends(ref, State.REFUNDED)


@in_virtual_time
async def test_nothing_is_offered_while_the_reader_is_shut(tmp_path: Path) -> None:
    async with MdbShop(tmp_path, always_idle=False, price=500, max_vend_wait_s=5.0) as shop:
        await shop.offered()
        shop.line.command("door open")
        await settle()
        assert shop.payment.state is State.CANCELLED
        shop.line.command("door shut")
        await shop.offered()


# -- restarts, and the journal --


@in_virtual_time
async def test_paid_first_and_cut_off_before_the_session_it_goes_on_after_the_start(tmp_path: Path) -> None:
    keys = {"always_idle": False, "price": 500, "max_vend_wait_s": 5.0}
    async with MdbShop(tmp_path, **keys) as shop:
        await shop.till.stop()
        await shop.journal.store(a_payment("P-1", State.PAID, till="machine"), NOTE)
    async with MdbShop(tmp_path, machine=MdbMachine(), **keys) as again:
        await until(lambda: again.machine.state == "IDLE")
        again.line.command("choose 5.00")
        await again.settled()
        assert ((await again.owing(Ref("P-1"))).stands, again.machine.dispensed) == (Stand.GIVEN, 1)


@pytest.mark.parametrize("begun", [False, True])
@in_virtual_time
async def test_a_vend_that_was_cut_off_is_paid_back_or_left_to_a_person(tmp_path: Path, begun: bool) -> None:
    async with MdbShop(tmp_path) as shop:
        await shop.till.stop()
        await shop.journal.store(a_payment("P-1", State.PAID, till="machine"), NOTE)
        if begun:
            await shop.goods.store((await shop.owing(Ref("P-1"))).begin())
    async with MdbShop(tmp_path) as again:
        await again.settled()
        owing = await again.owing(Ref("P-1"))
        assert owing.stands is (Stand.IN_DOUBT if begun else Stand.FAILED)
        assert (again.machine.approvals, again.machine.dispensed) == (0, 0)


@pytest.mark.parametrize("keys", [{}, {"always_idle": False, "price": 500, "max_vend_wait_s": 5.0}], ids=["asks", "first"])
@in_virtual_time
async def test_goods_whose_giving_was_stored_are_given_and_begin_nothing_more(tmp_path: Path, keys: dict[str, Any]) -> None:
    async with MdbShop(tmp_path, **keys) as shop:
        await shop.till.stop()
        await shop.journal.store(a_payment("P-1", State.PAID, till="machine"), NOTE)
        await shop.goods.store((await shop.owing(Ref("P-1"))).begin().certain())
    async with MdbShop(tmp_path, machine=MdbMachine(), **keys) as again:
        await again.settled()
        assert (await again.owing(Ref("P-1"))).stands is Stand.GIVEN
        assert not [line for line in again.line.sent if line.startswith(("C,START", "C,VEND"))]


@pytest.mark.parametrize("keys", [{}, {"always_idle": False, "price": 500, "max_vend_wait_s": 5.0}], ids=["asks", "first"])
@in_virtual_time
async def test_a_vend_that_failed_is_never_stored_as_if_it_had_not_been_begun(tmp_path: Path, keys: dict[str, Any]) -> None:
    """Cut off right after that it would be approved once more."""
    async with MdbShop(tmp_path, **keys) as shop:
        stored: list[tuple[Stand, int]] = []
        store = shop.goods.store

        async def watched(owing: Any) -> None:
            stored.append((owing.stands, owing.begun))
            await store(owing)

        shop.goods.store = watched  # type: ignore[method-assign]  # the same, and seen
        shop.line.command("jam")
        if keys:
            ref = await shop.pays()
            await until(lambda: shop.machine.state == "IDLE")
            shop.line.command("choose 5.00")
        else:
            ref = await shop.choose()
            await shop.scan("00", ref)
        await shop.ends(ref, State.REFUNDED)
        await shop.settled()
        assert stored == [(Stand.GIVING, 1), (Stand.FAILED, 0), (Stand.FAILED, 0)]


# -- the next customer is quicker than the card --


class SlowGoods:
    """The shop's goods, whose `call` takes until `done` is set; `begun` is set when it is called."""

    def __init__(self, shop: MdbShop, call: str) -> None:
        self.begun, self.done = asyncio.Event(), asyncio.Event()
        self._call = getattr(shop.goods, call)
        setattr(shop.goods, call, self)

    async def __call__(self, what: Any) -> Any:
        if getattr(what, "stands", None) is not Stand.GIVING:  # only the end of a vend is slow, not its approval
            self.begun.set()
            await self.done.wait()
        return await self._call(what)


async def sold_to_a_slow_card(shop: MdbShop) -> tuple[Ref, SlowGoods]:
    """A vend for 5.00 whose goods are out and whose end is being stored; the machine takes the next choice already."""
    ref = await shop.choose()
    card = SlowGoods(shop, "store")
    await shop.scan("00", ref)
    await card.begun.wait()
    await until(lambda: shop.machine.state == "ENABLED")
    return ref, card


@in_virtual_time
async def test_a_vend_that_is_asked_for_while_the_last_ones_end_is_stored_has_its_turn_then(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        first, card = await sold_to_a_slow_card(shop)
        shop.line.command("choose 8.00 3")
        await asyncio.sleep(3)
        assert ("C,VEND,-1" in shop.machine.heard, shop.ref) == (False, first)
        card.done.set()
        await until(lambda: shop.ref != first)
        assert (shop.payment.amount, shop.payment.description) == (yuan(800), "item 3")
        await shop.scan("00", shop.ref)
        await shop.settled()
        assert ([vend.approved for vend in shop.machine.vends], shop.machine.dispensed, shop.machine.wrong) == (["5.00", "8.00"], 2, [])
        assert (await shop.owing(first)).stands is Stand.GIVEN


@in_virtual_time
async def test_who_gives_that_up_meanwhile_is_asked_for_nothing(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        first, card = await sold_to_a_slow_card(shop)
        shop.line.command("choose 8.00 3")
        await settle()
        shop.line.command("return")
        await settle()
        card.done.set()
        await shop.settled()
        assert (shop.ref, shop.machine.heard[-1], shop.machine.dispensed) == (first, "C,VEND,5.00", 1)


@in_virtual_time
async def test_while_nothing_could_be_charged_the_next_vend_is_denied_at_once(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        first, card = await sold_to_a_slow_card(shop)
        shop.board.link("trial", DOWN)
        shop.line.command("choose 8.00 3")
        await until(lambda: shop.machine.heard[-1] == "C,VEND,-1")
        card.done.set()
        await shop.settled()
        assert (shop.ref, shop.machine.dispensed) == (first, 1)


@in_virtual_time
async def test_what_one_customer_paid_never_approves_the_next_ones_vend(tmp_path: Path) -> None:
    """Paid, but given up before it was approved; the next one chooses at once, and has to pay."""
    async with MdbShop(tmp_path) as shop:
        first = await shop.choose("5.00", "7")
        card = SlowGoods(shop, "open")
        await shop.scan("00", first)
        await card.begun.wait()
        shop.line.command("return")
        await settle()
        shop.line.command("choose 5.00 7")
        await settle()
        card.done.set()
        await until(lambda: shop.ref != first and shop.payment.state is State.AWAITING_CODE)
        assert (shop.machine.approvals, shop.state(first)) == (0, State.REFUNDED)
        await shop.scan("00", shop.ref)
        await shop.settled()
        assert (shop.machine.approvals, shop.machine.dispensed) == (1, 1)


@pytest.mark.usefixtures("impatient")
@in_virtual_time
async def test_a_vend_that_cannot_be_stored_is_not_approved(tmp_path: Path) -> None:
    async with MdbShop(tmp_path, habits="impatient") as shop:
        ref = await shop.choose()
        shop.line.machine.habits = shop.machine.habits
        locked = []
        shop.runner.listeners.insert(0, lambda change: (shop.lock(), locked.append(1)) if change.payment.state is State.PAID else None)
        await shop.scan("00", ref)
        await until(lambda: locked)
        await asyncio.sleep(10)
        assert (shop.machine.approvals, shop.machine.heard[-1].startswith("C,VEND")) == (0, False)
        shop.runner.listeners.pop(0)
        shop.unlock()
        await shop.ends(ref, State.REFUNDED)


@in_virtual_time
async def test_a_box_that_stops_waits_for_the_vend_and_shuts_the_reader(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        ref = await shop.choose()
        await shop.scan("00", ref)
        await shop.phase(Phase.DISPENSING)
        await shop.till.stop()
        assert ((await shop.owing(ref)).stands, shop.line.sent[-1]) == (Stand.GIVEN, "C,0")


@in_virtual_time
async def test_a_fault_of_this_program_denies_and_goes_on(tmp_path: Path) -> None:
    async with MdbShop(tmp_path) as shop:
        await shop.phase(Phase.OPEN)
        ask = shop.desk.ask

        async def broken(_request: object) -> None:
            shop.desk.ask = ask  # type: ignore[method-assign]  # as it was
            raise RuntimeError("a mistake")

        shop.desk.ask = broken  # type: ignore[method-assign, assignment]  # a fault
        shop.line.command("choose 5.00")
        await until(lambda: shop.machine.heard[-1] == "C,VEND,-1")
        await asyncio.sleep(3)
        ref = await shop.choose()
        await shop.scan("00", ref)
        await shop.settled()
        assert shop.machine.dispensed == 1
