"""GlobalPay's JSON: requests out, payments and refunds in. Pure: no I/O, no judgement about money.

Writing is strict. Reading is lenient about form, because the documents themselves show an amount as number and as text, reasons as
null and as a list, and codes both ways: what cannot be used is None, and None never matches what was asked.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from daemon.gateways.base import refund_number
from daemon.gateways.settings import Place, Smart2paySettings
from daemon.masking import masked
from daemon.money import Amount, exponent
from daemon.payment import Attempt

WECHAT_POS = 1066
ALIPAY_POS = 24

_NUMBER = re.compile(r"[0-9]{1,12}")  # amounts, ids and codes, by the SDK's own patterns
_WORD = re.compile(r"[0-9A-Za-z_-]{1,50}")
_QR_MAX = 512  # characters; WeChat's own limit is 64, the hosted page's address has some 90
_MOST_HUNDREDTHS = 10**12 - 1


@dataclass(frozen=True, slots=True)
class Record:
    """A payment or a refund as the provider shows it. None for what is missing, null, or nothing that it could be."""

    id: str | None
    number: str | None  # MerchantTransactionID
    hundredths: int | None
    currency: str | None
    site_id: str | None
    status: int | None
    reasons: tuple[tuple[str, str], ...]  # code and text of each
    payment_id: str | None  # of a refund
    qr: str | None = field(repr=False)
    redirect_url: str | None = field(repr=False)

    @property
    def code(self) -> str:
        """The first reason's code, empty where there is none."""
        return self.reasons[0][0] if self.reasons else ""

    @property
    def text(self) -> str:
        """All reasons in one line."""
        return masked("; ".join(f"{code}: {text}" for code, text in self.reasons))


# -- out --


def basic(settings: Smart2paySettings) -> bytes:
    """What goes in, and comes with notifications, Base64-encoded after `Basic`."""
    return f"{settings.site_id}:{settings.api_key.reveal()}".encode()


def authorization(settings: Smart2paySettings) -> str:
    return "Basic " + base64.b64encode(basic(settings)).decode("ascii")


def payment(attempt: Attempt, settings: Smart2paySettings, place: Place) -> bytes:
    """The body that creates a payment. Raises ValueError where its amount cannot be said."""
    fields: dict[str, Any] = {
        "MerchantTransactionID": attempt.out_trade_no,
        "Amount": hundredths(attempt.amount),
        "Currency": attempt.amount.currency,
        "MethodID": settings.method_id,
        "ReturnURL": settings.return_url,
        "TokenLifetime": settings.token_lifetime,
        "Customer": {"Email": settings.email},
        "BillingAddress": {"Country": settings.country},
    }
    if description := _line(attempt.description, 255):
        fields["Description"] = description
    if settings.is_offline:
        fields["Details"] = _details(place)
    return _body({"Payment": fields})


def refund(attempt: Attempt) -> bytes:
    """The body that gives the whole amount back. Raises ValueError as `payment` does."""
    return _body({"Refund": {"MerchantTransactionID": refund_number(attempt), "Amount": hundredths(attempt.amount)}})


def hundredths(amount: Amount) -> int:
    """The amount as it goes over the wire: always two decimals, whatever the currency has (100 JPY: 10000).

    Raises ValueError where that cannot be: thousandths of a dinar, or more than twelve digits."""
    per_hundred: int = 10 ** exponent(amount.currency)
    scaled, rest = divmod(amount.minor * 100, per_hundred)
    if rest or not 0 < scaled <= _MOST_HUNDREDTHS:
        raise ValueError(f"{amount} cannot be written as a whole number of hundredths with at most twelve digits")
    return scaled


def minor(value: int | None, currency: str) -> int | None:
    """Hundredths from the wire in the currency's minor units; None where they are no whole number of them."""
    if value is None:
        return None
    scaled, rest = divmod(value * 10 ** exponent(currency), 100)
    return None if rest else scaled


def _details(place: Place) -> dict[str, Any]:
    """Where the box stands. Alipay POS wants all of it, WeChat POS by its text the first field."""
    names = {"StoreName": _line(place.store_name, 50), "StoreId": _line(place.store_id, 32), "TerminalID": _line(place.terminal_id, 50)}
    return {"IsOffline": True, **{name: value for name, value in names.items() if value}}


def _line(text: str, size: int) -> str:
    """The text on one line without control characters, cut to so many UTF-16 units: the server's own measure of a pattern."""
    plain = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text)
    return " ".join(plain.split()).encode("utf-16-le")[: 2 * size].decode("utf-16-le", "ignore").strip()


def _body(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


# -- in --


def is_id(text: str) -> bool:
    """Whether the text can be the provider's id of something, and so be part of a path."""
    return _NUMBER.fullmatch(text) is not None


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises ValueError with what is wrong, without repeating any of it."""
    try:
        parsed = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_unique)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None  # the cause holds the body
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except json.JSONDecodeError:
        raise ValueError("not JSON") from None  # the cause holds the body
    if not isinstance(parsed, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004  # what came is wrong, not how we were called
    return parsed


def record(fields: dict[str, Any], name: str) -> Record:
    """The one record under that name (`Payment`, `Refund`). Raises ValueError where there is none."""
    found = fields.get(name)
    if not isinstance(found, dict):
        raise ValueError(f"there is no {name}")  # noqa: TRY004  # as above
    return _record(found)


def records(fields: dict[str, Any], name: str) -> list[Record]:
    """All records of a list (`Payments`, `Refunds`). Raises ValueError where there is no list."""
    found = fields.get(name)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ValueError(f"there is no list of {name}")
    return [_record(item) for item in found]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values under one name are read differently by different programs: neither counts."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name occurs twice in an object")
    return fields


def _record(fields: dict[str, Any]) -> Record:
    status = _object(fields.get("Status"))
    amount, status_id = _number(fields.get("Amount")), _number(status.get("ID"))
    return Record(
        id=_number(fields.get("ID")),
        number=_match(_WORD, fields.get("MerchantTransactionID")),
        hundredths=None if amount is None else int(amount),
        currency=_match(re.compile("[A-Za-z]{1,3}"), fields.get("Currency")),
        site_id=_number(fields.get("SiteID")),
        status=None if status_id is None else int(status_id),
        reasons=_reasons(status.get("Reasons")),
        payment_id=_number(fields.get("InitialPaymentID")),
        qr=_shown(_object(fields.get("ReferenceDetails")).get("QRCodeURL")),
        redirect_url=_shown(fields.get("RedirectURL")),
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> str | None:
    """A whole number that came as number or as text."""
    text = str(value) if type(value) is int else value  # True is an int to isinstance
    return _match(_NUMBER, text)


def _match(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def _reasons(value: object) -> tuple[tuple[str, str], ...]:
    """Null, [] or a list of `{Code, Info}`."""
    found = [_object(item) for item in value] if isinstance(value, list) else []
    return tuple((_number(item.get("Code")) or "?", masked(str(item.get("Info") or "")).strip()) for item in found[:8])


def _shown(value: object) -> str | None:
    """A text that may become a QR code: printable, without blanks, and not longer than anything of the kind."""
    text = value.strip() if isinstance(value, str) else ""
    return text if 0 < len(text) <= _QR_MAX and text.isprintable() and " " not in text else None
