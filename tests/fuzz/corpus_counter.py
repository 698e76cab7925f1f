"""Seeds written by hand for what stands on a counter: the keys of a number pad, and what a customer display is told."""

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
    for name, data in _HEARD.items():
        yield "pole", name, data
    yield "keypad", "lost", _typed("12") + bytes([0, 3, 0, 0]) + _typed("3") + bytes(4) + bytes([7 << 5, 0, 0, 0]) + _typed("4\n")
    yield "keypad", "busy", _typed("12\n", 4) + _typed("\n1\x1b", 4 | 16) + _typed("1\x1b", 8) + _typed("\n")
    yield "keypad", "forgotten", _typed("12") + _typed("3\n", 3)


_CUT = b"\n%%\n"
_HEARD = {
    "cd5220": b"\x1b@\x1bQATEA\r\x1bQB3.50\r" + _CUT + b"\x1bQATOTAL\r\x1bQB12.50\r" + _CUT + b"\x0c",
    "cd5220-cursor": b"\x0c\x1bl\x01\x01TOTAL\x1bl\x0f\x0212.50\x1b*\x04\x1b\x12\x1b[H\x1b[K\x08\x09\x0a\x0b\x18",
    "utc": b"\x1buATOTAL DUE\r\x1buB1,234.50\r",
    "escpos": b"\x1b@\x0c\x1f$\x01\x01TOTAL\x1f$\x0f\x0212.50\x1fX\x04\x1f\x02\x1fB\x1f\x0a",
    "dsp800": b"\x04\x01C1X\x17\x04\x01P1\x17TOTAL\x04\x01PE\x1712.50\x04\x01%7\x17",
    "led8": b"\x0c\x1bs1\x1bQA3.50\r" + _CUT + b"\x1bs2\x1bQA1250\r\x02L0100\x02B1" + _CUT + b"\x1bs\x04\x1bQA7.50\r",
    "hanzi": "\x1bQA合计:１２．５０\r\x1bQB谢谢惠顾\r".encode("gb18030"),
    "printer": b"\x1b=\x01TOTAL 99.99\r\n\x1b=\x02\x1bQATOTAL 5.00\r\x1b=\x03",
    "broken": b"\x1b\x1b\x1bQ\x1bQA\x1bQATOTAL\x1bZ\x04\x01\x04\x01P\xff\x17\x1f\x1f$\x00\x00\x1bs\xff" + bytes(range(256)),
    "unclear": b"\x0cTOTAL 1250"
    + _CUT
    + b"\x0cTOTAL 1,234"
    + _CUT
    + b"\x0cTOTAL 1 234.50"
    + _CUT
    + b"\x0cTOTAL -5.00"
    + _CUT
    + b"\x0cSUBTOTAL 5.00",
    "cash": b"\x0cTOTAL 5.00" + _CUT + b"\x0cCASH 10.00\r\nCHANGE 5.00" + _CUT + b"\x0cTOTAL 5.00",
}

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
