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
from typing import Any, TypeVar

from aiohttp import web

from daemon.tills.base import Desk, Entry
from daemon.web.errors import Problem, json_bytes
from daemon.web.settings import Limits
from daemon.web.waiting import Ending, Seats, is_gone, put_down

log = logging.getLogger(__name__)

_SEQ = re.compile(r"[0-9]{1,18}")  # what fits SQLite's whole numbers
_RETRY_MS = 2000  # how soon a browser comes back

_Thing = TypeVar("_Thing")


class Streams:
    def __init__(self, desk: Desk, limits: Limits, ending: Ending) -> None:
        self._desk = desk
        self._limits = limits
        self._ending = ending
        self._seats = Seats(limits.streams, "event streams")

    async def get(self, request: web.Request) -> web.StreamResponse:
        after_seq = last_event_id(request)
        with self._seats.take(request):
            return await Outlet(request, self._limits).serve(self._chunks(request, self._desk.follow(after_seq)))

    async def _chunks(self, request: web.Request, entries: AsyncIterator[Entry]) -> AsyncIterator[bytes]:
        """Entry after entry, until the box stops or nobody listens any more."""
        coming = next_of(entries)
        try:
            while not (self._ending.has_come or is_gone(request)):
                if not await self._ending.or_done(coming, timeout_s=self._limits.keep_alive_s):
                    yield b": still here\n\n"
                elif (entry := coming.result()) is None:
                    return
                else:
                    coming = next_of(entries)
                    yield event_bytes(entry)
        finally:
            await put_down(coming)
            await close(entries)


class Outlet:
    """One caller's stream of events. A caller that takes nothing for `write_s` of the limits is cut off."""

    def __init__(self, request: web.Request, limits: Limits) -> None:
        self._request = request
        self._write_s = limits.write_s

    async def serve(self, chunks: AsyncIterator[bytes]) -> web.StreamResponse:
        """Send them all. They begin to be made before the caller can know that it is listened to: nothing falls in between."""
        first = next_of(chunks)
        await asyncio.sleep(0)
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        try:
            await stream.prepare(self._request)
            await self._write(stream, b": tillbox\nretry: %d\n\n" % _RETRY_MS)
            chunk = await first
            while chunk is not None:
                await self._write(stream, chunk)
                chunk = await anext(chunks, None)
        except (ConnectionError, TimeoutError):
            self._drop("not_taken")
        except Exception:  # an error answer would land in the middle of the stream
            log.exception("stream_fault")
            self._drop("fault")
        finally:
            await put_down(first)
            await close(chunks)
        return stream

    async def _write(self, stream: web.StreamResponse, chunk: bytes) -> None:
        """Raises ConnectionError where the caller has gone, TimeoutError where it does not take it."""
        async with asyncio.timeout(self._write_s):
            await stream.write(chunk)

    def _drop(self, why: str) -> None:
        """Cut off a caller that is gone or too slow: what still waits for it would keep the connection open."""
        log.info("stream_dropped why=%s", why)
        if self._request.transport is not None:
            self._request.transport.abort()


def event_bytes(entry: Entry) -> bytes:
    """One entry on the wire."""
    return b"id: %d\nevent: payment\ndata: %s\n\n" % (entry.seq, json_bytes(asdict(entry)))


def next_of(things: AsyncIterator[_Thing]) -> asyncio.Task[_Thing | None]:
    """The next of them, None at the end, being fetched: waiting for it can pause and go on without losing any."""

    async def fetch() -> _Thing | None:
        return await anext(things, None)

    return asyncio.ensure_future(fetch())


def last_event_id(request: web.Request) -> int | None:
    """After which entry a caller goes on; None where it does not say. Raises Problem."""
    text = request.headers.get("Last-Event-ID", "")
    if not text:
        return None
    if not _SEQ.fullmatch(text):
        raise Problem(422, "invalid", "Last-Event-ID is wrong", {"Last-Event-ID": "expected the id of an event: a whole number"})
    return int(text)


async def close(things: AsyncIterator[Any]) -> None:
    """Let a generator clean up after itself now, and not whenever it is collected."""
    aclose = getattr(things, "aclose", None)
    if aclose is not None:
        await aclose()
