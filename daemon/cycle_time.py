"""What the time means to a payment and its orders: when something is due, and what the news is then. No clock is read here.

Moments are monotonic seconds of this boot. `under_way` are the numbers of the orders whose answer is awaited: it brings their next step.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from daemon.cycle_rules import Rules
from daemon.errands import doubt_at, give_up_at
from daemon.news import News
from daemon.payment import Attempt, OutTradeNo, Payment, Reason, State
from daemon.reading import TIMED_OUT, is_looked_for

LEAVES_WITHIN_S = 1.0  # of its decision a charge has left, whatever the card; who died in between does not know when
HINT_EVERY_S = 1.0  # however many notifications come, and people ask, an order is asked about no more often (P9)

_BEFORE_GIVING_UP = (State.SUBMITTING, State.PENDING, State.CREATING_QR)
_BEING_UNDONE = (State.REVOKING, State.CLOSING)
_OFFERED = (State.AWAITING_CODE, State.PRESENTING_QR)  # something is asked of the payer: to present a code, or to scan the QR
_QR_TIME_UP = Reason("qr_timeout", "nobody paid while the QR was shown")
_CREATE_UNCLEAR = Reason("create_unclear", "the provider did not say whether it made the order")
_UNCONFIRMED = Reason("revoke_unconfirmed", "the provider did not confirm in time that the order was undone")
_NOBODY_CAME = Reason("scan_timeout", "nobody presented a payment code in time")


def deadlines(payment: Payment, rules: Rules, under_way: Container[OutTradeNo]) -> Iterator[float]:
    """Every moment at which the time alone changes something, in no order."""
    if payment.expires_at is not None and payment.state in _OFFERED:
        yield payment.expires_at
    for order in payment.attempts:
        schedule = rules.terms(order.gateway).schedule
        if order.state in _BEFORE_GIVING_UP:
            yield give_up_at(order, schedule)
        if order.state in _BEING_UNDONE:
            yield doubt_at(order, schedule)
        if (due_at := _due_at(order, under_way)) is not None:
            yield due_at


def news_of_time(payment: Payment, order: Attempt, rules: Rules, under_way: Container[OutTradeNo], now: float) -> News | None:
    """What the time means to an order of that payment: one thing, the weightiest."""
    schedule = rules.terms(order.gateway).schedule
    if order.state in _BEFORE_GIVING_UP and give_up_at(order, schedule) <= now:
        return News.GIVE_UP
    if order.state is State.PRESENTING_QR and _is_over(payment, now):
        return News.QR_TIME_UP
    if order.state in _BEING_UNDONE and doubt_at(order, schedule) <= now:
        return News.DOUBT_TIME_UP
    due_at = _due_at(order, under_way)
    return News.DUE if due_at is not None and due_at <= now else None


def with_reason_of_time(order: Attempt, news: News) -> Attempt:
    """The order, with why the time ends what it was about."""
    if news is News.GIVE_UP:
        return order.but(reason=_CREATE_UNCLEAR if order.state is State.CREATING_QR else TIMED_OUT)
    reasons = {News.DOUBT_TIME_UP: _UNCONFIRMED, News.QR_TIME_UP: _QR_TIME_UP}
    return order.but(reason=reasons.get(news, order.reason))


def scan_is_over(payment: Payment, now: float) -> bool:
    """Whether no code is awaited any longer."""
    return payment.state is State.AWAITING_CODE and _is_over(payment, now)


def news_of_no_code(payment: Payment) -> tuple[News, Reason]:
    """What that means to the payment. Who was refused before is told that: it says more than that nobody came again."""
    refused = [a.reason for a in payment.attempts if a.state is State.REFUSED and a.reason is not None]
    return (News.SCAN_TIME_UP_REFUSED, refused[-1]) if refused else (News.SCAN_TIME_UP, _NOBODY_CAME)


def left_by(order: Attempt, now: float) -> Attempt:
    """A charge that is under way has left the box at the latest then (P8: a revoke is not early by what its write took)."""
    return order.but(sent_at=max(order.sent_at, now)) if order.state is State.SUBMITTING else order


def taken_up(order: Attempt, now: float) -> Attempt:
    """An open order after a start in the same boot: to be asked about now."""
    return left_by(order, min(now, order.sent_at + LEAVES_WITHIN_S)).but(next_at=now)


def begun_anew(order: Attempt, rules: Rules, now: float) -> Attempt:
    """After a start in another boot, whose moments mean nothing now: no wait is shorter for it."""
    since_at = now + (rules.terms(order.gateway).schedule.chase_s if is_looked_for(order) else 0.0)
    return order.but(sent_at=now, since_at=since_at, asked_at=now)


def _is_over(payment: Payment, now: float) -> bool:
    return payment.expires_at is not None and payment.expires_at <= now


def _due_at(order: Attempt, under_way: Container[OutTradeNo]) -> float | None:
    """When the errand's next step is due."""
    return order.next_at if order.is_open and order.out_trade_no not in under_way else None
