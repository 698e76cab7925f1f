"""The part of RPi.GPIO's interface that lights and an active buzzer use. A level costs one call of the kernel, as with rpi-lgpio."""

from __future__ import annotations

import os
from collections.abc import Iterable

BCM = 11
OUT = 0
HIGH, LOW = 1, 0

_nowhere = os.open(os.devnull, os.O_WRONLY)


def setwarnings(_wanted: bool) -> None:
    pass


def setmode(_mode: int) -> None:
    pass


def setup(pin: int, _direction: int, initial: int = LOW) -> None:
    output(pin, initial)


def output(pin: int, level: int) -> None:
    os.write(_nowhere, b"%d %d\n" % (pin, level))


def cleanup(_pins: Iterable[int]) -> None:
    pass
