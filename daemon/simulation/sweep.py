"""The exhaustive part as a whole: every telling of `exhaustive`, shared out among processors, counted, none skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from daemon.simulation.campaign import quiet
from daemon.simulation.exhaustive import QR, QUICK_PAY, Story, Telling, distinct, seconds, singles, tell
from daemon.simulation.tally import Tally
from daemon.simulation.timeline import Timeline


@dataclass(slots=True)
class Swept:
    """What a sweep came to. `broken`: the tellings that broke a promise, each with what it broke and its time line."""

    tellings: int = 0
    tally: Tally = field(default_factory=Tally)
    broken: list[tuple[str, str, list[str]]] = field(default_factory=list)

    def add(self, other: Swept) -> None:
        self.tellings += other.tellings
        self.tally.add(other.tally)
        self.broken += other.broken


def stories(*, two: bool) -> list[Story]:
    """One fault: every story. Two: one Quick Pay story of each kind, because there are some thirty times as many tellings."""
    return distinct(QUICK_PAY) if two else [*QUICK_PAY, *QR]


def sweep(of: Sequence[Story], jobs: int, on_progress: Callable[[int, Swept], None], *, two: bool, every: int = 1) -> Swept:
    """Tell those stories with one fault, or with two (`two`), at each moment; `every`: only each so-manieth telling, for a
    short form. `on_progress` is given how many stories are done."""
    whole = Swept()
    with ProcessPoolExecutor(jobs) as pool:
        work = [pool.submit(sweep_story, story, two=two, every=every) for story in of]
        for done, part in enumerate(work, 1):
            whole.add(part.result())
            on_progress(done, whole)
    return whole


def sweep_story(story: Story, *, two: bool, every: int = 1) -> Swept:
    """All tellings of one story."""
    swept = Swept()
    with quiet():
        moments = _tell(Telling(story, {}), swept)
        for number, telling in enumerate(singles(story, moments)):
            if number % every == 0:
                further = _tell(telling, swept)
                for second in _seconds(telling, further, every) if two else ():
                    _tell(second, swept)
    return swept


def _seconds(first: Telling, moments: list[bool], every: int) -> Iterator[Telling]:
    return (telling for number, telling in enumerate(seconds(first, moments)) if number % every == 0)


def _tell(telling: Telling, swept: Swept) -> list[bool]:
    """Its moments; none where it breaks a promise, which is noted."""
    swept.tellings += 1
    try:
        tally, moments = tell(telling)
    except Exception as error:  # noqa: BLE001  # a fault of the program is a finding like any other
        swept.broken.append((str(telling), f"{type(error).__name__}: {error}", _lines(telling)))
        return []
    swept.tally.add(tally)
    return moments


def _lines(telling: Telling) -> list[str]:
    timeline = Timeline(is_kept=True)
    try:
        tell(telling, timeline)
    except Exception:  # noqa: BLE001  # as it did before; the lines are what is wanted
        return timeline.lines
    return timeline.lines
