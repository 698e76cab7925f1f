"""When a box that was asked to end does so. The whole story is told in tests/stories/test_story_reload.py."""

import asyncio

import pytest

from daemon.leaving import Leaving


@pytest.fixture
def stop():
    return asyncio.Event()


def test_unasked_it_never_leaves(stop):
    Leaving(lambda: True, stop).look()
    assert not stop.is_set()


def test_an_idle_box_leaves_when_asked(stop):
    Leaving(lambda: True, stop).ask()
    assert stop.is_set()


def test_a_busy_box_leaves_at_the_first_look_that_finds_it_idle(stop, caplog):
    caplog.set_level("INFO")
    idle = False
    leaving = Leaving(lambda: idle, stop)
    leaving.ask()
    leaving.ask()
    leaving.look()
    assert not stop.is_set()
    assert caplog.text.count("restart_asked") == 1, "asked twice, said once"
    assert "after the open payment" in caplog.text
    idle = True
    leaving.look()
    assert stop.is_set()
