"""[buzzer] kind = "gpio": an active buzzer (sounds while its pin is high) or a passive one (needs the tone's own square wave)."""

from __future__ import annotations

import asyncio
from typing import Any

from hw.gpio import RETRY_S, Pins
from hw.health import HealthNote
from hw.interfaces import Health, HealthListener, Tone

_DUTY = 50  # percent: the loudest
_ANY_HZ = 1000  # PWM wants a frequency when it is made; each tone then sets its own


class GpioBuzzer:
    """A buzzer on one BCM pin. What is asked for while the pin is not ours is not made up for later."""

    def __init__(self, pin: int, *, passive: bool = False, gpio: Any = None, retry_s: float = RETRY_S) -> None:
        self._pin = pin
        self._passive = passive
        self._pwm: Any = None
        self._timer: asyncio.TimerHandle | None = None
        self._gpio = Pins(HealthNote("buzzer"), [pin], self._set_up, self._let_go, gpio, retry_s)

    @property
    def health(self) -> Health:
        return self._gpio.health

    def open(self, on_health: HealthListener) -> None:
        self._gpio.open(on_health)

    def play(self, tones: tuple[Tone, ...]) -> None:
        self._break_off()
        if self._gpio.taken:
            self._next(tones, asyncio.get_running_loop().time())

    def close(self) -> None:
        self._gpio.close()

    def _set_up(self, gpio: Any) -> None:
        gpio.setup(self._pin, gpio.OUT, initial=gpio.LOW)
        self._pwm = gpio.PWM(self._pin, _ANY_HZ) if self._passive else None

    def _let_go(self, gpio: Any) -> None:
        self._break_off()
        try:
            self._sound(gpio, 0)
        finally:
            self._pwm = None  # it holds the pin until it is gone

    def _next(self, tones: tuple[Tone, ...], due: float) -> None:
        """The first of `tones` is due now; after the last comes silence."""
        self._timer = None
        hz = tones[0].hz if tones else 0
        if tones:
            end = due + tones[0].ms / 1000
            self._timer = asyncio.get_running_loop().call_at(end, self._next, tones[1:], end)
        self._gpio.use(lambda gpio: self._sound(gpio, hz))

    def _break_off(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _sound(self, gpio: Any, hz: int) -> None:
        if self._pwm is None:
            gpio.output(self._pin, gpio.HIGH if hz else gpio.LOW)
        elif hz:
            self._pwm.ChangeFrequency(hz)
            self._pwm.start(_DUTY)
        else:
            self._pwm.stop()
            gpio.output(self._pin, gpio.LOW)
