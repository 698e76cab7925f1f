"""Making a failing history short."""

from __future__ import annotations

from daemon.simulation.shrinking import shrink


def test_what_does_not_matter_is_left_out():
    assert shrink([4, 0, 7, 1, 3, 9, 2], lambda numbers: 7 in numbers) == [7]


def test_what_matters_together_stays_in_its_order():
    assert shrink(list(range(13)), lambda numbers: 3 in numbers and numbers[-1:] == [12]) == [3, 12]


def test_numbers_become_as_small_as_they_can():
    assert shrink([9, 9], lambda numbers: sum(numbers) >= 5) == [5]


def test_it_ends_after_so_many_tries():
    tried = []
    shrink([9] * 50, lambda numbers: bool(tried.append(numbers)), most=40)
    assert len(tried) == 40


def test_what_fails_whatever_is_chosen_becomes_nothing():
    assert shrink([1, 2, 3], lambda _numbers: True) == []
