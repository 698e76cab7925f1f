"""`daemon.tills.pole_amount`: what a number on a display means, and when nobody can say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.tills.pole_amount import numbers, read


def minors(text: str, currency: str = "CNY", *, implied: bool = False) -> list[int | None]:
    return [number.minor for number in numbers(text, currency, implied=implied)]


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("12.50", 1250),
        ("12,50", 1250),
        ("¥12.50", 1250),
        ("￥ 12.50", 1250),
        ("12.50EUR", 1250),
        ("CNY12.50", 1250),
        ("1,234.50", 123_450),
        ("1.234,50", 123_450),
        ("1'234.50", 123_450),
        ("1.234.567,89", 123_456_789),
        ("12.5", 1250),
        ("0.05", 5),
        ("007.50", 750),
        ("0.00", 0),
    ],
)
def test_amounts_with_two_decimals(text: str, minor: int) -> None:
    assert minors(text) == [minor]


@pytest.mark.parametrize(
    "text", ["1250", "12", "1,234", "1.234", "1,234,567", "12.505", "1,23,456.00", "12.50.", "1.2.3", "1,234,50", "1234.567,8", "12'50"]
)
def test_what_may_mean_several_amounts_or_none_is_not_guessed(text: str) -> None:
    assert [minor for minor in minors(text) if minor is not None] == ([1250] if text == "12.50." else [])


def test_a_negative_amount_is_nothing_to_pay() -> None:
    assert minors("-12.50") == [None]
    assert minors("- 12.50") == [None]


def test_thousands_parted_by_a_blank_may_be_a_count_and_a_price() -> None:
    assert minors("1 234.50") == [None, None]
    assert minors("12 34.50") == [None, 3450]


def test_counts_and_percentages_are_no_amounts() -> None:
    assert minors("3x 2.50") == [250]
    assert minors("3 X 2.50") == [250]
    assert minors("2@ 1.25") == [125]
    assert minors("19% 12.50") == [1250]


def test_other_currencies() -> None:
    assert minors("1250", "JPY") == [1250]
    assert minors("1,250", "JPY") == minors("1.250", "JPY") == [1250]
    assert minors("12.50", "JPY") == [None]
    assert minors("1.250", "KWD") == [1250]
    assert minors("1,234.500", "KWD") == [1_234_500]
    assert minors("12.5", "KWD") == [12_500]


def test_an_implied_point() -> None:
    assert minors("1250", implied=True) == [1250]
    assert minors("00001250", implied=True) == [1250]
    assert minors("12.50", implied=True) == [1250]
    assert minors("1,250", implied=True) == [None]


def test_numbers_stand_in_their_order_with_their_text() -> None:
    shown = numbers("2 TEA 3.50", "CNY")
    assert [(number.text, number.minor, number.has_point) for number in shown] == [("2", None, False), ("3.50", 350, True)]


def test_a_number_of_more_digits_than_money_has_is_none() -> None:
    assert read("9" * 12, "JPY") is None
    assert read("9" * 11, "JPY") == 99_999_999_999


@given(st.integers(0, 99_999_999), st.sampled_from([".", ","]), st.booleans())
def test_every_amount_is_read_as_it_is_written(minor: int, point: str, grouped: bool) -> None:
    whole, rest = divmod(minor, 100)
    group = "," if point == "." else "."
    text = f"{whole:,}".replace(",", group if grouped else "") + f"{point}{rest:02}"
    assert minors(text) == [minor]


@given(st.text("0123456789.,' -x%¥ ", max_size=20), st.sampled_from(["CNY", "JPY", "KWD"]), st.booleans())
def test_whatever_is_there_no_amount_is_made_up(text: str, currency: str, implied: bool) -> None:
    """The digits of an amount are those that stand there, one after another."""
    for number in numbers(text, currency, implied=implied):
        assert number.text in text
        if number.minor is not None:
            digits = "".join(char for char in number.text if char.isdigit())
            assert str(number.minor).rstrip("0") in digits.rstrip("0") or number.minor == 0
