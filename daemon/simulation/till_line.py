"""The box's end of a till's line in the simulation, for one life of the box. What it carries, the world sees to."""

from __future__ import annotations

from collections.abc import Callable

from daemon.simulation.kinds import TillKind
from daemon.tills.http import Terms
from hw.health import OK, HealthNote
from hw.interfaces import Condition, Health, HealthListener

LINE_TILL = TillKind.SERIAL.value  # its name in [tills.NAME]
TERMS = Terms("CNY", 1_000_000)

PULLED = Health(Condition.MISSING, "pulled")


class SimulatedTillLine:
    """The box's end of the line, for one life of the box. The calls are those of `hw.interfaces.TillLine`, and of `Tap`."""

    def __init__(self, carries: Callable[[bytes], None], *, is_plugged: bool = True) -> None:
        self._carries = carries
        self._note = HealthNote("line")
        self._on_open: Callable[[], None] = lambda: None
        self._on_bytes: Callable[[bytes], None] = lambda _data: None
        self._is_open = False
        self._is_plugged = is_plugged

    @property
    def health(self) -> Health:
        return self._note.health

    def listen(self, on_open: Callable[[], None], on_bytes: Callable[[bytes], None], on_health: HealthListener) -> None:
        self._on_open, self._on_bytes = on_open, on_bytes
        self._note.tell(on_health)

    def open(self) -> None:
        self._is_open = True
        self._tell()

    def send(self, data: bytes) -> bool:
        if not self._is_plugged:
            return False
        self._carries(data)
        return True

    def close(self) -> None:
        self._is_open = False

    # -- the cable --

    def on_bytes(self, data: bytes) -> None:
        """They arrive."""
        if self._is_open and self._is_plugged:
            self._on_bytes(data)

    def plug(self, *, is_plugged: bool) -> None:
        self._is_plugged = is_plugged
        if self._is_open:
            self._tell()

    def _tell(self) -> None:
        self._note.set(OK if self._is_plugged else PULLED)
        if self._is_plugged:
            self._on_open()
