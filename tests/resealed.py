"""For tests that change the journal's rows with SQL: as if they had been stored so."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from daemon.seals import SEAL_PAYMENTS, seal


def reseal(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.create_function("seal", -1, seal)
        connection.execute(SEAL_PAYMENTS)
        connection.commit()
