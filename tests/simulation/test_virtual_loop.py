"""A loop whose time stands still until somebody moves it."""

from __future__ import annotations

import asyncio

import pytest

from daemon.simulation.loop import VirtualLoop


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.loop = VirtualLoop(lambda: self.now)

    def run_to(self, moment: float) -> None:
        """Through everything that is due until then."""
        self.loop.run_ready()
        while (timer := self.loop.next_timer()) is not None and timer <= moment:
            self.now = max(self.now, timer)
            self.loop.run_ready()
        self.now = moment


@pytest.fixture
def clock():
    clock = Clock()
    yield clock
    clock.loop.bury()


def test_an_hour_s_sleep_takes_no_time(clock):
    woken = []

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append((seconds, clock.now))

    for seconds in (3600, 1, 60):
        clock.loop.create_task(sleep(seconds))
    clock.run_to(4000)
    assert woken == [(1, 101.0), (60, 160.0), (3600, 3700.0)]


def test_a_time_out_comes_at_its_moment(clock):
    async def wait() -> None:
        async with asyncio.timeout(5):
            await asyncio.Event().wait()

    task = clock.loop.create_task(wait())
    clock.run_to(104.9)
    assert not task.done()
    clock.run_to(105)
    assert isinstance(task.exception(), TimeoutError)


def test_work_for_another_thread_is_done_at_once(clock):
    async def work() -> list[object]:
        loop = asyncio.get_running_loop()
        with pytest.raises(ZeroDivisionError):
            await loop.run_in_executor(None, lambda: 1 / 0)
        return [await loop.run_in_executor(None, max, 1, 2)]

    task = clock.loop.create_task(work())
    clock.loop.run_ready()
    assert task.result() == [2]


def test_a_cancelled_timer_is_passed_over(clock):
    called = []
    clock.loop.call_later(1, called.append, "no").cancel()
    assert clock.loop.next_timer() is None
    assert not clock.loop.is_due
    clock.loop.call_later(2, called.append, "yes")
    clock.run_to(200)
    assert called == ["yes"]


def test_a_fault_that_nobody_takes_is_told(clock):
    async def fail() -> None:
        raise ValueError("mine")

    clock.loop.create_task(fail())
    clock.loop.run_ready()
    import gc

    gc.collect()
    assert [str(fault["exception"]) for fault in clock.loop.faults] == ["mine"]


def test_a_dead_loop_runs_nothing_any_more(clock):
    called = []

    async def live() -> None:
        called.append("began")
        clock.loop.is_dead = True
        await asyncio.sleep(0)
        called.append("went on")

    clock.loop.create_task(live())
    clock.loop.run_ready()
    clock.loop.run_ready()
    assert called == ["began"]


def test_what_is_buried_is_let_go_without_a_word(clock):
    ended = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    clock.loop.create_task(wait())
    clock.loop.run_ready()
    clock.loop.create_task(wait())  # not begun
    clock.loop.bury()
    assert ended == [True]
    assert clock.loop.faults == []
    assert clock.loop.next_timer() is None
