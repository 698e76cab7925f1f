"""What box and CBTIS say to each other: bodies out, envelopes and orders in. No I/O, no judgement about money.

An answer is an envelope, `{"code": 0, "message": …, "rid": …, "data": {…}}`, of which `code` is looked at first: HTTP 200
alone says nothing. Which other codes there are is not published. Amounts are decimal texts in major units, `"12.50"`.
Source: docs.globalcbtis.com, "Pay with QR Code" (WeChat) and "Pay with InStore QR Code" (Alipay HK).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from daemon.gateways.client import Answer
from daemon.gateways.settings import CbtisSettings, Place
from daemon.masking import masked
from daemon.money import parse_amount
from daemon.payment import Attempt
from daemon.reply import Unintelligible
from daemon.secret import Secret

CREATE = "/mch-api/v1/pa/payment_intents/create"
QUERY = "/mch-api/v1/pa/payment_intents/query"

_DESCRIPTION_MAX = 128  # characters; CBTIS states none, WeChat behind it takes 127 bytes of the text and cuts the rest. Own
_WORD_MAX = 64  # characters of an id or a status; CBTIS's own ids have at most 32
_QR_MAX = 2953  # bytes of the largest QR code there is (ISO/IEC 18004, version 40-L); what fits the panel is for others to say
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_RENDERS = (None, "render_qrcode")  # next_action.type that brings a text to be shown; None where it is left out

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """An envelope. `code` and `text` are CBTIS's own words, made harmless; `rid` its number for this very request."""

    status: int  # of HTTP
    ok: bool
    code: str
    text: str
    rid: str
    data: Fields


@dataclass(frozen=True, slots=True)
class Order:
    """An order as CBTIS tells it. What is None was not said, or cannot be read; `status` is "" then."""

    number: str | None
    order_id: str | None
    amount: object  # as it came; see `minor_of`
    currency: str | None
    status: str
    uid: str | None
    paid_at: datetime | None
    action: str | None
    qr: str | None


# -- out --


def create_body(attempt: Attempt, settings: CbtisSettings, place: Place) -> bytes:
    method: dict[str, str] = {"flow": settings.flow}
    if settings.payment_method:
        method["payment_method"] = settings.payment_method
    optional = {"settlement_currency": settings.settlement_currency, "notify_url": settings.notify_url}
    return _body(
        {
            "amount": attempt.amount.decimal,
            "currency": attempt.amount.currency,
            "merchant_order_id": attempt.out_trade_no,
            "payment_method": {"type": settings.type, settings.type: method},
            "description": _line(attempt.description) or _line(place.store_name) or "Payment",
            **{name: value for name, value in optional.items() if value},
        }
    )


def query_body(number: str) -> bytes:
    """By our own number only: it is known before any answer, and what counts where both are given is not published."""
    return _body({"merchant_order_id": number})


def _line(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:_DESCRIPTION_MAX].strip()


def _body(fields: Fields) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


# -- in --


def hear(answer: Answer, secrets: Sequence[Secret]) -> Heard:
    """The envelope of an answer; none of `secrets` is left in its words. Raises Unintelligible where it is none, or contradicts
    the HTTP status."""
    fields = fields_of(answer.body)
    code = _code(fields or {})
    if fields is None or code is None:
        raise Unintelligible(f"the answer is no envelope of CBTIS (HTTP status {answer.status})")
    ok = code == "0"
    data = fields.get("data")
    if ok and (answer.status not in (200, 201) or not isinstance(data, dict)):
        raise Unintelligible(f"the answer says that all is well, and yet HTTP status {answer.status} or no data")
    words = [_plain(fields.get(name), secrets) for name in ("message", "rid")]
    return Heard(answer.status, ok, _plain(code, secrets), words[0], words[1][:_WORD_MAX], data if isinstance(data, dict) else {})


def fields_of(body: bytes) -> dict[str, Any] | None:
    """The JSON object in a body; None where there is none. (No error: its context would hold the body, a token perhaps.)
    Numbers with a fraction are Decimals."""
    try:
        parsed = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_unique, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError, InvalidOperation):  # of JSON and of UTF-8; of whole numbers and of exponents without end
        return None
    return parsed if isinstance(parsed, dict) else None


def parse_order(data: Fields) -> Order:
    """The order in an envelope's data. Never raises: what cannot be read is as good as not said."""
    action = data.get("next_action")
    action = action if isinstance(action, dict) else {}
    return Order(
        number=word(data.get("merchant_order_id")),
        order_id=word(data.get("order_id")),
        amount=data.get("amount"),
        currency=word(data.get("currency")),
        status=word(data.get("status")) or "",
        uid=word(data.get("uid")),
        paid_at=moment(data.get("pay_time")),
        action=word(action.get("type")),
        qr=_qr(action),
    )


def minor_of(amount: object, currency: str) -> int | None:
    """Minor units of a decimal text or number in that currency (`"50"` and `"50.00"` are the same); None where it is neither."""
    if isinstance(amount, bool) or not isinstance(amount, str | int | Decimal):
        return None
    whole, point, rest = str(amount).partition(".")
    if point and not rest:
        return None
    text = f"{whole}.{kept}" if (kept := rest.rstrip("0")) else whole
    try:
        return parse_amount(text, currency).minor
    except ValueError:
        return None


def moment(text: object) -> datetime | None:
    """A time as CBTIS writes it, RFC 3339 with nine digits of a second's fraction (six are kept), in UTC; None where it is none."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def word(value: object) -> str | None:
    """An id or a word of CBTIS's, as text or number; None where it is neither."""
    text = str(value) if type(value) is int and abs(value) < 10**_WORD_MAX else value
    return text if isinstance(text, str) and 0 < len(text) <= _WORD_MAX and text.isprintable() and text.isascii() else None


def _qr(action: Fields) -> str | None:
    """The text to show: `qrcode_url` for WeChat, `url` for Alipay HK. None where there is none that a QR code could hold."""
    if action.get("type") not in _RENDERS:
        return None
    for name in ("qrcode_url", "url"):
        text = action.get(name)
        if isinstance(text, str) and text.strip():
            return text if text.isprintable() and len(text.encode("utf-8", "replace")) <= _QR_MAX else None
    return None


def _code(fields: Fields) -> str | None:
    code = fields.get("code")
    if type(code) is int and abs(code) < 10**12:
        return str(code)
    return code if isinstance(code, str) and code else None


def _plain(value: object, secrets: Sequence[Secret]) -> str:
    """A text for people, with no secret in it, however CBTIS came to quote one."""
    text = value if isinstance(value, str) else ""
    for secret in secrets:
        for look in (secret.reveal(), quote(secret.reveal(), safe="")):
            text = text.replace(look, "***")
    return masked(text).strip()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values under one name are read differently by different programs: neither counts."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name occurs twice in an object")
    return fields


def _no_number(_name: str) -> None:
    raise ValueError("NaN and Infinity are not JSON")
