"""When something is told again: `daemon.tills.serial_repeats`."""

from __future__ import annotations

from itertools import pairwise

from daemon.payment import Ref
from daemon.tills.serial_repeats import Repeats, Rhythm

A, B = Ref("A"), Ref("B")


def told_at(repeats: Repeats, until: float) -> list[float]:
    """When A is told, by a clock that goes to each moment that is due."""
    moments = []
    while (now := repeats.next_at) is not None and now <= until:
        if A in repeats.take_due(now):
            moments.append(now)
    return moments


def test_a_state_is_told_every_two_seconds_for_as_long_as_it_lasts() -> None:
    repeats = Repeats(Rhythm())
    repeats.keep({A: None}, 0.0)
    assert told_at(repeats, 600.0) == [2.0 * n for n in range(301)]


def test_an_end_is_told_every_two_seconds_for_a_minute_then_ever_more_slowly_to_once_a_minute() -> None:
    repeats = Repeats(Rhythm())
    repeats.keep({A: 17}, 0.0)
    moments = told_at(repeats, 10_000.0)
    pauses = [after - before for before, after in pairwise(moments)]
    assert pauses[:36] == [2.0] * 30 + [4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert set(pauses[36:]) == {60.0}


def test_a_pause_has_an_end_however_often_it_was_told() -> None:
    assert Rhythm().pause_s(True, 10**9) == 60.0


def test_what_is_no_longer_owed_is_not_told() -> None:
    repeats = Repeats(Rhythm())
    repeats.keep({A: 17, B: 18}, 0.0)
    repeats.keep({B: 18}, 0.0)
    assert repeats.take_due(0.0) == [B]
    repeats.keep({}, 0.0)
    assert repeats.next_at is None


def test_what_is_kept_keeps_its_rhythm_and_another_end_begins_a_new_one() -> None:
    repeats = Repeats(Rhythm())
    repeats.keep({A: 17}, 0.0)
    repeats.take_due(0.0)
    repeats.keep({A: 17}, 1.0)
    assert repeats.next_at == 2.0
    repeats.keep({A: 21}, 1.5)
    assert repeats.next_at == 1.5


def test_a_line_that_is_back_hears_everything_at_once_in_the_first_rhythm() -> None:
    repeats = Repeats(Rhythm(often=1))
    repeats.keep({A: 17, B: None}, 0.0)
    for now in (0.0, 2.0, 6.0):
        repeats.take_due(now)
    repeats.hurry_all(7.0)
    assert repeats.take_due(7.0) == [A, B]
    assert repeats.next_at == 9.0


def test_what_nobody_knows_is_neither_hurried_nor_told() -> None:
    repeats = Repeats(Rhythm())
    repeats.hurry(A, 0.0)
    repeats.told(A, 0.0)
    assert repeats.next_at is None
