"""What must be read from the disk: sizes, when certificates end, what waits for the fleet's broker. Blocking, for a thread of its own: a
card may take its time.

What cannot be read is left out: a missing sample says so, a number would not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from daemon.fleet.backlog import read_backlog
from daemon.gateways.certificate import expires_at
from daemon.gateways.settings import GatewaySettings, MerchantSettings, WechatSettings
from daemon.metrics import families as f
from daemon.metrics.tally import Labels, Reading

_PARTS = ("", "-wal", "-shm")  # SQLite's files of one database


class Disk:
    """`journal` is the journal's path, `certificates` the pairs of certificate and key by gateway; `has_fleet`: there is a broker that is
    told of the journal's events."""

    def __init__(
        self,
        journal: Path,
        certificates: Mapping[str, tuple[Path, Path]],
        *,
        has_fleet: bool = False,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._journal = journal
        self._has_fleet = has_fleet
        self._wall = wall
        self._certificates = dict(certificates)
        self._ends: dict[str, tuple[object, float | None]] = {}  # by gateway: which files that was read from, and what

    def readings(self) -> list[Reading]:
        return [*self._sizes(), Reading(f.CERTIFICATE, tuple(self._expiries())), *self._backlog()]

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

    def _backlog(self) -> Iterable[Reading]:
        backlog = read_backlog(self._journal) if self._has_fleet else None
        if backlog is None:
            yield from (Reading(f.FLEET_WAITING, ()), Reading(f.FLEET_OLDEST, ()))
            return
        age_s = 0.0 if backlog.oldest_at is None else (self._wall() - backlog.oldest_at).total_seconds()
        yield Reading(f.FLEET_WAITING, (((), float(backlog.events)),))
        yield Reading(f.FLEET_OLDEST, (((), max(age_s, 0.0)),))  # the clock may have been set back

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
