"""From a scanner's keys or bytes to codes: pure, resumable, with time as an argument (`now`, seconds of a monotonic clock).

One rule stands above the others: a part of a code never counts as a code. So a code needs its terminator; a silence inside a
code throws away what came before it; keys that the kernel lost, bytes that no payment code has, and an endless code spoil
everything up to the next break. What is spoilt is reported once, not once per byte.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import IntEnum

from hw import keys
from hw.interfaces import Scan, ScanFault
from hw.keyboard import Keyboard, Torn

GAP_S = 0.15  # scanners type a key each 1 to 10 ms (at most 50), people need more than that: a longer silence ends what it was
LIMIT = 512  # characters; payment codes have 16 to 24, EMVCo codes up to about 500

_STX, _ETX = 0x02, 0x03
_ENDS = frozenset({_ETX, ord("\t"), ord("\n"), ord("\r")})
_REPLY_HEAD = 2  # after 02 00: a kind and a length
_REPLY_TAIL = 2  # a checksum follows the data

Outcome = Scan | ScanFault


class _Skip(IntEnum):
    """How far what arrives is thrown away."""

    NOTHING = 0
    TO_BREAK = 1  # a terminator or a silence
    TO_SILENCE = 2


class _Draft:
    """A code while it is being read: what ends it, spoils it and silences it. Knows nothing of keys or bytes."""

    def __init__(self, gap_s: float) -> None:
        self._gap_s = gap_s
        self._text: list[str] = []
        self._begun = False
        self._heard_at = -math.inf
        self._skip = _Skip.NOTHING
        self._told = False  # the fault of this burst was reported
        self.unterminated = 0

    def hear(self, now: float) -> bool:
        """Something arrived. True if it is the first thing after a silence, which ended whatever came before."""
        after_silence = self._is_silent(now)
        self._heard_at = now
        if after_silence:
            self._end_by_silence()
        return after_silence

    def begin(self) -> None:
        """A new code starts here, whatever came before."""
        self._drop()
        self._begun = True

    def add(self, char: str) -> ScanFault | None:
        if self._skip:
            return None
        if len(self._text) >= LIMIT:
            return self.spoil(ScanFault.TOO_LONG, _Skip.TO_BREAK)
        self._text.append(char)
        self._begun = True
        return None

    def end(self, now: float) -> Scan | None:
        """A terminator: the code, or None if it is empty or was spoilt."""
        text = "".join(self._text)
        self._text.clear()
        self._begun = False
        if self._skip is _Skip.TO_BREAK:
            self._skip = _Skip.NOTHING
        if not text:
            return None
        self._told = False
        return Scan(text, now)

    def spoil(self, fault: ScanFault, skip: _Skip) -> ScanFault | None:
        """Nothing of this code counts. The fault, unless this burst has reported one."""
        self._text.clear()
        self._skip = max(skip, self._skip)
        if self._told:
            return None
        self._told = True
        return fault

    def reset_until_break(self, now: float) -> None:
        if self._is_silent(now):
            self._end_by_silence()
        elif self._begun or self._skip:
            self._text.clear()
            self._skip = max(_Skip.TO_BREAK, self._skip)
            self._told = True  # the rest of something old is nobody's fault now

    def _is_silent(self, now: float) -> bool:
        return now - self._heard_at > self._gap_s

    def _end_by_silence(self) -> None:
        self._drop()
        self._skip = _Skip.NOTHING
        self._told = False

    def _drop(self) -> None:
        self.unterminated += bool(self._text)
        self._text.clear()
        self._begun = False


class KeyDecoder:
    """Kernel input events of one keyboard-wedge scanner to codes, on the US layout (`hw.keys`).

    A code ends with Enter, keypad Enter or Tab. A chord with Ctrl, Alt or Meta, or a key that types nothing, spoils the code:
    printed codes with control characters press such chords to reach whatever listens to a keyboard. Events of one device only:
    each has its own Shift.
    """

    def __init__(self, gap_s: float = GAP_S) -> None:
        self._draft = _Draft(gap_s)
        self._keyboard = Keyboard()

    @property
    def unterminated(self) -> int:
        """How many codes ended in silence instead of a terminator: a scanner set to send none."""
        return self._draft.unterminated

    @property
    def lost_track(self) -> bool:
        """Events were lost: ask the device which keys are `held`. Nothing counts until then."""
        return self._keyboard.lost_track

    def held(self, held: Iterable[int], *, caps: bool = False) -> None:
        """What the device says is pressed now, and whether its CapsLock light is on. Ask it when opened and when `lost_track`."""
        self._keyboard.held(held, caps=caps)

    def reset_until_break(self, now: float) -> None:
        """Forget what was read; of a code that has begun, also what is still to come of it."""
        self._draft.reset_until_break(now)

    def feed(self, kind: int, code: int, value: int, now: float) -> Outcome | None:
        """One event (`type`, `code`, `value` of struct input_event)."""
        if kind == keys.EV_KEY and value != keys.REPEAT:
            self._draft.hear(now)
        pressed = self._keyboard.feed(kind, code, value)
        if pressed is Torn.TORN:
            self._draft.hear(now)
            return self._draft.spoil(ScanFault.LOST_KEYS, _Skip.TO_BREAK)
        return None if pressed is None else self._typed(pressed, now)

    def _typed(self, code: int, now: float) -> Outcome | None:
        chord = self._keyboard.chord
        if (not chord and code in keys.TERMINATORS) or (chord and chord <= keys.CTRL and code in keys.CTRL_TERMINATORS):
            return self._draft.end(now)
        char = self._keyboard.char(code)
        return self._draft.add(char) if char else self._draft.spoil(ScanFault.NOISE, _Skip.TO_BREAK)


class LineDecoder:
    """Bytes of a serial scanner to codes: each ends with CR, LF, TAB or ETX (so CR LF is one end, and an empty code none).

    STX begins a code. `02 00 kind length data checksum` is a scanner module's reply to a command (GM65, EM3095 and their like) in the
    midst of the codes, and is cut out. Any byte but printable ASCII is noise: it, and all up to the next silence, is dropped.
    Full-width digits are such noise, whatever their encoding: they are never taken for digits.
    """

    def __init__(self, gap_s: float = GAP_S) -> None:
        self._draft = _Draft(gap_s)
        self._after_stx = False
        self._head_left = 0
        self._body_left = 0

    @property
    def unterminated(self) -> int:
        """How many codes ended in silence instead of a terminator: a scanner set to send none."""
        return self._draft.unterminated

    def reset_until_break(self, now: float) -> None:
        """Forget what was read; of a code that has begun, also what is still to come of it."""
        if self._after_stx:
            self._draft.begin()
        self._draft.reset_until_break(now)

    def feed(self, data: bytes, now: float) -> list[Outcome]:
        """Some bytes, cut anywhere; every code and fault that they complete."""
        if data and self._draft.hear(now):
            self._after_stx = False
            self._head_left = self._body_left = 0
        outcomes = [self._byte(byte, now) for byte in data]
        return [outcome for outcome in outcomes if outcome is not None]

    def _byte(self, byte: int, now: float) -> Outcome | None:
        if self._head_left or self._body_left:
            self._cut(byte)
            return None
        if self._after_stx:
            self._after_stx = False
            if byte == 0:
                self._head_left = _REPLY_HEAD
                return None
            self._draft.begin()
        if byte == _STX:
            self._after_stx = True
            return None
        if byte in _ENDS:
            return self._draft.end(now)
        return self._text(byte)

    def _text(self, byte: int) -> ScanFault | None:
        if 0x20 <= byte <= 0x7E:
            return self._draft.add(chr(byte))
        return self._draft.spoil(ScanFault.NOISE, _Skip.TO_SILENCE)

    def _cut(self, byte: int) -> None:
        if not self._head_left:
            self._body_left -= 1
            return
        self._head_left -= 1
        if not self._head_left:
            self._body_left = byte + _REPLY_TAIL
