"""The benchmark of idleness watches what it says (benchmarks.idle). Nothing is held to a share or a time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from benchmarks import idle
from benchmarks.costs import memory, processor_s, wake_ups
from benchmarks.service import Service
from benchmarks.start_up import SCRIPT


def test_all_are_watched_at_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        pids = idle.programs(stack, tmp_path)
        figures = idle.watch(pids, 1.5)
    assert {idle.BOX, idle.LOOP, SCRIPT} <= set(figures)
    assert len(figures) == 6
    assert figures[idle.BOX].wake_ups >= 2, "its green light blinks"
    assert figures[idle.LOOP].wake_ups >= 2
    assert all(one.memory.rss > one.memory.anonymous > 1000 for one in figures.values())
    assert len(idle.table(figures).splitlines()) == 2 + 6


def test_what_a_process_costs_is_what_the_kernel_says() -> None:
    before = processor_s(os.getpid())
    sum(range(300_000))
    assert before < processor_s(os.getpid()) <= sum(os.times()[:2]) + 1
    woken = wake_ups(os.getpid())
    for _ in range(3):
        threading.Event().wait(0.01)
    assert wake_ups(os.getpid()) >= woken + 3
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        assert memory(other.pid).rss > 0
        other.communicate(b"\n")


def test_the_service_counts_signs_of_life_and_knows_its_unit(tmp_path: Path) -> None:
    with Service(tmp_path) as service:
        assert service.environ["WATCHDOG_USEC"] == "30000000"
        assert not any("%" in value for value in service.environ.values())
