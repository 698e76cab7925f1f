"""Pins through the kernel's own interface (/dev/gpiochip…) and libgpiod, as far as the box uses RPi.GPIO's, in RPi.GPIO's words.

It needs no more than the group gpio, works on every kernel and every Pi, and stands in where RPi.GPIO cannot: without /dev/gpiomem,
on a Pi 5, on Debian's own kernel. What it lacks is a square wave, so a passive buzzer needs RPi.GPIO or rpi-lgpio.

Debian 12 has libgpiod 1.6, Debian 13 and PyPI have 2.x: two interfaces under one name (hardware facts 5.1). Both are spoken here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from hw.errors import DeviceFailing, device_error
from hw.gpio_chips import header_chip

GROUP = "gpio"
CONSUMER = "tillbox"  # what `gpioinfo` shows as the user of a line


class Line(Protocol):
    """One requested line of a chip."""

    def get(self) -> int: ...
    def set(self, level: int) -> None: ...
    def release(self) -> None: ...


Request = Callable[[str, int, int | None, int], Line]
"""Asks a chip (path) for a line (number): an output that begins at a level, or, with None, an input with a pull of -1, 0 or 1.
Raises OSError."""


def load_lines(find: Callable[[], Path] | None = None) -> Any:
    """The pin header, with RPi.GPIO's calls. Raises DeviceError without the library, or without a chip that may be asked."""
    try:
        import gpiod
    except ImportError as exc:
        raise DeviceFailing("no libgpiod: install python3-libgpiod (or gpiod from PyPI)") from exc
    try:
        chip = (find or header_chip)()
    except OSError as exc:
        raise device_error(exc, "a GPIO chip of a Pi's pin header", GROUP) from exc
    return GpioLines(str(chip), _request_2 if hasattr(gpiod, "request_lines") else _request_1)


class GpioLines:
    """The calls and constants of RPi.GPIO that the box uses, over lines of one chip. Numbers are the chip's: on a Pi's header, BCM."""

    BCM = 11
    OUT, IN = 0, 1
    HIGH, LOW = 1, 0
    PUD_OFF, PUD_DOWN, PUD_UP = 20, 21, 22

    def __init__(self, chip: str, request: Request) -> None:
        self._chip = chip
        self._request = request
        self._lines: dict[int, Line] = {}

    def setwarnings(self, _wanted: bool) -> None:
        """There are none: the kernel refuses a line that somebody else has."""

    def setmode(self, mode: int) -> None:
        if mode != self.BCM:
            raise ValueError("lines of a chip have BCM numbers only")

    def setup(self, number: int, direction: int, initial: int = LOW, pull_up_down: int = PUD_OFF) -> None:
        """Take a line. Raises OSError: busy, forbidden, no such line."""
        self.cleanup([number])
        pull = {self.PUD_DOWN: -1, self.PUD_UP: 1}.get(pull_up_down, 0)
        self._lines[number] = self._request(self._chip, number, initial if direction == self.OUT else None, pull)

    def output(self, number: int, level: int) -> None:
        self._taken(number).set(level)

    def input(self, number: int) -> int:
        return self._taken(number).get()

    def cleanup(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            line = self._lines.pop(number, None)
            if line is not None:
                with contextlib.suppress(OSError):
                    line.release()

    def PWM(self, _number: int, _hz: float) -> Any:  # noqa: N802 - RPi.GPIO spells it so
        raise DeviceFailing("a passive buzzer needs RPi.GPIO: install python3-rpi-lgpio (libgpiod makes no square wave)")

    def _taken(self, number: int) -> Line:
        line = self._lines.get(number)
        if line is None:
            raise RuntimeError(f"line {number} was not set up")
        return line


class _Line1:
    """A line of libgpiod 1.6."""

    def __init__(self, chip: Any, line: Any) -> None:
        self._chip, self._line = chip, line

    def get(self) -> int:
        level: int = self._line.get_value()
        return level

    def set(self, level: int) -> None:
        self._line.set_value(level)

    def release(self) -> None:
        self._line.release()
        self._chip.close()


def _request_1(path: str, number: int, level: int | None, pull: int) -> Line:
    import gpiod

    chip = gpiod.Chip(path, gpiod.Chip.OPEN_BY_PATH)
    try:
        line = chip.get_line(number)
        if level is not None:
            line.request(consumer=CONSUMER, type=gpiod.LINE_REQ_DIR_OUT, default_vals=[level])
        else:
            flags = {-1: gpiod.LINE_REQ_FLAG_BIAS_PULL_DOWN, 1: gpiod.LINE_REQ_FLAG_BIAS_PULL_UP}.get(pull, 0)
            line.request(consumer=CONSUMER, type=gpiod.LINE_REQ_DIR_IN, flags=flags)
    except BaseException:
        chip.close()
        raise
    return _Line1(chip, line)


class _Line2:
    """A line of libgpiod 2."""

    def __init__(self, request: Any, number: int, levels: Any) -> None:
        self._request, self._number, self._levels = request, number, levels

    def get(self) -> int:
        return int(self._request.get_value(self._number) == self._levels.ACTIVE)

    def set(self, level: int) -> None:
        self._request.set_value(self._number, self._levels.ACTIVE if level else self._levels.INACTIVE)

    def release(self) -> None:
        self._request.release()


def _request_2(path: str, number: int, level: int | None, pull: int) -> Line:
    import gpiod
    from gpiod.line import Bias, Direction, Value

    if level is not None:
        settings = gpiod.LineSettings(direction=Direction.OUTPUT, output_value=Value.ACTIVE if level else Value.INACTIVE)
    else:
        bias = {-1: Bias.PULL_DOWN, 1: Bias.PULL_UP}.get(pull, Bias.AS_IS)
        settings = gpiod.LineSettings(direction=Direction.INPUT, bias=bias)
    return _Line2(gpiod.request_lines(path, consumer=CONSUMER, config={number: settings}), number, Value)
