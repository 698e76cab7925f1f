"""Scan to wire: how long after the scanner's last byte does the provider have the whole charge?

    python -m benchmarks.scan_to_wire [--rounds N] [--rtt-ms MS] [--directory DIR] [--json FILE] [--quick]

Everybody sells once in every round, in an order drawn anew, so that whatever this machine does meanwhile it does to all of them.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.box import Box
from benchmarks.contestants import Contestant, Floor, Insert, Script, Tillbox, TillboxClosedOn, TillboxWithPanel
from benchmarks.figures import median, table
from benchmarks.program import ROOT
from benchmarks.stage import Stage

WARM_UP_ROUNDS = 2  # not counted: the first sale of a process reads modules and pages that all later ones find


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="tillbox-bench-", dir=arguments.directory) as directory:
        on = _file_system(Path(directory))
        samples = measure(Path(directory), arguments.rounds, arguments.rtt_ms / 1000, quick=arguments.quick)
    ratios = {
        "tillbox_over_floor": median(samples[Tillbox.name]) / median(samples[Floor.name]),
        "script_over_tillbox": median(samples[Script.name]) / median(samples[Tillbox.name]),
        "panel_over_none": median(samples[TillboxWithPanel.name]) / median(samples[Tillbox.name]),
    }
    how = f"round trip {arguments.rtt_ms:g} ms, {arguments.rounds} rounds, journal on {on}, {_machine()}"
    print(f"scan to wire: {how}\n\n{table(samples, Floor.name)}\n")
    print(f"tillbox takes {ratios['tillbox_over_floor']:.2f} times the floor")
    print(f"with a panel on a 400 kHz bus it takes {ratios['panel_over_none']:.2f} times as long as without")
    print(f"tillbox is {ratios['script_over_tillbox']:.2f} times ahead of the script")
    if arguments.json:
        result = {"how": how, "rtt_ms": arguments.rtt_ms, "samples_ms": samples, "ratios": ratios}
        arguments.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


def measure(directory: Path, rounds: int, rtt_s: float, *, quick: bool = False) -> dict[str, list[float]]:
    """Milliseconds by contestant. `quick` leaves out what takes long: the rounds that do not count, and the waits of the sales
    whose connection is closed in the middle."""
    with ExitStack() as stack:
        stage = stack.enter_context(Stage(directory, rtt_s))
        box = stack.enter_context(Box(stage))
        with_panel = stack.enter_context(Box(stage, name="box-with-panel", display="ssd1306"))
        contestants: list[Contestant] = [Tillbox(stage, box), TillboxWithPanel(stage, with_panel)]
        contestants += [Script(stage, stack), Floor(stage), Insert(directory, stack)]
        if not quick:
            contestants.insert(2, TillboxClosedOn(stage, box))
            _play(contestants, WARM_UP_ROUNDS)
        return _play(contestants, rounds)


def _play(contestants: Sequence[Contestant], rounds: int) -> dict[str, list[float]]:
    samples: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    for _ in range(rounds):
        for contestant in random.sample(contestants, len(contestants)):
            samples[contestant.name].append(contestant.sale())
    return samples


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scan_to_wire", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=40, help="sales of each (default: 40)")
    parser.add_argument("--rtt-ms", type=float, default=20.0, help="round trip to the provider (default: 20)")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where the journal is, on a disk (default: /var/tmp)")
    parser.add_argument("--json", type=Path, help="write every sample there, too")
    parser.add_argument("--quick", action="store_true", help="only to see that it works")
    arguments = parser.parse_args()
    if arguments.rounds < 2 or arguments.rtt_ms < 0:
        parser.error("at least 2 rounds, and no negative round trip")
    return arguments


def _file_system(path: Path) -> str:
    """What kind the directory is on: a journal in memory would measure nothing."""
    found = subprocess.run(["df", "--output=fstype", str(path)], capture_output=True, text=True, check=False)
    return found.stdout.split()[-1] if found.returncode == 0 else "?"


def _machine() -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return f"Python {platform.python_version()}, commit {commit.stdout.strip() or '?'}, {datetime.now(UTC):%Y-%m-%d}"


if __name__ == "__main__":
    main()
