"""[display] kind = any of `hw.factory.display_kinds()`: an OLED panel through luma.oled, on I2C or SPI.

Writing a whole picture takes 23 to 92 ms on I2C, and a stuck bus holds its caller for seconds. So one thread per panel does all of it,
the import of luma included, and takes the latest image from a slot; the event loop only ever puts an image there. The thread speaks to
`hw.panel`, which sends what changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from PIL import Image

from hw.errors import DeviceError
from hw.health import OK, HealthNote
from hw.interfaces import Condition, Health, HealthListener
from hw.luma_panel import open_panel
from hw.panel import Frame, Panel
from hw.settings import DisplaySettings

_log = logging.getLogger(__name__)

LOOK_S = 10.0  # between looks at a panel that has nothing new to show: sooner than anybody calls for help, and six wake-ups a minute
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0  # between attempts to reach a panel that does not answer
CLOSE_S = 2.0  # a hanging bus is left behind after that
STUCK_S = 5.0  # a whole picture takes a tenth of a second at most


class LumaDisplay:
    """One panel. `connect` opens it and may block or raise; the device is one of luma's, or has its `mode`, `display(image)`,
    `contrast(level)` and `cleanup()`. `condition` makes what its thread waits on."""

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
        panel = Panel(settings, connect, clock)
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
        self._worker.put(Frame(image.copy(), for_cameras))
        self._look_for_hang()

    async def close(self, last: Image.Image | None = None) -> None:
        if self._loop is None:
            return
        if last is not None:
            self._pixels(last)
        self._worker.stop(Frame(last.copy() if last is not None else Image.new("1", (self.width, self.height))))
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


class _Worker:
    """The thread that alone speaks to the panel. It sleeps until there is an image, or until the next look or attempt is due."""

    def __init__(
        self,
        panel: Panel,
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
        self._frame: Frame | None = None  # the latest wanted
        self._fresh = False  # it has not been shown yet
        self._stopping = False
        self.busy_since: float | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="display", daemon=True).start()

    def put(self, frame: Frame) -> None:
        with self._changed:
            self._frame, self._fresh = frame, True
            self._changed.notify()

    def stop(self, last: Frame) -> None:
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

    def _take(self) -> Frame | None:
        """The latest frame, shown already or not: a panel that comes back needs it again."""
        with self._changed:
            self._fresh = False
            return self._frame

    def _show(self, frame: Frame | None) -> None:
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
