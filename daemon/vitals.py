"""Whether the box does its work: what the watchdog and `/healthz` ask."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor

STUCK_S = 20.0  # an SD card may take seconds for one sync during its housekeeping; more than this is a hang


class Vitals:
    """Alive is who answers: the loop, by getting here at all, and the journal's thread, by the errand it was sent on last time."""

    def __init__(self, thread: Executor) -> None:
        self._thread = thread
        self._errand: asyncio.Future[None] | None = None
        self._sent_at = 0.0

    def is_alive(self) -> bool:
        loop = asyncio.get_running_loop()
        if self._errand is not None and not self._errand.done():
            return loop.time() - self._sent_at < STUCK_S
        try:
            self._errand = loop.run_in_executor(self._thread, _nothing)
        except RuntimeError:  # the thread was shut down: the box is stopping
            return True
        self._sent_at = loop.time()
        return True


def _nothing() -> None:
    return None
