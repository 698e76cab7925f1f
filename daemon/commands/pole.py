"""`tillbox pole learn`: finds out how a till's customer display says its total, from three that a person rings up."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from daemon.app import open_tap
from daemon.cli import DONE, FAILED, WRONG
from daemon.money import Amount, parse_amount
from daemon.tills.pole_learning import Lesson, learn, shows
from daemon.typed import typed_lines
from hw.interfaces import Condition, Health, Tap

SPEEDS = (9600, 2400, 19200, 4800, 38400, 1200)  # the usual ones, the likeliest first
AMOUNTS = ("12.34", "5.67", "208.90")  # they have nothing in common
OPEN_S = 5.0


def run(arguments: argparse.Namespace) -> int:
    try:
        amounts = [parse_amount(text, arguments.currency) for text in arguments.amounts or AMOUNTS]
    except ValueError as error:
        print(f"tillbox: {error}", file=sys.stderr)
        return WRONG
    if len(set(amounts)) != len(AMOUNTS):
        print(f"tillbox: expected {len(AMOUNTS)} amounts, each another", file=sys.stderr)
        return WRONG
    try:
        return asyncio.run(_learn(arguments.port, (arguments.baudrate,) if arguments.baudrate else SPEEDS, amounts))
    except OSError as error:
        print(f"tillbox: {error}", file=sys.stderr)
        return FAILED


async def _learn(port: Path, speeds: tuple[int, ...], amounts: list[Amount]) -> int:
    lines = typed_lines()
    for baudrate in speeds:
        ear = await _Ear.on(str(port), baudrate)
        try:
            found = await _at(ear, lines, amounts)
        finally:
            ear.close()
        if isinstance(found, Lesson):
            _print(port, baudrate, found)
            return DONE
        if found:  # the line is read, but nothing tells a total by
            return FAILED
    _say("Nothing that was heard shows that amount. Is the cable between the till and its display tapped (ground, and the till's TX)?")
    return FAILED


async def _at(ear: _Ear, lines: AsyncIterator[str], amounts: list[Amount]) -> Lesson | bool:
    """What was learned at this speed; else whether at least the first amount was read."""
    totals: list[tuple[Amount, bytes]] = []
    for amount in amounts:
        _say(f"Ring up {amount.decimal} at the till, show its total, wait a second, and press Enter here ({ear.baudrate} baud).")
        if await anext(lines, None) is None:
            raise OSError("the input ended")
        totals.append((amount, bytes(ear.heard)))
        if not totals[1:] and not shows(ear.heard_now, amount):
            _say(f"{len(ear.heard)} bytes were heard, and none of them shows {amount.decimal}.")
            return False
    lesson = learn(totals)
    if lesson is None:
        _say("The display is read, but its totals have no word or sign that tells them from prices. Write down what it shows, and see")
        _say("docs/pole-till.md for `words` and `total_pattern`.")
        return True
    return lesson


def _print(port: Path, baudrate: int, lesson: Lesson) -> None:
    _say("\nFound. Paste this into config.toml:\n")
    _say("\n".join(["[tills.pole]", 'kind = "pole"', f'port = "{port}"', f"baudrate = {baudrate}", *lesson.toml]))


class _Ear:
    """All that is heard on a line."""

    def __init__(self, tap: Tap, baudrate: int) -> None:
        self._tap = tap
        self.baudrate = baudrate
        self.heard = bytearray()
        self._changed = asyncio.Event()
        tap.listen(lambda: None, self.heard.extend, self._told)

    @classmethod
    async def on(cls, port: str, baudrate: int) -> _Ear:
        """Raises OSError where the line cannot be had."""
        ear = cls(open_tap(port, baudrate), baudrate)
        ear._tap.open()
        try:
            async with asyncio.timeout(OPEN_S):
                await ear._changed.wait()
        except TimeoutError:
            raise OSError(f"{port} does not open") from None
        if ear._tap.health.condition is not Condition.OK:
            ear.close()
            raise OSError(ear._tap.health.detail)
        return ear

    @property
    def heard_now(self) -> bytes:
        return bytes(self.heard)

    def _told(self, _health: Health) -> None:
        self._changed.set()

    def close(self) -> None:
        self._tap.close()


def _say(text: str) -> None:
    print(text, flush=True)
