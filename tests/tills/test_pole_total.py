"""`daemon.tills.pole_total`: the total on a screen, in several languages of shops; nothing that only looks like one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.tills.pole_cells import Screen
from daemon.tills.pole_total import NOT_TOTALS, PAID_OTHERWISE, WORDS, Finder, Finding, Nothing, Total, Unclear

FINDER = Finder("CNY")


def find(upper: str, lower: str = "", finder: Finder = FINDER) -> Finding:
    return finder.find(Screen(upper, lower))


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ("TOTAL", "12.50"),
        ("TOTAL       12.50", ""),
        ("Total:      12.50", "TEA 3.50"),
        ("TEA          3.50", "TOTAL 12.50"),
        ("TOTAL 12.50", "TOTAL 12.50"),
        ("GRAND TOTAL", "¥12.50"),
        ("AMOUNT DUE", "12.50"),
        ("BALANCE DUE 12.50", ""),
        ("SUMME EUR   12,50", ""),
        ("ZU ZAHLEN", "12,50"),
        ("TOTALE  12,50", ""),
        ("合计:12.50", ""),
        ("合计", "12.50"),
        ("应收：￥１２．５０", ""),
        ("总计 12.50", "谢谢惠顾"),
        ("SUBTOTAL 11.00", "TOTAL 12.50"),
        ("小计 11.00", "合计 12.50"),
        ("TOTAL 3 12.50", ""),
        ("TOTAL 12.50", "CASH 0.00"),
        ("TOTAL 12.50", "CASH"),
        ("应收 12.50", "实收 0.00"),
        ("BARBECUE 3.50", "TOTAL 12.50"),
        ("TOTAL ITEMS 3", "TOTAL 12.50"),
    ],
)
def test_a_total(upper: str, lower: str) -> None:
    assert find(upper, lower) == Total(1250)


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ("", ""),
        ("WELCOME", "12.50"),
        ("TEA", "3.50"),
        ("SUBTOTAL 12.50", ""),
        ("SUB-TOTAL", "12.50"),
        ("小计 12.50", ""),
        ("TOTAL", ""),
        ("TOTAL 0.00", ""),
        ("TOTAL", "SUBTOTAL 12.50"),
        ("TOTALLY 12.50", ""),
        ("TOTAL TAX 1.25", ""),
        ("CHANGE 7.50", ""),
    ],
)
def test_nothing_of_the_kind(upper: str, lower: str) -> None:
    assert isinstance(find(upper, lower), Nothing)


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ("TOTAL 12.50", "CHANGE 7.50"),
        ("TOTAL 12.50", "CASH 20"),
        ("CASH 20.00", "CHANGE 7.50"),
        ("应收 12.50", "实收 20.00"),
        ("实收 20.00", "找零 7.50"),
        ("SUMME 12,50", "GEGEBEN 20,00"),
    ],
)
def test_a_sale_that_is_paid_for_otherwise_has_no_total(upper: str, lower: str) -> None:
    assert find(upper, lower) == Nothing(is_paid=True)


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ("TOTAL 1250", ""),
        ("TOTAL 1,234", ""),
        ("TOTAL -12.50", ""),
        ("TOTAL 12.50 13.50", ""),
        ("TOTAL 12.50", "AMOUNT DUE 10.00"),
        ("TOTAL (3)", "12.50 1.00"),
    ],
)
def test_what_may_mean_several_amounts_is_unclear(upper: str, lower: str) -> None:
    assert isinstance(find(upper, lower), Unclear)


@pytest.mark.parametrize("word", WORDS)
def test_every_word_finds_a_total_and_none_of_the_others_does(word: str) -> None:
    assert find(f"{word} 12.50") == find(word.lower(), "12.50") == Total(1250)


@pytest.mark.parametrize("word", NOT_TOTALS)
def test_what_looks_like_one_is_none(word: str) -> None:
    assert find(f"{word} 12.50") == Nothing()


@pytest.mark.parametrize("word", PAID_OTHERWISE)
def test_every_word_of_another_payment_ends_the_total(word: str) -> None:
    assert find("TOTAL 12.50", f"{word} 5.00") == Nothing(is_paid=True)


def test_words_of_ones_own_stand_in_place_of_the_usual() -> None:
    finder = Finder("CNY", words=("Endbetrag", "à régler"))
    assert find("ENDBETRAG 12.50", "", finder) == find("A REGLER", "12.50", Finder("CNY", words=("A REGLER",))) == Total(1250)
    assert find("TOTAL 12.50", "", finder) == Nothing()


def test_a_pattern_decides_alone() -> None:
    finder = Finder("CNY", pattern=re.compile(r"\* *([0-9.,]+)"))
    assert find("TEA 3.50", "* 12.50", finder) == Total(1250)
    assert find("TOTAL 12.50", "", finder) == Nothing()
    assert isinstance(find("* 1250", "", finder), Unclear)
    assert find("*", "", Finder("CNY", pattern=re.compile(r"\*([0-9]*)"))) == Nothing()


def test_an_implied_point() -> None:
    assert find("TOTAL", "1250", Finder("CNY", implied=True)) == Total(1250)


LETTERS = st.text("TOTALSUBCHANGE合计应收 .,-:0123456789¥", max_size=20)


@given(LETTERS, LETTERS)
def test_whatever_is_shown_a_total_is_a_number_that_stands_there(upper: str, lower: str) -> None:
    found = find(upper, lower)
    if isinstance(found, Total):
        digits = re.sub(r"[^0-9]", "", upper + lower)
        assert found.minor > 0
        assert str(found.minor).rstrip("0") in digits
        assert "TOTAL" in (upper + lower) or any(word in upper + lower for word in ("合计", "应收"))
