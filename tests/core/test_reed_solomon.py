"""Reed-Solomon words: what is whole stays, what is damaged is mended up to half of the check words, and no further."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.reed_solomon import TooDamaged, mend

# The standard's own example: "01234567" in version 1-M, 16 data words and 10 check words (ISO/IEC 18004, annex I).
EXAMPLE = bytes.fromhex("10 20 0C 56 61 80 EC 11 EC 11 EC 11 EC 11 EC 11 A5 24 D4 C1 ED 36 C7 87 2C 55")


def damaged(words: bytes, places: list[int], seed: int = 1) -> bytes:
    chance = random.Random(seed)
    spoilt = bytearray(words)
    for place in places:
        spoilt[place] ^= chance.randint(1, 255)
    return bytes(spoilt)


def test_what_is_whole_is_left_alone() -> None:
    assert mend(EXAMPLE, 10) == EXAMPLE


@pytest.mark.parametrize("place", range(len(EXAMPLE)))
def test_one_wrong_word_is_mended_wherever_it_is(place: int) -> None:
    assert mend(damaged(EXAMPLE, [place]), 10) == EXAMPLE


@pytest.mark.parametrize("places", [[0, 1, 2, 3, 4], [21, 22, 23, 24, 25], [0, 6, 12, 18, 25]])
def test_five_wrong_words_are_mended_with_ten_check_words(places: list[int]) -> None:
    assert mend(damaged(EXAMPLE, places), 10) == EXAMPLE


@pytest.mark.parametrize("places", [(0, 25), (3, 11), (24, 25)])
def test_two_wrong_words_are_mended_whatever_they_are_off_by(places: tuple[int, int]) -> None:
    """Each of the ten checks is among those that see nothing of it, for some difference between the two."""
    for off_by in range(1, 256):
        spoilt = bytearray(EXAMPLE)
        spoilt[places[0]] ^= 1
        spoilt[places[1]] ^= off_by
        assert mend(bytes(spoilt), 10) == EXAMPLE


@given(st.sets(st.integers(0, len(EXAMPLE) - 1), max_size=5), st.integers(0, 10**6))
def test_up_to_half_of_the_check_words_can_be_wrong_anywhere(places: set[int], seed: int) -> None:
    assert mend(damaged(EXAMPLE, sorted(places), seed), 10) == EXAMPLE


@given(st.sets(st.integers(0, len(EXAMPLE) - 1), min_size=6, max_size=10), st.integers(0, 10**6))
def test_more_damage_never_comes_back_as_the_original(places: set[int], seed: int) -> None:
    """It is refused, or (rarely) read as other words that are a code as well: check words cannot tell those apart."""
    with contextlib.suppress(TooDamaged):
        assert mend(damaged(EXAMPLE, sorted(places), seed), 10) != EXAMPLE


@given(st.binary(min_size=8, max_size=120), st.integers(7, 30))
def test_noise_is_refused_or_ends_as_a_code(words: bytes, checks: int) -> None:
    checks = min(checks, len(words) - 1)
    try:
        mended = mend(words, checks)
    except TooDamaged:
        return
    assert mend(mended, checks) == mended
    assert sum(a != b for a, b in zip(words, mended, strict=True)) <= checks // 2


def test_the_whole_of_the_damage_must_be_explained() -> None:
    with pytest.raises(TooDamaged):
        mend(bytes(range(26)), 10)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("00 00 01 01", "the damage cannot be located"),  # the two hide each other from the first check
        ("00 00 01 02", "the damage cannot be mended"),  # and here from the second one
        ("00 00 02 01", "the damage is larger than the check words can mend"),  # as one wrong word far outside would do
    ],
)
def test_two_wrong_words_are_refused_with_two_check_words(words: str, why: str) -> None:
    with pytest.raises(TooDamaged, match=f"^{why}$"):
        mend(bytes.fromhex(words), 2)
