"""A serial line that is read on the event loop and comes back by itself.

pyserial opens and sets it (8N1, locked against other programs, which would steal bytes); the reading is our own, on the descriptor:
an unplugged adapter then shows at once, as an end of file or EIO.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
from collections.abc import Callable

from hw.errors import DeviceError, DeviceFailing, DeviceMissing, device_error
from hw.health import OK, HealthNote
from hw.opener import PAUSE_S, Opener

GROUP = "dialout"

_READ = 1024  # bytes at a time: decoding more than that at once would hold the event loop
_DRAIN_READS = 64  # the kernel holds 4 kB (N_TTY_BUF_SIZE) and some more in flight; this only ends what never would


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
        self.fd: int = self._serial.fileno()

    def close(self) -> None:
        with contextlib.suppress(OSError, termios.error):
            self._serial.close()


class Line:
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
        self._path = path
        self._note = note
        self._on_open = on_open
        self._on_bytes = on_bytes
        self._port: Port | None = None
        self._opener: Opener[Port] = Opener(lambda: Port(path, baudrate), self._opened, self._failed, Port.close, pause_s)

    def open(self) -> None:
        self._opener.start()

    def drain(self) -> list[bytes]:
        """What has arrived and was not yet given to `on_bytes`."""
        pieces: list[bytes] = []
        while self._port is not None and len(pieces) < _DRAIN_READS:
            piece = self._read(self._port)
            if not piece:
                break
            pieces.append(piece)
        return pieces

    def close(self) -> None:
        self._opener.stop()
        self._release()

    def _opened(self, port: Port) -> None:
        self._port = port
        self._on_open()
        asyncio.get_running_loop().add_reader(port.fd, self._ready, port)
        self._note.set(OK)

    def _failed(self, exc: Exception) -> None:
        error = exc if isinstance(exc, DeviceError) else DeviceFailing(f"{self._path}: {type(exc).__name__}: {exc}")
        self._note.set(error.health)

    def _ready(self, port: Port) -> None:
        data = self._read(port)
        if data:
            self._on_bytes(data)

    def _read(self, port: Port) -> bytes:
        """What is there now, b"" if nothing is; a line that is gone is let go of."""
        try:
            data = os.read(port.fd, _READ)
        except BlockingIOError:
            return b""
        except OSError as exc:
            self._lost(exc)
            return b""
        if not data:
            self._lost(None)
        return data

    def _lost(self, exc: OSError | None) -> None:
        self._release()
        why = f"{self._path} was unplugged" + (f" ({os.strerror(exc.errno)})" if exc is not None and exc.errno else "")
        self._note.set(DeviceMissing(why).health)
        self._opener.start_later()

    def _release(self) -> None:
        """Stop reading first: a closed descriptor left in the loop's poll set keeps it spinning."""
        if self._port is not None:
            port, self._port = self._port, None
            asyncio.get_running_loop().remove_reader(port.fd)
            port.close()
