"""Reed-Solomon codes over GF(256) as QR codes use them: what was damaged is mended, as far as the check words prove it.

Generator polynomial with roots 1, a, a^2, …; field polynomial x^8 + x^4 + x^3 + x^2 + 1. Source: ISO/IEC 18004, annex on error
correction. Words are in the order of the symbol: the first one belongs to the highest power.
"""

from __future__ import annotations

from collections.abc import Sequence

_FIELD = 0x11D


class TooDamaged(ValueError):
    """More words are wrong than the check words can mend."""


def _tables() -> tuple[list[int], list[int]]:
    """Powers of the generator element (twice round, so that sums of exponents need no modulo), and their logarithms."""
    powers, logs = [0] * 510, [0] * 256
    value = 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logs[value] = exponent
        value = value << 1 ^ (_FIELD if value & 0x80 else 0)
    return powers, logs


_EXP, _LOG = _tables()


def _times(a: int, b: int) -> int:
    return _EXP[_LOG[a] + _LOG[b]] if a and b else 0


def _over(a: int, b: int) -> int:
    return _EXP[_LOG[a] - _LOG[b] + 255] if a else 0


def _value(polynomial: Sequence[int], x: int) -> int:
    """Of a polynomial with its lowest power first."""
    result = 0
    for coefficient in reversed(polynomial):
        result = _times(result, x) ^ coefficient
    return result


def mend(words: bytes, checks: int) -> bytes:
    """The words with up to `checks // 2` wrong ones put right; the last `checks` words are the check words.

    Raises TooDamaged.
    """
    lowest_first = words[::-1]
    if not any(_syndromes(lowest_first, checks)):
        return words
    locator, evaluator = _key_equation(_syndromes(lowest_first, checks), checks)
    places = [place for place in range(len(words)) if _value(locator, _EXP[255 - place]) == 0]
    if len(places) != len(locator) - 1:
        raise TooDamaged("the damage is larger than the check words can mend")
    mended = bytearray(lowest_first)
    for place in places:
        mended[place] ^= _size(locator, evaluator, _EXP[255 - place])
    if any(_syndromes(mended, checks)):
        raise TooDamaged("the damage cannot be mended")
    return bytes(mended[::-1])


def _syndromes(lowest_first: Sequence[int], checks: int) -> list[int]:
    """All zero where nothing is damaged."""
    return [_value(lowest_first, _EXP[power]) for power in range(checks)]


def _key_equation(syndromes: list[int], checks: int) -> tuple[list[int], list[int]]:
    """Error locator and evaluator, by Euclid's algorithm (Sugiyama), lowest power first.

    The locator's degree is at most `checks // 2`: it is `checks` less that of `before`, which is at least half of `checks`.
    """
    before, now = [0] * checks + [1], _trimmed(syndromes)
    locator_before, locator = [0], [1]
    while 2 * (len(now) - 1) >= checks:
        quotient, rest = _divided(before, now)
        before, now = now, rest
        locator_before, locator = locator, _sum(_product(quotient, locator), locator_before)
    if locator[0] == 0:
        raise TooDamaged("the damage cannot be located")
    scale = locator[0]
    return [_over(c, scale) for c in _trimmed(locator)], [_over(c, scale) for c in now]


def _size(locator: list[int], evaluator: list[int], inverse: int) -> int:
    """By how much the word at a root of the locator is wrong (Forney, for roots that begin with 1).

    The locator has as many roots as its degree, so each is a simple one, where the slope is not zero.
    """
    slope = [coefficient if power % 2 == 0 else 0 for power, coefficient in enumerate(locator[1:])]
    return _times(_EXP[255 - _LOG[inverse]], _over(_value(evaluator, inverse), _value(slope, inverse)))


def _trimmed(polynomial: list[int]) -> list[int]:
    end = len(polynomial)
    while end > 1 and polynomial[end - 1] == 0:
        end -= 1
    return polynomial[:end]


def _sum(long: list[int], short: list[int]) -> list[int]:
    return _trimmed([c ^ (short[i] if i < len(short) else 0) for i, c in enumerate(long)])


def _product(a: list[int], b: list[int]) -> list[int]:
    result = [0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            result[i + j] ^= _times(x, y)
    return result


def _divided(a: list[int], b: list[int]) -> tuple[list[int], list[int]]:
    """Quotient and rest of a / b, of which b is no longer than a, and not zero."""
    rest = list(a)
    quotient = []  # highest power first
    for power in range(len(a) - len(b), -1, -1):
        factor = _over(rest[power + len(b) - 1], b[-1])
        quotient.append(factor)
        for i, coefficient in enumerate(b):
            rest[power + i] ^= _times(coefficient, factor)
    return quotient[::-1], _trimmed(rest[: len(b) - 1])
