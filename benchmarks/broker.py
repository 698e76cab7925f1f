"""A real mosquitto on loopback, for boxes of a fleet."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from benchmarks.stage import PATIENCE_S

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


class Broker:
    """`with Broker(directory) as broker:` has it listening on `broker.port`. What it says goes to a file beside its configuration."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self._config = directory / "mosquitto.conf"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nlog_dest stderr\n", encoding="utf-8")

    def __enter__(self) -> Broker:
        if MOSQUITTO is None:
            raise RuntimeError("mosquitto is not installed (Debian's mosquitto)")
        with self._config.with_name("log").open("wb") as log:
            self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE_S
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"mosquitto does not listen: {self._config.with_name('log').read_text(encoding='utf-8')}")
            time.sleep(0.02)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """And never again. Nothing is kept."""
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S):
            return True
        return False
