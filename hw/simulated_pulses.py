"""[tills.NAME] kind = "pulse", output = "simulated": a credit line without a machine, for trying out, for the demo and for tests."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from hw.health import OK, HealthNote
from hw.interfaces import Condition, Health, HealthListener, Pulse, PulseEnd
from hw.settings import PulseSettings


class SimulatedPulses:
    """Counts the pulses that a machine would have counted. `inhibit`, `choose`, `unplug` are the machine's side; `ends` are what the next
    pulses come to, where not all goes well."""

    def __init__(self, name: str, settings: PulseSettings) -> None:
        self.name = name
        self.settings = settings
        self.counted = 0
        self.ends: deque[PulseEnd] = deque()
        self.counters: list[Callable[[int], None]] = []  # told of each pulse, with how many there were
        self._inhibited = False
        self._plugged = True
        self._note = HealthNote(name)
        self._lock = asyncio.Lock()
        self._tell_inhibit: Callable[[], None] = lambda: None
        self._tell_choice: Callable[[int], None] = lambda _pin: None
        self._tell_health: HealthListener = lambda _health: None
        self._open = False

    @property
    def health(self) -> Health:
        return self._note.health

    @property
    def inhibited(self) -> bool:
        return self._inhibited or not (self._plugged and self._open)

    def listen(self, on_inhibit: Callable[[], None], on_choice: Callable[[int], None], on_health: HealthListener) -> None:
        self._tell_inhibit, self._tell_choice = on_inhibit, on_choice
        self._note.tell(on_health)

    def open(self) -> None:
        self._open = True
        self._refresh()

    async def pulse(self) -> Pulse:
        return await asyncio.shield(asyncio.get_running_loop().create_task(self._pulse()))

    async def _pulse(self) -> Pulse:
        async with self._lock:
            end = self.ends.popleft() if self.ends else PulseEnd.GIVEN
            if not (self._plugged and self._open) or end is PulseEnd.NOT_GIVEN:
                return Pulse(PulseEnd.NOT_GIVEN, "unplugged")
            await asyncio.sleep(self.settings.on_ms / 1000)
            self.counted += 1
            for counter in self.counters:
                counter(self.counted)
            await asyncio.sleep(self.settings.off_ms / 1000)
            return Pulse(end, "" if end is PulseEnd.GIVEN else "it was too long")

    def close(self) -> None:
        self._open = False

    # -- the machine's side --

    def inhibit(self, wanted: bool) -> None:
        self._inhibited = wanted
        self._tell_inhibit()

    def choose(self, pin: int) -> None:
        if pin not in self.settings.choice_pins:
            raise ValueError(f"no product button is at pin {pin}")
        if self._open and self._plugged:
            self._tell_choice(pin)

    def unplug(self) -> None:
        self._plugged = False
        self._refresh()

    def plug(self) -> None:
        self._plugged = True
        self._refresh()

    def _refresh(self) -> None:
        if self._open:
            self._note.set(OK if self._plugged else Health(Condition.MISSING, "unplugged"))
            self._tell_inhibit()
