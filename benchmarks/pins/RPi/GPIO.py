"""RPi.GPIO with nothing behind it but a pipe (`BENCH_PINS`), into which every level goes with the moment at which it was set.

Found by a process whose PYTHONPATH has the folder above this one. Without the pipe, levels go nowhere, but cost a call of the kernel, as
with rpi-lgpio.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterable

BCM = 11
OUT, IN = 0, 1
HIGH, LOW = 1, 0
PUD_OFF, PUD_DOWN, PUD_UP = 20, 21, 22

_RECORD = struct.Struct("<dBB")  # CLOCK_MONOTONIC in seconds, pin, level; far below PIPE_BUF, so no two are mixed

_pipe = os.open(os.environ.get("BENCH_PINS", os.devnull), os.O_WRONLY | os.O_CLOEXEC)


def setwarnings(_wanted: bool) -> None:
    """There are none."""


def setmode(_mode: int) -> None:
    """Numbers are BCM numbers."""


def setup(pin: int, direction: int, pull_up_down: int = PUD_OFF, initial: int = -1) -> None:  # noqa: ARG001  # RPi.GPIO's own call
    if direction == OUT and initial >= 0:
        output(pin, initial)


def output(pin: int, level: int) -> None:
    os.write(_pipe, _RECORD.pack(time.monotonic(), pin, level))


def cleanup(_pins: Iterable[int]) -> None:
    """Nothing is held."""
