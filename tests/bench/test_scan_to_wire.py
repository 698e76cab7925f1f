"""The benchmark of scan to wire measures what it says, and its ratios come from what it measured (benchmarks.scan_to_wire).

A few rounds on a machine that does other things prove no speed, so nothing is held to milliseconds but what physics forbids.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 3
RTT_MS = 20.0

TILLBOX = "tillbox"
WITH_PANEL = "tillbox, panel on a 400 kHz bus"
SCRIPT = "script (pyserial, wechatpy)"
FLOOR = "floor (open socket, ready-made request)"


@dataclass(frozen=True, slots=True)
class Run:
    printed: str
    result: Mapping[str, Any]

    @property
    def samples(self) -> Mapping[str, list[float]]:
        samples: Mapping[str, list[float]] = self.result["samples_ms"]
        return samples

    def ratio(self, of: str, to: str) -> float:
        return statistics.median(self.samples[of]) / statistics.median(self.samples[to])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One small run, as a person starts it."""
    directory = tmp_path_factory.mktemp("bench")
    result = directory / "result.json"
    options = ["--rounds", str(ROUNDS), "--rtt-ms", str(RTT_MS), "--directory", str(directory), "--json", str(result), "--quick"]
    command = [sys.executable, "-m", "benchmarks.scan_to_wire", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=55, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Run(done.stdout, json.loads(result.read_text(encoding="utf-8")))


def test_everybody_sold_in_every_round(run: Run) -> None:
    assert {TILLBOX, WITH_PANEL, SCRIPT, FLOOR} <= set(run.samples)
    assert {len(samples) for samples in run.samples.values()} == {ROUNDS}


def test_nothing_arrives_faster_than_the_line_is_long(run: Run) -> None:
    """Half a round trip for a request on an open connection; two and a half for one that opens it first (TCP, TLS 1.3)."""
    assert min(run.samples[FLOOR]) >= RTT_MS / 2
    assert min(run.samples[TILLBOX]) >= RTT_MS / 2
    assert min(run.samples[WITH_PANEL]) >= RTT_MS / 2
    assert min(run.samples[SCRIPT]) >= RTT_MS * 2.5


def test_the_printed_ratios_are_those_of_the_medians(run: Run) -> None:
    assert printed(run, r"tillbox takes ([\d.]+) times the floor") == pytest.approx(run.ratio(TILLBOX, FLOOR), abs=0.006)
    assert printed(run, r"tillbox is ([\d.]+) times ahead of the script") == pytest.approx(run.ratio(SCRIPT, TILLBOX), abs=0.006)
    said = printed(run, r"with a panel on a 400 kHz bus it takes ([\d.]+) times as long")
    assert said == pytest.approx(run.ratio(WITH_PANEL, TILLBOX), abs=0.006)


def test_tillbox_is_ahead_of_the_script(run: Run) -> None:
    assert run.ratio(SCRIPT, TILLBOX) > 1


def printed(run: Run, pattern: str) -> float:
    found = re.search(pattern, run.printed)
    assert found, run.printed
    return float(found[1])
