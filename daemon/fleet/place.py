"""Where the fleet's broker stands in the journal's list of events: one row, and back. Blocking; written by `daemon.journal_file` alone.

The list itself is the queue of what is still to be published; all that is kept beside it is the number of the last event that the broker
has acknowledged, with every one before it.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
from dataclasses import dataclass, replace

from daemon.seals import seal

log = logging.getLogger(__name__)

_PUT = "INSERT OR REPLACE INTO fleet (only_row, journal, starts, acknowledged, seal) VALUES (1, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Place:
    """`journal` names this journal: after a damaged one was moved aside the numbers begin anew, and whoever drops what it has already
    must know that. `starts` counts the starts of the box with it; `acknowledged` is 0 before the first event."""

    journal: str
    starts: int
    acknowledged: int


def take(db: sqlite3.Connection, *, starting: bool) -> Place:
    """Within a transaction. A journal that no broker was told of yet begins with its first event, and so does one whose row is damaged:
    an event told twice does no harm, one that is left out does. `starting` counts one start more."""
    known = _read(db)
    place = known or Place(secrets.token_hex(8), 0, 0)
    if starting:
        place = replace(place, starts=place.starts + 1)
    if place != known:  # a box that is offline for long looks often, and writes nothing
        _put(db, place)
    return place


def acknowledged(db: sqlite3.Connection) -> int:
    """The last event that the broker has, with every one before it; 0 where none is known. Changes nothing; rows must be `sqlite3.Row`."""
    row = db.execute("SELECT * FROM fleet").fetchone()
    return int(row["acknowledged"]) if row is not None and row["seal"] == seal(*_values(row)) else 0


def acknowledge(db: sqlite3.Connection, journal: str, seq: int) -> None:
    """Within a transaction. Never backwards, and never in another journal than the one whose number it is."""
    place = _read(db)
    if place is not None and place.journal == journal and place.acknowledged < seq:
        _put(db, replace(place, acknowledged=seq))


def _read(db: sqlite3.Connection) -> Place | None:
    row = db.execute("SELECT * FROM fleet").fetchone()
    if row is None:
        return None
    values = _values(row)
    if row["seal"] != seal(*values):
        log.error("fleet_place_damaged begins_anew=true")
        return None
    return Place(*values)


def _values(row: sqlite3.Row) -> tuple[str, int, int]:
    return row["journal"], row["starts"], row["acknowledged"]


def _put(db: sqlite3.Connection, place: Place) -> None:
    values = (place.journal, place.starts, place.acknowledged)
    db.execute(_PUT, (*values, seal(*values)))
