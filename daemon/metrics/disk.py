"""What must be read from the disk: sizes, and when certificates end. Blocking, for a thread of its own: a card may take its time.

What cannot be read is left out: a missing sample says so, a number would not.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from daemon.gateways.certificate import expires_at
from daemon.gateways.settings import GatewaySettings, MerchantSettings, WechatSettings
from daemon.metrics import families as f
from daemon.metrics.tally import Labels, Reading

_PARTS = ("", "-wal", "-shm")  # SQLite's files of one database


class Disk:
    """`journal` is the journal's path, `certificates` the pairs of certificate and key by gateway."""

    def __init__(self, journal: Path, certificates: Mapping[str, tuple[Path, Path]]) -> None:
        self._journal = journal
        self._certificates = dict(certificates)
        self._ends: dict[str, tuple[object, float | None]] = {}  # by gateway: which files that was read from, and what

    def readings(self) -> list[Reading]:
        return [*self._sizes(), Reading(f.CERTIFICATE, tuple(self._expiries()))]

    def _sizes(self) -> Iterable[Reading]:
        sizes = [_size(Path(f"{self._journal}{part}")) for part in _PARTS]
        yield Reading(f.JOURNAL_BYTES, () if sizes[0] is None else (((), float(sum(filter(None, sizes)))),))
        try:
            disk = os.statvfs(self._journal.parent)
        except OSError:
            free = whole = None
        else:
            free, whole = float(disk.f_bavail * disk.f_frsize), float(disk.f_blocks * disk.f_frsize)
        yield Reading(f.DISK_FREE, () if free is None else (((), free),))
        yield Reading(f.DISK, () if whole is None else (((), whole),))

    def _expiries(self) -> Iterable[tuple[Labels, float]]:
        for name, files in self._certificates.items():
            if (end := self._end(name, files)) is not None:
                yield (name,), end

    def _end(self, name: str, files: tuple[Path, Path]) -> float | None:
        """Read anew when the files have changed: it costs some 10 ms. One that could not be used is tried again each time."""
        stamp = tuple(map(_stamp, files))
        known, end = self._ends.get(name, (None, None))
        if end is None or known != stamp:
            end = expires_at(*files)
            self._ends[name] = stamp, end
        return end


def certificates(gateways: Mapping[str, GatewaySettings]) -> dict[str, tuple[Path, Path]]:
    """The pairs of certificate and key that the box shows to its gateways."""
    found: dict[str, tuple[Path, Path]] = {}
    for name, settings in gateways.items():
        if isinstance(settings, WechatSettings | MerchantSettings) and settings.client_cert_file and settings.client_key_file:
            found[name] = settings.client_cert_file, settings.client_key_file
    return found


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _stamp(path: Path) -> object:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
