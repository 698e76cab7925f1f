"""`kind = "http"`: a till's JSON becomes a `Request`, a `Payment` becomes the till's JSON.

    [tills.NAME]
    kind = "http"      # nothing more: it is served on [web] listen (docs/http-api.md)

Pure: no I/O, no clock. The field names and their rules are DESIGN, section 7.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from daemon.masking import masked
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Mode, Payment, Reason, Ref, State
from daemon.tills.base import Request

MAX_DESCRIPTION = 128
"""Characters of a description; a gateway shortens it further where its provider takes fewer."""

MAX_TTL_S = 3600.0
"""The longest a till may let a payment wait for its payer. Own: payers' codes live a minute, QR orders two hours at most."""

_REF = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SCHEME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_MAX_UNKNOWN = 10  # names of unknown fields that are told; one is enough to see what is wrong


class Invalid(ValueError):
    """A request that asks for something impossible. `fields`: for each wrong one what is wrong and what is expected."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("wrong: " + ", ".join(fields))
        self.fields = fields


class _Wrong(Exception):
    """One field is wrong; the text says what it is and what is expected, and never quotes the value."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a till may ask for: `max_amount` is in minor units, `currency` is the box's own."""

    currency: str
    max_amount: int


def is_ref(text: str) -> bool:
    return _REF.fullmatch(text) is not None


def parse_request(ref: str, body: Mapping[str, Any], till: str, terms: Terms) -> Request:
    """The request in a parsed body. Raises Invalid, naming every wrong field at once."""
    wrong = _strangers(body)
    if not is_ref(ref):
        wrong["ref"] = "expected 1 to 64 of A-Z a-z 0-9 . _ -"
    if "amount" not in body:
        wrong["amount"] = f"missing; expected {_amount_rule(terms)}"
    taken: dict[str, Any] = {}
    for name, take in _FIELDS.items():
        if name in body:
            try:
                taken[name] = take(body[name], terms)
            except _Wrong as error:
                wrong[name] = str(error)
    if wrong:
        raise Invalid(wrong)
    amount = Amount(Minor(taken.pop("amount")), taken.pop("currency", terms.currency))
    return Request(Ref(ref), till, amount, **taken)


def _strangers(body: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with fields that nobody knows. A mistyped `ttl_s` must not pass for none."""
    names = [name for name in body if name not in _FIELDS][:_MAX_UNKNOWN]
    return {masked(name[:64]): f"unknown; expected only {', '.join(_FIELDS)}" for name in names}


def _amount_rule(terms: Terms) -> str:
    return f"a whole number from 1 to {terms.max_amount}, in the smallest unit of {terms.currency}"


def _amount(value: object, terms: Terms) -> int:
    if type(value) is not int:  # 12.0, 1e3 and true are refused: whoever writes them may mean 12 yuan
        raise _Wrong(f"this is {_kind(value)}; expected {_amount_rule(terms)}, written without point or exponent")
    if not 1 <= value <= terms.max_amount:
        raise _Wrong(f"out of range; expected {_amount_rule(terms)}")
    return value


def _currency(value: object, terms: Terms) -> str:
    if value != terms.currency:
        raise _Wrong(f'this box takes "{terms.currency}" only; the field may be left out')
    return terms.currency


def _mode(value: object, _terms: Terms) -> Mode:
    if not isinstance(value, str) or value not in set(Mode):
        raise _Wrong('expected "scan" (the payer shows a code) or "show" (the box shows a QR code)')
    return Mode(value)


def _scheme(value: object, _terms: Terms) -> str:
    if not isinstance(value, str) or not _SCHEME.fullmatch(value):
        raise _Wrong('expected the name of a scheme in [routes], such as "wechat" or "alipay"')
    return value


def _description(value: object, _terms: Terms) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"this is {_kind(value)}; expected a text of at most {MAX_DESCRIPTION} characters")
    if len(value) > MAX_DESCRIPTION:
        raise _Wrong(f"{len(value)} characters; expected at most {MAX_DESCRIPTION}")
    if not all(is_writable(character) for character in value):
        raise _Wrong("a control character or half of a character; expected plain text on one line")
    return value


def is_writable(character: str) -> bool:
    """Whether UTF-8 and XML can carry it, and a receipt print it on one line (XML 1.0, section 2.2)."""
    return unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp") and character not in "\ufffe\uffff"


def _ttl_s(value: object, _terms: Terms) -> float:
    rule = f"expected seconds, more than 0 and at most {MAX_TTL_S:g}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(f"this is {_kind(value)}; {rule}")
    if not math.isfinite(value) or not 0 < value <= MAX_TTL_S:
        raise _Wrong(f"out of range; {rule}")
    return float(value)


_FIELDS: dict[str, Callable[[object, Terms], Any]] = {
    "amount": _amount,
    "currency": _currency,
    "mode": _mode,
    "scheme": _scheme,
    "description": _description,
    "ttl_s": _ttl_s,
}


def _kind(value: object) -> str:
    """What sort of JSON value it is, in words; never the value."""
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number with a point or exponent", str: "a text", list: "a list"}
    return names.get(type(value), "an object")


def payment_json(payment: Payment) -> dict[str, Any]:
    """A payment as a till is told it: exactly these names, whatever its state."""
    return {
        "ref": payment.ref,
        "amount": payment.amount.minor,
        "currency": payment.amount.currency,
        "mode": payment.mode.value,
        "state": payment.state.value,
        "final": payment.state.is_final,
        "reason": _payment_reason(payment),
        "attempts": [_attempt_json(attempt) for attempt in payment.attempts],
        "created_at": payment.created_at,
        "updated_at": payment.updated_at,
        "paid_at": payment.paid_at,
    }


def _payment_reason(payment: Payment) -> dict[str, str] | None:
    """Why it ended, in every final state but `paid`, and why it is in doubt. An open payment's refusals are its attempts'."""
    state = payment.state
    if state is State.PAID or not (state.is_final or state is State.IN_DOUBT):
        return None
    return _reason_json(payment.reason or Reason(state.value, ""))


def _attempt_json(attempt: Attempt) -> dict[str, Any]:
    return {
        "out_trade_no": attempt.out_trade_no,
        "gateway": attempt.gateway,
        "scheme": attempt.scheme,
        "trade_no": attempt.trade_no,
        "state": attempt.state.value,
        "reason": None if attempt.reason is None else _reason_json(attempt.reason),
    }


def _reason_json(reason: Reason) -> dict[str, str]:
    return {"code": reason.code, "text": reason.text}
