"""`kind = "pole"`, numbers on a display: which of them are amounts, and of how much. Pure.

12.50   12,50   1,234.50   1.234,50   1'234.50   ¥12.50   12.5     what they look like
1250 (JPY)   1,250 (JPY)                                           a currency without decimals
1250, where the point is implied                                   12.50: the display has a fixed one (LED8)
1250   1,234   1 234.50   12.505   -12.50                          not taken: nobody can say what is meant, or it is no price
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from daemon.money import exponent

_NUMBER = re.compile(r"(?<![0-9.,'])(?P<sign>-?) *(?P<digits>[0-9]+(?:[.,'][0-9]+)*)(?![0-9]|[.,'][0-9])(?P<piece> ?[xX×%@])?")
_SPACED = re.compile(r"(?<![0-9.,'])[0-9]{1,3}(?: [0-9]{3})+(?![0-9])")
_GROUP = 3
_MOST_DIGITS = 11


@dataclass(frozen=True, slots=True)
class Shown:
    """A number on a display. `minor` is None where it is not certain what it means; `has_point`: it was shown with its decimals."""

    text: str
    minor: int | None
    has_point: bool


def numbers(text: str, currency: str, *, implied: bool = False) -> list[Shown]:
    """All numbers of a text that may be amounts, in order: none with a percent sign or the ×, x or @ of a count behind it."""
    spaced = [found.span() for found in _SPACED.finditer(text)]
    shown = []
    for found in _NUMBER.finditer(text):
        if found["piece"]:
            continue
        joined = any(begin < found.end("digits") and found.start("digits") < end for begin, end in spaced)
        unclear = joined or bool(found["sign"])
        minor = None if unclear else read(found["digits"], currency, implied=implied)
        shown.append(Shown(found["digits"], minor, has_point=minor is not None and not found["digits"].isdigit()))
    return shown


def read(digits: str, currency: str, *, implied: bool = False) -> int | None:
    """Minor units of a number without its sign; None where it could mean several things, or nothing."""
    decimals = exponent(currency)  # with three, as KWD has, one point is the decimal one: displays that show none show no point
    parts = re.split(r"[.,']", digits)
    points = re.findall(r"[.,']", digits)
    if sum(map(len, parts)) > _MOST_DIGITS:
        return None
    if not points:
        return int(digits) if decimals == 0 or implied else None
    if _is_grouped(parts, points) and not (decimals == _GROUP and len(points) == 1):
        return None if decimals else int("".join(parts))
    whole, rest = parts[:-1], parts[-1]
    has_groups = len(whole) > 1
    is_decimal = points[-1] in ".," and points[-1] not in points[:-1] and 0 < len(rest) <= decimals
    if not is_decimal or (has_groups and not (_is_grouped(whole, points[:-1]) and len(rest) == decimals)):
        return None
    return int("".join(whole) + rest.ljust(decimals, "0"))


def _is_grouped(parts: list[str], points: list[str]) -> bool:
    """Whether the points part thousands: groups of three behind the first, all parted alike."""
    return len(set(points)) == 1 and len(parts[0]) <= _GROUP and all(len(part) == _GROUP for part in parts[1:])
