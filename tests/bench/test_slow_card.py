"""A slow card holds up every sync, and the benchmark of scan to wire can be run on one (benchmarks.slow_card, benchmarks.scan_to_wire)."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import scan_to_wire
from benchmarks.slow_card import slow_syncs

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")

SYNC_MS = 20.0
SYNCS = """
import os, sys, time
with open(sys.argv[1], "wb") as file:
    begun = time.monotonic()
    for sync in (os.fsync, os.fdatasync):
        file.write(b"x")
        file.flush()
        sync(file.fileno())
    print(time.monotonic() - begun)
"""


def test_a_card_as_fast_as_the_machines_own_needs_nothing() -> None:
    assert slow_syncs(0) == []


def test_without_strace_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FileNotFoundError, match="strace"):
        slow_syncs(SYNC_MS)


@needs_strace
def test_every_sync_takes_so_much_longer(tmp_path: Path) -> None:
    command = [*slow_syncs(SYNC_MS), sys.executable, "-c", SYNCS, str(tmp_path / "file")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    assert float(done.stdout) * 1000 >= 2 * SYNC_MS


@needs_strace
def test_the_program_is_stopped_like_any_other() -> None:
    words = "print('here', flush=True); import time; time.sleep(60)"
    with subprocess.Popen([*slow_syncs(SYNC_MS), sys.executable, "-c", words], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.terminate()
        assert process.wait(20) == -signal.SIGTERM


@needs_strace
def test_who_syncs_is_measured_on_the_slow_card(tmp_path: Path) -> None:
    samples = scan_to_wire.measure(tmp_path, 2, 0.02, SYNC_MS, quick=True)
    assert {name: len(waits) for name, waits in samples.items()} == {
        "tillbox": 2,
        "floor (open socket, ready-made request)": 2,
        "floor with one durable insert": 2,
    }
    assert min(samples["floor with one durable insert"]) >= 10 + SYNC_MS
    assert min(samples["tillbox"]) >= 10
