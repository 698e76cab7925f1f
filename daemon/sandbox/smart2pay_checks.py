"""What the GlobalPay stand-in demands of a request: the site's credentials, JSON, and the fields by the patterns of the SDKs.

Sources: seeds 000 and 001; the structures of the official PHP SDK; "GlobalPay return codes" of docs-apm.nuvei.com.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from daemon.sandbox.credentials import Smart2payCredentials

WECHAT_POS: Final = 1066
ALIPAY_POS: Final = 24

Fields = dict[str, Any]

_NUMBER = r"^[0-9a-zA-Z_-]{1,50}$"


class Refused(Exception):
    """The request is refused with that return code; `recorded`: it leaves a failed payment behind, whose number is spent."""

    def __init__(self, code: int, info: str, *, recorded: bool = False) -> None:
        super().__init__(info)
        self.code = code
        self.info = info
        self.recorded = recorded


class NotJson(Exception):
    """The body is none that anything could be said about."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A field by its path; `code` is what is answered where it is wrong, 2 names the pattern."""

    path: str
    pattern: str
    kind: type = str
    needed: bool = True
    code: int = 2


_PAYMENT: Final = (
    _Rule("MerchantTransactionID", _NUMBER),
    _Rule("Amount", r"^\d{1,12}$", int),
    _Rule("Currency", r"^[A-Z]{3}$"),
    _Rule("ReturnURL", r"^https?://.{1,504}$"),
    _Rule("MethodID", r"^\d{1,12}$", int),
    _Rule("TokenLifetime", r"^\d{1,12}$", int, needed=False),
    _Rule("Description", r"^.{1,255}$", needed=False),
    _Rule("Customer.Email", r"^[^@\s]+@[^@\s]+\.[^@\s]+$", code=102),
    _Rule("Details.StoreName", r"^.{1,50}$", needed=False),
    _Rule("Details.StoreId", r"^.{1,32}$", needed=False),
    _Rule("Details.TerminalID", r"^.{1,50}$", needed=False),
)
_REFUND: Final = (
    _Rule("MerchantTransactionID", _NUMBER),
    _Rule("Amount", r"^\d{1,12}$", int),
    _Rule("Description", r"^.{1,255}$", needed=False),
)
_MISSING: Final = {"Customer.Email": 101}  # all others: 1


def is_ours(header: str, credentials: Smart2payCredentials) -> bool:
    """Whether an Authorization header is what the site's id and key make."""
    expected = "Basic " + base64.b64encode(f"{credentials.site_id}:{credentials.api_key}".encode()).decode()
    return hmac.compare_digest(header.encode("utf-8", "replace"), expected.encode())


def parse(body: bytes, name: str) -> Fields:
    """The object under that name. Raises NotJson."""
    try:
        whole = json.loads(body)
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise NotJson from None
    fields = whole.get(name) if isinstance(whole, dict) and set(whole) == {name} else None
    if not isinstance(fields, dict):
        raise NotJson
    return fields


def check_payment(asked: Fields) -> None:
    """Raises Refused."""
    for rule in _PAYMENT:
        _check(asked, rule)
    if asked["Amount"] < 1:
        raise Refused(118, "Amount invalid")
    if asked["MethodID"] not in (WECHAT_POS, ALIPAY_POS):
        raise Refused(5, "Method is invalid")
    _check_details(asked)
    country = _at(asked, "BillingAddress.Country")
    if country is not None and not (isinstance(country, str) and re.fullmatch("[a-zA-Z]{2}", country)):
        raise Refused(147, "Address details are invalid (BillingAddress)Country - RegEx: ^[a-zA-Z]{2}$;", recorded=True)


def check_refund(asked: Fields) -> None:
    """Raises Refused."""
    for rule in _REFUND:
        _check(asked, rule)


def _check_details(asked: Fields) -> None:
    """Alipay POS wants to know where it stands; WeChat POS says so too and takes it without."""
    if asked["MethodID"] == WECHAT_POS and asked.get("Details") is None:
        return
    if _at(asked, "Details.IsOffline") is not True:
        raise Refused(1, "Missing parameter - Details.IsOffline")
    if asked["MethodID"] == ALIPAY_POS:
        for name in ("StoreName", "StoreId", "TerminalID"):
            if not _at(asked, f"Details.{name}"):
                raise Refused(1, f"Missing parameter - Details.{name}")


def _check(asked: Fields, rule: _Rule) -> None:
    value = _at(asked, rule.path)
    if value is None:
        if rule.needed:
            raise Refused(_MISSING.get(rule.path, 1), f"Missing parameter - {rule.path}")
        return
    if type(value) is not rule.kind or not re.fullmatch(rule.pattern.strip("^$"), str(value)):
        raise Refused(rule.code, f"Validation failed - {rule.path} (RegEx: {rule.pattern})")


def _at(asked: Fields, path: str) -> Any:
    value: Any = asked
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
