"""[display] kind = any of `hw.factory.display_kinds()`: an OLED panel through luma.oled, on I2C or SPI.

Writing a frame takes 23 to 92 ms on I2C, and a stuck bus holds its caller for seconds. So one thread per panel does all of it, the
import of luma included, and takes the latest image from a slot; the event loop only ever puts an image there.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from PIL import Image

from hw.errors import DeviceError, DeviceFailing, DeviceMissing, device_error
from hw.health import OK, HealthNote
from hw.interfaces import Condition, Health, HealthListener
from hw.settings import DisplaySettings

_log = logging.getLogger(__name__)

REFRESH_S = 60.0  # a panel that lost its power and got it back is dark until it is set up again, and its bus reports nothing
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0  # between attempts to reach a panel that does not answer
CLOSE_S = 2.0  # a hanging bus is left behind after that
STUCK_S = 5.0  # one frame takes a tenth of a second at most

_SET_UP_SLOW = frozenset({"ssd1306", "ssd1309"})
_FASTEST_CLOCK = (0xD5, 0xF0)  # the panel redraws 130 times a second instead of 87: a phone's short exposure then sees a whole QR code


def open_panel(settings: DisplaySettings) -> Any:
    """The luma device, set up and blank. Raises DeviceError; leaves nothing open when it does."""
    try:
        import luma.oled
        import luma.oled.device
        from luma.core.error import DeviceNotFoundError, DevicePermissionError, Error
    except ImportError as exc:
        raise DeviceFailing(f"luma.oled is not installed (package python3-luma.oled): {exc}") from exc
    make = getattr(luma.oled.device, settings.kind, None)
    if make is None:
        raise DeviceFailing(f"luma.oled {luma.oled.__version__} does not know the panel {settings.kind}: a newer one may")
    try:
        return _set_up(make, settings)
    except DeviceNotFoundError as exc:
        raise DeviceMissing(f"{_where(settings)} does not answer: {exc}") from exc
    except DevicePermissionError as exc:
        raise DeviceFailing(f"no permission for {_where(settings)}: the box's user must be in the group {settings.interface}") from exc
    except Error as exc:
        raise DeviceFailing(f"{_where(settings)}: {exc}") from exc


def _set_up(make: Callable[..., Any], settings: DisplaySettings) -> Any:
    bus = _open_bus(settings)
    try:
        # mode "1": greyscale panels then take two levels; 1-bit panels ignore it, colour panels have no such mode
        panel = make(bus, width=settings.width, height=settings.height, rotate=settings.rotate, mode="1")
        panel.persist = True  # what was shown last stays when the program ends
        if settings.kind in _SET_UP_SLOW:
            panel.command(*_FASTEST_CLOCK)
        panel.contrast(settings.contrast)
    except BaseException:
        with contextlib.suppress(Exception):
            bus.cleanup()
        raise
    finally:
        _unhook()
    return panel


def _open_bus(settings: DisplaySettings) -> Any:
    """luma opens I2C itself, as it then sends a frame in one transfer instead of 32 bytes at a time."""
    from luma.core.interface import serial

    if settings.interface == "spi":
        return serial.spi(port=settings.bus, device=settings.address if settings.address in {0, 1} else 0)
    return serial.i2c(port=settings.bus, address=settings.address)


def _where(settings: DisplaySettings) -> str:
    if settings.interface == "spi":
        return f"the panel on SPI bus {settings.bus}"
    return f"the panel at address 0x{settings.address:02X} on /dev/i2c-{settings.bus}"


class _LumaHook:
    """Equal to every hook that luma leaves with `atexit`."""

    def __eq__(self, other: object) -> bool:
        return getattr(other, "__module__", None) == "luma.core.device"

    def __hash__(self) -> int:
        return 0


def _unhook() -> None:
    """luma registers a hook for each device object, so also for each failed attempt, which keeps that object alive for ever."""
    hook: Any = _LumaHook()
    atexit.unregister(hook)


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
        self._wanted: bytes | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gone = asyncio.Event()
        self._worker = _Worker(lambda: connect(settings), clock, first_pause_s, self._report, self._finished)

    @property
    def health(self) -> Health:
        return self._note.health

    def open(self, on_health: HealthListener) -> None:
        self._note.tell(on_health)
        self._loop = asyncio.get_running_loop()
        self._worker.start()

    def show(self, image: Image.Image) -> None:
        pixels = self._pixels(image)
        if pixels == self._wanted:
            return
        self._wanted = pixels
        self._worker.put(image.copy())
        self._look_for_hang()

    async def close(self, last: Image.Image | None = None) -> None:
        if self._loop is None:
            return
        if last is not None:
            self._pixels(last)
        self._worker.stop(last.copy() if last is not None else Image.new("1", (self.width, self.height)))
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
    """The thread that alone speaks to the panel. It sleeps until there is an image, or until the next attempt is due."""

    def __init__(
        self,
        connect: Callable[[], Any],
        clock: Callable[[], float],
        first_pause_s: float,
        report: Callable[[Health], None],
        finished: Callable[[], None],
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._first_pause_s = self._pause_s = first_pause_s
        self._report = report
        self._finished = finished
        self._changed = threading.Condition()
        self._image: Image.Image | None = None  # the latest wanted
        self._fresh = False  # it has not been shown yet
        self._stopping = False
        self._panel: Any = None
        self._set_up_at = 0.0
        self.busy_since: float | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="display", daemon=True).start()

    def put(self, image: Image.Image) -> None:
        with self._changed:
            self._image, self._fresh = image, True
            self._changed.notify()

    def stop(self, last: Image.Image) -> None:
        """Show `last` if the panel answers, let go of it, end."""
        with self._changed:
            self._image, self._fresh, self._stopping = last, True, True
            self._changed.notify()

    def _run(self) -> None:
        self._attempt(None)  # find out how the panel is before there is anything to show
        while self._wait():
            self._attempt(self._take())
        if self._panel is not None:
            self._attempt(self._take())
        self._let_go()
        self._finished()

    def _wait(self) -> bool:
        """Until there is something to do; False when stopping. A panel that is away waits out its pause, whatever is to be shown."""
        with self._changed:
            if self._panel is not None:
                self._changed.wait_for(lambda: self._fresh or self._stopping)
            else:
                self._changed.wait_for(lambda: self._stopping, self._pause_s)
                self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
            return not self._stopping

    def _take(self) -> Image.Image | None:
        """The latest image, shown already or not: a panel that comes back needs it again."""
        with self._changed:
            self._fresh = False
            return self._image

    def _attempt(self, image: Image.Image | None) -> None:
        self.busy_since = self._clock()
        try:
            self._show(image)
        except DeviceError as exc:
            self._let_go()
            self._report(exc.health)
        except Exception as exc:  # noqa: BLE001 - a panel never stops a payment, whatever its driver raises
            self._let_go()
            self._report(device_error(exc, "the panel").health)
        else:
            self._pause_s = self._first_pause_s
            self._report(OK)
        finally:
            self.busy_since = None

    def _show(self, image: Image.Image | None) -> None:
        if self._panel is not None and self._clock() - self._set_up_at > REFRESH_S:
            self._let_go()
        if self._panel is None:
            self._panel = self._connect()
            self._set_up_at = self._clock()
        if image is not None:
            self._panel.display(image if self._panel.mode == "1" else image.convert(self._panel.mode))

    def _let_go(self) -> None:
        """After any error the panel may be in any state: it is set up from the start the next time."""
        panel, self._panel = self._panel, None
        if panel is not None:
            with contextlib.suppress(Exception):
                panel.cleanup()
