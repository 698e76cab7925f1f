"""The journal's file: SQLite, written so that what was stored survives a power cut. Blocking; one thread at a time.

WAL with `synchronous=FULL` costs one fdatasync a commit and loses nothing that was committed; `NORMAL`, which many guides
name, would lose the last commits.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from daemon import goods_rows, tellings
from daemon.fleet import place
from daemon.fleet.place import Place
from daemon.goods import Owing, Ware
from daemon.journal_error import CorruptError, JournalError, translated
from daemon.journal_reader import JournalReader
from daemon.kept import log_kept, refuse_emptied
from daemon.payment import Payment
from daemon.rows import ATTEMPT_COLUMNS, EVENT_COLUMNS, PAYMENT_COLUMNS, attempt_values, payment_values
from daemon.seals import payment_seal, seal, seal_all
from daemon.tills.base import Entry

__all__ = ["CorruptError", "JournalError", "JournalFile", "Note"]

log = logging.getLogger(__name__)

T = TypeVar("T")

_SCHEMA = Path(__file__).with_name("schema")
CHECK_BELOW = 8 * 2**20  # bytes; a whole check takes about 1 s per 100 MB on a PC, and start-up must not grow with history
_SEALED = 2  # the step of the schema that brought the seals
# `ifnull`: most payments have no reason, and NULL is neither in a list nor out of it.
_NOT_PROVEN = (
    "(p.is_open OR p.state = 'in_doubt' OR ifnull(p.reason_code, '') = 'paid_twice'"
    " OR (ifnull(p.reason_code, '') IN ('paid_late', 'goods_failed') AND p.state <> 'refunded'))"
)
_GOODS_NOT_PROVEN = f"EXISTS (SELECT 1 FROM goods g WHERE g.payment = p.number AND (g.is_open OR {goods_rows.IN_DOUBT}))"  # noqa: S608  # as below

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
    "PRAGMA journal_size_limit=1048576",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA trusted_schema=OFF",
)


@dataclass(frozen=True, slots=True)
class Note:
    """What an entry of the event list says, before it has its number."""

    at: str
    out_trade_no: str | None
    event: str
    detail: dict[str, Any]


def _put(table: str, columns: Sequence[str], key: str, fixed: Collection[str]) -> str:
    """SQL that inserts a row, or changes all but the `fixed` columns of the one that has its key. The names are ours."""
    changes = ", ".join(f"{c} = excluded.{c}" for c in columns if c not in fixed)
    row = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608  # as said
    return f"{row} ON CONFLICT ({key}) DO UPDATE SET {changes}"


_PUT_PAYMENT = _put("payments", (*PAYMENT_COLUMNS, "seal"), "ref", {"ref"}) + " RETURNING number"
_PUT_ATTEMPT = _put("attempts", ATTEMPT_COLUMNS, "out_trade_no", ATTEMPT_COLUMNS[:2]) + " WHERE payment = excluded.payment"
_FORGET_ATTEMPTS = "DELETE FROM attempts WHERE payment = ? AND out_trade_no NOT IN (SELECT value FROM json_each(?))"
_APPEND_EVENT = f"INSERT INTO events ({', '.join(EVENT_COLUMNS)}, seal) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  # names of ours


class JournalFile(JournalReader):
    """An open journal. Every method is one whole transaction, and raises JournalError with nothing half done."""

    @classmethod
    def open(cls, path: Path, *, create: bool = True, suspected: bool = False) -> JournalFile:
        """Raises CorruptError where what is there is damaged, JournalError where it cannot be opened or written.

        Where it must not be created, its tables are left as they are too: a running box may use them. One that is suspected of
        damage is checked whole, however large it is.
        """
        try:
            if not create and not path.exists():
                raise JournalError(f"there is no journal at {path}")
            path.parent.mkdir(parents=True, exist_ok=True)
            refuse_emptied(path)
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise JournalError(f"cannot open {path}: {error}") from error
        journal = cls(connection)
        try:
            journal._prepare()
            if suspected or path.stat().st_size < CHECK_BELOW:
                journal._check()
            journal._migrate(may_change=create)
        except CorruptError:
            with log_kept(path):
                journal.drop()
            raise
        except BaseException:
            journal.drop()
            raise
        return journal

    def _prepare(self) -> None:
        self._db.row_factory = sqlite3.Row
        with translated():
            self._db.create_function("seal", -1, seal, deterministic=True)
            for pragma in _PRAGMAS:
                self._db.execute(pragma)
            if self._db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                raise JournalError("its file system cannot hold a write-ahead log, without which the last commits can be lost")

    def _check(self) -> None:
        """Indices, too, which the twice as quick `quick_check` leaves out: what is open is found by one."""
        with translated():
            found = self._db.execute("PRAGMA integrity_check(1)").fetchone()[0]
            self._db.execute("PRAGMA shrink_memory")  # every page was read, and up to 2 MB of them would be kept
        if found != "ok":
            raise CorruptError(f"the file is damaged: {found}")

    def _migrate(self, *, may_change: bool) -> None:
        """Bring the tables to this version, each step in a transaction of its own."""
        steps = sorted(_SCHEMA.glob("*.sql"))
        with translated():
            done = self._version(len(steps), may_change)
            for number, step in enumerate(steps[done:], start=done + 1):
                script = step.read_text(encoding="utf-8")
                self._db.executescript(f"BEGIN IMMEDIATE;\n{script}")
                if number == _SEALED:
                    seal_all(self._db)
                self._db.execute(f"PRAGMA user_version = {number}")
                self._db.execute("COMMIT")

    def _version(self, newest: int, may_change: bool) -> int:
        """How many steps were taken. Raises JournalError where the rest may not be."""
        done: int = self._db.execute("PRAGMA user_version").fetchone()[0]
        if not 0 <= done <= newest:
            raise JournalError(f"the journal was written by a newer version (schema {done}, this one knows {newest})")
        if done == 0 and self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            raise JournalError("the file is a database of another program")
        if done < newest and not may_change:
            raise JournalError(f"the journal was written by an older version (schema {done}); start the box once")
        return done

    def close(self) -> None:
        """Fold the write-ahead log into the file where nobody reads, and close."""
        with closing(self._db):
            try:
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                log.warning('journal_checkpoint_failed error="%s"', error)

    def drop(self) -> None:
        """Close without waiting for anything: after an error."""
        self._db.close()

    # -- writing --

    def store(self, payment: Payment, boot: str, note: Note, *, tells: bool = False, ware: Ware | None = None) -> Entry:
        """The payment as it is now, and what made it so; on disk and synced when this returns. `tells`: its till acknowledges
        what it is told, so what it is owed is kept too. `ware`: its till's machine gives goods, which are owed once it is paid."""

        def write() -> Entry:
            before = None if ware is None else goods_rows.state_on_disk(self._db, payment.ref)
            number = self._put_payment(payment, boot)
            self._forget_attempts(number, payment)
            for attempt in payment.orders:
                self._put_attempt(attempt_values(attempt, number))
            entry = self._append(number, payment, note)
            if tells:
                tellings.put(self._db, number, payment, entry.seq)
            if ware is not None:
                goods_rows.owe(self._db, number, payment, ware, before)
            return entry

        return self._transaction(write)

    def _put_payment(self, payment: Payment, boot: str) -> int:
        values = payment_values(payment, boot)
        sealed = (*values, payment_seal(values, [attempt_values(attempt, 0) for attempt in payment.orders]))
        number: int = self._db.execute(_PUT_PAYMENT, sealed).fetchone()[0]
        return number

    def _forget_attempts(self, number: int, payment: Payment) -> None:
        """Those that this payment does not have. A write whose sync failed may be on the disk all the same, once the file was opened
        anew; whoever asked for it was told that it is not, and nothing was sent for it (P2)."""
        numbers = json.dumps([attempt.out_trade_no for attempt in payment.orders])
        self._db.execute(_FORGET_ATTEMPTS, (number, numbers))

    def _put_attempt(self, values: tuple[Any, ...]) -> None:
        stored = self._db.execute(_PUT_ATTEMPT, values)
        if stored.rowcount != 1:  # nothing may be charged under a number that is not this payment's (P1, P2)
            raise JournalError(f"the order number {values[0]} belongs to another payment")

    def _append(self, number: int, payment: Payment, note: Note) -> Entry:
        detail = json.dumps(note.detail, ensure_ascii=False, separators=(",", ":"))
        values = (note.at, number, note.out_trade_no, note.event, payment.state.value, detail)
        cursor = self._db.execute(_APPEND_EVENT, (*values, seal(*values)))
        seq = cursor.lastrowid or 0
        return Entry(seq, note.at, payment.ref, note.out_trade_no, note.event, payment.state.value, note.detail)

    def prune(self, before: str, limit: int = 200) -> int:
        """Forget payments last changed before that time (RFC 3339 UTC), at most `limit`, oldest first; never one without a
        proven end. How many were forgotten."""

        def write() -> int:
            proven = f"NOT {_NOT_PROVEN} AND NOT {_GOODS_NOT_PROVEN}"
            sql = f"SELECT number FROM payments p WHERE updated_at < ? AND {proven} ORDER BY number LIMIT ?"  # noqa: S608  # constants of ours
            numbers = [row[0] for row in self._db.execute(sql, (before, limit))]
            self._db.executemany("DELETE FROM payments WHERE number = ?", [(n,) for n in numbers])
            return len(numbers)

        return self._transaction(write)

    def set_got(self, till: str, seq: int) -> bool:
        """That till acknowledged the end of that number. Whether it was owed."""
        return self._transaction(lambda: tellings.set_got(self._db, till, seq))

    def put_owing(self, owing: Owing) -> None:
        self._transaction(lambda: goods_rows.change(self._db, owing))

    def fleet_place(self, *, starting: bool) -> Place:
        """How far the fleet's broker has got. `starting`: and this is one start more."""
        return self._transaction(lambda: place.take(self._db, starting=starting))

    def fleet_took(self, journal: str, seq: int) -> None:
        """The broker has that event and every one before it. Not synced: no sale waits for a card on its account, and what a power cut
        takes back is told again. What is stored next, synced, takes this with it."""
        with translated():
            self._db.execute("PRAGMA synchronous=NORMAL")
        try:
            self._transaction(lambda: place.acknowledge(self._db, journal, seq))
        finally:
            with translated():
                self._db.execute("PRAGMA synchronous=FULL")

    def set_meta(self, key: str, value: str | None) -> None:
        def write() -> None:
            if value is None:
                self._db.execute("DELETE FROM meta WHERE key = ?", (key,))
            else:
                self._db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value))

        self._transaction(write)

    # -- SQLite --

    def _transaction(self, write: Callable[[], T]) -> T:
        with translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                result = write()
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite may have rolled back by itself (disk full, I/O error)
                    self._db.execute("ROLLBACK")
                raise
            return result
