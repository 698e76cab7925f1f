"""For tests that change the journal's rows with SQL: as if they had been stored so."""

from __future__ import annotations

import importlib.resources
import sqlite3
from contextlib import closing
from pathlib import Path

from daemon.seals import seal


def reseal(path: Path) -> None:
    script = importlib.resources.files("daemon").joinpath("schema", "0002_seals.sql").read_text(encoding="utf-8")
    start = script.index("UPDATE payments")
    with closing(sqlite3.connect(path)) as connection:
        connection.create_function("seal", -1, seal)
        connection.execute(script[start : script.index(";", start)])
        connection.commit()
