"""A line in memory between a till and an emulated machine, in virtual time; it can be pulled, and bytes can be lost on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hw.health import OK, HealthNote
from hw.interfaces import Condition, Health, HealthListener


class MachineLine:
    """The box's end is a `TillLine`; at the other end sits `machine`, an emulator of `daemon.sandbox.tills`."""

    def __init__(self, machine: Any) -> None:
        self.machine = machine
        self.sent: list[str] = []
        self.transcript: list[str] = []  # what arrived at either end, as docs/mdb-till.md writes it
        self.takes = True  # whether the line takes what is sent
        self.is_deaf = False  # the adapter hears nothing
        self._note = HealthNote("machine")
        self._is_open = False
        self._timer: asyncio.TimerHandle | None = None
        self._on_open: Callable[[], None] = lambda: None
        self._on_bytes: Callable[[bytes], None] = lambda _data: None

    # -- the box's end --

    @property
    def health(self) -> Health:
        return self._note.health

    def listen(self, on_open: Callable[[], None], on_bytes: Callable[[bytes], None], on_health: HealthListener) -> None:
        self._on_open, self._on_bytes = on_open, on_bytes
        self._note.tell(on_health)

    def open(self) -> None:
        asyncio.get_running_loop().call_soon(self.plug)

    def send(self, data: bytes) -> bool:
        if not (self._is_open and self.takes):
            return False
        self.sent += data.decode("ascii").splitlines()
        asyncio.get_running_loop().call_soon(self._carry, data)
        return True

    def close(self) -> None:
        self._is_open = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # -- the machine's end --

    def plug(self) -> None:
        self._is_open = True
        self._note.set(OK)
        self.machine.opened(self._now())
        self._on_open()
        self.go_on()

    def unplug(self) -> None:
        """What the machine says meanwhile is lost."""
        self._is_open = False
        self._note.set(Health(Condition.MISSING, "unplugged"))
        self.go_on()

    def command(self, text: str) -> None:
        self.machine.command(text, self._now())
        self.go_on()

    def go_on(self) -> None:
        data = self.machine.take()
        if data and self._is_open:
            asyncio.get_running_loop().call_soon(self._arrive, data)
        if self._timer is not None:
            self._timer.cancel()
        due = self.machine.next_deadline()
        self._timer = None if due is None else asyncio.get_running_loop().call_at(due, self._pass_time, due)

    def _carry(self, data: bytes) -> None:
        self.transcript += [f"→ {text}" for text in data.decode().splitlines()]
        if not self.is_deaf:
            self.machine.received(data, self._now())
        self.go_on()

    def _arrive(self, data: bytes) -> None:
        if self._is_open:
            self.transcript += [f"← {text}" for text in data.decode("utf-8", "replace").splitlines()]
            self._on_bytes(data)

    def _pass_time(self, due: float) -> None:
        self.machine.pass_time(max(self._now(), due))
        self.go_on()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
