"""[tills.NAME] kind = "pulse", output = "gpio": credit pulses on a pin, an inhibit input and product buttons on others.

Pins are taken through libgpiod only: of a process that dies the kernel takes them back, and the line is at rest again. RPi.GPIO would
leave it as it was, in the middle of a pulse. Pulses are made in a thread of their own; the inputs are looked at 20 times a second, as
edge detection is not to be had on every kernel (`hw.gpio_button`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from hw.gpio import RETRY_S, Pins
from hw.gpio_lines import load_lines
from hw.health import HealthNote
from hw.interfaces import Health, HealthListener, Pulse, PulseEnd
from hw.pulse_shape import Watch, give
from hw.settings import PulseSettings

LOOK_S = 0.05  # contacts bounce for less than that, so two equal looks are a level


class GpioPulses:
    """The credit line of the till called `name`. The pins are set up at rest."""

    def __init__(
        self, name: str, settings: PulseSettings, *, gpio: Any = None, retry_s: float = RETRY_S, watch: Watch | None = None
    ) -> None:
        assert settings.pin is not None
        self._pin = settings.pin
        self._settings = settings
        self._watch = watch or Watch()
        self._inputs = [*([] if settings.inhibit_pin is None else [settings.inhibit_pin]), *settings.choice_pins]
        self._steady: dict[int, bool] = {}  # the level of each input, once two looks were equal
        self._looked: dict[int, bool] = {}  # at the last look
        self._timer: asyncio.Handle | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pulses")
        self._tell_inhibit: Callable[[], None] = lambda: None
        self._tell_choice: Callable[[int], None] = lambda _pin: None
        self._tell_health: HealthListener = lambda _health: None
        pins = [self._pin, *self._inputs]
        self._pins = Pins(HealthNote(name), pins, self._set_up, self._let_go, gpio, retry_s, (load_lines,))

    @property
    def health(self) -> Health:
        return self._pins.health

    @property
    def inhibited(self) -> bool:
        pin = self._settings.inhibit_pin
        if not self._pins.taken:
            return True
        return pin is not None and self._steady.get(pin) in (None, not self._settings.inhibit_active_low)

    def listen(self, on_inhibit: Callable[[], None], on_choice: Callable[[int], None], on_health: HealthListener) -> None:
        self._tell_inhibit, self._tell_choice, self._tell_health = on_inhibit, on_choice, on_health

    def open(self) -> None:
        self._pins.open(self._tell_health)

    async def pulse(self) -> Pulse:
        gpio = self._pins.module
        if gpio is None:
            return Pulse(PulseEnd.NOT_GIVEN, self.health.detail)
        work = partial(give, partial(self._switch, gpio), self._settings.on_ms, self._settings.off_ms, self._watch)
        pulse = await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, work))
        if pulse.end is not PulseEnd.GIVEN and self._pins.module is gpio:
            self._pins.use(lambda gpio: self._switch(gpio, False))  # where the pin is gone, that is known by now
        return pulse

    def close(self) -> None:
        self._thread.shutdown(wait=True)  # a pulse under way is carried out: a fraction of a second
        self._pins.close()

    def _switch(self, gpio: Any, active: bool) -> None:
        gpio.output(self._pin, self._level(gpio, active))

    def _level(self, gpio: Any, active: bool) -> int:
        level: int = gpio.HIGH if active != self._settings.active_low else gpio.LOW
        return level

    def _set_up(self, gpio: Any) -> None:
        gpio.setup(self._pin, gpio.OUT, initial=self._level(gpio, False))
        for pin in self._inputs:
            gpio.setup(pin, gpio.IN, pull_up_down=gpio.PUD_UP)  # an open input of the machine is high; so is a button's
        self._steady.clear()
        self._looked.clear()
        if self._inputs:
            self._timer = asyncio.get_running_loop().call_soon(self._look)
        else:
            asyncio.get_running_loop().call_soon(self._tell_inhibit)

    def _let_go(self, gpio: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._steady.clear()
        asyncio.get_running_loop().call_soon(self._tell_inhibit)
        gpio.output(self._pin, self._level(gpio, False))

    # -- the inputs --

    def _look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_S, self._look)
        self._pins.use(self._look_at_all)

    def _look_at_all(self, gpio: Any) -> None:
        for pin in self._inputs:
            level = bool(gpio.input(pin))
            if level == self._looked.get(pin) and level != self._steady.get(pin):
                before, self._steady[pin] = self._steady.get(pin), level
                self._tell(pin, before, level)
            self._looked[pin] = level

    def _tell(self, pin: int, before: bool | None, level: bool) -> None:
        """Not within `use`: what a listener raises is not the pin's. A button that is down from the beginning was not pressed."""
        loop = asyncio.get_running_loop()
        if pin == self._settings.inhibit_pin:
            loop.call_soon(self._tell_inhibit)
        elif before is True and not level:
            loop.call_soon(self._tell_choice, pin)
