"""Result to light: how long after the last byte of the provider's answer is the green line of the GPIO set?

    python -m benchmarks.result_to_light [--rounds N] [--sync-ms MS] [--directory DIR]

Everybody sells in turn, round after round in one run: the box, which stores the result first, a script, which does not, and what neither
can undercut. The pins are a stand-in for RPi.GPIO that notes when each was set (`pins/`).
"""

from __future__ import annotations

import argparse
import random
import ssl
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks.box import Box
from benchmarks.circumstances import file_system, load, load_since, machine
from benchmarks.contestants import BareInsert, Contestant, Script
from benchmarks.figures import median, percentile, table
from benchmarks.pin_watch import GREEN, TABLES, PinWatch
from benchmarks.ready_made import fresh_code, open_line, ready_made
from benchmarks.slow_card import slow_syncs
from benchmarks.stage import Stage

WARM_UP_ROUNDS = 3  # not counted, as in scan to wire
ANSWER_S = 0.05  # what a provider takes; by then the box has drawn that the payer is being asked
_PAYER_S = (0.02, 0.06)  # between amount and code, and between sales; drawn anew, so that nothing falls into step


class LitBox:
    """The daemon, with journal, panel, buzzer and till; the result is stored, then shown."""

    name = "tillbox"

    def __init__(self, stage: Stage, stack: ExitStack, sync_ms: float) -> None:
        self._stage = stage
        self._pins = PinWatch(stage.directory / "box.pins")
        stack.callback(self._pins.close)
        box = Box(stage, pins=TABLES, environ=self._pins.environment, before=slow_syncs(sync_ms))
        self._box = stack.enter_context(box)

    def sale(self) -> float:
        self._pins.drain()
        sale = self._box.ask()
        _pause()
        self._box.scanner.send(fresh_code())
        waited = _lit(self._stage, self._pins)
        end = sale.end()
        if end != "paid":
            raise RuntimeError(f"a sale ended {end}")
        return waited


class LitScript(Script):
    """`wechat_script.py`, which has no journal and no panel."""

    def __init__(self, stage: Stage, stack: ExitStack) -> None:
        self._pins = PinWatch(stage.directory / "script.pins")
        stack.callback(self._pins.close)
        super().__init__(stage, stack, self._pins.environment)

    def sale(self) -> float:
        _pause()
        self._scanner.send(fresh_code())
        waited = _lit(self._stage, self._pins)
        self._expect("SUCCESS")
        return waited


class LitFloor:
    """The answer is out of TLS, in a program that does nothing else."""

    name = "floor (the answer is read, and not looked at)"

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._context = ssl.create_default_context(cafile=str(stage.certificates.ca_file))

    def sale(self) -> float:
        _pause()
        with closing(open_line(self._stage.port, self._context)) as connection:
            connection.sendall(ready_made())
            connection.recv(4096)
            read = time.monotonic()
        self._stage.charged_at()
        return (read - self._stage.answered_at()) * 1000


def measure(directory: Path, rounds: int, sync_ms: float = 0.0, warm_up: int = WARM_UP_ROUNDS) -> dict[str, list[float]]:
    """Milliseconds by contestant. With `sync_ms` the box is on a slow card."""
    with ExitStack() as stack:
        stage = stack.enter_context(Stage(directory, 0.0, ANSWER_S))
        contestants: list[Contestant] = [
            LitBox(stage, stack, sync_ms),
            LitScript(stage, stack),
            LitFloor(stage),
            BareInsert(directory, stack),
        ]
        played = [{c.name: c.sale() for c in contestants} for _ in range(warm_up + rounds)]
        return {c.name: [sales[c.name] for sales in played[warm_up:]] for c in contestants}


def _lit(stage: Stage, pins: PinWatch) -> float:
    """Milliseconds from the answer to the light."""
    stage.charged_at()
    answered = stage.answered_at()
    return (pins.lit_at(GREEN, answered) - answered) * 1000


def _pause() -> None:
    time.sleep(random.uniform(*_PAYER_S))


def main() -> None:
    arguments = _arguments()
    begun = load()
    with tempfile.TemporaryDirectory(prefix="tillbox-bench-", dir=arguments.directory) as directory:
        on = file_system(Path(directory))
        samples = measure(Path(directory), arguments.rounds, arguments.sync_ms)
    box, script = samples[LitBox.name], samples[LitScript.name]
    card = f", {arguments.sync_ms:g} ms more for each sync of the box" if arguments.sync_ms else ""
    how = f"{arguments.rounds} rounds{card}, journal on {on}, {load_since(begun)}, {machine()}"
    print(f"result to light: {how}\n\n{table(samples, LitFloor.name, 99)}\n")
    print(f"tillbox takes {median(box):.2f} ms, 99th percentile {percentile(box, 99):.2f} ms (promised: 5 and 50)")
    print(f"tillbox takes {median(box) / median(script):.2f} times as long as the script, which stores nothing")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.result_to_light", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=100, help="sales of each (default: 100)")
    parser.add_argument("--sync-ms", type=float, default=0.0, help="what a sync of the box takes longer, for a slow card (default: 0)")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where the journal is, on a disk (default: /var/tmp)")
    arguments = parser.parse_args()
    if arguments.rounds < 2 or arguments.sync_ms < 0:
        parser.error("at least 2 rounds, and nothing negative")
    return arguments


if __name__ == "__main__":
    main()
