"""A serial line that is only listened to: the cable between a till and its customer display.

The port is opened for reading alone, so that nothing can be written on it, whatever the program does. DTR and RTS are left as opening a
port leaves them (the kernel raises both); nothing sets them, and closing does not drop them. 8N1, found again after it went.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import termios
from collections.abc import Callable

from hw.errors import DeviceFailing, device_error
from hw.health import HealthNote
from hw.interfaces import HealthListener
from hw.line import GROUP
from hw.opener import PAUSE_S
from hw.reader import Reader

_IFLAG, _OFLAG, _CFLAG, _LFLAG, _ISPEED, _OSPEED, _CC = range(7)  # places in what tcgetattr gives


class TapPort:
    """One opened port, ours alone: another program would steal bytes."""

    def __init__(self, path: str, baudrate: int) -> None:
        """Open it. Raises DeviceError."""
        try:
            self.fd = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as exc:
            raise device_error(exc, path, GROUP) from exc
        self.path = path
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _set_raw(self.fd, baudrate)
        except OSError as exc:
            self.close()
            raise device_error(exc, path, GROUP) from exc
        except (termios.error, AttributeError) as exc:  # termios.error is no OSError
            self.close()
            raise DeviceFailing(f"{path} does not take these settings: {exc}") from exc

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self.fd)


def _set_raw(fd: int, baudrate: int) -> None:
    """8N1 and every byte as it comes. VMIN=1: a line with nothing to read says EAGAIN, where one that was unplugged says "end of file"."""
    speed: int = getattr(termios, f"B{baudrate}")
    attributes = termios.tcgetattr(fd)
    attributes[_IFLAG] = attributes[_OFLAG] = attributes[_LFLAG] = 0
    attributes[_CFLAG] &= ~(termios.CSIZE | termios.PARENB | termios.CSTOPB | termios.HUPCL | getattr(termios, "CRTSCTS", 0))
    attributes[_CFLAG] |= termios.CS8 | termios.CREAD | termios.CLOCAL
    attributes[_ISPEED] = attributes[_OSPEED] = speed
    attributes[_CC][termios.VMIN], attributes[_CC][termios.VTIME] = 1, 0
    termios.tcsetattr(fd, termios.TCSANOW, attributes)


class TapLine(Reader[TapPort]):
    """The line that the till called `name` listens to, on the port at `path`."""

    def __init__(self, name: str, path: str, baudrate: int = 9600, *, pause_s: float = PAUSE_S) -> None:
        super().__init__(path, lambda: TapPort(path, baudrate), HealthNote(name), self._begin, self._received, pause_s)
        self._tell_open: Callable[[], None] = lambda: None
        self._tell_bytes: Callable[[bytes], None] = lambda _data: None

    def listen(self, on_open: Callable[[], None], on_bytes: Callable[[bytes], None], on_health: HealthListener) -> None:
        self._tell_open, self._tell_bytes = on_open, on_bytes
        self._note.tell(on_health)

    def _begin(self, _port: TapPort) -> None:
        self._tell_open()

    def _received(self, data: bytes) -> None:
        self._tell_bytes(data)
