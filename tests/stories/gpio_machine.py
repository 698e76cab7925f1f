"""A vending machine on GPIO lines, as it is seen from outside the box: it counts the credit pulses, whatever becomes of the box.

The box runs with `box_on_lines.py` in place of the kernel's chip: each change of a level comes here over a socket, and is answered
before the box goes on. When the box dies its lines are let go, as the kernel does.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path


class GpioMachine:
    """`counted` credit pulses came on `pin`, each with its width in `widths_ms`; `inhibited` is what it says on `inhibit_pin` (low)."""

    def __init__(self, directory: Path, pin: int = 20, inhibit_pin: int = 21, *, rest: int = 0) -> None:
        self.path = directory / "machine.sock"
        self.pin, self.inhibit_pin, self._rest = pin, inhibit_pin, rest
        self.inputs: dict[int, int] = {}
        self.widths_ms: list[float] = []
        self.taken: list[int] = []  # lines, in the order in which they were asked for
        self._active_since: float | None = None
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self.path))
        self._server.listen()
        threading.Thread(target=self._serve, name="machine", daemon=True).start()

    @property
    def counted(self) -> int:
        return len(self.widths_ms)

    def inhibit(self, wanted: bool) -> None:
        self.inputs[self.inhibit_pin] = int(not wanted)

    def press(self, pin: int, *, down: bool) -> None:
        self.inputs[pin] = int(not down)

    def close(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # whoever waits for a box waits no more
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                box, _ = self._server.accept()
            except OSError:
                return
            with suppress(OSError), box, box.makefile("rwb", buffering=0) as lines:
                for line in lines:
                    lines.write(b"%d\n" % self._obey(*line.split()))
            self._level(self._rest)  # let go

    def _obey(self, word: bytes, number: bytes, level: bytes = b"") -> int:
        pin = int(number)
        if word == b"get":
            return self.inputs.get(pin, 1)
        if word == b"take":
            self.taken.append(pin)
        if word in (b"take", b"set") and pin == self.pin and level:
            self._level(int(level))
        return 0

    def _level(self, level: int) -> None:
        now = time.monotonic()
        if level != self._rest and self._active_since is None:
            self._active_since = now
        elif level == self._rest and self._active_since is not None:
            self.widths_ms.append((now - self._active_since) * 1000)
            self._active_since = None
