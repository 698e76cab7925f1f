"""What systemd hears from a service of `Type=notify`."""

from __future__ import annotations

import contextlib
import socket
import tempfile
from pathlib import Path
from types import TracebackType

PATIENCE_S = 15.0


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

    def until(self, message: str) -> str:
        """The next message that begins so. TimeoutError where none comes."""
        while True:
            self.heard.append(self._socket.recv(4096).decode())
            if self.heard[-1].startswith(message):
                return self.heard[-1]

    def falls_silent(self, seconds: float) -> bool:
        """Whether nothing comes for so long, once what was sent before was heard."""
        self._socket.settimeout(seconds)
        try:
            with contextlib.suppress(TimeoutError):
                for _ in range(100):
                    self._socket.recv(4096)
                return False
        finally:
            self._socket.settimeout(PATIENCE_S)
        return True
