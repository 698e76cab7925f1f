"""What waits in the journal for the fleet's broker: read when somebody asks, by a connection of its own, so that no sale waits for it.
Blocking. Its cost does not grow with what waits.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from daemon.fleet.place import acknowledged

_BUSY_S = 1.0  # a reader beside the writer of a write-ahead log waits for nobody, but while SQLite mends one
_OLDEST = "SELECT seq, at FROM events WHERE seq > ? ORDER BY seq LIMIT 1"
_NEWEST = "SELECT max(seq) FROM events"


@dataclass(frozen=True, slots=True)
class Backlog:
    """`events`: how many the broker has not acknowledged; numbers that a failed write took along count too. `oldest_at`: when the first of
    them was stored."""

    events: int
    oldest_at: datetime | None


def read_backlog(journal: Path) -> Backlog | None:
    """As the journal at that path has it, which is up to a second behind what the broker has. None where it cannot be read."""
    try:
        with closing(sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_S)) as db:
            db.row_factory = sqlite3.Row
            oldest = db.execute(_OLDEST, (acknowledged(db),)).fetchone()
            if oldest is None:
                return Backlog(0, None)
            newest = db.execute(_NEWEST).fetchone()[0]
            return Backlog(newest - oldest["seq"] + 1, datetime.fromisoformat(oldest["at"]))
    except (sqlite3.Error, ValueError, TypeError):
        return None
