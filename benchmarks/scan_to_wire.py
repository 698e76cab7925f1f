"""Scan to wire: how long after the scanner's last byte does the provider have the whole charge?

    python -m benchmarks.scan_to_wire [--rounds N] [--rtt-ms MS] [--sync-ms MS] [--directory DIR] [--json FILE] [--quick]

Everybody sells once in every round, in an order drawn anew, so that whatever this machine does meanwhile it does to all of them. With
`--sync-ms` the box is on a slow card, and beside the floor there is one that stores a row on such a card first.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.box import Box
from benchmarks.circumstances import file_system, machine
from benchmarks.contestants import Contestant, Floor, Insert, InsertingFloor, Script, Tillbox, TillboxClosedOn, TillboxWithPanel
from benchmarks.figures import median, table
from benchmarks.slow_card import slow_syncs
from benchmarks.stage import Stage

WARM_UP_ROUNDS = 2  # not counted: the first sale of a process reads modules and pages that all later ones find


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="tillbox-bench-", dir=arguments.directory) as directory:
        on = file_system(Path(directory))
        samples = measure(Path(directory), arguments.rounds, arguments.rtt_ms / 1000, arguments.sync_ms, quick=arguments.quick)
    ratios = _ratios(samples)
    card = f", {arguments.sync_ms:g} ms more for each sync" if arguments.sync_ms else ""
    how = f"round trip {arguments.rtt_ms:g} ms{card}, {arguments.rounds} rounds, journal on {on}, {machine()}"
    print(f"scan to wire: {how}\n\n{table(samples, Floor.name)}\n")
    for name, ratio in ratios.items():
        print(_RATIOS[name].format(ratio))
    if arguments.json:
        result = {"how": how, "rtt_ms": arguments.rtt_ms, "samples_ms": samples, "ratios": ratios}
        arguments.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


_RATIOS = {
    "tillbox_over_floor": "tillbox takes {:.2f} times the floor",
    "tillbox_over_inserting_floor": "tillbox takes {:.2f} times the floor with one durable insert",
    "panel_over_none": "with a panel on a 400 kHz bus it takes {:.2f} times as long as without",
    "script_over_tillbox": "tillbox is {:.2f} times ahead of the script",
}


def _ratios(samples: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Those of medians, of whoever took part."""
    medians = {name: median(values) for name, values in samples.items()}
    ratios = {"tillbox_over_floor": medians[Tillbox.name] / medians[Floor.name]}
    if InsertingFloor.name in medians:
        ratios["tillbox_over_inserting_floor"] = medians[Tillbox.name] / medians[InsertingFloor.name]
    if TillboxWithPanel.name in medians:
        ratios["panel_over_none"] = medians[TillboxWithPanel.name] / medians[Tillbox.name]
    if Script.name in medians:
        ratios["script_over_tillbox"] = medians[Script.name] / medians[Tillbox.name]
    return ratios


def measure(directory: Path, rounds: int, rtt_s: float, sync_ms: float = 0.0, *, quick: bool = False) -> dict[str, list[float]]:
    """Milliseconds by contestant. With `sync_ms` those who sync are on a slow card, and those who do not stay away. `quick` leaves out
    what takes long: the rounds that do not count, and the waits of the sales whose connection is closed in the middle."""
    with ExitStack() as stack:
        stage = stack.enter_context(Stage(directory, rtt_s))
        card = slow_syncs(sync_ms)
        box = stack.enter_context(Box(stage, before=card))
        contestants: list[Contestant] = [Tillbox(stage, box), Floor(stage)]
        if sync_ms:
            contestants.append(InsertingFloor(stage, stack, card))
        else:
            with_panel = stack.enter_context(Box(stage, name="box-with-panel", display="ssd1306"))
            contestants += [TillboxWithPanel(stage, with_panel), Script(stage, stack), Insert(directory, stack)]
        if not quick and not sync_ms:
            contestants.append(TillboxClosedOn(stage, box))
        if not quick:
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
    parser.add_argument("--sync-ms", type=float, default=0.0, help="what a sync takes longer than here, for a slow card (default: 0)")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where the journal is, on a disk (default: /var/tmp)")
    parser.add_argument("--json", type=Path, help="write every sample there, too")
    parser.add_argument("--quick", action="store_true", help="only to see that it works")
    arguments = parser.parse_args()
    if arguments.rounds < 2 or arguments.rtt_ms < 0 or arguments.sync_ms < 0:
        parser.error("at least 2 rounds, and nothing negative")
    return arguments


if __name__ == "__main__":
    main()
