"""Order numbers: unique, and of a form that every provider takes."""

import re

import pytest

from daemon.codes import Kind, classify
from daemon.numbers import OrderNumbers


@pytest.mark.parametrize(
    ("terminal", "prefix"), [("T-01", "TT01"), ("counter seven", "TCOUNTE"), ("收银台", "T"), ("", "T"), ("ß9", "TSS9")]
)
def test_a_number_begins_with_its_box_and_fits_every_provider(terminal, prefix):
    number = OrderNumbers(terminal)()
    assert re.fullmatch(re.escape(prefix) + "[0-9A-HJKMNP-TV-Z]{20}", number)
    assert len(number) <= 32


def test_no_two_are_the_same():
    one, other = OrderNumbers("T1"), OrderNumbers("T1")
    made = [make() for make in (one, other) for _ in range(1000)]
    assert len(set(made)) == len(made)


def test_none_looks_like_a_payers_code():
    assert all(classify(OrderNumbers("13")()).kind is Kind.UNKNOWN for _ in range(100))
