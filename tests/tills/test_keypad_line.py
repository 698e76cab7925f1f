"""`daemon.tills.keypad_line`: what is typed comes to what a cashier would reckon, and every other key is refused with nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon import texts
from daemon.money import Amount, Minor, exponent
from daemon.tills.keypad_line import MOST_DIGITS, MOST_KEYS, Line, NotTyped

MOST = 100_000
KEYS = "0123456789.+*<"
PLAIN = {".": Line.point, "+": Line.add, "*": Line.multiply, "<": Line.back}
CURRENCIES = st.sampled_from(["CNY", "JPY", "KWD"])


def press(line: Line, keys: str) -> Line:
    for key in keys:
        line = PLAIN[key](line) if key in PLAIN else line.digit(key)
    return line


def typed(keys: str, currency: str = "CNY", most: int = MOST) -> Line:
    return press(Line(currency, most), keys)


def refused(keys: str, currency: str = "CNY", most: int = MOST) -> str:
    """The word for the last key."""
    before = typed(keys[:-1], currency, most)
    with pytest.raises(NotTyped) as caught:
        press(before, keys[-1])
    return str(caught.value)


def not_an_amount(keys: str, **more: int) -> str:
    with pytest.raises(NotTyped) as caught:
        typed(keys, **more).amount()
    return str(caught.value)


@pytest.mark.parametrize(
    ("keys", "minor"),
    [
        ("12.50", 1250),
        ("12.5", 1250),
        ("12", 1200),
        ("12.", 1200),
        (".5", 50),
        ("0.01", 1),
        ("007", 700),
        ("12.50+3", 1550),
        ("12.50+", 1250),
        ("1+2+3", 600),
        ("3*2.50", 750),
        ("2.50*3", 750),
        ("3*4", 1200),
        ("1.25*3+10", 1375),
        ("10+3*1.25", 1375),
        ("10+3*1.25+.05", 1380),
        ("999*1", 99_900),
        ("1000", 100_000),
    ],
)
def test_yuan(keys: str, minor: int) -> None:
    assert typed(keys).amount() == Amount(Minor(minor), "CNY")


def test_a_currency_without_decimals_and_one_with_three() -> None:
    assert typed("1250", "JPY").amount().minor == 1250
    assert typed("3*250+1", "JPY").amount().minor == 751
    assert refused("12.", "JPY") == "decimals"
    assert typed("1.25", "KWD").amount().minor == 1250
    assert refused("1.2505", "KWD") == "decimals"


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ("12.505", "decimals"),
        ("12..", "decimals"),
        ("1" * MOST_DIGITS + "1", "too_long"),
        ("*", "incomplete"),
        ("+", "incomplete"),
        ("1+*", "incomplete"),
        ("1++", "incomplete"),
        ("3*+", "incomplete"),
        ("3*4*", "count"),
        ("1000*", "count"),
        ("0*", "count"),
        ("1.5*1.5+", "count"),
        ("2.5*1000+", "count"),
        ("0+", "zero"),
        ("5+0+", "zero"),
        ("0*1", "count"),
        ("1000.01+", "too_much"),
        ("1000+.01+", "too_much"),
        ("999*999+", "too_much"),
    ],
)
def test_a_key_that_is_not_taken(keys: str, word: str) -> None:
    first_wrong = next(n for n in range(1, len(keys) + 1) if not _is_taken(keys[:n]))
    assert refused(keys[:first_wrong]) == word
    assert word in texts.NOT_TAKEN


def _is_taken(keys: str) -> bool:
    try:
        typed(keys)
    except NotTyped:
        return False
    return True


@pytest.mark.parametrize(
    ("keys", "word"), [("", "zero"), ("0", "zero"), ("0.00", "zero"), ("5+0", "zero"), ("3*", "incomplete"), ("1000.01", "too_much")]
)
def test_a_line_that_is_no_amount(keys: str, word: str) -> None:
    assert not_an_amount(keys) == word


@pytest.mark.parametrize(
    ("keys", "figure", "context"),
    [
        ("", "0", ""),
        ("0", "0", ""),
        ("05", "5", ""),
        ("1", "1", ""),
        ("12.", "12.", ""),
        (".", "0.", ""),
        ("12.5+", "12.50", "12.50 +"),
        ("12.5+3", "3", "12.50 +"),
        ("12.5+3*", "0", "12.50 + 3 ×"),
        ("12.5+3*2.5", "2.5", "12.50 + 3 ×"),
        ("3*", "0", "3 ×"),
    ],
)
def test_what_is_seen(keys: str, figure: str, context: str) -> None:
    line = typed(keys)
    assert (line.figure, line.context) == (figure, context)


def test_backspace_takes_back_whatever_the_last_key_did() -> None:
    states = [typed("12.50+3*4"[:n]) for n in range(10)]
    line = states[-1]
    for expected in reversed(states[:-1]):
        line = line.back()
        assert line == expected
    assert line.back() == line
    assert line.is_empty


def test_an_amount_that_is_put_there_is_as_if_it_had_been_typed() -> None:
    line = Line("CNY", MOST).put(Amount(Minor(1250), "CNY"))
    assert line.amount().minor == 1250
    assert line.back().is_empty
    assert press(line, "+3").amount().minor == 1550


def test_a_line_has_an_end() -> None:
    line = typed("1+" * (MOST_KEYS // 2))
    with pytest.raises(NotTyped, match="too_long"):
        line.digit("1")
    assert line.amount().minor == 100 * (MOST_KEYS // 2)


@given(st.text(KEYS, max_size=40), CURRENCIES)
def test_whatever_is_typed_the_line_is_whole_and_an_amount_is_within_its_bounds(keys: str, currency: str) -> None:
    line = Line(currency, MOST)
    for key in keys:
        before = line
        line, why = tried(press, line, key)
        assert why is None or (why in texts.NOT_TAKEN and line is before)
        assert line.total <= MOST
        assert line.is_empty is (line.figure == "0" and not line.context and not line.number)
        whole, _, rest = line.number.partition(".")
        assert len(whole) <= MOST_DIGITS
        assert len(rest) <= exponent(currency)
    _, why = tried(lambda whole, _: replace(whole, total=whole.amount().minor), line, "")
    assert why is None or why in texts.NOT_TAKEN
    if why is None:
        assert 1 <= line.amount().minor <= MOST


def tried(step: Callable[[Line, str], Line], line: Line, key: str) -> tuple[Line, str | None]:
    """The next line, or the same one and why."""
    try:
        return step(line, key), None
    except NotTyped as error:
        return line, str(error)


PRICES = st.integers(1, 9999).map(lambda cents: Decimal(cents) / 100)
PIECES = st.integers(1, 99)


@given(st.lists(st.one_of(st.tuples(PIECES, PRICES, st.booleans()), st.tuples(st.none(), PRICES, st.booleans())), min_size=1, max_size=6))
def test_a_sum_comes_to_what_decimal_arithmetic_says(terms: list[tuple[int | None, Decimal, bool]]) -> None:
    parts = [_written(pieces, price, price_first) for pieces, price, price_first in terms]
    exact = sum((pieces or 1) * price for pieces, price, _ in terms)
    assert typed("+".join(parts), most=10**9).amount().decimal == f"{exact:.2f}"


def _written(pieces: int | None, price: Decimal, price_first: bool) -> str:
    if pieces is None:
        return f"{price}"
    pair = (f"{price:.2f}", str(pieces)) if price_first else (str(pieces), f"{price:.2f}")
    return "*".join(pair)


@given(st.text("0123456789.+*", max_size=30))
def test_as_many_backspaces_as_keys_were_taken_leave_nothing(keys: str) -> None:
    line, taken = Line("CNY", MOST), 0
    for key in keys:
        try:
            line = press(line, key)
        except NotTyped:
            continue
        taken += 1
    assert press(line, "<" * taken) == Line("CNY", MOST)
