"""From kernel input events to the keys of a number pad: pure.

A key counts when it goes down; the repeats of one that is held do not. Keys that come while Ctrl, Alt or Meta is held are no digits.
Where the pad has a main row as well, it types what a US keyboard types.
"""

from __future__ import annotations

from collections.abc import Iterable

from hw import keys
from hw.interfaces import PadKey
from hw.keyboard import Keyboard, Torn

_CODES = {
    keys.KEY_ENTER: PadKey.ENTER,
    keys.KEY_KPENTER: PadKey.ENTER,
    keys.KEY_BACKSPACE: PadKey.BACKSPACE,
    keys.KEY_ESC: PadKey.ESC,
    **dict.fromkeys(keys.UNLOCKED, PadKey.UNLOCKED),
}
_CHARS = {key.value: key for key in PadKey if len(key.value) == 1} | {",": PadKey.POINT}


class PadDecoder:
    """Events of one device only. While `lost_track` somebody must ask the device which keys are `held`."""

    def __init__(self) -> None:
        self._keyboard = Keyboard()

    @property
    def lost_track(self) -> bool:
        return self._keyboard.lost_track

    def held(self, held: Iterable[int], *, caps: bool = False) -> None:
        self._keyboard.held(held, caps=caps)

    def feed(self, kind: int, code: int, value: int, _now: float) -> PadKey | Torn | None:
        """One event (`type`, `code`, `value` of struct input_event); `TORN` where keys were lost."""
        pressed = self._keyboard.feed(kind, code, value)
        return pressed if pressed is None or isinstance(pressed, Torn) else self._key(pressed)

    def _key(self, code: int) -> PadKey:
        if self._keyboard.chord:
            return PadKey.OTHER
        return _CODES.get(code) or _CHARS.get(self._keyboard.char(code) or "", PadKey.OTHER)
