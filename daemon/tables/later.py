"""Kinds that the format has and this version has not.

A configuration that uses one is refused, with a line that says so; its other keys are checked all the same, so that a file
written for a later version shows its slips of the pen as well.
"""

from __future__ import annotations

from daemon.tables.table import Table
from daemon.tables.values import BAUDRATE, DEVICE_PATH, SECONDS, Reader, one_of, text

TILLS: dict[str, dict[str, Reader[object]]] = {
    "mdb": {"port": DEVICE_PATH, "baudrate": BAUDRATE, "mode": one_of(("session", "always-idle")), "max_vend_wait_s": SECONDS},
}


def check_keys(table: Table, keys: dict[str, Reader[object]], files: tuple[str, ...] = ()) -> None:
    """Check what is there; nothing is asked for."""
    table.take("kind", text(), "")
    for name, reader in keys.items():
        table.take(name, reader, None)
    for name in files:
        table.take(name, table.files.named, None)
    table.close()
