"""`GET /v1/events`: the journal's entries as server-sent events, each the moment it is stored.

    id: 412
    event: payment
    data: {"seq": 412, "at": "2025-03-01T09:30:12.417Z", "ref": "A-17", …}

A caller that lost its connection comes back with `Last-Event-ID` and misses nothing. A caller that does not take what it
is sent holds up only itself: an entry is fetched when the one before has been taken, and who takes nothing for `write_s`
is dropped. (https://html.spec.whatwg.org/multipage/server-sent-events.html)
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from aiohttp import web

from daemon.tills.base import Desk, Entry
from daemon.web.errors import Problem, json_bytes
from daemon.web.settings import Limits
from daemon.web.waiting import Ending, Seats, is_gone, put_down

log = logging.getLogger(__name__)

_SEQ = re.compile(r"[0-9]{1,18}")  # what fits SQLite's whole numbers
_RETRY_MS = 2000  # how soon a browser comes back


class Streams:
    def __init__(self, desk: Desk, limits: Limits, ending: Ending) -> None:
        self._desk = desk
        self._limits = limits
        self._ending = ending
        self._seats = Seats(limits.streams, "event streams")

    async def get(self, request: web.Request) -> web.StreamResponse:
        after_seq = _last_event_id(request)
        with self._seats.take(request):
            entries = self._desk.follow(after_seq)
            try:
                return await self._serve(request, entries)
            finally:
                await _close(entries)

    async def _serve(self, request: web.Request, entries: AsyncIterator[Entry]) -> web.StreamResponse:
        coming = _next(entries)
        await asyncio.sleep(0)  # following has begun before the caller can know: nothing falls in between
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        try:
            await stream.prepare(request)
            await self._write(stream, f": tillbox\nretry: {_RETRY_MS}\n\n".encode())
            while (entry := await self._entry(request, stream, coming)) is not None:
                coming = _next(entries)
                await self._write(stream, event_bytes(entry))
        except (ConnectionError, TimeoutError):
            _drop(request, "not_taken")
        except Exception:  # an error answer would land in the middle of the stream
            log.exception("stream_fault")
            _drop(request, "fault")
        finally:
            await put_down(coming)
        return stream

    async def _entry(self, request: web.Request, stream: web.StreamResponse, coming: asyncio.Task[Entry | None]) -> Entry | None:
        """The next entry; None when there will be none, because the box stops or nobody listens any more."""
        while not await self._ending.or_done(coming, self._limits.keep_alive_s):
            if self._ending.has_come or is_gone(request):
                return None
            await self._write(stream, b": still here\n\n")
        return coming.result()

    async def _write(self, stream: web.StreamResponse, chunk: bytes) -> None:
        """Raises ConnectionError where the caller has gone, TimeoutError where it does not take it."""
        async with asyncio.timeout(self._limits.write_s):
            await stream.write(chunk)


def event_bytes(entry: Entry) -> bytes:
    """One entry on the wire."""
    return b"id: %d\nevent: payment\ndata: %s\n\n" % (entry.seq, json_bytes(asdict(entry)))


def _next(entries: AsyncIterator[Entry]) -> asyncio.Task[Entry | None]:
    """The next entry, None at the end, being fetched: waiting for it can pause and go on without losing any."""

    async def fetch() -> Entry | None:
        return await anext(entries, None)

    return asyncio.ensure_future(fetch())


def _last_event_id(request: web.Request) -> int | None:
    text = request.headers.get("Last-Event-ID", "")
    if not text:
        return None
    if not _SEQ.fullmatch(text):
        raise Problem(422, "invalid", "Last-Event-ID is wrong", {"Last-Event-ID": "expected the id of an event: a whole number"})
    return int(text)


def _drop(request: web.Request, why: str) -> None:
    """Cut off a caller that is gone or too slow: what still waits for it would keep the connection open."""
    log.info("stream_dropped why=%s", why)
    if request.transport is not None:
        request.transport.abort()


async def _close(entries: AsyncIterator[Any]) -> None:
    aclose = getattr(entries, "aclose", None)
    if aclose is not None:
        await aclose()
