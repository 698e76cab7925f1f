"""Where chance comes from."""

from __future__ import annotations

from daemon.simulation.choices import Choices


def _draws(choices: Choices) -> list[int]:
    return [choices.below(count) for count in (2, 10, 1000, 1, 7)]


def test_a_seed_gives_the_same_numbers_every_time():
    assert _draws(Choices("1/5")) == _draws(Choices("1/5"))
    assert _draws(Choices("1/5")) != _draws(Choices("1/6"))


def test_the_numbers_of_a_seed_are_the_same_on_every_machine():
    """Written down once: a seed that failed somewhere must fail everywhere."""
    assert _draws(Choices("1/5")) == [0, 9, 960, 0, 3]


def test_what_was_drawn_can_be_played_back():
    first = Choices(3)
    drawn = _draws(first)
    assert first.drawn == drawn
    assert _draws(Choices.replay(first.drawn)) == drawn


def test_a_list_that_ends_goes_on_harmlessly():
    choices = Choices.replay([1])
    assert [choices.below(2), choices.below(2), choices.chance(3), choices.pick("abc")] == [1, 0, False, "a"]


def test_a_number_that_does_not_fit_any_more_is_the_largest_that_does():
    assert Choices.replay([9]).below(4) == 3


def test_a_chance_comes_once_in_so_many_times():
    choices = Choices(7)
    assert 150 < sum(choices.chance(10) for _ in range(2000)) < 250
