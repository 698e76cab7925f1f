"""`daemon.cycle_doubts`: what a person may have done about a payment, which of its orders that concerns, and why it may not be done."""

from __future__ import annotations

import re

import pytest

from daemon.cycle_doubts import to_ask_again, to_refund, to_settle
from daemon.cycle_rules import Rules
from daemon.errands import CHASE_TRIES, PAID_TWICE
from daemon.events import Action, Query, RefundWanted, Revoke, Settled, Unfit
from daemon.money import Amount, Minor
from daemon.news import News
from daemon.payment import Attempt, Errand, Mode, OutTradeNo, Payment, Reason, Ref, State

S, N = State, News
AMOUNT = Amount(Minor(1250), "CNY")
ONE, TWO = OutTradeNo("T1"), OutTradeNo("T2")
LATE = Reason("paid_late", "the payment arrived after it had been given up")
RULES = Rules({}, refunding=frozenset({"bank"}))
REFUND, OF_GOODS = RefundWanted("Ann", "asked for it"), RefundWanted("Ann", "asked for it", goods=True)
SETTLED, SETTLED_GOODS = Settled("Ann", "paid back in cash"), Settled("Ann", "paid back in cash", goods=True)


def order(state: State, number: OutTradeNo = ONE, **fields: object) -> Attempt:
    return Attempt(number, "bank", "wechat", AMOUNT, state, 100.0, errand=Errand.NONE, asked_at=200.0).but(**fields)


def payment(state: State, *orders: Attempt, reason: Reason | None = None) -> Payment:
    return Payment(Ref("A-1"), "http", AMOUNT, Mode.SCAN, state, "then", "then", attempts=orders, reason=reason)


def refused(why: str):
    return pytest.raises(Unfit, match=f"^{re.escape(why)}$")


def test_only_what_is_in_doubt_is_asked_about_again():
    with refused("it is not in doubt: it is paid"):
        to_ask_again(payment(S.PAID, order(S.PAID)), (), 300.0)


@pytest.mark.parametrize(
    ("one", "news"),
    [
        (order(S.IN_DOUBT), N.ASKED_AGAIN),
        (order(S.IN_DOUBT, errand=Errand.WATCH, tries=3), N.DUE),
        (order(S.IN_DOUBT, errand=Errand.WATCH, tries=CHASE_TRIES), N.ASKED_AGAIN),
        (order(S.REVOKING, errand=Errand.UNDO), N.DUE),
    ],
)
def test_what_is_still_asked_about_is_asked_sooner_and_what_is_not_once_more(one: Attempt, news: News):
    assert to_ask_again(payment(S.IN_DOUBT, one), (), 300.0) == [(one, news)]


def test_what_is_proven_is_left_alone_beside_what_is_not():
    doubted = order(S.IN_DOUBT, TWO)
    assert to_ask_again(payment(S.IN_DOUBT, order(S.REFUSED), doubted), (), 300.0) == [(doubted, N.ASKED_AGAIN)]


@pytest.mark.parametrize(("under_way", "now"), [({ONE}, 300.0), (set(), 200.9)])
def test_nobody_asks_beside_a_question_or_right_after_one(under_way: set[OutTradeNo], now: float):
    with refused("nothing is to be asked about it now"):
        to_ask_again(payment(S.IN_DOUBT, order(S.IN_DOUBT)), under_way, now)


def test_a_second_after_the_last_question_it_may_be_asked_again():
    one = order(S.IN_DOUBT)
    assert to_ask_again(payment(S.IN_DOUBT, one), (), 201.0) == [(one, N.ASKED_AGAIN)]


def test_money_that_came_late_goes_back_for_the_reason_that_it_has():
    late = order(S.EXPIRED, reason=LATE)
    assert to_refund(payment(S.EXPIRED, order(S.REFUSED, TWO), late, reason=LATE), REFUND, RULES) == [late]


def test_money_for_goods_goes_back_in_the_words_of_who_wants_it():
    paid = payment(S.PAID, order(S.PAID))
    with refused("no money is known to be there that could go back"):
        to_refund(paid, REFUND, RULES)
    (one,) = to_refund(paid, OF_GOODS, RULES)
    assert one.reason == Reason("goods_failed", "Ann: asked for it")


@pytest.mark.parametrize(
    "one",
    [
        order(S.PAID, reason=Reason("settled", "Ann: done")),
        order(S.REFUNDED, reason=LATE),
        order(S.EXPIRED, errand=Errand.REFUND, reason=LATE),
    ],
)
def test_money_that_is_seen_to_or_on_its_way_does_not_go_back_again(one: Attempt):
    with refused("no money is known to be there that could go back"):
        to_refund(payment(one.state, one), OF_GOODS, RULES)


def test_a_gateway_that_cannot_refund_is_named():
    with refused("gateway shop cannot refund"):
        to_refund(payment(S.EXPIRED, order(S.EXPIRED, reason=LATE), order(S.EXPIRED, TWO, reason=LATE, gateway="shop")), REFUND, RULES)


def test_a_person_has_seen_to_every_order_that_is_in_doubt_or_late():
    doubted, late = order(S.IN_DOUBT), order(S.EXPIRED, TWO, reason=LATE)
    assert to_settle(payment(S.IN_DOUBT, doubted, late, order(S.REFUSED)), SETTLED, {}) == [doubted, late]
    assert to_settle(payment(S.PAID, doubted, order(S.PAID, TWO), reason=PAID_TWICE), SETTLED, {}) == [doubted]


def test_goods_that_nobody_is_sure_of_are_seen_to_where_the_payment_is_paid():
    paid = payment(S.PAID, order(S.PAID))
    with refused("nothing about it is for a person to see to"):
        to_settle(paid, SETTLED, {})
    assert to_settle(paid, SETTLED_GOODS, {}) == [order(S.PAID)]


def test_what_is_under_way_must_end_first_but_for_a_question():
    doubted = payment(S.IN_DOUBT, order(S.IN_DOUBT))
    asking: dict[OutTradeNo, Action] = {ONE: Query(ONE)}
    assert to_settle(doubted, SETTLED, asking) == [order(S.IN_DOUBT)]
    with refused("a request about it is under way: wait for its answer"):
        to_settle(doubted, SETTLED, {ONE: Revoke(ONE)})
    assert to_settle(doubted, SETTLED, {TWO: Revoke(TWO)}) == [order(S.IN_DOUBT)]
