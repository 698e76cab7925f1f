"""What the GlobalPay stand-in says: payments and refunds in full, as the samples of the documents show them.

As there, an amount is text in one answer and a number in the next, reasons are null or a list, and a list of payments leaves out
half of each.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any, Final

from daemon.sandbox.delivery import Answer
from daemon.sandbox.ledger import Order
from daemon.sandbox.refusals import REFUSALS, Who, who_of
from daemon.sandbox.scenario import Lie, Standing
from daemon.sandbox.smart2pay_checks import ALIPAY_POS, Fields

PROVIDER: Final = "smart2pay"

NAMES: Final = {
    1: "Open",
    2: "Success",
    3: "Cancelled",
    4: "Failed",
    5: "Expired",
    6: "PendingOnCustomer",
    7: "PendingOnProvider",
    22: "Refunded",
}

# The status of an order that stands so. ABSENT has none: 404.
STATUS: Final = {
    Standing.UNPAID: 1,
    Standing.CONFIRMING: 6,
    Standing.ACCEPTED: 7,
    Standing.FAILED: 4,
    Standing.PAID: 2,
    Standing.CLOSED: 5,
    Standing.REVOKED: 3,
    Standing.REFUNDED: 22,
}

_INFO: Final = {
    14: "Generic error",
    15: "Unable to process the transaction",
    16: "An error has occurred. Please try again later",
    17: "Payment is invalid",
    18: "Refund is invalid",
    20: "MerchantTransactionID is duplicated",
    4: "Merchant inactive",
    119: "Customer balance is insufficient",
    121: "Unable to authorize transaction",
    122: "Unable to cancel transaction",
}
_UNHEARD_OF: Final = 9999

_EMPTY: Final = (
    *("SkinID", "ClientIP", "OriginatorTransactionID", "CapturedAmount", "MethodOptionID", "IncludeMethodIDs", "ExcludeMethodIDs"),
    *(
        "PrioritizeMethodIDs",
        "ShippingAddress",
        "Articles",
        "Details",
        "CustomParameters",
        "PreapprovalID",
        "Capture",
        "PreapprovalDetails",
    ),
)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer before anything false is said, or happens to it on its way. `body` has one root, or is a bare message."""

    body: dict[str, Any]
    status: int = 200

    def lying(self, lie: Lie) -> Said:
        """The same with one thing false in every record. Nothing signs these answers, so that lies about signatures are none."""
        return replace(self, body={name: _lying(value, lie) for name, value in self.body.items()})

    def answer(self) -> Answer:
        return Answer(json.dumps(self.body, ensure_ascii=False).encode(), "application/json; charset=utf-8", self.status)


def message(status: int, text: str) -> Said:
    """What has no record to show."""
    return Said({"Message": text}, status)


def refused(code: int, info: str = "") -> dict[str, Any]:
    """One reason."""
    return {"Code": code, "Info": info or _INFO.get(code, "Undefined")}


def translated(code: str) -> tuple[int, int]:
    """HTTP status and return code for the code of a scenario, which is WeChat's, or a return code in digits."""
    if code.isascii() and code.isdigit():
        return (500 if code == "16" else 400), int(code)
    if code not in REFUSALS:
        return 400, _UNHEARD_OF
    if code == "OUT_TRADE_NO_USED":
        return 400, 20
    who = {Who.PAYER: (402, 119), Who.NOBODY: (402, 121), Who.MERCHANT: (400, 4), Who.UNCLEAR: (500, 16)}
    return who[who_of(code)]


def payment_id(order: Order) -> int:
    """The provider's own id: a number of at most twelve digits, which the ledger's trade numbers are not."""
    return 4_000_000 + int(order.trade_no[-9:])


def payment(order: Order, site_id: str, created: str, *, status: int | None = None, as_text: bool = False) -> dict[str, Any]:
    """The payment of an order in the ledger, in full."""
    asked = dict(order.extras)
    told = STATUS[order.state] if status is None else status
    return {
        **_bare(order, site_id, created, told, as_text=as_text),
        "ReturnURL": asked["ReturnURL"],
        "Description": asked.get("Description", ""),
        "MethodID": int(asked["MethodID"]),
        "Customer": {"ID": 340, "MerchantCustomerID": None, "Email": asked["Email"], "FirstName": None, "LastName": None, "Phone": None},
        "BillingAddress": {"ID": 291, "City": None, "Street": None, "Country": asked.get("Country")},
        "ReferenceDetails": {"BankCode": None, "IBAN": None, "QRCodeURL": qr_code(order), "Instructions": None},
        "TokenLifetime": int(asked.get("TokenLifetime", 15)),
        "MethodTransactionID": order.trade_no if told in (2, 22) else None,
        "RedirectURL": f"https://pay.example/Home?PaymentToken={_token(order).upper()}.{payment_id(order)}",
    }


def listed(order: Order, site_id: str, created: str) -> dict[str, Any]:
    """The payment as a list shows it."""
    return _bare(order, site_id, created, STATUS[order.state], as_text=True)


def qr_code(order: Order) -> str:
    """What the payer's wallet reads. Alipay's sample has none."""
    if dict(order.extras)["MethodID"] == str(ALIPAY_POS):
        return ""
    return f"weixin://wxpay/bizpayurl?pr={_token(order)[:7]}"


def not_made(asked: Fields, reasons: list[dict[str, Any]]) -> dict[str, Any]:
    """The echo of a payment that was refused before there was a record (seed 000)."""
    amount = asked.get("Amount")
    echoed = {name: asked.get(name) for name in ("MerchantTransactionID", "Currency", "ReturnURL", "MethodID")}
    return {
        **dict.fromkeys(_EMPTY),
        **dict.fromkeys(
            ("ID", "Created", "SiteID", "NotificationDateTime", "Customer", "BillingAddress", "ReferenceDetails", "TokenLifetime")
        ),
        **echoed,
        "Amount": None if amount is None else str(amount),
        "Status": {"ID": None, "Info": None, "Reasons": reasons},
        "MethodTransactionID": None,
        "RedirectURL": None,
    }


def failed(order: Order, site_id: str, created: str, reasons: list[dict[str, Any]]) -> dict[str, Any]:
    """A payment that left a failed record (seed 001)."""
    bare = _bare(order, site_id, created, 4, as_text=True)
    return {**bare, "NotificationDateTime": created, "Status": {"ID": 4, "Info": NAMES[4], "Reasons": reasons}}


def refund(order: Order, site_id: str, number: str, amount: int, status: int | None, reasons: list[dict[str, Any]]) -> dict[str, Any]:
    """A refund of that order's payment; with status None one that was not made."""
    made = status is not None
    return {
        "ID": 9_000_000 + payment_id(order) if made else None,
        "SiteID": int(site_id) if made else None,
        "MerchantTransactionID": number,
        "OriginatorTransactionID": None,
        "InitialPaymentID": payment_id(order) if made else None,
        "Amount": amount,
        "Currency": order.currency if made else None,
        "TypeID": 1 if made else None,
        "Status": {"ID": status, "Info": NAMES.get(status or 0), "Reasons": reasons},
    }


def _bare(order: Order, site_id: str, created: str, status: int, *, as_text: bool) -> dict[str, Any]:
    amount = int(dict(order.extras)["Amount"])
    return {
        **dict.fromkeys(_EMPTY),
        "ID": payment_id(order),
        "Created": created,
        "MerchantTransactionID": order.number,
        "Amount": str(amount) if as_text else amount,
        "Currency": order.currency,
        "ReturnURL": None,
        "Description": None,
        "MethodID": None,
        "SiteID": int(site_id),
        "NotificationDateTime": None,
        "Customer": None,
        "BillingAddress": None,
        "ReferenceDetails": None,
        "Status": {"ID": status, "Info": NAMES[status], "Reasons": None if as_text else []},
        "MethodTransactionID": None,
        "TokenLifetime": None,
        "RedirectURL": None,
    }


def _token(order: Order) -> str:
    return hashlib.sha256(order.trade_no.encode()).hexdigest()[:32]


def _lying(value: Any, lie: Lie) -> Any:
    if isinstance(value, list):
        return [_lying(item, lie) for item in value]
    if not isinstance(value, dict) or "Amount" not in value:
        return value
    match lie:
        case Lie.AMOUNT:
            more = int(value["Amount"]) + 1
            return {**value, "Amount": str(more) if isinstance(value["Amount"], str) else more}
        case Lie.CURRENCY:
            return {**value, "Currency": "USD" if value["Currency"] != "USD" else "CNY"}
        case Lie.MERCHANT:
            return {**value, "SiteID": 39999}
        case Lie.NUMBER:
            return {**value, "MerchantTransactionID": "ANOTHERNUMBER"}
        case Lie.EXTRA_FIELDS:
            return {"AField": "1 < 2 & 3", **value, "ZNew": {"新字段": [1, None, {"Deep": True}]}}
        case Lie.ZERO_FIELDS:
            return {**value, "CapturedAmount": 0, "PreapprovalID": 0}
    return value
