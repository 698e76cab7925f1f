"""A device file that is read on the event loop and comes back by itself.

The reading is our own, on the descriptor: a device that was unplugged then shows at once, as an end of file or an error.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from hw.errors import DeviceMissing, as_device_error
from hw.health import OK, HealthNote
from hw.interfaces import Health
from hw.opener import PAUSE_S, Opener

DRAIN_READS = 64  # the most that is thrown away at once: it only ends what never would

_READ = 1024  # bytes at a time: decoding more than that at once would hold the event loop


class Readable(Protocol):
    """An opened device file. `fd` does not block."""

    @property
    def path(self) -> str: ...
    @property
    def fd(self) -> int: ...
    def close(self) -> None: ...


File = TypeVar("File", bound=Readable)


class Reader(Generic[File]):
    """What `attempt` opens (it raises DeviceError; see `hw.opener`), opened again `pause_s` after it went. `name` is for people.

    `on_open` is called before the first bytes of each opening, `on_bytes` with what one read gives; `note` keeps how the device is.
    """

    def __init__(
        self,
        name: str,
        attempt: Callable[[], File],
        note: HealthNote,
        on_open: Callable[[File], None],
        on_bytes: Callable[[bytes], None],
        pause_s: float = PAUSE_S,
    ) -> None:
        self._name = name
        self._note = note
        self._on_open = on_open
        self._on_bytes = on_bytes
        self._file: File | None = None
        self._opener: Opener[File] = Opener(attempt, self._opened, self._failed, lambda file: file.close(), pause_s)

    @property
    def health(self) -> Health:
        return self._note.health

    def open(self) -> None:
        self._opener.start()

    def drain(self) -> list[bytes]:
        """What has arrived and was not yet given to `on_bytes`: of each read one piece, at most `DRAIN_READS`."""
        pieces: list[bytes] = []
        while self._file is not None and len(pieces) < DRAIN_READS:
            piece = self._read(self._file)
            if not piece:
                break
            pieces.append(piece)
        return pieces

    def close(self) -> None:
        self._opener.stop()
        self._release()

    def _opened(self, file: File) -> None:
        self._file = file
        self._on_open(file)
        asyncio.get_running_loop().add_reader(file.fd, self._ready, file)
        self._note.set(OK)

    def _failed(self, exc: Exception) -> None:
        self._note.set(as_device_error(exc, self._name).health)

    def _ready(self, file: File) -> None:
        data = self._read(file)
        if data:
            self._on_bytes(data)

    def _read(self, file: File) -> bytes:
        """What is there now, b"" if nothing is; a device that is gone is let go of."""
        try:
            data = os.read(file.fd, _READ)
        except BlockingIOError:
            return b""
        except OSError as exc:
            self._lost(file, exc)
            return b""
        if not data:
            self._lost(file, None)
        return data

    def _lost(self, file: File, exc: OSError | None) -> None:
        self._release()
        why = f"{file.path} was unplugged" + (f" ({os.strerror(exc.errno)})" if exc is not None and exc.errno else "")
        self._note.set(DeviceMissing(why).health)
        self._opener.start_later()

    def _release(self) -> None:
        """Stop reading first: a closed descriptor left in the loop's poll set keeps it spinning."""
        if self._file is not None:
            file, self._file = self._file, None
            asyncio.get_running_loop().remove_reader(file.fd)
            file.close()
