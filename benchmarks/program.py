"""A program that is measured: started, ready, stopped, as often as one likes."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.stage import PATIENCE_S

ROOT = Path(__file__).resolve().parents[1]
_NOT_INHERITED = {"PYTHONDONTWRITEBYTECODE"}  # an installed program is compiled; where this is set it would be compiled at each start
_LOOK_S = 0.005  # between two looks whether it is ready


class Program:
    """`command` writes to the file `log`, and there, once it can be asked, what `says` finds, with its port as the first group.
    `is_ready(port)` is asked from then on. What it writes for a pattern without a group is all that it can be asked."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        says: str,
        is_ready: Callable[[int], bool] = lambda _: True,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.port = 0
        self._command = command
        self._log = log
        self._says = re.compile(says)
        self._is_ready = is_ready
        inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
        self._environ = {**inherited, **(environ or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def start(self, *options: str) -> float:
        """Seconds until it is ready. `options` go to the interpreter. RuntimeError where it does not come to it."""
        with self._log.open("wb") as log:
            begun = time.monotonic()
            command = [self._command[0], *options, *self._command[1:]]
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self._wait(begun + PATIENCE_S)
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        return time.monotonic() - begun

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_S)
        finally:
            self._process.kill()  # it may hang; nothing where it has ended

    def _wait(self, end: float) -> None:
        assert self._process is not None
        while time.monotonic() < end and self._process.poll() is None:
            found = self._says.search(self.said)
            if found:
                self.port = int(found[1]) if found.groups() else 0
                if self._is_ready(self.port):
                    return
            time.sleep(_LOOK_S)
        raise RuntimeError(f"it is not ready:\n{self.said}")
