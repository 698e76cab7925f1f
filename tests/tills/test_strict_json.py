"""`daemon.tills.strict_json`: an object that everybody reads the same way, or an error that quotes nothing."""

from __future__ import annotations

import pytest

from daemon.tills.strict_json import NotJson, parse_object


def test_an_object_is_read() -> None:
    assert parse_object('{"a": 1, "b": [1.5, true, null], "c": {"é": "ö"}}'.encode()) == {"a": 1, "b": [1.5, True, None], "c": {"é": "ö"}}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": NaN}', "NaN and Infinity"),
        (b'{"a": "\xff"}', "no UTF-8"),
        (b'{"a": 1', "line 1"),
        (b"[1]", "no object"),
        (b"", "line 1"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b'{"a":' * 100_000, "too deep"),
    ],
)
def test_what_is_none_is_refused_in_words(raw: bytes, words: str) -> None:
    with pytest.raises(NotJson, match=words):
        parse_object(raw)


def test_a_number_of_any_length_is_one_that_is_too_large() -> None:
    assert parse_object(b'{"a": 1' + b"0" * 5000 + b"}")["a"] > 10**18
