"""`daemon.tills.pole_cells`: two rows of twenty, whatever is asked of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.tills.pole_cells import COLUMNS, ROWS, Cells, Screen, Wrap


@pytest.fixture
def cells() -> Cells:
    return Cells()


def write(cells: Cells, text: str) -> None:
    for byte in text.encode("gb18030"):
        cells.write(byte)


def test_a_new_display_shows_nothing_and_nothing_of_it_is_known(cells: Cells) -> None:
    assert cells.screen == Screen("", "", is_whole=False)


def test_text_goes_on_from_row_to_row_and_begins_again(cells: Cells) -> None:
    write(cells, "A" * COLUMNS + "B" * COLUMNS)
    assert cells.screen == Screen("A" * COLUMNS, "B" * COLUMNS)
    write(cells, "C")
    assert cells.screen.upper == "C" + "A" * 19


def test_in_vertical_mode_everything_moves_up(cells: Cells) -> None:
    cells.wrap = Wrap.VERTICAL
    write(cells, "A" * COLUMNS + "B" * COLUMNS + "C")
    assert cells.screen == Screen("B" * COLUMNS, "C")
    cells.line_feed()
    assert cells.screen == Screen("C", "")


def test_in_horizontal_mode_the_row_moves_to_the_left(cells: Cells) -> None:
    cells.wrap = Wrap.HORIZONTAL
    write(cells, "ABCDEFGHIJKLMNOPQRSTUV")
    assert cells.screen.upper == "CDEFGHIJKLMNOPQRSTUV"


def test_a_row_is_put_whole_and_the_cursor_stays(cells: Cells) -> None:
    write(cells, "AB")
    cells.put_row(0, b"TOTAL")
    write(cells, "x")
    assert cells.screen.upper == "TOxAL"
    cells.put_row(1, b"1" * 30)
    assert cells.screen.lower == "1" * COLUMNS


def test_hanzi_take_two_cells(cells: Cells) -> None:
    cells.put_row(0, "合计 12.50".encode("gb18030"))
    assert cells.screen.upper == "合计 12.50"
    cells.move(4, 0)
    write(cells, ":")
    assert cells.screen.upper == "合计:12.50"


def test_what_is_no_text_never_swallows_a_figure(cells: Cells) -> None:
    cells.put_row(0, b"\x9d12.50 \xd5")
    assert "12.50" in cells.screen.upper


def test_the_cursor_moves_and_stays_on_the_display(cells: Cells) -> None:
    cells.move(19, 1)
    write(cells, "x")
    cells.move(20, 1)
    cells.move(0, 2)
    cells.move(-1, 0)
    assert (cells.row, cells.column) == (1, COLUMNS)
    cells.step(1)
    assert (cells.row, cells.column) == (0, 0)
    cells.step(-1)
    assert (cells.row, cells.column) == (1, 19)
    cells.line_feed()
    assert (cells.row, cells.column) == (0, 19)
    cells.line_feed(-1)
    assert cells.row == 1


def test_clearing(cells: Cells) -> None:
    write(cells, "A" * 40)
    cells.move(5, 1)
    cells.clear_row()
    assert (cells.screen.upper, cells.screen.lower, cells.column) == ("A" * 20, "", 0)
    cells.clear_cells(0, 4)
    assert cells.screen.upper == "A" * 15
    cells.clear_cells(-5, 1000)
    assert cells.screen == Screen("", "")
    cells.clear()
    assert (cells.row, cells.column) == (0, 0)


def test_it_is_whole_when_every_cell_was_written_or_cleared(cells: Cells) -> None:
    cells.put_row(0, b"")
    assert not cells.screen.is_whole
    cells.clear_cells(20, 38)
    assert not cells.screen.is_whole
    cells.clear_cells(39, 39)
    assert cells.screen.is_whole
    assert cells.screen.text == "\n"


STEPS = st.one_of(
    st.integers(0, 255).map(lambda byte: ("write", byte)),
    st.tuples(st.integers(-3, 30), st.integers(-3, 30)).map(lambda at: ("move", *at)),
    st.integers(-50, 50).map(lambda columns: ("step", columns)),
    st.sampled_from([("line_feed",), ("line_feed", -1), ("clear",), ("clear_row",)]),
    st.tuples(st.integers(0, 1), st.binary(max_size=50)).map(lambda row: ("put_row", *row)),
    st.tuples(st.integers(-50, 50), st.integers(-50, 50)).map(lambda cells: ("clear_cells", *cells)),
)


@given(st.lists(STEPS, max_size=60), st.sampled_from(Wrap))
def test_whatever_is_asked_of_it_it_stays_two_rows_of_twenty(steps: list[tuple[str, int]], wrap: Wrap) -> None:
    cells = Cells()
    cells.wrap = wrap
    for name, *args in steps:
        getattr(cells, name)(*args)
        assert len(cells._cells) == len(cells._known) == ROWS
        assert {len(row) for row in (*cells._cells, *cells._known)} == {COLUMNS}
        assert 0 <= cells.row < ROWS
        assert 0 <= cells.column <= COLUMNS
        assert len(cells.screen.upper) <= COLUMNS
