"""[button] kind = "gpio": a push button between a pin and ground (or the supply, with `active_low = false`).

It is looked at 20 times a second, and only while wanted: edge detection is broken in RPi.GPIO on kernels from 6.6 on, and a person's
press lasts longer than two looks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hw.gpio import RETRY_S, Pins
from hw.health import HealthNote
from hw.interfaces import Health, HealthListener

LOOK_S = 0.05  # contacts bounce for less than that, so two equal looks are a press or a release


class GpioButton:
    """A button on one BCM pin, with the Pi's own pull resistor. One press is told once, however long it lasts.

    A button that is down when the watch begins does not count until it was let go and pressed again.
    """

    def __init__(self, pin: int, *, active_low: bool = True, gpio: Any = None, retry_s: float = RETRY_S) -> None:
        self._pin = pin
        self._active_low = active_low
        self._watched = False
        self._timer: asyncio.Handle | None = None
        self._on_press: Callable[[], None] | None = None
        self._ready = False  # seen up, so the next press counts
        self._looked_down = True  # at the last look
        self._gpio = Pins(HealthNote("button"), [pin], self._set_up, self._let_go, gpio, retry_s)

    @property
    def health(self) -> Health:
        return self._gpio.health

    def open(self, on_press: Callable[[], None], on_health: HealthListener) -> None:
        self._on_press = on_press
        self._gpio.open(on_health)

    def watch(self, wanted: bool) -> None:
        if wanted == self._watched:
            return
        self._watched = wanted
        self._stop_looking()
        if wanted and self._gpio.taken:
            self._start_looking()

    def close(self) -> None:
        self._watched = False
        self._gpio.close()

    def _set_up(self, gpio: Any) -> None:
        gpio.setup(self._pin, gpio.IN, pull_up_down=gpio.PUD_UP if self._active_low else gpio.PUD_DOWN)
        if self._watched:
            self._start_looking()

    def _let_go(self, _gpio: Any) -> None:
        self._stop_looking()

    def _start_looking(self) -> None:
        self._ready, self._looked_down = False, True
        self._timer = asyncio.get_running_loop().call_soon(self._look)

    def _stop_looking(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_S, self._look)
        self._gpio.use(self._read)

    def _read(self, gpio: Any) -> None:
        down = bool(gpio.input(self._pin)) != self._active_low
        steady = down == self._looked_down
        self._looked_down = down
        if steady and not down:
            self._ready = True
        elif steady and self._ready:
            self._ready = False
            asyncio.get_running_loop().call_soon(self._press)  # not within use(): what the listener raises is not the pin's

    def _press(self) -> None:
        if self._on_press is not None and self._watched:
            self._on_press()
