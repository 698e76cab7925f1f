"""The journal's file as it is read: payments, their time lines, what is owed, what people look for. `daemon.journal_file` writes it.

Blocking, as all of the file; every row is held against its seal before anything is made of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from daemon import goods_rows, lookup_rows, tellings
from daemon.goods import Owing
from daemon.journal_error import CorruptError, damage_in, translated
from daemon.lookup import Made, Span, Wanted
from daemon.payment import Payment, Ref
from daemon.rows import entry_from, moment, payment_from
from daemon.seals import check_event, check_payment
from daemon.tills.base import Entry, Telling

_NEWEST = 2**63 - 1  # no payment has that number: SQLite gives it to none


class JournalReader:
    """Reads through one connection. Its methods raise JournalError where the file cannot be read, CorruptError where a row is not as it
    was stored."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def meta(self, key: str) -> str | None:
        row = self._one("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else row["value"]

    def find(self, ref: Ref) -> Payment | None:
        row = self._one("SELECT * FROM payments WHERE ref = ?", (ref,))
        return None if row is None else self._payment(row)

    def telling(self, ref: Ref) -> Telling | None:
        with translated():
            told = tellings.of(self._db, ref)
        return None if told is None else self._telling(told)

    def last_telling(self, till: str) -> Telling | None:
        with translated():
            told = tellings.last(self._db, till)
        return None if told is None else self._telling(told)

    def owed(self, till: str, limit: int) -> list[Telling]:
        """What that till has not acknowledged, newest payment first, and those without an end."""
        with translated():
            rows = tellings.owed(self._db, till, limit)
        return [self._telling(told) for told in rows]

    def _telling(self, told: tellings.Told) -> Telling:
        return Telling(self._listed(told.ref), told.seq, told.got)

    def _listed(self, ref: Ref) -> Payment:
        payment = self.find(ref)
        if payment is None:
            raise CorruptError(f"payment {ref!r} is in one list and not in the other")
        return payment

    def owing(self, ref: Ref) -> Owing | None:
        """The goods of a payment; None where none were ever owed."""
        with translated():
            row = goods_rows.of(self._db, ref)
        return None if row is None else row.owing(self._listed(ref))

    def open_goods(self, till: str) -> list[Owing]:
        """What is still to be done for that till, oldest payment first."""
        with translated():
            rows = goods_rows.still_open(self._db, till)
        return [row.owing(self._listed(row.ref)) for row in rows]

    def orphaned_goods(self, served: Collection[tuple[str, str]]) -> list[Owing]:
        """What is open for tills, or of units, that are not served any more."""
        with translated():
            rows = goods_rows.orphans(self._db, served)
        return [row.owing(self._listed(row.ref)) for row in rows]

    def open_payments(self) -> list[tuple[Payment, str]]:
        """Every payment that is not at its end, oldest first, each with the boot its moments belong to."""
        rows = self._all("SELECT * FROM payments WHERE is_open ORDER BY number", ())
        return [(self._payment(row), row["boot"]) for row in rows]

    def recent(self, limit: int, before: str | None = None) -> list[Payment]:
        """Newest first; before the payment of that ref, or before that RFC 3339 time. ValueError where `before` is neither."""
        column, value = self._before(before) or ("number", _NEWEST)
        rows = self._all(f"SELECT * FROM payments WHERE {column} < ? ORDER BY number DESC LIMIT ?", (value, limit))  # noqa: S608  # columns of ours
        return [self._payment(row) for row in rows]

    def _before(self, before: str | None) -> tuple[str, str | int] | None:
        """The column that must be less than the value. ValueError where `before` is neither a ref nor a time."""
        if before is None:
            return None
        row = self._one("SELECT number FROM payments WHERE ref = ?", (before,))
        return ("created_at", moment(before)) if row is None else ("number", row["number"])

    def plan(self, wanted: Wanted, before: str | None) -> lookup_rows.Plan:
        """How to look for payments, newest first; `before` as for `recent`."""
        start = self._before(before)
        with translated():
            return lookup_rows.plan_of(self._db, wanted, start)

    def fitting(self, plan: lookup_rows.Plan, numbers: Sequence[int], limit: int) -> list[Payment]:
        """One step of it: those among the numbers that fit, newest first."""
        with translated():
            rows = lookup_rows.fitting(self._db, plan, numbers, limit)
        return [self._payment(row) for row in rows]

    def rest_of(self, plan: lookup_rows.Plan) -> Ref | None:
        """Before which payment to go on after the last step; None where that was all."""
        with translated():
            ref = lookup_rows.rest_of(self._db, plan)
        return None if ref is None else Ref(ref)

    def made(self, span: Span, after: Made | None, limit: int) -> list[Made]:
        """The payments made in that span, oldest first, after the last of the page before. As they stand at one moment, also where a
        running box writes beside."""
        place = None if after is None else (after.payment.created_at, after.number)
        with self._snapshot():
            return [self._made(row) for row in lookup_rows.made(self._db, span, place, limit)]

    def _made(self, row: sqlite3.Row) -> Made:
        payment = self._payment(row)
        event = lookup_rows.ended_by(self._db, row) if payment.state.is_final else None
        if event is not None:
            check_event(event)
        return Made(row["number"], payment, None if event is None else event["at"], bool(row["is_doubtful"]))

    def in_doubt(self) -> int:
        """How many payments a person must look at."""
        row = self._one(f"SELECT count(*) FROM ({lookup_rows.IN_DOUBT})", ())  # noqa: S608  # a constant of ours
        return 0 if row is None else row[0]

    def entries(self, after_seq: int, limit: int) -> list[Entry]:
        """The event list after that number, oldest first."""
        sql = "SELECT e.*, p.ref FROM events e JOIN payments p ON p.number = e.payment WHERE seq > ? ORDER BY seq LIMIT ?"
        return self._entries(sql, (after_seq, limit))

    def entries_of(self, ref: Ref, after_seq: int = 0, limit: int = -1) -> list[Entry]:
        """One payment's event list after that number, oldest first; all of it where no limit is given."""
        sql = "SELECT e.*, p.ref FROM events e JOIN payments p ON p.number = e.payment WHERE p.ref = ? AND seq > ? ORDER BY seq LIMIT ?"
        return self._entries(sql, (ref, after_seq, limit))

    def last_seq(self) -> int:
        row = self._one("SELECT max(seq) FROM events", ())
        return 0 if row is None or row[0] is None else row[0]

    def _payment(self, row: sqlite3.Row) -> Payment:
        attempts = self._all("SELECT * FROM attempts WHERE payment = ? ORDER BY rowid", (row["number"],))
        check_payment(row, attempts)
        with damage_in(f"payment {row['ref']!r}"):
            return payment_from(row, attempts)

    def _entries(self, sql: str, values: tuple[Any, ...]) -> list[Entry]:
        rows = self._all(sql, values)
        for row in rows:
            check_event(row)
        with damage_in("the list of events"):
            return [entry_from(row) for row in rows]

    # -- SQLite --

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Several reads of one moment. A payment's row and those of its orders, read around a write of another process, would not fit
        each other, and look damaged."""
        with translated():
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("COMMIT")

    def _one(self, sql: str, values: tuple[Any, ...]) -> sqlite3.Row | None:
        with translated():
            row: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
            return row

    def _all(self, sql: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
        with translated():
            return self._db.execute(sql, values).fetchall()
