"""The runner with an order stored before there is a code: its charge leaves at once, and what was decided is stored right after (P2).

Whatever the disk does then, the charge has left: nothing is taken back, nothing else is decided before it is stored, and a start that
finds the order still waiting asks about it.
"""

import asyncio
import gc
import shutil

import pytest
from shell_time import in_virtual_time, settle
from shop import AT, Shop, a_payment, code, until

from daemon.codes import AuthCode
from daemon.cycle import Unfit
from daemon.events import Cancelled, CodePresented, CodeRejected
from daemon.journal_file import JournalError, JournalFile
from daemon.payment import OutTradeNo, Ref, State, reserved_order
from daemon.runner import STORE_AGAIN_S

A1 = Ref("A-1")


async def sell(shop, ref="A-1", number="T1"):
    payment = a_payment(ref)
    return await shop.runner.begin(payment.but(reserved=reserved_order(payment, OutTradeNo(number), "trial", "wechat")))


async def scan(shop, case="00", number="T1", ref="A-1"):
    await shop.runner.present(Ref(ref), CodePresented(OutTradeNo(number), "trial", "wechat", AT), code(case))


def on_disk(shop, ref="A-1"):
    """What a start would find: the payment's state, and its orders with theirs."""
    file = JournalFile.open(shop.path, create=False)
    try:
        payment = file.find(Ref(ref))
        return payment.state, [(order.out_trade_no, order.state) for order in payment.orders]
    finally:
        file.drop()


def seen_by_the_provider(shop):
    """What is on the disk when the charge comes."""
    seen, submit = [], shop.provider.submit

    async def watched(attempt, auth_code):
        seen.append(on_disk(shop))
        return await submit(attempt, auth_code)

    shop.provider.submit = watched
    return seen


# -- a sale --


@in_virtual_time
async def test_its_charge_leaves_before_the_decision_is_stored(tmp_path):
    async with Shop(tmp_path) as shop:
        seen = seen_by_the_provider(shop)
        await sell(shop)
        asyncio.get_running_loop().disk_s = 0.5
        await scan(shop)
        assert seen == [(State.AWAITING_CODE, [("T1", State.AWAITING_CODE)])], "its number, gateway and amount, and no more"
        await until(lambda: shop.told[-1] == "paid")
        assert shop.told == ["awaiting_code", "submitting", "paid"]
        assert [e.event for e in await shop.journal.entries(0, 9)] == ["asked", "code_presented", "replied"]


@in_virtual_time
async def test_another_number_is_stored_first_as_ever(tmp_path):
    async with Shop(tmp_path) as shop:
        seen = seen_by_the_provider(shop)
        await sell(shop)
        await scan(shop, number="T2")
        await settle()
        assert seen == [(State.SUBMITTING, [("T2", State.SUBMITTING)])]


@in_virtual_time
async def test_the_second_attempt_is_stored_first_as_ever(tmp_path):
    async with Shop(tmp_path) as shop:
        await sell(shop)
        await scan(shop, "10")
        await until(lambda: shop.told[-1] == "awaiting_code")
        seen = seen_by_the_provider(shop)
        await scan(shop, number="T2")
        await settle()
        assert seen[0][1][1] == ("T2", State.SUBMITTING)
        assert shop.told[-1] == "paid"


@in_virtual_time
async def test_a_code_that_does_not_fit_sends_nothing_and_leaves_it_reserved(tmp_path):
    async with Shop(tmp_path) as shop:
        await sell(shop)
        with pytest.raises(Unfit):
            await shop.runner.present(A1, CodePresented(OutTradeNo("T1"), "another", "wechat", AT), code("00"))
        await shop.runner.feed(A1, CodeRejected("product", AT))
        assert shop.asked == []
        await scan(shop)
        await settle()
        assert shop.told[-1] == "paid"


@in_virtual_time
async def test_who_gives_up_leaves_no_order_in_the_journal(tmp_path):
    async with Shop(tmp_path) as shop:
        await sell(shop)
        await shop.runner.feed(A1, Cancelled("till", at=AT))
        assert on_disk(shop) == (State.CANCELLED, [])


@in_virtual_time
async def test_its_number_is_never_another_payment_s(tmp_path):
    async with Shop(tmp_path) as shop:
        await sell(shop)
        with pytest.raises(JournalError, match="T1 belongs to another payment"):
            await sell(shop, "A-2", "T1")


# -- a disk that fails when the charge has left --


@in_virtual_time
async def test_what_left_and_cannot_be_stored_is_told_to_nobody_until_it_is(tmp_path, impatient):
    async with Shop(tmp_path) as shop:
        await sell(shop)
        shop.lock()
        await scan(shop, "01")
        await settle()
        assert shop.asked == ["submit"], "on its way before anybody knew that the disk is full"
        assert (shop.told, shop.state()) == (["awaiting_code"], State.AWAITING_CODE)
        shop.unlock()
        await asyncio.sleep(STORE_AGAIN_S + 0.1)
        assert shop.told[:2] == ["awaiting_code", "submitting"]
        assert [e.event for e in await shop.journal.entries(0, 2)] == ["asked", "code_presented"]
        await until(lambda: shop.told[-1] == "paid")
        assert shop.asked.count("submit") == 1


@in_virtual_time
async def test_its_answer_waits_until_the_charge_is_stored(tmp_path, impatient):
    async with Shop(tmp_path) as shop:
        await sell(shop)
        shop.lock()
        await scan(shop, "00")
        await asyncio.sleep(20)
        assert shop.told == ["awaiting_code"]
        shop.unlock()
        await asyncio.sleep(2 * STORE_AGAIN_S)
        assert shop.told == ["awaiting_code", "submitting", "paid"]
        assert [e.event for e in await shop.journal.entries(0, 9)] == ["asked", "code_presented", "replied"]


@in_virtual_time
async def test_nothing_else_is_decided_before_it_is_stored(tmp_path, impatient):
    """A till that gives up must not be told that nothing was charged."""
    async with Shop(tmp_path) as shop:
        await sell(shop)
        shop.lock()
        await scan(shop, "01")
        with pytest.raises(JournalError):
            await shop.runner.feed(A1, Cancelled("till", makes_way=True, at=AT))
        shop.unlock()
        with pytest.raises(Unfit, match="it makes way for nobody: it is submitting"):
            await shop.runner.feed(A1, Cancelled("till", makes_way=True, at=AT))
        assert shop.told[:2] == ["awaiting_code", "submitting"]


@in_virtual_time
async def test_its_time_is_up_while_it_is_not_stored(tmp_path, impatient):
    """The clock goes on: it is given up when that can be stored."""
    async with Shop(tmp_path) as shop:
        await sell(shop)
        shop.lock()
        await scan(shop, "02")
        await asyncio.sleep(100)
        assert shop.told == ["awaiting_code"]
        shop.unlock()
        await until(lambda: shop.runner.live == [])
        assert shop.told == ["awaiting_code", "submitting", "revoking", "revoked"]


@in_virtual_time
async def test_its_code_is_gone_when_its_call_is_though_nothing_was_stored(tmp_path, impatient):
    async with Shop(tmp_path) as shop:
        await sell(shop)
        shop.lock()
        await scan(shop, "00")
        await asyncio.sleep(5)
        gc.collect()
        assert [thing for thing in gc.get_objects() if isinstance(thing, AuthCode)] == []


# -- a disk that has failed before --


@in_virtual_time
async def test_after_a_failure_of_the_journal_it_is_not_held_to_be_stored(tmp_path, impatient):
    """The simulation found it: a cancelling that was told to have failed was on the disk all the same, and had taken the order away."""
    async with Shop(tmp_path) as shop:
        await sell(shop)
        shop.lock()
        with pytest.raises(JournalError):
            await shop.runner.feed(A1, Cancelled("till", at=AT))
        with pytest.raises(JournalError):
            await scan(shop)
        await settle()
        assert shop.asked == [], "P2: what cannot be stored is not sent"
        shop.unlock()
        seen = seen_by_the_provider(shop)
        await scan(shop)
        await settle()
        assert seen == [(State.SUBMITTING, [("T1", State.SUBMITTING)])], "stored first"
        assert shop.told[-1] == "paid"


@in_virtual_time
async def test_after_a_failure_the_next_payment_s_is_held_to_be_stored_again(tmp_path, impatient):
    async with Shop(tmp_path) as shop:
        shop.lock()
        with pytest.raises(JournalError):
            await sell(shop)
        shop.unlock()
        seen = seen_by_the_provider(shop)
        await sell(shop)
        await scan(shop)
        await settle()
        assert seen[0][0] is State.AWAITING_CODE


# -- after a start --


@in_virtual_time
async def test_the_box_dies_when_the_charge_has_left_and_finds_it_paid(tmp_path, impatient):
    async with Shop(tmp_path) as shop:
        await sell(shop)
        shop.lock()
        await scan(shop)
        await settle()
        assert on_disk(shop)[0] is State.AWAITING_CODE
        left = shutil.copytree(tmp_path, tmp_path / "as it died")
    async with Shop(left, gateways={"trial": shop.provider}) as again:
        await settle()
        assert again.told == ["pending", "paid"]
    assert again.asked == []
    assert shop.asked == ["submit", "query"], "asked about, never sent again (P1)"


@pytest.mark.parametrize("boot", ["boot-1", "boot-2"])
@in_virtual_time
async def test_the_box_dies_before_there_was_a_code(tmp_path, boot):
    async with Shop(tmp_path) as shop:
        await sell(shop)
    async with Shop(tmp_path, boot=boot, gateways={"trial": shop.provider}) as again:
        await settle()
        assert (again.told, again.state()) == (["pending", "cancelled"], State.CANCELLED)
        await until(lambda: again.runner.live == [])
        assert again.told == ["pending", "cancelled"]
    assert shop.asked == ["query", "query"], "at once, and once more when nothing can arrive any more"


@in_virtual_time
async def test_a_stop_sends_nothing_more_and_the_next_start_asks(tmp_path):
    async with Shop(tmp_path) as shop:
        await sell(shop)
        await shop.runner.stop()
        await scan(shop)
        assert shop.asked == []
        assert on_disk(shop)[0] is State.SUBMITTING
