"""What a cashier means to type on a number pad, and what must stand on the panel then: reckoned by itself, not by the till's code."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.simulation.choices import Choices
from hw.interfaces import PadKey

MOST_MINOR = 5000  # of one number
WITHOUT_EFFECT = (PadKey.OTHER, PadKey.UNLOCKED, PadKey.LAST)


@dataclass(frozen=True, slots=True)
class Meant:
    """`keys` without Enter; `panel` is what comes before, and what stands large; `minor` None: thought better of, and cleared."""

    keys: tuple[PadKey, ...]
    panel: tuple[str, str]
    minor: int | None


def draw_meant(choices: Choices, last_minor: int | None) -> Meant:
    """A number, a sum, a product, both; or the last amount again."""
    what = choices.below(7)
    if what == 6 and last_minor is not None:
        return Meant((PadKey.TIMES,), ("", _decimal(last_minor)), last_minor)
    sum_ = 1 + choices.below(MOST_MINOR) if what in (2, 3, 4) else 0
    times = 1 + choices.below(12) if what in (4, 5) else None
    price = 1 + choices.below(MOST_MINOR)
    number = _decimal(price) if price % 100 or choices.chance(2) else str(price // 100)
    typed = (f"{_decimal(sum_)}+" if sum_ else "") + (f"{times}*" if times else "") + number
    before = " ".join(part for part in (f"{_decimal(sum_)} +" if sum_ else "", f"{times} ×" if times else "") if part)
    minor = None if choices.chance(12) else sum_ + price * (times or 1)
    return Meant(_with_mistakes(choices, typed), (before, number), minor)


def _with_mistakes(choices: Choices, typed: str) -> tuple[PadKey, ...]:
    """A key too many and taken back, or one that does nothing on a line that is begun."""
    keys = [PadKey(char) for char in typed]
    if choices.chance(4):
        place = choices.below(len(keys))
        if not any(key is PadKey.POINT for key in keys[:place]):  # or there may be no room for another digit
            keys[place:place] = [PadKey.DIGIT_7, PadKey.BACKSPACE]
    if choices.chance(6):
        keys.append(choices.pick(WITHOUT_EFFECT))
    return tuple(keys)


def _decimal(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
