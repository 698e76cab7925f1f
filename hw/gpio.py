"""Pins of the Raspberry Pi, through the interface of RPi.GPIO: by that package up to the Pi 4, by rpi-lgpio on all and on new kernels,
or by libgpiod (`hw.gpio_lines`) where neither is there or works.

Pins are named by their BCM numbers. A part takes its own pins and gives only those back; lights, buzzer, button and an SPI panel
share the one module.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from hw.errors import DeviceError, DeviceFailing
from hw.gpio_lines import GROUP, load_lines
from hw.health import OK, HealthNote
from hw.interfaces import Health, HealthListener

_log = logging.getLogger(__name__)

RETRY_S = 5.0


def load_rpi() -> Any:
    """The RPi.GPIO module. Raises DeviceFailing where there is none, or where it does not know the machine."""
    try:
        from RPi import GPIO
    except ImportError as exc:
        raise DeviceFailing("no RPi.GPIO: install python3-rpi-lgpio (or rpi-lgpio from PyPI)") from exc
    except RuntimeError as exc:
        raise DeviceFailing(f"RPi.GPIO: {exc} (a Pi 5 or a kernel from 6.6 on needs rpi-lgpio in its place)") from exc
    return GPIO


class Pins:
    """Some pins of one part: taken, kept, and taken again `retry_s` after anything went wrong.

    `set_up(gpio)` takes them and leaves them at a safe level; `let_go(gpio)` ends what the part does with them. Whatever either
    raises ends in `note`. Without a module given, each attempt tries those of `loads`: RPi.GPIO, then libgpiod.
    """

    def __init__(
        self,
        note: HealthNote,
        numbers: Iterable[int],
        set_up: Callable[[Any], None],
        let_go: Callable[[Any], None],
        module: Any = None,
        retry_s: float = RETRY_S,
        loads: Sequence[Callable[[], Any]] = (load_rpi, load_lines),
    ) -> None:
        self._note = note
        self._numbers = list(numbers)
        self._set_up = set_up
        self._let_go = let_go
        self._loads = loads if module is None else (lambda: module,)
        self._retry_s = retry_s
        self._gpio: Any = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def health(self) -> Health:
        return self._note.health

    @property
    def taken(self) -> bool:
        return self._gpio is not None

    @property
    def module(self) -> Any:
        """What the pins were taken through; None while they are not."""
        return self._gpio

    def open(self, on_health: HealthListener) -> None:
        self._note.tell(on_health)
        self._take()

    def use(self, act: Callable[[Any], None]) -> None:
        """Do something with the pins, if we have them. What goes wrong is for `note`, and for another attempt later."""
        if self._gpio is None:
            return
        try:
            act(self._gpio)
        except Exception as exc:  # noqa: BLE001 - RPi.GPIO, lgpio and the kernel each have errors of their own
            self._give_back()
            self._fail(exc)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._give_back()

    def _take(self) -> None:
        """By the first library that can. RPi.GPIO may load and still not have the pins: without /dev/gpiomem it needs root."""
        self._timer = None
        troubles: list[Exception] = []
        for load in self._loads:
            try:
                self._take_by(load())
            except Exception as exc:  # noqa: BLE001 - see use()
                self._give_back(logging.DEBUG)  # what was never had cannot be silenced, and that is no news
                troubles.append(exc)
            else:
                return
        self._fail(*troubles)

    def _take_by(self, gpio: Any) -> None:
        gpio.setwarnings(False)  # it warns of pins that a crashed run before us left set up
        gpio.setmode(gpio.BCM)
        self._gpio = gpio
        self._set_up(gpio)
        if self.taken:  # not lost again within set_up()
            self._note.set(OK)

    def _fail(self, *troubles: Exception) -> None:
        self._note.set(DeviceFailing("; ".join(map(self._explained, troubles))).health)
        self._timer = asyncio.get_running_loop().call_later(self._retry_s, self._take)

    def _explained(self, exc: Exception) -> str:
        if isinstance(exc, DeviceError):
            return str(exc)
        pins = ", ".join(str(number) for number in self._numbers)
        return f"GPIO {pins}: {type(exc).__name__}: {exc} (are they BCM numbers, free, and the box's user in the group {GROUP}?)"

    def _give_back(self, level: int = logging.WARNING) -> None:
        """Each step for itself: a part that cannot be silenced still gives its pins back."""
        gpio, self._gpio = self._gpio, None
        if gpio is None:
            return
        for step in (lambda: self._let_go(gpio), lambda: gpio.cleanup(self._numbers)):
            try:
                step()
            except Exception as exc:  # noqa: BLE001 - see use()
                _log.log(level, "gpio_not_given_back pins=%s error=%s", self._numbers, repr(exc))  # no exception kept: it would hold a PWM
