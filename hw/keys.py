"""Linux key numbers and what they type on a US keyboard, the layout that scanners leave the factory with.

The numbers are those of <linux/input-event-codes.h>, written out so that decoding needs no library; a test compares them
with python-evdev's. Keycodes are positions, not letters: a scanner set to another country's layout sends other positions.
"""

from __future__ import annotations

EV_SYN, EV_KEY, EV_REL, EV_ABS, EV_LED = 0x00, 0x01, 0x02, 0x03, 0x11
SYN_REPORT, SYN_DROPPED = 0, 3
LED_CAPSL = 1
UP, DOWN, REPEAT = 0, 1, 2

KEY_ESC, KEY_BACKSPACE, KEY_TAB, KEY_ENTER, KEY_KPENTER = 1, 14, 15, 28, 96
KEY_I, KEY_J, KEY_M = 23, 36, 50
KEY_CAPSLOCK, KEY_NUMLOCK, KEY_SCROLLLOCK = 58, 69, 70

SHIFT = frozenset({42, 54})  # left and right
CTRL = frozenset({29, 97})
ALT_AND_META = frozenset({56, 100, 125, 126})
MODIFIERS = SHIFT | CTRL | ALT_AND_META

TERMINATORS = frozenset({KEY_ENTER, KEY_KPENTER, KEY_TAB})
CTRL_TERMINATORS = frozenset({KEY_I, KEY_J, KEY_M})  # Ctrl+I, J, M are how a keyboard types the characters TAB, LF and CR
SILENT = frozenset({KEY_NUMLOCK, KEY_SCROLLLOCK})  # some scanners press them around a code; they type nothing


def _row(first: int, plain: str, shifted: str) -> dict[int, tuple[str, str]]:
    """Neighbouring keys, from keycode `first` on, each with what it types alone and with Shift."""
    return {first + i: pair for i, pair in enumerate(zip(plain, shifted, strict=True))}


US = (
    _row(2, "1234567890-=", "!@#$%^&*()_+")
    | _row(16, "qwertyuiop[]", "QWERTYUIOP{}")
    | _row(30, "asdfghjkl;'`", 'ASDFGHJKL:"~')
    | _row(43, "\\zxcvbnm,./", "|ZXCVBNM<>?")
    | _row(57, " ", " ")
)

# The keypad types the same with and without Shift or NumLock: a scanner that uses it means digits.
KEYPAD = dict(zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73), "0123456789", strict=True)) | {
    55: "*",
    74: "-",
    78: "+",
    83: ".",
    98: "/",
    117: "=",
    121: ",",
}

DIGITS = frozenset(range(2, 12))  # the digit row, KEY_1 to KEY_0
KEYPAD_DIGITS = frozenset(code for code, char in KEYPAD.items() if char.isdigit())
UNLOCKED = frozenset({102, 103, 104, 105, 106, 107, 108, 109, 110, 111})
"""Home, arrows, End, Insert, Delete …: what a pad that keeps its own NumLock sends in place of digits while that is off."""
