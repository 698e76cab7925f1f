"""What the CBTIS stand-in says, in the words of its pages, from what the ledger knows and the scenario wants."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import zlib
from dataclasses import dataclass, replace
from typing import Any, Final

from daemon.sandbox.ledger import Order
from daemon.sandbox.refusals import text_of
from daemon.sandbox.scenario import Lie, Standing

PROVIDER: Final = "cbtis"

_HONG_KONG: Final = dt.timezone(dt.timedelta(hours=8))
_WITHOUT_CENTS: Final = ("JPY", "KRW", "VND")

# There are three statuses. What a refunded order is called is not published; the payment stays the success that it was.
STATUS: Final = {
    Standing.UNPAID: "PENDING",
    Standing.CONFIRMING: "PENDING",
    Standing.ACCEPTED: "PENDING",
    Standing.FAILED: "CANCELLED",
    Standing.CLOSED: "CANCELLED",
    Standing.REVOKED: "CANCELLED",
    Standing.PAID: "SUCCEEDED",
    Standing.REFUNDED: "SUCCEEDED",
}


@dataclass(frozen=True, slots=True)
class Said:
    """An answer before it is written down."""

    data: dict[str, Any] | None = None
    code: int = 0
    message: str = "ok"
    status: int = 200

    def envelope(self) -> dict[str, Any]:
        data = {} if self.data is None else {"data": self.data}
        return {"code": self.code, **data, "message": self.message, "rid": secrets.token_hex(16)}

    def lying(self, lie: Lie) -> Said:
        """The same with one thing false, where it says anything about an order. Answers are not signed, so no lie is about that."""
        return self if self.data is None else replace(self, data=_lying(self.data, lie))


def failed(code: int, message: str, status: int = 200) -> Said:
    return Said(None, code, message, status)


def by_code(code: str) -> Said:
    """A scenario's error code, which is WeChat's, as a number that means nothing to anybody."""
    return failed(50_000 + zlib.crc32(code.encode()) % 10_000, f"{code} {text_of(code)}")


def created(order: Order, now: dt.datetime, standing: Standing) -> Said:
    """The answer to a create: the QR code's text under the name that its kind has."""
    name = "url" if dict(order.extras).get("type") == "alipayhk" else "qrcode_url"
    action = {"type": "render_qrcode", name: f"https://pay.cbtis.invalid/q/{order.trade_no[-12:]}"}
    return Said({**_order(order, standing), "create_time": _nanoseconds(now), "next_action": action})


def described(order: Order, now: dt.datetime, clock: float, standing: Standing) -> Said:
    """The answer to a query at that time of day, which is `clock` on the ledger's."""
    data = {**_order(order, standing), "create_time": _nanoseconds(_then(order.created_at, now, clock))}
    if STATUS.get(standing) == "SUCCEEDED":
        data["pay_time"] = _nanoseconds(_then(order.paid_at or clock, now, clock))
    return Said(data)


def order_id(order: Order) -> str:
    """CBTIS's own number: 22 characters, as in its samples."""
    return f"C{order.trade_no[-21:]}"


def payment_success(order: Order, apikey: str) -> tuple[bytes, str]:
    """The notification of a payment, and its signature."""
    data = {"order_id": order_id(order), "merchant_order_id": order.number}
    body = json.dumps({"notify_type": "payment_success", "data": data}, separators=(",", ":")).encode()
    return body, hashlib.sha256(b"%b.%b" % (body, apikey.encode())).hexdigest()


def _order(order: Order, standing: Standing) -> dict[str, Any]:
    return {
        "order_id": order_id(order),
        "merchant_order_id": order.number,
        "amount": _decimal(order.amount_minor, order.currency),
        "currency": order.currency,
        "status": STATUS.get(standing, "PENDING"),
    }


def _decimal(minor: int, currency: str) -> str:
    """As the samples write it: no more decimals than are needed, so that "12.50" comes back as "12.5"."""
    if currency in _WITHOUT_CENTS:
        return str(minor)
    whole, cents = divmod(minor, 100)
    return f"{whole}.{cents:02d}".rstrip("0").rstrip(".")


def _then(at: float, now: dt.datetime, clock: float) -> dt.datetime:
    return now - dt.timedelta(seconds=clock - at)


def _nanoseconds(moment: dt.datetime) -> str:
    """RFC 3339 with nine digits of a second's fraction, as CBTIS writes it."""
    local = moment.astimezone(_HONG_KONG)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond:06d}203+08:00"


def _lying(data: dict[str, Any], lie: Lie) -> dict[str, Any]:
    match lie:
        case Lie.AMOUNT:
            return {**data, "amount": f"{data['amount']}1" if "." in data["amount"] else f"{data['amount']}.01"}
        case Lie.CURRENCY:
            return {**data, "currency": "USD" if data["currency"] != "USD" else "HKD"}
        case Lie.MERCHANT:
            return {**data, "uid": "1"}
        case Lie.NUMBER:
            return {**data, "merchant_order_id": "ANOTHERNUMBER"}
        case Lie.EXTRA_FIELDS:
            return {"a_field": "1 < 2 & 3", **data, "z_new": {"新字段": [1, None, {"deep": True}]}}
        case Lie.ZERO_FIELDS:
            return {**data, "discount": 0, "fee": "0.00"}
    return data
