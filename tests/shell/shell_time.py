"""An event loop for stories of the shell: its clock jumps instead of waiting, and what runs in a thread is waited for.

A call into a thread (the journal's, the presenter's) is carried out there for real, while the loop stands still, `disk_s` virtual
seconds after it was asked for: a story can say how slow the card is.
"""

import asyncio
import functools
import selectors
import threading


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


class ShellLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        self.disk_s = 0.0
        self._gates = {}
        self.faults = []  # what was raised where nobody could catch it
        self.set_exception_handler(lambda _, context: self.faults.append(context))

    def time(self):
        return self._jumping.now

    def run_in_executor(self, executor, func, *args):
        gate, future = threading.Event(), self.create_future()
        work = executor.submit(_behind, gate, func, args)  # RuntimeError where it was shut down, like any loop
        gates = self._gates.setdefault(executor, [])
        gates.append(gate)
        self.call_later(self.disk_s, _finish, future, work, gates, gate)
        return future


def _behind(gate, func, args):
    gate.wait()
    return func(*args)


def _finish(future, work, gates, gate):
    """Let the thread do it, after all that it was asked before, and wait for it."""
    while gate in gates:
        gates.pop(0).set()
    error = work.exception()
    if not future.done():
        future.set_result(work.result()) if error is None else future.set_exception(error)


async def _end(tasks):
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def in_virtual_time(story):
    """Make a plain test of a coroutine function, run on a ShellLoop. Nothing may be left running after it, nor go wrong unheard."""

    @functools.wraps(story)
    def test(*args, **fixtures):
        loop = ShellLoop()
        try:
            loop.run_until_complete(story(*args, **fixtures))
            left = asyncio.all_tasks(loop)
            loop.run_until_complete(_end(left))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()
        assert not left, "something was left running"
        assert loop.faults == []

    return test


async def settle(rounds=30):
    """Let everything happen that is ready to happen, without time going by."""
    for _ in range(rounds):
        await asyncio.sleep(0)


def timers():
    """How many timers wait in the running loop: an idle part has none."""
    return sum(not timer.cancelled() for timer in asyncio.get_running_loop()._scheduled)
