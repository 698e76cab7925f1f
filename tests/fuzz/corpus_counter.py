"""Seeds written by hand for what stands on a counter: the keys of a number pad."""

from __future__ import annotations

from collections.abc import Iterator

_KEYS = {
    **dict(zip("0123456789", (82, 79, 80, 81, 75, 76, 77, 71, 72, 73), strict=True)),
    ".": 83,
    "+": 78,
    "*": 55,
    "/": 98,
    "-": 74,
    "\n": 96,
    "\b": 14,
    "\x1b": 1,
    "?": 15,
    "<": 105,
}


def counter() -> Iterator[tuple[str, str, bytes]]:
    """Target, name, input."""
    for name, text in _TYPED.items():
        yield "keypad", name, _typed(text)
    yield "keypad", "lost", _typed("12") + bytes([0, 3, 0, 0]) + _typed("3") + bytes(4) + bytes([7 << 5, 0, 0, 0]) + _typed("4\n")
    yield "keypad", "busy", _typed("12\n", 4) + _typed("\n1\x1b", 4 | 16) + _typed("1\x1b", 8) + _typed("\n")
    yield "keypad", "forgotten", _typed("12") + _typed("3\n", 3)


_TYPED = {
    "sale": "12.50\n",
    "sum": "12.5+3+.05\n",
    "product": "3*2.5\n\x1b2.50*3+1\n",
    "corrected": "12.505\b\b7\n\b\b\b\b\b\b\b\b",
    "too-much": "500.01\n\x1b500+.01+\n",
    "empty": "\n/*+.\n",
    "no-keys": "1?<2/\n",
    "long": "123456789012\n" + "1+" * 50,
}


def _typed(text: str, first: int = 0) -> bytes:
    return b"".join(bytes([1 << 5 | first, _KEYS[char], 0, value]) for char in text for value in (1, 0))
