"""What every emulated till is: bytes of the line and a person's words go in, bytes and words come out. No I/O, no clock."""

from __future__ import annotations

from typing import Protocol


class Emulator(Protocol):
    """One till or machine at its end of the line. `now` is monotonic seconds; it remembers what it was told, for tests to look at."""

    help: str  # what a person may type, a line for each
    baudrate: int

    def opened(self, now: float) -> None:
        """The line was opened, or opened again."""

    def received(self, data: bytes, now: float) -> None:
        """Bytes that the box sent. Whatever they are, it does what the machine would do."""

    def command(self, text: str, now: float) -> None:
        """A person does something at the machine. Raises ValueError, which says what can be done."""

    def pass_time(self, now: float) -> None:
        """The moment of `next_deadline` has come."""

    def next_deadline(self) -> float | None:
        """When it would do something by itself; None: only when something is heard."""

    def take(self) -> bytes:
        """What it sends now; each byte once."""

    def take_words(self) -> list[str]:
        """What it shows to the person before it, since last asked."""
