"""A cashier at a number pad in the simulation: types sums and products, mistypes, looks at the panel, presses Enter; at the box's end
`daemon.tills.keypad`. What is asked for must be what was meant and stood on the panel."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.payment import Payment, Ref
from daemon.runner import Change
from daemon.simulation.box import Box
from daemon.simulation.kinds import TillKind
from daemon.simulation.people import PAUSES_S
from daemon.simulation.promises import Broken
from daemon.simulation.till_line import TERMS
from daemon.simulation.turns import Turns, Wait, is_shown
from daemon.simulation.wishes import Meant, draw_meant
from daemon.simulation.world import World
from daemon.tills.keypad import KeypadTill
from daemon.tills.keypad_typing import FORGET_S
from daemon.view import PromptKind
from hw.interfaces import PadKey
from hw.simulated_keypad import SimulatedKeypad

AMOUNT = "amount"  # the name under which this promise is broken
KEY_S = 0.15  # between two keys
LOOK_S = 0.4  # until a cashier has looked at the panel
ASKED_MOST_S = 5.0  # from Enter until a payment must have begun: a slow card, and another till that asks
TRIES = 5
HAPPENINGS = (None, None, None, "pause", "pulled", "lost")


@dataclass(frozen=True, slots=True)
class _Entered:
    """Enter was pressed on that."""

    minor: int
    at: float


class Pad(Turns):
    kind = TillKind.KEYPAD

    def __init__(self, world: World, turns: int) -> None:
        super().__init__(world, turns)
        self._pad: SimulatedKeypad | None = None  # of the newest life of the box
        self._is_plugged = True
        self._entered: _Entered | None = None  # and no payment has come of it yet
        self._ref: Ref | None = None  # the payment of this turn
        self._typing = 0  # which time something is typed; keys of an earlier time are pressed no more
        self._disturbed = False  # since it began, by something that may cost keys
        world.fit, world.on_death = self._fit, self._disturb
        world.listeners.append(self._on_change)

    def _fit(self, box: Box) -> KeypadTill:
        self._disturb()
        self._pad = SimulatedKeypad(self.kind.value)
        if not self._is_plugged:
            self._pad.unplug()
        return KeypadTill(self.kind.value, TERMS, self._pad, box.desk, box.front(), box.numbers)

    def _disturb(self) -> None:
        self._disturbed = True

    # -- what is looked at --

    def _on_change(self, change: Change) -> None:
        payment = change.payment
        if change.before is None and payment.till != self.kind.value:
            self._disturb()  # nothing is typed beside another till's payment
        if change.before is None and payment.till == self.kind.value:
            self._ref = payment.ref
            entered, self._entered = self._entered, None
            self.world.guard(lambda: self._begins(payment, entered))

    def _begins(self, payment: Payment, entered: _Entered | None) -> None:
        if entered is None or self.world.now > entered.at + ASKED_MOST_S:
            raise Broken(AMOUNT, f"{payment.amount} is asked for, and nobody pressed Enter")
        if entered.minor != payment.amount.minor:
            raise Broken(AMOUNT, f"{payment.amount} is asked for, and {entered.minor} was meant and shown")

    def _panel(self) -> tuple[str, str] | None:
        """What stands on it of what is being typed: what comes before, and what stands large."""
        prompt = None if self.world.box is None else self.world.box.face.prompts.get(self.kind.value)
        return None if prompt is None or prompt.kind is not PromptKind.TYPED else (prompt.before, prompt.figure)

    # -- the cashier --

    def check(self) -> None: ...

    def begin_turn(self) -> None:
        self._ref = self._entered = None
        self._try(TRIES)

    def _try(self, tries: int) -> None:
        """Type it, unless a payment is open; after that look whether it stands there."""
        if tries == 0:
            self.turn_over()
        elif self.world.box is None or self._open():
            self.world.after(5.0, lambda: self._try(tries - 1))
        else:
            last = self.payments[-1].amount.minor if self.payments else None
            meant = draw_meant(self.choices, last)
            self._typing, self._disturbed = self._typing + 1, False
            happens, place = self.choices.pick(HAPPENINGS), self.choices.below(len(meant.keys))
            if self._panel() is not None:
                self._press(PadKey.ESC)
            self._type(meant, 0, place if happens else -1, happens, tries)

    def _type(self, meant: Meant, done: int, place: int, happens: str | None, tries: int) -> None:
        if done == len(meant.keys):
            self.world.after(LOOK_S, lambda: self._look(meant, tries))
            return
        pause_s = KEY_S
        if done == place:
            pause_s += self._happens(happens)
        self._press(meant.keys[done])
        self.world.after(pause_s, lambda: self._type(meant, done + 1, -1 if done == place else place, happens, tries))

    def _happens(self, what: str | None) -> float:
        """In the middle of typing; how long it takes."""
        self._disturb()
        box, pad = self.world.box, self._pad
        if box is None or pad is None or what == "pause":
            return FORGET_S + 10.0
        if what == "lost":
            box.loop.call_soon(pad.lose_keys)
            return 0.0
        self._is_plugged = False
        box.loop.call_soon(pad.unplug)
        self.world.after(3.0, self._plug)
        return 4.0

    def _plug(self) -> None:
        self._is_plugged = True
        if self.world.box is not None and self._pad is not None:
            self.world.box.loop.call_soon(self._pad.plug)

    def _look(self, meant: Meant, tries: int) -> None:
        """Enter, where it stands there; else it is cleared, and typed again."""
        panel = self._panel()
        if panel != meant.panel:
            if not self._disturbed and not self._open() and self.world.box is not None:
                raise Broken(AMOUNT, f"{meant.panel} was typed, and the panel says {panel}")
            if panel is not None:
                self._press(PadKey.ESC)
            self.world.after(5.0, lambda: self._try(tries - 1))
        elif meant.minor is None:
            self._press(PadKey.ESC)
            self.turn_over()
        else:
            self._entered = _Entered(meant.minor, self.world.now)
            self._press(PadKey.ENTER)
            self.wait(Wait(lambda: self._ref is not None, self._begun, lambda: self._again(tries), ASKED_MOST_S + 2.0))

    def _again(self, tries: int) -> None:
        self._entered = None
        if self._panel() is not None:
            self._press(PadKey.ESC)
        self.world.after(3.0, lambda: self._try(tries - 1))

    def _begun(self) -> None:
        if self.choices.chance(4):
            self.world.after(self.choices.pick(PAUSES_S), self._give_up)
        if self.choices.chance(4):  # a finger that trembles, or is too quick
            self._press(self.choices.pick((PadKey.ENTER, PadKey.DIGIT_5, PadKey.LAST)))
        self.wait(Wait(self._has_ended, self.turn_over, self.turn_over, 1000.0))

    def _has_ended(self) -> bool:
        found = next((payment for payment in self.payments if payment.ref == self._ref), None)
        return found is None or self.is_settled(found)

    def _give_up(self) -> None:
        if self._open() and self._panel() is None:
            self._press(PadKey.ESC)

    def _open(self) -> bool:
        """Whether anything is open on the box's panel."""
        return self.world.box is not None and any(is_shown(payment) for payment in self.world.box.live)

    def _press(self, key: PadKey) -> None:
        box, pad = self.world.box, self._pad
        self.world.say(f"pad: {key}")
        if box is not None and pad is not None:
            box.loop.call_soon(self._pressed, pad, key)

    def _pressed(self, pad: SimulatedKeypad, key: PadKey) -> None:
        if not pad.press(key):  # the box is about to start, and the panel says so
            self._disturb()

    def close(self) -> None:
        self.closed()
