"""A picture becomes pages, and of two pictures what differs is found: all of it, and little more (hw.panel_pages)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from panel_pictures import blotches, painted

from hw.panel_pages import WASTE, Chip, Window, changed, cut, everything, page_bytes

WINDOWS, COLUMNS = Chip(addressing=10, tall=True), Chip(addressing=7, tall=False)
SIZES = ((128, 64), (64, 128), (128, 32), (96, 16))
BLANK = bytes(1024)

sizes = st.sampled_from(SIZES)
chips = st.sampled_from((WINDOWS, COLUMNS))
pairs = st.tuples(sizes, blotches, blotches).map(lambda drawn: (drawn[0][0], *(page_bytes(painted(drawn[0], some)) for some in drawn[1:])))
noise = st.tuples(st.just(128), st.binary(min_size=1024, max_size=1024), st.binary(min_size=1024, max_size=1024))


def written(old, new, width, windows):
    """What a chip has after that."""
    memory = bytearray(old)
    for window in windows:
        data = cut(new, width, window)
        assert len(data) == window.size > 0
        columns = window.right - window.left
        for row, page in enumerate(range(window.top, window.bottom)):
            memory[page * width + window.left : page * width + window.right] = data[row * columns : (row + 1) * columns]
    return bytes(memory)


def cost(windows, chip):
    return sum(window.size + chip.addressing for window in windows)


def alone(old, new, width, chip):
    """What it takes to write each piece that changed, and has nothing unchanged in it, by itself."""
    differ = [one != other for one, other in zip(old, new, strict=True)]
    pieces = [now and not (place % width and differ[place - 1]) for place, now in enumerate(differ)]
    return sum(differ) + chip.addressing * sum(pieces)


@given(sizes, blotches)
def test_each_dot_is_where_the_chips_have_it(size, some):
    image = painted(size, some)
    width, height = size
    dots = [image.getpixel((x, y)) > 0 for y in range(height) for x in range(width)]
    pages = page_bytes(image)
    assert [bool(pages[y // 8 * width + x] >> y % 8 & 1) for y in range(height) for x in range(width)] == dots


@given(pairs | noise, chips)
def test_what_is_written_makes_one_picture_of_the_other(pair, chip):
    width, old, new = pair
    windows = changed(old, new, width, chip)
    assert written(old, new, width, windows) == new
    assert all(0 <= window.left < window.right <= width for window in windows)
    if not chip.tall:
        assert {window.bottom - window.top for window in windows} <= {1}


@given(pairs | noise, chips)
def test_it_costs_no_more_than_all_and_little_more_than_what_changed(pair, chip):
    width, old, new = pair
    cheapest = cost(changed(old, new, width, chip), chip)
    assert cheapest <= cost(everything(len(new) // width, width, chip), chip)
    assert cheapest <= WASTE * alone(old, new, width, chip)


@pytest.mark.parametrize("gap", range(1, 60))
@pytest.mark.parametrize("chip", [WINDOWS, COLUMNS])
def test_nor_where_single_columns_changed_however_far_they_are_from_each_other(gap, chip):
    new = bytes(1 if place % gap == 0 else 0 for place in range(128)) * 8
    assert cost(changed(BLANK, new, 128, chip), chip) <= WASTE * alone(BLANK, new, 128, chip)


@pytest.mark.parametrize("chip", [WINDOWS, COLUMNS])
def test_nothing_is_written_of_the_same_picture(chip):
    assert changed(BLANK, BLANK, 128, chip) == []


def with_bytes(*places):
    memory = bytearray(BLANK)
    for page, column in places:
        memory[page * 128 + column] = 0xFF
    return bytes(memory)


def test_what_lies_close_together_is_one_window_and_what_does_not_is_two():
    assert changed(BLANK, with_bytes((2, 10), (2, 15)), 128, WINDOWS) == [Window(2, 3, 10, 16)]
    assert changed(BLANK, with_bytes((2, 10), (2, 50)), 128, WINDOWS) == [Window(2, 3, 10, 11), Window(2, 3, 50, 51)]


def test_a_change_over_several_pages_is_one_window_where_the_chip_has_such():
    digit = with_bytes(*((page, column) for page in (3, 4, 5) for column in range(60, 70)))
    assert changed(BLANK, digit, 128, WINDOWS) == [Window(3, 6, 60, 70)]
    assert changed(BLANK, digit, 128, COLUMNS) == [Window(page, page + 1, 60, 70) for page in (3, 4, 5)]


def test_pages_far_apart_are_not_joined():
    assert changed(BLANK, with_bytes((0, 5), (7, 5)), 128, WINDOWS) == [Window(0, 1, 5, 6), Window(7, 8, 5, 6)]


def test_the_end_of_a_page_is_not_close_to_the_beginning_of_the_next():
    assert changed(BLANK, with_bytes((3, 127), (4, 0)), 128, WINDOWS) == [Window(3, 4, 127, 128), Window(4, 5, 0, 1)]


def test_a_picture_of_which_nearly_all_changed_is_written_whole():
    assert changed(BLANK, b"\xff" * 1023 + b"\0", 128, WINDOWS) == [Window(0, 8, 0, 128)]
