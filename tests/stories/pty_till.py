"""A serial till on a pseudo-terminal, behind a path that stays: what it sends, and every message of the box that it got.

It reckons its checksums bit by bit, and reads the box's strictly: each line must be one message with the right one.
"""

from __future__ import annotations

import json
import os
import select
import time
import tty
from pathlib import Path
from typing import Any

PATIENCE_S = 10.0


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE as the catalogues describe it: polynomial 0x1021, start 0xFFFF."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def framed(message: dict[str, Any]) -> bytes:
    said = json.dumps(message).encode()
    return said + b"*%04X\n" % crc16(said)


class PtyTill:
    """`path` is what the box is told; where it leads changes with every `plug`."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / "till-tty"
        self.heard: list[Any] = []  # messages (dicts) and plain lines (texts) of the box, in order
        self.fd = -1
        self._device = -1
        self._rest = b""
        self._taken = 0
        self.plug()

    def plug(self) -> None:
        assert self.fd < 0, "plugged in already"
        self.fd, self._device = os.openpty()
        tty.setraw(self._device)
        os.set_blocking(self.fd, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._device))
        self._rest = b""

    def unplug(self) -> None:
        if self.fd >= 0:
            self.path.unlink(missing_ok=True)
            os.close(self.fd)
            os.close(self._device)
            self.fd = self._device = -1

    # -- saying --

    def write(self, raw: bytes) -> None:
        assert os.write(self.fd, raw) == len(raw)

    def say(self, t: str, **fields: Any) -> None:
        self.write(framed({"v": 1, "t": t, **fields}))

    # -- hearing --

    def read(self, wait_s: float = 0.0) -> None:
        """Take in what is there, or comes within that time."""
        if not select.select([self.fd], [], [], wait_s)[0]:
            return
        *lines, self._rest = (self._rest + os.read(self.fd, 65536)).split(b"\n")
        self.heard += [_understood(line) for line in lines]

    def next(self, t: str | None = None, /, **fields: Any) -> Any:
        """The next message of the box that fits; those before it are passed over."""
        end = time.monotonic() + PATIENCE_S
        while True:
            while self._taken < len(self.heard):
                message = self.heard[self._taken]
                self._taken += 1
                if _fits(message, t, fields):
                    return message
            assert time.monotonic() < end, f"no {t} {fields} in {self.heard}"
            self.read(0.1)

    def next_plain(self) -> str:
        """The next line in plain words."""
        while isinstance(message := self.next(), dict):
            pass
        return str(message)

    def forget(self) -> None:
        """What was heard until now counts no more."""
        self.read()
        self._taken = len(self.heard)

    def ask(self, t: str, **fields: Any) -> Any:
        """Say something, and the next thing that is heard."""
        self.forget()
        self.say(t, **fields)
        return self.next()

    def silence(self, seconds: float) -> list[Any]:
        """What comes in that time."""
        self.forget()
        begun, end = self._taken, time.monotonic() + seconds
        while (left_s := end - time.monotonic()) > 0:
            self.read(left_s)
        self._taken = len(self.heard)
        return self.heard[begun:]


def _fits(message: Any, t: str | None, fields: dict[str, Any]) -> bool:
    if t is None:
        return True
    return isinstance(message, dict) and message["t"] == t and all(message.get(name) == value for name, value in fields.items())


def _understood(line: bytes) -> Any:
    said, star, digits = line.rpartition(b"*")
    if not star:
        return line.decode("ascii")
    assert digits == b"%04X" % crc16(said), line
    return json.loads(said)
