"""What the merchant's backend means: from an order or a problem to a `Reply`, by one table for each kind of call.

Unknown is never "refused" (P4): a state or a code that is not in the table, and a code that does not go with its HTTP
status, is UNKNOWN (to a revoke: REVOKE_AGAIN), and the cycle asks on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from daemon.codes import AuthCode
from daemon.gateways.merchant_wire import Complaint, Order, OrderState, ProblemCode
from daemon.gateways.settings import Place
from daemon.masking import masked
from daemon.payment import Attempt
from daemon.reply import Claim, Refusal, Reply, Unintelligible, Verdict, judge_paid


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer to one kind of call means: by the order's state, or by the problem's code; `otherwise` for the rest."""

    orders: Mapping[OrderState, Verdict]
    problems: Mapping[ProblemCode, Verdict]
    otherwise: Verdict = Verdict.UNKNOWN


_SAID = {
    OrderState.CONFIRMING: Verdict.CONFIRMING,
    OrderState.UNPAID: Verdict.UNPAID,
    OrderState.PAID: Verdict.PAID,
    OrderState.REFUSED: Verdict.REFUSED,
    OrderState.CLOSED: Verdict.CLOSED,
    OrderState.REVOKING: Verdict.UNKNOWN,
    OrderState.REVOKED: Verdict.REVOKED,
    OrderState.REFUNDED: Verdict.REFUNDED,
    OrderState.UNKNOWN: Verdict.UNKNOWN,
}
CHARGE = Reading(
    _SAID,
    {
        ProblemCode.MALFORMED: Verdict.REFUSED,
        ProblemCode.UNAUTHENTICATED: Verdict.REFUSED,
        ProblemCode.CLOCK_SKEW: Verdict.REFUSED,
        ProblemCode.FORBIDDEN: Verdict.REFUSED,
        ProblemCode.INVALID: Verdict.REFUSED,
        ProblemCode.CONFLICT: Verdict.MISMATCH,  # the number stands for another order, whose money is not ours to undo
        # REPLAYED is not here: the first copy of this very request may have been carried out.
    },
)
QUERY = Reading(_SAID, {ProblemCode.UNKNOWN_ORDER: Verdict.NOT_KNOWN})
REVOKE = Reading(
    {OrderState.CLOSED: Verdict.REVOKED, OrderState.REVOKED: Verdict.REVOKED, OrderState.REFUNDED: Verdict.REFUNDED},
    {
        ProblemCode.UNKNOWN_ORDER: Verdict.NOT_KNOWN,
        ProblemCode.REVOKE_REFUSED: Verdict.REVOKE_REFUSED,
        ProblemCode.CONFLICT: Verdict.REVOKE_REFUSED,
    },
    Verdict.REVOKE_AGAIN,
)
CLOSE = Reading(
    _SAID,
    {
        ProblemCode.UNKNOWN_ORDER: Verdict.NOT_KNOWN,
        ProblemCode.CLOSE_REFUSED: Verdict.REVOKE_REFUSED,  # "will never be carried out", for want of a verdict of its own
        ProblemCode.CONFLICT: Verdict.REVOKE_REFUSED,
    },
)
REFUND = Reading(
    {OrderState.REFUNDED: Verdict.REFUNDED, OrderState.REVOKED: Verdict.REFUNDED},
    {ProblemCode.REFUND_REFUSED: Verdict.REFUND_REFUSED, ProblemCode.CONFLICT: Verdict.REFUND_REFUSED},
)


def read_complaint(complaint: Complaint, reading: Reading) -> Reply:
    """What a problem means for the order. A charge that was refused like this is for the merchant to mend."""
    verdict = reading.otherwise if complaint.problem is None else reading.problems.get(complaint.problem, reading.otherwise)
    return Reply(verdict, complaint.code, complaint.text, refusal=Refusal.OURS if verdict is Verdict.REFUSED else None)


def read_order(attempt: Attempt, place: Place, order: Order, reading: Reading, *, shows: bool = False) -> Reply:
    """What an order means; `shows`: its QR text is wanted. Raises Unintelligible where it is another order."""
    verdict = reading.otherwise if order.state is None else reading.orders.get(order.state, reading.otherwise)
    claim = _claim(order, place)
    if verdict is Verdict.PAID:
        return judge_paid(attempt, claim, code=order.code, trade_no=order.trade_no)
    if claim != Claim(attempt.out_trade_no, attempt.amount.minor, attempt.amount.currency, merchant_matches=True):
        raise Unintelligible("the backend answers with another order than it was asked about")
    if verdict is Verdict.REFUSED:
        who = Refusal.PAYER if order.payer_can_mend else Refusal.FINAL
        return Reply(verdict, order.code, order.text, order.trade_no, refusal=who)
    if verdict is Verdict.UNPAID and shows and order.qr:
        return Reply(Verdict.QR, order.code, order.text, order.trade_no, qr=order.qr)
    return Reply(verdict, order.code or (order.state or ""), order.text, order.trade_no)


def without(reply: Reply, auth_code: AuthCode) -> Reply:
    """The same reply; a backend that echoes the payer's code in its words does not bring it into the journal (P10)."""
    secret = auth_code.reveal()
    return replace(reply, code=masked(reply.code, secret), text=masked(reply.text, secret))


def _claim(order: Order, place: Place) -> Claim:
    ours = (order.store_id, order.terminal_id) == (place.store_id, place.terminal_id)
    return Claim(order.out_trade_no, order.minor, order.currency, ours)
