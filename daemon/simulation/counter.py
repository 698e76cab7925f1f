"""A serial till in the simulation: at the other end of a line that loses, doubles and damages what it carries sits a careful till, the
sandbox's; at the box's end its own `daemon.tills.serial`."""

from __future__ import annotations

from collections.abc import Callable

from daemon.payment import Ref
from daemon.sandbox.tills.serial import SerialCounter
from daemon.simulation.people import Sale
from daemon.simulation.promises import Broken
from daemon.simulation.till import Till
from daemon.simulation.till_line import LINE_TILL, SimulatedTillLine
from daemon.simulation.world import World
from daemon.tills.base import end_of

DELAY_S = 0.02  # of a line of some hundred bytes at 115200 baud, and the programs at its ends
TROUBLE_ONE_IN = 60  # pieces: as bad as a line by a fridge


class LineTill(Till):
    """Asks over the line for what is to be scanned, and over HTTP for what is to be shown: two tills, one cashier."""

    def __init__(self, world: World, sales: int) -> None:
        super().__init__(world, sales)
        self._end = SerialCounter()
        self._asked: set[Ref] = set()
        world.open_line = self._open_line

    @property
    def is_done(self) -> bool:
        return super().is_done and not any(telling.seq is not None for telling in self._world.disk.owed(LINE_TILL))

    # -- the line --

    def _open_line(self) -> SimulatedTillLine:
        """Of a life of the box that begins."""
        self._end.opened(self._world.now)
        return SimulatedTillLine(lambda data: self._carry(data, self._to_till))

    def _carry(self, data: bytes, there: Callable[[bytes], None]) -> None:
        for piece in self._befallen(data):
            self._world.after(DELAY_S, lambda piece=piece: there(piece))  # type: ignore[misc]

    def _befallen(self, data: bytes) -> list[bytes]:
        """What comes out at the other end."""
        choices = self._world.choices
        if not choices.chance(TROUBLE_ONE_IN):
            return [data]
        place = choices.below(len(data))
        return choices.pick(([data, data], [], [data[:place]], [data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]]))

    def _to_till(self, data: bytes) -> None:
        self._end.received(data, self._world.now)
        if self.sale is not None and self.sale.ref in self._end.ends:  # the box may have died of this end, and told it after its next start
            self._hears(self._world.disk.payments[Ref(self.sale.ref)][0])
        self._go_on()

    def _to_box(self, data: bytes) -> None:
        box = self._world.box
        if box is not None and box.line is not None:
            box.loop.call_soon(box.line.on_bytes, data)

    def _go_on(self) -> None:
        if data := self._end.take():
            self._carry(data, self._to_box)
        deadline = self._end.next_deadline()
        if deadline is not None:
            self._world.after(deadline - self._world.now, self._pass_time)

    def _pass_time(self) -> None:
        deadline = self._end.next_deadline()
        if deadline is not None and deadline <= self._world.now:
            self._end.pass_time(self._world.now)
            self._go_on()

    # -- what the cashier does --

    async def _put(self, sale: Sale) -> None:
        if sale.shows:
            await super()._put(sale)
            return
        self._asked.add(Ref(sale.ref))
        self._do(f"pay {sale.minor / 100:.2f} {sale.ref}")

    async def _get(self, sale: Sale) -> None:
        if sale.shows:
            await super()._get(sale)
        else:
            self._do(f"status {sale.ref}")

    async def _delete(self, sale: Sale) -> None:
        if sale.shows:
            await super()._delete(sale)
        else:
            self._do(f"cancel {sale.ref}")

    def _do(self, typed: str) -> None:
        self._world.say(f"till: {typed}")
        self._end.command(typed, self._world.now)
        self._go_on()

    # -- the end --

    def check(self) -> None:
        """What the till believes is what the box decided. Raises Broken."""
        for payment in self._world.disk.all:
            if payment.till != LINE_TILL or end_of(payment) is None:
                continue
            end = self._end.ends.get(payment.ref)
            if end is None or end["state"] != payment.state.value or end["amt"] != payment.amount.minor:
                raise Broken("P7", f"{payment.ref} ended {payment.state}, and its till on the line was told {end and end['state']}")
        numbers = {(m["seq"], m["ref"], m["state"], str(m["reason"])) for m in self._end.heard if m["t"] == "end"}
        if len(numbers) != len({number for number, *_ in numbers}):
            raise Broken("P7", "two ends were told under one number")
