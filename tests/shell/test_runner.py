"""The runner: decides, stores, performs, tells, in that order, whatever fails in between."""

import asyncio
import gc
import logging

import pytest
from shell_time import in_virtual_time, settle, timers
from shop import AT, NOTE, Shop, a_payment, an_order, code, until

from daemon.codes import AuthCode
from daemon.cycle import Cycle, Unfit
from daemon.events import Cancelled, CodePresented, CodeRejected, QrWanted, Replied, Submit, TimePassed
from daemon.gateways.settings import SimulatedSettings
from daemon.gateways.simulated import SimulatedGateway
from daemon.journal_file import JournalError, JournalFile
from daemon.payment import Errand, Mode, OutTradeNo, Ref, State
from daemon.reply import NoAnswer, Reply, Verdict
from daemon.runner import LET_GO_S, STOP_S, STORE_AGAIN_S

A1 = Ref("A-1")


async def codes_in_memory():
    await settle(3)
    gc.collect()
    return [thing for thing in gc.get_objects() if isinstance(thing, AuthCode)]


# -- a sale --


@in_virtual_time
async def test_a_code_that_is_paid_at_once(tmp_path):
    async with Shop(tmp_path) as shop:
        await shop.sell()
        assert shop.state() is State.AWAITING_CODE
        await shop.scan("00")
        await settle()
        assert shop.told == ["awaiting_code", "submitting", "paid"]
        assert shop.asked == ["submit"]
        assert shop.runner.live == []
        assert shop.runner.find(A1) is None
        assert timers() == 0


@in_virtual_time
async def test_a_payer_who_confirms_is_asked_after_until_paid(tmp_path):
    async with Shop(tmp_path) as shop:
        await shop.sell()
        await shop.scan("01")
        await until(lambda: shop.state() is State.PAID)
        assert shop.told == ["awaiting_code", "submitting", "pending", "paid"]
        assert shop.asked == ["submit", "query", "query", "query"]


@in_virtual_time
async def test_a_payer_who_never_confirms_is_given_up_and_undone(tmp_path):
    async with Shop(tmp_path) as shop:
        await shop.sell()
        await shop.scan("02")
        await until(lambda: shop.state() is State.REVOKED)
        assert shop.told[-2:] == ["revoking", "revoked"]
        assert shop.asked[-2:] == ["query", "revoke"]


@in_virtual_time
async def test_many_payments_share_one_timer(tmp_path):
    async with Shop(tmp_path) as shop:
        for number in range(5):
            await shop.sell(f"A-{number}", ttl_s=10.0 + number)
        assert timers() == 1
        await until(lambda: not shop.runner.live, 20)
        assert [c.payment.ref for c in shop.changes if c.payment.state is State.EXPIRED] == [f"A-{n}" for n in range(5)]


# -- the order of things --


class Watched(SimulatedGateway):
    """Looks at the journal and at the listeners when a charge arrives."""

    def __init__(self, look):
        super().__init__(SimulatedSettings("trial"))
        self.look = look
        self.seen = []

    async def submit(self, attempt, auth_code):
        self.seen.append(self.look())
        return await super().submit(attempt, auth_code)


@in_virtual_time
async def test_an_attempt_is_on_disk_before_its_charge_leaves_and_told_right_after(tmp_path):
    """P2. And the wire does not wait for screens."""
    shops = []

    def look():
        with_file = JournalFile.open(shops[0].path)
        payment = with_file.find(A1)
        with_file.close()
        return payment.state, payment.attempts[0].out_trade_no, shops[0].told[-1], shops[0].runner.find(A1).state

    gateway = Watched(look)
    async with Shop(tmp_path, gateways={"trial": gateway}) as shop:
        shops.append(shop)
        await shop.sell()
        number = await shop.scan("00")
        await settle()
        assert gateway.seen == [(State.SUBMITTING, number, "awaiting_code", State.AWAITING_CODE)]
        assert shop.told == ["awaiting_code", "submitting", "paid"]


@in_virtual_time
async def test_what_is_not_on_disk_yet_is_told_to_nobody(tmp_path):
    async with Shop(tmp_path) as shop:
        asyncio.get_running_loop().disk_s = 3.0
        selling = asyncio.create_task(shop.sell())
        await asyncio.sleep(2.9)
        assert (shop.changes, shop.runner.live) == ([], [])
        await selling
        scanning = asyncio.create_task(shop.scan("00"))
        await asyncio.sleep(2.9)
        assert (shop.told, shop.runner.find(A1).state, shop.asked) == (["awaiting_code"], State.AWAITING_CODE, [])
        await scanning
        assert (shop.told, shop.asked) == (["awaiting_code", "submitting"], ["submit"])
        await asyncio.sleep(2.9)
        assert shop.runner.find(A1).state is State.SUBMITTING
        await asyncio.sleep(0.2)
        assert shop.told[-1] == "paid"


@in_virtual_time
async def test_a_caller_who_goes_away_breaks_nothing_off(tmp_path):
    """A till that hangs up, at any moment, has asked all the same."""
    async with Shop(tmp_path) as shop:
        asyncio.get_running_loop().disk_s = 1.0
        selling = asyncio.create_task(shop.sell())
        await asyncio.sleep(0.5)
        selling.cancel()
        await asyncio.sleep(1.0)
        assert shop.state() is State.AWAITING_CODE
        scanning = asyncio.create_task(shop.scan("00"))
        await asyncio.sleep(0.5)
        scanning.cancel()
        await asyncio.sleep(3.0)
        assert (shop.told[-1], shop.asked) == ("paid", ["submit"])


@in_virtual_time
async def test_events_of_one_moment_are_taken_one_after_another(tmp_path):
    async with Shop(tmp_path) as shop:
        asyncio.get_running_loop().disk_s = 0.1
        await shop.sell()
        outcomes = await asyncio.gather(
            shop.scan("02"), shop.scan("00"), shop.runner.feed(A1, CodeRejected("product", AT)), return_exceptions=True
        )
        assert outcomes[0] == "T1"
        assert [type(o) for o in outcomes[1:]] == [Unfit, Unfit]
        assert shop.asked == ["submit"]
        assert [c.entry.seq for c in shop.changes] == sorted(c.entry.seq for c in shop.changes)


@in_virtual_time
async def test_a_listener_at_fault_stops_neither_the_payment_nor_the_others(tmp_path, caplog):
    async with Shop(tmp_path) as shop:
        shop.runner.listeners.insert(0, lambda change: 1 / 0)
        shop.runner.link_listeners.insert(0, lambda name, outcome: 1 / 0)
        await shop.sell()
        await shop.scan("00")
        await settle()
        assert shop.told[-1] == "paid"
        assert [type(outcome) for outcome in shop.links] == [Reply]
        assert caplog.text.count("ZeroDivisionError") == 4


# -- a QR (P2) --


WANTED = QrWanted(OutTradeNo("T1"), "trial", "wechat", AT)


class WatchedQr(SimulatedGateway):
    """Looks at the journal when a QR order is asked for."""

    def __init__(self, look):
        super().__init__(SimulatedSettings("trial"))
        self.look = look
        self.seen = []

    async def create_qr(self, attempt):
        self.seen.append(self.look())
        return await super().create_qr(attempt)


@in_virtual_time
async def test_a_qr_payment_is_one_entry_with_its_order_before_anything_is_sent(tmp_path):
    """There is no moment at which a crash leaves the payment without its order, or sends an order that nobody knows."""
    shops = []

    def look():
        with_file = JournalFile.open(shops[0].path)
        payment, entries = with_file.find(A1), with_file.entries(0, 9)
        with_file.close()
        return payment.state, payment.attempts[0].out_trade_no, payment.attempts[0].errand, [(e.event, e.state) for e in entries]

    gateway = WatchedQr(look)
    async with Shop(tmp_path, gateways={"trial": gateway}) as shop:
        shops.append(shop)
        begun = await shop.runner.begin(a_payment(mode=Mode.SHOW), WANTED)
        assert begun.state is State.CREATING_QR
        assert [(change.before, change.entry.event) for change in shop.changes] == [(None, "asked")]
        await until(lambda: shop.told[-1] == "paid")
        assert gateway.seen == [(State.CREATING_QR, "T1", Errand.CHARGE, [("asked", "creating_qr")])]
        assert shop.told == ["creating_qr", "presenting_qr", "paid"]


@in_virtual_time
async def test_a_qr_payment_that_cannot_be_stored_is_none_and_asks_nobody(tmp_path, impatient):
    async with Shop(tmp_path) as shop:
        shop.lock()
        with pytest.raises(JournalError):
            await shop.runner.begin(a_payment(mode=Mode.SHOW), WANTED)
        shop.unlock()
        await asyncio.sleep(60)
        assert (shop.asked, shop.changes, shop.runner.live) == ([], [], [])
        assert (await shop.runner.begin(a_payment(mode=Mode.SHOW), WANTED)).state is State.CREATING_QR
        await settle()
        assert shop.asked == ["create_qr"]


@in_virtual_time
async def test_a_first_event_that_does_not_fit_begins_nothing(tmp_path):
    async with Shop(tmp_path) as shop:
        with pytest.raises(Unfit):
            await shop.runner.begin(a_payment(), WANTED)  # of a payment that scans
        assert (shop.asked, shop.changes, shop.runner.live) == ([], [], [])


@in_virtual_time
async def test_a_till_that_hangs_up_has_its_qr_made_once_all_the_same(tmp_path):
    async with Shop(tmp_path) as shop:
        asyncio.get_running_loop().disk_s = 1.0
        asking = asyncio.create_task(shop.runner.begin(a_payment(mode=Mode.SHOW), WANTED))
        await asyncio.sleep(0.5)
        asking.cancel()
        assert shop.asked == []
        await until(lambda: shop.told[-1:] == ["paid"])
        assert shop.asked.count("create_qr") == 1


@pytest.mark.parametrize("runs_s", [0.0, 1.0])
@in_virtual_time
async def test_a_qr_order_is_made_once_whatever_restarts_come_between(tmp_path, runs_s):
    """P1: after a restart it is asked for by its number, and never made again."""
    provider = SimulatedGateway(SimulatedSettings("trial"))
    async with Shop(tmp_path, gateways={"trial": provider}) as shop:
        await shop.runner.begin(a_payment(mode=Mode.SHOW), WANTED)
        await asyncio.sleep(runs_s)
    for _ in range(2):
        async with Shop(tmp_path, boot="boot-2", gateways={"trial": provider}) as again:
            await asyncio.sleep(1.0)
    async with Shop(tmp_path, boot="boot-3", gateways={"trial": provider}) as again:
        await until(lambda: again.runner.live == [])
    assert [call.name for call in provider.calls].count("create_qr") == 1


# -- codes (P1, P10) --


@in_virtual_time
async def test_a_code_is_handed_on_once_and_gone_with_its_call(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    async with Shop(tmp_path) as shop:
        await shop.sell()
        await shop.scan("01")
        await settle()
        assert shop.state() is State.PENDING
        assert await codes_in_memory() == []
        await until(lambda: shop.state() is State.PAID)
        assert shop.asked.count("submit") == 1
    assert code("01").reveal() not in caplog.text
    for file in tmp_path.iterdir():
        assert code("01").reveal().encode() not in file.read_bytes()


@in_virtual_time
async def test_a_code_that_comes_too_late_is_forgotten(tmp_path):
    async with Shop(tmp_path) as shop:
        await shop.sell()
        await shop.runner.feed(A1, Cancelled("till", at=AT))
        with pytest.raises(KeyError):
            await shop.scan("00")
        with pytest.raises(KeyError):
            await shop.scan("00", ref="nobody")
        assert await codes_in_memory() == []
        assert shop.asked == []


@in_virtual_time
async def test_a_code_whose_attempt_cannot_be_stored_is_forgotten_and_nothing_is_sent(tmp_path, impatient):
    async with Shop(tmp_path) as shop:
        await shop.sell()
        shop.lock()
        with pytest.raises(JournalError):
            await shop.scan("00")
        await settle()
        assert (shop.asked, shop.state(), shop.told) == ([], State.AWAITING_CODE, ["awaiting_code"])
        assert await codes_in_memory() == []
        shop.unlock()
        await shop.scan("00")
        await settle()
        assert (shop.told[-1], shop.asked) == ("paid", ["submit"])


@in_virtual_time
async def test_an_order_number_is_charged_once_whoever_presents_it_again(tmp_path):
    """A number used before is refused by the cycle; one of another payment by the journal."""
    async with Shop(tmp_path) as shop:
        await shop.sell("A-1")
        event = CodePresented(OutTradeNo("T1"), "trial", "wechat", AT)
        await shop.runner.present(A1, event, code("10"))
        await until(lambda: shop.state() is State.AWAITING_CODE)
        with pytest.raises(Unfit):
            await shop.runner.present(A1, event, code("00"))
        await shop.sell("A-2")
        with pytest.raises(JournalError):
            await shop.runner.present(Ref("A-2"), event, code("00"))
        assert shop.asked.count("submit") == 1
        assert await codes_in_memory() == []


@in_virtual_time
async def test_a_code_is_gone_while_its_answer_waits_for_the_journal(tmp_path, impatient):
    async with Shop(tmp_path) as shop:
        await shop.sell()
        loop = asyncio.get_running_loop()
        loop.disk_s = 1.0
        await shop.scan("00")
        shop.lock()
        await asyncio.sleep(20)
        assert shop.state() is State.SUBMITTING
        assert await codes_in_memory() == []
        shop.unlock()
        await until(lambda: shop.told[-1] == "paid", 10)


# -- a journal that fails for a while --


@in_virtual_time
async def test_an_answer_is_kept_until_it_can_be_stored(tmp_path, impatient):
    """It has happened at the provider: not storing it undoes nothing."""
    async with Shop(tmp_path) as shop:
        await shop.sell()
        asyncio.get_running_loop().disk_s = 0.5
        await shop.scan("00")
        shop.lock()
        await asyncio.sleep(8)
        assert (shop.told[-1], shop.state()) == ("submitting", State.SUBMITTING)
        shop.unlock()
        await asyncio.sleep(STORE_AGAIN_S + 1.5)
        assert shop.told[-1] == "paid"
        assert shop.asked == ["submit"]


@in_virtual_time
async def test_a_failing_journal_is_tried_once_a_second_and_no_more(tmp_path, impatient, monkeypatch):
    async with Shop(tmp_path) as shop:
        tries = []
        whole = JournalFile.store
        monkeypatch.setattr(JournalFile, "store", lambda *args, **how: tries.append(1) or whole(*args, **how))
        await shop.sell(ttl_s=5.0)
        shop.lock()
        await asyncio.sleep(15)
        assert shop.told == ["awaiting_code"]
        assert 9 <= len(tries) <= 12  # the deadline was at 5 s
        shop.unlock()
        await asyncio.sleep(2)
        assert shop.told == ["awaiting_code", "expired"]


@in_virtual_time
async def test_a_sale_that_cannot_be_stored_was_never_begun(tmp_path, impatient):
    async with Shop(tmp_path) as shop:
        shop.lock()
        with pytest.raises(JournalError):
            await shop.sell()
        assert (shop.runner.live, shop.changes, timers()) == ([], [], 0)
        shop.unlock()
        await shop.sell()
        assert shop.told == ["awaiting_code"]


@in_virtual_time
async def test_what_was_stored_after_all_is_taken_up_by_the_next_start(tmp_path):
    """A sync can fail though the write was whole; the till was told "not stored", and asks again under the same ref."""
    async with Shop(tmp_path) as shop:
        await shop.sell("A-1")
        await shop.journal.store(a_payment("A-2", attempts=(an_order("T9"),), state=State.SUBMITTING), NOTE)
        await shop.runner.start()
        assert [p.ref for p in shop.runner.live] == ["A-1", "A-2"]
        assert shop.state("A-1") is State.AWAITING_CODE
        await until(lambda: "A-2" not in [p.ref for p in shop.runner.live])
        assert shop.state("A-2") is State.REVOKED


# -- restarts (P3) --


@in_virtual_time
async def test_a_restart_asks_before_anything_else(tmp_path):
    async with Shop(tmp_path) as shop:
        await shop.sell()
        await shop.scan("01")
        await settle()
    async with Shop(tmp_path, gateways={"trial": shop.provider}) as again:
        assert again.told == ["pending"]
        await until(lambda: again.state() is State.PAID)
        assert [call.name for call in shop.provider.calls].count("submit") == 1


@in_virtual_time
async def test_a_restart_ends_what_nobody_had_paid_for(tmp_path):
    async with Shop(tmp_path) as shop:
        await shop.sell()
    async with Shop(tmp_path, boot="boot-2") as again:
        assert again.told == ["cancelled"]
        assert again.changes[0].payment.reason.code == "restarted"
        assert again.runner.live == []


@in_virtual_time
async def test_a_start_with_a_failing_journal_fails_and_may_come_again(tmp_path, impatient):
    async with Shop(tmp_path) as shop:
        await shop.sell()
        await shop.scan("02")
        await settle()
    again = Shop(tmp_path)
    again.lock()
    with pytest.raises(JournalError):
        await again.runner.start()
    again.unlock()
    async with again:
        assert again.told == ["pending"]


@in_virtual_time
async def test_a_start_does_not_wait_for_ever_where_the_journal_fails_again(tmp_path, impatient, monkeypatch):
    """The box must be able to say what is wrong; what was taken up is known already, and holds back new sales."""
    async with Shop(tmp_path) as shop:
        await shop.sell()
        await shop.scan("02")
        await settle()
    again = Shop(tmp_path)
    opening = JournalFile.open_payments
    monkeypatch.setattr(JournalFile, "open_payments", lambda file: (opening(file), again.lock())[0])
    async with again:
        assert [p.state for p in again.runner.live] == [State.PENDING]
        assert again.changes == []
        again.unlock()
        await asyncio.sleep(2 * STORE_AGAIN_S)
        assert again.told == ["pending"]


@in_virtual_time
async def test_a_start_that_changes_nothing_still_wakes_in_time(tmp_path, monkeypatch, caplog):
    """Even where `Restarted` were unfit for what was stored."""
    async with Shop(tmp_path) as shop:
        await shop.sell()
        await shop.scan("02")
        await settle()
    monkeypatch.setattr(Cycle, "_restart", lambda self, now: (_ for _ in ()).throw(Unfit("not now")))
    caplog.set_level(logging.INFO)
    async with Shop(tmp_path, gateways={"trial": shop.provider}) as again:
        assert "event_unfit ref=A-1 event=restarted" in caplog.text
        assert timers() == 1
        await until(lambda: again.state() is State.REVOKED)


# -- faults of this program --


@in_virtual_time
async def test_a_fault_while_reading_an_answer_is_as_if_there_were_none(tmp_path, monkeypatch, caplog):
    async with Shop(tmp_path) as shop:
        await shop.sell()
        whole = Cycle._hear

        def faulty(cycle, event, now):
            if isinstance(event, Replied) and isinstance(event.action, Submit):
                raise ZeroDivisionError
            return whole(cycle, event, now)

        monkeypatch.setattr(Cycle, "_hear", faulty)
        await shop.scan("00")
        await settle()
        assert "event_fault ref=A-1 event=replied" in caplog.text
        await until(lambda: shop.state() is State.PAID, 60)
        assert shop.asked == ["submit", "query"]


@in_virtual_time
async def test_a_fault_that_stays_leaves_the_payment_as_it_was(tmp_path, monkeypatch, caplog):
    async with Shop(tmp_path) as shop:
        await shop.sell()
        monkeypatch.setattr(Cycle, "_hear", lambda *_: 1 / 0)
        await shop.scan("00")
        await settle()
        assert shop.state() is State.SUBMITTING
        assert caplog.text.count("event_fault") == 2
        await until(lambda: shop.told[-1] == "revoking")  # time goes on


@in_virtual_time
async def test_a_fault_in_one_payment_stops_the_clock_of_no_other(tmp_path, monkeypatch, caplog):
    async with Shop(tmp_path) as shop:
        await shop.sell("bad", ttl_s=5.0)
        await shop.sell("good", ttl_s=10.0)
        whole = Cycle._pass_time
        monkeypatch.setattr(Cycle, "_pass_time", lambda cycle, now: 1 / 0 if cycle.payment.ref == "bad" else whole(cycle, now))
        await asyncio.sleep(12)
        assert [p.ref for p in shop.runner.live] == ["bad"]
        assert 5 <= caplog.text.count("event_fault ref=bad event=time_passed") <= 9


@in_virtual_time
async def test_a_deadline_that_nothing_is_due_at_makes_no_busy_loop(tmp_path, monkeypatch):
    async with Shop(tmp_path) as shop:
        await shop.sell(ttl_s=5.0)
        fed = []
        whole = shop.runner.feed
        monkeypatch.setattr(shop.runner, "feed", lambda ref, event: fed.append(event) or whole(ref, event))
        monkeypatch.setattr(Cycle, "_pass_time", lambda *_: (_ for _ in ()).throw(Unfit("nothing is due yet")))
        await asyncio.sleep(15)
        assert 5 <= len(fed) <= 12
        assert all(isinstance(event, TimePassed) for event in fed)


@in_virtual_time
async def test_a_payment_that_ends_while_another_is_due_is_left_alone(tmp_path):
    """Both are due at one moment; what the first one's step brings must not trip the second's."""
    async with Shop(tmp_path) as shop:
        asyncio.get_running_loop().disk_s = 0.5
        await shop.sell("A-1", ttl_s=5.0)
        await shop.sell("A-2", ttl_s=4.5)
        await asyncio.sleep(4.2)
        cancelling = asyncio.create_task(shop.runner.feed(Ref("A-2"), Cancelled("till", at=AT)))
        await asyncio.sleep(3)
        assert cancelling.result().state is State.CANCELLED
        assert shop.runner.live == []


# -- giving up --


class Holding(SimulatedGateway):
    """Holds every query open until it is let go."""

    holds_queries = True

    def __init__(self, schedule):
        super().__init__(SimulatedSettings("trial"), schedule)
        self.held = 0
        self.broken_off = 0

    async def query(self, attempt, hold_s=0.0):
        if hold_s:
            self.held += 1
            try:
                await asyncio.sleep(hold_s)
            except asyncio.CancelledError:
                self.broken_off += 1
                raise
        return await super().query(attempt)


@in_virtual_time
async def test_a_query_that_nobody_waits_for_any_more_is_broken_off(tmp_path):
    async with Shop(tmp_path) as plain:
        schedule = plain.schedule
    gateway = Holding(schedule)
    async with Shop(tmp_path, gateways={"trial": gateway}, holding=frozenset({"trial"})) as shop:
        await shop.sell()
        await shop.scan("02")
        await until(lambda: gateway.held == 1, 5)
        await shop.runner.feed(A1, Cancelled("till", at=AT))
        await until(lambda: gateway.broken_off == 1, 10)
        await until(lambda: shop.state() is State.REVOKED, 60)


# -- stopping --


@in_virtual_time
async def test_a_stop_waits_a_little_for_answers_and_begins_no_new_call(tmp_path):
    gateway = Holding(None)
    shop = Shop(tmp_path, gateways={"trial": gateway}, holding=frozenset({"trial"}))
    gateway._schedule = shop.schedule
    async with shop:
        await shop.sell()
        await shop.scan("44")  # no answer: asked about at once
        began = asyncio.get_running_loop().time()
        await shop.runner.stop()
        assert shop.asked == []
        assert [call.name for call in gateway.calls] == ["submit"]
        assert shop.told[-1] == "pending"  # stored as decided
        assert asyncio.get_running_loop().time() - began < 1
        assert timers() == 0


class Deaf(SimulatedGateway):
    """Never answers, and does not want to be broken off."""

    async def submit(self, attempt, auth_code):
        while True:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                await asyncio.sleep(100)
                raise NoAnswer("at last") from None


@in_virtual_time
async def test_a_stop_takes_a_bounded_time_whatever_a_gateway_does(tmp_path):
    shop = Shop(tmp_path, gateways={"trial": Deaf(SimulatedSettings("trial"))})
    await shop.runner.start()
    await shop.sell()
    await shop.scan("00")
    began = asyncio.get_running_loop().time()
    await shop.runner.stop()
    assert asyncio.get_running_loop().time() - began == pytest.approx(STOP_S + LET_GO_S)
    for task in shop.runner._calls.values():
        task.cancel()
    await shop.runner.stop()
    await shop.journal.close()


@in_virtual_time
async def test_a_stop_ends_the_tries_of_a_failing_journal(tmp_path, impatient):
    shop = Shop(tmp_path)
    await shop.runner.start()
    await shop.sell("A-1", ttl_s=5.0)
    await shop.scan("02")
    shop.lock()
    await asyncio.sleep(10)
    await shop.runner.stop()
    assert timers() == 0
    shop.unlock()
    await shop.journal.close()
    async with Shop(tmp_path, gateways={"trial": shop.provider}) as again:
        await until(lambda: again.state() is State.REVOKED)


@in_virtual_time
async def test_a_stop_does_not_wait_for_a_card_that_hangs(tmp_path):
    """What it stores in the end, nobody was told; the next start ends it."""
    shop = Shop(tmp_path)
    await shop.runner.start()
    asyncio.get_running_loop().disk_s = 60.0
    selling = asyncio.create_task(shop.sell())
    await settle()
    began = asyncio.get_running_loop().time()
    await shop.runner.stop()
    assert asyncio.get_running_loop().time() - began == pytest.approx(STOP_S)
    with pytest.raises(asyncio.CancelledError):
        await selling
    assert (shop.changes, shop.runner.live) == ([], [])
    await shop.journal.close()
    asyncio.get_running_loop().disk_s = 0.0
    async with Shop(tmp_path) as again:
        assert again.told == ["cancelled"]


@in_virtual_time
async def test_a_stop_of_an_idle_box_takes_no_time(tmp_path):
    async with Shop(tmp_path) as shop:
        await shop.sell()
        began = asyncio.get_running_loop().time()
        await shop.runner.stop()
        assert asyncio.get_running_loop().time() == began


# -- what the log and the links hear --


@in_virtual_time
async def test_links_hear_of_every_call(tmp_path):
    async with Shop(tmp_path) as shop:
        await shop.sell()
        await shop.scan("44")
        await until(lambda: shop.state() is State.PAID)
        assert [type(outcome) for outcome in shop.links] == [NoAnswer, Reply]
        assert shop.links[1].verdict is Verdict.PAID


@in_virtual_time
async def test_the_log_tells_each_step_in_one_line(tmp_path, caplog):
    caplog.set_level(logging.INFO, "daemon.runner")
    async with Shop(tmp_path) as shop:
        await shop.sell()
        await shop.scan("78")
        await settle()
    lines = [r for r in caplog.records if r.name == "daemon.runner"]
    assert [r.getMessage() for r in lines] == [
        "code_presented ref=A-1 out_trade_no=T1 state=submitting scheme=wechat gateway=trial does=submit",
        (
            "replied ref=A-1 out_trade_no=T1 state=in_doubt call=submit verdict=mismatch code=mismatch "
            'text="the answer says paid, but: amount 501 instead of 500" trade_no=4200000000000000000000000001'
        ),
    ]
    assert [r.levelno for r in lines] == [logging.INFO, logging.WARNING]


@in_virtual_time
async def test_a_payment_stays_live_until_nothing_is_left_to_do_about_it(tmp_path):
    """The till has its answer; the order is still being undone."""
    async with Shop(tmp_path) as shop:
        await shop.sell()
        await shop.scan("15")
        await until(lambda: shop.told[-1] == "refused", 30)
        assert shop.runner.find(A1).attempts[0].errand is Errand.UNDO
        await until(lambda: shop.runner.live == [])
        assert shop.asked[:4] == ["submit", "query", "query", "revoke"]
