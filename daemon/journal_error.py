"""What can go wrong with the journal, sorted by what is to be done about it.

JournalError          it cannot be read or written now: hold back sales, try again
└── CorruptError      it is damaged, and trying again does not help: keep it aside, and begin a new one
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

# What SQLite itself calls damage; everything else (full, locked, read-only, I/O error) merely cannot be done now.
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class JournalError(Exception):
    """The journal could not be read or written; nothing of what was to be stored is stored. The text says why."""


class CorruptError(JournalError):
    """The file is damaged, as a whole or in one payment's rows, or is no database at all."""


@contextmanager
def translated() -> Iterator[None]:
    """Errors as ours: what is damaged apart from what merely cannot be done now."""
    try:
        yield
    except sqlite3.Error as error:
        raise _kind_of(error)(str(error)) from error
    except (OSError, UnicodeError, OverflowError) as error:  # the last two: what SQLite cannot hold, half a character for instance
        raise JournalError(str(error)) from error


def _kind_of(error: sqlite3.Error) -> type[JournalError]:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is None:  # Python's own: a text in the file is no text
        return CorruptError if str(error).startswith("Could not decode") else JournalError
    return CorruptError if code & 0xFF in _DAMAGE else JournalError  # the low byte is the kind (SQLite, "Result and Error Codes")


@contextmanager
def damage_in(what: str) -> Iterator[None]:
    """Rows that the file's own structure does not protect."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptError(f"{what} is damaged: {error!r}") from error
