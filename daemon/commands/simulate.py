"""`tillbox simulate`: the box in virtual time with every fault, and the promises checked after every step."""

from __future__ import annotations

import argparse
import sys
import time

from daemon.cli import DONE, FAILED
from daemon.simulation import campaign, report, sweep
from daemon.simulation.shrinking import MOST_TRIES

BROKEN_SHOWN = 3  # of an exhaustive sweep; the rest are counted


def run(arguments: argparse.Namespace) -> int:
    if arguments.exhaustive:
        return _sweep(arguments)
    return _retell(arguments) if arguments.only is not None else _campaign(arguments)


def _campaign(arguments: argparse.Namespace) -> int:
    begun = time.monotonic()

    def show(outcome: campaign.Outcome) -> None:
        _progress(report.progress(outcome.told, arguments.runs, outcome.tally.payments, time.monotonic() - begun))

    numbers = range(arguments.first, arguments.first + arguments.runs)
    outcome = campaign.run(arguments.seed, numbers, arguments.jobs, show)
    _progress("")
    if outcome.failure is not None:
        return _explain(arguments.seed, outcome.failure)
    print("\n".join(report.coverage(outcome.tally)))
    which = f"seed {arguments.seed}{f' from {arguments.first}' if arguments.first else ''}"
    print(f"no promise was broken in {outcome.told} histories; {which}; {_rate(outcome, begun, arguments.jobs)}")
    return DONE


def _rate(outcome: campaign.Outcome, begun: float, jobs: int) -> str:
    seconds = time.monotonic() - begun
    return f"{seconds:.0f} s, {outcome.tally.payments / seconds:.0f} payments a second with --jobs {jobs}"


def _retell(arguments: argparse.Namespace) -> int:
    """One history again, with its time line."""
    outcome = campaign.tell(arguments.seed, range(arguments.only, arguments.only + 1))
    if outcome.failure is not None:
        return _explain(arguments.seed, outcome.failure)
    print("\n".join(campaign.story(arguments.seed, arguments.only)))
    print(f"no promise was broken in history {arguments.only} of seed {arguments.seed}")
    return DONE


def _explain(seed: int, failure: campaign.Failure) -> int:
    print(f"history {failure.number} of seed {seed} breaks a promise: {failure.text}")
    print(f"again: tillbox simulate --seed {seed} --only {failure.number}")
    print(f"made short, from {len(failure.numbers)} decisions:")
    numbers, lines, text = campaign.explain(failure, MOST_TRIES)
    print("\n".join(lines))
    print(f"{text}\nits decisions: {numbers}")
    return FAILED


def _sweep(arguments: argparse.Namespace) -> int:
    part, parts = arguments.part
    stories = sweep.stories(two=arguments.exhaustive == "two")[part - 1 :: parts]
    begun = time.monotonic()

    def show(done: int, swept: sweep.Swept) -> None:
        _progress(f"{done}/{len(stories)} stories, {swept.tellings} tellings, {time.monotonic() - begun:.0f} s")

    swept = sweep.sweep(stories, arguments.jobs, show, two=arguments.exhaustive == "two")
    _progress("")
    for telling, text, lines in swept.broken[:BROKEN_SHOWN]:
        print("\n".join((telling, *lines, text, "")))
    if swept.broken:
        print(f"{len(swept.broken)} of {swept.tellings} tellings broke a promise")
        return FAILED
    print("\n".join(report.coverage(swept.tally)))
    which = f"part {part} of {parts}: " if parts > 1 else ""
    print(f"no promise was broken: {which}{len(stories)} stories, {swept.tellings} tellings, {time.monotonic() - begun:.0f} s")
    return DONE


def _progress(text: str) -> None:
    """Written over itself, for people only."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
