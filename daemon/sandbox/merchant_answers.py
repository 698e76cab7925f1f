"""What the merchant backend's stand-in says: orders and problems, from what the ledger knows and the scenario wants."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from daemon.sandbox.delivery import Answer
from daemon.sandbox.ledger import Demand, Order
from daemon.sandbox.merchant_checks import PLACE, Fields, Refused
from daemon.sandbox.refusals import Who, text_of, who_of
from daemon.sandbox.scenario import Lie, Standing

PROVIDER: Final = "merchant"
MERCHANT_ID: Final = "sandbox-merchant"

# The contract's word for how an order stands at the wallet. ABSENT has none: unknown_order.
STATE: Final = {
    Standing.UNPAID: "unpaid",
    Standing.CONFIRMING: "confirming",
    Standing.ACCEPTED: "unpaid",  # the bank has not debited yet, and nobody is being asked
    Standing.FAILED: "refused",
    Standing.PAID: "paid",
    Standing.CLOSED: "closed",
    Standing.REVOKED: "revoked",
    Standing.REFUNDED: "refunded",
}

WAITING: Final = ("unpaid", "confirming", "unknown")
"""States in which a query may be held."""

_PROBLEMS: Final = {
    "malformed": (400, "The request is not JSON"),
    "unauthenticated": (401, "The request is not authenticated"),
    "clock_skew": (401, "The request is not of now"),
    "replayed": (401, "The request came before"),
    "forbidden": (403, "This box may not sell here"),
    "unknown_order": (404, "There is no such order"),
    "conflict": (409, "The number stands for another order"),
    "revoke_refused": (409, "The order will not be revoked"),
    "close_refused": (409, "The order cannot be closed"),
    "refund_refused": (409, "The refund is refused"),
    "invalid": (422, "The request is wrong"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """An answer before it is signed."""

    body: dict[str, Any]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_problem(self) -> bool:
        return self.status >= 400

    def lying(self, lie: Lie) -> Said:
        """The same with one thing false, where it says anything about that thing."""
        return self if self.is_problem else Said(_lying(self.body, lie), self.status, self.headers)

    def answer(self) -> Answer:
        content_type = "application/problem+json" if self.is_problem else "application/json"
        return Answer(json.dumps(self.body, ensure_ascii=False).encode(), content_type, self.status, dict(self.headers))


def demand(asked: Fields) -> Demand:
    """What the ledger is to remember; store and terminal go along, to be echoed."""
    extras = tuple((name, asked[name]) for name in PLACE)
    return Demand(PROVIDER, MERCHANT_ID, asked["out_trade_no"], asked["amount"], asked["currency"], extras)


def matches(order: Order, asked: Fields) -> bool:
    """Whether the request means that order, or only has its number."""
    again = demand(asked)
    return (order.provider, order.amount_minor, order.currency, order.extras) == (
        PROVIDER,
        again.amount_minor,
        again.currency,
        again.extras,
    )


def order_body(order: Order, state: str, reason: dict[str, Any] | None = None) -> dict[str, Any]:
    """The order body of an order in the ledger."""
    fields = {"out_trade_no": order.number, "amount": order.amount_minor, "currency": order.currency, **dict(order.extras)}
    body = body_of(fields, state, reason)
    if state in ("paid", "refunded"):
        body["trade_no"] = order.trade_no
    if order.shown and state == "unpaid":
        body["qr"] = f"weixin://wxpay/bizpayurl?pr={order.trade_no[-9:]}"
    return body


def body_of(fields: Fields, state: str, reason: dict[str, Any] | None = None) -> dict[str, Any]:
    """The order body of whatever those fields name, without what only the wallet could add."""
    echoed = {name: fields[name] for name in ("out_trade_no", "amount", "currency", *PLACE)}
    return {**echoed, "merchant_id": MERCHANT_ID, "state": state, **({"reason": reason} if reason else {})}


def reason_of(code: str) -> dict[str, Any]:
    """The wallet's code in its own words."""
    text = "支付失败" if code == "PAYERROR" else text_of(code)  # a trade state with WeChat, not an error
    return {"code": code, "text": text, "payer_can_mend": who_of(code) is Who.PAYER}


def state_for(code: str) -> str:
    """Where an order stands after a charge was answered with that code of the wallet's."""
    if code == "USERPAYING":
        return "confirming"
    return "unknown" if who_of(code) is Who.UNCLEAR else "refused"


def problem(refused: Refused) -> Said:
    status, title = _PROBLEMS[refused.code]
    body: dict[str, Any] = {"title": title, "status": status, "code": refused.code}
    if refused.detail:
        body["detail"] = refused.detail
    if refused.fields:
        body["fields"] = refused.fields
    if refused.reason:
        body["reason"] = reason_of(refused.reason)
    return Said(body, status)


def _lying(body: dict[str, Any], lie: Lie) -> dict[str, Any]:
    match lie:
        case Lie.AMOUNT if "amount" in body:
            return {**body, "amount": body["amount"] + 1}
        case Lie.CURRENCY if "currency" in body:
            return {**body, "currency": "USD" if body["currency"] != "USD" else "CNY"}
        case Lie.MERCHANT:
            return {**body, "merchant_id": "another-merchant", "store_id": "another-shop"}
        case Lie.NUMBER if "out_trade_no" in body:
            return {**body, "out_trade_no": "ANOTHERNUMBER"}
        case Lie.EXTRA_FIELDS:
            return {"a_field": "1 < 2 & 3", **body, "z_new": {"新字段": [1, None, {"deep": True}]}}
        case Lie.ZERO_FIELDS:
            return {**body, "discount": 0, "fee": 0}
    return body
