"""What a process has cost so far, as the kernel counts it; of one's own user's processes only."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SCHEDULED = 2  # CPUCLOCK_SCHED, in the kernel's number of a clock: clock_getcpuclockid(3)


@dataclass(frozen=True, slots=True)
class Memory:
    """KiB: `rss` all that is in memory; `anonymous` the part of it that is no file's, which nobody else can use."""

    rss: int
    anonymous: int


def processor_s(pid: int) -> float:
    """Of all its threads, also of those that have ended; to the nanosecond."""
    return time.clock_gettime(~pid << 3 | _SCHEDULED)


def wake_ups(pid: int) -> int:
    """How often a thread of it has gone to sleep of its own accord, to be woken again; of the threads that it has now."""
    found = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # one that ends just now
            found += int(_status(task)["voluntary_ctxt_switches"])
    return found


def memory(pid: int) -> Memory:
    status = _status(Path(f"/proc/{pid}"))
    return Memory(*(int(status[name].split()[0]) for name in ("VmRSS", "RssAnon")))


def _status(process: Path) -> dict[str, str]:
    """proc(5)."""
    lines = (process / "status").read_text(encoding="utf-8").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
