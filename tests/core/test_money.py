"""Money is a whole number of minor units, and text only at its edges (`daemon.money`)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.money import Amount, Minor, exponent, is_currency, parse_amount


def amount(minor: int, currency: str = "CNY") -> Amount:
    return Amount(Minor(minor), currency)


@pytest.mark.parametrize(
    ("minor", "currency", "decimal", "text"),
    [
        (1250, "CNY", "12.50", "¥12.50"),
        (1, "CNY", "0.01", "¥0.01"),
        (0, "EUR", "0.00", "€0.00"),
        (100_000_000, "USD", "1000000.00", "$1000000.00"),
        (1250, "JPY", "1250", "¥1250"),
        (1250, "KWD", "1.250", "1.250 KWD"),
        (5, "BHD", "0.005", "0.005 BHD"),
        (1250, "CHF", "12.50", "12.50 CHF"),
        (-1250, "CNY", "-12.50", "¥-12.50"),
        (-5, "EUR", "-0.05", "€-0.05"),
        (-7, "KRW", "-7", "-7 KRW"),
    ],
)
def test_an_amount_is_written_as_its_currency_is(minor: int, currency: str, decimal: str, text: str) -> None:
    written = amount(minor, currency)
    assert written.decimal == decimal
    assert written.text == text
    assert str(written) == f"{decimal} {currency}"


@pytest.mark.parametrize("minor", [12.5, 1250.0, "1250", True, None])
def test_nothing_but_a_whole_number_is_an_amount(minor: object) -> None:
    with pytest.raises(ValueError, match="whole number of minor units"):
        Amount(minor, "CNY")  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize("currency", ["", "cny", "CN", "CNYY", "C1Y", "ＣＮＹ", "CNY\n"])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    assert not is_currency(currency)
    with pytest.raises(ValueError, match="ISO 4217"):
        amount(1, currency)


def test_a_currency_that_the_list_does_not_name_has_two_decimals() -> None:
    assert is_currency("XYZ")
    assert exponent("XYZ") == 2
    assert (exponent("JPY"), exponent("CNY"), exponent("KWD")) == (0, 2, 3)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "CNY", 1250),
        ("12.5", "CNY", 1250),
        ("12", "CNY", 1200),
        ("0.01", "CNY", 1),
        ("000012.50", "CNY", 1250),
        ("1250", "JPY", 1250),
        ("1.25", "KWD", 1250),
        ("999999999999.99", "CNY", 99_999_999_999_999),
    ],
)
def test_a_till_s_decimal_text_becomes_minor_units_without_a_float(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == amount(minor, currency)


@pytest.mark.parametrize(
    "text", ["", ".", "12.", ".5", "-1", "+1", "1e2", "1,50", "1 250", " 12", "12\n", "１２", "0x10", "nan", "12.3456", "1" * 13]
)
def test_what_is_no_plain_decimal_number_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a number like 12\.50"):
        parse_amount(text, "CNY")


def test_a_text_without_end_is_not_repeated_in_full() -> None:
    with pytest.raises(ValueError, match=r"not 'x{32}'$"):
        parse_amount("x" * 33, "CNY")


@pytest.mark.parametrize(("text", "currency"), [("12.345", "CNY"), ("12.0", "JPY")])
def test_more_decimals_than_the_currency_has_are_never_rounded_away(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match="digits after the point"):
        parse_amount(text, currency)


@given(st.integers(min_value=0, max_value=99_999_999_999), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_what_is_written_is_read_back(minor: int, currency: str) -> None:
    assert parse_amount(amount(minor, currency).decimal, currency) == amount(minor, currency)
