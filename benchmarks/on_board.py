"""What the box costs on the emulated Raspberry Pi 3: start, memory, idleness, scan to wire, each against bare Python there, and all of
it against the same on this machine.

    python -m benchmarks.on_board [--rounds N]        (make board-bench)

The emulator is some twenty times slower than this machine, so only ratios mean anything: they say where the box takes more than its
share on a small processor.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "board"), str(ROOT / "tests" / "stories")]  # the board and the sandbox as stories use them

IDLE_S = 60.0  # watched while nothing happens
BARE = """
import subprocess, sys, time
for _ in range({rounds}):
    begun = time.perf_counter()
    subprocess.run([sys.executable, '-c', 'pass'])
    print(time.perf_counter() - begun)
"""
RSS = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmRSS')))"


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one machine: seconds, kibibytes, a share of one processor."""

    bare_s: float  # python3 -c pass
    start_s: float  # from the command to READY
    bare_kib: int
    rss_kib: int
    idle: float
    scan_s: float  # from the last key or byte to the whole charge at the provider

    def ratios(self) -> dict[str, float]:
        return {
            "start / bare Python's start": self.start_s / self.bare_s,
            "memory / bare Python's memory": self.rss_kib / self.bare_kib,
            "scan to wire / bare Python's start": self.scan_s / self.bare_s,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="starts and sales (default: %(default)s)")
    rounds = parser.parse_args().rounds
    here, there = on_this_machine(rounds), on_board(rounds)
    print(_table(here, there))


def _table(here: Costs, there: Costs) -> str:
    lines = ["| | board | this machine | board / this machine |", "|---|---:|---:|---:|"]
    for text, of in (("`python3 -c pass`, s", "bare_s"), ("start to ready, s", "start_s"), ("scan to wire, s", "scan_s")):
        lines.append(f"| {text} | {getattr(there, of):.3f} | {getattr(here, of):.3f} | {getattr(there, of) / getattr(here, of):.1f} |")
    lines.append(f"| memory (RSS), MiB | {there.rss_kib / 1024:.1f} | {here.rss_kib / 1024:.1f} | {there.rss_kib / here.rss_kib:.2f} |")
    lines.append(f"| idle, % of one processor | {100 * there.idle:.2f} | {100 * here.idle:.2f} | |")
    for name, value in there.ratios().items():
        mine = here.ratios()[name]
        lines.append(f"| {name} | {value:.2f} | {mine:.2f} | {value / mine:.2f} |")
    return "\n".join(lines)


# -- this machine --


def on_this_machine(rounds: int) -> Costs:
    from box_process import BoxProcess
    from provider_thread import Provider, fresh_code
    from systemd_socket import Systemd

    timing = {"timing": {"answer_s": 20, "reply_s": 10, "query_every_s": 2, "give_up_s": 60}}
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder, "sandbox")) as provider, Systemd() as systemd:
        box = BoxProcess(Path(folder, "box"), provider, timing, environ={"NOTIFY_SOCKET": systemd.path})
        starts = [_seconds(lambda: _launch(box, systemd)) for _ in range(rounds)]
        box.port = int(box.stderr.until(r"web_listening .*port=(\d+)")[1])
        box.until(lambda: box.box()["ready"])
        idle = _idle(lambda: _ticks(box.pid))
        scans = [_sale(box, provider, fresh_code("paid", "merchant"), box.scan) for _ in range(rounds)]
        kib = int(_status(Path(f"/proc/{box.pid}/status").read_text())["VmRSS"].split()[0])
        box.finish()
    bare = subprocess.run([sys.executable, "-c", BARE.format(rounds=rounds)], capture_output=True, text=True, check=True).stdout
    bare_kib = subprocess.run([sys.executable, "-c", RSS], capture_output=True, text=True, check=True).stdout
    return Costs(_median(bare), statistics.median(starts), int(bare_kib), kib, idle, statistics.median(scans))


def _launch(box: Any, systemd: Any) -> None:
    """Begin anew, and return at READY."""
    if box.is_running:
        box.stop()
    systemd.heard.clear()
    box.launch()
    systemd.until("READY=1")


# -- the board --


def on_board(rounds: int) -> Costs:
    from board import Board
    from box_on_board import HOST_NAME, UNIT, BoardBox
    from first_start import first_start
    from provider_thread import Provider, fresh_code

    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder, "sandbox"), names=[HOST_NAME]) as provider:
        (package,) = (ROOT / "dist").glob("tillbox_*_all.deb")
        payload = Path(folder, "payload")
        payload.mkdir()
        (payload / package.name).write_bytes(package.read_bytes())
        with Board(ROOT / ".board") as board:
            board.start(payload=payload)
            board.wait_devices()
            box = BoardBox(board, provider)
            first_start(box)
            restart = f"t=$(date +%s.%N); systemctl restart {UNIT}; echo $(date +%s.%N) $t | awk '{{print $1 - $2}}'"
            starts = [float(board.check(restart, 120)) for _ in range(rounds)]
            box.until_ready()
            pid = box.pid()
            idle = _idle(lambda: float(board.check(f"awk '{{print ($14 + $15) / 100}}' /proc/{pid}/stat")))
            scans = [_sale(box, provider, fresh_code("paid", "merchant"), box.scan) for _ in range(rounds)]
            kib = int(_status(board.check(f"cat /proc/{pid}/status"))["VmRSS"].split()[0])
            bare = board.check(f'python3 -c "{BARE.format(rounds=rounds)}"', 120)
            bare_kib = board.check(f'python3 -c "{RSS}"')
    return Costs(_median(bare), statistics.median(starts), int(bare_kib), kib, idle, statistics.median(scans))


# -- both --


def _sale(box: Any, provider: Any, code: str, scan: Callable[[str], None]) -> float:
    """From the end of the scan until the charge was there whole. Both moments are this machine's."""
    ref = box.ask(1250)
    before = len(provider.charges())
    scan(code)
    scanned = time.monotonic()
    box.until_state(ref, "paid")
    arrived: float = provider.charges()[before]["at"]
    time.sleep(3.5)  # the paid screen, and a quiet box again
    return arrived - scanned


def _idle(cpu_s: Callable[[], float]) -> float:
    begun, used = time.monotonic(), cpu_s()
    time.sleep(IDLE_S)
    return (cpu_s() - used) / (time.monotonic() - begun)


def _ticks(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _seconds(does: Callable[[], object]) -> float:
    begun = time.perf_counter()
    does()
    return time.perf_counter() - begun


def _status(text: str) -> dict[str, str]:
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def _median(lines: str) -> float:
    return statistics.median(map(float, lines.split()))


if __name__ == "__main__":
    main()
