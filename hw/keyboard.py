"""What is pressed on one keyboard: kernel input events to keys, with Shift and CapsLock, and without the torn ones.

Shared by everything that types, a scanner or a number pad; what the keys mean is for its decoder. Pure: no I/O, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from hw import keys


class Torn(Enum):
    """Events were lost: keys may have been pressed that nobody will ever hear of."""

    TORN = "torn"


class Keyboard:
    """Events of one device only: each has its own Shift. While `lost_track` somebody must ask the device which keys are `held`."""

    def __init__(self) -> None:
        self._held: set[int] = set()
        self._caps = False
        self._dropping = False
        self.lost_track = False

    def held(self, held: Iterable[int], *, caps: bool = False) -> None:
        """What the device says is pressed now, and whether its CapsLock light is on."""
        self._held = set(held) & keys.MODIFIERS
        self._caps = caps
        self.lost_track = False

    @property
    def chord(self) -> frozenset[int]:
        """The modifiers that are held, but for Shift."""
        return frozenset(self._held - keys.SHIFT)

    def feed(self, kind: int, code: int, value: int) -> int | Torn | None:
        """One event (`type`, `code`, `value` of struct input_event): the key that went down and is no modifier, or `TORN` once."""
        if kind == keys.EV_SYN:
            return self._synchronised(code)
        if kind == keys.EV_LED and code == keys.LED_CAPSL:
            self._caps = bool(value)
        if kind == keys.EV_KEY and value != keys.REPEAT and not self._dropping and not self.lost_track:
            return self._moved(code, value)
        return None

    def char(self, code: int) -> str | None:
        """What the key types on the US layout with what is held now; None where it types nothing."""
        if self.chord:
            return None
        if code not in keys.US:
            return keys.KEYPAD.get(code)
        plain, shifted = keys.US[code]
        shift = bool(self._held & keys.SHIFT)
        return shifted if shift != (self._caps and plain.isalpha()) else plain

    def _synchronised(self, code: int) -> Torn | None:
        """The kernel's buffer ran over: what it still gives up to the next report is torn (Documentation/input/event-codes)."""
        if code == keys.SYN_DROPPED:
            self._dropping = True
            return Torn.TORN
        if code == keys.SYN_REPORT and self._dropping:
            self._dropping = False
            self.lost_track = True
        return None

    def _moved(self, code: int, value: int) -> int | None:
        if code in keys.MODIFIERS:
            self._held = self._held | {code} if value == keys.DOWN else self._held - {code}
        elif value == keys.DOWN and code == keys.KEY_CAPSLOCK:
            self._caps = not self._caps
        elif value == keys.DOWN and code not in keys.SILENT:
            return code
        return None
