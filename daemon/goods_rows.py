"""The journal's list of goods that are owed: rows, and back. Blocking; used by `daemon.journal_file` alone.

That goods are owed is stored with `paid` itself, in one transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from daemon.goods import Owing, Stand, Ware
from daemon.journal_error import CorruptError, damage_in
from daemon.payment import Payment, Ref, State
from daemon.seals import seal

COLUMNS = ("payment", "till", "unit", "units", "begun", "done", "doubtful", "stands", "note", "is_open")
# The bracket word for word as in its index, or SQLite does not use it.
IN_DOUBT = "(g.stands = 'in_doubt' OR g.doubtful <> '[]') AND g.stands <> 'seen_to'"
_ADD = f"INSERT INTO goods ({', '.join(COLUMNS)}, seal) VALUES ({', '.join('?' * (len(COLUMNS) + 1))}) ON CONFLICT (payment) DO NOTHING"  # noqa: S608  # names of ours
_CHANGE = f"UPDATE goods SET {', '.join(f'{column} = ?' for column in COLUMNS[1:])}, seal = ? WHERE payment = ?"  # noqa: S608  # as said
_ROWS = "SELECT g.*, p.ref FROM goods g JOIN payments p ON p.number = g.payment"
_OPEN_ROWS = _ROWS.replace("goods g", "goods g INDEXED BY goods_open")  # SQLite would rather scan all of a table that it deems small
_LATE = "the payment was proven too late for its goods"


@dataclass(frozen=True, slots=True)
class Row:
    """One row, with the ref of its payment, which is read by itself."""

    ref: Ref
    till: str
    unit: str
    units: int
    begun: int
    done: int
    doubtful: tuple[int, ...]
    stands: Stand
    note: str
    is_open: bool

    def owing(self, payment: Payment) -> Owing:
        return Owing(payment, self.unit, self.units, self.begun, self.done, self.doubtful, self.stands, self.note, self.is_open)


def state_on_disk(db: sqlite3.Connection, ref: Ref) -> str | None:
    """What the payment was before what is stored now; to be asked before it is."""
    row = db.execute("SELECT state FROM payments WHERE ref = ?", (ref,)).fetchone()
    return None if row is None else row[0]


def owe(db: sqlite3.Connection, number: int, payment: Payment, ware: Ware, before: str | None) -> None:
    """The payment stored as `number` is what it is now: once it has come to be paid, its goods are owed. A payment that was in doubt
    has lost its payer, who went away without goods: nobody else gets them, and the money goes back."""
    if payment.state is not State.PAID or before == State.PAID.value:
        return
    owing = Owing(payment, ware.unit, ware.units(payment.amount))
    if before == State.IN_DOUBT.value:
        owing = owing.end(_LATE)
    values = _values(owing, number)
    db.execute(_ADD, (*values, seal(*values)))


def change(db: sqlite3.Connection, owing: Owing) -> None:
    """Raises KeyError where there is no such row."""
    row = db.execute("SELECT number FROM payments WHERE ref = ?", (owing.payment.ref,)).fetchone()
    values = _values(owing, -1 if row is None else row[0])
    if db.execute(_CHANGE, (*values[1:], seal(*values), values[0])).rowcount != 1:
        raise KeyError(owing.payment.ref)


def of(db: sqlite3.Connection, ref: Ref) -> Row | None:
    row = db.execute(f"{_ROWS} WHERE p.ref = ?", (ref,)).fetchone()
    return None if row is None else _row(row)


def still_open(db: sqlite3.Connection, till: str) -> list[Row]:
    """What is still to be done for that till, oldest payment first."""
    return [_row(row) for row in db.execute(f"{_OPEN_ROWS} WHERE g.is_open AND g.till = ? ORDER BY g.payment", (till,))]


def orphans(db: sqlite3.Connection, served: Collection[tuple[str, str]]) -> list[Row]:
    """What is open for a till, or of a unit, that this box no longer has (`served`: till and unit); all that is open is looked at, and
    CorruptError raised where it is damaged."""
    rows = [_row(row) for row in db.execute(f"{_OPEN_ROWS} WHERE g.is_open ORDER BY g.payment")]
    return [row for row in rows if (row.till, row.unit) not in served]


def _values(owing: Owing, number: int) -> tuple[object, ...]:
    """In the order of `COLUMNS`."""
    doubtful = json.dumps(owing.doubtful, separators=(",", ":"))
    counts = (owing.units, owing.begun, owing.done)
    return number, owing.payment.till, owing.unit, *counts, doubtful, owing.stands.value, owing.note, int(owing.is_open)


def _row(row: sqlite3.Row) -> Row:
    """Raises CorruptError on one that is not as it was stored."""
    if row["seal"] != seal(*(row[column] for column in COLUMNS)):
        raise CorruptError(f"the goods of payment {row['ref']!r} are damaged: they are not as they were stored")
    with damage_in(f"the goods of payment {row['ref']!r}"):
        doubtful = tuple(json.loads(row["doubtful"]))
        counts = (row["units"], row["begun"], row["done"])
        return Row(Ref(row["ref"]), row["till"], row["unit"], *counts, doubtful, Stand(row["stands"]), row["note"], bool(row["is_open"]))
