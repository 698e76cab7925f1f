"""Sees when a measured process sets its pins: the stand-in for RPi.GPIO below `pins/` writes each level with its moment into a pipe."""

from __future__ import annotations

import os
import select
import struct
import time
from pathlib import Path

from benchmarks.stage import PATIENCE_S

PINS = Path(__file__).resolve().parent / "pins"  # belongs on the PYTHONPATH of who is watched
GREEN, AMBER, RED = 17, 27, 22

_RECORD = struct.Struct("<dBB")  # what pins/RPi/GPIO.py writes: seconds, pin, level

LIGHTS = f'kind = "gpio"\ngreen = {GREEN}\namber = {AMBER}\nred = {RED}'
"""Of a box that is watched, for its table `[lights]`."""

TABLES = f'[lights]\n{LIGHTS}\n[buzzer]\nkind = "simulated"\n'
"""The same with the table `[buzzer]`."""


class PinWatch:
    """`environment` is what the process needs beside its own. Moments are on CLOCK_MONOTONIC, which all processes share."""

    def __init__(self, pipe: Path) -> None:
        os.mkfifo(pipe)
        # For reading and writing, so that the pipe stays open whoever comes and goes.
        self._pipe = os.open(pipe, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self.environment = {"PYTHONPATH": str(PINS), "BENCH_PINS": str(pipe)}

    def lit_at(self, pin: int, after: float) -> float:
        """The moment at which the pin was first set high after that one. TimeoutError where that does not come."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            moment, of, level = self._next(end)
            if of == pin and level and moment >= after:
                return moment
        raise TimeoutError(f"pin {pin} stays dark")

    def drain(self) -> None:
        """Forget what was set so far, so that an idle process never finds its pipe full."""
        while select.select([self._pipe], [], [], 0)[0]:
            os.read(self._pipe, 65536)

    def close(self) -> None:
        os.close(self._pipe)

    def _next(self, end: float) -> tuple[float, int, int]:
        if not select.select([self._pipe], [], [], max(0.0, end - time.monotonic()))[0]:
            raise TimeoutError("no pin was set")
        moment, pin, level = _RECORD.unpack(os.read(self._pipe, _RECORD.size))
        return moment, pin, level
