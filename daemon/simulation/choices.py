"""Where chance comes from: one stream of small numbers, drawn from a seed or played back from a list.

Every decision of a history is one number, and 0 is always the harmless one. So a history is its list of numbers: the same
list gives the same history on every machine, and a list with more zeros is a simpler history (`shrinking`).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """`Choices(seed)` draws; `Choices.replay(numbers)` plays back, and goes on with zeros where the list ends."""

    def __init__(self, seed: int | str) -> None:
        self._random = Random(seed).random  # noqa: S311  # no secret: the same numbers must come again on every machine
        self._played: Sequence[int] | None = None
        self.drawn: list[int] = []

    @classmethod
    def replay(cls, numbers: Sequence[int]) -> Choices:
        choices = cls(0)
        choices._played = numbers
        return choices

    def below(self, count: int) -> int:
        """A number from 0 to `count` - 1."""
        if self._played is None:
            number = int(self._random() * count)
        else:
            place = len(self.drawn)
            number = min(self._played[place], count - 1) if place < len(self._played) else 0
        self.drawn.append(number)
        return number

    def chance(self, one_in: int) -> bool:
        """True once in so many times."""
        return self.below(one_in) == one_in - 1

    def pick(self, options: Sequence[T]) -> T:
        """One of them; the first is the harmless one."""
        return options[self.below(len(options))]
