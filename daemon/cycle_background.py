"""What orders that a payment has let go mean to it once they come to something: only money moves what the till was told."""

from __future__ import annotations

from collections.abc import Mapping

from daemon.errands import GOODS_FAILED, PAID_LATE, PAID_TWICE
from daemon.late_money import is_kept_beside, is_late, money_kept_late, says_twice
from daemon.payment import Attempt, Payment, Reason, State
from daemon.reading import TIMED_OUT

TOLD_NOT_PAID = frozenset({State.REFUSED, State.CANCELLED, State.EXPIRED})
_BY_ONE_ORDER = frozenset({State.PAID, State.REFUNDED})
_MAY_BE_LATE = TOLD_NOT_PAID | {State.REVOKED}  # which never changes, but says why a person must look

# An order that was let go and has come to this, moves the payment out of these.
MOVED_BY: Mapping[State, frozenset[State]] = {
    State.PAID: frozenset({State.AWAITING_CODE}),
    State.IN_DOUBT: TOLD_NOT_PAID | {State.AWAITING_CODE},
    State.REFUNDED: TOLD_NOT_PAID,
}


def learned(payment: Payment, before: State) -> Payment:
    """The payment as its orders move it where money did (P7), once no other order carries it. `before` is what everybody knows it as."""
    for order in payment.attempts:
        payment = _moved(payment, order, before)
    if _says_late(payment) and not any(money_kept_late(order) or is_late(order) for order in payment.attempts):
        return payment.but(reason=TIMED_OUT)
    return _with_what_is_beside(payment) if payment.state in _BY_ONE_ORDER else payment


def _moved(payment: Payment, order: Attempt, before: State) -> Payment:
    state = payment.state
    untold = state is State.REVOKED and before is not State.REVOKED  # it does not change any more, but nobody has heard it yet
    if state in MOVED_BY.get(order.state, ()) or (untold and order.state is State.IN_DOUBT):
        return payment.but(state=order.state, reason=order.reason)
    if state in _MAY_BE_LATE and (late := money_kept_late(order)):
        return payment.but(reason=late)
    return payment


def _says_late(payment: Payment) -> bool:
    """Of one that was told revoked, whose state never changes: that a person must look. Until what was late has gone back."""
    return payment.state is State.REVOKED and _code(payment.reason) == PAID_LATE.code


def _with_what_is_beside(payment: Payment) -> Payment:
    """What the till was told stays true of the order that carries the payment; that the payer may have paid by another one too, and
    was not given that back, is said beside it, for as long as it is so. Goods that failed are for a person already."""
    is_twice = any(is_kept_beside(order) for order in payment.attempts)
    if is_twice and not (payment.state is State.PAID and _code(payment.reason) == GOODS_FAILED):
        return payment.but(reason=PAID_TWICE)
    if says_twice(payment) and not is_twice:
        return payment.but(reason=next(order.reason for order in payment.attempts if order.state is payment.state))
    return payment


def _code(reason: Reason | None) -> str | None:
    return None if reason is None else reason.code
