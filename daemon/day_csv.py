"""A day's orders as CSV, for reconciliation with the providers' bills: RFC 4180, UTF-8, a header, then a row for each order.

An order is of the day on which its payment was asked for. Whatever a spreadsheet would run as a formula gets an apostrophe before it,
so that it is read as the text it is (https://owasp.org/www-community/attacks/CSV_Injection); numbers of payments and orders that
begin with a hyphen are such texts, and a program that reads the file takes the apostrophe off again.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import tzinfo

from daemon.days import local_time
from daemon.errands import KEPT_FOR_A_PERSON
from daemon.lookup import Made
from daemon.payment import Attempt, State

PAGE = 25  # payments read at a time, each with its orders and its last event: some milliseconds of the journal's one thread

COLUMNS = (
    "made", "ended", "ref", "till", "out_trade_no", "trade_no", "gateway", "scheme", "amount_minor", "amount", "currency", "state",
    "payment_state", "reason", "refunded", "in_doubt",
)  # fmt: skip

# As OWASP lists them, with the wide forms that some spreadsheets take for the same.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(value: object) -> object:
    """A cell that no spreadsheet runs."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def head() -> bytes:
    return _lines([COLUMNS])


def lines(page: Iterable[Made], zone: tzinfo | None = None) -> bytes:
    """The rows of those payments, in the times of that zone (None: the box's own)."""
    return _lines(_row(made, attempt, zone) for made in page for attempt in made.payment.attempts)


def _lines(rows: Iterable[tuple[object, ...]]) -> bytes:
    import csv  # by a box that is asked for a day, and not before

    text = io.StringIO(newline="")
    csv.writer(text).writerows([harmless(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace")  # half a character is no reason to be without the day's file


def _row(made: Made, attempt: Attempt, zone: tzinfo | None) -> tuple[object, ...]:
    payment = made.payment
    reason = attempt.reason or payment.reason
    return (
        local_time(payment.created_at, zone), "" if made.ended_at is None else local_time(made.ended_at, zone), payment.ref,
        payment.till, attempt.out_trade_no, attempt.trade_no or "", attempt.gateway, attempt.scheme, attempt.amount.minor,
        attempt.amount.decimal, attempt.amount.currency, attempt.state.value, payment.state.value, reason.code if reason else "",
        _yes(attempt.state is State.REFUNDED), _yes(_is_doubtful(made, attempt)),
    )  # fmt: skip


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _is_doubtful(made: Made, attempt: Attempt) -> bool:
    """Whether this order is why a person must look at its payment: the one whose money or goods are not as they should be."""
    kept = attempt.reason is not None and attempt.reason.code in KEPT_FOR_A_PERSON and attempt.state is not State.REFUNDED
    return made.is_doubtful and (kept or attempt.state in (State.IN_DOUBT, State.PAID))
