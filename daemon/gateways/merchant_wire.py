"""What box and merchant's backend say to each other, by docs/merchant-backend.yaml: bodies out, orders and problems in.

Pure: no I/O, no judgement about money. Reading is strict about the fields that the box acts on and deaf to all others.
Every text that a person may come to see is made plain first: bounded, printable, and with anything that could be a payer's
code masked, because a backend may echo what it was sent (P10).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from daemon.codes import AuthCode
from daemon.gateways.base import refund_number
from daemon.gateways.settings import Place
from daemon.masking import masked
from daemon.payment import Attempt

_Word = TypeVar("_Word", bound=Enum)
_Kind = TypeVar("_Kind")

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"  # RFC 9457

_JSON_NAMES: dict[type, str] = {dict: "an object", str: "a text"}
_WORD_MAX = 128  # characters of a number or code
_LATEST = 253_402_300_799  # the end of the year 9999 as Unix time; milliseconds lie beyond it
_QR_MAX = 2953  # bytes of the largest QR code there is (ISO/IEC 18004, version 40-L); what fits the panel is for others to say


class OrderState(str, Enum):
    """Where an order stands, as the backend spells it."""

    CONFIRMING = "confirming"
    UNPAID = "unpaid"
    PAID = "paid"
    REFUSED = "refused"
    CLOSED = "closed"
    REVOKING = "revoking"
    REVOKED = "revoked"
    REFUNDED = "refunded"
    UNKNOWN = "unknown"

    __str__ = str.__str__


class ProblemCode(str, Enum):
    """Why the backend did not do what it was asked; each comes with its own HTTP status (`STATUS`)."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    CLOCK_SKEW = "clock_skew"
    REPLAYED = "replayed"
    FORBIDDEN = "forbidden"
    UNKNOWN_ORDER = "unknown_order"
    CONFLICT = "conflict"
    REVOKE_REFUSED = "revoke_refused"
    CLOSE_REFUSED = "close_refused"
    REFUND_REFUSED = "refund_refused"
    INVALID = "invalid"
    TOO_MANY = "too_many"

    __str__ = str.__str__


STATUS = {
    ProblemCode.MALFORMED: 400,
    ProblemCode.UNAUTHENTICATED: 401,
    ProblemCode.CLOCK_SKEW: 401,
    ProblemCode.REPLAYED: 401,
    ProblemCode.FORBIDDEN: 403,
    ProblemCode.UNKNOWN_ORDER: 404,
    ProblemCode.CONFLICT: 409,
    ProblemCode.REVOKE_REFUSED: 409,
    ProblemCode.CLOSE_REFUSED: 409,
    ProblemCode.REFUND_REFUSED: 409,
    ProblemCode.INVALID: 422,
    ProblemCode.TOO_MANY: 429,
}


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the backend sees it. `state` is None where the backend said a word that this box does not know."""

    out_trade_no: str
    minor: int
    currency: str
    state: OrderState | None
    store_id: str
    terminal_id: str
    trade_no: str | None
    code: str  # the reason's, empty where there is none
    text: str
    payer_can_mend: bool
    qr: str | None


@dataclass(frozen=True, slots=True)
class Complaint:
    """A problem body. `problem` is None where the code is unknown or does not go with the HTTP status."""

    problem: ProblemCode | None
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer to a box check. `now` is the backend's Unix time in seconds."""

    store_id: str
    terminal_id: str
    now: int


# -- out --


def charge(attempt: Attempt, place: Place, auth_code: AuthCode) -> bytes:
    return _body({**_order(attempt, place), "auth_code": auth_code.reveal(), **_about(attempt)})


def qr_order(attempt: Attempt, place: Place) -> bytes:
    return _body({**_order(attempt, place), **_about(attempt)})


def ending(attempt: Attempt, place: Place) -> bytes:
    """The body of revoke and close: enough for the backend to know the order even if its charge never arrived."""
    return _body(_order(attempt, place))


def refund(attempt: Attempt, place: Place) -> bytes:
    return _body({**_order(attempt, place), "refund_no": refund_number(attempt)})


def box_check(place: Place) -> bytes:
    return _body(_place(place))


def _order(attempt: Attempt, place: Place) -> dict[str, Any]:
    amount = attempt.amount
    return {"out_trade_no": attempt.out_trade_no, "amount": amount.minor, "currency": amount.currency, **_place(place)}


def _place(place: Place) -> dict[str, Any]:
    return {"store_id": place.store_id, "terminal_id": place.terminal_id}


def _about(attempt: Attempt) -> dict[str, Any]:
    return {"scheme": attempt.scheme, "description": attempt.description}


def _body(fields: dict[str, Any]) -> bytes:
    # "replace": half a surrogate pair that some till sent must not stop a sale.
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


# -- in --


def parse_order(body: bytes) -> Order:
    """Raises ValueError with what is wrong, without repeating any of it."""
    fields = _object(body)
    reason = _of(dict, fields.get("reason") or {}, "reason")
    return Order(
        out_trade_no=_word(fields, "out_trade_no"),
        minor=_whole(fields, "amount"),
        currency=_word(fields, "currency"),
        state=_member(OrderState, _word(fields, "state")),
        store_id=_word(fields, "store_id"),
        terminal_id=_word(fields, "terminal_id"),
        trade_no=_word(fields, "trade_no") if fields.get("trade_no") is not None else None,
        code=_plain(reason.get("code")),
        text=_plain(reason.get("text")),
        payer_can_mend=reason.get("payer_can_mend") is True,
        qr=_qr(fields["qr"]) if fields.get("qr") is not None else None,
    )


def parse_complaint(status: int, body: bytes) -> Complaint:
    """Raises ValueError. The wallet's own reason, where the backend passes it on, comes before the backend's words."""
    fields = _object(body)
    spelled = _word(fields, "code")
    problem = _member(ProblemCode, spelled)
    reason = fields.get("reason")
    wallet = reason if isinstance(reason, dict) else {}
    code = _plain(wallet.get("code")) or _plain(spelled)
    text = _plain(wallet.get("text")) or _plain(fields.get("detail")) or _plain(fields.get("title"))
    return Complaint(problem if problem and STATUS[problem] == status else None, code, text)


def parse_welcome(body: bytes) -> Welcome:
    """Raises ValueError."""
    fields = _object(body)
    now = _whole(fields, "now")
    if not 0 <= now <= _LATEST:
        raise ValueError("now is no time in seconds")
    return Welcome(_word(fields, "store_id"), _word(fields, "terminal_id"), now)


def _object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body.decode("utf-8"), object_pairs_hook=_unique)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None  # the cause holds the body
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except json.JSONDecodeError:
        raise ValueError("not JSON") from None  # the cause holds the body
    return _of(dict, parsed, "the body")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values under one name are read differently by different programs: neither counts."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name occurs twice in an object")
    return fields


def _of(kind: type[_Kind], value: object, name: str) -> _Kind:
    if not isinstance(value, kind):
        raise ValueError(f"{name} is not {_JSON_NAMES[kind]}")  # noqa: TRY004  # what came is wrong, not how we were called
    return value


def _word(fields: dict[str, Any], name: str) -> str:
    value = _of(str, fields.get(name), name)
    if len(value) > _WORD_MAX or not value.isprintable():
        raise ValueError(f"{name} is longer than {_WORD_MAX} characters, or not printable")
    return value


def _qr(value: object) -> str:
    text = _of(str, value, "qr")
    if len(text) > _QR_MAX or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError(f"qr is longer than {_QR_MAX} characters, or not Unicode")
    return text


def _whole(fields: dict[str, Any], name: str) -> int:
    value = fields.get(name)
    if type(value) is not int:  # true is an int to isinstance, and 12.0 is not a whole number here
        raise ValueError(f"{name} is not a whole number")
    return value


def _member(kind: type[_Word], text: str) -> _Word | None:
    return kind(text) if text in [word.value for word in kind] else None


def _plain(value: object) -> str:
    """A text for people, harmless: empty where it is none."""
    return masked(value).strip() if isinstance(value, str) else ""
