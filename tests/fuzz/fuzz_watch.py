"""What one input may cost, and what many may: time on the processor, and memory that comes back."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fuzz_targets import Run

GREEDY_KB = 96 * 1024  # by which one input may raise the peak; the largest honest one, a picture, takes 20 MB
GROWTH_KB = 64 * 1024  # from the middle of a run to its end, beside what the fuzzer itself keeps

Clock = Callable[[], float]
Peak = Callable[[], int]


class Hang(AssertionError):
    """One input took too long."""


class Greedy(AssertionError):
    """One input took too much memory."""


def peak_kb() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def resident_kb() -> int:
    """The memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


@dataclass(slots=True)
class Watched:
    """Runs inputs and raises where one costs too much. Processor time, because the machine may be busy with something else."""

    run: Run
    slow_s: float
    clock: Clock = time.process_time
    peak: Peak = peak_kb
    executions: int = 0
    slowest_s: float = 0.0
    _warm: bool = field(default=False)

    def __call__(self, data: bytes) -> None:
        self.executions += 1
        peak, began = self.peak(), self.clock()
        self.run(data)
        took_s, grown = self.clock() - began, self.peak() - peak
        if self._warm:  # the first input brings libraries with it
            self.slowest_s = max(self.slowest_s, took_s)
            if took_s > self.slow_s:
                raise Hang(f"{took_s:.2f} s for {len(data)} bytes; at most {self.slow_s:g} s")
            if grown > GREEDY_KB:
                raise Greedy(f"{grown // 1024} MB for {len(data)} bytes; at most {GREEDY_KB // 1024} MB")
        self._warm = True
