"""One OLED panel through luma.oled, as its thread sees it: set up when that is due, written to, looked at. All of it blocks."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image

from hw.luma_panel import is_off, lost_power, panel_error
from hw.panel_writing import Writer, writer_for
from hw.settings import DisplaySettings

_log = logging.getLogger(__name__)

# A panel that lost its power and got it back is dark until it is set up again, and its bus reports nothing. A dot that a disturbed bus
# set wrong stays until something else is written there; setting up writes everything.
REFRESH_S = 60.0
DIMMED = 0x20  # of 255, for a phone to read; within 0x10-0x40 bloom disappears and exposures grow past one refresh (facts 4.4)


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture, and whether a phone is to read it."""

    image: Image.Image
    for_cameras: bool = False


class Panel:
    """The luma device, set up at the first need, after any error, and when its last set-up is long ago."""

    def __init__(self, settings: DisplaySettings, connect: Callable[[DisplaySettings], Any], clock: Callable[[], float]) -> None:
        self._settings = settings
        self._connect = connect
        self._clock = clock
        self._device: Any = None
        self._writer: Writer  # of this device, and so new with it: it knows what the device shows
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

    def show(self, frame: Frame | None) -> None:
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

    def _write(self, frame: Frame | None) -> None:
        if self._device is not None and self._clock() - self._set_up_at > REFRESH_S:
            self.let_go()
        if self._device is None:
            self._set_up()
        if frame is not None:
            self._dim(frame.for_cameras)
            self._writer.write(frame.image)

    def _set_up(self) -> None:
        self._device = self._connect(self._settings)
        self._writer = writer_for(self._device, self._settings.kind)
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
