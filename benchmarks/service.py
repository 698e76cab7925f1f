"""What the box has around it on a Pi and not in a terminal: its unit's environment, and systemd's watchdog."""

from __future__ import annotations

import re
import socket
import threading
from pathlib import Path
from types import TracebackType

from benchmarks.program import ROOT

_UNIT = ROOT / "systemd" / "tillbox.service"


class Service:
    """`with Service(directory) as service:` takes in what the box tells systemd, and counts its signs of life. `environ` is what systemd
    would start the box with, as far as it costs or spares something."""

    def __init__(self, directory: Path) -> None:
        self.signs = 0
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(str(directory / "notify"))
        unit = _UNIT.read_text(encoding="utf-8")
        watchdog = int(re.findall(r"^WatchdogSec=(\d+)$", unit, re.MULTILINE)[0])
        settings = [one.split("=", 1) for one in re.findall(r"^Environment=(\S+=\S+)$", unit, re.MULTILINE) if "%" not in one]
        told = {"NOTIFY_SOCKET": str(directory / "notify"), "WATCHDOG_USEC": str(watchdog * 1_000_000)}
        self.environ: dict[str, str] = {**dict(settings), **told}

    def __enter__(self) -> Service:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.environ["NOTIFY_SOCKET"])

    def _listen(self) -> None:
        with self._line:
            while message := self._line.recv(4096):
                self.signs += b"WATCHDOG=1" in message
