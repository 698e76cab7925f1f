"""A serial till in the simulation: at the other end of a line that loses, doubles and damages what it carries sits a careful till, the
sandbox's; at the box's end its own `daemon.tills.serial`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daemon.payment import Ref, State
from daemon.sandbox.tills.serial import SerialCounter
from daemon.simulation.box import Box
from daemon.simulation.cable import Cable
from daemon.simulation.people import Sale
from daemon.simulation.promises import Broken
from daemon.simulation.till import Till
from daemon.simulation.till_line import LINE_TILL, TERMS
from daemon.simulation.world import World
from daemon.tills.base import end_of
from daemon.tills.serial import SerialTerms, SerialTill
from daemon.told import JournalTellings


class LineTill(Till):
    """Asks over the line for what is to be scanned, and over HTTP for what is to be shown: two tills, one cashier."""

    def __init__(self, world: World, sales: int) -> None:
        super().__init__(world, sales)
        self._end = SerialCounter()
        self._cable = Cable(world, self._end, self._heard)
        self._asked: set[Ref] = set()
        world.fit = self._fit

    @property
    def is_done(self) -> bool:
        return super().is_done and not any(telling.seq is not None for telling in self._world.disk.owed(LINE_TILL))

    def _fit(self, box: Box) -> SerialTill:
        """The box's own till, in a life of the box that begins."""
        tellings = JournalTellings(box.journal, box.runner.find)  # type: ignore[arg-type]  # it has all that a Journal is asked
        return SerialTill(SerialTerms(LINE_TILL, TERMS), self._cable.line(), box.desk, tellings, box.numbers)

    def _heard(self) -> None:
        if self.sale is not None and self.sale.ref in self._end.ends:  # the box may have died of this end, and told it after its next start
            self._hears(self._world.disk.payments[Ref(self.sale.ref)][0])

    # -- what the cashier does --

    async def _put(self, sale: Sale) -> None:
        if sale.shows:
            await super()._put(sale)
            return
        self._asked.add(Ref(sale.ref))
        self._cable.do(f"pay {sale.minor / 100:.2f} {sale.ref}")

    async def _get(self, sale: Sale) -> None:
        if sale.shows:
            await super()._get(sale)
        else:
            self._cable.do(f"status {sale.ref}")

    async def _delete(self, sale: Sale) -> None:
        if sale.shows:
            await super()._delete(sale)
        else:
            self._cable.do(f"cancel {sale.ref}")

    # -- the end --

    def check(self) -> None:
        """What the till believes is what the box decided. Raises Broken."""
        for payment in self._world.disk.all:
            if payment.till != LINE_TILL or end_of(payment) is None:
                continue
            end = self._end.ends.get(payment.ref)
            if end is None or end["state"] != payment.state.value or end["amt"] != payment.amount.minor:
                raise Broken("P7", f"{payment.ref} ended {payment.state}, and its till on the line was told {end and end['state']}")
        numbers = {(m["seq"], *_which_end(m)) for m in self._end.heard if m["t"] == "end"}
        if len(numbers) != len({number for number, *_ in numbers}):
            raise Broken("P7", "two ends were told under one number")


def _which_end(message: Mapping[str, Any]) -> tuple[str, ...]:
    """What the till is told by it. Why it is in doubt is for people: of one that was not acknowledged yet they hear the newest."""
    why = "" if message["state"] == State.IN_DOUBT.value else str(message["reason"])
    return message["ref"], message["state"], why
