"""Two tills that ask, each on its own line to whoever answers, and how long they waited for the answer."""

from __future__ import annotations

import json
import os
import select
import time
from http.client import HTTPConnection
from typing import Any

from benchmarks.till_stage import PATIENCE_S
from daemon.tills.serial_frames import frame


class WebTill:
    """HTTP on one connection, as a till keeps it."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self._connection.connect()
        self.waited_ms = 0.0  # for the last answer, to its last byte

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, *, status: int) -> dict[str, Any]:
        """The answer. RuntimeError where it has another status."""
        raw = None if body is None else json.dumps(body)
        begun = time.monotonic()
        self._connection.request(method, path, raw)
        answer = self._connection.getresponse()
        said = answer.read()
        self.waited_ms = (time.monotonic() - begun) * 1000
        if answer.status != status:
            raise RuntimeError(f"{method} {path} was answered {answer.status} instead of {status}: {said!r}")
        told: dict[str, Any] = json.loads(said) if said else {}
        return told

    def close(self) -> None:
        self._connection.close()


class LineTill:
    """One line, one message (docs/serial-till.md), on the end `fd` of a pseudo-terminal."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._rest = b""
        self.waited_ms = 0.0  # for the last answer, to the end of its line

    def ask(self, t: str, expected: tuple[str, ...], **fields: Any) -> dict[str, Any]:
        """The first message of such a kind about that ref. What the box said by itself before is passed over."""
        while select.select([self._fd], [], [], 0)[0]:
            self._rest = b""
            os.read(self._fd, 65536)
        asked = frame({"v": 1, "t": t, **fields})
        begun = time.monotonic()
        os.write(self._fd, asked)
        while True:
            line = self._line(begun + PATIENCE_S)
            moment = time.monotonic()
            said: dict[str, Any] = json.loads(line.rpartition(b"*")[0])
            if said["t"] in expected and said.get("ref") == fields.get("ref"):
                self.waited_ms = (moment - begun) * 1000
                return said

    def _line(self, end: float) -> bytes:
        while b"\n" not in self._rest:
            if not select.select([self._fd], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError("nobody answers on the line")
            self._rest += os.read(self._fd, 65536)
        line, _, self._rest = self._rest.partition(b"\n")
        return line
