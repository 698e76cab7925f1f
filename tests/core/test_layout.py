"""Placing: whatever is to be said, on whatever panel, nothing overlaps, nothing sticks out, and the amount is whole and large."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from screen_gallery import LANGUAGES, SCREENS, SIZES, view

from daemon.glyphs import SMALL, line
from daemon.layout import Content, Words, compose
from daemon.money import Amount, Minor
from daemon.payment import State
from daemon.screens import composed
from daemon.texts import Language
from daemon.typesetting import paragraph

NAMES = st.text(max_size=80)
AMOUNTS = st.builds(
    lambda minor, currency: Amount(Minor(minor), currency),
    st.integers(min_value=1, max_value=10**12 - 1),
    st.sampled_from(["CNY", "USD", "HKD", "JPY", "KWD", "CHF", "EUR"]),
)


def boxes(parts):
    return [(part.x, part.y, part.x + part.image.width, part.y + part.image.height) for part in parts]


def assert_sound(parts, width, height):
    placed = boxes(parts)
    assert placed
    for left, top, right, bottom in placed:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    for one, other in combinations(placed, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_no_screen_overlaps_or_sticks_out_on_any_panel(size, language):
    for shown in SCREENS.values():
        assert_sound(composed(shown, *size, language).parts, *size)


@given(st.sampled_from(sorted(SCREENS)), NAMES, AMOUNTS, st.sampled_from(LANGUAGES), st.sampled_from(SIZES))
@example("ready", "W" * 80, Amount(Minor(1), "CNY"), Language.EN, (64, 32))
def test_nor_with_any_name_and_any_amount(screen, name, amount, language, size):
    shown = replace(SCREENS[screen], store_name=name)
    shown = replace(shown, amount=amount) if shown.amount is not None else shown
    assert_sound(composed(shown, *size, language).parts, *size)


@given(st.integers(min_value=16, max_value=300), st.integers(min_value=12, max_value=300), st.sampled_from(sorted(SCREENS)))
def test_nor_on_a_panel_of_any_odd_size(width, height, screen):
    assert_sound(composed(SCREENS[screen], width, height, Language.EN).parts, width, height)


def ink_height(amount, size):
    """How many rows the digits of an awaited amount take on that panel: it is the topmost part."""
    return composed(view(State.AWAITING_CODE, amount=amount, left_s=60), *size, Language.EN).parts[0].image.height


def test_a_short_amount_is_larger_than_a_long_one_and_larger_on_a_larger_panel():
    cent, usual, largest = (Amount(Minor(minor), "CNY") for minor in (1, 1250, 123456789012))
    assert ink_height(cent, (128, 64)) >= ink_height(usual, (128, 64)) > ink_height(largest, (128, 64)) >= 10
    assert ink_height(usual, (128, 128)) >= ink_height(usual, (128, 64)) >= 24, "seen from two steps away"
    assert ink_height(largest, (256, 64)) > ink_height(largest, (128, 64))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_an_amount_too_long_for_the_panel_goes_on_two_lines_rather_than_being_cut(size):
    """The amount's part has as much ink as the whole amount has in the smallest face, or more."""
    amount = Amount(Minor(888888888888), "CNY")
    part = composed(view(State.AWAITING_CODE, amount=amount), *size, Language.EN).parts[0]
    whole = sum(line(amount.text, SMALL).convert("L").tobytes())
    assert sum(part.image.convert("L").tobytes()) >= whole


def test_where_even_that_is_too_much_an_ellipsis_shows_that_something_is_missing():
    endless = Content(figure="¥888888888888.88")
    assert compose(endless, 64, 16).parts[0].image.tobytes() == paragraph(endless.figure, SMALL, 64, 1).tobytes()


def test_what_matters_least_goes_first():
    shown = Content(figure="¥12.50", paragraphs=(Words("Show your payment code", "Show code"),), time="0:47")
    assert compose(shown, 128, 64).complete
    assert len(compose(shown, 128, 64).parts) == 3, "amount, words, time"
    small = compose(shown, 128, 32)
    assert not small.complete
    assert len(small.parts) == 2, "short words with the time beside them"
    assert len(compose(shown, 64, 32).parts) == 2, "amount and words"
    assert len(compose(shown, 96, 16).parts) == 1, "one line"


def test_the_state_of_a_payment_matters_more_than_its_amount():
    """An amount alone reads like a price: where there is room for one thing only, it is what became of it."""
    undone = Content(title=Words("Refunded", "Refunded"), banner=True, figure="¥12.50")
    only = compose(undone, 96, 16).parts
    alone = compose(Content(title=Words("Refunded", "Refunded")), 96, 16).parts
    assert [part.image.tobytes() for part in only] == [part.image.tobytes() for part in alone]
