"""`tillbox pole learn`, the finding out: three totals that a person knows, and what the line said while each was on the display. Pure.

What the usual words do not find is looked for in what the three screens have in common: the word before the amount or above it, or else
the signs around it. A display that shows nothing but the number has nothing to tell a total by, and that is said instead of guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from daemon.money import Amount
from daemon.tills.pole_amount import Shown, numbers
from daemon.tills.pole_cells import Screen
from daemon.tills.pole_dialects import AUTO, Display
from daemon.tills.pole_total import NOT_TOTALS, PAID_OTHERWISE, WORDS, Finder, Total, normal

ENOUGH = 3  # totals; of two a price that happens to be the same may be taken for one
_LETTERS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Lesson:
    """What finds all totals: the keys of `[tills.NAME]` that are not the usual ones."""

    dialect: str
    words: tuple[str, ...] = ()
    pattern: str | None = None
    implied: bool = False

    @property
    def toml(self) -> list[str]:
        lines = [f'dialect = "{self.dialect}"']
        lines += [f"words = [{', '.join(_quoted(word) for word in self.words)}]"] if self.words else []
        lines += [f"total_pattern = {_quoted(self.pattern)}"] if self.pattern else []
        usual = self.dialect == "led8"
        return lines + ([f'point = "{"implied" if self.implied else "shown"}"'] if self.implied is not usual else [])


def shows(heard: bytes, amount: Amount) -> bool:
    """Whether some dialect's screen has the amount on it: the line, its speed and its wires are right."""
    return any(_place(screen, amount, implied=implied) for _, screen in _screens(heard) for implied in (False, True))


def learn(totals: Sequence[tuple[Amount, bytes]]) -> Lesson | None:
    """From each total and all that was heard until it stood on the display (from the beginning each time); None where nothing tells
    them all."""
    if len(totals) < ENOUGH or len({amount for amount, _ in totals}) < len(totals):
        return None
    by_dialect = {name: [dict(_screens(heard))[name] for _, heard in totals] for name, _ in _screens(b"")}
    amounts = [amount for amount, _ in totals]
    tries = product((_usual, _by_word, _by_signs), _likely(totals[-1][1]), (False, True))
    return next((lesson for way, name, implied in tries if (lesson := way(name, by_dialect[name], amounts, implied))), None)


def _likely(heard: bytes) -> list[str]:
    """The dialect that is heard; where nothing says which it is, each, the likeliest first."""
    display = Display(AUTO)
    display.feed(heard)
    if display.is_sure:
        return [display.dialect]
    return [display.dialect, *(name for name in display.screens if name != display.dialect)]


def _screens(heard: bytes) -> list[tuple[str, Screen]]:
    display = Display(AUTO)
    display.feed(heard)
    return list(display.screens.items())


def _usual(name: str, screens: list[Screen], amounts: list[Amount], implied: bool) -> Lesson | None:
    return _proven(Lesson(name, implied=implied), screens, amounts)


def _by_word(name: str, screens: list[Screen], amounts: list[Amount], implied: bool) -> Lesson | None:
    """The words before the amount, in its row or else in the one above, where all three have the same."""
    common = _common(_word_before(screen, amount, implied=implied) for screen, amount in zip(screens, amounts, strict=True))
    if common is None or common in (*NOT_TOTALS, *PAID_OTHERWISE):
        return None
    return _proven(Lesson(name, words=(common,), implied=implied), screens, amounts)


def _word_before(screen: Screen, amount: Amount, *, implied: bool) -> str:
    place = _place(screen, amount, implied=implied)
    if place is None:
        return ""
    row, column = place
    rows = _rows(screen)
    before = rows[row][:column] if _LETTERS.search(rows[row][:column]) else rows[0] if row == 1 else ""
    found = re.match(r"[\W_]*(.*?)[\W\d_]*$", before)
    words = found[1] if found else ""
    return words if _LETTERS.search(words) and len(words) <= 20 else ""


def _by_signs(name: str, screens: list[Screen], amounts: list[Amount], implied: bool) -> Lesson | None:
    """The signs before the amount in its row, where there are any and all three have the same."""
    common = _common(_signs_before(screen, amount, implied=implied) for screen, amount in zip(screens, amounts, strict=True))
    if common is None:
        return None
    return _proven(Lesson(name, pattern=rf"{re.escape(common)} *([0-9.,']+)", implied=implied), screens, amounts)


def _signs_before(screen: Screen, amount: Amount, *, implied: bool) -> str:
    place = _place(screen, amount, implied=implied)
    return _rows(screen)[place[0]][: place[1]].strip() if place else ""


def _common(found: Iterable[str]) -> str | None:
    told = set(found)
    return told.pop() if len(told) == 1 and "" not in told else None


def _proven(lesson: Lesson, screens: list[Screen], amounts: list[Amount]) -> Lesson | None:
    """The lesson, if it finds each total on its screen, as the till itself would."""
    pattern = None if lesson.pattern is None else re.compile(lesson.pattern, re.IGNORECASE)
    finder = Finder(amounts[0].currency, lesson.words or WORDS, pattern, implied=lesson.implied)
    found = [finder.find(screen) for screen in screens]
    return lesson if found == [Total(amount.minor) for amount in amounts] else None


def _place(screen: Screen, amount: Amount, *, implied: bool) -> tuple[int, int] | None:
    """Row and column of the only number that is the amount."""
    places = [
        (row, text.index(number.text))
        for row, text in enumerate(_rows(screen))
        for number in _numbers(text, amount, implied=implied)
        if number.minor == amount.minor
    ]
    return places[0] if len(places) == 1 else None


def _numbers(text: str, amount: Amount, *, implied: bool) -> list[Shown]:
    return numbers(text, amount.currency, implied=implied)


def _rows(screen: Screen) -> list[str]:
    return [normal(screen.upper), normal(screen.lower)]


def _quoted(text: str) -> str:
    """As a TOML string: one that is not escaped, where that can be."""
    return f"'{text}'" if "'" not in text else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
