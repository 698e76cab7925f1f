"""`daemon.cycle_time`: when the time changes a payment, and what it means to its orders then."""

from __future__ import annotations

import pytest

from daemon.cycle_rules import Rules
from daemon.cycle_time import (
    HINT_EVERY_S,
    LEAVES_WITHIN_S,
    begun_anew,
    deadlines,
    left_by,
    news_of_no_code,
    news_of_time,
    scan_is_over,
    taken_up,
    with_reason_of_time,
)
from daemon.money import Amount, Minor
from daemon.news import News
from daemon.payment import Attempt, Errand, Mode, OutTradeNo, Payment, Reason, Ref, State
from daemon.timing import Schedule

S, N = State, News
AMOUNT = Amount(Minor(1250), "CNY")
ONE, TWO = OutTradeNo("T1"), OutTradeNo("T2")
RULES = Rules({"bank": Schedule(give_up_s=29.0, answer_s=9.0, in_doubt_s=500.0, chase_s=7.0)})
NOBODY: frozenset[OutTradeNo] = frozenset()


def order(state: State, number: OutTradeNo = ONE, **fields: object) -> Attempt:
    return Attempt(number, "bank", "wechat", AMOUNT, state, 100.0, next_at=105.0).but(**fields)


def payment(state: State, *orders: Attempt, expires_at: float | None = 160.0) -> Payment:
    return Payment(Ref("A-1"), "http", AMOUNT, Mode.SCAN, state, "then", "then", attempts=orders, expires_at=expires_at)


@pytest.mark.parametrize(
    ("one", "moments"),
    [
        (payment(S.AWAITING_CODE), [160.0]),
        (payment(S.AWAITING_CODE, order(S.REFUSED, errand=Errand.NONE)), [160.0]),
        (payment(S.SUBMITTING, order(S.SUBMITTING, next_at=None)), [129.0]),
        (payment(S.PENDING, order(S.PENDING, errand=Errand.ASK)), [129.0, 105.0]),
        (payment(S.CREATING_QR, order(S.CREATING_QR, mode=Mode.SHOW)), [118.0, 105.0]),
        (payment(S.PRESENTING_QR, order(S.PRESENTING_QR, mode=Mode.SHOW)), [160.0, 105.0]),
        (payment(S.REVOKING, order(S.REVOKING, errand=Errand.UNDO, since_at=131.0)), [631.0, 105.0]),
        (payment(S.CLOSING, order(S.CLOSING, errand=Errand.UNDO, since_at=131.0)), [631.0, 105.0]),
        (payment(S.PAID, order(S.PAID, errand=Errand.NONE)), []),
        (payment(S.AWAITING_CODE, expires_at=None), []),
    ],
)
def test_each_moment_at_which_the_time_alone_changes_something(one: Payment, moments: list[float]):
    assert list(deadlines(one, RULES, NOBODY)) == moments


def test_an_order_whose_answer_is_awaited_is_not_due_and_the_other_is():
    both = payment(S.REVOKED, order(S.IN_DOUBT, ONE, errand=Errand.WATCH), order(S.IN_DOUBT, TWO, errand=Errand.WATCH, next_at=107.0))
    assert list(deadlines(both, RULES, {ONE})) == [107.0]
    assert news_of_time(both, both.attempt(ONE), RULES, {ONE}, 110.0) is None
    assert news_of_time(both, both.attempt(TWO), RULES, {ONE}, 110.0) is N.DUE


@pytest.mark.parametrize(
    ("one", "now", "news"),
    [
        (order(S.PENDING, errand=Errand.ASK), 104.9, None),
        (order(S.PENDING, errand=Errand.ASK), 105.0, N.DUE),
        (order(S.PENDING, errand=Errand.ASK), 129.0, N.GIVE_UP),
        (order(S.SUBMITTING, next_at=None), 128.9, None),
        (order(S.CREATING_QR, mode=Mode.SHOW), 118.0, N.GIVE_UP),
        (order(S.PRESENTING_QR, mode=Mode.SHOW), 159.9, N.DUE),
        (order(S.PRESENTING_QR, mode=Mode.SHOW), 160.0, N.QR_TIME_UP),
        (order(S.REVOKING, errand=Errand.UNDO, since_at=131.0), 630.9, N.DUE),
        (order(S.REVOKING, errand=Errand.UNDO, since_at=131.0), 631.0, N.DOUBT_TIME_UP),
        (order(S.CLOSING, errand=Errand.UNDO, since_at=131.0), 631.0, N.DOUBT_TIME_UP),
        (order(S.PAID, errand=Errand.NONE), 9000.0, None),
    ],
)
def test_the_time_means_one_thing_to_an_order_the_weightiest(one: Attempt, now: float, news: News | None):
    assert news_of_time(payment(one.state, one), one, RULES, NOBODY, now) is news


@pytest.mark.parametrize(
    ("one", "news", "code"),
    [
        (order(S.PENDING), N.GIVE_UP, "timeout"),
        (order(S.CREATING_QR), N.GIVE_UP, "create_unclear"),
        (order(S.REVOKING), N.DOUBT_TIME_UP, "revoke_unconfirmed"),
        (order(S.PRESENTING_QR), N.QR_TIME_UP, "qr_timeout"),
        (order(S.PENDING, reason=Reason("said", "before")), N.DUE, "said"),
    ],
)
def test_an_order_says_why_the_time_ended_it(one: Attempt, news: News, code: str):
    reason = with_reason_of_time(one, news).reason
    assert reason is not None
    assert reason.code == code


@pytest.mark.parametrize(
    ("one", "now", "is_over"),
    [
        (payment(S.AWAITING_CODE), 159.9, False),
        (payment(S.AWAITING_CODE), 160.0, True),
        (payment(S.AWAITING_CODE, expires_at=None), 9000.0, False),
        (payment(S.PRESENTING_QR), 9000.0, False),
    ],
)
def test_a_code_is_awaited_for_its_time_and_no_longer(one: Payment, now: float, is_over: bool):
    assert scan_is_over(one, now) is is_over


def test_who_was_refused_before_is_told_that_and_not_that_nobody_came():
    empty, used, declined = (Reason(code, code.lower()) for code in ("NOTENOUGH", "AUTHCODEEXPIRE", "BANKERROR"))
    news, reason = news_of_no_code(payment(S.AWAITING_CODE))
    assert (news, reason.code) == (N.SCAN_TIME_UP, "scan_timeout")
    orders = (
        order(S.REFUSED, ONE, reason=empty),
        order(S.REFUSED, reason=used),
        order(S.REFUSED, TWO, reason=declined),
        order(S.CANCELLED, reason=Reason("x", "y")),
    )
    assert news_of_no_code(payment(S.AWAITING_CODE, *orders)) == (N.SCAN_TIME_UP_REFUSED, declined)


def test_a_charge_leaves_when_it_does_and_never_earlier_than_was_known():
    assert left_by(order(S.SUBMITTING), 100.4).sent_at == 100.4
    assert left_by(order(S.SUBMITTING), 99.0).sent_at == 100.0
    assert left_by(order(S.PENDING), 100.4).sent_at == 100.0


def test_after_a_start_an_open_order_is_due_at_once_and_its_charge_left_soon_after_it_was_decided():
    late = taken_up(order(S.SUBMITTING), 140.0)
    assert (late.sent_at, late.next_at) == (100.0 + LEAVES_WITHIN_S, 140.0)
    at_once = taken_up(order(S.SUBMITTING), 100.2)
    assert (at_once.sent_at, at_once.next_at) == (100.2, 100.2)


def test_in_another_boot_every_wait_begins_anew_and_none_is_shorter():
    known = begun_anew(order(S.REVOKING, errand=Errand.UNDO, since_at=131.0, asked_at=135.0, was_known=True), RULES, 3.0)
    assert (known.sent_at, known.since_at, known.asked_at) == (3.0, 3.0, 3.0)
    unknown = begun_anew(order(S.REVOKED, errand=Errand.WATCH, since_at=131.0), RULES, 3.0)
    assert (unknown.sent_at, unknown.since_at, unknown.asked_at) == (3.0, 10.0, 3.0)


def test_nobody_asks_about_an_order_every_moment():
    assert HINT_EVERY_S >= 1.0
