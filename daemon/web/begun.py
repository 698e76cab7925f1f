"""Work at the desk that is brought to its end, though the caller's connection, or the server, goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")


class Begun:
    """What was begun and is not done."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Future[Any]] = set()

    async def to_its_end(self, work: Awaitable[T]) -> T:
        """Await what must not be left half done: a caller that goes away only stops waiting."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def settle(self, timeout_s: float) -> None:
        """Let all of it come to its end."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)
