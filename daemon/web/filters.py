"""What `GET /v1/payments` is asked for, read from its query: every wrong filter is named at once, with what is expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

from aiohttp import web

from daemon.days import parse_day, span_of
from daemon.lookup import Span, Wanted
from daemon.payment import State
from daemon.tills.http import is_ref
from daemon.web.errors import Problem

_LISTED = 50  # payments in a list when nobody says how many; own
_MOST_LISTED = 500
_AMOUNT = re.compile(r"[0-9]{1,15}")
_ORDER = re.compile(r"[!-~]{4,128}")  # shorter beginnings are those of all orders; 128: what a provider's number may have


def limit_of(request: web.Request) -> int:
    """Raises Problem 422."""
    text = request.query.get("limit", str(_LISTED))
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= _MOST_LISTED):
        raise Problem(422, "invalid", "wrong: limit", {"limit": f"expected a whole number from 1 to {_MOST_LISTED}"})
    return int(text)


def wrong_before() -> Problem:
    rule = {"before": "expected the ref of a payment, or a time like 2025-03-01T09:30:00Z"}
    return Problem(422, "invalid", "wrong: before", rule)


def wanted_of(request: web.Request, zone: tzinfo | None = None) -> Wanted | None:
    """The filters; None where none is given. `zone`: of days, where it is not the box's own. Raises Problem 422."""
    taken: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, (field, take, rule) in _FILTERS.items():
        texts = request.query.getall(name, [])
        if len(texts) > 1:
            wrong[name] = f"given more than once; expected {rule}"
            continue
        try:
            for text in texts:
                taken[field] = take(text, zone)
        except ValueError:
            wrong[name] = f"expected {rule}"
    if wrong:
        raise Problem(422, "invalid", "wrong: " + ", ".join(wrong), wrong)
    return Wanted(**taken) if taken else None


def _ref(text: str, _zone: tzinfo | None) -> str:
    return _fits(text, is_ref(text))


def _order(text: str, _zone: tzinfo | None) -> str:
    return _fits(text, _ORDER.fullmatch(text))


def _amount(text: str, _zone: tzinfo | None) -> int:
    return int(_fits(text, _AMOUNT.fullmatch(text) and int(text) > 0))


def _day(text: str, zone: tzinfo | None) -> Span:
    return span_of(parse_day(text), zone)


def _states(text: str, _zone: tzinfo | None) -> frozenset[State]:
    return frozenset(State(word) for word in text.split(","))


def _fits(text: str, fits: object) -> str:
    if not fits:
        raise ValueError
    return text


_FILTERS: Mapping[str, tuple[str, Callable[[str, tzinfo | None], Any], str]] = {
    "ref": ("ref", _ref, "a payment's ref or its beginning, 1 to 64 of A-Z a-z 0-9 . _ -"),
    "order": ("order", _order, "an order's number, the box's or the provider's, or 4 characters at least of its beginning"),
    "amount": ("amount_minor", _amount, "a whole number from 1, in the smallest unit of the currency"),
    "day": ("made", _day, "a day like 2026-11-21"),
    "state": ("states", _states, "one or several, with commas between them, of " + ", ".join(State)),
}
