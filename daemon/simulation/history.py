"""A whole history from its choices: a day at one till, with its payers, and what befalls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from daemon.payment import Mode, Payment, Ref, State
from daemon.runner import Change
from daemon.sandbox.scenario import Scenario
from daemon.simulation.choices import Choices
from daemon.simulation.mishaps import OF_ANY_MOMENT, Chance
from daemon.simulation.people import PAUSES_S, Sale, Show, draw_sale, draw_scenario, draw_show
from daemon.simulation.provider import Provider
from daemon.simulation.setting import draw_setting
from daemon.simulation.tally import Tally
from daemon.simulation.timeline import Timeline
from daemon.simulation.world import World
from daemon.tills.base import Conflict, Ended, Rejected
from daemon.tills.http import Terms, parse_request, payment_json

SALES = 12  # of one history, at most
ASKS_AGAIN_S = 5.0  # a till that was refused, or heard nothing
ASKS = 6  # times, before it lets the sale be
TERMS = Terms("CNY", 1_000_000)

JAMS = 17
"""Sales whose amount is a multiple of this are of goods that jam in their machine: it takes no draw of its own."""
JAMMED_AFTER_S = 2.0  # the machine was told that it is paid
SAYS_IT_AGAIN_S = 7.0  # where the box did not take it

PREFIX = {"wechat": "13", "alipay": "28"}


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


class Payers:
    """One after the other: each shows a code when the box wants one, and does with the wallet what the scenario says."""

    def __init__(self, world: World, draw: Callable[[Choices, bool, bool], Scenario]) -> None:
        self._world = world
        self._draw = draw
        self._serial = 0
        self._last = ""
        world.listeners.append(self._on_change)
        for provider in world.providers.values():
            provider.choose = partial(self._choose, provider)

    def _choose(self, provider: Provider, code: str | None) -> Scenario:
        """What comes of an order: what the code's payer has in mind, or the one who is to scan the QR."""
        scenario = self._draw(self._world.choices, code is None, provider.is_late)
        self._world.say(f"{'payer':8}: {scenario.name} ({scenario.text}), {len(scenario.moves)} moves")
        return scenario

    def _on_change(self, change: Change) -> None:
        payment, before = change.payment, change.before
        if (
            payment.state is State.AWAITING_CODE
            and payment.mode is Mode.SCAN
            and (before is None or before.state is not State.AWAITING_CODE)
        ):
            self._come(payment)

    def _come(self, payment: Payment) -> None:
        choices = self._world.choices
        again = bool(payment.attempts) and choices.chance(5)  # holds the same phone there again
        if not again:
            self._serial += 1
            self._last = PREFIX[choices.pick(("wechat", "alipay"))] + f"{self._serial:016d}"
        show = draw_show(choices, self._last)
        if show is not None:
            self._world.after(show.after_s, lambda: self._show(payment, show))

    def _show(self, payment: Payment, show: Show) -> None:
        box = self._world.box
        if box is None:
            return
        for piece in show.pieces:
            box.loop.call_soon(box.scanner.read, piece)
        if not show.is_code:
            self._world.after(3.0, lambda: self._come_again(payment))

    def _come_again(self, payment: Payment) -> None:
        box = self._world.box
        now = None if box is None else box.runner.find(payment.ref)
        if now is not None and now.state is State.AWAITING_CODE:
            self._come(now)


def play(choices: Choices, timeline: Timeline | None = None) -> Tally:
    """The whole history of those choices. Raises Broken where a promise is."""
    world = World(choices, draw_setting(choices), Chance(choices), timeline or Timeline())
    till = Till(world, 1 + choices.below(SALES))
    schedule = world.setting.schedule
    Payers(world, lambda choices, shown, late: draw_scenario(choices, shown=shown, late=late, schedule=schedule))
    for _ in range(choices.pick((0, 0, 1, 3))):
        mishap = choices.pick(OF_ANY_MOMENT)
        world.after(choices.pick(PAUSES_S), lambda mishap=mishap: world.befall(mishap))  # type: ignore[misc]
    world.after(1.0, till.next_sale)
    tally = world.run(lambda: till.is_done)
    tally.payments = len(world.disk.payments)
    return tally


def _is_end(payment: Payment) -> bool:
    """A till may go on: it has an end, or a person must look."""
    return payment.state.is_final or payment.state is State.IN_DOUBT
