"""Whether the configuration, or the folder of secrets beside it, has changed since it was read."""

from __future__ import annotations

from pathlib import Path

from daemon.tables.files import SECRETS


class Watched:
    """Made before the configuration is read: a change while it is read, or while the box starts, is one too."""

    def __init__(self, config: Path) -> None:
        self._paths = (config, config.resolve().parent / SECRETS)
        self._before = self._stamps()

    def has_changed(self) -> bool:
        return self._stamps() != self._before

    def _stamps(self) -> list[tuple[int, int, int] | None]:
        return [_stamp(path) for path in self._paths]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file, or the list of files in a folder, does; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
