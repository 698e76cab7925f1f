"""A machine that takes a coin acceptor's pulses, in the simulation: it counts them, inhibits, and sees half a pulse where the box dies;
people before it; at the box's end `daemon.tills.pulse`."""

from __future__ import annotations

from daemon.money import Amount, Minor
from daemon.payment import Ref, State
from daemon.runner import Change
from daemon.simulation.box import Box
from daemon.simulation.credit_line import ON_S, CreditLine
from daemon.simulation.goods_promises import GOODS
from daemon.simulation.kinds import TillKind
from daemon.simulation.promises import Broken
from daemon.simulation.till_line import TERMS
from daemon.simulation.turns import Turns, Wait
from daemon.simulation.world import World
from daemon.tills.pulse import PulseTerms, PulseTill

PIN, CHOSEN = 5, 300  # of a product button, and what its product costs
HALF = (0.4, 0.8)  # of a pulse that was cut off: below the first it is not counted, above the second it is, between nobody knows
WRONG_ONE_IN = 40  # pulses: the pin cannot be set, or was set back too late
OFFERED_MOST_S = 2.0  # after the machine began to inhibit an offer may come so late: a slow card, and another till that asks
TURN_S = 400.0
HAPPENINGS = (None, None, "before", "between", "between", "pulled", "chooses")


class Pulses(Turns):
    """The machine, which has power of its own, and the people before it."""

    kind = TillKind.PULSE

    def __init__(self, world: World, turns: int) -> None:
        super().__init__(world, turns)
        self._price = self.choices.pick((500, 500, 100, 250))
        self.is_inhibiting, self.is_plugged = False, True
        self._since = 0.0  # when it began to inhibit
        self._line: CreditLine | None = None  # of the newest life of the box
        self._high: tuple[Ref | None, float, bool] | None = None  # a pulse: for what, since when, and whether it is looked at
        self._busy_after: int | None = None  # pulses, in this turn
        world.fit, world.on_death = self._fit, self._cut_off
        world.listeners.append(self._on_change)

    def _fit(self, box: Box) -> PulseTill:
        prices = {PIN: Amount(Minor(CHOSEN), TERMS.currency)}
        terms = PulseTerms(self.kind.value, Amount(Minor(self._price), TERMS.currency), prices)
        self._line = CreditLine(self)
        return PulseTill(terms, self._line, box.desk, box.house(self.world.setting.schedule), box.numbers)

    # -- the line --

    def refuses(self) -> bool:
        return self.choices.chance(WRONG_ONE_IN)

    def rises(self) -> None:
        self._high = None, self.world.now, not self.is_inhibiting
        self.world.guard(self._begins)

    def _begins(self) -> None:
        assert self._high is not None
        self._high = self.world.goods.begins(self.kind.value), *self._high[1:]

    def falls(self) -> bool:
        if self.choices.chance(WRONG_ONE_IN):  # so late that the machine counts it, or does not
            self._counts(is_seen=self.choices.chance(2))
            return False
        self._counts(is_seen=True)
        return True

    def _cut_off(self) -> None:
        """The box is dead: its pin is at rest, whatever it was about to do."""
        if self._high is None:
            return
        part = (self.world.now - self._high[1]) / ON_S
        least, most = HALF
        self._counts(is_seen=part >= most or (part > least and self.choices.chance(2)))

    def _counts(self, *, is_seen: bool) -> None:
        """A machine that inhibits looks at no pulse."""
        if self._high is None:
            return
        (ref, _, is_looked_at), self._high = self._high, None
        if ref is None or not (is_seen and is_looked_at):
            return
        self.world.say(f"machine: counts a pulse for {ref}")
        self.world.guard(lambda: self.world.goods.counts(ref))
        if self._busy_after is not None:
            self._busy_after -= 1
            if self._busy_after <= 0:
                self._busy_after = None
                self.world.after(self.choices.pick((0.01, 0.1, 0.3, 0.5)), lambda: self._inhibit(self.choices.pick((2.0, 60.0, 120.0))))

    def _on_change(self, change: Change) -> None:
        is_new = change.before is None and change.payment.till == self.kind.value
        if is_new and self.is_inhibiting and self.world.now > self._since + OFFERED_MOST_S:
            self.world.guard(self._offered_in_vain)

    def _offered_in_vain(self) -> None:
        raise Broken(GOODS, "something is offered, and the machine inhibits")

    # -- the machine, and people --

    def _inhibit(self, seconds: float | None) -> None:
        """For so long; None: for good."""
        self.world.say("machine: inhibits")
        self._set_inhibit(wanted=True)
        if seconds is not None:
            self.later(seconds, lambda: self._set_inhibit(wanted=False))

    def _set_inhibit(self, *, wanted: bool) -> None:
        if wanted and not self.is_inhibiting:
            self._since = self.world.now
        self.is_inhibiting = wanted
        self._tell()

    def _plug(self, *, is_plugged: bool) -> None:
        self.is_plugged = is_plugged
        self._tell()

    def _tell(self) -> None:
        if self.world.box is not None and self._line is not None:
            self.world.box.loop.call_soon(self._line.changed)

    def check(self) -> None: ...

    def begin_turn(self) -> None:
        happens, after_s = self.choices.pick(HAPPENINGS), self.choices.pick((0.5, 5.0, 30.0))
        self._busy_after = 1 + self.choices.below(4) if happens == "between" else None
        if happens == "before":
            self.world.after(after_s, lambda: self._inhibit(self.choices.pick((3.0, 100.0))))
        elif happens == "pulled":
            self.world.after(after_s, lambda: self._plug(is_plugged=False))
            self.world.after(after_s + 10.0, lambda: self._plug(is_plugged=True))
        elif happens == "chooses":
            self.world.after(after_s, self._choose)
        served = self.served
        self.wait(Wait(lambda: self.served > served, self.turn_over, self._is_tired, TURN_S))

    def _choose(self) -> None:
        if self.world.box is not None and self._line is not None:
            self.world.box.loop.call_soon(self._line.choose, PIN)

    def _is_tired(self) -> None:
        """Of an offer that nobody came to: what is offered after a moment is new."""
        self._inhibit(3.0)
        self.turn_over()

    def close(self) -> None:
        self.wait(Wait(self._is_settled, self._end, self._end, 2000.0))

    def _is_settled(self) -> bool:
        return all(self.is_settled(payment) or payment.state is State.AWAITING_CODE for payment in self.payments)

    def _end(self) -> None:
        self._is_over = True
        self._inhibit(None)
