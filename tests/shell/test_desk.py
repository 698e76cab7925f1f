"""The desk: what a till may ask of the box, alone and at once, and what it hears."""

import asyncio
import sqlite3

import pytest
from counted_shop import Counted, a_request
from shell_time import in_virtual_time, settle, timers
from shop import AT, until

from daemon import desk as desk_module
from daemon.events import CodeRejected, NotTakenUp
from daemon.money import Amount, Minor
from daemon.payment import Mode, OutTradeNo, Ref, State
from daemon.signals import PAID
from daemon.tills.base import Busy, Conflict, Ended, NotReady, NotStorable
from hw.interfaces import Condition, Health

A1, A2 = Ref("A-1"), Ref("A-2")


async def first(entries, count):
    return [(await anext(entries)).seq for _ in range(count)]


# -- asking --


@in_virtual_time
async def test_a_request_is_a_payment_that_is_on_disk(tmp_path):
    async with Counted(tmp_path) as shop:
        payment, is_new = await shop.desk.ask(a_request(description="two teas", ttl_s=30.0, scheme="wechat"))
        assert is_new
        assert (payment.state, payment.till, payment.description, payment.ttl_s) == (State.AWAITING_CODE, "counter", "two teas", 30.0)
        assert await shop.journal.find(A1) == payment == await shop.desk.find(A1)
        assert await shop.desk.find(A2) is None


def counter(scan, **more):
    return desk_module.Counter(scan, {}, sell_while_in_doubt=False, new_number=lambda: OutTradeNo("T1"), **more)


@pytest.mark.parametrize(
    ("scan", "first_code"),
    [
        ({"wechat": "main"}, ("main", "wechat")),
        ({"wechat": "main", "alipay": "main"}, ("main", "")),
        ({"wechat": "main", "alipay": "other"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_where_the_first_code_goes_is_known_where_all_go_to_one_gateway(scan, first_code):
    assert counter(scan).first_code("counter") == first_code
    assert counter(scan, unattended=frozenset({"machine"})).first_code("counter") == first_code


def test_nobody_waits_for_the_first_code_of_a_machine():
    assert counter({"wechat": "main"}, unattended=frozenset({"machine"})).first_code("machine") is None


@in_virtual_time
async def test_the_order_for_the_first_code_is_on_disk_with_the_amount(tmp_path):
    async with Counted(tmp_path, unattended=frozenset({"machine"}), show={"default": "trial"}) as shop:
        payment, _ = await shop.desk.ask(a_request(description="two teas"))
        order = payment.reserved
        assert (order.gateway, order.scheme, order.amount, order.description) == ("trial", "wechat", payment.amount, "two teas")
        assert (await shop.journal.find(A1)).reserved == order
        assert payment.attempts == ()
        await shop.desk.cancel(A1, "till")
        shown, _ = await shop.desk.ask(a_request("A-2", mode=Mode.SHOW))
        assert (shown.reserved, len(shown.attempts)) == (None, 1)
        await shop.desk.cancel(A2, "till")
        await until(lambda: shop.runner.live == [])
        offered, _ = await shop.desk.ask(a_request("A-3", till="machine"))
        assert offered.reserved is None


@in_virtual_time
async def test_the_same_request_again_is_the_same_payment_alive_or_ended(tmp_path):
    async with Counted(tmp_path) as shop:
        for _ in range(2):
            await shop.desk.ask(a_request(ttl_s=30))
        payment, is_new = await shop.desk.ask(a_request(ttl_s=30))
        assert (is_new, payment.state) == (False, State.AWAITING_CODE)
        await shop.scan("00")
        await settle()
        payment, is_new = await shop.desk.ask(a_request(ttl_s=30))
        assert (is_new, payment.state) == (False, State.PAID)


@pytest.mark.parametrize(
    "other",
    [
        {"amount": Amount(Minor(501), "CNY")}, {"amount": Amount(Minor(500), "HKD")}, {"till": "kiosk"}, {"scheme": "alipay"},
        {"description": "x"}, {"ttl_s": 5.0}, {"mode": Mode.SHOW},
    ],
    ids=str,
)  # fmt: skip
@in_virtual_time
async def test_another_request_under_the_same_ref_is_a_conflict(tmp_path, other):
    """Another till among them: it must not take somebody else's paid payment for its own."""
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        await shop.scan("00")
        await settle()
        with pytest.raises(Conflict, match="A-1"):
            await shop.desk.ask(a_request(**other))


@in_virtual_time
async def test_one_payment_at_a_time_until_its_outcome_is_known(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        with pytest.raises(Busy) as busy:
            await shop.desk.ask(a_request("A-2"))
        assert busy.value.ref == A1 == shop.desk.status()["busy_ref"]
        await shop.scan("02")
        await until(lambda: shop.told[-1] == "pending")
        with pytest.raises(Busy):
            await shop.desk.ask(a_request("A-2"))
        await until(lambda: shop.told[-1] == "revoked")
        assert (await shop.desk.ask(a_request("A-2")))[1]


@in_virtual_time
async def test_a_till_that_goes_before_takes_the_place_of_what_waits_for_its_payer(tmp_path):
    async with Counted(tmp_path, priorities={"vending": -1}) as shop:
        await shop.desk.ask(a_request(till="vending"))
        assert (await shop.desk.ask(a_request("A-2")))[1]
        given_up = await shop.desk.find(A1)
        assert (given_up.state, given_up.reason.text) == (State.CANCELLED, "given up by the till counter, which goes before")
        with pytest.raises(Busy, match="A-2"):
            await shop.desk.ask(a_request("A-3", till="vending"))
        with pytest.raises(Busy, match="A-2"):
            await shop.desk.ask(a_request("A-4"))
        assert shop.desk.status()["busy_ref"] == A2


@in_virtual_time
async def test_nobody_goes_before_what_was_charged_or_takes_a_place_in_vain(tmp_path):
    async with Counted(tmp_path, priorities={"vending": -1}) as shop:
        await shop.desk.ask(a_request(till="vending"))
        shop.board.device("scanner", Health(Condition.MISSING, "unplugged"))
        with pytest.raises(NotReady):
            await shop.desk.ask(a_request("A-2"))
        assert shop.state() is State.AWAITING_CODE
        shop.board.device("scanner", Health(Condition.OK))
        await shop.scan("02")
        with pytest.raises(Busy, match="A-1"):
            await shop.desk.ask(a_request("A-2"))


@in_virtual_time
async def test_a_code_that_is_presented_in_the_same_moment_keeps_its_place(tmp_path):
    async with Counted(tmp_path, priorities={"vending": -1}) as shop:
        await shop.desk.ask(a_request(till="vending"))
        scanned = asyncio.ensure_future(shop.scan("02"))
        asked = asyncio.ensure_future(shop.desk.ask(a_request("A-2")))
        with pytest.raises(Busy, match="A-1"):
            await asked
        await scanned
        assert shop.state() in (State.SUBMITTING, State.PENDING)


@in_virtual_time
async def test_a_proven_refusal_does_not_hold_up_the_next_sale(tmp_path):
    """Though the refused order is still being undone in the background."""
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        await shop.scan("15")
        await until(lambda: shop.told[-1] == "refused")
        assert shop.runner.live[0].is_open
        assert (await shop.desk.ask(a_request("A-2")))[1]


@pytest.mark.parametrize("allowed", [False, True])
@in_virtual_time
async def test_whether_sales_go_on_beside_a_doubt_is_for_the_operator_to_say(tmp_path, allowed):
    async with Counted(tmp_path, sell_while_in_doubt=allowed) as shop:
        await shop.desk.ask(a_request())
        await shop.scan("78")
        await settle()
        assert shop.told[-1] == "in_doubt"
        assert shop.desk.status()["in_doubt"] == 1
        if allowed:
            assert (await shop.desk.ask(a_request("A-2")))[1]
        else:
            with pytest.raises(Busy, match="A-1"):
                await shop.desk.ask(a_request("A-2"))


@in_virtual_time
async def test_a_box_that_could_not_charge_takes_nothing(tmp_path):
    async with Counted(tmp_path) as shop:
        shop.board.device("scanner", Health(Condition.MISSING, "unplugged"))
        with pytest.raises(NotReady, match="scanner missing: unplugged") as not_ready:
            await shop.desk.ask(a_request())
        assert not_ready.value.reasons == ["scanner missing: unplugged"] == shop.desk.status()["not_ready"]
        shop.board.device("display", Health(Condition.OK))
        with pytest.raises(NotReady, match="no gateway serves mode 'show'"):
            await shop.desk.ask(a_request(mode=Mode.SHOW))
        assert await shop.desk.find(A1) is None


@in_virtual_time
async def test_a_box_with_one_of_its_two_scanners_sells_and_says_which_is_away(tmp_path):
    async with Counted(tmp_path) as shop:
        shop.board.device("scanner", Health(Condition.OK, "1 of 2 scanners away: /dev/ttyACM1 was unplugged"))
        status = shop.desk.status()
        assert (status["ready"], status["not_ready"]) == (True, [])
        assert status["devices"]["scanner"] == {"state": "ok", "detail": "1 of 2 scanners away: /dev/ttyACM1 was unplugged"}
        assert (await shop.desk.ask(a_request()))[1]


# -- at once --


@in_virtual_time
async def test_of_two_tills_at_once_one_is_served(tmp_path):
    async with Counted(tmp_path) as shop:
        asyncio.get_running_loop().disk_s = 0.2
        outcomes = await asyncio.gather(*(shop.desk.ask(a_request(f"A-{n}")) for n in range(5)), return_exceptions=True)
        assert [isinstance(o, Busy) for o in outcomes] == [False, True, True, True, True]
        assert len(shop.runner.live) == 1


@in_virtual_time
async def test_one_request_sent_twice_at_once_is_one_payment(tmp_path):
    async with Counted(tmp_path) as shop:
        asyncio.get_running_loop().disk_s = 0.2
        outcomes = await asyncio.gather(*(shop.desk.ask(a_request()) for _ in range(3)))
        assert [is_new for _, is_new in outcomes] == [True, False, False]
        assert len(await shop.desk.recent(9, None)) == 1


@in_virtual_time
async def test_a_till_that_hangs_up_while_it_is_stored_lets_no_second_sale_in(tmp_path):
    async with Counted(tmp_path) as shop:
        asyncio.get_running_loop().disk_s = 0.2
        asking = asyncio.create_task(shop.desk.ask(a_request()))
        await asyncio.sleep(0.3)
        asking.cancel()
        with pytest.raises(Busy):
            await shop.desk.ask(a_request("A-2"))
        assert [p.ref for p in shop.runner.live] == [A1]


@in_virtual_time
async def test_an_answer_that_nobody_waits_for_any_more_is_no_fault(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        asking = asyncio.create_task(shop.desk.ask(a_request("A-2")))
        await asyncio.sleep(0)
        asking.cancel()
        await settle()
        assert [p.ref for p in shop.runner.live] == [A1]


# -- the journal --


@in_virtual_time
async def test_what_cannot_be_stored_or_read_is_said_to_the_till(tmp_path, impatient):
    async with Counted(tmp_path) as shop:
        shop.lock()
        with pytest.raises(NotStorable, match="cannot be written: database is locked"):
            await shop.desk.ask(a_request())
        with pytest.raises(NotReady, match="journal: database is locked"):
            await shop.desk.ask(a_request())
        shop.unlock()
        assert (await shop.desk.ask(a_request()))[1]  # looked at again, because a till asks
        shop.lock()
        with pytest.raises(NotStorable, match="cannot be written"):
            await shop.desk.cancel(A1, "till")
        assert (await shop.desk.find(A1)).state is State.AWAITING_CODE


@in_virtual_time
async def test_a_journal_that_cannot_be_read_proves_nothing(tmp_path):
    """Not that there is no such payment, above all."""
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        await shop.desk.cancel(A1, "till")
        with sqlite3.connect(shop.path) as vandal:
            vandal.execute("UPDATE payments SET mode = '?'")
            vandal.execute("INSERT INTO events (at, payment, event, state, detail) SELECT '', number, '', '', '{' FROM payments")
        vandal.close()
        for call in (
            shop.desk.find(A1), shop.desk.wait(A1, None, 5), shop.desk.ask(a_request()), shop.desk.cancel(A1, "till"),
            shop.desk.recent(5, None), anext(shop.desk.follow(0)),
        ):  # fmt: skip
            with pytest.raises(NotStorable, match="cannot be read"):
                await call


@in_virtual_time
async def test_a_confirmed_journal_sells_at_once_and_what_it_has_is_taken_up_first(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        await shop.scan("02")
        await settle()
    again = Counted(tmp_path, gateways={"trial": shop.provider})
    again.board.journal_is("not opened yet")
    with pytest.raises(Busy, match="A-1"):  # not "not ready", and above all not a second sale
        await again.desk.ask(a_request("A-2"))
    assert again.board.journal is None
    again.presenter.run()
    await again.__aexit__()


# -- waiting --


@in_virtual_time
async def test_a_wait_ends_with_the_change(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        waits = [asyncio.create_task(shop.desk.wait(A1, after, 25)) for after in (None, "awaiting_code", "awaiting_code")]
        await settle()
        await shop.scan("02")
        assert [(await w).state for w in waits] == [State.SUBMITTING] * 3
        assert shop.desk._waiters == {}


@in_virtual_time
async def test_a_wait_for_what_has_changed_already_takes_no_time(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        before = asyncio.get_running_loop().time()
        assert (await shop.desk.wait(A1, "paid", 25)).state is State.AWAITING_CODE
        assert await shop.desk.wait(A2, None, 25) is None
        assert asyncio.get_running_loop().time() == before


@in_virtual_time
async def test_a_wait_ends_with_its_time_and_leaves_nothing(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        before = asyncio.get_running_loop().time()
        payments = await asyncio.gather(*(shop.desk.wait(A1, "awaiting_code", seconds) for seconds in (1, 2, 3)))
        assert [p.state for p in payments] == [State.AWAITING_CODE] * 3
        assert asyncio.get_running_loop().time() - before == pytest.approx(3)
        assert shop.desk._waiters == {}


@in_virtual_time
async def test_a_wait_is_for_another_state_not_for_any_event(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        wait = asyncio.create_task(shop.desk.wait(A1, None, 25))
        await settle()
        await shop.runner.feed(A1, CodeRejected("product", AT))
        await settle()
        assert not wait.done()
        await shop.desk.cancel(A1, "till")
        assert (await wait).state is State.CANCELLED


@in_virtual_time
async def test_a_payment_that_has_ended_is_waited_for_in_the_journal_until_the_time_is_up(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        await shop.desk.cancel(A1, "till")
        assert (await shop.desk.wait(A1, "cancelled", 2)).state is State.CANCELLED


@in_virtual_time
async def test_a_box_that_stops_ends_every_wait(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        waits = [asyncio.create_task(shop.desk.wait(A1, None, 1000)) for _ in range(3)]
        await settle()
        before = asyncio.get_running_loop().time()
        shop.desk.close()
        shop.desk._on_change(shop.changes[-1])  # a change in the same moment
        assert [(await w).state for w in waits] == [State.AWAITING_CODE] * 3
        assert (await shop.desk.wait(A1, None, 1000)).state is State.AWAITING_CODE
        assert asyncio.get_running_loop().time() == before


# -- giving up --


@in_virtual_time
async def test_a_till_gives_up_before_anything_was_charged(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        payment = await shop.desk.cancel(A1, "till")
        assert (payment.state, payment.reason.text) == (State.CANCELLED, "given up by the till")
        with pytest.raises(Ended):
            await shop.desk.cancel(A1, "till")
        with pytest.raises(KeyError):
            await shop.desk.cancel(A2, "till")


@in_virtual_time
async def test_a_till_gives_up_while_the_payer_confirms(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        await shop.scan("02")
        await settle()
        assert (await shop.desk.cancel(A1, "till")).state is State.REVOKING
        await until(lambda: shop.told[-1] == "revoked")
        assert shop.asked.count("revoke") == 1


@in_virtual_time
async def test_a_payment_that_was_refused_cannot_be_given_up_though_it_is_still_undone(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        await shop.scan("15")
        await until(lambda: shop.told[-1] == "refused")
        with pytest.raises(Ended):
            await shop.desk.cancel(A1, "till")


# -- following --


@in_virtual_time
async def test_a_follower_from_now_on_hears_what_comes(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        entries = shop.desk.follow(None)
        coming = asyncio.create_task(anext(entries))
        await settle()
        await shop.desk.cancel(A1, "till")
        entry = await coming
        assert (entry.seq, entry.event, entry.state) == (2, "cancelled", "cancelled")
        await entries.aclose()
        assert shop.desk._followers == set()


@in_virtual_time
async def test_a_follower_resumes_without_a_gap_or_a_double(tmp_path, monkeypatch):
    """Entries stored while it still reads the journal are both there and in its queue."""
    monkeypatch.setattr(desk_module, "FOLLOW_PAGE", 3)
    async with Counted(tmp_path) as shop:
        for number in range(5):
            await shop.desk.ask(a_request(f"A-{number}"))
            await shop.desk.cancel(Ref(f"A-{number}"), "till")
        entries = shop.desk.follow(2)
        heard = await first(entries, 2)
        await shop.desk.ask(a_request("B-1"))
        heard += await first(entries, 6)
        await shop.desk.cancel(Ref("B-1"), "till")
        heard += await first(entries, 2)
        await shop.desk.ask(a_request("B-2"))
        heard += await first(entries, 1)
        assert heard == list(range(3, 14))
        await entries.aclose()


@in_virtual_time
async def test_a_follower_who_takes_nothing_is_dropped_and_resumes_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(desk_module, "FOLLOW_QUEUE", 4)
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        slow = shop.desk.follow(0)
        assert await first(slow, 1) == [1]
        for number in range(5):
            await shop.runner.feed(A1, CodeRejected("product", AT))
            assert len(shop.desk._followers) == (number < 4)
        heard = [entry.seq async for entry in slow]
        resumed = shop.desk.follow(heard[-1] if heard else 1)
        heard += await first(resumed, 6 - 1 - len(heard))
        assert heard == [2, 3, 4, 5, 6]
        await resumed.aclose()


@in_virtual_time
async def test_a_box_that_stops_tells_its_followers_all_there_is_and_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(desk_module, "FOLLOW_QUEUE", 2)
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        slow, quick = shop.desk.follow(1), shop.desk.follow(1)
        coming = [asyncio.create_task(anext(entries)) for entries in (slow, quick)]
        await settle()  # both have read the journal, and wait for news
        for _ in range(2):
            await shop.runner.feed(A1, CodeRejected("product", AT))
        assert [(await entry).seq for entry in coming] + [(await anext(quick)).seq] == [2, 2, 3]
        await shop.runner.feed(A1, CodeRejected("product", AT))
        shop.desk.close()
        assert [entry.seq async for entry in quick] == [4]
        assert [entry.seq async for entry in slow] == []  # too much has come for it
        assert [entry.seq async for entry in shop.desk.follow(2)] == [3, 4]
        assert shop.desk._followers == set()


# -- status --


@in_virtual_time
async def test_the_status_says_what_the_box_is_doing(tmp_path):
    async with Counted(tmp_path) as shop:
        assert shop.desk.status() == {
            "ready": True, "not_ready": [], "busy_ref": None, "screen": "ready",
            "lights": {"green": "slow", "amber": "off", "red": "off"}, "sound": None,
            "devices": {"scanner": {"state": "ok", "detail": ""}}, "gateways": {"trial": {"state": "ok", "detail": ""}}, "in_doubt": 0,
        }  # fmt: skip
        await shop.desk.ask(a_request())
        await shop.scan("00")
        await settle()
        status = shop.desk.status()
        assert (status["screen"], status["lights"]["green"], status["sound"]["name"]) == ("paid", "fast", PAID.name)
        assert status["sound"]["at"].startswith("2026-11-21T12:00:00")
        await asyncio.sleep(3.1)
        assert shop.desk.status()["screen"] == "ready"
        assert timers() == 0


@in_virtual_time
async def test_the_status_says_how_the_connection_to_the_fleets_broker_is_where_there_is_to_be_one(tmp_path):
    async with Counted(tmp_path) as shop:
        shop.desk._board.fleet_is(Health(Condition.FAILING, "broker b:1 does not answer"))
        status = shop.desk.status()
        assert status["fleet"] == {"state": "failing", "detail": "broker b:1 does not answer"}
        assert (status["ready"], status["screen"], status["devices"].keys()) == (True, "ready", {"scanner"})


@in_virtual_time
async def test_a_follower_reads_the_journal_by_as_many_as_it_wants(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        for _ in range(7):
            await shop.runner.feed(A1, CodeRejected("product", AT))
        asked = []
        entries = shop.journal.entries
        shop.journal.entries = lambda after, limit: asked.append((after, limit)) or entries(after, limit)
        following = shop.desk.follow(0, page=3)
        assert [(await anext(following)).seq for _ in range(8)] == list(range(1, 9))
        assert asked == [(0, 3), (3, 3), (6, 3)], "a page at a time, as it is wanted"
        await following.aclose()


@in_virtual_time
async def test_a_cancel_of_what_is_unsent_leaves_a_charge_alone(tmp_path):
    async with Counted(tmp_path) as shop:
        await shop.desk.ask(a_request())
        await shop.scan("02")
        with pytest.raises(Ended):
            await shop.desk.cancel(Ref("A-1"), "till pole", unsent=True)
        assert shop.state() in (State.SUBMITTING, State.PENDING)
        await shop.desk.cancel(Ref("A-1"), "till pole")


def test_a_payment_that_is_not_taken_up_yet_is_to_be_asked_for_again_and_has_not_ended() -> None:
    """The journal could not store what the box has to do about it since it started."""
    with pytest.raises(NotStorable, match="it is not taken up yet"), desk_module.not_storable("written"):
        raise NotTakenUp("it is not taken up yet")
