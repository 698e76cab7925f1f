"""Answer a till: how long does a till wait for the box's answer, whatever the network to the provider is doing?

    python -m benchmarks.answer_a_till [--rounds N] [--directory DIR] [--json FILE]

Everything is asked in turn, round after round in one run, beside a bare server and a bare line that say back what they are told.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from benchmarks.circumstances import file_system, load, load_since, machine
from benchmarks.faulty_line import Network
from benchmarks.till_asking import LineTill, WebTill
from benchmarks.till_floors import run_line, run_web
from benchmarks.till_stage import PATIENCE_S, Pty, TillStage, heard, start_beside

AMOUNT = 1250
TARGET_MS = 50.0  # issue 6, of the median
WARM_UP_ROUNDS = 3  # not counted
WEB_FLOOR = "floor: bare aiohttp"
LINE_FLOOR = "floor: bare line"
INSERT = "floor: one durable insert"
FLOORS = (WEB_FLOOR, LINE_FLOOR, INSERT)

_PAUSE_S = (0.005, 0.02)  # between two questions, so that nothing falls into step
_NEVER_CONFIRMS = "02"  # ends a payer's code whose payer is asked and walks away (`tillbox sandbox`)

Samples = dict[str, list[float]]


class Bench:
    """Who asks and what is asked. `samples` are milliseconds by question."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.stage = stack.enter_context(TillStage(directory))
        self.web = stack.enter_context(closing(WebTill(self.stage.port)))
        self.line = LineTill(self.stage.till.fd)
        self.bare_web = stack.enter_context(closing(WebTill(int(str(heard(start_beside(stack, run_web)))))))
        self.bare_line = LineTill(_bare_line(stack))
        self.samples: Samples = {}
        self._db = stack.enter_context(closing(sqlite3.connect(directory / "insert.sqlite", isolation_level=None)))
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE payments (ref TEXT, amount INTEGER)"):
            self._db.execute(statement)
        self._refs = itertools.count(1)

    def ref(self) -> str:
        return f"bench-{os.getpid()}-{next(self._refs)}"

    def note(self, question: str, waited_ms: float) -> None:
        self.samples.setdefault(question, []).append(waited_ms)
        time.sleep(random.uniform(*_PAUSE_S))

    # -- one round of each --

    def floors(self) -> None:
        self.bare_web.ask("PUT", "/v1/payments/bench", {"amount": AMOUNT}, status=200)
        self.note(WEB_FLOOR, self.bare_web.waited_ms)
        self.bare_line.ask("pay", ("pay",), ref="bench", amt=AMOUNT)
        self.note(LINE_FLOOR, self.bare_line.waited_ms)
        begun = time.monotonic()
        self._db.execute("INSERT INTO payments VALUES (?, ?)", (self.ref(), AMOUNT))
        self.note(INSERT, (time.monotonic() - begun) * 1000)

    def sales(self, network: Network) -> None:
        """One sale of either till that is given up before a code comes."""
        path = f"/v1/payments/{self.ref()}"
        self.web.ask("PUT", path, {"amount": AMOUNT}, status=201)
        self.note(f"PUT → 201, {network}", self.web.waited_ms)
        self.web.ask("GET", path, status=200)
        self.note(f"GET → 200, {network}", self.web.waited_ms)
        self.web.ask("DELETE", path, status=202)
        self._ended(path)
        ref = self.ref()
        self.line.ask("pay", ("ack",), ref=ref, amt=AMOUNT)
        self.note(f"pay → ack, {network}", self.line.waited_ms)
        self.line.ask("status", ("state",), ref=ref)
        self.note(f"status → state, {network}", self.line.waited_ms)
        self.line.ask("cancel", ("ack",), ref=ref)
        self._ended(f"/v1/payments/{ref}")

    def middle(self, network: Network, web_path: str | None, line_ref: str) -> None:
        """One round of questions while a payment is in the middle: that of the web till, else that of the till on the line."""
        when = f"in the middle, {network}"
        if web_path is not None:
            self.web.ask("GET", web_path, status=200)
            self.note(f"GET → 200 {when}", self.web.waited_ms)
            self.web.ask("PUT", web_path, {"amount": AMOUNT}, status=200)
            self.note(f"PUT again → 200 {when}", self.web.waited_ms)
            self.web.ask("PUT", f"/v1/payments/{line_ref}", {"amount": AMOUNT}, status=423)
            self.note(f"PUT another → 423 {when}", self.web.waited_ms)
        else:
            self.line.ask("status", ("state",), ref=line_ref)
            self.note(f"status → state {when}", self.line.waited_ms)
            self.line.ask("pay", ("ack",), ref=line_ref, amt=AMOUNT)
            self.note(f"pay again → ack {when}", self.line.waited_ms)

    # -- payments that stay in the middle --

    def during(self, network: Network, rounds: int) -> None:
        """A payment of each till whose payer is asked and does not confirm; then the network becomes so, and it is asked about."""
        path, other = f"/v1/payments/{self.ref()}", self.ref()
        self.web.ask("PUT", path, {"amount": AMOUNT}, status=201)
        self._goes_bad(path, network)
        for _ in range(rounds):
            self.middle(network, path, other)
            self.floors()
        self.web.ask("DELETE", path, status=202)
        self._heals(path)
        ref = self.ref()
        self.line.ask("pay", ("ack",), ref=ref, amt=AMOUNT)
        self._goes_bad(f"/v1/payments/{ref}", network)
        for _ in range(rounds):
            self.middle(network, None, ref)
        self.line.ask("cancel", ("ack",), ref=ref)
        self._heals(f"/v1/payments/{ref}")

    def _goes_bad(self, path: str, network: Network) -> None:
        self.web.ask("POST", "/v1/simulated/scan", {"text": f"13{random.randrange(10**14):014d}{_NEVER_CONFIRMS}"}, status=202)
        self._until(path, lambda payment: payment["state"] == "pending")
        self.stage.network(network)

    def _heals(self, path: str) -> None:
        self.stage.network(Network.FINE)
        self._ended(path)

    def _ended(self, path: str) -> None:
        self._until(path, lambda payment: payment["final"])

    def _until(self, path: str, true: Callable[[Mapping[str, Any]], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not true(payment := self.web.ask("GET", path, status=200)):
            if time.monotonic() > end:
                raise RuntimeError(f"the payment stays {payment}")
            time.sleep(0.02)


def measure(directory: Path, rounds: int) -> Samples:
    """Milliseconds by question."""
    with ExitStack() as stack:
        bench = Bench(directory, stack)
        for _ in range(WARM_UP_ROUNDS):
            bench.sales(Network.FINE)
            bench.floors()
        bench.samples.clear()
        for network in Network:
            bench.stage.network(network)
            for _ in range(rounds):
                bench.sales(network)
                bench.floors()
            bench.stage.network(Network.FINE)
            bench.during(network, rounds)
        return bench.samples


def _bare_line(stack: ExitStack) -> int:
    pty = Pty()
    stack.callback(pty.close)
    heard(start_beside(stack, run_line, pty.path))
    return pty.fd


def p99(samples: Sequence[float]) -> float:
    """The 99th percentile, of at least two samples."""
    return statistics.quantiles(samples, n=100, method="inclusive")[-1]


def over_floor(question: str, samples: Samples) -> float:
    """The median, over that of what the answer cannot do without: the way there and back, and to store a new payment."""
    median = {name: statistics.median(waited) for name, waited in samples.items()}
    if question in FLOORS:
        return 1.0
    floor = median[WEB_FLOOR if question.startswith(("PUT", "GET")) else LINE_FLOOR]
    stores = question.startswith(("PUT → 201", "pay → ack"))
    return median[question] / (floor + (median[INSERT] if stores else 0.0))


def table(samples: Samples) -> str:
    """As Markdown, the floors first."""
    head = ["| | median ms | p99 ms | most ms | × floor |", "|---|---:|---:|---:|---:|"]
    rows = [
        f"| {name} | {statistics.median(samples[name]):.2f} | {p99(samples[name]):.2f} | {max(samples[name]):.2f} "
        f"| {over_floor(name, samples):.1f} |"
        for name in sorted(samples, key=lambda name: name not in FLOORS)
    ]
    return "\n".join(head + rows)


def main() -> None:
    arguments = _arguments()
    begun = load()
    with tempfile.TemporaryDirectory(prefix="tillbox-bench-", dir=arguments.directory) as directory:
        on = file_system(Path(directory))
        samples = measure(Path(directory), arguments.rounds)
    how = f"{arguments.rounds} rounds, journal on {on}, {load_since(begun)}, {machine()}"
    answers = {name: waited for name, waited in samples.items() if name not in FLOORS}
    slowest = max(answers, key=lambda name: statistics.median(answers[name]))
    print(f"answer a till: {how}\n\n{table(samples)}\n")
    print(f"the slowest median is {statistics.median(answers[slowest]):.2f} ms ({slowest}); promised are {TARGET_MS:g} ms")
    if arguments.json:
        arguments.json.write_text(json.dumps({"how": how, "samples_ms": samples}, indent=1), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answer_a_till", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=100, help="of each question, in each state of the network (default: 100)")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where the journal is, on a disk (default: /var/tmp)")
    parser.add_argument("--json", type=Path, help="write every sample there, too")
    arguments = parser.parse_args()
    if arguments.rounds < 2:
        parser.error("at least 2 rounds")
    return arguments


if __name__ == "__main__":
    main()
