"""The journal's events on their way to the broker: in order, at least once, some at a time; and how far they have got.

The journal is the queue, and `follow` pages through it, so that a backlog of any length is never in memory. An event counts as told when
the broker has acknowledged it and every one before it. That number goes back to the journal a second later, all of the meantime at once and
without a sync of its own (see `JournalFile.acknowledge`): after a power cut some events are told again, and none is left out.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Protocol

from daemon.fleet.connection import Connection
from daemon.fleet.packets import Message
from daemon.fleet.place import Place
from daemon.journal_error import JournalError
from daemon.tills.base import Entry, NotStorable

log = logging.getLogger(__name__)

SAVE_S = 1.0  # how much is told again at most after a power cut: what was acknowledged in this time
AGAIN_S = 5.0  # before the journal is read again after it could not be


class Book(Protocol):
    """The journal, as far as a fleet needs it. Both calls raise JournalError."""

    async def fleet_place(self, *, starting: bool) -> Place: ...

    async def fleet_took(self, journal: str, seq: int) -> None: ...


Follow = Callable[[int], AsyncIterator[Entry]]
"""Every event after that number, oldest first, then each as it is stored. Ends when the box stops, or where its follower is too slow.
Raises NotStorable."""


class Outbox:
    """For one connection. `message` makes an event's message."""

    def __init__(self, book: Book, follow: Follow, place: Place, message: Callable[[Place, Entry], Message]) -> None:
        self._book = book
        self._follow = follow
        self._place = place
        self._message = message
        self._under_way: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._saved = self.acknowledged = self.sent = place.acknowledged
        self.told = 0  # events that the broker has acknowledged
        self._saving: asyncio.Task[None] | None = None
        self._is_tried = False

    async def run(self, connection: Connection, stopping: asyncio.Event) -> None:
        """Until the box stops and has told all. Raises BrokerError."""
        try:
            while not stopping.is_set():
                await self._tell(connection)
                if not stopping.is_set():  # it was too slow, or the journal cannot be read
                    await asyncio.sleep(AGAIN_S)
            await asyncio.gather(*(taken for _seq, taken in self._under_way))
        finally:
            await self._save_last()

    async def _tell(self, connection: Connection) -> None:
        try:
            async with aclosing(self._follow(self.sent)) as entries:  # type: ignore[type-var]  # generators, all of them
                async for entry in entries:
                    taken = await connection.send(self._message(self._place, entry))
                    self.sent = entry.seq
                    self._under_way.append((entry.seq, taken))
                    taken.add_done_callback(self._taken)
                    await self._try_first(taken)
        except NotStorable as error:
            log.debug('fleet_journal_unread error="%s"', error)  # the journal itself says it aloud, and once

    async def _try_first(self, taken: asyncio.Future[None]) -> None:
        """The first of a connection goes alone: mosquitto hangs up on what it refuses, and where more is on its way to it then, its
        refusal never arrives, which would look like a bad line. Raises BrokerError."""
        if not self._is_tried:
            await taken
            self._is_tried = True

    def _taken(self, _taken: asyncio.Future[None]) -> None:
        """Acknowledgements may overtake one another; the number does not."""
        while self._under_way and _is_taken(self._under_way[0][1]):
            self.acknowledged = self._under_way.popleft()[0]
            self.told += 1
        if self.acknowledged > self._saved and self._saving is None:
            self._saving = asyncio.ensure_future(self._save_soon())

    async def _save_soon(self) -> None:
        while self.acknowledged > self._saved:
            await asyncio.sleep(SAVE_S)
            if not await self._save():
                break  # the next acknowledgement tries again
        self._saving = None

    async def _save_last(self) -> None:
        if self._saving is not None:
            self._saving.cancel()
            await asyncio.gather(self._saving, return_exceptions=True)
        await self._save()

    async def _save(self) -> bool:
        seq = self.acknowledged
        if seq > self._saved:
            try:
                await self._book.fleet_took(self._place.journal, seq)
            except JournalError as error:  # then these are told again
                log.debug('fleet_place_not_stored seq=%d error="%s"', seq, error)
                return False
            self._saved = seq
        return True


def _is_taken(taken: asyncio.Future[None]) -> bool:
    return taken.done() and not taken.cancelled() and taken.exception() is None
