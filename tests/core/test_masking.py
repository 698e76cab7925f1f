"""Texts from outside, made safe to keep and show."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.masking import TEXT_MAX, masked

EMVCO = base64.b64encode(b"\x85\x05CPV01" + bytes(range(60))).decode()
DIGITS = "13" + "0" * 14 + "17"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("balance too low", "balance too low"),
        (f"code {DIGITS} expired", "code 13…17 expired"),
        (f"{DIGITS},{DIGITS}", "13…17,13…17"),
        ("6901234567892", "6901234567892"),  # a product's barcode has 13 digits
        (f"EMVCo {EMVCO} is old", f"EMVCo hQ…{EMVCO[-2:]} is old"),
        ("line\r\nend\x1b[31m\u200b\ud83d", "line  end [31m  "),
        ("余额不足", "余额不足"),
        ("", ""),
    ],
)
def test_codes_and_controls_go(text, says):
    assert masked(text) == says


def test_a_known_code_goes_whatever_it_looks_like():
    assert masked("code ABCD-1234 and x7 are bad", "ABCD-1234", "x7", "") == "code AB…34 and … are bad"


def test_a_known_code_too_short_to_hide_behind_its_ends_goes_wholly():
    assert masked("ABCDEFG or 12345678", "ABCDEFG", "12345678") == "… or 12…78"


def test_a_text_is_cut_after_it_was_masked():
    """A code that the cut would shorten below recognition is gone already."""
    text = masked("x" * (TEXT_MAX - 6) + DIGITS)
    assert text == "x" * (TEXT_MAX - 6) + "13…17"


@given(st.text(), st.integers(10**15, 10**24 - 1).map(str), st.text())
def test_no_code_ever_comes_through(before, code, after):
    out = masked(before + code + after, code)
    assert code not in out
    assert len(out) <= TEXT_MAX
    assert out.encode()
