"""Damaged journals: told by their files, moved aside and kept, never repaired by guessing."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from daemon.journal_error import CorruptError

_LOG = "-wal"
_SPARE = "-wal-spare"


def refuse_emptied(path: Path) -> None:
    """Raises CorruptError on a log without its file, or OSError. SQLite would begin a new file, and delete the log with every
    payment that is in there."""
    if _size(path.with_name(path.name + _LOG)) > 0 and _size(path) == 0:
        raise CorruptError("the file is empty or gone, but its log is not")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@contextmanager
def log_kept(path: Path) -> Iterator[None]:
    """While a damaged file is closed: SQLite then deletes the log, also one that it could not read. What a person may still find
    in it stays. A spare that is there already is all that a power cut at this very place has left of it: it stays, too."""
    log = path.with_name(path.name + _LOG)
    spare = path.with_name(path.name + _SPARE)
    was_there = spare.exists()
    with suppress(OSError):  # no log, a spare, or a file system without links
        os.link(log, spare)
    yield
    with suppress(OSError):  # it was not deleted
        os.link(spare, log)
    with suppress(OSError):
        if not was_there or spare.samefile(log):
            spare.unlink(missing_ok=True)


def move_aside(path: Path, stamp: str) -> Path:
    """Keep a damaged journal, with its log, as ``PATH.corrupt-STAMP`` beside it; where it went. Raises OSError."""
    kept = _free(path.with_name(f"{path.name}.corrupt-{stamp}"))
    for suffix in (_SPARE, _LOG, "-shm", ""):  # the file itself last: as long as it is there, the next start finds it damaged again
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(kept.with_name(kept.name + suffix))
    return kept


def _free(path: Path) -> Path:
    """That path, or one with a number after it: a clock that is not set gives the same stamp twice."""
    numbered = (path.with_name(f"{path.name}.{n}") for n in itertools.count(2))
    return next(p for p in itertools.chain([path], numbered) if not p.exists() and not p.with_name(p.name + "-wal").exists())


def kept_aside(path: Path) -> list[Path]:
    """The damaged journals that were moved aside from there, the latest stamp last; of one only the log may be left. Raises
    OSError."""
    start = f"{path.name}.corrupt-"
    parts = [p.name for p in path.parent.iterdir() if p.name.startswith(start) and not p.name.endswith("-shm")]
    names = {part.removesuffix(_SPARE).removesuffix(_LOG) for part in parts}
    return [path.with_name(name) for name in sorted(names)]
