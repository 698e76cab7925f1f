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
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image

from hw.errors import DeviceError
from hw.health import OK, HealthNote
from hw.interfaces import Condition, Health, HealthListener
from hw.luma_panel import open_panel, panel_error
from hw.settings import DisplaySettings

_log = logging.getLogger(__name__)

REFRESH_S = 60.0  # a panel that lost its power and got it back is dark until it is set up again, and its bus reports nothing
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0  # between attempts to reach a panel that does not answer
DIMMED = 0x20  # of 255, for a phone to read; within 0x10-0x40 bloom disappears and exposures grow past one refresh (facts 4.4)
CLOSE_S = 2.0  # a hanging bus is left behind after that
STUCK_S = 5.0  # one frame takes a tenth of a second at most


class LumaDisplay:
    """One panel. `connect` opens it and may block or raise; the device has luma's `mode`, `display(image)` and `cleanup()`."""

    def __init__(
        self,
        settings: DisplaySettings,
        *,
        connect: Callable[[DisplaySettings], Any] = open_panel,
        clock: Callable[[], float] = time.monotonic,
        first_pause_s: float = FIRST_PAUSE_S,
        close_s: float = CLOSE_S,
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
        panel = _Panel(lambda: connect(settings), lambda exc: panel_error(exc, settings), clock, settings.contrast)
        self._worker = _Worker(panel, clock, first_pause_s, self._report, self._finished)

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

    def __init__(
        self, connect: Callable[[], Any], explain: Callable[[Exception], DeviceError], clock: Callable[[], float], contrast: int
    ) -> None:
        self._contrast = contrast
        self._dimmed = False
        self._connect = connect
        self._explain = explain
        self._clock = clock
        self._device: Any = None
        self._set_up_at = 0.0

    @property
    def answers(self) -> bool:
        """As far as is known from the last time that something was written to it."""
        return self._device is not None

    def show(self, frame: _Frame | None) -> None:
        """Write a frame; without one, only set up what is not. Raises DeviceError."""
        try:
            self._write(frame)
        except Exception as exc:  # a panel never stops a payment, whatever its driver raises
            self.let_go()
            raise self._explain(exc) from exc

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
            self._device = self._connect()
            self._set_up_at = self._clock()
            self._dimmed = False
        if frame is not None:
            image = frame.image
            self._dim(frame.for_cameras)
            self._device.display(image if self._device.mode == "1" else image.convert(self._device.mode))

    def _dim(self, wanted: bool) -> None:
        if wanted != self._dimmed:
            self._device.contrast(min(DIMMED, self._contrast) if wanted else self._contrast)
            self._dimmed = wanted


class _Worker:
    """The thread that alone speaks to the panel. It sleeps until there is an image, or until the next attempt is due."""

    def __init__(
        self,
        panel: _Panel,
        clock: Callable[[], float],
        first_pause_s: float,
        report: Callable[[Health], None],
        finished: Callable[[], None],
    ) -> None:
        self._panel = panel
        self._clock = clock
        self._first_pause_s = self._pause_s = first_pause_s
        self._report = report
        self._finished = finished
        self._changed = threading.Condition()
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
        self._attempt(None)  # find out how the panel is before there is anything to show
        while self._wait():
            self._attempt(self._take())
        if self._panel.answers:
            self._attempt(self._take())
        self._panel.let_go()
        self._finished()

    def _wait(self) -> bool:
        """Until there is something to do; False when stopping. A panel that is away waits out its pause, whatever is to be shown."""
        with self._changed:
            if self._panel.answers:
                self._changed.wait_for(lambda: self._fresh or self._stopping)
            else:
                self._changed.wait_for(lambda: self._stopping, self._pause_s)
                self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
            return not self._stopping

    def _take(self) -> _Frame | None:
        """The latest frame, shown already or not: a panel that comes back needs it again."""
        with self._changed:
            self._fresh = False
            return self._frame

    def _attempt(self, frame: _Frame | None) -> None:
        self.busy_since = self._clock()
        try:
            self._panel.show(frame)
        except DeviceError as exc:
            self._report(exc.health)
        else:
            self._pause_s = self._first_pause_s
            self._report(OK)
        finally:
            self.busy_since = None
