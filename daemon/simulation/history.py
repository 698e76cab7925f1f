"""A whole history from its choices: a day at one till, with its payers, and what befalls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from daemon.payment import Mode, Payment, State
from daemon.runner import Change
from daemon.sandbox.scenario import Scenario
from daemon.simulation.choices import Choices
from daemon.simulation.counter import LineTill
from daemon.simulation.kinds import TillKind
from daemon.simulation.mishaps import OF_ANY_MOMENT, Chance
from daemon.simulation.pad import Pad
from daemon.simulation.people import PAUSES_S, Show, draw_scenario, draw_show
from daemon.simulation.pole_counter import PoleShop
from daemon.simulation.provider import Provider
from daemon.simulation.pulses import Pulses
from daemon.simulation.setting import draw_setting
from daemon.simulation.staff import Staff
from daemon.simulation.tally import Tally
from daemon.simulation.till import Shop, Till
from daemon.simulation.timeline import Timeline
from daemon.simulation.vending import Vending
from daemon.simulation.world import World

SALES = 12  # of one history, at most

TILLS: Mapping[TillKind, Callable[[World, int], Shop]] = {
    TillKind.SERIAL: LineTill,
    TillKind.MDB: Vending,
    TillKind.PULSE: Pulses,
    TillKind.KEYPAD: Pad,
    TillKind.POLE: PoleShop,
}

PREFIX = {"wechat": "13", "alipay": "28"}


class Payers:
    """One after the other: each shows a code when the box wants one, and does with the wallet what the scenario says."""

    def __init__(self, world: World, draw: Callable[[Choices, bool, bool], Scenario]) -> None:
        self._world = world
        self._draw = draw
        self._serial = 0
        self._last = ""
        world.listeners.append(self._on_change)
        world.payer_comes = self._come_to_offer
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
            self._take_phone()
        show = draw_show(choices, self._last)
        if show is not None:
            self._world.after(show.after_s, lambda: self._show(payment, show))

    def _come_to_offer(self) -> None:
        """Somebody pays what a till offers, before there is a payment for it."""
        self._take_phone()
        show = draw_show(self._world.choices, self._last)
        if show is not None:
            self._world.after(show.after_s, lambda: self._scan(show))

    def _take_phone(self) -> None:
        self._serial += 1
        self._last = PREFIX[self._world.choices.pick(("wechat", "alipay"))] + f"{self._serial:016d}"

    def _scan(self, show: Show) -> bool:
        box = self._world.box
        if box is None:
            return False
        for piece in show.pieces:
            box.loop.call_soon(box.scanner.read, piece)
        return True

    def _show(self, payment: Payment, show: Show) -> None:
        if not self._scan(show):
            return
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
    sales = 1 + choices.below(SALES)
    till = TILLS.get(world.setting.till, Till)(world, sales)
    schedule = world.setting.schedule
    Payers(world, lambda choices, shown, late: draw_scenario(choices, shown=shown, late=late, schedule=schedule))
    staff = Staff(world)
    for _ in range(choices.pick((0, 0, 1, 3))):
        mishap = choices.pick(OF_ANY_MOMENT)
        world.after(choices.pick(PAUSES_S), lambda mishap=mishap: world.befall(mishap))  # type: ignore[misc]
    world.after(1.0, till.next_sale)
    tally = world.run(lambda: till.is_done and staff.is_done)
    till.check()
    return _counted(tally, world)


def _counted(tally: Tally, world: World) -> Tally:
    """With what the disk has in the end."""
    tally.payments = len(world.disk.payments)
    tally.histories[world.setting.till] += 1
    for payment in world.disk.all:
        kind = TillKind(payment.till)
        tally.sales[kind] += 1
        owing = world.disk.owing(payment.ref)
        if owing is not None:
            tally.goods[kind, owing.stands] += 1
    return tally
