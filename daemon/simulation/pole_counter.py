"""A till with a customer display in the simulation: the sandbox's writes, the box's tap hears, a cashier takes what is offered by the
button or lets a payer's code take it; at the box's end `daemon.tills.pole`. Charged is what was shown, once for each sale."""

from __future__ import annotations

from dataclasses import dataclass, field

from daemon.payment import Payment, Ref, State
from daemon.runner import Change
from daemon.sandbox.tills.pole import PoleCounter
from daemon.simulation.box import Box
from daemon.simulation.kinds import TillKind
from daemon.simulation.pad import AMOUNT
from daemon.simulation.promises import Broken
from daemon.simulation.till_line import TERMS, SimulatedTillLine
from daemon.simulation.turns import Turns, Wait, is_shown
from daemon.simulation.world import World
from daemon.tills.pole import PoleTerms, PoleTill

DRAWS_S = (0.0, 0.03, 0.06)  # until the rest of a picture follows, where it comes in two pieces
TAKEN_MOST_S = 4.0  # from what was shown, and taken, until its payment must have begun: a slow card, and another till that asks
TRIES = 3
HAPPENINGS = (None, None, None, "redraw", "redraw", "added", "cash", "pulled")


@dataclass(slots=True)
class _Sale:
    """What is rung up, from the first article until the display is cleared, or until one more is added after it was paid: to who only
    sees the display that is a new sale. `shown` are its totals, each with when it went away."""

    refs: list[Ref] = field(default_factory=list)
    total: int | None = None
    shown: list[tuple[int, float]] = field(default_factory=list)
    pressed_at: float = -TAKEN_MOST_S


class PoleShop(Turns):
    kind = TillKind.POLE

    def __init__(self, world: World, turns: int) -> None:
        super().__init__(world, turns)
        self._till = PoleCounter(dialect=self.choices.pick(("cd5220", "escpos", "dsp800", "led8")))
        self._confirm = not self.choices.chance(3)
        self._has_button = not self.choices.chance(3)
        self._tap: SimulatedTillLine | None = None  # of the newest life of the box
        self._is_plugged = True
        self._rest = b""  # of a picture that comes in two pieces
        self._sale = _Sale()
        self._sales: list[_Sale] = []
        world.fit = self._fit
        world.listeners.append(self._on_change)
        if self.choices.chance(3):
            self._till.command("chinese", world.now)

    def _fit(self, box: Box) -> PoleTill:
        self._tap = SimulatedTillLine(lambda _data: None, is_plugged=self._is_plugged)
        terms = PoleTerms(self.kind.value, TERMS, confirm=self._confirm)
        return PoleTill(terms, self._tap, box.desk, box.front(has_button=self._has_button), box.numbers)

    # -- what is looked at --

    def _on_change(self, change: Change) -> None:
        if change.before is None and change.payment.till == self.kind.value:
            self._sale.refs.append(change.payment.ref)
            self.world.guard(lambda: self._begins(change.payment))

    def _begins(self, payment: Payment) -> None:
        sale, since = self._sale, self.world.now - TAKEN_MOST_S
        if payment.amount.minor != sale.total and not any(minor == payment.amount.minor and at >= since for minor, at in sale.shown):
            raise Broken(AMOUNT, f"{payment.amount} is asked for, and the display shows {sale.total}")
        box = self.world.box
        read_at = None if box is None else self.world.now - (box.loop.time() - box.scanner.read_at)
        if self._confirm and max(sale.pressed_at, read_at or sale.pressed_at) < since:
            raise Broken(AMOUNT, f"{payment.amount} is asked for, and nobody took it")

    def check(self) -> None:
        """Each sale was charged once at most. What was told to be refused, and is found paid for all that, is for a person: nobody could
        know of it when the sale was charged again."""
        disk = self.world.disk
        told_otherwise = {entry.ref for entry in disk.entries if entry.state == State.REFUSED.value}
        for sale in self._sales:
            paid = [ref for ref in sale.refs if disk.payments[ref][0].state is State.PAID and ref not in told_otherwise]
            if len(paid) > 1:
                raise Broken(AMOUNT, f"one sale was charged as {' and as '.join(paid)}")

    # -- the till --

    def _do(self, typed: str) -> None:
        """The till writes on its display's line; now and then in two pieces."""
        self.world.say(f"till: {typed}")
        self._till.command(typed, self.world.now)
        data = self._till.take()
        cut = self.choices.below(len(data))
        self._write_rest()  # of the picture before: a till writes one after the other
        self._hear(data[:cut])
        self._rest = data[cut:]
        self.world.after(self.choices.pick(DRAWS_S), self._write_rest)

    def _write_rest(self) -> None:
        data, self._rest = self._rest, b""
        self._hear(data)

    def _hear(self, data: bytes) -> None:
        if data and self.world.box is not None and self._tap is not None:
            self.world.box.loop.call_soon(self._tap.on_bytes, data)

    def _show(self, total: int | None) -> None:
        """What the display shows from now on: a total, or something else."""
        if self._sale.total is not None:
            self._sale.shown.append((self._sale.total, self.world.now))
        self._sale.total = total

    def _ring_up(self) -> None:
        minor = 1 + self.choices.below(3000)
        self._show(None)
        self._do(f"item TEA {minor // 100}.{minor % 100:02d}")

    def _total(self) -> None:
        if self._is_paid():
            self._begin_sale()
        self._show(int(self._till.sum.scaleb(2)))
        self._do("total")

    # -- the cashier --

    def begin_turn(self) -> None:
        self._begin_sale()
        articles = 1 + self.choices.below(3)
        for place in range(articles):
            self.world.after(1.5 * place, self._ring_up)
        self.world.after(1.5 * articles, self._total)
        self.world.after(1.5 * articles + self.choices.pick((0.2, 1.0, 1.0, 10.0)), lambda: self._take(TRIES))

    def _begin_sale(self) -> None:
        self._sale = _Sale()
        self._sales.append(self._sale)

    def _take(self, tries: int) -> None:
        """What the box offers, or has asked for by itself."""
        if tries == 0 or self._sale.total is None:
            self._clear("cash 100000")
        elif self._is_paid():
            self._paid()
        else:
            if not self._open():
                self._take_now(presses=self._has_button and self.choices.chance(2))
            begun = len(self._sale.refs)
            self.wait(Wait(lambda: len(self._sale.refs) > begun or self._open(), self._begun, lambda: self._try_again(tries), 40.0))

    def _take_now(self, *, presses: bool) -> None:
        box = self.world.box
        if not presses:
            self.world.payer_comes()
        elif box is not None:
            self.world.say("box's button is pressed")
            self._sale.pressed_at = self.world.now
            box.loop.call_soon(box.button.press)

    def _try_again(self, tries: int) -> None:
        self._do("redraw")
        self.world.after(1.0, lambda: self._take(tries - 1))

    def _begun(self) -> None:
        happens = self.choices.pick(HAPPENINGS)
        if happens is not None:
            self.world.after(self.choices.pick((0.1, 1.0, 8.0, 30.0)), lambda: self._happens(happens))
        self.wait(Wait(lambda: not self._open(), self._ended, self._ended, 1000.0))

    def _ended(self) -> None:
        if self._is_paid():
            self._paid()
        elif len(self._sale.refs) > TRIES:
            self._clear("cash 100000")
        else:
            self._try_again(self.choices.pick((3, 2, 1)))

    def _paid(self) -> None:
        """The total may stand there for long, and be drawn again; and another phone is held before the scanner."""
        if self.choices.chance(3):
            self.world.payer_comes()
        if self.choices.chance(3):
            self.world.after(1.0, lambda: self._do("redraw"))
        self.world.after(self.choices.pick((2.0, 2.0, 60.0)), lambda: self._clear("thanks"))

    def _happens(self, what: str) -> None:
        """While a payment is open, or just after it."""
        if self._sale.total is None:
            return
        if what == "redraw":
            self._do("redraw")
        elif what == "added":
            self._ring_up()
            self.world.after(1.0, self._total)
        elif what == "cash":
            self._show(None)
            self._do("cash 100000")
        elif what == "pulled":
            self._plug(is_plugged=False)
            self.world.after(3.0, lambda: self._plug(is_plugged=True))

    def _plug(self, *, is_plugged: bool) -> None:
        self._is_plugged = is_plugged
        if self.world.box is not None and self._tap is not None:
            tap = self._tap
            self.world.box.loop.call_soon(lambda: tap.plug(is_plugged=is_plugged))

    def _clear(self, first: str) -> None:
        self._show(None)
        self._do(first)
        self.world.after(1.0, lambda: self._do("thanks" if first != "thanks" else "clear"))
        self.world.after(2.0, lambda: self._do("clear"))
        self.world.after(3.0, self.turn_over)

    # -- what is to be seen on the box --

    def _is_paid(self) -> bool:
        """Or may be: nobody takes it a second time."""
        payments = [self.world.disk.payments[ref][0] for ref in self._sale.refs]
        return any(payment.state in (State.PAID, State.IN_DOUBT) for payment in payments)

    def _open(self) -> bool:
        return any(is_shown(payment) for payment in self.world.disk.all)

    def close(self) -> None:
        self.closed()
