"""`GET /v1/watch`: all that the box's page shows, as one stream of server-sent events.

| event | data |
|---|---|
| `clock` | `{"now": "2025-03-01T09:30:12Z", "up_s": 4711}`: the box's wall clock, and how many seconds it has been running |
| `box` | the body of `GET /v1/box`, and what the box is: `version`, `terminal_id`, `store_name`, `currency`, `plays` |
| `panel` | `{"width": 128, "height": 64, "dots": "…"}` (`lookout.Dots`, base64), or null |
| `payment` | a journal entry, with its number as `id:`, as in `GET /v1/events` |

All but `payment` come at once; `box` and `panel` then whenever they change, `clock` whenever nothing else has come for `keep_alive_s`
of `Limits`: a page that hears nothing for longer has lost the box. One that lost its connection comes back with `Last-Event-ID`, and
misses no payment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web

from daemon.tills.base import Desk, Entry
from daemon.web.errors import json_bytes
from daemon.web.lookout import Looker, Lookout, Sights
from daemon.web.settings import Limits
from daemon.web.stream import Outlet, close, event_bytes, last_event_id, next_of
from daemon.web.waiting import Ending, Seats, is_gone, put_down


class Watch:
    """`clock` gives the data of that event. Made on the event loop."""

    def __init__(self, desk: Desk, sights: Sights, clock: Callable[[], dict[str, Any]], limits: Limits, ending: Ending) -> None:
        self._desk = desk
        self._lookout = Lookout(sights)
        self._clock = clock
        self._limits = limits
        self._ending = ending
        self._seats = Seats(limits.watchers, "pages")

    async def get(self, request: web.Request) -> web.StreamResponse:
        after_seq = last_event_id(request)
        with self._seats.take(request), self._lookout.enter() as looker:
            return await Outlet(request, self._limits).serve(self._chunks(request, self._desk.follow(after_seq), looker))

    async def _chunks(self, request: web.Request, entries: AsyncIterator[Entry], looker: Looker) -> AsyncIterator[bytes]:
        """Event after event, until the box stops or nobody listens any more."""
        coming, news = next_of(entries), asyncio.ensure_future(looker.news.wait())
        try:
            yield self._time()
            while not (self._ending.has_come or is_gone(request)):
                if sights := _sights(looker):
                    yield sights
                if not await self._ending.or_done(coming, news, timeout_s=self._limits.keep_alive_s):
                    yield self._time()
                if coming.done():
                    if (entry := coming.result()) is None:
                        return
                    coming = next_of(entries)
                    yield event_bytes(entry)
                if news.done():
                    news = asyncio.ensure_future(looker.news.wait())
        finally:
            await put_down(coming)
            await put_down(news)
            await close(entries)

    def _time(self) -> bytes:
        return _event("clock", json_bytes(self._clock()))


def _sights(looker: Looker) -> bytes:
    return b"".join(_event(name, told) for name, told in looker.take())


def _event(name: str, data: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), data)
