"""What orders that a payment has let go mean to it once they come to something: only money moves what the till was told."""

from __future__ import annotations

from collections.abc import Mapping

from daemon.errands import PAID_LATE
from daemon.late_money import is_late, money_kept_late
from daemon.payment import Attempt, Payment, State
from daemon.reading import TIMED_OUT

TOLD_NOT_PAID = frozenset({State.REFUSED, State.CANCELLED, State.EXPIRED})
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
    return payment


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
    return payment.state is State.REVOKED and payment.reason is not None and payment.reason.code == PAID_LATE.code
