"""What every emulated till gives out: bytes for the line, and words for the person before it, each taken once."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Outlet:
    """The half of `daemon.sandbox.tills.base.Emulator` that is the same for all."""

    _out: bytearray = field(default_factory=bytearray, init=False)
    _words: list[str] = field(default_factory=list, init=False)

    def take(self) -> bytes:
        """What it sends now; each byte once."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def take_words(self) -> list[str]:
        """What it shows, since last asked."""
        words, self._words = self._words, []
        return words
