"""The real daemon, forked from the zygote as it is, and the one who kills it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from box_config import Tables, write_config
from box_process import PATIENCE_S, BoxProcess, _clean_environment
from crash_box import NOWHERE, STARTED, Zygote
from provider_thread import Provider

ENTRY = "daemon.cli:main"


class Killer:
    """Ends a process with SIGKILL some time after it was armed, whatever that process is doing then."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None
        self.armed_at = 0.0

    def arm(self, pid: int, delay_s: float) -> None:
        assert self._timer is None, "one death at a time"
        self.armed_at = time.monotonic()
        self._timer = threading.Timer(delay_s, _kill, [pid])
        self._timer.start()

    @property
    def is_armed(self) -> bool:
        return self._timer is not None

    def rest(self) -> None:
        """After the death."""
        if self._timer is not None:
            self._timer.join()
            self._timer = None


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class SoakBox(BoxProcess):
    """A box with many lives."""

    def __init__(self, directory: Path, provider: Provider, changes: Tables, zygote: Zygote) -> None:
        super().__init__(directory, provider, changes)
        self._zygote = zygote
        self._scratch = directory / "scratch"
        self._scratch.mkdir()

    def live(self, forked: Callable[[int], None] = lambda pid: None) -> None:
        """Start it; returns when it has started, or died of what `forked` does."""
        write_config(self.config_path, self.tables)
        arguments = ["run", "--config", str(self.config_path), "--log-level", "info"]
        self.port = NOWHERE  # not the former life's, which may be another box's by now
        process, *lines = self._zygote.fork(arguments, _clean_environment())
        self.process = process  # type: ignore[assignment]  # it has what is used of a Popen
        self.runs.append((lines[0], lines[1]))
        forked(process.pid)
        with contextlib.suppress(AssertionError):
            self.port = int(self.stderr.until(STARTED, PATIENCE_S)[1])

    @property
    def is_dead(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None

    def rows(self) -> dict[str, dict[str, Any]]:
        """The payments as they lie on the disk, by ref; read from a copy, so that the next life finds the files as they were left."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as scratch:
            copy = Path(scratch, "journal.sqlite")
            for suffix in ("", "-wal"):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copy(f"{self.journal_path}{suffix}", f"{copy}{suffix}")
            return _payments(copy) if copy.exists() else {}


def _payments(path: Path) -> dict[str, dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'payments'").fetchone():
            return {}  # it died while it made its tables
        return {row["ref"]: dict(row) for row in connection.execute("SELECT * FROM payments")}
