"""Sessions of pages: how long they live, by a clock that is an argument (`daemon.web.sessions`)."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest

from daemon.web.sessions import Sessions
from daemon.web.settings import Limits

LIMITS = replace(Limits(), sessions=3, session_idle_s=1800.0, session_s=43_200.0)


@pytest.fixture
def sessions() -> Sessions:
    return Sessions(LIMITS)


def test_the_usual_ones_are_half_an_hour_of_silence_and_twelve_hours_in_all():
    assert (Limits().session_idle_s, Limits().session_s) == (1800, 43_200)


def test_a_number_has_256_bits_and_is_another_each_time(sessions):
    numbers = {sessions.open(0.0) for _ in range(50)}
    assert len(numbers) == 50
    assert {len(number) for number in numbers} == {43}  # 256 bits in base64url


def test_it_lives_on_while_it_is_used(sessions):
    number = sessions.open(0.0)
    for now in range(1000, 40_000, 1000):
        assert sessions.use(number, float(now)) is not None
    assert sessions.left_s(number, 39_000.0) == 1800
    assert sessions.left_s(number, 40_799.0) == 1
    assert sessions.use(number, 40_800.0) is None
    assert len(sessions) == 0


def test_it_ends_after_its_longest_time_however_much_it_is_used(sessions):
    number = sessions.open(5.0)
    for now in range(5, 43_205, 600):
        assert sessions.use(number, float(now)) is not None
    assert sessions.left_s(number, 43_200.0) == 5
    assert sessions.use(number, 43_205.0) is None


def test_to_ask_how_long_it_lives_does_not_prolong_it(sessions):
    number = sessions.open(0.0)
    assert sessions.left_s(number, 1000.0) == 800
    assert sessions.left_s(number, 1799.0) == 1
    assert sessions.left_s(number, 1800.0) is None


@pytest.mark.parametrize("number", ["", "x", "ключ", "\ud800", "A" * 43])
def test_another_number_is_none(sessions, number):
    sessions.open(0.0)
    assert sessions.use(number, 1.0) is None
    assert sessions.left_s(number, 1.0) is None
    sessions.end(number)
    assert len(sessions) == 1


def test_the_one_used_longest_ago_goes_when_there_are_too_many(sessions):
    first, second, third = (sessions.open(float(now)) for now in range(3))
    sessions.use(first, 3.0)
    fourth = sessions.open(4.0)
    assert [sessions.left_s(number, 4.0) is not None for number in (first, second, third, fourth)] == [True, False, True, True]


def test_a_dead_one_makes_room_before_a_living_one_does(sessions):
    old = [sessions.open(0.0), sessions.open(0.0)]
    sessions.use(old[1], 1000.0)
    kept = sessions.open(1000.0)
    sessions.open(1900.0)
    assert sessions.left_s(old[0], 1900.0) is None
    assert sessions.left_s(old[1], 1900.0) is not None
    assert sessions.left_s(kept, 1900.0) is not None


def test_a_request_that_goes_on_keeps_it_alive_but_not_beyond_its_longest_time(sessions):
    number = sessions.open(0.0)
    session = sessions.use(number, 0.0)
    with session.held(lambda: None):
        assert sessions.left_s(number, 5000.0) == 1800
        assert sessions.use(number, 43_199.0) is not None
        assert sessions.use(number, 43_200.0) is None


@pytest.mark.parametrize("end", ["logged out", "pushed out", "too old"])
def test_whoever_is_served_for_it_is_hung_up_on_when_it_ends(sessions, end):
    number, gone = sessions.open(0.0), []
    session = sessions.use(number, 0.0)
    with session.held(lambda: gone.append("stream")):
        with session.held(lambda: gone.append("poll")):
            pass
        if end == "logged out":
            sessions.end(number)
        elif end == "pushed out":
            assert [sessions.open(1.0) for _ in range(3)]
        else:
            sessions.open(50_000.0)
        assert gone == ["stream"]
    assert sessions.left_s(number, 2.0) is None


def test_its_number_is_kept_nowhere(sessions):
    """What lies in the box's memory opens nothing."""
    number = sessions.open(0.0)
    sessions.use(number, 1.0)
    (key,) = sessions._sessions
    assert isinstance(key, bytes)
    assert len(key) == 32
    assert number not in repr(sessions._sessions)
    assert not [thing for thing in gc.get_referents(*sessions._sessions.values()) if thing == number]
