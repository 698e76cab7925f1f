"""A line to listen to without a cable: `hear()` is what the till says on it. For trying out and for tests, as those of `hw.simulated`."""

from __future__ import annotations

from collections.abc import Callable

from hw.health import OK, HealthNote
from hw.interfaces import Condition, Health, HealthListener

_UNPLUGGED = Health(Condition.MISSING, "unplugged")


class SimulatedTap:
    """It counts the bytes that nobody heard."""

    def __init__(self, name: str) -> None:
        self._note = HealthNote(name)
        self._tell_open: Callable[[], None] = lambda: None
        self._tell_bytes: Callable[[bytes], None] = lambda _data: None
        self._is_open = False
        self._plugged = True
        self.dropped = 0

    @property
    def health(self) -> Health:
        return self._note.health

    def listen(self, on_open: Callable[[], None], on_bytes: Callable[[bytes], None], on_health: HealthListener) -> None:
        self._tell_open, self._tell_bytes = on_open, on_bytes
        self._note.tell(on_health)

    def open(self) -> None:
        self._is_open = True
        self._tell()

    def close(self) -> None:
        self._is_open = False

    def hear(self, data: bytes) -> bool:
        """The till says that. Whether anybody heard."""
        if not (self._is_open and self._plugged):
            self.dropped += len(data)
            return False
        self._tell_bytes(data)
        return True

    def unplug(self) -> None:
        self._plugged = False
        self._tell()

    def plug(self) -> None:
        self._plugged = True
        self._tell()

    def _tell(self) -> None:
        if not self._is_open:
            return
        if self._plugged:
            self._tell_open()
        self._note.set(OK if self._plugged else _UNPLUGGED)
