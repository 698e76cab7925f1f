"""One journal, one box: two daemons on one file would both take up the same open payments, and each undo what the other sells.

A lock of the whole file ``PATH.lock`` beside the journal, not of the journal itself, whose locks are SQLite's. It is a record
lock (POSIX, fcntl): it belongs to the process, so that the kernel lets go of it however the process ends, SIGKILL and a power cut
included, and nobody inherits it. Readers, and `tillbox journal confirm`, do not need it.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

_PID_BYTES = 20  # more than any process number has digits


class JournalInUseError(OSError):
    """Another process has this journal. The text says which, and what to do."""


class JournalLock:
    """Held from `take` until `release`, or until the process ends. The file stays: to delete it would let two hold it."""

    def __init__(self, path: Path) -> None:
        self._journal = path
        self._path = path.with_name(path.name + ".lock")
        self._fd: int | None = None

    def take(self) -> None:
        """Does nothing where it is held already. Raises JournalInUseError, or OSError where it cannot be taken at all."""
        if self._fd is not None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalInUseError(self._in_use_by(_holder(fd))) from None
        else:
            _sign(fd)
            self._fd, fd = fd, -1
        finally:
            if fd >= 0:
                os.close(fd)

    def release(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def _in_use_by(self, holder: str) -> str:
        return (
            f"the journal {self._journal} is in use by another tillbox ({holder}): two boxes must not share one. Stop that one, "
            "or give this box a journal of its own ([journal] path in its configuration)"
        )


def _sign(fd: int) -> None:
    """For people only, so that a full disk is no reason not to start."""
    with suppress(OSError):
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)


def _holder(fd: int) -> str:
    pid = os.pread(fd, _PID_BYTES, 0).strip().decode("ascii", "replace")
    return f"process {pid}" if pid.isdigit() else "its process is not known"
