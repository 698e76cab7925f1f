"""A serial scanner on a pseudo-terminal, behind a path that stays: it can be pulled out and plugged in again."""

from __future__ import annotations

import os
import tty
from pathlib import Path

PIECES = (1, 2, 5, 8, 3)
"""How a line cuts what is written to it, in bytes; begins anew after the last."""


class PtyScanner:
    """`path` is what the box is told; where it leads changes with every `plug`."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / "scanner-tty"
        self.codes: list[str] = []  # everything that was scanned
        self._fds: list[int] = []
        self.plug()

    def plug(self) -> None:
        assert not self._fds, "plugged in already"
        hand, device = os.openpty()
        tty.setraw(device)
        self._fds = [hand, device]  # the device is kept open here too, so that nothing written before the box comes is lost
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(device))

    def unplug(self) -> None:
        for fd in self._fds:
            os.close(fd)
        self._fds = []
        self.path.unlink(missing_ok=True)

    def scan(self, text: str, end: str = "\r") -> None:
        """A code and its end, in awkward pieces."""
        self.codes.append(text)
        self.write((text + end).encode())

    def write(self, raw: bytes) -> None:
        """Bytes, in awkward pieces."""
        start = 0
        while start < len(raw):
            size = PIECES[start % len(PIECES)] if len(raw) < 1000 else 512
            start += os.write(self._fds[0], raw[start : start + size])
