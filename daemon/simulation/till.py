"""A till in the simulation: asks for one sale after the other over HTTP, and stands before a machine that may jam."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from daemon.payment import Payment, Ref, State
from daemon.runner import Change
from daemon.simulation.choices import Choices
from daemon.simulation.people import Sale, draw_sale
from daemon.simulation.till_line import TERMS
from daemon.simulation.world import World
from daemon.tills.base import Conflict, Ended, Rejected
from daemon.tills.http import parse_request, payment_json

ASKS_AGAIN_S = 5.0  # a till that was refused, or heard nothing
ASKS = 6  # times, before it lets the sale be

JAMS = 17
"""Sales whose amount is a multiple of this are of goods that jam in their machine: it takes no draw of its own."""
JAMMED_AFTER_S = 2.0  # the machine was told that it is paid
SAYS_IT_AGAIN_S = 7.0  # where the box did not take it


class Shop(Protocol):
    """Whoever asks the box for something, through a till of some kind, until nothing is wanted any more."""

    @property
    def is_done(self) -> bool: ...

    def next_sale(self) -> None:
        """Begin; it goes on by itself."""

    def check(self) -> None:
        """In the end. Raises Broken."""


class Till:
    """Asks for one sale after the other, and goes on when it has been told an end."""

    def __init__(self, world: World, sales: int, draw: Callable[[Choices, str], Sale] = draw_sale) -> None:
        self._world = world
        self._left = sales
        self._draw = draw
        self._asks = 0
        self.sale: Sale | None = None
        self.view: Payment | None = None  # of the sale that it waits for
        self._jammed: set[Ref] = set()  # payments whose goods failed, and that the box has not taken note of yet
        world.listeners.append(self._on_change)

    @property
    def is_done(self) -> bool:
        return self.sale is None and self._left == 0 and not self._jammed

    def check(self) -> None:
        """In the end: what it believes is what the box decided. Raises Broken."""

    def next_sale(self) -> None:
        if self._left == 0:
            self.sale = None
            return
        self._left -= 1
        self.sale = self._draw(self._world.choices, f"S{self._left}")
        self.view, self._asks = None, 0
        self._ask(self.sale)
        if self.sale.cancels_after_s is not None:
            self._cancel_later(self.sale, self.sale.cancels_after_s)

    def _ask(self, sale: Sale) -> None:
        """Asks, and asks again where it was not told an end: a till cannot tell a lost answer from a box that is off."""
        if self.sale is not sale or (self.view is not None and _is_end(self.view)):
            return
        self._asks += 1
        if self.view is None and self._asks > ASKS:
            self._world.say(f"till: gives {sale.ref} up, which was never taken")
            self.next_sale()
            return
        if self._world.box is not None:
            self._world.task(self._put(sale) if self.view is None or sale.asks_twice else self._get(sale))
        self._world.after(ASKS_AGAIN_S if self.view is None else 60.0, lambda: self._ask(sale))

    async def _put(self, sale: Sale) -> None:
        body = {
            "amount": sale.minor,
            "mode": "show" if sale.shows else "scan",
            "ttl_s": sale.ttl_s,
            "scheme": sale.scheme if sale.shows else None,
        }
        text = json.dumps({name: value for name, value in body.items() if value is not None})
        request = parse_request(sale.ref, json.loads(text), "http", TERMS)
        box = self._world.box
        assert box is not None
        try:
            payment, _ = await box.desk.ask(request)
        except Conflict:
            raise
        except Rejected as error:
            self._world.say(f"till: {sale.ref} is not taken: {error}")
            return
        self._hears(payment)

    async def _get(self, sale: Sale) -> None:
        box = self._world.box
        assert box is not None
        payment = await box.desk.find(Ref(sale.ref))
        if payment is not None:
            self._hears(payment)

    def _cancel_later(self, sale: Sale, seconds: float) -> None:
        self._world.after(seconds, lambda: self._cancel(sale))

    def _cancel(self, sale: Sale) -> None:
        if self._world.box is not None and self.view is not None and self.sale is sale:
            self._world.task(self._delete(sale))
            if sale.cancels_again:
                self._cancel_later(replace(sale, cancels_again=False), 2.0)

    async def _delete(self, sale: Sale) -> None:
        box = self._world.box
        assert box is not None
        self._world.say(f"till: cancels {sale.ref}")
        try:
            await box.desk.cancel(Ref(sale.ref), "till")
        except (Ended, Rejected, KeyError):
            return

    # -- a machine that jams --

    def _jam(self, ref: Ref) -> None:
        """Says that it handed nothing over, until the box has taken note of it."""
        if self._world.box is not None:
            self._world.promises.goods_fail(ref)
            self._world.task(self._say_jammed(ref))
        self._world.after(SAYS_IT_AGAIN_S, lambda: self._jam(ref) if ref in self._jammed else None)

    async def _say_jammed(self, ref: Ref) -> None:
        box = self._world.box
        assert box is not None
        self._world.say(f"till: {ref} jammed, nothing was handed over")
        try:
            await box.desk.goods_failed(ref, "jammed")
        except Ended:
            self._jammed.discard(ref)
        except Rejected as error:
            self._world.say(f"till: {ref} is not taken note of: {error}")
        else:
            self._jammed.discard(ref)

    def _on_change(self, change: Change) -> None:
        if self.sale is not None and change.payment.ref == self.sale.ref:
            self._hears(change.payment)

    def _hears(self, payment: Payment) -> None:
        """What a GET tells it: everything that was stored."""
        sale = self.sale
        if sale is None or payment.ref != sale.ref:
            return
        payment_json(payment)
        had_ended = self.view is not None and _is_end(self.view)
        self.view = payment
        if _is_end(payment) and not had_ended:
            self._world.after(self._world.choices.pick((1.0, 1.0, 200.0)), self.next_sale)
            if payment.state is State.PAID and sale.minor % JAMS == 0:
                self._jammed.add(payment.ref)
                self._world.after(JAMMED_AFTER_S, lambda: self._jam(payment.ref))


def _is_end(payment: Payment) -> bool:
    """A till may go on: it has an end, or a person must look."""
    return payment.state.is_final or payment.state is State.IN_DOUBT
