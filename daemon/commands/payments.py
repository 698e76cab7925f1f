"""`tillbox payments`: what the journal knows, for people and for reconciliation. Reads beside a running box."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Sequence

from daemon import day_csv
from daemon.cli import DONE, FAILED, WRONG
from daemon.commands.configuration import WrongConfigurationError, journal_path
from daemon.day_csv import harmless
from daemon.days import parse_day, span_of
from daemon.journal_file import JournalError, JournalFile
from daemon.lookup import Made
from daemon.payment import Attempt, Payment, Ref
from daemon.tills.base import Entry

PAGE = 200

CSV_COLUMNS = (
    "ref", "out_trade_no", "trade_no", "gateway", "scheme", "amount_minor", "currency", "payment_state", "attempt_state",
    "reason", "created_at", "updated_at", "paid_at",
)  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    if wrong := _wrong_day(arguments):
        print(f"tillbox: {wrong}", file=sys.stderr)
        return WRONG
    try:
        journal = JournalFile.open(journal_path(arguments), create=False)
    except WrongConfigurationError:
        return WRONG
    except JournalError as error:
        return _failed(str(error))
    try:
        return _WHAT[arguments.what](journal, arguments)
    except (JournalError, ValueError) as error:
        return _failed(str(error))
    finally:
        journal.close()


def _list(journal: JournalFile, arguments: argparse.Namespace) -> int:
    for payment in journal.recent(arguments.limit, arguments.before):
        print(_line(payment))
        owing = journal.owing(payment.ref)
        if owing is not None and owing.is_doubtful:
            _print_indented(owing.lines()[1:])
    return DONE


def _show(journal: JournalFile, arguments: argparse.Namespace) -> int:
    payment = journal.find(Ref(arguments.ref))
    if payment is None:
        return _failed(f"no payment has the ref {arguments.ref!r}")
    print(_line(payment))
    if payment.reason:
        print(f"  reason: {payment.reason.code}: {payment.reason.text}")
    for attempt in payment.attempts:
        scheme = f" ({attempt.scheme})" if attempt.scheme else ""
        print(f"  order {attempt.out_trade_no} at {attempt.gateway}{scheme}: {_attempt(attempt)}")
    owing = journal.owing(payment.ref)
    _print_indented([] if owing is None else owing.lines())
    for entry in journal.entries_of(payment.ref):
        print(f"  {_entry(entry)}")
    return DONE


def _print_indented(lines: list[str]) -> None:
    for line in lines:
        print(f"  {line}")


def _wrong_day(arguments: argparse.Namespace) -> str | None:
    """What is wrong with the day that `export` is asked for, if anything."""
    text = getattr(arguments, "day", None)
    if text is None:
        return None
    if arguments.since or arguments.until:
        return "--day: stands by itself; expected without --since and --until"
    try:
        parse_day(text)
    except ValueError as error:
        return f"--day: {error}"
    return None


def _export_day(journal: JournalFile, text: str) -> int:
    """The same bytes as `GET /v1/days/DAY.csv`."""
    span = span_of(parse_day(text))
    sys.stdout.buffer.write(day_csv.head())
    page: Sequence[Made] = ()
    while page := journal.made(span, page[-1] if page else None, day_csv.PAGE):
        sys.stdout.buffer.write(day_csv.lines(page))
    return DONE


def _export(journal: JournalFile, arguments: argparse.Namespace) -> int:
    if arguments.day is not None:
        return _export_day(journal, arguments.day)
    writer = csv.writer(sys.stdout)
    writer.writerow(CSV_COLUMNS)
    for payment in _between(journal, arguments.since or "", arguments.until or "~"):
        for attempt in payment.attempts:
            writer.writerow([harmless(value) for value in _csv_row(payment, attempt)])
    return DONE


def _between(journal: JournalFile, since: str, until: str) -> Iterator[Payment]:
    """Newest first, in pages, so that the box's journal is never read for long."""
    page = journal.recent(PAGE)
    while page:
        yield from (payment for payment in page if since <= payment.created_at < until)
        page = journal.recent(PAGE, before=page[-1].ref)


def _csv_row(payment: Payment, attempt: Attempt) -> tuple[object, ...]:
    reason = attempt.reason or payment.reason
    return (
        payment.ref, attempt.out_trade_no, attempt.trade_no or "", attempt.gateway, attempt.scheme, payment.amount.minor,
        payment.amount.currency, payment.state.value, attempt.state.value, reason.code if reason else "", payment.created_at,
        payment.updated_at, payment.paid_at or "",
    )  # fmt: skip


def _line(payment: Payment) -> str:
    seen_to = ", seen to" if payment.is_seen_to else ""
    return f"{payment.created_at}  {payment.ref:<24}  {payment.amount.text:>12}  {payment.state}{seen_to}"


def _attempt(attempt: Attempt) -> str:
    reason = f" ({attempt.reason.code}: {attempt.reason.text})" if attempt.reason else ""
    number = f", {attempt.trade_no}" if attempt.trade_no else ""
    errand = f", still to do: {attempt.errand}" if attempt.is_open else ""
    return f"{attempt.state}{reason}{number}{errand}"


def _entry(entry: Entry) -> str:
    detail = " ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in entry.detail.items())
    return f"{entry.seq:>6}  {entry.at}  {entry.event:<14}  -> {entry.state:<13}  {detail}".rstrip()


def _failed(text: str) -> int:
    print(f"tillbox: {text}", file=sys.stderr)
    return FAILED


_WHAT = {"list": _list, "show": _show, "export": _export}
