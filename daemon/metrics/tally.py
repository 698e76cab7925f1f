"""Counting, and times by buckets: plain numbers, so that a box that nobody watches pays for no library.

Used on the event loop's thread only; `samples` gives copies, which may be read on any.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from daemon.metrics.families import Family

Labels = tuple[str, ...]
"""The values of a family's labels, in its order."""


@dataclass(frozen=True, slots=True)
class Times:
    """What one histogram's labels have: counts up to each bound, the last one infinite, each with all before it; and the sum."""

    counts: tuple[int, ...]
    sum_s: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One family as it is at this moment."""

    family: Family
    values: tuple[tuple[Labels, float | Times], ...]


class Counter:
    """From 0 at the start of the box. `known` labels are there from then on: a rate of what comes out of nothing cannot be told."""

    def __init__(self, family: Family, known: Iterable[Labels] = ()) -> None:
        self.family = family
        self._counts: dict[Labels, int] = dict.fromkeys(known, 0)

    def add(self, *labels: str) -> None:
        self._counts[labels] = self._counts.get(labels, 0) + 1

    def read(self) -> Reading:
        return Reading(self.family, tuple(self._counts.items()))


class Histogram:
    """The same for times."""

    def __init__(self, family: Family, known: Iterable[Labels] = ()) -> None:
        self.family = family
        self._rows: dict[Labels, list[int]] = {labels: self._row() for labels in known}
        self._sums: dict[Labels, float] = dict.fromkeys(self._rows, 0.0)

    def add(self, seconds: float, *labels: str) -> None:
        """A negative time is none: some clock was not what it is held to be."""
        if seconds < 0:
            return
        row = self._rows.setdefault(labels, self._row())
        row[bisect_left(self.family.bounds, seconds)] += 1
        self._sums[labels] = self._sums.get(labels, 0.0) + seconds

    def read(self) -> Reading:
        return Reading(
            self.family, tuple((labels, Times(tuple(accumulate(row)), self._sums[labels])) for labels, row in self._rows.items())
        )

    def _row(self) -> list[int]:
        return [0] * (len(self.family.bounds) + 1)
