"""Opens a device off the event loop, again and again until it is there.

Opening may block: usbhid sleeps 50 ms in it, a USB serial adapter that no longer answers holds it for seconds. Reading does not,
so only the opening has a thread, and only for as long as one attempt takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")

PAUSE_S = 1.0  # between attempts: soon enough for somebody who has just pushed the plug in


class Opener(Generic[Thing]):
    """Calls `attempt` in a thread until it returns; then `opened`, and after each exception `failed`, on the event loop.

    `discard` closes a thing that came when nobody wanted it any more; it may be called from any thread.
    """

    def __init__(
        self,
        attempt: Callable[[], Thing],
        opened: Callable[[Thing], None],
        failed: Callable[[Exception], None],
        discard: Callable[[Thing], None],
        pause_s: float = PAUSE_S,
    ) -> None:
        self._attempt = attempt
        self._opened = opened
        self._failed = failed
        self._discard = discard
        self._pause_s = pause_s
        self._round = 0  # what a thread brings from an earlier round is discarded
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Try now."""
        self.stop()
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, args=(loop, self._round), name="open-device", daemon=True).start()

    def start_later(self) -> None:
        """Try after the pause: the device was lost, or is not there."""
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(self._pause_s, self.start)

    def stop(self) -> None:
        self._round += 1
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self, loop: asyncio.AbstractEventLoop, round_: int) -> None:
        try:
            thing = self._attempt()
        except Exception as exc:  # noqa: BLE001 - whatever a driver raises is an attempt that failed
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                loop.call_soon_threadsafe(self._not_there, round_, exc)
            return
        try:
            loop.call_soon_threadsafe(self._there, round_, thing)
        except RuntimeError:
            self._discard(thing)

    def _there(self, round_: int, thing: Thing) -> None:
        if round_ == self._round:
            self._opened(thing)
        else:
            self._discard(thing)

    def _not_there(self, round_: int, exc: Exception) -> None:
        if round_ != self._round:
            return
        self._failed(exc)
        if round_ == self._round:  # nobody stopped it while being told
            self.start_later()
