"""Placing: whatever is to be said, on whatever panel, nothing overlaps, nothing sticks out, and the amount is whole and large."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from screen_gallery import LANGUAGES, SCREENS, SIZES, view

from daemon.glyphs import BOLD, FIGURES, SMALL, line
from daemon.layout import Content, Words, compose
from daemon.money import Amount, Minor
from daemon.payment import State
from daemon.screens import composed
from daemon.texts import Language
from daemon.typesetting import beside, figure, paragraph, tick

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


# -- where the parts stand --

OUT = Words("Out of service", "No service")
POOR, OTHER = Words("Not enough money", "No money"), Words("Try another card", "Other card")
SHOW = Words("Show your payment code", "Show code")
ASKING = Content(figure="¥12.50", paragraphs=(SHOW,), time="0:47")
TROUBLE = Content(title=OUT, banner=True, paragraphs=(POOR, OTHER))
UNDONE = Content(title=OUT, banner=True, figure="¥12.50", paragraphs=(SHOW,))
WELCOME = Content(title=Words("Corner Café", "Corner Café"), paragraphs=(SHOW,))
SOLD = Content(title=Words("Paid", "Paid"), tick=True, figure="¥12.50")


def places(content, width, height):
    return [(part.x, part.y, part.image.width, part.image.height) for part in compose(content, width, height).parts]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (ASKING, [(2, 4, 124, 30), (2, 37, 124, 12), (54, 50, 19, 12)]),
        (TROUBLE, [(0, 0, 128, 18), (19, 25, 90, 12), (19, 44, 90, 12)]),
        (UNDONE, [(0, 0, 128, 18), (12, 21, 104, 26), (2, 50, 124, 12)]),
        (WELCOME, [(21, 12, 85, 16), (2, 39, 124, 12)]),
        (SOLD, [(37, 5, 53, 16), (2, 28, 124, 30)]),
    ],
)
def test_on_the_usual_panel_parts_stand_centred_with_equal_spaces(content, wanted):
    """A banner touches the upper edge; an amount has two rows more above and below it than text, which has empty rows of its own."""
    assert places(content, 128, 64) == wanted


@pytest.mark.parametrize(
    ("content", "height", "wanted"),
    [
        (ASKING, 48, [(33, 3, 62, 15), (2, 21, 124, 12), (54, 34, 19, 12)]),
        (ASKING, 47, [(22, 0, 83, 20), (2, 22, 124, 12), (54, 34, 19, 12)]),
        (UNDONE, 48, [(0, 0, 128, 18), (42, 21, 43, 10), (2, 34, 124, 12)]),
        (UNDONE, 47, [(0, 0, 128, 18), (38, 20, 52, 13), (2, 35, 124, 12)]),
        (SOLD, 48, [(37, 1, 53, 16), (12, 20, 104, 26)]),
        (SOLD, 32, [(37, 0, 53, 16), (38, 18, 52, 13)]),
    ],
)
def test_below_48_rows_every_row_is_needed_and_the_spaces_shrink(content, height, wanted):
    assert places(content, 128, height) == wanted


@pytest.mark.parametrize(
    ("content", "size", "heights"),
    [
        (ASKING, (128, 96), [30, 32, 16]),
        (ASKING, (128, 95), [30, 12, 12]),
        (ASKING, (127, 96), [26, 12, 12]),
        (WELCOME, (192, 64), [16, 16]),
        (WELCOME, (191, 64), [16, 12]),
        (UNDONE, (192, 64), [18, 26, 12]),  # an amount needs the rows more
    ],
)
def test_where_there_is_room_words_are_as_large_as_titles(content, size, heights):
    assert [height for *_, height in places(content, *size)] == heights


def test_a_title_may_be_as_wide_as_the_panel():
    assert places(WELCOME, 85, 64)[0] == (0, 8, 85, 16)
    assert places(WELCOME, 85, 23) == [(0, 3, 85, 16)]
    assert places(WELCOME, 84, 64)[0] == (18, 3, 47, 32), "and stands on two lines on a narrower one"


@pytest.mark.parametrize(
    ("letters", "width", "lines"),
    [
        (20, 121, 1),  # 119 columns of ink
        (20, 120, 2),
        (16, 96, 2),  # 95
        (15, 89, 1),  # 89: a narrow panel needs its outermost columns
        (15, 88, 2),
    ],
)
def test_words_leave_a_column_dark_on_either_side_of_a_wide_panel(letters, width, lines):
    assert places(Content(paragraphs=(Words("H" * letters, ""),)), width, 64)[0][3] == lines * SMALL.height


def test_words_and_amounts_take_nine_lines_at_most_however_high_the_panel():
    endless = "8" * 80
    assert places(Content(paragraphs=(Words(endless, endless),)), 32, 400)[0][3] == 9 * SMALL.height
    assert places(Content(figure=endless), 32, 400)[0][3] == 9 * SMALL.height


def test_the_time_stands_beside_hanzi_as_well():
    asking = Content(figure="¥12.50", paragraphs=(Words("请出示付款码", "付款码"),), time="0:47")
    assert places(asking, 128, 32)[1:] == [(3, 15, 121, 16)]


def test_on_a_high_panel_the_parts_stay_together_in_the_middle():
    assert places(WELCOME, 128, 300) == [(21, 120, 85, 16), (17, 147, 93, 32)]


# -- one line --


def test_where_there_is_one_line_the_time_or_the_tick_stands_beside_it_if_there_is_room():
    amount, time = figure("¥12.50", FIGURES[3], 1), line("0:47", SMALL)
    whole = beside(amount, time, 6)
    [alone] = compose(ASKING, whole.width, amount.height).parts
    assert (alone.x, alone.y, alone.image.tobytes()) == (0, 0, whole.tobytes())
    [alone] = compose(ASKING, whole.width - 1, amount.height).parts
    assert (alone.x, alone.y, alone.image.tobytes()) == (12, 0, amount.tobytes())


def test_a_time_as_high_as_the_line_stands_in_it_and_a_higher_one_does_not():
    assert compose(ASKING, 128, 12).parts[0].image.tobytes() == beside(figure("¥12.50", BOLD, 1), line("0:47", SMALL), 6).tobytes()
    assert compose(ASKING, 128, 11).parts[0].image.tobytes() == figure("¥12.50", BOLD, 1).tobytes()


@pytest.mark.parametrize(("height", "mark"), [(23, 14), (16, 14), (12, 10)])
def test_a_tick_leaves_a_row_dark_above_and_below_and_does_not_outgrow_its_amount(height, mark):
    amount = next(row for row in (figure("¥12.50", face, 1) for face in FIGURES) if row.height <= height)
    assert compose(SOLD, 128, height).parts[0].image.tobytes() == beside(amount, tick(mark), 6).tobytes()


def test_one_line_stands_in_the_middle_and_is_cut_rather_than_wrapped():
    assert places(WELCOME, 128, 23) == [(21, 3, 85, 16)]
    assert compose(WELCOME, 128, 23).complete is False
    endless = "The Long Name of a Very Small Shop at the Corner of the Old Harbour"
    [cut] = compose(Content(title=Words(endless, endless)), 128, 23).parts
    assert cut.image.tobytes() == paragraph(endless, SMALL, 128, 1).tobytes()
    [untitled] = compose(Content(paragraphs=(SHOW,)), 128, 16).parts
    assert untitled.image.tobytes() == paragraph("Show code", BOLD, 128, 1).tobytes()


def test_an_amount_may_be_as_wide_as_the_panel_in_one_line():
    amount = figure("¥12.50", FIGURES[0], 1)
    assert places(Content(figure="¥12.50"), amount.width, 23) == [(0, 1, *amount.size)]
    assert places(Content(figure="¥12.50"), amount.width - 1, 23)[0][2:] < amount.size


def test_of_a_line_higher_or_wider_than_the_panel_the_first_rows_and_columns_are_shown():
    assert places(TROUBLE, 128, 10) == [(12, 0, 104, 10)]
    assert places(TROUBLE, 4, 10) == [(0, 0, 4, 10)]
