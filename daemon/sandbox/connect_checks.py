"""What the Connect stand-in asks of a request: who signed it and when, and whether its fields are what they must be.

The signature is computed here from the bytes that arrived, by the published rule; nothing of the box's own code is used.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any, Final

from aiohttp import web

from daemon.sandbox.credentials import ConnectCredentials

Fields = dict[str, Any]

_FRESH: Final = dt.timedelta(seconds=300)  # how far a Date may be off; what the real one tolerates is not published
_WITHOUT_CENTS: Final = ("JPY", "KRW", "VND")
_REFERENCE: Final = re.compile(r"[!-~]{1,30}")  # on GlobalCollect
_KEY: Final = re.compile(r"[!-~]{1,40}")


class Refused(Exception):
    """The request is not carried out. `field` is the path of the field that is wrong, where it is one."""

    def __init__(self, status: int, code: str, text: str, field: str | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.field = field


# -- who --


def admit(request: web.Request, credentials: ConnectCredentials, now: dt.datetime) -> None:
    """Raises Refused: 403, with the code of a wrong signature, whatever exactly is wrong with it."""
    date = request.headers.get("Date", "")
    if request.headers.getall("Authorization", []) != [expected(request, credentials)]:
        raise Refused(403, "9002", "MISSING_OR_INVALID_AUTHORIZATION")
    try:
        skew = abs(parsedate_to_datetime(date) - now)
    except (TypeError, ValueError):
        raise Refused(403, "9002", "MISSING_OR_INVALID_AUTHORIZATION") from None
    if skew > _FRESH or not date.endswith(" GMT"):
        raise Refused(403, "9002", "MISSING_OR_INVALID_AUTHORIZATION")
    if request.match_info["merchant"] != credentials.merchant_id:
        raise Refused(403, "9007", "ACCESS_TO_MERCHANT_NOT_ALLOWED")


def expected(request: web.Request, credentials: ConnectCredentials) -> str:
    """The Authorization header that this request should have."""
    lines = [request.method, request.headers.get("Content-Type", ""), request.headers.get("Date", "")]
    own = {name.lower(): value for name, value in request.headers.items() if name.lower().startswith("x-gcs")}
    lines += [f"{name}:{' '.join(part.strip() for part in own[name].splitlines())}" for name in sorted(own)]
    lines.append(request.raw_path)
    digest = hmac.new(credentials.secret.encode(), "".join(line + "\n" for line in lines).encode(), hashlib.sha256).digest()
    return f"GCS v1HMAC:{credentials.api_key_id}:{base64.b64encode(digest).decode()}"


def idempotence_key(request: web.Request) -> str | None:
    """Raises Refused where there is one that is none."""
    key = request.headers.get("X-GCS-Idempotence-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise Refused(400, "21000020", "INVALID_IDEMPOTENCE_KEY")
    return key


# -- what --


def parse(request: web.Request, body: bytes) -> Fields:
    """Raises Refused."""
    if request.headers.get("Content-Type", "").partition(";")[0] != "application/json":
        raise Refused(400, "9004", "UNSUPPORTED_CONTENT_TYPE")
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "9001", "INVALID_JSON") from None
    if not isinstance(fields, dict):
        raise Refused(400, "9001", "INVALID_JSON")
    return fields


def nothing(request: web.Request, body: bytes) -> None:
    """A cancel has no body, and says nothing of its kind. Raises Refused."""
    if body or "Content-Type" in request.headers:
        raise Refused(400, "9001", "UNEXPECTED_BODY")


def _is_ip(value: Any) -> bool:
    try:
        ip_address(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


def _is_text(form: str) -> Callable[[Any], bool]:
    pattern = re.compile(form)
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


_AMOUNT: Final = {
    "amountOfMoney.amount": lambda value: type(value) is int and 1 <= value < 10**12,
    "amountOfMoney.currencyCode": _is_text("[A-Z]{3}"),
}
_CREATE: Final[dict[str, Callable[[Any], bool]]] = {
    **{f"order.{name}": rule for name, rule in _AMOUNT.items()},
    "order.customer.billingAddress.countryCode": _is_text("[A-Z]{2}"),
    "order.references.merchantReference": lambda value: isinstance(value, str) and bool(_REFERENCE.fullmatch(value)),
    "order.references.descriptor": lambda value: value is None or (isinstance(value, str) and len(value) <= 32),
    "redirectPaymentMethodSpecificInput.paymentProductId": lambda value: value == 863,
    "redirectPaymentMethodSpecificInput.paymentProduct863SpecificInput.integrationType": lambda value: value == "desktopQRCode",
    "fraudFields.customerIpAddress": _is_ip,
}
_REFUND: Final[dict[str, Callable[[Any], bool]]] = {
    **_AMOUNT,
    "refundReferences.merchantReference": lambda value: value is None or (isinstance(value, str) and bool(_REFERENCE.fullmatch(value))),
}


def check_create(fields: Fields) -> None:
    """Raises Refused, which names the first field that is wrong."""
    _check(fields, _CREATE)


def check_refund(fields: Fields) -> None:
    """Raises Refused, which names the first field that is wrong."""
    _check(fields, _REFUND)


def minor(money: Fields) -> int:
    """An amount of the wire, which always has two decimals, in the currency's minor units. Raises Refused."""
    whole, rest = divmod(money["amount"], scale(money["currencyCode"]))
    if rest:
        raise Refused(400, "21000020", "VALUE_INVALID", "amountOfMoney.amount")
    return int(whole)


def scale(currency: str) -> int:
    """Hundredths in one minor unit."""
    return 100 if currency in _WITHOUT_CENTS else 1


def _check(fields: Fields, rules: dict[str, Callable[[Any], bool]]) -> None:
    for path, fits in rules.items():
        value: Any = fields
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if not fits(value):
            raise Refused(400, "21000020", "VALUE_INVALID", path)
