"""The box's end of a till's line in the simulation, for one life of the box. What it carries, the world sees to."""

from __future__ import annotations

from collections.abc import Callable

from daemon.tills.http import Terms
from hw.interfaces import Condition, Health, HealthListener

LINE_TILL = "counter"  # its name in [tills.NAME]
TERMS = Terms("CNY", 1_000_000)


class SimulatedTillLine:
    """The box's end of the line, for one life of the box. The calls are those of `hw.interfaces.TillLine`."""

    health = Health(Condition.OK)

    def __init__(self, carries: Callable[[bytes], None]) -> None:
        self._carries = carries
        self._on_open: Callable[[], None] = lambda: None
        self.on_bytes: Callable[[bytes], None] = lambda _data: None

    def listen(self, on_open: Callable[[], None], on_bytes: Callable[[bytes], None], _on_health: HealthListener) -> None:
        self._on_open, self.on_bytes = on_open, on_bytes

    def open(self) -> None:
        self._on_open()

    def send(self, data: bytes) -> bool:
        self._carries(data)
        return True

    def close(self) -> None: ...
