"""The NAME in `[gateways.NAME]` and `[tills.NAME]`: it appears in logs, in the journal and in addresses."""

from __future__ import annotations

import re

from daemon.tables.findings import Findings
from daemon.tables.table import Table

_NAME = re.compile(r"[a-z0-9_-]{1,32}")


def take_names(tables: Table, findings: Findings) -> dict[str, Table]:
    """The tables by name; a name that cannot be one is a problem, but its table is read all the same."""
    named = tables.tables()
    for name in named:
        if not _NAME.fullmatch(name):
            findings.problem(tables.key_of(name), "is no name", "1 to 32 of a-z, 0-9, _ and -")
    return named
