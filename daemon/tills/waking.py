"""A till's task sleeps until something happens, or until a moment."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Waking:
    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        self._event.set()

    async def woken(self, *moments: float | None) -> None:
        """Return when something happened since the last return, or at the earliest of those moments (monotonic) that is to come."""
        to_come = [moment for moment in moments if moment is not None and moment > now()]
        with suppress(TimeoutError):
            async with asyncio.timeout_at(min(to_come, default=None)):
                await self._event.wait()
        self._event.clear()

    async def woken_within(self, seconds: float) -> None:
        await self.woken(now() + seconds)


def now() -> float:
    return asyncio.get_running_loop().time()
