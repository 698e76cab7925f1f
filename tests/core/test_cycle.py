"""The cycle's stories at the till: what the payer, the till and the provider do, and what becomes of the payment.

Every function here that takes no argument is a story; `test_every_row_of_the_table_is_told_by_a_story` tells them all again,
together with those of the modules beside this one, and looks which rows of the table they went through.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest
import test_cycle_attended
import test_cycle_goods
import test_cycle_late_money
import test_cycle_qr
import test_cycle_reserved
import test_cycle_restarts
from cycle_story import AMOUNT, BEGUN, GATEWAY, Story, new_payment

import daemon.cycle
from daemon.cycle import TABLE, Cycle, Rules, Unfit
from daemon.events import CodePresented, Event, Query, Replied, Revoke, Submit, TimePassed
from daemon.news import News, Row
from daemon.payment import Attempt, Errand, OutTradeNo, Reason, State
from daemon.reading import MAX_ATTEMPTS
from daemon.reply import Refusal, Reply, Verdict
from daemon.timing import Schedule

V = Verdict


# -- a code is awaited --


def test_nobody_presents_a_code_in_time():
    story = Story()
    story.wait(59.9)
    assert story.state is State.AWAITING_CODE
    story.wait(0.1)
    assert (story.state, story.why) == (State.EXPIRED, "scan_timeout")
    assert story.is_over


def test_the_till_may_say_how_long_a_code_is_awaited():
    story = Story(ttl_s=12.5)
    assert story.cycle.next_deadline() == BEGUN + 12.5
    story.wait(12.5)
    assert story.state is State.EXPIRED


def test_a_product_code_is_scanned_and_changes_nothing():
    story = Story()
    story.scan_nonsense()
    assert story.state is State.AWAITING_CODE
    assert story.payment.attempts == ()


def test_given_up_before_anything_was_sent():
    story = Story()
    story.cancel()
    assert (story.state, story.why) == (State.CANCELLED, "cancelled")
    assert story.asked == []
    assert story.is_over


# -- the charge is answered --


def test_paid_at_once():
    story = Story()
    assert story.scan() == [Submit(OutTradeNo("T1"))]
    assert story.state is State.SUBMITTING
    assert story.order() == Attempt(OutTradeNo("T1"), GATEWAY, "wechat", AMOUNT, State.SUBMITTING, sent_at=BEGUN)
    story.reply(V.PAID)
    assert (story.state, story.reason, story.payment.paid_at) == (State.PAID, None, "answered")
    assert story.asked == ["0 submit"]
    assert story.is_over


def test_password_needed_and_the_payer_confirms_on_the_third_poll():
    story = Story()
    story.scan()
    story.wait(1)
    story.reply(V.CONFIRMING)
    assert story.state is State.PENDING
    assert story.order().confirming
    for verdict in (V.CONFIRMING, V.CONFIRMING, V.PAID):
        story.until_asked()
        story.reply(verdict)
    assert story.state is State.PAID
    assert story.asked == ["0 submit", "6 query", "11 query", "16 query"]
    assert story.is_over


def test_the_charge_is_not_answered_but_was_paid():
    story = Story()
    story.scan()
    story.wait(10)
    story.lose()
    assert story.state is State.PENDING
    story.reply(V.PAID)
    assert story.state is State.PAID
    assert story.asked == ["0 submit", "10 query"]


def test_the_provider_does_not_know_itself_and_says_paid_when_asked():
    story = Story()
    story.scan()
    story.reply(V.UNKNOWN, "SYSTEMERROR")
    assert story.state is State.PENDING
    story.reply(V.NOT_KNOWN)
    assert story.state is State.PENDING, "not known so soon after the charge is no refusal"
    story.until_asked()
    story.lose()
    story.until_asked()
    story.reply(V.PAID)
    assert story.state is State.PAID
    assert story.asked == ["0 submit", "0 query", "5 query", "10 query"]


def test_the_provider_ends_the_order_itself():
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.until_asked()
    story.reply(V.CLOSED)
    assert (story.state, story.why) == (State.REVOKED, "closed_by_provider")
    assert story.is_over


def test_the_charge_is_answered_with_an_order_that_was_ended():
    story = Story()
    story.scan()
    story.reply(V.REVOKED)
    assert (story.state, story.why) == (State.REVOKED, "closed_by_provider")


# -- refused --


def test_a_definite_refusal_needs_one_confirming_query():
    story = Story()
    story.scan()
    story.refuse("TRADE_ERROR")
    assert story.state is State.PENDING
    story.reply(V.UNPAID)
    assert (story.state, story.why) == (State.REFUSED, "TRADE_ERROR")
    assert story.asked == ["0 submit", "0 query"]


def test_a_refused_order_is_revoked_in_the_background_as_soon_as_allowed():
    story = Story()
    story.refused("TRADE_ERROR", mendable=False)
    story.until_asked()
    story.reply(V.UNPAID)
    story.reply(V.REVOKED)
    assert (story.state, story.why) == (State.REFUSED, "TRADE_ERROR")
    assert story.asked == ["0 submit", "0 query", "15 last query", "15 revoke"]
    assert story.is_over


def test_a_refused_order_that_the_provider_ended_needs_no_revoke():
    story = Story()
    story.refused(mendable=False)
    story.until_asked()
    story.reply(V.CLOSED)
    assert (story.state, story.why) == (State.REFUSED, "NOTENOUGH")
    assert story.asked[-1] == "15 last query"
    assert story.is_over


def test_a_refusal_that_was_paid_after_all():
    story = Story()
    story.scan()
    story.refuse("TRADE_ERROR")
    story.reply(V.PAID)
    assert (story.state, story.reason) == (State.PAID, None)


def test_a_refusal_is_confirmed_however_long_the_query_takes():
    story = Story()
    story.scan()
    story.refuse("TRADE_ERROR")
    story.wait(5)
    story.lose()
    story.until_asked()
    story.reply(V.NOT_KNOWN)
    assert (story.state, story.why) == (State.REFUSED, "TRADE_ERROR")
    assert story.asked == ["0 submit", "0 query", "5 query"]


def test_a_refusal_that_nobody_confirms_is_never_told():
    story = Story()
    story.scan()
    story.refuse("TRADE_ERROR")
    story.answer_all(query=V.UNKNOWN, until=30)
    assert (story.state, story.why) == (State.REVOKED, "timeout")


def test_a_refusal_is_forgotten_when_the_payer_is_asked_after_all():
    story = Story()
    story.scan()
    story.refuse("TRADE_ERROR")
    story.reply(V.CONFIRMING)
    story.until_asked()
    story.reply(V.UNPAID)
    assert story.state is State.PENDING


def test_the_payer_declines_on_the_phone():
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.until_asked()
    story.refuse("PAYERROR")
    assert (story.state, story.why) == (State.REFUSED, "PAYERROR")


def test_what_the_payer_can_mend_may_be_heard_from_a_poll_too():
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.until_asked()
    story.refuse("NOTENOUGH", mendable=True)
    assert story.state is State.AWAITING_CODE


def test_a_mendable_refusal_asks_for_a_fresh_code_with_its_own_time():
    story = Story()
    story.wait(50)
    story.refused("NOTENOUGH")
    assert story.state is State.AWAITING_CODE
    assert (story.order().state, story.order().reason) == (State.REFUSED, Reason("NOTENOUGH", ""))
    story.answer_all(query=V.UNPAID, until=109)
    assert story.state is State.AWAITING_CODE
    story.wait(1)
    assert (story.state, story.why) == (State.REFUSED, "NOTENOUGH")
    assert story.asked == ["50 submit", "50 query", "65 last query", "65 revoke"]
    assert story.is_over


def test_refused_then_paid_with_a_fresh_code_while_the_old_order_is_revoked():
    story = Story()
    story.refused("AUTHCODEEXPIRE")
    story.wait(8)
    story.scan()
    story.reply(V.CONFIRMING)
    assert story.state is State.PENDING
    story.wait(7)
    story.reply(V.CONFIRMING, order=2)
    story.reply(V.UNPAID, order=1)
    story.reply(V.REVOKED, order=1)
    story.until_asked()
    story.reply(V.PAID)
    assert (story.state, story.reason) == (State.PAID, None)
    assert [a.state for a in story.payment.attempts] == [State.REFUSED, State.PAID]
    assert story.asked == ["0 submit", "0 query", "8 submit #2", "13 query #2", "15 last query", "15 revoke", "18 query #2"]
    assert story.is_over


def test_five_refusals_end_it():
    story = Story()
    for _ in range(4):
        story.refused("NOTENOUGH")
        assert story.state is State.AWAITING_CODE
    story.refused("NOTENOUGH")
    assert (story.state, story.why) == (State.REFUSED, "NOTENOUGH")
    assert len(story.payment.attempts) == MAX_ATTEMPTS
    story.answer_all(query=V.UNPAID, until=15)
    assert story.is_over


def test_given_up_while_a_fresh_code_is_awaited():
    story = Story()
    story.refused()
    story.cancel()
    assert (story.state, story.why) == (State.CANCELLED, "cancelled")
    assert story.payment.is_open, "the refused order is still to be revoked"
    story.answer_all(query=V.UNPAID, until=15)
    assert story.is_over


# -- nothing left the box --


def test_nothing_left_the_box():
    story = Story()
    story.scan()
    story.lose(sent=False)
    assert story.state is State.AWAITING_CODE
    assert (story.order().state, story.order().reason) == (State.CANCELLED, Reason("not_sent", "no connection"))
    assert story.cycle.next_deadline() == BEGUN + 60, "the time for a code goes on"
    story.scan()
    story.reply(V.PAID)
    assert story.state is State.PAID
    assert story.asked == ["0 submit", "0 submit #2"]


def test_what_never_left_the_box_is_no_attempt_of_the_five():
    story = Story()
    for _ in range(7):
        story.scan()
        story.lose(sent=False)
    story.refused()
    assert story.state is State.AWAITING_CODE


def test_given_up_while_nothing_leaves_the_box():
    story = Story()
    story.scan()
    story.cancel()
    assert story.state is State.REVOKING
    story.lose(sent=False)
    assert (story.state, story.why) == (State.CANCELLED, "cancelled")
    assert story.is_over


def test_given_up_and_soon_in_doubt_but_nothing_had_left_the_box():
    story = Story(Schedule(in_doubt_s=2))
    story.scan()
    story.cancel()
    story.wait(2)
    assert story.state is State.IN_DOUBT
    story.lose(sent=False)
    assert (story.state, story.why) == (State.CANCELLED, "not_sent")
    assert story.is_over


# -- given up after sending --


def test_the_payer_walks_away():
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.answer_all(query=V.CONFIRMING, until=29.9)
    assert story.state is State.PENDING
    story.until_asked()
    assert story.state is State.REVOKING
    story.reply(V.CONFIRMING)
    assert story.state is State.REVOKING
    story.reply(V.REVOKED)
    assert (story.state, story.why) == (State.REVOKED, "timeout")
    polls = [f"{second} query" for second in (5, 10, 15, 20, 25)]
    assert story.asked == ["0 submit", *polls, "30 last query", "30 revoke"]
    assert story.is_over


def test_the_last_query_proves_it_paid():
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.answer_all(query=V.CONFIRMING, until=29)
    story.until_asked()
    story.reply(V.PAID)
    assert story.state is State.PAID
    assert story.is_over


def test_paid_between_the_last_query_and_the_revoke_goes_back():
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.answer_all(query=V.CONFIRMING, revoke=V.REFUNDED, until=30)
    assert (story.state, story.why) == (State.REVOKED, "timeout")


def test_the_till_cancels_at_second_three():
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.wait(3)
    story.cancel()
    assert story.state is State.REVOKING
    story.cancel()
    story.answer_all(query=V.CONFIRMING, until=14.9)
    assert story.asked == ["0 submit", "3 query", "8 query", "13 query"], "polls go on until revoking is allowed"
    story.answer_all(query=V.CONFIRMING, until=15)
    assert story.asked_since(14) == ["15 last query", "15 revoke"]
    assert (story.state, story.why) == (State.REVOKED, "cancelled")


def test_cancelled_but_the_payer_was_faster():
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.cancel()
    story.until_asked()
    story.reply(V.PAID)
    assert story.state is State.PAID


@pytest.mark.parametrize("verdict", [V.REFUSED, V.CONFIRMING, V.UNPAID, V.UNKNOWN])
def test_cancelled_before_the_charge_is_answered(verdict: Verdict):
    """Whatever the charge is then answered with, unless it is paid, the order is revoked (P5)."""
    story = Story()
    story.scan()
    story.wait(2)
    story.cancel()
    story.wait(5)
    story.reply(verdict, refusal=Refusal.FINAL if verdict is V.REFUSED else None)
    story.answer_all(query=V.UNPAID, until=15)
    assert (story.state, story.why) == (State.REVOKED, "cancelled")
    assert story.asked == ["0 submit", "7 query", "12 query", "15 last query", "15 revoke"]


def test_cancelled_while_the_charge_is_not_answered():
    story = Story()
    story.scan()
    story.cancel()
    story.wait(10)
    story.lose()
    story.answer_all(query=V.NOT_KNOWN, until=15)
    assert story.state is State.REVOKED


def test_time_is_up_before_the_charge_is_answered():
    story = Story(Schedule(give_up_s=8))
    story.scan()
    story.wait(8)
    assert (story.state, story.under_way) == (State.REVOKING, [Submit(OutTradeNo("T1"))])
    story.wait(2)
    story.reply(V.CONFIRMING)
    story.answer_all(query=V.CONFIRMING, until=15)
    assert (story.state, story.why) == (State.REVOKED, "timeout")
    assert story.asked == ["0 submit", "10 query", "15 last query", "15 revoke"]


def test_time_is_up_while_a_query_is_under_way():
    story = Story(Schedule(query_every_s=28))
    story.scan()
    story.reply(V.CONFIRMING)
    story.until_asked()
    story.wait(2)
    assert (story.state, len(story.under_way)) == (State.REVOKING, 1)
    story.wait(1)
    story.lose()
    assert story.asked[1:] == ["28 query", "31 last query"]


def test_revoke_says_again_with_growing_pauses_until_confirmed():
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.answer_all(query=V.CONFIRMING, revoke=V.REVOKE_AGAIN, until=299)
    assert story.state is State.REVOKING
    seconds = (30, 32, 36, 44, 60, 92, 152, 212, 272)
    pairs = [line for s in seconds for line in (f"{s} last query", f"{s} revoke")]
    assert story.asked_since(30) == pairs
    story.answer_all(query=V.CONFIRMING, until=332)
    assert story.state is State.REVOKED
    assert story.is_over


def test_silence_is_no_confirmation_of_a_revoke():
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.answer_all(query=V.CONFIRMING, until=29)
    for sent in (True, False, True):
        story.until_asked()
        story.lose()
        story.lose(sent=sent)
        assert story.state is State.REVOKING
    assert story.order().revokes == 2, "one surely never left"
    assert story.asked_since(29) == [line for s in (30, 32, 36) for line in (f"{s} last query", f"{s} revoke")]


def test_once_a_revoke_was_sent_paid_proves_nothing():
    """The revoke may still act and give the money back: only its confirmation counts."""
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.answer_all(query=V.CONFIRMING, revoke=V.REVOKE_AGAIN, until=30)
    story.until_asked()
    story.reply(V.PAID)
    assert story.state is State.REVOKING
    assert story.asked_since(32) == ["32 last query", "32 revoke"]
    story.reply(V.REFUNDED)
    assert story.state is State.REVOKED


def test_a_revoke_that_never_left_leaves_paid_a_proof():
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.answer_all(query=V.CONFIRMING, until=29)
    story.until_asked()
    story.reply(V.CONFIRMING)
    story.lose(sent=False)
    assert (story.order().revokes, story.order().revoke_open) == (0, False)
    story.until_asked()
    story.reply(V.PAID)
    assert story.state is State.PAID


def test_where_the_last_query_never_left_no_revoke_is_sent_either():
    """The network is gone: both are tried together, later, and the payer's confirmation is found first."""
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.answer_all(query=V.CONFIRMING, until=29)
    for _ in range(3):
        story.until_asked()
        story.lose(sent=False)
        assert (story.state, story.under_way) == (State.REVOKING, [])
    story.until_asked()
    story.reply(V.PAID)
    assert story.state is State.PAID
    assert story.asked_since(29) == ["30 last query", "32 last query", "36 last query", "44 last query"]


def test_a_query_may_confirm_the_revoke():
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.answer_all(query=V.CONFIRMING, revoke=V.REVOKE_AGAIN, until=30)
    story.until_asked()
    story.reply(V.REVOKED)
    assert (story.state, story.why) == (State.REVOKED, "timeout")
    assert story.is_over


def test_the_answer_to_a_charge_may_say_that_it_cannot_be_proven():
    story = Story()
    story.scan()
    story.reply(V.MISMATCH, "mismatch")
    assert (story.state, story.why) == (State.IN_DOUBT, "mismatch")


# -- held queries --


def test_a_held_query_brings_the_news_by_one_round_trip():
    story = Story(holds=True)
    story.scan()
    story.wait(1)
    story.reply(V.CONFIRMING)
    story.until_asked()
    story.wait(12)
    story.reply(V.PAID)
    assert story.state is State.PAID
    assert story.asked == ["0 submit", "1 query held 25"]


def test_a_held_query_is_asked_again_at_once_and_never_held_past_giving_up():
    story = Story(holds=True)
    story.scan()
    story.lose()
    story.wait(25)
    story.reply(V.CONFIRMING)
    story.until_asked()
    story.wait(5)
    assert story.state is State.REVOKING
    story.reply(V.CONFIRMING)
    assert story.asked == ["0 submit", "0 query held 25", "25 query held 5", "30 last query"]


def test_a_provider_that_does_not_hold_though_it_said_so_is_polled():
    story = Story(holds=True)
    story.scan()
    story.reply(V.CONFIRMING)
    story.answer_all(query=V.CONFIRMING, until=11)
    assert [line.split()[0] for line in story.asked] == ["0", "0", "5", "10"]


def test_the_query_that_confirms_a_refusal_is_not_held():
    story = Story(holds=True)
    story.scan()
    story.refuse("TRADE_ERROR")
    assert story.under_way == [Query(OutTradeNo("T1"))]


def test_cancel_does_not_wait_for_a_held_query():
    story = Story(holds=True)
    story.scan()
    story.reply(V.CONFIRMING)
    held = story.until_asked()
    story.wait(16)
    story.cancel()
    story.forget()
    story.until_asked()
    assert story.asked == ["0 submit", "0 query held 25", "16 last query"]
    with pytest.raises(Unfit):
        story.tell(Replied(held, Reply(V.PAID)))
    assert story.state is State.REVOKING


# -- what does not fit --


def _with_order_in(state: State) -> Story:
    story = Story()
    story.scan()
    order = story.order().but(state=state, errand=Errand.ASK)
    story.cycle.payment = story.payment.but(state=state).with_attempt(order)
    return story


@pytest.mark.parametrize("state", [s for s in TABLE if s is not State.AWAITING_CODE])
def test_news_that_the_table_does_not_have_is_unfit_and_changes_nothing(state: State, monkeypatch: pytest.MonkeyPatch):
    for news in set(News) - set(TABLE[state]):
        story = _with_order_in(state)
        monkeypatch.setattr(daemon.cycle, "read_reply", lambda order, *_, news=news: (order.but(tries=99), news))
        before = story.cycle.snapshot()
        with pytest.raises(Unfit):
            story.reply(V.UNKNOWN)
        assert story.cycle.snapshot() == before, news


@pytest.mark.parametrize("state", [s for s in State if s not in TABLE])
def test_an_order_at_its_end_meets_no_news(state: State):
    for tell in (Story.cancel, Story.scan, Story.scan_nonsense, lambda s: s.tell(TimePassed()), lambda s: s.reply(V.PAID)):
        story = _with_order_in(state)
        before = story.cycle.snapshot()
        with pytest.raises(Unfit):
            tell(story)
        assert story.cycle.snapshot() == before


def _not_wanted(story: Story) -> list[Event]:
    stale = Replied(Query(OutTradeNo("T1")), Reply(V.PAID))
    return [stale, Replied(Revoke(OutTradeNo("T9")), Reply(V.REVOKED)), TimePassed()]


@pytest.mark.parametrize("tell", [Story.refused, Story.scan, lambda story: None])
def test_an_answer_nobody_waits_for_and_a_wake_up_too_soon_change_nothing(tell: Callable[[Story], None]):
    story = Story()
    tell(story)
    before = story.cycle.snapshot()
    for event in _not_wanted(story):
        with pytest.raises(Unfit):
            story.tell(event)
        assert story.cycle.snapshot() == before


def test_no_code_is_wanted_while_one_is_being_charged():
    story = Story()
    story.scan()
    before = story.cycle.snapshot()
    with pytest.raises(Unfit):
        story.scan()
    with pytest.raises(Unfit):
        story.scan_nonsense()
    assert story.cycle.snapshot() == before


def test_an_order_number_is_never_charged_twice():
    story = Story()
    story.refused()
    with pytest.raises(Unfit):
        story.tell(CodePresented(OutTradeNo("T1"), GATEWAY, "wechat"))
    assert story.asked == ["0 submit", "0 query"]


# -- around it --


def test_a_decision_that_could_not_be_stored_is_taken_back():
    story = Story()
    before = story.cycle.snapshot()
    story.scan()
    story.cycle.restore(before)
    assert story.cycle.snapshot() == before
    assert story.state is State.AWAITING_CODE
    story.cycle.handle(CodePresented(OutTradeNo("T2"), GATEWAY, "wechat"), story.now)
    assert [a.out_trade_no for a in story.payment.attempts] == ["T2"]


def test_the_stamps_for_people_follow_what_happened():
    story = Story()
    assert story.payment.updated_at == "then"
    story.scan()
    assert (story.payment.updated_at, story.payment.paid_at) == ("scanned", None)
    story.reply(V.PAID)
    assert (story.payment.updated_at, story.payment.paid_at) == ("answered", "answered")


def test_the_payment_is_about_its_last_order_until_it_lets_it_go():
    story = Story()
    assert story.cycle.current() is None
    story.scan()
    assert story.cycle.current() == story.order()
    story.refuse("NOTENOUGH", mendable=True)
    story.reply(V.UNPAID)
    assert story.cycle.current() is None


def test_a_gateway_that_is_no_longer_configured_is_dealt_with_by_the_defaults():
    rules = Rules({})
    assert rules.terms("gone").schedule == Schedule()
    cycle = Cycle.begin(new_payment(), rules, 0.0)
    assert cycle.next_deadline() == 60


def test_what_is_counted_from_the_charge_is_counted_from_its_leaving():
    """P8: a slow write lies between the decision and the wire."""
    story = Story()
    story.scan()
    story.wait(0.4)
    story.cycle.left(story.order().out_trade_no, story.now)
    story.reply(V.CONFIRMING)
    story.cancel()
    story.answer_all(query=V.CONFIRMING, until=16)
    assert story.asked[-1] == "15.4 revoke"


def test_a_cycle_says_which_rows_of_the_table_it_went_through():
    story = Story()
    story.scan()
    assert story.cycle.went == [(State.AWAITING_CODE, News.CODE)]
    story.reply(V.CONFIRMING)
    assert story.cycle.went == [(State.SUBMITTING, News.CONFIRMING)]
    with pytest.raises(Unfit):
        story.scan()
    assert story.cycle.went == []


# -- nothing is left out --


def _stories() -> list[Callable[[], None]]:
    modules = [
        inspect.getmodule(_stories),
        test_cycle_attended,
        test_cycle_goods,
        test_cycle_late_money,
        test_cycle_qr,
        test_cycle_reserved,
        test_cycle_restarts,
    ]
    told = [f for m in modules for name, f in inspect.getmembers(m, inspect.isfunction) if name.startswith("test_")]
    return [f for f in told if not inspect.signature(f).parameters and "every_row" not in f.__name__]


def test_every_row_of_the_table_is_told_by_a_story(monkeypatch: pytest.MonkeyPatch):
    seen: set[tuple[State, News]] = set()

    def look_up(cycle: Cycle, state: State, news: News) -> Row:
        row = look_it_up(cycle, state, news)
        seen.add((state, news))
        return row

    look_it_up = Cycle._look_up
    monkeypatch.setattr(Cycle, "_look_up", look_up)
    for story in _stories():
        story()
    untold = [f"{state}: {news.name}" for state, rows in TABLE.items() for news in rows if (state, news) not in seen]
    assert untold == []
