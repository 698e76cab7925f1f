"""Makes a failing history short: as few decisions as possible, and as many of them harmless."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

Numbers = list[int]
MOST_TRIES = 3000  # each is a history of its own


def shrink(numbers: Sequence[int], fails: Callable[[Numbers], bool], most: int = MOST_TRIES) -> Numbers:
    """The simplest list found for which `fails` is still true; `numbers` itself must fail."""
    best, left = list(numbers), most
    better = True
    while better and left > 0:
        better = False
        for simpler in _simpler(best):
            left -= 1
            if fails(simpler):
                best, better = simpler, True
                break
            if left <= 0:
                break
    return best


def _simpler(numbers: Numbers) -> Iterator[Numbers]:
    """Lists that are simpler than this one, the much simpler ones first."""
    size = len(numbers)
    while size:
        for start in range(0, len(numbers), size):
            yield _stripped(numbers[:start] + numbers[start + size :])
            if any(numbers[start : start + size]):
                yield _stripped(numbers[:start] + [0] * len(numbers[start : start + size]) + numbers[start + size :])
        size //= 2
    for place, number in enumerate(numbers):
        if number > 1:
            yield [*numbers[:place], number - 1, *numbers[place + 1 :]]


def _stripped(numbers: Numbers) -> Numbers:
    """Without the zeros at the end, which are drawn there anyway."""
    end = len(numbers)
    while end and numbers[end - 1] == 0:
        end -= 1
    return numbers[:end]
