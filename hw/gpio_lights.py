"""[lights] kind = "gpio": three lights, each on a pin of its own."""

from __future__ import annotations

import asyncio
from typing import Any

from hw.gpio import RETRY_S, Pins
from hw.health import HealthNote
from hw.interfaces import LIGHTS, Health, HealthListener, Pattern

HALF_S = {Pattern.SLOW: 0.5, Pattern.FAST: 0.125}  # how long a blinking light stays on, and then off


class GpioLights:
    """Lights on BCM pins by name; a light without a pin is not there. `active_high`: a high level lights them.

    A steady light has no timer, so an idle box does not wake for it. Blinking counts from its start, so it does not drift.
    """

    def __init__(self, pins: dict[str, int | None], *, active_high: bool = True, gpio: Any = None, retry_s: float = RETRY_S) -> None:
        self._pins = {name: pin for name, pin in pins.items() if pin is not None}
        self._active_high = active_high
        self._patterns = dict.fromkeys(LIGHTS, Pattern.OFF)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._gpio = Pins(HealthNote("lights"), self._pins.values(), self._set_up, self._let_go, gpio, retry_s)

    @property
    def health(self) -> Health:
        return self._gpio.health

    def open(self, on_health: HealthListener) -> None:
        self._gpio.open(on_health)

    def set(self, patterns: dict[str, Pattern]) -> None:
        for name in LIGHTS:
            if patterns[name] is not self._patterns[name]:
                self._patterns[name] = patterns[name]
                self._begin(name)

    def close(self) -> None:
        self._gpio.close()

    def _set_up(self, gpio: Any) -> None:
        for pin in self._pins.values():
            gpio.setup(pin, gpio.OUT, initial=self._level(gpio, False))
        for name in self._pins:
            self._begin(name)

    def _let_go(self, gpio: Any) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for pin in self._pins.values():
            gpio.output(pin, self._level(gpio, False))

    def _begin(self, name: str) -> None:
        """Start the light's pattern from its beginning."""
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
        pattern = self._patterns[name]
        if pattern in HALF_S and name in self._pins and self._gpio.taken:
            self._blink(name, HALF_S[pattern], asyncio.get_running_loop().time(), True)
        else:
            self._light(name, pattern is not Pattern.OFF)

    def _blink(self, name: str, half_s: float, due: float, lit: bool) -> None:
        """Due now. What a late loop missed is skipped, not made up for."""
        loop = asyncio.get_running_loop()
        missed = int((loop.time() - due) / half_s)
        lit ^= missed % 2 == 1
        due += (missed + 1) * half_s
        self._timers[name] = loop.call_at(due, self._blink, name, half_s, due, not lit)
        self._light(name, lit)

    def _light(self, name: str, lit: bool) -> None:
        if name in self._pins:
            self._gpio.use(lambda gpio: gpio.output(self._pins[name], self._level(gpio, lit)))

    def _level(self, gpio: Any, lit: bool) -> int:
        level: int = gpio.HIGH if lit == self._active_high else gpio.LOW
        return level
