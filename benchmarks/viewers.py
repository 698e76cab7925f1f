"""What it costs a box to be looked at: processor time with its page open, and the way from scan to wire with many pages open.

    python -m benchmarks.viewers [--rounds N] [--seconds S] [--directory DIR]

A viewer does what the page does (daemon/web/static/main.js): it follows `GET /v1/watch`, and asks for the payment, its time line and the
list after every change. All of it against the same box with nobody looking, in the same run.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.box import Box
from benchmarks.contestants import Tillbox
from benchmarks.figures import median
from benchmarks.stage import PATIENCE_S, Stage

FEW, MANY = 5, 20
SETTLE_S = 0.08  # how long the page waits for more before it asks
_SPAWN = multiprocessing.get_context("spawn")
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Viewer(threading.Thread):
    """One page, open until `close`. `events` counts what it was told."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.events = 0
        self._port = port
        self._stream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._stream.request("GET", "/v1/watch")
        assert self._stream.sock is not None
        self._socket = self._stream.sock  # which the answer takes over
        self._answer = self._stream.getresponse()
        self._calls = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.start()

    def run(self) -> None:
        with closing(self._calls), closing(self._stream), closing(self._answer), suppress(OSError):
            while line := self._answer.readline():
                if line.startswith(b"event: "):
                    self.events += 1
                if line.startswith(b"data: ") and b'"ref"' in line:
                    self._look(json.loads(line[6:])["ref"])

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)  # what ends the reading
        self.join()

    def _look(self, ref: str) -> None:
        time.sleep(SETTLE_S)
        for path in (f"/v1/payments/{ref}", f"/v1/payments/{ref}/entries", "/v1/payments?limit=20", "/v1/payments?limit=50&state=in_doubt"):
            self._calls.request("GET", path)
            self._calls.getresponse().read()


@contextmanager
def looked_at(box: Box, number: int) -> Iterator[None]:
    """The box while so many pages are open: in a process of their own, as what they do must not hold up who measures."""
    here, there = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_look_on, args=(box.port, number, there), daemon=True)
    process.start()
    here.recv()  # all are open
    try:
        yield
    finally:
        here.send("enough")
        process.join(PATIENCE_S)


def _look_on(port: int, number: int, there: Connection) -> None:
    viewers = [Viewer(port) for _ in range(number)]
    there.send("open")
    there.recv()
    for viewer in viewers:
        viewer.close()


def processor_s(pid: int) -> float:
    """Processor time of a process so far (proc(5): fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


class Unhurried(Tillbox):
    """A sale whose payer looks for the phone first, while the panel counts down."""

    def __init__(self, stage: Stage, box: Box, payer_s: float) -> None:
        super().__init__(stage, box)
        self._payer_s = payer_s

    def _payer_comes(self) -> None:
        time.sleep(self._payer_s)


def share(box: Box, happens: Callable[[], object]) -> float:
    """Of one processor, in percent, that the box takes while that happens."""
    begun, before = time.monotonic(), processor_s(box.pid)
    happens()
    return 100 * (processor_s(box.pid) - before) / (time.monotonic() - begun)


def measure(directory: Path, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Percents of one processor, and milliseconds from scan to wire, by what was measured; all take turns."""
    samples: dict[str, list[float]] = {}
    with ExitStack() as stack:
        stage = stack.enter_context(Stage(directory, 0.02))
        box = stack.enter_context(Box(stage))
        till, unhurried = Tillbox(stage, box), Unhurried(stage, box, seconds)
        till.sale()  # not counted: the first sale of a process reads modules and pages that all later ones find
        for _ in range(rounds):
            for number in (0, FEW):
                with looked_at(box, number):
                    samples.setdefault(f"nothing happens, {number} pages, % of a processor", []).append(
                        share(box, partial(time.sleep, seconds))
                    )
                    samples.setdefault(f"a sale, {number} pages, % of a processor", []).append(share(box, unhurried.sale))
            for number in (0, MANY):
                with looked_at(box, number):
                    samples.setdefault(f"scan to wire, {number} pages, ms", []).extend(till.sale() for _ in range(3))
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.viewers", description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5, help="of everything (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="of nothing, and of a payer's search for the phone (default: %(default)s)"
    )
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where the journal is, on a disk (default: %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tillbox-bench-", dir=arguments.directory) as directory:
        samples = measure(Path(directory), arguments.rounds, arguments.seconds)
    print("| what | median | largest |\n|---|---:|---:|")
    for name, values in samples.items():
        print(f"| {name} | {median(values):.2f} | {max(values):.2f} |")
    wire = [median(samples[f"scan to wire, {number} pages, ms"]) for number in (MANY, 0)]
    print(f"\nscan to wire with {MANY} pages open takes {wire[0] / wire[1]:.2f} times what it takes with none")


if __name__ == "__main__":
    main()
