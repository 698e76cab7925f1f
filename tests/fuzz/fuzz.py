"""Fuzzes what reads bytes from outside: `python tests/fuzz/fuzz.py TARGET --seconds 60`, or `--all`.

Each target has a process of its own. Its line says how many inputs were tried, how many a second, how many of them were worth
keeping, and the most memory it had. Exit code 1 where a promise was broken: the input is kept below build/fuzz/TARGET; with a name
in tests/fuzz/corpus/TARGET it becomes a regression that every run of the test suite tries.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from fuzz_log import listening
from fuzz_run import blind, guided, is_guided
from fuzz_targets import TARGETS, Target

_OUTPUT = Path(__file__).resolve().parents[2] / "build" / "fuzz"
_GRACE_S = 180  # for starting, instrumenting and the last input
_STATISTIC = re.compile(rb"stat::(\w+):\s*(\d+)")
_ARTIFACT = re.compile(rb"(?:Test unit written to|kept as) (\S+)")
_TAIL = 3000  # bytes of a broken run's output


@dataclass(frozen=True)
class Result:
    """How one target's run ended."""

    target: Target
    ok: bool
    took_s: float
    output: bytes
    kept: int

    def __str__(self) -> str:
        numbers = {name: int(value) for name, value in _STATISTIC.findall(self.output)}
        done = numbers.get(b"number_of_executed_units", 0)
        rate = done / self.took_s if self.took_s else 0
        figures = f"{done:>10,} inputs {rate:>8,.0f}/s {self.kept:>6,} in the corpus {numbers.get(b'peak_rss_mb', 0):>6,} MB"
        return f"{self.target.name:<18} {figures}  {'ok' if self.ok else 'BROKEN: ' + self.artifact}"

    @property
    def artifact(self) -> str:
        found = _ARTIFACT.search(self.output)
        return found[1].decode() if found else "no input was kept"


def fuzzed(target: Target, output: Path, seconds: int, seed: int) -> Result:
    """One run, in a process of its own: a crash of the interpreter is a finding, too."""
    began = time.monotonic()
    how = ["--seconds", str(seconds), "--seed", str(seed), "--output", str(output)]
    command = [sys.executable, __file__, target.name, *how, "--here"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds + _GRACE_S, check=False)
        ok, said = done.returncode == 0, done.stdout
    except subprocess.TimeoutExpired as error:
        ok, said = False, (error.stdout or b"") + b"\nit did not end by itself\n"
    fresh = output / target.name / "corpus"
    kept = len(target.seeds()) + (len(list(fresh.iterdir())) if fresh.is_dir() else 0)
    return Result(target, ok, time.monotonic() - began, said, kept)


def here(target: Target, output: Path, seconds: int, seed: int) -> int:
    """In this process, which may not come back from it."""
    directory = output / target.name
    with listening():
        if is_guided():
            guided(target, directory, seconds, seed)
        return blind(target, directory, seconds, seed)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="fuzz.py", description="Fuzzes what reads bytes from outside.")
    parser.add_argument("target", nargs="*", choices=[*TARGETS, []], help="one or more of the targets")
    parser.add_argument("--all", action="store_true", help="every target, one after the other")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=1, help="of the changes")
    parser.add_argument("--output", type=Path, default=_OUTPUT, help="where inputs are kept")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.here:
        return here(TARGETS[chosen.target[0]], chosen.output, chosen.seconds, chosen.seed)
    if not chosen.all and not chosen.target:
        parser.error(f"which target? {', '.join(TARGETS)}; or --all")
    if not is_guided():
        print("atheris is not installed: the corpora are changed blindly, without a look at what the code does with them")
    names = list(TARGETS) if chosen.all else chosen.target
    results = [_told(fuzzed(TARGETS[name], chosen.output, chosen.seconds, chosen.seed)) for name in names]  # all, whatever one came to
    return 0 if all(results) else 1


def _told(result: Result) -> bool:
    print(result, flush=True)
    if not result.ok:
        print(result.output[-_TAIL:].decode("utf-8", "replace"), file=sys.stderr)
    return result.ok


if __name__ == "__main__":
    sys.exit(main())
