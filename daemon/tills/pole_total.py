"""`kind = "pole"`, what a screen says about the sale: its total, nothing of the kind, or something that nobody can be sure of. Pure.

The total is the number behind one of the words for it, or in the row below where its own row has none. SUBTOTAL never counts: a till that
shows one shows the total after it. Where something is received, or change is given, the sale is being paid for otherwise: no total.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from daemon.tills.pole_amount import Shown, numbers
from daemon.tills.pole_cells import Screen

WORDS = (
    *("TOTAL", "GRAND TOTAL", "AMOUNT DUE", "AMT DUE", "BALANCE DUE", "BAL DUE", "TO PAY", "TTL"),
    *("SUMME", "GESAMT", "ZU ZAHLEN", "TOTALE", "A PAYER"),
    *("合计", "总计", "总额", "应收", "应付"),
)
"""What stands before a total."""

NOT_TOTALS = (
    *("SUBTOTAL", "SUB TOTAL", "SUB-TOTAL", "SUB.TOTAL", "S-TOTAL", "ZWISCHENSUMME", "SOUS-TOTAL", "SOUS TOTAL", "小计"),
    *("TOTAL ITEMS", "TOTAL QTY", "TOTAL TAX", "TOTAL VAT", "TAX TOTAL", "TOTAL SAVED", "TOTAL SAVINGS", "TOTAL DISCOUNT", "合计数量"),
)
"""What has such a word in it and is none."""

PAID_OTHERWISE = (
    *("CHANGE", "CASH", "TENDER", "TENDERED", "RECEIVED", "PAID"),
    *("GEGEBEN", "BAR", "RÜCKGELD", "ZURÜCK", "RENDU", "RECU", "REÇU", "ESPECES"),
    *("找零", "找赎", "实收", "已收", "预收"),
)
"""A sale that is being paid for with something else. A row with such a word and no amount, or with zero, says nothing yet."""


@dataclass(frozen=True, slots=True)
class Total:
    """In minor units, above zero."""

    minor: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """No total is shown, or one of zero. `is_paid`: the sale is being paid for with something else."""

    is_paid: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """A total is shown that may mean several amounts. `why` is for the log."""

    why: str


Finding = Total | Nothing | Unclear


@dataclass(frozen=True, slots=True)
class Finder:
    """`pattern` stands in place of all words: its group is the amount, in both rows as they are, parted by a line's end.

    `implied`: a number without a point has one before its last digits."""

    currency: str
    words: tuple[str, ...] = WORDS
    pattern: re.Pattern[str] | None = None
    implied: bool = False
    _word: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_word", _any_of(self.words))

    def find(self, screen: Screen) -> Finding:
        """What the screen says."""
        rows = [normal(screen.upper), normal(screen.lower)]
        if self.pattern is not None:
            found = self.pattern.search("\n".join(rows))
            return Nothing() if found is None else self._one_of(self._numbers(found[1] or ""))
        if any(self._is_paid(row) for row in rows):
            return Nothing(is_paid=True)
        findings = [self._total(row, below) for row, below in zip(rows, (*rows[1:], ""), strict=True) if self._names_total(row)]
        told = set(findings)
        return findings[0] if len(told) == 1 else Unclear("two different totals") if told else Nothing()

    def _names_total(self, row: str) -> bool:
        return self._word.search(row) is not None and _NOT_TOTAL.search(row) is None

    def _is_paid(self, row: str) -> bool:
        return _PAID.search(row) is not None and any(number.minor != 0 for number in self._numbers(row))

    def _total(self, row: str, below: str) -> Finding:
        """The number behind the word, or in the row below."""
        found = self._word.search(row)
        assert found is not None
        behind = self._numbers(row[found.end() :])
        other = [] if self._word.search(below) or _PAID.search(below) or _NOT_TOTAL.search(below) else self._numbers(below)
        return self._one_of(behind or other)

    def _numbers(self, text: str) -> list[Shown]:
        return numbers(text, self.currency, implied=self.implied)

    def _one_of(self, shown: list[Shown]) -> Finding:
        """The only number, or the only one with decimals: the other may be a count."""
        with_point = [number for number in shown if number.has_point]
        one = shown[0] if len(shown) == 1 else with_point[0] if len(with_point) == 1 else None
        if not shown:
            return Nothing()
        if one is None or one.minor is None:
            return Unclear(f"{' and '.join(number.text for number in shown[:3])} may mean several amounts")
        return Total(one.minor) if one.minor else Nothing()


def normal(text: str) -> str:
    """Full-width signs as the usual ones, capitals, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).upper().split())


def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the words, the longest first, and not inside another word (of Latin letters: hanzi have no blanks between them)."""
    ordered = sorted((normal(word) for word in words), key=len, reverse=True)
    return re.compile("|".join(rf"(?<![A-ZÄÖÜÇ]){re.escape(word)}(?![A-ZÄÖÜÇ])" if word[0] < "⺀" else re.escape(word) for word in ordered))


_NOT_TOTAL = _any_of(NOT_TOTALS)
_PAID = _any_of(PAID_OTHERWISE)
