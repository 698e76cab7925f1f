"""What is known of an order's money that came late, or for which nothing was handed over: whether it is kept, and who sees to it."""

from __future__ import annotations

from daemon.errands import GOODS_FAILED, KEPT_FOR_A_PERSON, PAID_LATE, PAID_TWICE
from daemon.events import RefundWanted
from daemon.payment import SETTLED, Attempt, Errand, Payment, Reason, State


def money_kept_late(order: Attempt) -> Reason | None:
    """Why a person must look: its money came late, or is odd, and stays with the merchant until then."""
    if order.reason is None or order.reason.code == SETTLED:
        return None
    if order.state is State.IN_DOUBT:
        return Reason(PAID_LATE.code, order.reason.text)
    return order.reason if order.reason.code == PAID_LATE.code and is_kept(order) else None


def is_late(order: Attempt) -> bool:
    """Whether its money came, and should be with the payer: it came late, or nothing was handed over for it."""
    return order.reason is not None and order.reason.code in KEPT_FOR_A_PERSON and order.state is not State.REFUNDED


def is_kept(order: Attempt) -> bool:
    """Whether such money stays with the merchant: the box does nothing more about it, so a person is to."""
    return is_late(order) and not order.is_open


def is_kept_beside(order: Attempt) -> bool:
    """Of a payment that is paid by another order, or given back: whether the shop has the money of this one too, or nobody knows."""
    if order.state is State.IN_DOUBT:
        return order.errand is not Errand.REFUND and (order.reason is None or order.reason.code != SETTLED)
    return order.reason is not None and order.reason.code == PAID_LATE.code and is_kept(order)


def says_twice(payment: Payment) -> bool:
    """Whether it says of itself that the shop may have its money twice."""
    return payment.reason is not None and payment.reason.code == PAID_TWICE.code


def needs_a_person(payment: Payment) -> bool:
    """Whether somebody must look at it: it is in doubt, or money is kept that should be with the payer. Until somebody has."""
    if says_twice(payment):
        return True
    if payment.is_seen_to or payment.state is State.REFUNDED:
        return False
    return payment.state is State.IN_DOUBT or (payment.reason is not None and payment.reason.code in KEPT_FOR_A_PERSON)


def to_go_back(order: Attempt, event: RefundWanted) -> Attempt:
    """The order whose money a person wants back, with why: what it says already, or that its goods failed, in that person's words."""
    return order if order.reason is not None else order.but(reason=Reason(GOODS_FAILED, f"{event.by}: {event.text}"))
