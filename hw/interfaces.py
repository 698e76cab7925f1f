"""What the box needs of its devices: small seams, each with several implementations and one that is simulated.

No call here raises because a device is missing, and none blocks the event loop: a device that is away says so through its
`health` and comes back by itself (P12). All calls are made on the event loop's thread; whatever must block (a panel's bus)
happens in a thread of the device's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from PIL import Image


class Condition(str, Enum):
    """How a device or link is. Spelled as `GET /v1/box` spells it."""

    OK = "ok"
    MISSING = "missing"  # not there: unplugged, never found
    FAILING = "failing"  # there, but it does not do what it should: no permission, bus errors

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Health:
    """How a device is, and what is wrong in words that help (`detail` is empty when nothing is).

    OK with a `detail`: it does its work, but not all of it is there, as one of two scanners.
    """

    condition: Condition
    detail: str = ""


UNOPENED = Health(Condition.MISSING, "not opened yet")
"""Of a device that nobody has looked for yet: it may be there."""

HealthListener = Callable[[Health], None]


@dataclass(frozen=True, slots=True)
class Scan:
    """One whole code as a scanner gave it, terminator removed. `at` is `time.monotonic()` of its last byte or key.

    The text may be anything at all (a payer's code is a secret): it is never logged or stored by a device.
    """

    text: str = field(repr=False)
    at: float


class ScanFault(str, Enum):
    """Why a scan did not become a code. The payer is asked to scan again; parts of codes are never used."""

    LOST_KEYS = "lost_keys"  # the kernel's buffer ran over (SYN_DROPPED), or the rest of a code came too late to belong to it
    TOO_LONG = "too_long"
    NOISE = "noise"  # bytes that no payment code has


class ScanListener(Protocol):
    """Who is told what a scanner reads. Called on the event loop's thread."""

    def scanned(self, scan: Scan) -> None: ...

    def scan_failed(self, fault: ScanFault) -> None: ...


class Scanner(Protocol):
    """A source of codes. It reads all the time, so that nothing old waits in a buffer, and gives only while armed."""

    @property
    def health(self) -> Health: ...

    def open(self, listener: ScanListener, on_health: HealthListener) -> None:
        """Begin to look for the device and read it; look again whenever it is gone."""

    def arm(self) -> None:
        """From now on codes count. Everything that was read or lies in a buffer is thrown away first, a half code too."""

    def disarm(self) -> None:
        """Codes no longer count."""

    def close(self) -> None: ...


class Display(Protocol):
    """A panel of `width` x `height` pixels of one bit."""

    width: int
    height: int

    @property
    def health(self) -> Health: ...

    def open(self, on_health: HealthListener) -> None: ...

    def show(self, image: Image.Image, *, for_cameras: bool = False) -> None:
        """Show a 1-bit image of the panel's size, soon: never waits, the latest image wins, an equal one costs nothing.

        `for_cameras`: a phone will read it. The panel is dimmed, so that the phone exposes for longer than one of the panel's
        refreshes and sees a whole picture (hardware facts 4.4).
        """

    async def close(self, last: Image.Image | None = None) -> None:
        """Show `last` if the panel still answers (bounded in time), then let go of it. `None` clears the panel."""


class Pattern(str, Enum):
    """What one light does. Spelled as `GET /v1/box` spells it."""

    OFF = "off"
    ON = "on"
    SLOW = "slow"  # 0.5 s on, 0.5 s off
    FAST = "fast"  # 0.125 s on, 0.125 s off

    __str__ = str.__str__


LIGHTS = ("green", "amber", "red")


class Lights(Protocol):
    """The three lights. The device itself does the blinking."""

    @property
    def health(self) -> Health: ...

    def open(self, on_health: HealthListener) -> None:
        """Take the pins; all lights off."""

    def set(self, patterns: dict[str, Pattern]) -> None:
        """All of `LIGHTS`, each with its pattern; a light whose pattern stays the same keeps its rhythm."""

    def close(self) -> None:
        """All lights off, pins given back."""


@dataclass(frozen=True, slots=True)
class Tone:
    """`ms` milliseconds of a tone of `hz` (an active buzzer only knows on), or of silence with `hz` 0."""

    hz: int
    ms: int


class Buzzer(Protocol):
    @property
    def health(self) -> Health: ...

    def open(self, on_health: HealthListener) -> None: ...

    def play(self, tones: tuple[Tone, ...]) -> None:
        """Begin at once, breaking off what still sounds; end silent."""

    def close(self) -> None:
        """Silent, pin given back."""


class Button(Protocol):
    """The payer's or cashier's way to give up. Looked at only while watched, so that an idle box does not wake for it."""

    @property
    def health(self) -> Health: ...

    def open(self, on_press: Callable[[], None], on_health: HealthListener) -> None: ...

    def watch(self, wanted: bool) -> None: ...

    def close(self) -> None: ...


class TillLine(Protocol):
    """A serial line to a till, both ways. It comes back by itself after it was lost."""

    @property
    def health(self) -> Health: ...

    def listen(self, on_open: Callable[[], None], on_bytes: Callable[[bytes], None], on_health: HealthListener) -> None:
        """Before `open`: who is told of each opening (before its first bytes), of what arrives, and of how the line is."""

    def open(self) -> None: ...

    def send(self, data: bytes) -> bool:
        """Write all of it soon, or nothing of it: False where the line is away, or takes nothing any more. Never waits."""

    def close(self) -> None: ...


class PadKey(str, Enum):
    """A key of a number pad, by what it means to whoever types an amount."""

    DIGIT_0 = "0"
    DIGIT_1 = "1"
    DIGIT_2 = "2"
    DIGIT_3 = "3"
    DIGIT_4 = "4"
    DIGIT_5 = "5"
    DIGIT_6 = "6"
    DIGIT_7 = "7"
    DIGIT_8 = "8"
    DIGIT_9 = "9"
    POINT = "."
    PLUS = "+"
    TIMES = "*"
    LAST = "/"
    CLEAR = "-"  # as Esc, for pads that have none
    ENTER = "enter"
    BACKSPACE = "backspace"
    ESC = "esc"
    UNLOCKED = "unlocked"  # what a pad sends in place of a digit while its own NumLock is off
    OTHER = "other"  # any key that means nothing here

    __str__ = str.__str__


class KeypadListener(Protocol):
    """Who is told what is typed on a number pad. Called on the event loop's thread."""

    def began(self) -> None:
        """The pad was opened, before its first key: what was half typed before it went counts no more."""

    def pressed(self, key: PadKey) -> None: ...

    def lost_keys(self) -> None:
        """Keys may have been pressed that nobody will hear of: what is half typed is not what somebody meant."""


class Keypad(Protocol):
    """A number pad. It comes back by itself after it was pulled, and types on no console meanwhile."""

    @property
    def health(self) -> Health: ...

    def open(self, listener: KeypadListener, on_health: HealthListener) -> None: ...

    def close(self) -> None: ...


class Tap(Protocol):
    """A serial line that is listened to and never written to. It comes back by itself after it was lost."""

    @property
    def health(self) -> Health: ...

    def listen(self, on_open: Callable[[], None], on_bytes: Callable[[bytes], None], on_health: HealthListener) -> None:
        """Before `open`: who is told of each opening (before its first bytes), of what is heard, and of how the line is."""

    def open(self) -> None: ...

    def close(self) -> None: ...


class PulseEnd(str, Enum):
    """What became of a credit pulse."""

    GIVEN = "given"  # as long as it should be, for certain
    NOT_GIVEN = "not_given"  # for certain: the line did not change
    UNSURE = "unsure"  # a machine may have counted it, or not

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Pulse:
    """One credit pulse as it really was; `detail` says what was wrong with it."""

    end: PulseEnd
    detail: str = ""


class PulseOutput(Protocol):
    """The line on which a machine counts credit pulses, and the inputs by which it answers."""

    @property
    def health(self) -> Health: ...

    @property
    def inhibited(self) -> bool:
        """Whether the machine takes no credit now. Looked at all the time; true also as long as that is not known."""

    def listen(self, on_inhibit: Callable[[], None], on_choice: Callable[[int], None], on_health: HealthListener) -> None:
        """Before `open`: who is told that `inhibited` has changed, of the pin of a product button that was pressed, and of how the
        pins are."""

    def open(self) -> None: ...

    async def pulse(self) -> Pulse:
        """One pulse and the gap after it; one at a time. Never raises, and once begun is carried out, whoever stops waiting."""

    def close(self) -> None:
        """At rest, pins given back."""
