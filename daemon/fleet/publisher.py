"""The box's place in a fleet: connects to the broker, says that it is there, how it is, and what happened; and tries again for ever.

Nothing in the box waits for any of this. It is told that something changed (`poke`), which costs a flag; all else happens in a task of
its own, and what could not be told yet lies in the journal.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from daemon.fleet.connection import Connection, connect
from daemon.fleet.outbox import AGAIN_S, Book, Follow, Outbox
from daemon.fleet.packets import Login, Message
from daemon.fleet.pauses import Pauses
from daemon.fleet.place import Place
from daemon.fleet.reasons import BrokerError
from daemon.fleet.settings import MqttSettings
from daemon.fleet.topics import Topics
from daemon.journal_error import JournalError
from daemon.rows import rfc3339
from hw.interfaces import Condition, Health

log = logging.getLogger(__name__)

CALM_S = 0.2  # changes of the state that come closer together are told as one
WELL_S = 1.0  # a connection that holds so long without a refusal is well
STEADY_S = 60.0  # … and one that holds so long makes the next pause a short one again
DRAIN_S = 1.0  # at the end of the box: for the last events
LEAVE_S = 2.0  # … and for all of it


@dataclass(frozen=True, slots=True)
class Told:
    """What the fleet is told of. `status` is `GET /v1/box`; `report` is told how the connection is."""

    topics: Topics
    book: Book
    follow: Follow
    status: Callable[[], dict[str, Any]]
    report: Callable[[Health], None]
    wall: Callable[[], datetime]


class Fleet:
    """Used on the event loop's thread only."""

    def __init__(self, settings: MqttSettings, told: Told, pauses: Pauses | None = None) -> None:
        self._settings = settings
        self._told = told
        self._pauses = pauses or Pauses()
        self._changed = asyncio.Event()
        self._told_already = asyncio.Event()  # an event's number, before it was heard of here
        self._stopping = asyncio.Event()
        self._started = False  # as the journal knows it
        self._state: Message | None = None  # as it was told last
        self._outbox: Outbox | None = None
        self._told_before = 0  # events, over connections that are over
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Tell what there is left to tell, say goodbye, and be gone in `LEAVE_S` whatever the broker does."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=LEAVE_S)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Only whether the broker lets this box in (`tillbox check`)."""
        try:
            await (await connect(self._settings, self._login(None))).close()
        except BrokerError as error:
            self._fails(str(error))
        else:
            self._told.report(Health(Condition.OK))

    @property
    def told_events(self) -> int:
        """How many the broker has acknowledged since the box was started. Some of them twice, maybe."""
        return self._told_before + (self._outbox.told if self._outbox is not None else 0)

    def poke(self) -> None:
        """Something about the box may have changed."""
        self._changed.set()

    def stored(self, seq: int) -> None:
        """An event was stored. Where its number was told already, the journal may be another one, which begins anew."""
        if self._outbox is not None and seq <= self._outbox.sent:
            self._told_already.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            try:
                await self._session()
            except BrokerError as error:
                self._fails(str(error))
            except Exception:  # a fault here is no trouble of the box
                log.exception("fleet_fault")
                self._told.report(Health(Condition.FAILING, "fault of the box: its log says more"))
            if loop.time() - began > STEADY_S:
                self._pauses.reset()
            await self._pause(self._pauses.next_s())

    async def _pause(self, seconds: float) -> None:
        """Until then, or until the box stops."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    # -- one connection --

    async def _session(self) -> None:
        place = await self._place()
        connection = await self._or_stop(connect(self._settings, self._login(self._told.topics.will(place))))
        if connection is None:
            return
        try:
            await connection.publish(self._told.topics.online(place, self._at()))
            await self._tell_state(connection)
            await self._serve(connection, place)
            if self._stopping.is_set():
                await connection.publish(self._told.topics.offline(place, self._at()))
                await connection.close()
        finally:
            await connection.abort()

    async def _place(self) -> Place | None:
        """None while the journal cannot be used: then there are no events to tell either."""
        try:
            place = await self._told.book.fleet_place(starting=not self._started)
        except JournalError as error:
            log.debug('fleet_place_unknown error="%s"', error)  # the journal itself says it aloud, and once
            return None
        self._started = True
        return place

    async def _or_stop(self, opening: Coroutine[Any, Any, Connection]) -> Connection | None:
        """The connection, or None where the box stops first."""
        task, stopping = asyncio.ensure_future(opening), asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            await _end(task, stopping)

    async def _serve(self, connection: Connection, place: Place | None) -> None:
        """Until the connection ends, which raises BrokerError, the box stops, or its events have other numbers."""
        self._told_already.clear()
        self._outbox = None if place is None else Outbox(self._told.book, self._told.follow, place, self._told.topics.event)
        events = asyncio.ensure_future(self._until_place() if self._outbox is None else self._outbox.run(connection, self._stopping))
        others = [asyncio.ensure_future(part) for part in (self._tell_states(connection), self._say_well(), self._until_renumbered(place))]
        stopping = asyncio.ensure_future(self._stopping.wait())
        state, _well, renumbered = others
        try:
            await asyncio.wait((events, state, renumbered, stopping, connection.ended), return_when=asyncio.FIRST_COMPLETED)
            if self._stopping.is_set():
                await asyncio.wait((events, connection.ended), timeout=DRAIN_S, return_when=asyncio.FIRST_COMPLETED)
            if connection.ended.done():
                raise connection.ended.result()
            for part in (events, state, renumbered):
                if part.done():
                    part.result()
        finally:
            self._told_before, self._outbox = self.told_events, None
            await _end(events, *others, stopping)

    async def _until_place(self) -> Place:
        """Once the journal can be used."""
        while True:
            await asyncio.sleep(AGAIN_S)
            if (place := await self._place()) is not None:
                return place

    async def _until_renumbered(self, place: Place | None) -> None:
        """Until the journal is another one than at the beginning of this connection. An event may also have been told already because it
        was read from the journal before its storing was heard of: the journal is asked for its name, so that nobody is said to be lost."""
        while True:
            await self._told_already.wait()
            self._told_already.clear()
            now = await self._place() or await self._until_place()
            if place is not None and now.journal != place.journal:
                return

    async def _tell_states(self, connection: Connection) -> None:
        """How the box is, after each change of it. What lies between two of them is left out."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(CALM_S)
            await self._tell_state(connection, self._state)

    async def _tell_state(self, connection: Connection, told: Message | None = None) -> None:
        """Unless that was told already."""
        self._changed.clear()
        state = self._told.topics.state(self._told.status())
        if state != told:
            await connection.publish(state)
            self._state = state

    async def _say_well(self) -> None:
        await asyncio.sleep(WELL_S)
        self._told.report(Health(Condition.OK))

    def _fails(self, why: str) -> None:
        self._told.report(Health(Condition.FAILING, f"broker {self._settings.broker} {why}"))

    def _login(self, will: Message | None) -> Login:
        settings = self._settings
        password = None if settings.password is None else settings.password.reveal().encode()
        return Login(settings.client_id, settings.keepalive_s, will, settings.username, password)

    def _at(self) -> str:
        return rfc3339(self._told.wall())


async def _end(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
