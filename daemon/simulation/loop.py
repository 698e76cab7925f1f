"""An event loop whose time stands still until somebody moves it: what is due is run, in order, and nothing ever waits.

One loop is one life of the box's process. When the box dies its loop is thrown away as it stands: no handler runs any more, as
after SIGKILL.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class VirtualLoop(asyncio.AbstractEventLoop):
    """`clock` gives the monotonic seconds of this boot. `faults` is what an exception handler would have been told."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.time = clock  # type: ignore[method-assign]  # one call less, a dozen times a step
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[asyncio.TimerHandle] = []
        self.is_dead = False
        self.faults: list[dict[str, Any]] = []

    # -- moving it --

    def run_ready(self) -> None:
        """Everything that is due now, and what follows from it at once."""
        self._wake_timers()
        asyncio._set_running_loop(self)  # noqa: SLF001  # public for those who write loops (its docstring)
        ready = self._ready
        try:
            while ready and not self.is_dead:
                handle = ready.popleft()
                if not handle.cancelled():
                    handle._run()  # noqa: SLF001  # what every loop calls
                if not ready:
                    self._wake_timers()
        finally:
            asyncio._set_running_loop(None)  # noqa: SLF001  # as above

    @property
    def is_due(self) -> bool:
        """Whether there is anything to run now."""
        return bool(self._ready) or (bool(self._timers) and self._timers[0].when() <= self.time())

    def next_timer(self) -> float | None:
        """When something is due next; now, where something is ready."""
        if self._ready:
            return self.time()
        timers = self._timers
        while timers and timers[0].cancelled():
            heapq.heappop(timers)
        return timers[0].when() if timers else None

    def _wake_timers(self) -> None:
        now, timers = self.time(), self._timers
        while timers and timers[0].when() <= now:
            handle = heapq.heappop(timers)
            if not handle.cancelled():
                self._ready.append(handle)

    def bury(self) -> None:
        """Nothing of it runs any more. What its tasks had begun is let go; whatever they would still say, nobody hears."""
        self.is_dead = True
        for task in asyncio.all_tasks(self):
            with suppress(RuntimeError):  # one that wants to wait for something while it is let go
                task.get_coro().close()
        self._ready.clear()
        self._timers.clear()

    # -- what asyncio asks of a loop --

    def call_soon(  # type: ignore[override]  # typeshed's has a TypeVarTuple that mypy cannot match
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]  # there is one thread

    def call_at(  # type: ignore[override]  # as above
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, handle)
        return handle

    def call_later(  # type: ignore[override]  # as above
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def create_task(  # type: ignore[override]  # as above
        self, coro: Coroutine[Any, Any, T], *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[T]:
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def run_in_executor(  # type: ignore[override]  # as above
        self, _executor: object, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """At once, and in this thread: nothing else happens meanwhile."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  # it is raised where the future is awaited
            future.set_exception(error)
        return future

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self.is_dead:
            self.faults.append(context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Asked by `TimerHandle.cancel`; a cancelled timer is left out when its time comes."""
