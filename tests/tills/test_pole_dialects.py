"""The languages of customer displays: `daemon.tills.pole_sequences`, its tables `daemon.tills.pole_cd5220`, `daemon.tills.pole_escpos`,
`daemon.tills.pole_dsp800` and `daemon.tills.pole_led8`, and which of them it is (`daemon.tills.pole_dialects`)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.sandbox.tills.pole import PoleCounter
from daemon.tills.pole_cells import Screen
from daemon.tills.pole_dialects import AUTO, TABLES, Display
from daemon.tills.pole_sequences import Parser

TOTAL = Screen("TOTAL", "12.50")
SAYS = {
    "cd5220": b"\x1b@\x1bQATOTAL\r\x1bQB               12.50\r",
    "escpos": b"\x1b@\x0c\x1f$\x01\x01TOTAL\x1f$\x10\x0212.50",
    "dsp800": b"\x04\x01C1X\x17\x04\x01P1\x17TOTAL\x04\x01PT\x1712.50",
    "led8": b"\x0c\x1bs2\x1bQA12.50\r",
}


def shown(dialect: str, data: bytes) -> Screen:
    display = Display(dialect)
    display.feed(data)
    return display.screen


@pytest.mark.parametrize("dialect", TABLES)
def test_each_shows_a_total(dialect: str) -> None:
    assert shown(dialect, SAYS[dialect]) == TOTAL


@pytest.mark.parametrize("dialect", TABLES)
def test_and_is_known_by_what_it_says(dialect: str) -> None:
    display = Display(AUTO)
    display.feed(SAYS[dialect])
    assert (display.dialect, display.is_sure, display.screen) == (dialect, True, TOTAL)


@pytest.mark.parametrize("dialect", TABLES)
def test_the_emulated_till_speaks_as_it_is_read(dialect: str) -> None:
    """It has its own tables, written out of the manuals once more."""
    till, display = PoleCounter(dialect=dialect), Display(AUTO)
    till.opened(0.0)
    for command, screen in (
        ("item TEA 3.50", Screen("TEA" if dialect != "led8" else "PRICE", "3.50")),
        ("total 12.50", TOTAL),
        ("clear", Screen("", "")),
    ):
        till.command(command, 0.0)
        display.feed(till.take())
        assert display.screen == screen
    assert display.dialect == dialect


@pytest.mark.parametrize("dialect", TABLES)
def test_it_does_not_matter_where_the_line_is_cut(dialect: str) -> None:
    for cut in range(len(SAYS[dialect])):
        display = Display(AUTO)
        display.feed(SAYS[dialect][:cut])
        display.feed(SAYS[dialect][cut:])
        assert display.screen == TOTAL


@pytest.mark.parametrize("dialect", TABLES)
@given(garbage=st.binary(max_size=80))
def test_garbage_never_breaks_it_and_what_comes_after_is_read(dialect: str, garbage: bytes) -> None:
    """Unless the garbage has sent the display away (ESC = n, as whoever shares the line may)."""
    display = Display(dialect)
    display.feed(garbage)
    display.feed(b"\r\x17\x00\x1b=\x02" + b"\x00" * 4)  # what ends whatever was begun
    display.feed(SAYS[dialect].replace(b"\x1b@", b"\x1b@\x1b\x11\x1f\x01"))
    assert display.screen == TOTAL


# -- CD5220 --


@pytest.mark.parametrize(
    ("data", "screen"),
    [
        (b"\x1bQAABC\r\x1bQBDEF\r", Screen("ABC", "DEF")),
        (b"\x1buAABC\r\x1buBDEF\r", Screen("ABC", "DEF")),
        (b"\x1bQDscrolling\r", Screen("scrolling", "", is_whole=False)),
        (b"\x0c\x1bl\x03\x02x\x0by", Screen("y", "x")),
        (b"\x0cABC\x18", Screen("", "")),
        (b"\x0cAB\x08C", Screen("AC", "")),
        (b"\x0cA\x09B", Screen("A B", "")),
        (b"\x0cAB\r\nC", Screen("AB", "C")),
        (b"\x0c\x1b[BA\x1b[AB\x1b[DC\x1b[C\x1b[LE\x1b[RF\x1b[KG\x1b[HH", Screen("HC                 F", "A                  G")),
        (b"\x0c\x1b*\x04\x1b_\x01\x1bf0\x1bc1A", Screen("A", "")),
        (b"\x0c\x1b\x12" + b"A" * 40 + b"B", Screen("A" * 20, "B")),
        (b"\x0c\x1b\x13" + b"A" * 20 + b"B\x1b\x11", Screen("A" * 19 + "B", "")),
    ],
)
def test_cd5220(data: bytes, screen: Screen) -> None:
    assert shown("cd5220", data) == screen


def test_a_row_without_its_end_is_none_and_the_next_command_is_read() -> None:
    assert shown("cd5220", b"\x0c\x1bQATOTAL\x1bQB12.50\r") == Screen("", "12.50")
    assert shown("cd5220", b"\x0c\x1bQA" + b"x" * 60 + b"\r\x1bQBok\r").lower == "ok"
    assert shown("cd5220", b"\x0c\x1bQA" + b"x" * 100 + b"\x1bQBok\r").lower == "ok"


def test_an_unknown_sequence_is_skipped() -> None:
    assert shown("cd5220", b"\x0c\x1bZA") == Screen("A", "")
    assert shown("cd5220", b"\x0c\x1b\x1bQAok\r") == Screen("ok", "")
    assert shown("cd5220", b"\x0c\x1bQ\x1bQAok\r") == Screen("ok", "")
    assert shown("cd5220", b"\x0c\x00\x01\x05A") == Screen("A", "")


# -- the printer on the same line --


@pytest.mark.parametrize("dialect", ["cd5220", "escpos", "led8"])
def test_what_is_meant_for_the_printer_is_not_shown(dialect: str) -> None:
    printed = b"\x1b=\x01\x1b@RECEIPT \x1bQA99.99\r\x0c\x1f$\x01\x0199.99\x1bs2\x1d\x56\x00"
    assert shown(dialect, SAYS[dialect] + printed) == TOTAL
    assert shown(dialect, printed + b"\x1b=\x02" + SAYS[dialect]) == TOTAL
    assert shown(dialect, printed + b"\x1b\x1b=\x03" + SAYS[dialect]) == TOTAL, "both"


# -- ESC/POS --


@pytest.mark.parametrize(
    ("data", "screen"),
    [
        (b"\x0c\x1f$\x14\x02x\x1f$\x01\x01y", Screen("y", "x".rjust(20).strip())),
        (b"\x0c\x1fBx", Screen("", "x")),
        (b"\x0c\x1f\x0dx", Screen("x", "")),
        (b"\x0c\x1fX\x04\x1fr\x01\x1fC\x00\x1fE\x00\x1fv\x00\x1fT\x0c\x1e\x1f^\x01\x02A", Screen("A", "")),
        (b"\x0c\x1f\x02" + b"A" * 40 + b"B", Screen("A" * 20, "B")),
        (b"\x0c\x1bt\x13\x1bR\x01A", Screen("A", "")),
        (b"\x0cA\nB\x1f\nC", Screen("A C", "B")),
    ],
)
def test_escpos(data: bytes, screen: Screen) -> None:
    assert shown("escpos", data) == screen


def test_a_cursor_beyond_the_display_is_not_obeyed() -> None:
    assert shown("escpos", b"\x0cA\x1f$\x15\x01B\x1f$\x01\x03C\x1f$\x00\x00D") == Screen("ABCD", "")


# -- DSP800 --


@pytest.mark.parametrize(
    ("data", "screen"),
    [
        (b"\x04\x01C1X\x17\x04\x01PX\x17x", Screen("", "x")),
        (b"\x04\x01C1X\x17A\x04\x01C11\x17", Screen("", "")),
        (b"\x04\x01I1\x17A", Screen("A", "")),
        (b"\x04\x01C1X\x17\x04\x01P\x17\x04\x01PY\x17\x04\x01P0\x17\x04\x01%5\x17\x04\x01\x17A", Screen("A", "")),
    ],
)
def test_dsp800(data: bytes, screen: Screen) -> None:
    assert shown("dsp800", data) == screen


# -- LED8 --


@pytest.mark.parametrize(("lamp", "name"), [(1, "PRICE"), (2, "TOTAL"), (3, "RECEIVED"), (4, "CHANGE"), (0, ""), (9, "")])
def test_led8_names_its_lamps_as_bytes_and_as_digits(lamp: int, name: str) -> None:
    assert shown("led8", b"\x0c\x1bs%c\x1bQA12.50\r" % lamp) == Screen(name, "12.50")
    assert shown("led8", b"\x0c\x1bs%d\x1bQA12.50\r" % lamp) == Screen(name, "12.50")


def test_a_lamp_darkens_the_number_before_it() -> None:
    assert shown("led8", b"\x0c\x1bs1\x1bQA3.50\r\x1bs2") == Screen("TOTAL", "")


def test_all_lamps_at_once() -> None:
    assert shown("led8", b"\x02L0100\x1bQA5.00\r") == Screen("TOTAL", "5.00")
    assert shown("led8", b"\x02L\x00\x01\x00\x00\x1bQA5.00\r") == Screen("TOTAL", "5.00")
    assert shown("led8", b"\x02L1100\x1bQA5.00\r") == Screen("", "5.00")
    assert shown("led8", b"\x02B1\x1bs2\x1bQA5.00\r") == Screen("TOTAL", "5.00"), "the speed is not obeyed"


def test_what_is_no_number_is_not_shown_on_digits() -> None:
    assert shown("led8", b"\x1bs2\x1bQAhello\r") == Screen("TOTAL", "")


# -- which it is --


def test_a_line_that_says_nothing_of_its_own_is_read_as_plain_text() -> None:
    display = Display(AUTO)
    display.feed(b"\x0cTOTAL\r\n12.50")
    assert (display.is_sure, display.screen) == (False, TOTAL)


def test_led8_is_told_from_cd5220_by_its_lamps() -> None:
    display = Display(AUTO)
    display.feed(b"\x1bQA3.50\r")
    assert display.dialect == "cd5220"
    display.feed(b"\x1bs1\x1bQA3.50\r\x1bs2\x1bQA12.50\r")
    assert (display.dialect, display.screen) == ("led8", TOTAL)


def test_as_each_would_show_it() -> None:
    display = Display(AUTO)
    display.feed(SAYS["escpos"])
    assert display.screens["escpos"] == TOTAL
    assert set(display.screens) == set(TABLES)


@pytest.mark.parametrize("dialect", TABLES)
def test_no_sequence_is_the_beginning_of_another(dialect: str) -> None:
    """Else the shorter one would hide the longer."""
    names = list(TABLES[dialect])
    assert not [(one, other) for one in names for other in names if one != other and other.startswith(one)]
    assert Parser(TABLES[dialect]).marks == 0
