"""The journal's list of what tills that acknowledge were told: rows, and back. Blocking; used by `daemon.journal_file` alone.

The obligation to tell an end is stored with the end itself, in one transaction; only "got" is written later.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from daemon.payment import Payment, Ref
from daemon.tills.base import end_of

_PUT = """
INSERT INTO tellings (payment, till, told, seq) VALUES (?, ?, ?, ?)
ON CONFLICT (payment) DO UPDATE SET told = excluded.told, seq = excluded.seq, got = 0 WHERE told IS NOT excluded.told
"""
_ROWS = "SELECT p.ref, t.seq, t.got FROM tellings t JOIN payments p ON p.number = t.payment"


@dataclass(frozen=True, slots=True)
class Told:
    """One row: `seq` is the number of the payment's newest end, None while it has none."""

    ref: Ref
    seq: int | None
    got: bool


def put(db: sqlite3.Connection, number: int, payment: Payment, seq: int) -> None:
    """The payment stored as `number` was stored with the event `seq`: what its till is owed now. An end that it was told
    already stays as it is."""
    end = end_of(payment)
    db.execute(_PUT, (number, payment.till, end, None if end is None else seq))


def of(db: sqlite3.Connection, ref: Ref) -> Told | None:
    return _first(db.execute(f"{_ROWS} WHERE p.ref = ?", (ref,)))


def last(db: sqlite3.Connection, till: str) -> Told | None:
    """Of the payment that this till asked for last."""
    return _first(db.execute(f"{_ROWS} WHERE t.till = ? ORDER BY t.payment DESC LIMIT 1", (till,)))


def owed(db: sqlite3.Connection, till: str, limit: int) -> list[Told]:
    """What this till has not acknowledged, newest payment first; those without an end among them."""
    return [_told(row) for row in db.execute(f"{_ROWS} WHERE t.till = ? AND t.got = 0 ORDER BY t.payment DESC LIMIT ?", (till, limit))]


def set_got(db: sqlite3.Connection, till: str, seq: int) -> bool:
    """The till has that end. Whether it was owed."""
    return db.execute("UPDATE tellings SET got = 1 WHERE till = ? AND got = 0 AND seq = ?", (till, seq)).rowcount > 0


def _first(rows: sqlite3.Cursor) -> Told | None:
    row = rows.fetchone()
    return None if row is None else _told(row)


def _told(row: sqlite3.Row) -> Told:
    return Told(Ref(row["ref"]), row["seq"], bool(row["got"]))
