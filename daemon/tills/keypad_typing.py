"""`kind = "keypad"`, what a key asks: pure, with the time as an argument.

    digit . + *        the line changes                        Enter   the line's amount is asked for
    * on an empty line   the last amount is typed again         Enter, / on an empty line   how the last payment ended
    Backspace          takes back the last key                 Esc, -  clears the line; on an empty one, gives up the open payment

While a payment is open nothing is typed, so that no amount grows that nobody sees.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.money import Amount
from daemon.tills.http import Terms
from daemon.tills.keypad_line import Line, NotTyped
from hw.interfaces import PadKey

FORGET_S = 60.0
"""A line that nobody types on for so long is dropped: who comes next would go on with it unseen. A payer's patience, as `scan_s`."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The cashier asks for it."""

    amount: Amount


@dataclass(frozen=True, slots=True)
class Repeat:
    """The amount of the last payment is wanted as if it had been typed."""


@dataclass(frozen=True, slots=True)
class Recall:
    """The cashier wants to see how the last payment ended."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The open payment is to be given up."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The key is not taken. `why` is a word of `daemon.texts.NOT_TAKEN`."""

    why: str


Wish = Ask | Repeat | Recall | GiveUp | Refuse

_CHANGES = {PadKey.POINT: Line.point, PadKey.PLUS: Line.add, PadKey.BACKSPACE: Line.back}
_LEAVING = frozenset({PadKey.ESC, PadKey.CLEAR})
_WRONG = {PadKey.UNLOCKED: "num_lock", PadKey.OTHER: "no_key"}


class Typing:
    """One number pad. `line` is what is typed; `blocked` a word while nothing can be typed, such as ``busy``."""

    def __init__(self, terms: Terms) -> None:
        self._empty = Line(terms.currency, terms.max_amount)
        self.line = self._empty
        self.blocked: str | None = None
        self.is_ours = False  # the open payment was asked for here
        self._touched = 0.0

    def press(self, key: PadKey, now: float) -> Wish | None:
        """What the key asks for; None where it changed nothing but `line`."""
        self._touched = now
        if key in _LEAVING:
            return self._leave()
        if key in _WRONG:
            return Refuse(_WRONG[key])
        if self.blocked is not None:
            return None if self.is_ours and key is PadKey.ENTER else Refuse(self.blocked)  # a finger that trembled on it
        try:
            return self._type(key)
        except NotTyped as error:
            return Refuse(str(error))

    def put(self, amount: Amount) -> None:
        """That amount as if it had been typed."""
        self.line = self._empty.put(amount)

    def clear(self) -> None:
        """What is typed counts no more: it was asked for, or somebody else might go on with it."""
        self.line = self._empty

    def expire(self, now: float) -> None:
        """Drop a line that nobody has typed on for long."""
        if (deadline := self.next_deadline()) is not None and deadline <= now:
            self.clear()

    def next_deadline(self) -> float | None:
        return None if self.line.is_empty else self._touched + FORGET_S

    def _leave(self) -> Wish | None:
        if self.line.is_empty:
            return GiveUp() if self.is_ours else None
        self.clear()
        return None

    def _type(self, key: PadKey) -> Wish | None:
        if self.line.is_empty and key in (PadKey.ENTER, PadKey.LAST):
            return Recall()
        if self.line.is_empty and key is PadKey.TIMES:
            return Repeat()
        if key is PadKey.ENTER:
            return Ask(self.line.amount())
        if key is PadKey.LAST:
            return Refuse("no_key")
        self.line = self._next(key)
        return None

    def _next(self, key: PadKey) -> Line:
        if key is PadKey.TIMES:
            return self.line.multiply()
        return _CHANGES[key](self.line) if key in _CHANGES else self.line.digit(key.value)
