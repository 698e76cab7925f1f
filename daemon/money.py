"""Money: integer minor units and a currency, never a float.

Text becomes money once, at the edge where it arrives (`parse_amount`), and money becomes text once, where a person reads
it (`Amount.text`). In between it is a whole number of the currency's smallest unit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NewType

Minor = NewType("Minor", int)
"""A whole number of a currency's smallest unit: fen, cents, yen."""

# Digits after the decimal point where they are not two. Source: ISO 4217, list one (minor units).
_EXPONENT = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}

# The signs payers know; every other currency is shown by its code.
_SIGN = {"CNY": "¥", "JPY": "¥", "EUR": "€", "GBP": "£", "USD": "$", "HKD": "HK$", "TWD": "NT$", "SGD": "S$"}

_CURRENCY = re.compile(r"[A-Z]{3}")
_DECIMAL = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,3})?")


def exponent(currency: str) -> int:
    """How many digits the currency has after the decimal point (ISO 4217); two where the list says nothing else."""
    return _EXPONENT.get(currency, 2)


def is_currency(text: str) -> bool:
    """Whether the text has the form of an ISO 4217 code; whether such a currency exists is the provider's to say."""
    return _CURRENCY.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, order=False)
class Amount:
    """So many minor units of a currency. Raises ValueError on a currency that is none."""

    minor: Minor
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:  # bool is an int to isinstance, and 12.5 must never be rounded in silence
            raise ValueError(f"an amount is a whole number of minor units, not {self.minor!r}")
        if not is_currency(self.currency):
            raise ValueError(f"a currency is three capital letters (ISO 4217), not {self.currency!r}")

    @property
    def decimal(self) -> str:
        """The number as people write it, without a sign for the currency: ``12.50``, ``1250`` (JPY), ``1.250`` (KWD)."""
        digits = exponent(self.currency)
        if digits == 0:
            return str(self.minor)
        sign = "-" if self.minor < 0 else ""
        whole, rest = divmod(abs(self.minor), 10**digits)
        return f"{sign}{whole}.{rest:0{digits}d}"

    @property
    def text(self) -> str:
        """The number with the currency's sign, or its code: ``¥12.50``, ``12.50 CHF``."""
        sign = _SIGN.get(self.currency)
        return f"{sign}{self.decimal}" if sign else f"{self.decimal} {self.currency}"

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"


def parse_amount(text: str, currency: str) -> Amount:
    """The amount that a till wrote as decimal text (``12.50``); ASCII digits and a point only.

    Raises ValueError where the text is no number, or has more decimals than the currency.
    """
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"expected a number like {Amount(Minor(1250), currency).decimal}, not {text[:32]!r}")
    whole, _, rest = text.partition(".")
    digits = exponent(currency)
    if len(rest) > digits:
        raise ValueError(f"{currency} has {digits} digits after the point, {text!r} has {len(rest)}")
    return Amount(Minor(int(whole + rest.ljust(digits, "0"))), currency)
