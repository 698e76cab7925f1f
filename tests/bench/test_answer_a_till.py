"""The benchmark of answers to tills asks everything that it says, whatever the network does (benchmarks.answer_a_till).

A few rounds on a machine that does other things prove no speed, so no answer is held to milliseconds.
"""

from __future__ import annotations

import json
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from benchmarks import faulty_line
from benchmarks.answer_a_till import FLOORS, INSERT, LINE_FLOOR, WEB_FLOOR, over_floor
from benchmarks.faulty_line import SLOW_S, Network
from benchmarks.till_stage import heard, start_beside

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 2
NEW = ("PUT → 201, ", "GET → 200, ", "pay → ack, ", "status → state, ")
MIDDLE = ("GET → 200", "PUT again → 200", "PUT another → 423", "status → state", "pay again → ack")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, list[float]]]:
    """One small run, as a person starts it: what was printed, and the samples."""
    directory = tmp_path_factory.mktemp("bench")
    result = directory / "result.json"
    options = ["--rounds", str(ROUNDS), "--directory", str(directory), "--json", str(result)]
    command = [sys.executable, "-m", "benchmarks.answer_a_till", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=55, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, json.loads(result.read_text(encoding="utf-8"))["samples_ms"]


def test_every_question_was_answered_in_every_state_of_the_network(run: Any) -> None:
    _printed, samples = run
    asked = [f"{question}{network}" for network in Network for question in NEW]
    asked += [f"{question} in the middle, {network}" for network in Network for question in MIDDLE]
    assert {name for name in samples if name not in FLOORS} == set(asked)
    assert {len(samples[name]) for name in asked} == {ROUNDS}
    assert {len(samples[name]) for name in FLOORS} == {2 * ROUNDS * len(Network)}


def test_the_printed_figures_are_those_of_the_samples(run: Any) -> None:
    printed, samples = run
    rows = dict(re.findall(r"^\| ([^|]+?) \| ([\d.]+) \|", printed, re.MULTILINE))
    assert {name: float(figure) for name, figure in rows.items()} == {
        name: pytest.approx(statistics.median(waited), abs=0.006) for name, waited in samples.items()
    }
    slowest = max(statistics.median(waited) for name, waited in samples.items() if name not in FLOORS)
    found = re.search(r"the slowest median is ([\d.]+) ms", printed)
    assert found
    assert float(found[1]) == pytest.approx(slowest, abs=0.006)


def test_who_stores_a_payment_is_measured_against_a_durable_insert_as_well() -> None:
    samples = {WEB_FLOOR: [1.0], LINE_FLOOR: [0.5], INSERT: [3.0], "PUT → 201, fine": [8.0], "GET → 200, fine": [2.0]}
    samples |= {"pay → ack, fine": [7.0], "pay again → ack in the middle, fine": [1.0]}
    assert [over_floor(name, samples) for name in samples] == [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]


# -- the line fails as it says --


class Far:
    """A server that says back what it hears, behind a line that can fail."""

    def __init__(self, stack: ExitStack) -> None:
        self._listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=self._serve, daemon=True).start()
        self._orders: Connection = start_beside(stack, faulty_line.run, self._listening.getsockname()[1])
        self.port = int(str(heard(self._orders)))

    def network(self, network: Network) -> None:
        self._orders.send(network)
        assert heard(self._orders) is network

    def connect(self, seconds: float = 10.0) -> socket.socket:
        near = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        near.settimeout(seconds)
        return near

    def _serve(self) -> None:
        while True:
            try:
                end, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=_echo, args=(end,), daemon=True).start()


def _echo(end: socket.socket) -> None:
    with end:
        while data := end.recv(4096):
            end.sendall(data)


@pytest.fixture
def far() -> Iterator[Far]:
    with ExitStack() as stack:
        yield Far(stack)


def test_a_fine_line_carries_both_ways(far: Far) -> None:
    with far.connect() as near:
        near.sendall(b"there and back")
        assert near.recv(100) == b"there and back"


def test_an_unreachable_one_breaks_what_is_open_takes_nothing_and_comes_back(far: Far) -> None:
    with far.connect() as near:
        near.sendall(b"1")
        assert near.recv(100) == b"1"
        far.network(Network.UNREACHABLE)
        assert near.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        far.connect()
    far.network(Network.FINE)
    with far.connect() as near:
        near.sendall(b"2")
        assert near.recv(100) == b"2"


def test_a_silent_one_takes_everything_and_says_nothing(far: Far) -> None:
    far.network(Network.SILENT)
    with far.connect(0.5) as near:
        near.sendall(b"hello?")
        with pytest.raises(TimeoutError):
            near.recv(100)


def test_a_slow_one_takes_its_time_in_each_direction(far: Far) -> None:
    far.network(Network.SLOW)
    with far.connect(20.0) as near:
        begun = time.monotonic()
        near.sendall(b"slowly")
        assert near.recv(100) == b"slowly"
        assert time.monotonic() - begun >= 2 * SLOW_S
