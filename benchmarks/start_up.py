"""How long the box takes from its start until it can sell, with a short and a long history, against a script as it is written in a day.

    python -m benchmarks.start_up                                           # 0, 6,000 and 100,000 payments: a minute
    python -m benchmarks.start_up --payments 1000000 --keep /var/tmp/long   # and a million, whose journal takes minutes to make, once

All start in turns. The box can sell when `GET /v1/box` says so: journal, devices and scanner open, the provider reached over TLS and its
answer verified. The script can when its server answers: it looks at nothing. Only ratios of one run mean anything.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

from benchmarks import provider
from benchmarks.box import Box
from benchmarks.costs import memory, processor_s
from benchmarks.figures import median
from benchmarks.lookups import fill
from benchmarks.program import ROOT, Program
from benchmarks.pty_scanner import PtyScanner
from benchmarks.stage import PATIENCE_S, Stage

CHECKED_WHOLE = 6_000  # payments: the longest history of which a start checks every byte (daemon.journal_file: CHECK_BELOW)
LONG = 100_000
EMPTY, SCRIPT = "tillbox, empty journal", "script (Flask, requests, wechatpy)"
_IMPORTED = re.compile(r"^import time: +(\d+) \| +\d+ \| +(\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Start:
    """`wall_s` from the process's start until it can sell; `processor_s` of that, all threads; `rss` in KiB, then."""

    wall_s: float
    processor_s: float
    rss: int


@dataclass(frozen=True, slots=True)
class Imports:
    """How many modules, how many of them are the box's own, and how many seconds by `-X importtime`, whose own cost is in them."""

    modules: int
    own: int
    seconds: float


Starts = Mapping[str, Sequence[Start]]


def box_with(payments: int) -> str:
    return f"tillbox, {payments:,} payments" if payments else EMPTY


class Contestants:
    """The box with each of those histories, and the script. The journals are files in `kept`, on the disk of `directory`; what is
    there already is not made anew."""

    def __init__(self, stack: ExitStack, directory: Path, histories: Sequence[int], kept: Path | None = None) -> None:
        stage = stack.enter_context(Stage(directory, 0.02))
        self._box = Box(stage)
        stack.callback(self._box.scanner.close)
        scanner = stack.enter_context(closing(PtyScanner()))
        journals = {payments: journal(kept or directory, payments) for payments in histories}
        self.starts: dict[str, Callable[..., Start]] = {
            box_with(payments): partial(self._start_box, path) for payments, path in journals.items()
        }
        self.script = script(stage, directory / "script.log", scanner.path)
        self.starts[SCRIPT] = partial(start, self.script)
        self.programs = {EMPTY: self._box.program, SCRIPT: self.script}

    def _start_box(self, journal: Path | None, *options: str) -> Start:
        """With that journal, as a box left it that was stopped; it writes into it, but too little to matter."""
        for suffix in ("", "-wal", "-shm"):
            self._box.journal.with_name(self._box.journal.name + suffix).unlink(missing_ok=True)
        if journal is not None:
            self._box.journal.hardlink_to(journal)
        return start(self._box.program, *options)


def journal(directory: Path, payments: int) -> Path | None:
    """Of so many payments; of none there is no file."""
    path = directory / f"{payments}.sqlite"
    if payments and not path.exists():
        being_made = path.with_suffix(".part")
        fill(being_made, payments)
        being_made.rename(path)
    return path if payments else None


def script(stage: Stage, log: Path, scanner: str) -> Program:
    command = [sys.executable, str(ROOT / "benchmarks" / "flask_script.py")]
    arguments = [scanner, stage.base_url + "/", provider.APPID, provider.MCH_ID, provider.KEY]
    environ = {"REQUESTS_CA_BUNDLE": str(stage.certificates.ca_file)}
    return Program([*command, *arguments], log, r"listening port=(\d+)", answers, environ)


def answers(port: int) -> bool:
    """Whether the script's server answers."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        connection.request("GET", "/box")
        return connection.getresponse().status == 200


def start(program: Program, *options: str) -> Start:
    """One start, and its end."""
    wall_s = program.start(*options)
    try:
        return Start(wall_s, processor_s(program.pid), memory(program.pid).rss)
    finally:
        program.stop()


def imports(name: str, contestants: Contestants) -> Imports:
    """Until it is ready."""
    contestants.starts[name]("-X", "importtime")
    found = _IMPORTED.findall(contestants.programs[name].said)
    own = [module for _, module in found if module.partition(".")[0] in ("daemon", "hw")]
    return Imports(len(found), len(own), sum(int(microseconds) for microseconds, _ in found) / 1e6)


def measure(contestants: Contestants, rounds: int) -> dict[str, list[Start]]:
    """In turns; the first round, which brings files into memory and compiles what is new, does not count."""
    samples: dict[str, list[Start]] = {name: [] for name in contestants.starts}
    for number in range(rounds + 1):
        for name, begin in contestants.starts.items():
            once = begin()
            if number:
                samples[name].append(once)
    return samples


def table(samples: Starts, base: str = EMPTY) -> str:
    lines = [
        "| from start to ready | median s | × empty | most s | processor s | × empty | memory (RSS), MiB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    wall, processor = (median([getattr(one, of) for one in samples[base]]) for of in ("wall_s", "processor_s"))
    for name, starts in samples.items():
        walls, processors = [one.wall_s for one in starts], [one.processor_s for one in starts]
        own = median(walls), median(processors)
        lines.append(
            f"| {name} | {own[0]:.3f} | {own[0] / wall:.2f} | {max(walls):.3f} | {own[1]:.3f} | {own[1] / processor:.2f} "
            f"| {median([one.rss for one in starts]) / 1024:.1f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start_up", description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=7, help="starts of each (default: %(default)s)")
    parser.add_argument("--payments", type=int, default=LONG, help="in the longest history (default: %(default)s)")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where the journals are, on a disk (default: %(default)s)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the journals that are made there, on the same disk, for another run")
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    histories = sorted({0, CHECKED_WHOLE, min(LONG, arguments.payments), arguments.payments})
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="tillbox-bench-", dir=arguments.directory))
        contestants = Contestants(stack, Path(directory), histories, arguments.keep)
        print(table(measure(contestants, arguments.rounds)))
        print("\n| imports until then | modules | of them its own | s (`-X importtime`) |\n|---|---:|---:|---:|")
        for name in (EMPTY, SCRIPT):
            counted = imports(name, contestants)
            print(f"| {name} | {counted.modules} | {counted.own} | {counted.seconds:.3f} |")


if __name__ == "__main__":
    main()
