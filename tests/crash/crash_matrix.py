"""Which step of which story is died at, and where in it: chosen from what the stories go through when nobody dies."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from crash_box import Zygote
from crash_story import OTHER_BOOT, Stage, Story, Told
from crash_truth import CODE, faults
from crashing_daemon import AFTER, PLACES, TORN, Plan

SIDE_BY_SIDE = 12  # tellings at a time: they wait more than they work
RESTARTED = "*:RESTARTED*"

Deaths = tuple[Plan, ...]


def every_death(told: Told) -> list[Deaths]:
    """At every step that was passed, again for each time it was passed, at every place in it, and then again as it restarts."""
    deaths: list[Deaths] = []
    seen: list[str] = []
    for step in told.steps:
        name = "+".join(step["rows"])
        seen.append(name)
        for place in PLACES:
            plan = Plan(name, seen.count(name), place)
            deaths += [(plan, _then(len(deaths))), (plan, Plan(RESTARTED, 1, PLACES[len(deaths) % 3]))]
    return deaths


def some_deaths(told: Told, serial: int) -> list[Deaths]:
    """At every step of its name once, at one of its places in turn, so that another story dies elsewhere in the same step.

    What is the same in every story whatever its case, because the provider knows nothing yet, is died at in the first stories
    only. Every second story dies once more as it restarts.
    """
    names = [name for name in dict.fromkeys("+".join(step["rows"]) for step in told.steps) if name != "asked" or serial < 3]
    deaths: list[Deaths] = []
    for number, name in enumerate(names, serial):
        place = PLACES[number % 3] if name != CODE or serial < 3 else AFTER
        deaths.append((Plan(name, 1, place), _then(number)))
    if serial % 2 == 0 and len(names) > 1:
        deaths.append((Plan(names[-(serial // 2) % (len(names) - 1)], 1, TORN), Plan(RESTARTED, 1, PLACES[serial // 2 % 3])))
    return deaths


def _then(number: int) -> Plan:
    """How it lives on: every other time in another boot of the machine, in which no moment of the first means anything."""
    return Plan(boot=OTHER_BOOT if number % 2 else "")


@dataclass(frozen=True, slots=True)
class Telling:
    """One telling under way: how the box dies in it, and what comes of it."""

    deaths: Deaths
    told: Future[Told]

    @property
    def faults(self) -> list[str]:
        """What was wrong with it, each with how the box died."""
        try:
            found = faults(self.told.result())
        except (AssertionError, OSError, TimeoutError) as error:
            found = [f"{type(error).__name__}: {error}"]
        return [f"{_words(self.deaths)}: {fault}" for fault in found]


class Matrix:
    """Tells stories, many at a time: each first without a crash, then with every death chosen for it."""

    def __init__(self, directory: Path, *, every: bool) -> None:
        self._directory = directory
        self._every = every
        self._zygote = Zygote()
        self._threads = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="crash")
        self._stack = contextlib.ExitStack()
        self._begun: dict[str, Future[list[Telling]]] = {}

    def begin(self, stories: Iterable[tuple[int, Story]]) -> None:
        """Tell those too, each with its number."""
        for serial, story in stories:
            if story.name not in self._begun:
                self._begun[story.name] = self._threads.submit(self._tell, serial, story)

    def tellings(self, story: Story) -> list[Telling]:
        """All of a story that was begun; the first is the one without a crash."""
        return self._begun[story.name].result()

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._stack.close()
        self._zygote.close()

    def _tell(self, serial: int, story: Story) -> list[Telling]:
        stage = Stage(self._directory / str(serial), self._zygote)
        self._stack.enter_context(stage.provider)
        first: Future[Told] = Future()
        first.set_result(stage.tell(story, ()))
        deaths = every_death(first.result()) if self._every else some_deaths(first.result(), serial)
        return [Telling((), first), *(Telling(plans, self._threads.submit(stage.tell, story, plans)) for plans in deaths)]


def _words(deaths: Deaths) -> str:
    said = [f"{plan.place} {plan.at}" + (f" ({plan.nth})" if plan.nth > 1 else "") for plan in deaths if plan.at]
    return ", then ".join(said) + (", then another boot" if deaths and deaths[-1].boot else "") if said else "no crash"
