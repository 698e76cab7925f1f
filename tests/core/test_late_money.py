"""`daemon.late_money`: which money is kept though it should be with the payer, and what is said of it."""

from __future__ import annotations

import pytest

from daemon.errands import PAID_TWICE
from daemon.events import RefundWanted
from daemon.late_money import is_kept, is_kept_beside, is_late, money_kept_late, needs_a_person, says_twice, to_go_back
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Errand, Mode, OutTradeNo, Payment, Reason, Ref, State

S = State
LATE = Reason("paid_late", "the payment arrived after it had been given up")
FAILED = Reason("goods_failed", "jammed")
SETTLED = Reason("settled", "Ann: done")
ODD = Reason("mismatch", "12.51 instead of 12.50")


def order(state: State, reason: Reason | None, errand: Errand = Errand.NONE) -> Attempt:
    return Attempt(OutTradeNo("T1"), "bank", "wechat", Amount(Minor(1250), "CNY"), state, 0.0, reason=reason, errand=errand)


@pytest.mark.parametrize(
    ("one", "late", "kept"),
    [
        (order(S.EXPIRED, LATE), True, True),
        (order(S.PAID, FAILED), True, True),
        (order(S.PAID, FAILED, Errand.REFUND), True, False),
        (order(S.REFUNDED, LATE), False, False),
        (order(S.EXPIRED, Reason("qr_timeout", "")), False, False),
        (order(S.PAID, None), False, False),
        (order(S.EXPIRED, SETTLED), False, False),
    ],
)
def test_money_is_late_until_it_went_back_and_kept_while_nothing_is_done_about_it(one: Attempt, late: bool, kept: bool):
    assert (is_late(one), is_kept(one)) == (late, kept)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (order(S.EXPIRED, LATE), LATE),
        (order(S.EXPIRED, LATE, Errand.REFUND), None),
        (order(S.IN_DOUBT, ODD, Errand.WATCH), Reason("paid_late", "12.51 instead of 12.50")),
        (order(S.IN_DOUBT, SETTLED), None),
        (order(S.PAID, FAILED), None),
        (order(S.IN_DOUBT, None), None),
        (order(S.REFUSED, Reason("TRADE_ERROR", "")), None),
    ],
)
def test_why_a_payment_that_was_told_otherwise_is_for_a_person(one: Attempt, why: Reason | None):
    assert money_kept_late(one) == why


@pytest.mark.parametrize(
    ("state", "reason", "needs"),
    [
        (S.IN_DOUBT, ODD, True),
        (S.IN_DOUBT, None, True),
        (S.IN_DOUBT, SETTLED, False),
        (S.EXPIRED, LATE, True),
        (S.PAID, FAILED, True),
        (S.REFUNDED, LATE, False),
        (S.PAID, PAID_TWICE, True),
        (S.REFUNDED, PAID_TWICE, True),
        (S.EXPIRED, SETTLED, False),
        (S.REFUSED, Reason("TRADE_ERROR", ""), False),
        (S.PAID, None, False),
    ],
)
def test_a_payment_needs_a_person_until_somebody_has_seen_to_it(state: State, reason: Reason | None, needs: bool):
    payment = Payment(Ref("A-1"), "http", Amount(Minor(1250), "CNY"), Mode.SCAN, state, "then", "then", reason=reason)
    assert needs_a_person(payment) is needs


@pytest.mark.parametrize(
    ("one", "kept"),
    [
        (order(S.IN_DOUBT, ODD, Errand.WATCH), True),
        (order(S.IN_DOUBT, None), True),
        (order(S.IN_DOUBT, LATE, Errand.REFUND), False),
        (order(S.IN_DOUBT, SETTLED), False),
        (order(S.REFUSED, LATE), True),
        (order(S.REFUSED, LATE, Errand.REFUND), False),
        (order(S.REFUNDED, LATE), False),
        (order(S.PAID, FAILED), False),
        (order(S.PAID, None), False),
        (order(S.REVOKED, None, Errand.WATCH), False),
    ],
)
def test_an_order_beside_the_one_that_carries_the_payment_may_have_been_paid_too(one: Attempt, kept: bool):
    assert is_kept_beside(one) is kept


@pytest.mark.parametrize(("reason", "says"), [(PAID_TWICE, True), (LATE, False), (None, False)])
def test_a_payment_says_that_it_may_have_been_paid_twice(reason: Reason | None, says: bool):
    payment = Payment(Ref("A-1"), "http", Amount(Minor(1250), "CNY"), Mode.SCAN, S.PAID, "then", "then", reason=reason)
    assert says_twice(payment) is says


def test_what_goes_back_says_why():
    wanted = RefundWanted("Ann", "the payer asked for it")
    assert to_go_back(order(S.EXPIRED, LATE), wanted).reason == LATE
    assert to_go_back(order(S.PAID, None), wanted).reason == Reason("goods_failed", "Ann: the payer asked for it")
