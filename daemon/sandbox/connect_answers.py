"""What the Connect stand-in says, in the words of its pages, from what the ledger knows and the scenario wants."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import uuid
from dataclasses import dataclass, field, replace
from typing import Any, Final

import segno

from daemon.sandbox.connect_checks import Fields, Refused, scale
from daemon.sandbox.delivery import Answer
from daemon.sandbox.ledger import Order
from daemon.sandbox.refusals import Who, text_of, who_of
from daemon.sandbox.scenario import Lie, Standing
from daemon.sandbox.shown_cases import NOT_CANCELLABLE

PROVIDER: Final = "connect"
IN_PROGRESS: Final = "1409"

STATUS: Final = {
    Standing.UNPAID: "REDIRECTED",
    Standing.CONFIRMING: "REDIRECTED",
    Standing.ACCEPTED: "CAPTURE_REQUESTED",
    Standing.FAILED: "REJECTED",
    Standing.PAID: "CAPTURED",
    Standing.CLOSED: "CANCELLED",
    Standing.REVOKED: "CANCELLED",
    Standing.REFUNDED: "REFUNDED",
}
_CATEGORY: Final = {
    "REDIRECTED": "PENDING_PAYMENT",
    "CAPTURE_REQUESTED": "PENDING_CONNECT_OR_3RD_PARTY",
    "REJECTED": "UNSUCCESSFUL",
    "CAPTURED": "COMPLETED",
    "CANCELLED": "UNSUCCESSFUL",
    "REFUNDED": "REFUNDED",
}
_THIRD_PARTY: Final = {Standing.UNPAID: "WAITING", Standing.CONFIRMING: "INITIALIZED"}  # all others: COMPLETED

_STATUS_OF: Final = {Who.PAYER: 402, Who.NOBODY: 402, Who.MERCHANT: 400, Who.UNCLEAR: 500}


@dataclass(frozen=True, slots=True)
class Said:
    """An answer before it is written down."""

    body: Fields
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def answer(self) -> Answer:
        return Answer(json.dumps(self.body, ensure_ascii=False).encode(), "application/json", self.status, dict(self.headers))

    def lying(self, lie: Lie) -> Said:
        """The same with one thing false, where it says anything about that. Answers are not signed and name no merchant."""
        return replace(self, body=_lying(self.body, lie)) if self.status < 300 else self


def refused(why: Refused) -> Said:
    """An error of the platform's own."""
    error: Fields = {
        "category": "CONNECT_PLATFORM_ERROR",
        "code": why.code,
        "id": str(why),
        "httpStatusCode": why.status,
        "message": str(why),
    }
    if why.field:
        error["propertyName"] = why.field
    return Said({"errorId": str(uuid.uuid4()), "errors": [error]}, why.status)


def by_code(code: str) -> Refused:
    """A scenario's error code, which is WeChat's, as Connect would say something like it. Its numbers are made up."""
    known = {IN_PROGRESS: (409, IN_PROGRESS), NOT_CANCELLABLE: (405, "21000050"), "SIGNERROR": (403, "9002")}
    status, number = known.get(code, (_STATUS_OF[who_of(code)], "9999" if who_of(code) is Who.UNCLEAR else "430330"))
    return Refused(status, number, "DUPLICATE_REQUEST_IN_PROGRESS" if code == IN_PROGRESS else f"{code} {text_of(code)}")


# -- payments --


def created(order: Order, standing: Standing) -> Said:
    """The answer to a create, and to the same create again."""
    data = {"QRCODE": picture(link(order)), "WECHAT_PAYMENTID": f"wx{order.trade_no[-24:]}"}
    shown = {"actionType": "SHOW_FORM", "showData": [{"key": key, "value": value} for key, value in data.items()]}
    made = payment(order, standing)
    return Said(
        {
            "creationOutput": {"additionalReference": order.number, "externalReference": order.number},
            "payment": made,
            "merchantAction": shown,
        },
        201,
        {"Location": f"/v1/{order.merchant}/payments/{order.trade_no}"},
    )


def rejected(order: Order, why: Refused) -> Said:
    """A create that made a payment, which was rejected at once."""
    return replace(refused(why), body={**refused(why).body, "paymentResult": {"payment": payment(order, Standing.FAILED)}})


def payment(order: Order, standing: Standing) -> Fields:
    """The payment object of an order."""
    status = STATUS[standing]
    cancellable = order.state.is_payable and not any(
        step.code == NOT_CANCELLABLE for step in (*order.scenario.close.first, order.scenario.close.then)
    )
    return {
        "id": order.trade_no,
        "paymentOutput": {
            "amountOfMoney": _money(order, order.amount_minor),
            "references": {"merchantReference": order.number, "paymentReference": "0"},
            "paymentMethod": "redirect",
            "redirectPaymentMethodSpecificOutput": {"paymentProductId": 863},
        },
        "status": status,
        "statusOutput": {
            "isCancellable": cancellable,
            "isRefundable": status == "CAPTURED",
            "statusCategory": _CATEGORY[status],
            "errors": [_rejection()] if status == "REJECTED" else [],
        },
    }


def third_party(standing: Standing) -> Said:
    return Said({"thirdPartyStatus": _THIRD_PARTY.get(standing, "COMPLETED")})


def link(order: Order) -> str:
    """What the QR code of an order says."""
    return f"weixin://wxpay/bizpayurl?pr={order.trade_no[-9:]}"


def picture(text: str) -> str:
    """A QR code as Base64 of a PNG, drawn for a desktop's screen."""
    file = io.BytesIO()
    segno.make(text, error="M", micro=False).save(file, kind="png", scale=8, border=4)
    return base64.b64encode(file.getvalue()).decode()


# -- refunds --


def refund(order: Order, number: str, amount_minor: int, status: str) -> Fields:
    """The refund object with that number."""
    return {
        "id": f"{order.trade_no}_{[known for known, _ in order.refunds].index(number) + 1}",
        "refundOutput": {
            "amountOfMoney": _money(order, amount_minor),
            "references": {"merchantReference": number.partition(" ")[0], "paymentReference": "0"},
            "paymentMethod": "redirect",
        },
        "status": status,
        "statusOutput": {"isCancellable": False, "statusCategory": "REFUNDED" if status == "REFUNDED" else "PENDING_CONNECT_OR_3RD_PARTY"},
    }


# -- notifications --


def event(order: Order, created_at: str) -> bytes:
    """The body of a notification: the whole payment."""
    made = payment(order, order.state)
    fields = {
        "apiVersion": "v1",
        "id": str(uuid.uuid4()),
        "created": created_at,
        "merchantId": order.merchant,
        "type": f"payment.{made['status'].lower()}",
        "payment": made,
    }
    return json.dumps(fields, ensure_ascii=False).encode()


def event_signature(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _money(order: Order, amount_minor: int) -> Fields:
    return {"amount": amount_minor * scale(order.currency), "currencyCode": order.currency}


def _rejection() -> Fields:
    return {"category": "PAYMENT_PLATFORM_ERROR", "code": "430330", "message": "Not authorised", "requestId": "1", "httpStatusCode": 402}


def _lying(body: Fields, lie: Lie) -> Fields:
    """Changes what is said of the payment, wherever in the answer it stands."""
    changes: dict[Lie, dict[str, Any]] = {
        Lie.AMOUNT: {"amount": lambda value: value + 100},
        Lie.CURRENCY: {"currencyCode": lambda value: "USD" if value != "USD" else "CNY"},
        Lie.NUMBER: {"merchantReference": lambda _value: "ANOTHERNUMBER"},
    }
    changed: Fields = _changed(body, changes.get(lie, {}))
    if lie is Lie.EXTRA_FIELDS:
        return {"a_field": "1 < 2 & 3", **changed, "z_new": {"新字段": [1, None, {"deep": True}]}}
    if lie is Lie.ZERO_FIELDS:
        return {**changed, "discount": 0, "fee": 0}
    return changed


def _changed(value: Any, changes: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: changes[name](item) if name in changes else _changed(item, changes) for name, item in value.items()}
    return [_changed(item, changes) for item in value] if isinstance(value, list) else value
