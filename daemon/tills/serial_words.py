"""What a serial till is told of a payment: one table of words, and the messages that bear them. Pure.

{"t":"ack","ref":"A1B2-0042"}
{"t":"state","ref":"A1B2-0042","s":"wait_scan","state":"awaiting_code"}
{"t":"end","ref":"A1B2-0042","s":"paid","state":"paid","amt":1250,"cur":"CNY","txn":"4200…","order":"T…","reason":null,"seq":17}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daemon.payment import Attempt, Payment, Reason, Ref, State
from daemon.tills.base import Telling, end_of
from daemon.tills.serial_wire import VERSION, shortened

WORDS = {
    State.AWAITING_CODE: "wait_scan",
    State.CREATING_QR: "wait_scan",
    State.PRESENTING_QR: "wait_scan",
    State.SUBMITTING: "paying",
    State.PENDING: "paying",
    State.REVOKING: "revoking",
    State.CLOSING: "revoking",
    State.PAID: "paid",
    State.REFUSED: "declined",
    State.REVOKED: "cancelled",
    State.CANCELLED: "cancelled",
    State.REFUNDED: "cancelled",
    State.EXPIRED: "expired",
    State.IN_DOUBT: "unknown",
}
"""The word of this line (`s`) for each state of a payment. The five of an `end`: only `paid` hands over goods."""


def word(payment: Payment) -> str:
    """Money that came late and stays with the merchant is for a person, as what is in doubt: nobody may take it for a plain no."""
    return "unknown" if end_of(payment) == "paid_late" else WORDS[payment.state]


def ack(ref: Ref) -> dict[str, Any]:
    return {"t": "ack", "ref": ref}


def told(telling: Telling) -> dict[str, Any]:
    """How the payment stands: a `state`, or an `end` where it has one."""
    payment = telling.payment
    said = {"ref": payment.ref, "s": word(payment), "state": payment.state.value}
    if telling.seq is None:
        return {"t": "state", **said}
    order = _order(payment)
    return {
        "t": "end",
        **said,
        "amt": payment.amount.minor,
        "cur": payment.amount.currency,
        "txn": order.trade_no if order else None,
        "order": order.out_trade_no if order else None,
        "reason": _reason(payment),
        "seq": telling.seq,
    }


def box(status: Mapping[str, Any], till: str, currency: str, max_amount: int, version: str) -> dict[str, Any]:
    """The answer to `hello`. `status` is the desk's."""
    return {
        "t": "box",
        "v": VERSION,
        "version": version,
        "till": till,
        "cur": currency,
        "max": max_amount,
        "ready": status["ready"],
        "reasons": shortened(status["not_ready"]),
        "busy_ref": status["busy_ref"],
    }


def plain_end(payment: Payment) -> str:
    """The end in the plain form: `PAID 12.50`, or `NOT PAID` and why."""
    said = word(payment)
    if said == "paid":
        return f"PAID {payment.amount.decimal}"
    reason = payment.reason.text if payment.reason else ""
    return f"NOT PAID {said}{': ' if reason else ''}{reason}"


def _order(payment: Payment) -> Attempt | None:
    """The order that was paid, else the newest."""
    paid = [attempt for attempt in payment.attempts if attempt.state is State.PAID]
    orders = paid or payment.attempts
    return orders[-1] if orders else None


def _reason(payment: Payment) -> dict[str, str] | None:
    if payment.state is State.PAID:
        return None
    reason = payment.reason or Reason(payment.state.value, "")
    return {"code": reason.code, "text": reason.text}
