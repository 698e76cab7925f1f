"""An event loop whose clock jumps to the next timer instead of waiting for it: hours pass in no time, and to the millisecond.

For code that waits for timers only; it has nothing to do with threads, files or sockets.
"""

import asyncio
import functools
import selectors


class _JumpingSelector(selectors.SelectSelector):
    """Instead of waiting, moves the clock on by as long as it was to wait."""

    def __init__(self):
        super().__init__()
        self.now = 1000.0

    def select(self, timeout=None):
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "nothing is left that could ever wake this loop"
            self.now += max(timeout, 0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self):
        return self._jumping.now


def in_virtual_time(story):
    """Make a plain test of a coroutine function, run on a VirtualLoop."""

    @functools.wraps(story)
    def test(**fixtures):
        loop = VirtualLoop()
        try:
            loop.run_until_complete(story(**fixtures))
        finally:
            loop.close()

    return test


def pending_timers():
    """How many timers wait in the running loop: an idle part has none."""
    return sum(not timer.cancelled() for timer in asyncio.get_running_loop()._scheduled)
