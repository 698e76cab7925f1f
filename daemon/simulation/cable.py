"""A line between the box and an emulated till of the sandbox, which loses, doubles and damages what it carries, and can be pulled."""

from __future__ import annotations

from collections.abc import Callable

from daemon.sandbox.tills.base import Emulator
from daemon.simulation.till_line import SimulatedTillLine
from daemon.simulation.world import World

DELAY_S = 0.02  # of a line of some hundred bytes at 115200 baud, and the programs at its ends
TROUBLE_ONE_IN = 60  # pieces: as bad as a line by a fridge


class Cable:
    """`heard` is called after the till has heard something, and before what it then says is on its way. The till outlives the box.
    Something befalls one of `trouble_one_in` pieces; `lost` is called with what did not reach the box as the till said it."""

    def __init__(
        self,
        world: World,
        till: Emulator,
        heard: Callable[[], None],
        trouble_one_in: int | None = None,
        lost: Callable[[bytes], None] = lambda _data: None,
    ) -> None:
        self._world = world
        self._till = till
        self._heard = heard
        self._trouble_one_in = trouble_one_in or TROUBLE_ONE_IN
        self._lost = lost
        self._line: SimulatedTillLine | None = None  # of the newest life of the box
        self._is_plugged = True

    def line(self, sends: Callable[[bytes], None] = lambda _data: None) -> SimulatedTillLine:
        """The box's end, for a life of the box that begins. `sends` sees what is sent, whole, the moment it is."""
        self._till.opened(self._world.now)

        def carry(data: bytes) -> None:
            sends(data)
            self._carry(data, self._to_till)

        self._line = SimulatedTillLine(carry, is_plugged=self._is_plugged)
        return self._line

    def plug(self, *, is_plugged: bool) -> None:
        """Pull it, or put it back. What is on its way is lost."""
        self._is_plugged = is_plugged
        if is_plugged:
            self._till.opened(self._world.now)
        if self._world.box is not None and self._line is not None:
            self._world.box.loop.call_soon(lambda line: line.plug(is_plugged=is_plugged), self._line)

    def do(self, typed: str) -> None:
        """A person does something at the till. Raises ValueError where that cannot be done now."""
        self._world.say(f"till: {typed}")
        self._till.command(typed, self._world.now)
        self._go_on()

    def _carry(self, data: bytes, there: Callable[[bytes], None]) -> None:
        pieces = self._befallen(data)
        if data not in pieces and there == self._to_box:
            self._lost(data)
        for piece in pieces:
            self._world.after(DELAY_S, lambda piece=piece: there(piece))  # type: ignore[misc]

    def _befallen(self, data: bytes) -> list[bytes]:
        """What comes out at the other end."""
        choices = self._world.choices
        if not choices.chance(self._trouble_one_in):
            return [data]
        place = choices.below(len(data))
        return choices.pick(([data, data], [], [data[:place]], [data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]]))

    def _to_till(self, data: bytes) -> None:
        if not self._is_plugged:
            return
        self._till.received(data, self._world.now)
        self._heard()
        self._go_on()

    def _to_box(self, data: bytes) -> None:
        box = self._world.box
        if box is not None and self._line is not None:
            box.loop.call_soon(self._line.on_bytes, data)

    def _go_on(self) -> None:
        if data := self._till.take():
            self._carry(data, self._to_box)
        deadline = self._till.next_deadline()
        if deadline is not None:
            self._world.after(deadline - self._world.now, self._pass_time)

    def _pass_time(self) -> None:
        deadline = self._till.next_deadline()
        if deadline is not None and deadline <= self._world.now:
            self._till.pass_time(self._world.now)
            self._heard()
            self._go_on()
