"""A journal as an older version left it: what later steps of the schema made is taken away again."""

from __future__ import annotations

import importlib.resources
import sqlite3
from pathlib import Path

UNDO = {
    "0003_tellings.sql": ["DROP TABLE tellings"],
    "0004_goods_failed.sql": [],  # replaces an index, and does so again
    "0005_goods.sql": ["DROP TABLE goods"],
    "0006_fleet.sql": ["DROP TABLE fleet"],
    "0007_lookup.sql": [
        f"DROP INDEX {name}" for name in ("payments_made", "payments_amount", "payments_unpaid", "attempts_trade_no")
    ],
    "0008_paid_twice.sql": [],  # replaces an index, and does so again
}  # fmt: skip


def before(path: Path, step: str) -> None:
    """The journal there, closed, as if that step and all later ones had not been taken yet. KeyError: one of them is not known here."""
    steps = sorted(found.name for found in importlib.resources.files("daemon").joinpath("schema").iterdir() if found.name.endswith(".sql"))
    number = steps.index(step)
    older = sqlite3.connect(path, isolation_level=None)
    for later in reversed(steps[number:]):
        for statement in UNDO[later]:
            older.execute(statement)
    older.execute(f"PRAGMA user_version = {number}")
    older.close()
