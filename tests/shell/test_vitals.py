"""Whether the box does its work, as watchdog and `/healthz` ask."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from shell_time import ShellLoop

from daemon.vitals import STUCK_S, Vitals


@pytest.fixture
def thread():
    pool = ThreadPoolExecutor(1)
    yield pool
    pool.shutdown()


class PlainLoop(ShellLoop):
    """Does not wait for threads."""

    def run_in_executor(self, executor, func, *args):
        return super(ShellLoop, self).run_in_executor(executor, func, *args)


def in_a_loop(story):
    async def run():
        story()

    loop = PlainLoop()
    loop.run_until_complete(run())
    loop.close()
    return loop


def test_a_box_whose_thread_answers_is_alive(thread):
    vitals = Vitals(thread)
    answers = []

    def story():
        answers.append(vitals.is_alive())

    for _ in range(3):
        in_a_loop(story)
        thread.submit(int).result()
    assert answers == [True, True, True]


def test_a_thread_that_hangs_is_noticed_and_so_is_its_return(thread):
    gate = threading.Event()
    thread.submit(gate.wait)
    vitals = Vitals(thread)
    loop = PlainLoop()

    async def ask():
        return vitals.is_alive()

    answers = []
    for seconds in (0, STUCK_S - 1, 2):
        loop._jumping.now += seconds
        answers.append(loop.run_until_complete(ask()))
    assert answers == [True, True, False]
    gate.set()
    while not vitals._errand.done():
        loop.run_until_complete(_tick())
    assert loop.run_until_complete(ask())
    thread.submit(int).result()
    loop.run_until_complete(_tick())
    loop.close()


async def _tick():
    return None


def test_a_box_that_is_stopping_is_not_dead(thread):
    thread.shutdown()
    answers = []
    in_a_loop(lambda: answers.append(Vitals(thread).is_alive()))
    assert answers == [True]
