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
from crash_truth import died_at, faults, went_as_planned
from crashing_daemon import ASKED, PLACES, STORED, Plan

from daemon.cycle import TABLE
from daemon.news import Do, News
from daemon.payment import State

SIDE_BY_SIDE = 12  # tellings at a time: they wait more than they work
TELL_AGAIN = 2  # times, where it did not go as planned
NEVER_SENT = f"{State.PENDING}:{News.NEVER_SENT.name}"
ELSEWHERE = 3  # other stories in which the step is looked for then

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
        if step["rows"] == [ASKED]:
            deaths += [(Plan(name, 1, STORED), Plan(NEVER_SENT, 1, place)) for place in PLACES]
    return deaths


class FewDeaths:
    """At every step that stories go through, once, in the first story that comes to it, at one place after the other; and
    where a step leads an order into another state, once more as the box restarts in that one."""

    def __init__(self) -> None:
        self._died_in: set[str] = set()

    def choose(self, told: Told) -> list[Deaths]:
        deaths: list[Deaths] = []
        for step in _sure_steps(told):
            name, leads_to = _name(step), None if step is told.steps[-1] else _restarted_in(step)
            if name not in self._died_in:
                self._died_in.add(name)
                deaths.append((Plan(name, 1, PLACES[len(self._died_in) % 3]), _then(len(self._died_in) // 3)))
            if leads_to is not None and leads_to not in self._died_in:
                self._died_in.add(leads_to)
                deaths.append((Plan(name, 1, STORED), _again(len(self._died_in))))
            if step["rows"] == [ASKED] and NEVER_SENT not in self._died_in:
                self._died_in.add(NEVER_SENT)
                deaths.append((Plan(name, 1, STORED), Plan(NEVER_SENT, 1, STORED)))
        return deaths


def _sure_steps(told: Told) -> list[dict[str, Any]]:
    """A story that ends in doubt is over once it is there and has gone through `until`: what still came, came by chance."""
    if told.story.ends != "in_doubt":
        return told.steps
    seen: set[str] = set()
    for number, step in enumerate(told.steps, 1):
        seen.update(step["rows"])
        if step["state"] == "in_doubt" and seen.issuperset(told.story.until):
            return told.steps[:number]
    return told.steps


def _restarted_in(step: dict[str, Any]) -> str | None:
    """The row of the table that a restart right after that step goes through; None where it has nothing more to do."""
    if step["rows"] == [ASKED]:
        return f"{State.AWAITING_CODE}:{News.PERHAPS_SENT.name}"
    state, _, news = step["rows"][-1].partition(":")
    row = TABLE[State(state)][News[news]]
    return None if row.do is Do.REST else f"{row.to}:{News.RESTARTED.name}"


def _name(step: dict[str, Any]) -> str:
    return "+".join(step["rows"])


def _then(number: int) -> Plan:
    """How it lives on: every other time in another boot of the machine, in which no moment of the first means anything."""
    return Plan(boot=OTHER_BOOT if number % 2 else "")


def _again(number: int) -> Plan:
    """It dies once more, in the first step of its next life (RESTARTED or PERHAPS_SENT)."""
    return Plan("*:[RP]E[SR]*", 1, PLACES[number % 3])


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
        return [f"{_words(self.deaths)}: {fault}{self._way}" for fault in found]

    @property
    def _way(self) -> str:
        """What it went through, for the one who looks for the cause."""
        if self.told.exception():
            return ""
        steps = ["+".join(step["rows"]) + (" †" if step.get("killed") else "") for step in self.told.result().steps]
        return f" after {', '.join(steps)}"

    @property
    def died_at(self) -> set[tuple[str, str]]:
        """The rows of the table at which the box died, each with the place."""
        return set() if self.told.exception() else died_at(self.told.result())


class Matrix:
    """Tells stories, many at a time: each first without a crash, then with every death chosen for it."""

    def __init__(self, directory: Path, *, every: bool) -> None:
        self._directory = directory
        self._every = every
        self._few = FewDeaths()
        self._zygote = Zygote()
        self._threads = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="crash")
        self._stack = contextlib.ExitStack()
        self._tellings: dict[str, list[Telling]] = {}

    def begin(self, stories: Iterable[tuple[int, Story]]) -> None:
        """Tell those too, each with its number: first without a crash, which shows the steps that can be died at."""
        begun = [(serial, story) for serial, story in stories if story.name not in self._tellings]
        stages = [Stage(self._directory / str(serial), story, self._zygote) for serial, story in begun]
        for stage in stages:
            self._stack.enter_context(stage.provider)
        firsts = [self._threads.submit(stage.tell, ()) for stage in stages]
        tolds = [None if first.exception() else first.result() for first in firsts]
        for (serial, story), stage, first, told in zip(begun, stages, firsts, tolds, strict=True):
            deaths = [] if told is None else self._deaths(serial, told)
            self._tellings[story.name] = [
                Telling((), first),
                *(Telling(plans, self._threads.submit(_tell, [stage, *self._elsewhere(plans, stages, tolds)], plans)) for plans in deaths),
            ]

    def _elsewhere(self, plans: Deaths, stages: list[Stage], tolds: list[Told | None]) -> list[Stage]:
        """Where else that step is passed, for a story that passed it by chance and does not again."""
        if self._every:
            return []
        passed = [stage for stage, told in zip(stages, tolds, strict=True) if told and plans[0].at in map(_name, _sure_steps(told))]
        return passed[:ELSEWHERE]

    def tellings(self, story: Story) -> list[Telling]:
        """All of a story that was begun; the first is the one without a crash."""
        return self._tellings[story.name]

    def _deaths(self, serial: int, told: Told) -> list[Deaths]:
        return every_death(told, serial) if self._every else self._few.choose(told)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._stack.close()  # of providers, which must outlive every telling
        self._zygote.close()


def _tell(stages: list[Stage], deaths: Deaths) -> Told:
    """A step that is passed by chance (one more poll, or one less) may be missed: then the story is told again, or another one."""
    for stage in stages:
        for _ in range(1 + TELL_AGAIN):
            told = stage.tell(deaths)
            if went_as_planned(told):
                return told
    return told


def _words(deaths: Deaths) -> str:
    said = [f"{plan.place} {plan.at}" + (f" ({plan.nth})" if plan.nth > 1 else "") for plan in deaths if plan.at]
    return ", then ".join(said) + (", then another boot" if deaths and deaths[-1].boot else "") if said else "no crash"
