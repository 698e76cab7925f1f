"""Which step of which story is died at, and where in it: chosen from what the stories go through when nobody dies."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crash_box import Zygote
from crash_story import OTHER_BOOT, Stage, Story, Told
from crash_truth import CODE, died_at, faults
from crashing_daemon import AFTER, PLACES, STORED, TORN, Plan

SIDE_BY_SIDE = 12  # tellings at a time: they wait more than they work

Deaths = tuple[Plan, ...]


def every_death(told: Told, serial: int) -> list[Deaths]:
    """At every place of every step, each time that the step is passed; and once more as it restarts."""
    deaths: list[Deaths] = []
    seen: list[str] = []
    for step in told.steps:
        name = _name(step)
        seen.append(name)
        deaths += [(Plan(name, seen.count(name), place), _then(number)) for number, place in enumerate(PLACES, len(seen))]
        deaths.append((Plan(name, seen.count(name), STORED), _again(len(seen) + serial)))
    return deaths


def some_deaths(told: Told, serial: int) -> list[Deaths]:
    """At every step of its name once, at one of its places in turn, so that another story dies elsewhere in the same step.

    What is the same in every story whatever its case, because the provider knows nothing yet, is died at in the first stories
    only. Every second story dies once more as it restarts.
    """
    names = [name for name in dict.fromkeys(map(_name, told.steps)) if name != "asked" or serial < 3]
    deaths: list[Deaths] = []
    for number, name in enumerate(names, serial):
        place = PLACES[number % 3] if name != CODE or serial < 3 else AFTER
        deaths.append((Plan(name, 1, place), _then(number)))
    if serial % 2 == 0 and len(told.steps) > 1:
        last = _name(told.steps[-1 - serial // 2 % (len(told.steps) - 1)])
        deaths.append((Plan(last, 1, TORN), _again(serial // 2)))
    return deaths


def _name(step: dict[str, Any]) -> str:
    return "+".join(step["rows"])


def _then(number: int) -> Plan:
    """How it lives on: every other time in another boot of the machine, in which no moment of the first means anything."""
    return Plan(boot=OTHER_BOOT if number % 2 else "")


def _again(number: int) -> Plan:
    """It dies once more, in the first step of its next life."""
    return Plan("*:RESTARTED*", 1, PLACES[number % 3])


@dataclass(frozen=True, slots=True)
class Telling:
    """One telling under way: how the box dies in it, and what comes of it."""

    deaths: Deaths
    told: Future[Told]

    @property
    def faults(self) -> list[str]:
        """What was wrong with it, each with how the box died."""
        error = self.told.exception()
        found = faults(self.told.result()) if error is None else [f"{type(error).__name__}: {error}"]
        return [f"{_words(self.deaths)}: {fault}" for fault in found]

    @property
    def died_at(self) -> set[tuple[str, str]]:
        """The rows of the table at which the box died, each with the place."""
        return set() if self.told.exception() else died_at(self.told.result())


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
        self._stack.close()  # of providers, which must outlive every telling
        self._zygote.close()

    def _tell(self, serial: int, story: Story) -> list[Telling]:
        stage = Stage(self._directory / str(serial), story, self._zygote)
        self._stack.enter_context(stage.provider)
        first: Future[Told] = Future()
        first.set_result(stage.tell(()))
        deaths = (every_death if self._every else some_deaths)(first.result(), serial)
        return [Telling((), first), *(Telling(plans, self._threads.submit(_tell, stage, plans)) for plans in deaths)]


def _tell(stage: Stage, deaths: Deaths) -> Told:
    """A step that is passed by chance (one more poll, or one less) may be missed: then the story is told again."""
    told = stage.tell(deaths)
    return told if told.has_died_as_planned else stage.tell(deaths)


def _words(deaths: Deaths) -> str:
    said = [f"{plan.place} {plan.at}" + (f" ({plan.nth})" if plan.nth > 1 else "") for plan in deaths if plan.at]
    return ", then ".join(said) + (", then another boot" if deaths and deaths[-1].boot else "") if said else "no crash"
