"""Many histories: from one seed, on one processor or several, until one breaks a promise or all are told."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from daemon.simulation.choices import Choices
from daemon.simulation.history import play
from daemon.simulation.promises import Broken
from daemon.simulation.shrinking import MOST_TRIES, shrink
from daemon.simulation.tally import Tally
from daemon.simulation.timeline import Timeline

SHRINK_S = 60.0  # a history without an end takes a second or ten for each try
CHUNK = 50  # histories that one processor takes at a time


@dataclass(frozen=True, slots=True)
class Failure:
    """History `number` of a campaign broke a promise; `numbers` are its choices."""

    number: int
    text: str
    numbers: tuple[int, ...]


@dataclass(slots=True)
class Outcome:
    tally: Tally = field(default_factory=Tally)
    told: int = 0
    failure: Failure | None = None


def run(seed: int, numbers: range, jobs: int, on_progress: Callable[[Outcome], None]) -> Outcome:
    """Tell the histories of those numbers, and stop soon after the first that fails. The lowest one is kept, so that the same
    seed tells of the same failure however many processors there are."""
    outcome = Outcome()
    chunks = [numbers[start : start + CHUNK] for start in range(0, len(numbers), CHUNK)]
    with _told(seed, chunks, jobs) as told:
        for part in told:
            outcome.tally.add(part.tally)
            outcome.told += part.told
            on_progress(outcome)
            if part.failure is not None:
                outcome.failure = part.failure
                break
    return outcome


@contextmanager
def _told(seed: int, chunks: Sequence[range], jobs: int) -> Iterator[Iterator[Outcome]]:
    if jobs == 1:
        yield (tell(seed, chunk) for chunk in chunks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        try:
            yield _in_order(pool, seed, chunks, jobs)
        finally:
            pool.shutdown(cancel_futures=True)


def _in_order(pool: Executor, seed: int, chunks: Sequence[range], jobs: int) -> Iterator[Outcome]:
    """Never far ahead of what was looked at: a campaign of millions is no list of millions."""
    waiting: list[Future[Outcome]] = []
    for chunk in chunks:
        waiting.append(pool.submit(tell, seed, chunk))
        if len(waiting) > 2 * jobs:
            yield waiting.pop(0).result()
    for future in waiting:
        yield future.result()


def tell(seed: int, numbers: range) -> Outcome:
    """Those histories, up to the first that fails."""
    outcome = Outcome()
    with quiet():
        for number in numbers:
            choices = Choices(name(seed, number))
            outcome.told += 1
            try:
                outcome.tally.add(play(choices))
            except Exception as error:  # noqa: BLE001  # a fault of the program is a finding like any other
                outcome.failure = Failure(number, _text(error), tuple(choices.drawn))
                break
    return outcome


def story(seed: int, number: int) -> list[str]:
    """The time line of one history."""
    timeline = Timeline(is_kept=True)
    with quiet():
        play(Choices(name(seed, number)), timeline)
    return timeline.lines


def name(seed: int, number: int) -> str:
    """What the choices of that history are drawn from. A text, because Python's generator takes that the same way everywhere."""
    return f"{seed}/{number}"


def explain(failure: Failure, most: int = MOST_TRIES) -> tuple[list[int], list[str], str]:
    """The failing history made short, in so many tries or a minute: its choices, its time line, and what was broken."""
    kind, until = failure.text.partition(":")[0], time.monotonic() + SHRINK_S

    def fails(simpler: Sequence[int]) -> bool:
        return time.monotonic() < until and retell(simpler)[0].partition(":")[0] == kind

    with quiet():
        numbers = shrink(failure.numbers, fails, most)
        text, lines = retell(numbers, kept=True)
    return numbers, lines, text


def retell(numbers: Sequence[int], *, kept: bool = False) -> tuple[str, list[str]]:
    """What that history breaks ("" where it breaks nothing), and its time line."""
    timeline = Timeline(kept)
    try:
        play(Choices.replay(numbers), timeline=timeline)
    except Exception as error:  # noqa: BLE001  # as in `tell`
        return _text(error), timeline.lines
    return "", timeline.lines


def _text(error: Exception) -> str:
    return str(error) if isinstance(error, Broken) else f"{type(error).__name__}: {error}"


@contextmanager
def quiet() -> Iterator[None]:
    """The box would log every step, and nobody reads it; a time line says more."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
