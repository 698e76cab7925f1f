"""Looks after the journal: opens it, tries again while it cannot be written, counts what is in doubt, forgets what is old."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from daemon.health import Board
from daemon.journal import Journal
from daemon.journal_file import JournalError
from daemon.late_money import needs_a_person
from daemon.rows import rfc3339
from daemon.runner import Change, Runner

log = logging.getLogger(__name__)

TRY_AGAIN_S = 5.0  # between two tries of a journal that cannot be written, and two looks whether it was confirmed
PRUNE_FIRST_S = 3600.0  # a box that is switched off every night must come to it too
PRUNE_EVERY_S = 86_400.0
CLOCK_DRIFT_S = 600.0


class Keeper:
    """Keeps the board's word on the journal true. While the journal is well, it wakes once a day."""

    def __init__(self, journal: Journal, runner: Runner, board: Board, *, keep_days: float, wall: Callable[[], datetime]) -> None:
        self._journal = journal
        self._wall = wall
        self._runner = runner
        self._board = board
        self._keep_days = keep_days
        self._taken_up = False  # all that the journal has; after a failure it may have what was told to be not stored
        self._unwell = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        journal.on_trouble = self._on_trouble
        runner.listeners.append(self._on_change)

    async def start(self) -> None:
        """Open the journal and take up what it has; where that cannot be done now, go on trying."""
        await self.look()
        self._tasks |= {asyncio.create_task(self._look_until_well()), asyncio.create_task(self._prune_daily())}

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._journal.close()

    async def look(self) -> None:
        """How the journal is now."""
        try:
            if not self._taken_up:
                self._taken_up = True
                await self._runner.start()
            kept = await self._journal.unconfirmed()
            self._board.doubts_are(await self._journal.in_doubt())
        except JournalError as error:
            self._taken_up = False
            self._say(str(error))
        else:
            self._say(self._journal.trouble or (_unconfirmed(kept) if kept else None))

    def _say(self, trouble: str | None) -> None:
        self._board.journal_is(trouble)
        if trouble:
            self._unwell.set()
        else:
            self._unwell.clear()

    def _on_trouble(self) -> None:
        if self._journal.trouble:
            self._taken_up = False
            self._say(self._journal.trouble)

    def _on_change(self, change: Change) -> None:
        """Count anew where a payment came to be, or ceased to be, one that a person must look at."""
        if any(payment is not None and needs_a_person(payment) for payment in (change.before, change.payment)):
            self.count_anew()

    def count_anew(self) -> None:
        """Soon: something came to be for a person to look at."""
        task = asyncio.get_running_loop().create_task(self._count())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _count(self) -> None:
        try:
            self._board.doubts_are(await self._journal.in_doubt())
        except JournalError as error:
            log.warning('doubts_not_counted error="%s"', error)

    async def _look_until_well(self) -> None:
        while True:
            await self._unwell.wait()
            await asyncio.sleep(TRY_AGAIN_S)
            await self.look()

    async def _prune_daily(self) -> None:
        """Only by a clock that went as time did since the last look: one that was just set, or jumped, forgets nothing (P11)."""
        loop = asyncio.get_running_loop()
        wait_s = PRUNE_FIRST_S
        while True:
            wall, monotonic = self._wall(), loop.time()
            await asyncio.sleep(wait_s)
            drift_s = (self._wall() - wall).total_seconds() - (loop.time() - monotonic)
            if abs(drift_s) < CLOCK_DRIFT_S:
                await self._prune()
                wait_s = PRUNE_EVERY_S
            else:  # most boxes have no clock of their own and are set soon after each start
                wait_s = PRUNE_FIRST_S

    async def _prune(self) -> None:
        try:
            forgotten = await self._journal.prune(rfc3339(self._wall() - timedelta(days=self._keep_days)))
        except JournalError as error:
            log.warning('journal_not_pruned error="%s"', error)
        else:
            log.info("journal_pruned payments=%d keep_days=%g", forgotten, self._keep_days)


def _unconfirmed(kept: str) -> str:
    return f"it was damaged; the old one is kept as {kept}. Run `tillbox journal confirm` to go on without it"
