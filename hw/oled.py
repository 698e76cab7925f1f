"""[display] kind = any of `hw.factory.display_kinds()`: an OLED panel through luma.oled, on I2C or SPI.

Writing a frame takes 23 to 92 ms on I2C, and a stuck bus holds its caller for seconds. So one thread per panel does all of it, the
import of luma included, and takes the latest image from a slot; the event loop only ever puts an image there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image

from hw.errors import DeviceError
from hw.health import OK, HealthNote
from hw.interfaces import Condition, Health, HealthListener
from hw.luma_panel import is_off, lost_power, open_panel, panel_error
from hw.settings import DisplaySettings

_log = logging.getLogger(__name__)

REFRESH_S = 60.0  # a panel that lost its power and got it back is dark until it is set up again, and its bus reports nothing
LOOK_S = 10.0  # between looks at a panel that has nothing new to show: sooner than anybody calls for help, and six wake-ups a minute
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0  # between attempts to reach a panel that does not answer
DIMMED = 0x20  # of 255, for a phone to read; within 0x10-0x40 bloom disappears and exposures grow past one refresh (facts 4.4)
CLOSE_S = 2.0  # a hanging bus is left behind after that
STUCK_S = 5.0  # one frame takes a tenth of a second at most


class LumaDisplay:
    """One panel. `connect` opens it and may block or raise; the device has luma's `mode`, `display(image)`, `contrast(level)` and
    `cleanup()`. `condition` makes what its thread waits on."""

    def __init__(
        self,
        settings: DisplaySettings,
        *,
        connect: Callable[[DisplaySettings], Any] = open_panel,
        clock: Callable[[], float] = time.monotonic,
        first_pause_s: float = FIRST_PAUSE_S,
        close_s: float = CLOSE_S,
        condition: Callable[[], threading.Condition] = threading.Condition,
    ) -> None:
        turned = settings.rotate % 2 == 1
        self.width = settings.height if turned else settings.width
        self.height = settings.width if turned else settings.height
        self._note = HealthNote("display")
        self._clock = clock
        self._close_s = close_s
        self._wanted: tuple[bytes, bool] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gone = asyncio.Event()
        panel = _Panel(settings, connect, clock)
        self._worker = _Worker(panel, clock, condition(), first_pause_s, self._report, self._finished)

    @property
    def health(self) -> Health:
        return self._note.health

    def open(self, on_health: HealthListener) -> None:
        self._note.tell(on_health)
        self._loop = asyncio.get_running_loop()
        self._worker.start()

    def show(self, image: Image.Image, *, for_cameras: bool = False) -> None:
        wanted = self._pixels(image), for_cameras
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self._worker.put(_Frame(image.copy(), for_cameras))
        self._look_for_hang()

    async def close(self, last: Image.Image | None = None) -> None:
        if self._loop is None:
            return
        if last is not None:
            self._pixels(last)
        self._worker.stop(_Frame(last.copy() if last is not None else Image.new("1", (self.width, self.height))))
        try:
            await asyncio.wait_for(self._gone.wait(), self._close_s)
        except TimeoutError:
            _log.warning("display_close_timeout seconds=%s", self._close_s)

    def _pixels(self, image: Image.Image) -> bytes:
        if image.mode != "1" or image.size != (self.width, self.height):
            raise ValueError(f"the panel takes 1-bit images of {self.width}x{self.height}, not {image.mode} of {image.size}")
        return image.tobytes()

    def _look_for_hang(self) -> None:
        since = self._worker.busy_since
        if since is not None and self._clock() - since > STUCK_S:
            self._note.set(Health(Condition.FAILING, "the panel's bus hangs: check its wires, switch it off and on"))

    def _report(self, health: Health) -> None:
        """Called in the worker's thread."""
        self._on_loop(lambda: self._note.set(health))

    def _finished(self) -> None:
        """Called in the worker's thread."""
        self._on_loop(self._gone.set)

    def _on_loop(self, call: Callable[[], None]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                self._loop.call_soon_threadsafe(call)


@dataclass(frozen=True, slots=True)
class _Frame:
    """A picture, and whether a phone is to read it."""

    image: Image.Image
    for_cameras: bool = False


class _Panel:
    """The luma device, set up at the first need, after any error, and when its last set-up is long ago."""

    def __init__(self, settings: DisplaySettings, connect: Callable[[DisplaySettings], Any], clock: Callable[[], float]) -> None:
        self._settings = settings
        self._connect = connect
        self._clock = clock
        self._device: Any = None
        self._set_up_at = 0.0
        self._dimmed = False
        self._says_when_off = False

    @property
    def answers(self) -> bool:
        """As far as is known from the last time that something was written to it."""
        return self._device is not None

    @property
    def can_be_looked_at(self) -> bool:
        """Nothing answers on SPI: a look would find nothing."""
        return self._settings.interface == "i2c"

    def show(self, frame: _Frame | None) -> None:
        """Write a frame; without one, only set up what is not. Raises DeviceError."""
        with self._explained():
            self._write(frame)

    def look(self) -> None:
        """Find out whether the panel is still there, and lit. Raises DeviceError.

        It is told the brightness that it has: three bytes that change nothing, that every kind of panel knows, and that one which is
        away does not acknowledge. One that lost its power and has it again does, but is dark until it is set up: it says so where it
        can be read, in one byte."""
        with self._explained():
            self._device.contrast(self._level)
            if self._says_when_off and is_off(self._settings):
                raise lost_power(self._settings)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Exception as exc:  # a panel never stops a payment, whatever its driver raises
            self.let_go()
            raise panel_error(exc, self._settings) from exc

    def let_go(self) -> None:
        """After an error the panel may be in any state: it is set up from the start the next time."""
        device, self._device = self._device, None
        if device is not None:
            with contextlib.suppress(Exception):
                device.cleanup()

    def _write(self, frame: _Frame | None) -> None:
        if self._device is not None and self._clock() - self._set_up_at > REFRESH_S:
            self.let_go()
        if self._device is None:
            self._set_up()
        if frame is not None:
            image = frame.image
            self._dim(frame.for_cameras)
            self._device.display(image if self._device.mode == "1" else image.convert(self._device.mode))

    def _set_up(self) -> None:
        self._device = self._connect(self._settings)
        self._set_up_at = self._clock()
        self._dimmed = False
        self._says_when_off = self.can_be_looked_at and self._is_read_as_on()

    def _is_read_as_on(self) -> bool:
        """Whether it says that it is on now that it is. Not every copy of a chip can be read, and what it cannot say is not believed."""
        try:
            return not is_off(self._settings)
        except OSError as exc:
            _log.debug("display_not_read error=%s", exc)
            return False

    def _dim(self, wanted: bool) -> None:
        if wanted != self._dimmed:
            self._dimmed = wanted
            self._device.contrast(self._level)

    @property
    def _level(self) -> int:
        return min(DIMMED, self._settings.contrast) if self._dimmed else self._settings.contrast


class _Worker:
    """The thread that alone speaks to the panel. It sleeps until there is an image, or until the next look or attempt is due."""

    def __init__(
        self,
        panel: _Panel,
        clock: Callable[[], float],
        changed: threading.Condition,
        first_pause_s: float,
        report: Callable[[Health], None],
        finished: Callable[[], None],
    ) -> None:
        self._panel = panel
        self._clock = clock
        self._first_pause_s = self._pause_s = first_pause_s
        self._report = report
        self._finished = finished
        self._changed = changed
        self._frame: _Frame | None = None  # the latest wanted
        self._fresh = False  # it has not been shown yet
        self._stopping = False
        self.busy_since: float | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="display", daemon=True).start()

    def put(self, frame: _Frame) -> None:
        with self._changed:
            self._frame, self._fresh = frame, True
            self._changed.notify()

    def stop(self, last: _Frame) -> None:
        """Show `last` if the panel answers, let go of it, end."""
        with self._changed:
            self._frame, self._fresh, self._stopping = last, True, True
            self._changed.notify()

    def _run(self) -> None:
        self._show(None)  # find out how the panel is before there is anything to show
        while self._wait():
            self._show(self._take()) if self._is_due() else self._attempt(self._panel.look)
        if self._panel.answers:
            self._show(self._take())
        self._panel.let_go()
        self._finished()

    def _wait(self) -> bool:
        """Until there is something to do; False when stopping. A panel that is away waits out its pause, whatever is to be shown."""
        with self._changed:
            if self._panel.answers:
                self._changed.wait_for(lambda: self._fresh or self._stopping, LOOK_S if self._panel.can_be_looked_at else None)
            else:
                self._changed.wait_for(lambda: self._stopping, self._pause_s)
                self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
            return not self._stopping

    def _is_due(self) -> bool:
        """Whether a frame is to be written: a new one, or the latest again to a panel that comes back."""
        with self._changed:
            return self._fresh or not self._panel.answers

    def _take(self) -> _Frame | None:
        """The latest frame, shown already or not: a panel that comes back needs it again."""
        with self._changed:
            self._fresh = False
            return self._frame

    def _show(self, frame: _Frame | None) -> None:
        if self._attempt(lambda: self._panel.show(frame)):
            self._pause_s = self._first_pause_s
            self._report(OK)

    def _attempt(self, speak: Callable[[], None]) -> bool:
        """Whether the panel answered. That a look found nothing is no news, and wakes nobody."""
        self.busy_since = self._clock()
        try:
            speak()
        except DeviceError as exc:
            self._report(exc.health)
            return False
        finally:
            self.busy_since = None
        return True
