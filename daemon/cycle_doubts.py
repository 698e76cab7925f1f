"""What a person may have done about a payment in doubt, and which of its orders that concerns. Raises `Unfit`, with why not."""

from __future__ import annotations

from collections.abc import Container, Mapping

from daemon.cycle_rules import Rules
from daemon.cycle_time import HINT_EVERY_S
from daemon.errands import is_asked_out
from daemon.events import Action, Query, RefundWanted, Settled, Unfit
from daemon.late_money import is_kept, is_late, needs_a_person, to_go_back
from daemon.news import News
from daemon.payment import Attempt, OutTradeNo, Payment, State


def to_ask_again(payment: Payment, under_way: Container[OutTradeNo], now: float) -> list[tuple[Attempt, News]]:
    """The orders to ask about now, each with what that means to it."""
    if not needs_a_person(payment):
        raise Unfit(f"it is not in doubt: it is {payment.state}")
    wanted = [(order, news) for order in payment.attempts if (news := _news_of_asking(order, under_way, now)) is not None]
    if not wanted:
        raise Unfit("nothing is to be asked about it now")
    return wanted


def _news_of_asking(order: Attempt, under_way: Container[OutTradeNo], now: float) -> News | None:
    """What it means to an order that a person wants to know. One that is being asked about, or was a moment ago, is left alone (P9)."""
    if order.out_trade_no in under_way or now < order.asked_at + HINT_EVERY_S:
        return None
    if order.is_open and not is_asked_out(order):
        return News.DUE
    return News.ASKED_AGAIN if order.state is State.IN_DOUBT else None


def to_refund(payment: Payment, event: RefundWanted, rules: Rules) -> list[Attempt]:
    """The orders whose money goes back, each with why."""
    kept = [o for o in payment.attempts if is_kept(o) or (event.goods and o.state is State.PAID and o.reason is None)]
    if not kept:
        raise Unfit("no money is known to be there that could go back")
    for order in kept:
        if not rules.terms(order.gateway).refunds:
            raise Unfit(f"gateway {order.gateway} cannot refund")
    return [to_go_back(order, event) for order in kept]


def to_settle(payment: Payment, event: Settled, calls: Mapping[OutTradeNo, Action]) -> list[Attempt]:
    """The orders that a person has seen to. `calls` are those under way: only a question may be left unanswered.

    Goods may be seen to after their payment was: they are stored after it, and that may have failed."""
    if not (needs_a_person(payment) or event.goods):
        raise Unfit("nothing about it is for a person to see to")
    doubted = [o for o in payment.attempts if o.state is State.IN_DOUBT or is_late(o) or (event.goods and o.state is State.PAID)]
    for order in doubted:
        if not isinstance(calls.get(order.out_trade_no), Query | None):
            raise Unfit("a request about it is under way: wait for its answer")
    return doubted
