"""A serial line to a till: read and written on the event loop, 8N1, found again after it went.

Writing never waits: what the line does not take at once is kept, up to a bound, and written as soon as it does. A till that does not
read (flow control, a full USB buffer) so holds up nobody; what is too much is refused whole, never cut in the middle.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from hw.health import HealthNote
from hw.interfaces import HealthListener
from hw.line import Line, Port
from hw.opener import PAUSE_S

KEPT_BYTES = 4096
"""What waits for the line to take it, at most: some twenty messages, a third of a second at 115200 baud. Older news is no news."""


class SerialTillLine(Line):
    """The line to the till called `name`, on the port at `path`."""

    def __init__(self, name: str, path: str, baudrate: int = 115200, *, pause_s: float = PAUSE_S) -> None:
        super().__init__(path, baudrate, HealthNote(name), self._begin, self._received, pause_s)
        self._kept = bytearray()
        self._writes = False  # whether the loop waits until the line takes more
        self._tell_open: Callable[[], None] = lambda: None
        self._tell_bytes: Callable[[bytes], None] = lambda _data: None

    def listen(self, on_open: Callable[[], None], on_bytes: Callable[[bytes], None], on_health: HealthListener) -> None:
        self._tell_open, self._tell_bytes = on_open, on_bytes
        self._note.tell(on_health)

    def send(self, data: bytes) -> bool:
        if self._file is None or len(self._kept) + len(data) > KEPT_BYTES:
            return False
        self._kept += data
        if not self._writes:
            self._write(self._file)
        return self._file is not None

    def _write(self, port: Port) -> None:
        try:
            written = os.write(port.fd, self._kept)
        except BlockingIOError:
            written = 0
        except OSError as exc:
            self._lost(port, exc)
            return
        del self._kept[:written]
        self._wait(port, wanted=bool(self._kept))

    def _wait(self, port: Port, *, wanted: bool) -> None:
        if wanted == self._writes:
            return
        loop = asyncio.get_running_loop()
        if wanted:
            loop.add_writer(port.fd, self._write, port)
        else:
            loop.remove_writer(port.fd)
        self._writes = wanted

    def _release(self) -> None:
        """What was not written is gone with the line: the other end of half a message would be the beginning of another."""
        if self._file is not None:
            self._wait(self._file, wanted=False)
        self._kept.clear()
        super()._release()

    def _begin(self) -> None:
        self._tell_open()

    def _received(self, data: bytes) -> None:
        self._tell_bytes(data)
