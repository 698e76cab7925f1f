"""What SQLite does not look after: that a row says what was stored. Its log has checksums, its file has none; on a worn card one bit
turns 500 into 501, and nothing is noticed.

So each payment bears a seal over its own row and those of its attempts, and each event one over its row: a CRC-32 (zlib), which
finds every change of up to 32 bits in a row for certain and overlooks others once in four milliards. It is no signature: who can
write the file can seal it.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from daemon.journal_error import CorruptError
from daemon.rows import ATTEMPT_COLUMNS, EVENT_COLUMNS, PAYMENT_COLUMNS

# The number by which a payment's attempts are found is left out: attempts that are not found, or are another's, break the seal.
_ATTEMPT = tuple(column for column in ATTEMPT_COLUMNS if column != "payment")
_OF_ATTEMPTS = f"""SELECT json_group_array(s) FROM (
  SELECT seal({", ".join(_ATTEMPT)}) AS s FROM attempts WHERE payment = payments.number ORDER BY attempts.rowid
)"""  # noqa: S608  # names of ours
SEAL_PAYMENTS = f"UPDATE payments SET seal = seal({', '.join(PAYMENT_COLUMNS)}, ({_OF_ATTEMPTS}))"  # noqa: S608  # as said
_SEAL_EVENTS = f"UPDATE events SET seal = seal({', '.join(EVENT_COLUMNS)})"  # noqa: S608  # as said


def seal(*values: Any) -> int:
    """Over the values of a row, as SQLite gives them back; from 0 to 2**32 - 1. The journal's SQL has it by the same name."""
    return zlib.crc32(json.dumps([_as_kept(value) for value in values]).encode())


def _as_kept(value: Any) -> Any:
    """A whole number that was put into a REAL column comes back as a float."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def seal_all(connection: sqlite3.Connection) -> None:
    """What was stored before there were seals, as it is; in the transaction that is open."""
    connection.execute(SEAL_PAYMENTS)
    connection.execute(_SEAL_EVENTS)


def payment_seal(payment: Sequence[Any], attempts: Iterable[Sequence[Any]]) -> int:
    """Over the values of a payment's row, in the order of `PAYMENT_COLUMNS`, and of its attempts' rows, oldest first, in that of
    `ATTEMPT_COLUMNS`."""
    seals = [seal(*(value for column, value in zip(ATTEMPT_COLUMNS, values, strict=True) if column in _ATTEMPT)) for values in attempts]
    return seal(*payment, json.dumps(seals, separators=(",", ":")))


def check_payment(row: sqlite3.Row, attempts: Iterable[sqlite3.Row]) -> None:
    """Raises CorruptError on a payment that is not as it was stored."""
    values = [row[column] for column in PAYMENT_COLUMNS]
    if row["seal"] != payment_seal(values, [[attempt[column] for column in ATTEMPT_COLUMNS] for attempt in attempts]):
        raise CorruptError(f"payment {row['ref']!r} is damaged: it is not as it was stored")


def check_event(row: sqlite3.Row) -> None:
    """Raises CorruptError on an event that is not as it was stored."""
    if row["seal"] != seal(*(row[column] for column in EVENT_COLUMNS)):
        raise CorruptError(f"event {row['seq']} is damaged: it is not as it was stored")
