"""How long to wait before the next try: longer each time, and never all boxes at once."""

from __future__ import annotations

import random

FIRST_S = 1.0
LONGEST_S = 120.0
_SPREAD = 0.5  # a pause is between this share of its length and all of it, so that a fleet does not come back in step


class Pauses:
    """The lengths double up to `LONGEST_S`. `chance` gives a number from 0 to 1."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self._chance = chance or random.Random()  # noqa: S311  # nothing is secret about it
        self._length_s = FIRST_S

    def next_s(self) -> float:
        length_s, self._length_s = self._length_s, min(self._length_s * 2, LONGEST_S)
        return length_s * (_SPREAD + (1 - _SPREAD) * self._chance.random())

    def reset(self) -> None:
        """It went well for a while."""
        self._length_s = FIRST_S
