"""A number pad without hardware (`device = "simulated"`): for trying out, for the demo and for tests, as those of `hw.simulated`."""

from __future__ import annotations

from hw.health import OK, HealthNote
from hw.interfaces import Condition, Health, HealthListener, KeypadListener, PadKey

_UNPLUGGED = Health(Condition.MISSING, "unplugged")


class SimulatedKeypad:
    """A number pad whose keys come from `press()` and `type()`. It counts those that nobody heard."""

    def __init__(self, name: str) -> None:
        self._note = HealthNote(name)
        self._listener: KeypadListener | None = None
        self._plugged = True
        self.heard = 0
        self.dropped = 0

    @property
    def health(self) -> Health:
        return self._note.health

    def open(self, listener: KeypadListener, on_health: HealthListener) -> None:
        self._listener = listener
        self._note.tell(on_health)
        self._tell()

    def close(self) -> None:
        self._listener = None

    def press(self, key: PadKey) -> bool:
        """Whether anybody was told."""
        if self._listener is None or not self._plugged:
            self.dropped += 1
            return False
        self.heard += 1
        self._listener.pressed(key)
        return True

    def type(self, text: str) -> bool:
        """Press a key for each character: digits, `.`, `+`, `*`, `/`, `-`, a line's end for Enter, a backspace, Esc (U+001B). Whether
        anybody was told of all of them. Raises ValueError, with nothing pressed, where a character is no key."""
        pressed = [_pad_key(char) for char in text]
        heard = [self.press(key) for key in pressed]
        return all(heard)

    def lose_keys(self) -> None:
        """As the kernel says it when its buffer ran over."""
        if self._listener is not None and self._plugged:
            self._listener.lost_keys()

    def unplug(self) -> None:
        self._plugged = False
        self._tell()

    def plug(self) -> None:
        self._plugged = True
        self._tell()

    def _tell(self) -> None:
        if self._listener is None:
            return
        if self._plugged:
            self._listener.began()
        self._note.set(OK if self._plugged else _UNPLUGGED)


_TYPED = {"\n": PadKey.ENTER, "\r": PadKey.ENTER, "\b": PadKey.BACKSPACE, "\x7f": PadKey.BACKSPACE, "\x1b": PadKey.ESC, ",": PadKey.POINT}


def _pad_key(char: str) -> PadKey:
    key = _TYPED.get(char) or next((key for key in PadKey if key.value == char), None)
    if key is None:
        raise ValueError(f"no key of a number pad types {char!r}")
    return key
