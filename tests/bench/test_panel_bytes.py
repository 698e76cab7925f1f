"""The benchmark of panel bytes counts what crosses the bus, and says which targets it found met (benchmarks.panel_bytes).

Bytes are what they are on any machine, so those of the targets are held here; processor time is only held to be there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmarks.i2c_wire import Wire
from benchmarks.panel_figures import FIRST, SAME, SCREEN, TICK, TICK_BYTES, Written, verdicts
from benchmarks.sale_pictures import day, is_tick

ROOT = Path(__file__).resolve().parents[2]
LUMAS = {"ssd1306": 1034, "sh1106": 1080}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Mapping[str, list[dict[str, Any]]]]:
    """One small run, as a person starts it: what it prints, and its samples."""
    result = tmp_path_factory.mktemp("bench") / "result.json"
    command = [sys.executable, "-m", "benchmarks.panel_bytes", "--rounds", "1", "--json", str(result)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=55, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, json.loads(result.read_text(encoding="utf-8"))["samples"]


def test_luma_sends_every_picture_whole(run: Any) -> None:
    for kind, written in run[1].items():
        assert {one["luma_bytes"] for one in written} == {LUMAS[kind]}


def test_an_unchanged_picture_takes_nothing_and_a_tick_a_few_bytes(run: Any) -> None:
    for written in run[1].values():
        assert {one["bytes"] for one in written if one["what"] == SAME} == {0}
        assert 0 < max(one["bytes"] for one in written if one["what"] == TICK) <= TICK_BYTES


def test_no_change_takes_more_than_the_whole_picture_or_than_its_pieces(run: Any) -> None:
    for kind, written in run[1].items():
        for one in written:
            assert one["bytes"] <= LUMAS[kind]
            assert one["bytes"] <= 1.3 * (one["changed"] + one["addressing"] * one["pieces"])


def test_everything_cost_some_processor_time(run: Any) -> None:
    assert all(one["us"] > 0 and one["luma_us"] > 0 for written in run[1].values() for one in written)


def test_it_prints_a_table_and_what_came_of_each_target(run: Any) -> None:
    printed = run[0]
    for kind in LUMAS:
        for what in (FIRST, SAME, TICK, SCREEN):
            assert f"| {kind}: {what} |" in printed
        assert f"{kind}: an unchanged picture takes 0 bytes; target 0: met" in printed


def test_what_misses_its_target_is_said_to() -> None:
    written = [Written(what, 100, 1, 10, 1034, 2, 1034, 9.0, 10.0) for what in (FIRST, SAME, TICK, SCREEN)]
    assert all(line.endswith(": not met") for line in verdicts("ssd1306", written))


def test_a_day_has_ticks_and_other_changes() -> None:
    views = day()
    ticks = [is_tick(one, other) for one, other in pairwise(views)]
    assert 50 < sum(ticks) < len(ticks) - 20


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Takes back what `Wire.install` changed."""
    import smbus2
    from smbus2 import smbus2 as calls

    monkeypatch.setattr(smbus2, "SMBus", smbus2.SMBus)
    monkeypatch.setattr(calls, "ioctl", calls.ioctl)
    return smbus2


def test_the_bus_that_is_not_there_counts_addresses_and_takes_its_time(wire: Any) -> None:
    counting = Wire(hz=400_000)
    counting.install()
    begun = time.monotonic()
    with wire.SMBus(1) as bus:
        bus.write_i2c_block_data(0x3C, 0x00, [0x21, 0, 127, 0x22, 0, 7])
        bus.i2c_rdwr(wire.i2c_msg.write(0x3C, [0x40, *bytes(1024)]))
        assert bus.read_byte(0x3C) & 0x40 == 0
    assert (counting.bytes, counting.transfers) == (1034 + 2, 3)
    assert time.monotonic() - begun >= 1036 * 9 / 400_000
