"""Worldline Connect's JSON: requests out, payments and refunds in. Pure: no I/O, no judgement about money.

Reading is lenient about what is missing and strict about form: what cannot be used is None, and None never matches what was asked.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from daemon.gateways.base import refund_number
from daemon.gateways.client import Answer
from daemon.gateways.settings import ConnectSettings, Place
from daemon.masking import masked
from daemon.money import Amount, exponent
from daemon.payment import Attempt
from daemon.reply import Unintelligible

WECHAT = 863  # paymentProductId
_MOST = 10**12 - 1  # hundredths: an integer of twelve digits
_DESCRIPTOR_MAX = 32  # characters, for product 863

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")  # of a payment; about 30 digits in samples, and it becomes part of a path
_WORD = re.compile(r"[0-9A-Za-z_.-]{1,64}")
_CURRENCY = re.compile(r"[A-Z]{3}")

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer whose body is a JSON object."""

    status: int
    fields: Fields = field(repr=False)

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The first error's code; the HTTP status where there is none."""
        return self.codes[0] if self.codes else str(self.status)

    @property
    def codes(self) -> list[str]:
        return [code for error in _objects(self.fields.get("errors")) if (code := _match(_WORD, error.get("code")))]

    @property
    def text(self) -> str:
        """All errors' words in one line; meant for the journal, not for the payer."""
        return _words(self.fields.get("errors"))


@dataclass(frozen=True, slots=True)
class Money:
    """A payment or a refund as Connect shows it. None for what is missing, or is nothing that it could be."""

    id: str | None
    status: str | None
    number: str | None  # merchantReference
    hundredths: int | None
    currency: str | None
    text: str = ""
    is_cancellable: bool | None = None


# -- out --


def create(attempt: Attempt, settings: ConnectSettings, place: Place, customer_ip: str) -> bytes:
    """The body that creates a payment with a QR code. Raises ValueError where its amount cannot be said."""
    references: Fields = {"merchantReference": attempt.out_trade_no}
    if descriptor := _line(attempt.description, _DESCRIPTOR_MAX) or _line(place.store_name, _DESCRIPTOR_MAX):
        references["descriptor"] = descriptor
    return _body(
        {
            "order": {
                "amountOfMoney": _money(attempt.amount),
                "customer": {"billingAddress": {"countryCode": settings.country}},
                "references": references,
            },
            "redirectPaymentMethodSpecificInput": {
                "paymentProductId": WECHAT,
                "paymentProduct863SpecificInput": {"integrationType": "desktopQRCode"},
            },
            "fraudFields": {"customerIpAddress": customer_ip},
        }
    )


def refund(attempt: Attempt) -> bytes:
    """The body that gives the whole amount back. Raises ValueError as `create` does."""
    return _body({"amountOfMoney": _money(attempt.amount), "refundReferences": {"merchantReference": refund_number(attempt)}})


def hundredths(amount: Amount) -> int:
    """The amount as it goes over the wire: always two decimals, whatever the currency has (100 JPY: 10000).

    Raises ValueError where that cannot be: thousandths of a dinar, or more than twelve digits."""
    scaled, rest = divmod(amount.minor * 100, int(10 ** exponent(amount.currency)))
    if rest or not 0 < scaled <= _MOST:
        raise ValueError(f"{amount} cannot be written as a whole number of hundredths with at most twelve digits")
    return scaled


def minor(value: int | None, currency: str | None) -> int | None:
    """Hundredths from the wire in the currency's minor units; None where they are no whole number of them."""
    if value is None or currency is None:
        return None
    scaled, rest = divmod(value * int(10 ** exponent(currency)), 100)
    return None if rest else scaled


def _money(amount: Amount) -> Fields:
    return {"amount": hundredths(amount), "currencyCode": amount.currency}


def _line(text: str, size: int) -> str:
    """The text on one line, without control characters, cut to so many characters."""
    plain = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text)
    return " ".join(plain.split())[:size].strip()


def _body(fields: Fields) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


# -- in --


def is_id(text: str | None) -> bool:
    """Whether the text can be Connect's id of a payment, and so be part of a path."""
    return text is not None and _ID.fullmatch(text) is not None


def hear(answer: Answer) -> Heard:
    """Raises Unintelligible where the body is no JSON object: a 404 or 405 may be a web page."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or 300 <= answer.status < 400:
        raise Unintelligible(f"the provider answers HTTP status {answer.status}, which is no message of its interface")
    try:
        return Heard(answer.status, parse(answer.body))
    except ValueError as error:
        raise Unintelligible(f"the provider's answer (HTTP status {answer.status}) cannot be read: {error}") from error


def parse(body: bytes) -> Fields:
    """The JSON object of a body. Raises ValueError with what is wrong, without repeating any of it."""
    try:
        parsed = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_unique)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None  # the cause holds the body
    except json.JSONDecodeError:
        raise ValueError("not JSON") from None  # the cause holds the body
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(parsed, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004  # what came is wrong, not how we were called
    return parsed


def payment(found: object) -> Money | None:
    """A payment object; None where it is none."""
    return _of(found, "paymentOutput")


def refunded(found: object) -> Money | None:
    """A refund object; None where it is none."""
    return _of(found, "refundOutput")


def objects(fields: Fields, name: str) -> list[Fields]:
    """All objects of a list, which may be left out. Raises Unintelligible where it is no list of objects."""
    found = fields.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Unintelligible(f"the provider's answer has no list of {name}")
    return found


def shown(fields: Fields) -> dict[str, str]:
    """The texts that a create's answer wants to be shown, by key; empty where it wants something else."""
    action = _object(fields.get("merchantAction"))
    if action.get("actionType") != "SHOW_FORM":
        return {}
    pairs = _objects(action.get("showData"))
    return {key: value for pair in pairs if isinstance(key := pair.get("key"), str) and isinstance(value := pair.get("value"), str)}


def text_of(fields: Fields, name: str) -> str | None:
    """A short word under that name; None where there is none."""
    return _match(_WORD, fields.get(name))


def _of(found: object, output: str) -> Money | None:
    fields = _object(found)
    if not fields:
        return None
    said, status = _object(fields.get(output)), _object(fields.get("statusOutput"))
    money, cancellable = _object(said.get("amountOfMoney")), status.get("isCancellable")
    amount = money.get("amount")
    return Money(
        id=_match(_ID, fields.get("id")),
        status=_match(_WORD, fields.get("status")),
        number=_match(_WORD, _object(said.get("references")).get("merchantReference")),
        hundredths=amount if type(amount) is int and 0 <= amount <= _MOST else None,  # True is an int to isinstance
        currency=_match(_CURRENCY, money.get("currencyCode")),
        text=_words(status.get("errors")),
        is_cancellable=cancellable if isinstance(cancellable, bool) else None,
    )


def _unique(pairs: list[tuple[str, Any]]) -> Fields:
    """Two values under one name are read differently by different programs: neither counts."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name occurs twice in an object")
    return fields


def _object(value: object) -> Fields:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Fields]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _match(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def _words(errors: object) -> str:
    found = [(error.get("code"), error.get("message")) for error in _objects(errors)]
    return masked("; ".join(": ".join(word for word in words if isinstance(word, str)) for words in found[:8]))
