"""Opening a device off the event loop, again and again."""

import asyncio
import threading

import pytest
from waiting import settle, until

from hw.opener import Opener


class Door:
    """Something to open: each attempt takes the next of `answers` (an exception is raised), the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.attempts, self.opened, self.failed, self.discarded = 0, [], [], []
        self.threads = set()
        self.unlocked = threading.Event()
        self.unlocked.set()
        self.opener = Opener(self.attempt, self.opened.append, self.failed.append, self.discarded.append, pause_s=0.002)

    def attempt(self):
        self.threads.add(threading.current_thread())
        self.unlocked.wait(10)
        self.attempts += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_what_opens_at_once_is_handed_over_on_the_loop():
    door = Door("open")
    door.opener.start()
    await until(lambda: door.opened == ["open"])
    assert threading.current_thread() not in door.threads
    await settle()
    assert door.attempts == 1


async def test_it_tries_until_the_thing_is_there_and_tells_each_failure():
    door = Door(FileNotFoundError("no"), PermissionError("not yet"), "open")
    door.opener.start()
    await until(lambda: door.opened == ["open"])
    assert [str(exc) for exc in door.failed] == ["no", "not yet"]


async def test_the_loop_runs_while_an_attempt_hangs():
    door = Door("open")
    door.unlocked.clear()
    door.opener.start()
    await settle()
    door.unlocked.set()
    await until(lambda: door.opened)


async def test_what_comes_after_it_was_stopped_is_discarded():
    door = Door("open")
    door.unlocked.clear()
    door.opener.start()
    door.opener.stop()
    door.unlocked.set()
    await until(lambda: door.discarded == ["open"])
    assert door.opened == []


async def test_a_stop_ends_the_attempts():
    door = Door(FileNotFoundError("no"))
    door.opener.start()
    await until(lambda: door.attempts > 2)
    door.opener.stop()
    attempts = door.attempts
    await settle()
    assert door.attempts <= attempts + 1
    failed = len(door.failed)
    await settle()
    assert len(door.failed) == failed


async def test_whoever_stops_it_on_a_failure_has_stopped_it():
    door = Door(FileNotFoundError("no"))
    door.opener._failed = lambda _exc: door.opener.stop()
    door.opener.start()
    await until(lambda: door.attempts == 1)
    await settle()
    assert door.attempts == 1


async def test_later_means_after_the_pause():
    door = Door("open")
    door.opener.start_later()
    assert door.attempts == 0
    await until(lambda: door.opened)


@pytest.mark.parametrize("answer", ["open", FileNotFoundError("no")])
def test_a_loop_that_ended_meanwhile_is_left_in_peace_and_nothing_stays_open(answer):
    door = Door(answer)
    door.unlocked.clear()

    async def start():
        door.opener.start()

    asyncio.run(start())
    for _ in range(1000):
        if door.threads:
            break
        threading.Event().wait(0.001)
    door.unlocked.set()
    for thread in door.threads:
        thread.join(5)
    assert door.discarded == (["open"] if answer == "open" else [])
    assert door.opened == door.failed == []
