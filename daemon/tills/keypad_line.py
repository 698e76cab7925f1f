"""`kind = "keypad"`, what is typed: keys become a line, a line becomes an amount. Pure: no I/O, no clock.

A line is a sum of numbers, of which the last is still being typed, alone or with a number to multiply it with:

    12.5         12.50            12.50 + 3      15.50           3 × 2.5      7.50 (as 2.5 × 3)

Every key makes another line out of it or is refused with a word of `daemon.texts.NOT_TAKEN`, and changes nothing then; so Backspace
takes back the last key that did something, whatever it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from daemon.money import Amount, Minor, exponent, parse_amount

MOST_DIGITS = 8  # before the point of one number; `max_amount` is usually far below
MOST_PIECES = 999  # that a price is multiplied with
MOST_KEYS = 200  # that Backspace could take back, and so keys of one line


class NotTyped(Exception):
    """This key is not taken; the text is its word."""


@dataclass(frozen=True, slots=True)
class Line:
    """`most` is the largest amount in minor units. `total` is the sum so far, `times` a number that awaits its other factor."""

    currency: str
    most: int
    number: str = ""
    times: str = ""
    total: int = 0
    before: Line | None = None  # as it was before the last key
    keys: int = 0

    @property
    def is_empty(self) -> bool:
        """Nothing is typed. (A sum of nothing is not left behind: `+` takes no zero.)"""
        return not (self.number or self.times or self.total)

    @property
    def figure(self) -> str:
        """The number that is being typed, else the sum so far: what stands large."""
        if self.number or self.times or not self.total:
            return self.number or "0"
        return Amount(Minor(self.total), self.currency).decimal

    @property
    def context(self) -> str:
        """What it will be added to and multiplied with: ``12.50 + 3 ×``."""
        sum_ = f"{Amount(Minor(self.total), self.currency).decimal} +" if self.total else ""
        return " ".join(part for part in (sum_, f"{self.times} ×" if self.times else "") if part)

    # -- keys; each raises NotTyped with nothing changed --

    def digit(self, char: str) -> Line:
        whole, point, rest = self.number.partition(".")
        if point and len(rest) == exponent(self.currency):
            raise NotTyped("decimals")
        if not point and len(whole) == MOST_DIGITS:
            raise NotTyped("too_long")
        return self._then(number=char if self.number == "0" else self.number + char)

    def point(self) -> Line:
        if "." in self.number or exponent(self.currency) == 0:
            raise NotTyped("decimals")
        return self._then(number=(self.number or "0") + ".")

    def multiply(self) -> Line:
        """The number typed so far is how often the next one counts, or what is counted so often."""
        if not self.number:
            raise NotTyped("incomplete")
        if self.times:
            raise NotTyped("count")
        if "." not in self.number and not 1 <= int(self.number) <= MOST_PIECES:
            raise NotTyped("count")
        return self._then(number="", times=self.number)

    def add(self) -> Line:
        """The number is added to the sum, and the next one begins."""
        if self.number or self.times:
            return self._then(number="", times="", total=self.amount().minor)
        raise NotTyped("incomplete")

    def put(self, amount: Amount) -> Line:
        """The amount as if it had been typed, on an empty line."""
        return self._then(number=amount.decimal)

    def back(self) -> Line:
        return self if self.before is None else self.before

    def amount(self) -> Amount:
        """What the whole line comes to: 1 to `most` minor units."""
        total = self.total + self._number()
        if total > self.most:
            raise NotTyped("too_much")
        if total == 0 or (self.number and not self._number()):
            raise NotTyped("zero")
        return Amount(Minor(total), self.currency)

    def _number(self) -> int:
        if not self.number:
            if self.times:
                raise NotTyped("incomplete")
            return 0
        if not self.times:
            return self._minor(self.number)
        price, pieces = (self.times, self.number) if "." in self.times else (self.number, self.times)
        if "." in pieces or int(pieces) > MOST_PIECES:
            raise NotTyped("count")
        return self._minor(price) * int(pieces)

    def _minor(self, number: str) -> int:
        return parse_amount(number.removesuffix("."), self.currency).minor

    def _then(self, **changes: object) -> Line:
        if self.keys == MOST_KEYS:
            raise NotTyped("too_long")
        return replace(self, **changes, before=self, keys=self.keys + 1)  # type: ignore[arg-type]  # names checked by Line
