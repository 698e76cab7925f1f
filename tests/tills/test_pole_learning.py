"""`daemon.tills.pole_learning`: three totals teach what finds them; and nothing is taught that would find a price."""

from __future__ import annotations

import re
import tomllib

import pytest

from daemon.money import Amount, Minor
from daemon.sandbox.tills.pole import PoleCounter
from daemon.tills.pole_dialects import TABLES, Display
from daemon.tills.pole_learning import Lesson, learn, shows
from daemon.tills.pole_total import WORDS, Finder, Total

AMOUNTS = [Amount(Minor(minor), "CNY") for minor in (1234, 567, 20890)]


def taught(*screens: bytes) -> Lesson | None:
    """What each says, one after another on the same line."""
    return learn([(amount, b"".join(screens[: number + 1])) for number, amount in enumerate(AMOUNTS)])


def rows(*lines: tuple[str, str]) -> list[bytes]:
    return [b"\x1bQA" + upper.encode("gb18030") + b"\r\x1bQB" + lower.encode("gb18030") + b"\r" for upper, lower in lines]


@pytest.mark.parametrize("dialect", TABLES)
@pytest.mark.parametrize("language", ["english", "chinese"])
def test_the_usual_words_need_no_keys(dialect: str, language: str) -> None:
    till, heard = PoleCounter(dialect=dialect), b""
    till.command(language, 0.0)
    totals = []
    for amount in AMOUNTS:
        for command in ("clear", "item TEA 3.50", f"total {amount.decimal}"):
            till.command(command, 0.0)
        heard += till.take()
        totals.append((amount, heard))
        assert shows(heard, amount)
    assert learn(totals) == Lesson(dialect)


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ([("ENDBETRAG", "12.34"), ("ENDBETRAG", "5.67"), ("ENDBETRAG", "208.90")], "ENDBETRAG"),
        ([("Zu bezahlen: 12,34", ""), ("Zu bezahlen: 5,67", ""), ("Zu bezahlen: 208,90", "")], "ZU BEZAHLEN"),
        ([("1 TEA", "金额:12.34"), ("2 TEA", "金额:5.67"), ("3 CAKE", "金额:208.90")], "金额"),
    ],
)
def test_a_word_that_the_box_does_not_know(lines: list[tuple[str, str]], word: str) -> None:
    lesson = taught(*rows(*lines))
    assert lesson == Lesson("cd5220", words=(word,))
    assert lesson is not None
    assert tomllib.loads("\n".join(lesson.toml)) == {"dialect": "cd5220", "words": [word]}


def test_signs_where_there_is_no_word() -> None:
    lesson = taught(*rows(("* 12.34", ""), ("* 5.67", ""), ("* 208.90", "")))
    assert lesson is not None
    assert lesson.pattern == r"\* *([0-9.,']+)"
    assert tomllib.loads("\n".join(lesson.toml))["total_pattern"] == lesson.pattern


def test_an_implied_point() -> None:
    lesson = taught(*(b"\x1bs2\x1bQA%d\r" % amount.minor for amount in AMOUNTS))
    assert lesson == Lesson("led8", implied=True)
    assert lesson.toml == ['dialect = "led8"'], "which is its usual one"
    lesson = taught(*rows(("TOTAL", "1234"), ("TOTAL", "567"), ("TOTAL", "20890")))
    assert lesson == Lesson("cd5220", implied=True)
    assert lesson.toml == ['dialect = "cd5220"', 'point = "implied"']


@pytest.mark.parametrize(
    "lines",
    [
        [("", "12.34"), ("", "5.67"), ("", "208.90")],
        [("SUBTOTAL", "12.34"), ("SUBTOTAL", "5.67"), ("SUBTOTAL", "208.90")],
        [("TEA", "12.34"), ("CAKE", "5.67"), ("WINE", "208.90")],
        [("CHANGE", "12.34"), ("CHANGE", "5.67"), ("CHANGE", "208.90")],
        [("TOTAL", "12.34"), ("TOTAL", "5.67"), ("TOTAL", "1.00")],
        [("HELLO", ""), ("HELLO", ""), ("HELLO", "")],
        [("NET EUR 3", "12.34"), ("NET EUR 3", "5.67"), ("NET EUR 3", "208.90")],
    ],
)
def test_what_tells_no_total_from_a_price_is_not_learned(lines: list[tuple[str, str]]) -> None:
    assert taught(*rows(*lines)) is None


def test_a_line_of_plain_text_is_read_as_any_dialect() -> None:
    assert taught(*(f"\x0cTOTAL\r\n{amount.decimal}".encode() for amount in AMOUNTS)) == Lesson("cd5220")


def test_two_totals_or_the_same_one_twice_are_too_few() -> None:
    heard = rows(("ENDBETRAG", "12.34"))[0]
    assert learn([(AMOUNTS[0], heard)]) is None
    assert learn([(AMOUNTS[0], heard)] * 3) is None


def test_a_wrong_speed_shows_nothing() -> None:
    assert not shows(b"\xf8\x00\xfe\x80" * 20, AMOUNTS[0])
    assert not shows(b"", AMOUNTS[0])


def test_what_was_learned_is_what_the_till_then_does() -> None:
    screens = rows(("ENDBETRAG", "12.34"), ("ENDBETRAG", "5.67"), ("ENDBETRAG", "208.90"))
    lesson = taught(*screens)
    assert lesson is not None
    display = Display(lesson.dialect)
    pattern = None if lesson.pattern is None else re.compile(lesson.pattern)
    finder = Finder("CNY", lesson.words or WORDS, pattern, implied=lesson.implied)
    for screen, amount in zip(screens, AMOUNTS, strict=True):
        display.feed(screen)
        assert finder.find(display.screen) == Total(amount.minor)
