"""When a serial till is told something again: a state as long as it lasts, an end until the till says that it got it.

Pure: `now` is monotonic seconds, an argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from daemon.payment import Ref


@dataclass(frozen=True, slots=True)
class Rhythm:
    """States are repeated every `every_s`. So is an end, `often` times; then with pauses that double up to `longest_s`.

    2 s is the contract's; a minute of it is longer than a till takes to start again, and once a minute for ever disturbs nobody.
    """

    every_s: float = 2.0
    often: int = 30
    longest_s: float = 60.0

    def pause_s(self, is_end: bool, told: int) -> float:
        """The pause after something was told for the `told`-th time (from 1)."""
        if not is_end or told <= self.often:
            return self.every_s
        doublings = min(told - self.often, 16)  # 2**16 pauses are longer than anything that makes sense
        return min(self.every_s * 2.0**doublings, self.longest_s)


@dataclass(slots=True)
class _Due:
    seq: int | None
    at: float
    told: int = 0


class Repeats:
    """What is to be told when. Each is a payment and the number of its end, None while it has none."""

    def __init__(self, rhythm: Rhythm) -> None:
        self._rhythm = rhythm
        self._due: dict[Ref, _Due] = {}

    def keep(self, wanted: Mapping[Ref, int | None], now: float) -> None:
        """Exactly these from now on. What is new, or has another number than before, is due at once."""
        before, self._due = self._due, {}
        for ref, seq in wanted.items():
            known = before.get(ref)
            self._due[ref] = known if known is not None and known.seq == seq else _Due(seq, now)

    def hurry(self, ref: Ref, now: float) -> None:
        """That one is due now, and its rhythm begins anew."""
        if ref in self._due:
            self._due[ref] = _Due(self._due[ref].seq, now)

    def hurry_all(self, now: float) -> None:
        for ref in self._due:
            self.hurry(ref, now)

    def take_due(self, now: float) -> list[Ref]:
        """What is to be told now; each is due again after its pause."""
        due = [ref for ref, one in self._due.items() if one.at <= now]
        for ref in due:
            self.told(ref, now)
        return due

    def told(self, ref: Ref, now: float) -> None:
        """It was told now."""
        one = self._due.get(ref)
        if one is not None:
            one.told += 1
            one.at = now + self._rhythm.pause_s(one.seq is not None, one.told)

    @property
    def next_at(self) -> float | None:
        return min((one.at for one in self._due.values()), default=None)
