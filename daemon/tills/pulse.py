"""`kind = "pulse"`: a machine that takes a coin acceptor's pulses, without staff (docs/pulse-till.md).

The till asks by itself, for its fixed price or for that of the product button that was pressed, and anew after every end. It asks for
nothing while the machine could not honour a payment. What was paid is owed from the journal, pulse by pulse (`daemon.goods`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from daemon.money import Amount
from daemon.payment import Payment, State
from daemon.tills.base import Desk, NotStorable
from daemon.tills.handing_over import AGAIN_S, HandingOver
from daemon.tills.holding import Holding, Trouble
from daemon.tills.house import House
from daemon.tills.offering import Offering, Wanted
from daemon.tills.pulse_giving import PulseGiving
from daemon.tills.waking import Waking, now
from hw.interfaces import Condition, Health, HealthListener, PulseOutput

log = logging.getLogger(__name__)

INHIBIT_GRACE_S = 5.0  # for which a machine may inhibit between two sales before anybody is told


@dataclass(frozen=True, slots=True)
class PulseTerms:
    """`name` is the key in [tills.NAME]. `price` is always offered; `prices` are those of the product buttons, by their pins."""

    name: str
    price: Amount | None = None
    prices: Mapping[int, Amount] = field(default_factory=dict)


class PulseTill:
    """One machine on one credit line. Used on the event loop's thread only. `new_ref` makes up the payments' names."""

    def __init__(self, terms: PulseTerms, output: PulseOutput, desk: Desk, house: House, new_ref: Callable[[], str]) -> None:
        self._terms = terms
        self.name = terms.name
        self.output = output
        self._house = house
        self._waking = Waking()
        self._offering = Offering(terms.name, desk, new_ref, self._waking)
        self._giving = PulseGiving(output, HandingOver(desk, house.goods), self._waking)
        self._holding = Holding(lambda reason: house.hold(terms.name, reason))
        self._owes = True  # the journal may have goods that are owed
        self._gives = False  # they are being given
        self._chosen: int | None = None  # the pin of the product button that was pressed
        self._task: asyncio.Task[None] | None = None
        house.watch(self._waking.wake)

    @property
    def health(self) -> Health:
        return self.output.health

    @property
    def is_giving(self) -> bool:
        """Goods are owed, or may be: the box should not end now."""
        return self._owes or self._gives

    def look(self, on_health: HealthListener) -> None:
        self.output.listen(lambda: None, lambda _pin: None, on_health)
        self.output.open()

    def start(self, on_health: HealthListener) -> None:
        """Open the line, and begin with what is owed."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        self.output.listen(self._waking.wake, self._choose, on_health)
        self.output.open()

    async def stop(self) -> None:
        """The pulse in hand is given and stored; what else is owed is given after the next start."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._giving.stop()
        self.output.close()

    def changed(self, payment: Payment) -> None:
        """Every payment of the box, after each change was stored."""
        if payment.till == self.name:
            self._offering.changed(payment)
            self._owes = self._owes or payment.state is State.PAID
        self._waking.wake()

    def _choose(self, pin: int) -> None:
        """Who presses a product button while another's payment is under way, or its goods are given, chooses nothing."""
        if not (self._offering.is_taken or self.is_giving):
            self._chosen = pin
            self._waking.wake()

    # -- the one task --

    async def _run(self) -> None:
        while True:
            try:
                await self._step()
            except NotStorable:
                await self._waking.woken_within(AGAIN_S)
            except Exception:  # a fault of this program: what is owed stays in the journal, and is given later
                log.exception("till_fault till=%s", self.name)
                await asyncio.sleep(AGAIN_S)

    async def _step(self) -> None:
        if self._owes:
            await self._give_what_is_owed()
        chosen, wanted = self._chosen, self._wanted()
        if not self._can_offer() or wanted is None or now() < self._offering.rest_until:
            await self._waking.woken(self._holding.due_at, self._offering.rest_until)
            return
        payment = await self._offering.sell(wanted, lambda: self._can_offer() and self._wanted() == wanted and not self._owes)
        if payment is not None and self._chosen == chosen:
            self._chosen = None

    async def _give_what_is_owed(self) -> None:
        """First this, whatever else: somebody has paid for it."""
        self._owes, self._gives = False, True
        try:
            for owing in await self._house.goods.open(self.name):
                await self._giving.give(owing)
        except BaseException:
            self._owes = True
            raise
        finally:
            self._gives = False

    def _wanted(self) -> Wanted | None:
        """Who has chosen stands before the machine, and has as long as the box waits for a code."""
        if self._chosen is not None:
            return Wanted(self._terms.prices[self._chosen], None)
        return None if self._terms.price is None else Wanted(self._terms.price)

    # -- whether a payment could be honoured --

    def _can_offer(self) -> bool:
        trouble = self._trouble()
        self._holding.note(trouble, now())
        return trouble is None

    def _trouble(self) -> Trouble | None:
        health = self.output.health
        if health.condition is not Condition.OK:
            return Trouble(f"its credit line is {health.condition}: {health.detail}")
        if (closed := self._house.closed()) is not None:
            return Trouble(closed, None)
        if (unreachable := self._house.unreachable()) is not None:
            return Trouble(unreachable)
        return Trouble("the machine takes no credit (inhibit)", INHIBIT_GRACE_S) if self.output.inhibited else None
