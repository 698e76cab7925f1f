"""What systemd hears from a service of `Type=notify`."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import time
from pathlib import Path
from types import TracebackType

from process_lines import PATIENCE_S


class Systemd:
    """The socket that systemd would listen on; `path` goes into `NOTIFY_SOCKET`. Whatever was heard is kept."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="notify-")  # pytest's own are too deep: a socket's path has 107 bytes
        self.path = str(Path(self._directory.name) / "socket")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.settimeout(PATIENCE_S)
        self.heard: list[str] = []

    def __enter__(self) -> Systemd:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._socket.close()
        self._directory.cleanup()

    def until(self, message: str, times: int = 1) -> None:
        """Return once that message was heard so often. TimeoutError where it does not come."""
        end = time.monotonic() + PATIENCE_S
        while self.heard.count(message) < times:
            if time.monotonic() > end:
                raise TimeoutError(f"{message} was not said: {self.heard}")
            self.heard.append(self._socket.recv(4096).decode())

    def falls_silent(self, seconds: float) -> bool:
        """Whether nothing comes for so long, once what was sent before was heard."""
        self._socket.settimeout(seconds)
        try:
            with contextlib.suppress(TimeoutError):
                for _ in range(100):
                    self.heard.append(self._socket.recv(4096).decode())
                return False
        finally:
            self._socket.settimeout(PATIENCE_S)
        return True
