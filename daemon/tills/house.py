"""What tills without staff need of the box beside its desk: the goods they owe, and what keeps the box from selling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from daemon.tills.base import Goods
from daemon.timing import Schedule


@dataclass(frozen=True, slots=True)
class House:
    """`hold(till, reason)` says why a till takes no money, None that it does again. `closed` and `unreachable` say why nobody could sell
    by scanning now: what the box itself lacks, which it shows by itself, and that no provider answers. `watch` is told who wants to
    hear of every change of that."""

    goods: Goods
    hold: Callable[[str, str | None], None]
    closed: Callable[[], str | None]
    unreachable: Callable[[], str | None]
    watch: Callable[[Callable[[], None]], None]
    schedule: Schedule
