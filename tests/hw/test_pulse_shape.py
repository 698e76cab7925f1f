"""A credit pulse is as long as it should be, or it is known that it was not. The clock is the test's."""

import pytest

from hw.interfaces import PulseEnd
from hw.pulse_shape import TOLERANCE, Watch, give


class Clock:
    """Time passes by sleeping, and by what is said to be slow."""

    def __init__(self, late_s=0.0):
        self.now = 1000.0
        self.late_s = late_s  # what every sleep takes longer
        self.sleeps = 0

    def sleep(self, seconds):
        self.sleeps += 1
        self.now += seconds + self.late_s

    @property
    def watch(self):
        return Watch(lambda: self.now, self.sleep)


class Line:
    def __init__(self, clock, slow_s=0.0, fails_at=()):
        self.clock, self.slow_s, self.fails_at = clock, slow_s, fails_at
        self.changes = []

    def __call__(self, active):
        if active in self.fails_at:
            raise OSError("gone")
        self.clock.now += self.slow_s / 2
        self.changes.append((round(self.clock.now - 1000, 6), active))
        self.clock.now += self.slow_s / 2


def test_a_pulse_is_as_long_as_it_should_be_and_so_is_its_gap():
    clock = Clock()
    line = Line(clock)
    assert give(line, 100, 250, clock.watch).end is PulseEnd.GIVEN
    assert line.changes == [(0.0, True), (0.1, False)]
    assert clock.now == pytest.approx(1000.35)


def test_a_sleep_that_ends_late_is_made_up_for_by_short_ones():
    """Linux ends a sleep up to some milliseconds late on a busy machine."""
    clock = Clock(late_s=0.0015)
    line = Line(clock)
    assert give(line, 100, 250, clock.watch).end is PulseEnd.GIVEN
    assert line.changes[1][0] == pytest.approx(0.1, abs=0.003)


@pytest.mark.parametrize("late_s", [0.1, 3.0])
def test_a_pulse_that_was_too_long_is_unsure_and_says_how_long_it_was(late_s):
    clock = Clock(late_s)
    pulse = give(Line(clock), 100, 250, clock.watch)
    assert pulse.end is PulseEnd.UNSURE
    assert f"{(0.098 + late_s) * 1000:.0f}" in pulse.detail
    assert "instead of 100" in pulse.detail


def test_a_change_of_which_nobody_knows_when_it_was_makes_the_pulse_unsure():
    """The call that makes it took so long that the pulse may have been right, or far too short."""
    clock = Clock()
    assert give(Line(clock, slow_s=0.1 * TOLERANCE / 2 - 0.001), 100, 250, clock.watch).end is PulseEnd.GIVEN
    assert give(Line(clock, slow_s=0.05), 100, 250, clock.watch).end is PulseEnd.UNSURE


def test_a_short_pulse_has_five_milliseconds():
    clock = Clock(late_s=0.004)
    assert give(Line(clock), 10, 20, clock.watch).end is PulseEnd.GIVEN


def test_a_line_that_cannot_be_set_gives_none_and_one_that_cannot_be_set_back_is_unsure():
    clock = Clock()
    pulse = give(Line(clock, fails_at=(True,)), 100, 250, clock.watch)
    assert (pulse.end, "gone" in pulse.detail, clock.sleeps) == (PulseEnd.NOT_GIVEN, True, 0)
    pulse = give(Line(clock, fails_at=(False,)), 100, 250, clock.watch)
    assert (pulse.end, "gone" in pulse.detail) == (PulseEnd.UNSURE, True)


def test_the_usual_watch_is_monotonic_time():
    watch = Watch()
    begun = watch.now()
    watch.wait_until(begun + 0.002)
    assert watch.now() >= begun + 0.002
