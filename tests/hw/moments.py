"""A clock that a test moves, and waits that end by it: a thread's minutes pass in no time, and none passes by itself."""

import threading

from waiting import until


class Moments:
    """In place of `time.monotonic`, its `condition` in place of `threading.Condition`. `timeouts` are those waited for so far."""

    def __init__(self):
        self.now = 1000.0
        self.timeouts = []
        self._condition = _Condition(self)

    def __call__(self):
        return self.now

    def condition(self):
        return self._condition

    async def rest(self):
        """Until the thread waits again, having done everything that was to do."""
        await until(lambda: self._condition.is_waiting)

    async def pass_by(self, seconds):
        """Let a resting thread's time pass, and whatever it does then end."""
        await self.rest()
        with self._condition:
            self.now += seconds
            self._condition.is_waiting = False
            self._condition.notify_all()
        await self.rest()


class _Condition(threading.Condition):
    def __init__(self, moments):
        super().__init__()
        self._moments = moments
        self.is_waiting = False

    def wait_for(self, predicate, timeout=None):
        self._moments.timeouts.append(timeout)
        end = None if timeout is None else self._moments.now + timeout
        while not (true := predicate()) and (end is None or self._moments.now < end):
            self.is_waiting = True
            self.wait()
        self.is_waiting = False
        return true
