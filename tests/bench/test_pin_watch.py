"""The pins of a measured process: what it sets through RPi.GPIO is seen with its moment (benchmarks.pin_watch, benchmarks/pins)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.pin_watch import AMBER, GREEN, PinWatch

SETS = """
from RPi import GPIO
GPIO.setmode(GPIO.BCM)
GPIO.setup(17, GPIO.OUT, initial=GPIO.HIGH)
input()
GPIO.output(27, GPIO.HIGH)
GPIO.output(17, GPIO.LOW)
GPIO.output(17, GPIO.HIGH)
GPIO.cleanup([17, 27])
"""


@pytest.fixture
def pins(tmp_path: Path) -> Iterator[PinWatch]:
    watch = PinWatch(tmp_path / "pins")
    yield watch
    watch.close()


def test_the_first_time_a_pin_is_lit_after_a_moment_is_found(pins: PinWatch) -> None:
    begun = time.monotonic()
    environment = {**os.environ, **pins.environment}
    with subprocess.Popen([sys.executable, "-c", SETS], stdin=subprocess.PIPE, env=environment, text=True) as process:
        first = pins.lit_at(GREEN, begun)
        between = time.monotonic()
        process.communicate("\n", timeout=20)
        assert begun < first < between < pins.lit_at(GREEN, between) < time.monotonic()
    assert process.returncode == 0


def test_what_was_set_before_can_be_forgotten(pins: PinWatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.pin_watch.PATIENCE_S", 0.0)
    subprocess.run([sys.executable, "-c", SETS], input="\n", env={**os.environ, **pins.environment}, text=True, check=True, timeout=20)
    pins.drain()
    with pytest.raises(TimeoutError):
        pins.lit_at(AMBER, 0.0)


def test_a_process_that_nobody_watches_can_set_pins_all_the_same(pins: PinWatch) -> None:
    environment = {**os.environ, "PYTHONPATH": pins.environment["PYTHONPATH"]}
    subprocess.run([sys.executable, "-c", SETS], input="\n", env=environment, text=True, check=True, timeout=20)
