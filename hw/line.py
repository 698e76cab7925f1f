"""A serial line that is read on the event loop and comes back by itself.

pyserial opens and sets it (8N1, locked against other programs, which would steal bytes); the reading is our own (`hw.reader`).
"""

from __future__ import annotations

import contextlib
import termios
from collections.abc import Callable

from hw.errors import DeviceFailing, device_error
from hw.health import HealthNote
from hw.opener import PAUSE_S
from hw.reader import Reader

GROUP = "dialout"


class Port:
    """One opened serial port."""

    def __init__(self, path: str, baudrate: int) -> None:
        """Open it. Raises DeviceError."""
        try:
            import serial
        except ImportError as exc:
            raise DeviceFailing("pyserial is not installed (package python3-serial)") from exc
        try:
            # inter_byte_timeout=0 is pyserial's way to VMIN=1: a line with nothing to read then says EAGAIN. With its usual VMIN=0
            # it says "end of file", as a line that was unplugged does.
            self._serial = serial.Serial(path, baudrate, timeout=0, inter_byte_timeout=0, exclusive=True)
        except OSError as exc:  # SerialException is one
            raise device_error(exc, path, GROUP) from exc
        except (termios.error, ValueError) as exc:  # termios.error is no OSError, and pyserial lets it through
            raise DeviceFailing(f"{path} does not take these settings: {exc}") from exc
        self.path = path
        self.fd: int = self._serial.fileno()

    def close(self) -> None:
        with contextlib.suppress(OSError, termios.error):
            self._serial.close()


class Line(Reader[Port]):
    """The port at `path`, opened again `pause_s` after it went. What it names is looked up anew each time.

    `on_open` is called before the first bytes of each opening, `on_bytes` with what arrives; `note` keeps how the line is.
    """

    def __init__(
        self,
        path: str,
        baudrate: int,
        note: HealthNote,
        on_open: Callable[[], None],
        on_bytes: Callable[[bytes], None],
        pause_s: float = PAUSE_S,
    ) -> None:
        super().__init__(path, lambda: Port(path, baudrate), note, lambda _port: on_open(), on_bytes, pause_s)
