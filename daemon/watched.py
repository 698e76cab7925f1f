"""Whether the configuration, or the folder of secrets beside it, has changed since it was read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from daemon.tables.files import SECRETS

MARGIN_S = (
    0.1  # what comes while systemd hands the secrets over may be among them, or not; more would restart a box that was just installed
)
OLDEST_S = 600.0
"""A folder that is so much newer than what was handed over is so by a clock that jumped. A program takes seconds to start, not minutes."""


class Watched:
    """Made before the configuration is read: a change while it is read, or while the box starts, is one too.

    systemd hands over copies of the secrets before the program begins, which on a Pi is a second or two before it looks at their folder.
    What came in between was not handed over, and never would be noticed: it is a change from the outset.
    """

    def __init__(self, config: Path, environ: Mapping[str, str] = os.environ) -> None:
        secrets = config.resolve().parent / SECRETS
        self._paths = (config, secrets)
        self._came_late = _came_late(secrets, environ.get("CREDENTIALS_DIRECTORY"))
        self._before = self._stamps()

    def has_changed(self) -> bool:
        return self._came_late or self._stamps() != self._before

    def _stamps(self) -> list[tuple[int, int, int] | None]:
        return [_stamp(path) for path in self._paths]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file, or the list of files in a folder, does; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _came_late(secrets: Path, handed_over: str | None) -> bool:
    """Whether the folder of secrets was changed after systemd had copied it to `handed_over`."""
    if handed_over is None:
        return False
    try:
        later_s = secrets.stat().st_mtime - Path(handed_over).stat().st_mtime
    except OSError:
        return False
    return -MARGIN_S < later_s < OLDEST_S
