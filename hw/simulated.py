"""Devices without hardware, shipped with the program: for trying out, for the demo and for tests.

They refuse what the real ones refuse, remember what they were told, and have handles for the world outside (`scan`, `press`,
`unplug`). Beside them stand the devices of kind "none", for a box that has no such part.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from PIL import Image

from hw.gate import ScanGate
from hw.health import OK, HealthNote
from hw.interfaces import LIGHTS, Condition, Health, HealthListener, Pattern, Scan, ScanFault, ScanListener, Tone

_KEPT = 1000  # entries of a history: a demo may run for days

_UNPLUGGED = Health(Condition.MISSING, "unplugged")


class SimulatedScanner:
    """A scanner whose codes come from `scan()`. It counts the codes it drops, and keeps none of them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._note = HealthNote("scanner")
        self._gate = ScanGate()
        self._plugged = True
        self._open = False
        self.armed = False
        self.armings = 0
        self.delivered = 0
        self.dropped = 0

    @property
    def health(self) -> Health:
        return self._note.health

    def open(self, listener: ScanListener, on_health: HealthListener) -> None:
        self._gate.open(listener)
        self._note.tell(on_health)
        self._open = True
        self._tell()

    def arm(self) -> None:
        self.armed = True
        self.armings += 1
        self._gate.arm()

    def disarm(self) -> None:
        self.armed = False
        self._gate.disarm()

    def close(self) -> None:
        self._open = self.armed = False
        self._gate.close()

    def scan(self, text: str) -> bool:
        """Hold a code before the scanner. Whether it was passed on: dropped unless armed, as is an empty one."""
        return self._pass_on(Scan(text, self._clock()), readable=bool(text))

    def fault(self, fault: ScanFault) -> bool:
        """Hold something unreadable before it. Whether anybody was told."""
        return self._pass_on(fault, readable=True)

    def unplug(self) -> None:
        self._plugged = False
        self._tell()

    def plug(self) -> None:
        self._plugged = True
        self._tell()

    def _pass_on(self, outcome: Scan | ScanFault, *, readable: bool) -> bool:
        if not (readable and self._open and self._plugged and self.armed):
            self.dropped += 1
            return False
        self.delivered += 1
        self._gate.deliver([outcome])
        return True

    def _tell(self) -> None:
        if self._open:
            self._note.set(OK if self._plugged else _UNPLUGGED)


class SimulatedDisplay:
    """A panel that keeps what it shows in `image` and counts the frames that a real one would have been sent."""

    def __init__(self, width: int = 128, height: int = 64) -> None:
        self.width = width
        self.height = height
        self.image: Image.Image | None = None  # what is to be seen; None: dark
        self.frames = 0
        self.for_cameras = False
        self.closed = False
        self._wanted: Image.Image | None = None
        self._plugged = True
        self._open = False
        self._note = HealthNote("display")

    @property
    def health(self) -> Health:
        return self._note.health

    def open(self, on_health: HealthListener) -> None:
        self._note.tell(on_health)
        self._open = True
        self._refresh()

    def show(self, image: Image.Image, *, for_cameras: bool = False) -> None:
        if image.mode != "1" or image.size != (self.width, self.height):
            raise ValueError(f"the panel takes 1-bit images of {self.width}x{self.height}, not {image.mode} of {image.size}")
        if self._wanted is None or for_cameras != self.for_cameras or image.tobytes() != self._wanted.tobytes():
            self._wanted = image.copy()
            self.for_cameras = for_cameras
            self._send()

    async def close(self, last: Image.Image | None = None) -> None:
        if self._open:
            self.show(last if last is not None else Image.new("1", (self.width, self.height)))
        self._open = False
        self.closed = True

    def unplug(self) -> None:
        """Without power a panel is dark."""
        self._plugged = False
        self.image = None
        self._refresh()

    def plug(self) -> None:
        self._plugged = True
        self._refresh()

    def _refresh(self) -> None:
        if self._open:
            self._note.set(OK if self._plugged else _UNPLUGGED)
            self._send()

    def _send(self) -> None:
        if self._open and self._plugged and self._wanted is not None:
            self.image = self._wanted
            self.frames += 1


class SimulatedLights:
    """Lights that keep their patterns, and every change of them in `history`."""

    def __init__(self) -> None:
        self.patterns: dict[str, Pattern] = dict.fromkeys(LIGHTS, Pattern.OFF)
        self.history: deque[dict[str, Pattern]] = deque(maxlen=_KEPT)
        self._note = HealthNote("lights")

    @property
    def health(self) -> Health:
        return self._note.health

    def open(self, on_health: HealthListener) -> None:
        self._note.tell(on_health)
        self._note.set(OK)

    def set(self, patterns: dict[str, Pattern]) -> None:
        wanted = {name: patterns[name] for name in LIGHTS}
        if wanted != self.patterns:
            self.patterns = wanted
            self.history.append(wanted)

    def close(self) -> None:
        self.set(dict.fromkeys(LIGHTS, Pattern.OFF))


class SimulatedBuzzer:
    """A buzzer that makes no sound and keeps in `history` what it was to play."""

    def __init__(self) -> None:
        self.history: deque[tuple[Tone, ...]] = deque(maxlen=_KEPT)
        self._open = False
        self._note = HealthNote("buzzer")

    @property
    def health(self) -> Health:
        return self._note.health

    def open(self, on_health: HealthListener) -> None:
        self._note.tell(on_health)
        self._open = True
        self._note.set(OK)

    def play(self, tones: tuple[Tone, ...]) -> None:
        if self._open:
            self.history.append(tones)

    def close(self) -> None:
        self._open = False


class SimulatedButton:
    """A button pressed by `press()`. Nobody sees a press while it is not watched."""

    def __init__(self) -> None:
        self.watched = False
        self.ignored = 0
        self._on_press: Callable[[], None] | None = None
        self._note = HealthNote("button")

    @property
    def health(self) -> Health:
        return self._note.health

    def open(self, on_press: Callable[[], None], on_health: HealthListener) -> None:
        self._on_press = on_press
        self._note.tell(on_health)
        self._note.set(OK)

    def watch(self, wanted: bool) -> None:
        self.watched = wanted

    def close(self) -> None:
        self.watched = False
        self._on_press = None

    def press(self) -> bool:
        """Whether anybody was told."""
        if not self.watched or self._on_press is None:
            self.ignored += 1
            return False
        self._on_press()
        return True


class NoScanner:
    """[scanner] kind = "none": a box that only shows codes."""

    health = OK

    def open(self, listener: ScanListener, on_health: HealthListener) -> None:
        pass

    def arm(self) -> None:
        pass

    def disarm(self) -> None:
        pass

    def close(self) -> None:
        pass


class NoDisplay:
    """[display] kind = "none": a box without a panel. It keeps its size, for whoever draws for it."""

    health = OK

    def __init__(self, width: int = 128, height: int = 64) -> None:
        self.width = width
        self.height = height

    def open(self, on_health: HealthListener) -> None:
        pass

    def show(self, image: Image.Image, *, for_cameras: bool = False) -> None:
        pass

    async def close(self, last: Image.Image | None = None) -> None:
        pass


class NoLights:
    """[lights] kind = "none"."""

    health = OK

    def open(self, on_health: HealthListener) -> None:
        pass

    def set(self, patterns: dict[str, Pattern]) -> None:
        pass

    def close(self) -> None:
        pass


class NoBuzzer:
    """[buzzer] kind = "none"."""

    health = OK

    def open(self, on_health: HealthListener) -> None:
        pass

    def play(self, tones: tuple[Tone, ...]) -> None:
        pass

    def close(self) -> None:
        pass


class NoButton:
    """[button] kind = "none"."""

    health = OK

    def open(self, on_press: Callable[[], None], on_health: HealthListener) -> None:
        pass

    def watch(self, wanted: bool) -> None:
        pass

    def close(self) -> None:
        pass
