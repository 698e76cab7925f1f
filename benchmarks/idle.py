"""What the box costs while nothing happens, against loops that look, and against servers that nobody asks.

    python -m benchmarks.idle [--seconds S]

All of them run at the same time and are watched for the same minute. The box has sold once and is ready to sell again: green light
blinking on (stand-in) pins, panel, buzzer, a scanner on a line, systemd's watchdog. The script has sold once as well.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.box import AMOUNT, Box
from benchmarks.contestants import Tillbox
from benchmarks.costs import Memory, memory, processor_s, wake_ups
from benchmarks.program import ROOT, Program
from benchmarks.pty_scanner import PtyScanner
from benchmarks.service import Service
from benchmarks.stage import PATIENCE_S, Stage
from benchmarks.start_up import SCRIPT, script

SETTLE_S = 8.0  # after the sale: its result is shown for 3 s
BOX, LOOP = "tillbox", "loop, looks every 0.1 s"
PINS = """
[lights]
kind = "gpio"
green = 17
amber = 27
red = 22
[buzzer]
kind = "gpio"
pin = 18
"""


@dataclass(frozen=True, slots=True)
class Idle:
    """`seconds` of nothing: what they cost."""

    seconds: float
    processor_s: float
    wake_ups: int
    memory: Memory

    @property
    def processor_s_per_hour(self) -> float:
        return self.processor_s * 3600 / self.seconds

    @property
    def wake_ups_per_minute(self) -> float:
        return self.wake_ups * 60 / self.seconds


def programs(stack: ExitStack, directory: Path) -> dict[str, int]:
    """All of them, started: their process ids."""
    stage = stack.enter_context(Stage(directory, 0.02))
    service = stack.enter_context(Service(directory))
    pins = {"PYTHONPATH": str(ROOT / "benchmarks" / "pins")}
    box = stack.enter_context(Box(stage, pins=PINS, environ={**service.environ, **pins}))
    scanner, *lines = [stack.enter_context(closing(PtyScanner())) for _ in range(3)]
    flask = script(stage, directory / "script.log", scanner.path)
    others = {
        LOOP: _python(directory, "looking", "polling_loop.py", lines[0].path),
        f"{LOOP} and redraws": _python(directory, "looking", "polling_loop.py", lines[1].path, "--redraw"),
        "aiohttp server": _python(directory, "listening", "idle_server.py"),
        "aiohttp server that has imported the box's libraries": _python(directory, "listening", "idle_server.py", "--libraries"),
        SCRIPT: flask,
    }
    for program in others.values():
        program.start()
        stack.callback(program.stop)
    Tillbox(stage, box).sale()
    sell(stage, flask, scanner)
    return {BOX: box.pid} | {name: program.pid for name, program in others.items()}


def sell(stage: Stage, flask: Program, scanner: PtyScanner) -> None:
    """One sale of the script."""
    with closing(HTTPConnection("127.0.0.1", flask.port, timeout=PATIENCE_S)) as till:
        till.request("PUT", "/payments/1", json.dumps({"amount": AMOUNT}), {"Content-Type": "application/json"})
        time.sleep(0.3)
        scanner.send("134567890123456789")
        stage.charged_at()
        answer = till.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"the script's sale ended with {answer.status}: {flask.said}")
        answer.read()


def _python(directory: Path, says: str, name: str, *arguments: str) -> Program:
    """A contestant in a file of its own."""
    return Program([sys.executable, str(ROOT / "benchmarks" / name), *arguments], directory / f"{name}{len(arguments)}.log", says)


def watch(pids: Mapping[str, int], seconds: float) -> dict[str, Idle]:
    begun = {name: (time.monotonic(), processor_s(pid), wake_ups(pid)) for name, pid in pids.items()}
    time.sleep(seconds)
    return {name: _since(*begun[name], pid) for name, pid in pids.items()}


def _since(begun: float, processor: float, woken: int, pid: int) -> Idle:
    return Idle(time.monotonic() - begun, processor_s(pid) - processor, wake_ups(pid) - woken, memory(pid))


def table(figures: Mapping[str, Idle]) -> str:
    lines = [
        "| idle | processor, s an hour | × the bare loop | wake-ups a minute | memory (RSS), MiB | of it no file's, MiB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    base = figures[LOOP].processor_s_per_hour
    lines += [
        f"| {name} | {one.processor_s_per_hour:.2f} | {one.processor_s_per_hour / base:.2f} | {one.wake_ups_per_minute:.0f} "
        f"| {one.memory.rss / 1024:.1f} | {one.memory.anonymous / 1024:.1f} |"
        for name, one in figures.items()
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.idle", description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60.0, help="that all are watched (default: %(default)s)")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where the journal is, on a disk (default: %(default)s)")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="tillbox-bench-", dir=arguments.directory))
        pids = programs(stack, Path(directory))
        time.sleep(SETTLE_S)
        print(table(watch(pids, arguments.seconds)))


if __name__ == "__main__":
    main()
