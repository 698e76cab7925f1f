"""`daemon.cycle_background`: what orders that were let go mean to their payment once they come to something."""

from __future__ import annotations

import pytest

from daemon.cycle_background import MOVED_BY, TOLD_NOT_PAID, learned
from daemon.errands import PAID_TWICE
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Errand, Mode, OutTradeNo, Payment, Reason, Ref, State

S = State
AMOUNT = Amount(Minor(1250), "CNY")
ODD, LATE = Reason("mismatch", "12.51 instead of 12.50"), Reason("paid_late", "the payment arrived after it had been given up")
LATE_AND_ODD = Reason("paid_late", "12.51 instead of 12.50")
FAILED, SEEN_TO = Reason("goods_failed", "jammed"), Reason("settled", "Ann: done")
TIMED_OUT = "timeout"


def order(state: State, reason: Reason | None = None, errand: Errand = Errand.NONE) -> Attempt:
    return Attempt(OutTradeNo("T1"), "bank", "wechat", AMOUNT, state, 0.0, reason=reason, errand=errand)


def payment(state: State, *orders: Attempt, reason: Reason | None = None) -> Payment:
    return Payment(Ref("A-1"), "http", AMOUNT, Mode.SCAN, state, "then", "then", attempts=orders, reason=reason)


@pytest.mark.parametrize(("came_to", "out_of"), [(came_to, state) for came_to, states in MOVED_BY.items() for state in sorted(states)])
def test_money_moves_what_was_told(came_to: State, out_of: State):
    after = learned(payment(out_of, order(came_to, ODD)), out_of)
    assert (after.state, after.reason) == (came_to, ODD)


@pytest.mark.parametrize("state", sorted(TOLD_NOT_PAID | {S.REVOKED}))
@pytest.mark.parametrize("came_to", [S.REFUSED, S.REVOKED, S.EXPIRED, S.CANCELLED])
def test_an_end_without_money_moves_nothing(came_to: State, state: State):
    before = payment(state, order(came_to), reason=Reason("said", "before"))
    assert learned(before, state) == before


@pytest.mark.parametrize("state", [S.REFUSED, S.CANCELLED, S.EXPIRED, S.REVOKED])
def test_money_that_is_kept_says_why_a_person_must_look_where_the_state_stays(state: State):
    after = learned(payment(state, order(S.EXPIRED, LATE)), state)
    assert (after.state, after.reason) == (state, LATE)


def test_what_was_told_revoked_stays_so_and_says_what_came():
    after = learned(payment(S.REVOKED, order(S.IN_DOUBT, ODD)), S.REVOKED)
    assert (after.state, after.reason) == (S.REVOKED, LATE_AND_ODD)


def test_what_nobody_was_told_yet_becomes_what_it_is():
    after = learned(payment(S.REVOKED, order(S.IN_DOUBT, ODD)), S.REVOKING)
    assert (after.state, after.reason) == (S.IN_DOUBT, ODD)


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (order(S.REFUNDED, LATE), TIMED_OUT),
        (order(S.EXPIRED, LATE, Errand.REFUND), LATE.code),  # on its way, and not there yet
        (order(S.REVOKED), TIMED_OUT),
    ],
)
def test_what_was_late_is_said_until_it_has_gone_back(one: Attempt, code: str):
    reason = learned(payment(S.REVOKED, one, reason=LATE), S.REVOKED).reason
    assert reason is not None
    assert reason.code == code


@pytest.mark.parametrize("beside", [order(S.REFUNDED, LATE), order(S.REFUSED), order(S.EXPIRED, LATE, Errand.REFUND), order(S.REVOKED)])
def test_a_paid_payment_is_moved_by_no_order_whose_money_is_not_kept(beside: Attempt):
    before = payment(S.PAID, beside, order(S.PAID))
    assert learned(before, S.PAID) == before


BESIDE = [order(S.IN_DOUBT, ODD, Errand.WATCH), order(S.IN_DOUBT), order(S.REFUSED, LATE), order(S.REVOKED, LATE)]


@pytest.mark.parametrize("beside", BESIDE)
def test_what_was_told_paid_stays_so_and_says_that_the_shop_may_have_its_money_twice(beside: Attempt):
    after = learned(payment(S.PAID, beside, order(S.PAID)), S.PAID)
    assert (after.state, after.reason) == (S.PAID, PAID_TWICE)


@pytest.mark.parametrize("beside", BESIDE)
def test_so_does_what_was_given_back_for_its_goods(beside: Attempt):
    after = learned(payment(S.REFUNDED, beside, order(S.REFUNDED, FAILED), reason=FAILED), S.PAID)
    assert (after.state, after.reason) == (S.REFUNDED, PAID_TWICE)


def test_and_what_was_given_back_because_it_came_late_whichever_order_came_first():
    orders = order(S.REFUNDED, LATE), order(S.EXPIRED, LATE)
    for one in (orders, orders[::-1]):
        after = learned(payment(S.EXPIRED, *one, reason=LATE), S.EXPIRED)
        assert (after.state, after.reason) == (S.REFUNDED, PAID_TWICE)


def test_it_is_said_anew_where_more_comes_after_a_person_has_seen_to_it():
    before = payment(S.PAID, order(S.REFUSED, LATE), order(S.PAID, SEEN_TO), reason=SEEN_TO)
    assert learned(before, S.PAID).reason == PAID_TWICE
    seen_to = payment(S.PAID, order(S.IN_DOUBT, SEEN_TO), order(S.PAID), reason=SEEN_TO)
    assert learned(seen_to, S.PAID) == seen_to


def test_goods_that_failed_are_for_a_person_already():
    before = payment(S.PAID, order(S.REFUSED, LATE), order(S.PAID, FAILED), reason=FAILED)
    assert learned(before, S.PAID) == before


@pytest.mark.parametrize(("state", "why"), [(S.PAID, None), (S.REFUNDED, FAILED)])
def test_once_the_other_money_has_gone_back_it_says_what_it_said_before(state: State, why: Reason | None):
    before = payment(state, order(S.REVOKED), order(state, why), reason=PAID_TWICE)
    assert learned(before, state).reason == why
