"""Histories that have a till of one kind, by their seeds; and the first of them in which a mistake is found."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice

from daemon.simulation.campaign import quiet
from daemon.simulation.choices import Choices
from daemon.simulation.history import play
from daemon.simulation.kinds import TillKind
from daemon.simulation.promises import Broken
from daemon.simulation.setting import draw_setting
from daemon.simulation.tally import Tally

SEED = 4
MOST = 150  # histories of a kind, tried until a till that is made wrong is found out


def seeds_of(kind: TillKind) -> Iterator[str]:
    names = (f"{SEED}/{number}" for number in count())
    return (name for name in names if draw_setting(Choices(name)).till is kind)


def play_some(kind: TillKind, histories: int) -> Tally:
    whole = Tally()
    with quiet():
        for seed in islice(seeds_of(kind), histories):
            whole.add(play(Choices(seed)))
    return whole


def found(kind: TillKind, text: str) -> str:
    """What the first history breaks in which that is broken; others may be broken by the same mistake before."""
    with quiet():
        for seed in islice(seeds_of(kind), MOST):
            try:
                play(Choices(seed))
            except Broken as broken:
                if text in str(broken):
                    return str(broken)
    raise AssertionError(f"nobody found out: {text}")


def breaks(seed: str) -> str:
    """What that history breaks; "" where it breaks nothing."""
    with quiet():
        try:
            play(Choices(seed))
        except Broken as broken:
            return str(broken)
    return ""
