"""The box's end of a credit line in the simulation, for one life of the box: a `hw.interfaces.PulseOutput` before a machine that counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from daemon.simulation.till_line import PULLED
from hw.health import OK, HealthNote
from hw.interfaces import Health, HealthListener, Pulse, PulseEnd

ON_S, OFF_S = 0.1, 0.25  # as hw.settings has them


class Counting(Protocol):
    """The machine at the other end, which outlives the box."""

    is_inhibiting: bool
    is_plugged: bool

    def refuses(self) -> bool:
        """Whether the pin cannot be set now: the line does not change then, for certain."""

    def rises(self) -> None: ...

    def falls(self) -> bool:
        """Whether the pulse was as long as it should be."""


class CreditLine:
    def __init__(self, machine: Counting) -> None:
        self._machine = machine
        self._note = HealthNote("credit")
        self._lock = asyncio.Lock()
        self._tell_inhibit: Callable[[], None] = lambda: None
        self._tell_choice: Callable[[int], None] = lambda _pin: None
        self._is_open = False

    @property
    def health(self) -> Health:
        return self._note.health

    @property
    def inhibited(self) -> bool:
        return self._machine.is_inhibiting or not (self._is_open and self._machine.is_plugged)

    def listen(self, on_inhibit: Callable[[], None], on_choice: Callable[[int], None], on_health: HealthListener) -> None:
        self._tell_inhibit, self._tell_choice = on_inhibit, on_choice
        self._note.tell(on_health)

    def open(self) -> None:
        self._is_open = True
        self.changed()

    async def pulse(self) -> Pulse:
        return await asyncio.shield(asyncio.get_running_loop().create_task(self._pulse()))

    async def _pulse(self) -> Pulse:
        async with self._lock:
            if not (self._is_open and self._machine.is_plugged) or self._machine.refuses():
                return Pulse(PulseEnd.NOT_GIVEN, "the pin cannot be set")
            self._machine.rises()
            await asyncio.sleep(ON_S)
            is_right = self._machine.falls()
            await asyncio.sleep(OFF_S)
            return Pulse(PulseEnd.GIVEN) if is_right else Pulse(PulseEnd.UNSURE, "it was too long")

    def close(self) -> None:
        self._is_open = False

    # -- the machine's side --

    def changed(self) -> None:
        """It inhibits, or does so no more; or the line was pulled, or put back."""
        if self._is_open:
            self._note.set(OK if self._machine.is_plugged else PULLED)
            self._tell_inhibit()

    def choose(self, pin: int) -> None:
        if self._is_open and self._machine.is_plugged:
            self._tell_choice(pin)
