"""What the CBTIS stand-in asks of a request's fields: no more and no less than the pages say, and nothing that they do not name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

# Made up: which codes there are is not published.
INVALID: Final = 40001
USED: Final = 40002
NOT_FOUND: Final = 40004
CREDENTIALS: Final = 40101
TOKEN: Final = 40102

_WITHOUT_CENTS: Final = ("JPY", "KRW", "VND")
_AMOUNT: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,2})?")
_NUMBER: Final = re.compile(r"[0-9A-Za-z]{1,32}")
_METHODS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "wechat": {"flow": ("qrcode",)},
    "alipayhk": {"flow": ("csb_qrcode",), "payment_method": ("ALIPAYCN", "ALIPAYHK")},
}
_TEXTS: Final[dict[str, Callable[[str], bool]]] = {
    "currency": lambda text: bool(re.fullmatch("[A-Z]{3}", text)),
    "merchant_order_id": lambda text: bool(_NUMBER.fullmatch(text)),
    "description": lambda text: bool(text.strip()),
    "amount": lambda text: bool(_AMOUNT.fullmatch(text)),
}
_OPTIONAL: Final[dict[str, Callable[[str], bool]]] = {
    "settlement_currency": lambda text: bool(re.fullmatch("[A-Z]{3}", text)),
    "notify_url": lambda text: text.startswith(("https://", "http://")),
}


class Refused(Exception):
    """The request is not carried out."""

    def __init__(self, code: int, text: str, status: int = 200) -> None:
        super().__init__(text)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    """A create that is in order. `minor` is in the currency's smallest unit."""

    number: str
    minor: int
    currency: str
    extras: tuple[tuple[str, str], ...]


def create(body: bytes) -> Asked:
    """Raises Refused, which names the first field that is wrong."""
    fields = _object(body)
    _check(fields, _TEXTS, needed=True)
    _check(fields, _OPTIONAL, needed=False)
    _only(fields, {*_TEXTS, *_OPTIONAL, "payment_method"}, "")
    kind = _method(fields.get("payment_method"))
    if kind == "alipayhk" and fields["currency"] != "HKD":
        raise Refused(INVALID, "currency: alipayhk takes HKD only")
    extras = {name: fields[name] for name in _OPTIONAL if name in fields}
    minor = _minor(fields["amount"], fields["currency"])
    return Asked(fields["merchant_order_id"], minor, fields["currency"], tuple({**extras, "type": kind}.items()))


def query(body: bytes) -> dict[str, str]:
    """One number at least, theirs or ours. Raises Refused."""
    fields = _object(body)
    _only(fields, {"order_id", "merchant_order_id"}, "")
    if not fields:
        raise Refused(INVALID, "order_id or merchant_order_id is required")
    for name, value in fields.items():
        if not isinstance(value, str) or not 0 < len(value) <= 32:
            raise Refused(INVALID, f"{name} is invalid")
    return fields


def _method(method: Any) -> str:
    kind = method.get("type") if isinstance(method, dict) else None
    if kind not in _METHODS:
        raise Refused(INVALID, "payment_method.type is invalid")
    _only(method, {"type", kind}, "payment_method.")
    variant = method.get(kind)
    if not isinstance(variant, dict):
        raise Refused(INVALID, f"payment_method.{kind} is required")
    _only(variant, set(_METHODS[kind]), f"payment_method.{kind}.")
    for name, allowed in _METHODS[kind].items():
        if variant.get(name) not in allowed:
            raise Refused(INVALID, f"payment_method.{kind}.{name} is invalid")
    return str(kind)


def _minor(text: str, currency: str) -> int:
    minor = Decimal(text) * (1 if currency in _WITHOUT_CENTS else 100)
    if minor != minor.to_integral_value() or minor <= 0:
        raise Refused(INVALID, "amount is invalid")
    return int(minor)


def _check(fields: dict[str, Any], rules: dict[str, Callable[[str], bool]], *, needed: bool) -> None:
    for name, fits in rules.items():
        value = fields.get(name)
        if value is None and not needed and name not in fields:
            continue
        if not isinstance(value, str) or not fits(value):
            raise Refused(INVALID, f"{name} is invalid")


def _only(fields: dict[str, Any], known: set[str], prefix: str) -> None:
    for name in fields:
        if name not in known:
            raise Refused(INVALID, f"{prefix}{name[:32]} is not known")


def _object(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(INVALID, "body is not JSON") from None
    if not isinstance(fields, dict):
        raise Refused(INVALID, "body is not an object")
    return fields
