"""Requests that stay open: how many may, and that a stop of the box ends them at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from daemon.web.errors import too_many


class Ending:
    """The moment the server stops, for those who wait for something else. Made on the event loop."""

    def __init__(self) -> None:
        self._come: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def has_come(self) -> bool:
        return self._come.done()

    def come(self) -> None:
        if not self._come.done():
            self._come.set_result(None)

    async def or_done(self, *tasks: asyncio.Task[Any], timeout_s: float | None = None) -> bool:
        """Wait until one of the tasks is done, the server stops, or the time is up; whether one is done."""
        await asyncio.wait({*tasks, self._come}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        return any(task.done() for task in tasks)


class Seats:
    """So many requests of one kind at once. Whoever hung up without a word gives the seat back when another wants it."""

    def __init__(self, number: int, what: str) -> None:
        self._number = number
        self._what = what
        self._taken: dict[int, web.Request] = {}  # by identity: requests compare as mappings do

    @contextmanager
    def take(self, request: web.Request) -> Iterator[None]:
        """Hold a seat for a while. Raises Problem 503 where none is free."""
        if len(self._taken) >= self._number:
            self._taken = {key: other for key, other in self._taken.items() if not is_gone(other)}
        if len(self._taken) >= self._number:
            raise too_many(self._what)
        self._taken[id(request)] = request
        try:
            yield
        finally:
            self._taken.pop(id(request), None)


def is_gone(request: web.Request) -> bool:
    """Whether the caller has hung up."""
    return request.transport is None or request.transport.is_closing()


async def put_down(task: asyncio.Task[Any]) -> None:
    """Cancel a task and see it end; what it raises then is of no interest."""
    task.cancel()
    await asyncio.wait({task}, timeout=1.0)  # one that swallows its cancelling does not hold up the rest
    if task.done() and not task.cancelled():
        task.exception()
