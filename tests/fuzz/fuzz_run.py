"""One target for some time, in a process of its own: by coverage where atheris can be had, by blind changes elsewhere."""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

from fuzz_mutator import mutations
from fuzz_targets import Target
from fuzz_watch import GROWTH_KB, Watched, peak_kb, resident_kb

FOUND = 77  # exit code for an input that broke a promise; what atheris gives
_BATCH = 200  # inputs between two looks at the clock


def is_guided() -> bool:
    """Whether atheris is there. It is made for CPython on x86-64 only."""
    try:
        import atheris  # noqa: F401  # only whether it is there
    except ImportError:
        return False
    return True


def guided(target: Target, directory: Path, seconds: int, seed: int) -> None:
    """Never returns: libFuzzer ends the process, with an exit code of its own."""
    import atheris

    with atheris.instrument_imports(include=["daemon", "hw"]):
        run = target.load()
    watched = Watched(run, target.slow_s)
    growth = _Growth(seconds)

    def one(data: bytes) -> None:
        watched(data)
        growth.look(watched)

    atheris.Setup([sys.argv[0], *_options(target, directory, seconds, seed)], one)
    atheris.Fuzz()


def _options(target: Target, directory: Path, seconds: int, seed: int) -> list[str]:
    fresh = directory / "corpus"
    fresh.mkdir(parents=True, exist_ok=True)
    return [
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-max_len={target.longest}",
        "-timeout=60",  # of the wall's clock, for what never ends; `Watched` looks at the processor's
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        f"-artifact_prefix={directory}/",
        str(fresh),
        str(target.corpus),
    ]


def blind(target: Target, directory: Path, seconds: int, seed: int) -> int:
    """The same promises over changed seeds. The exit code."""
    watched = Watched(target.load(), target.slow_s)
    growth = _Growth(seconds)
    seeds, until = target.seeds(), time.monotonic() + seconds
    while time.monotonic() < until:
        for data in [*seeds, *mutations(seeds, _BATCH, target.longest, seed + watched.executions)]:
            try:
                watched(data)
                growth.look(watched)
            except BaseException:
                print(f"kept as {_kept(data, directory)}", file=sys.stderr)
                raise
    print(f"stat::number_of_executed_units: {watched.executions}", file=sys.stderr)
    print(f"stat::peak_rss_mb: {peak_kb() // 1024}", file=sys.stderr)
    return 0


def _kept(data: bytes, directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"crash-{hashlib.sha256(data).hexdigest()[:16]}"
    path.write_bytes(data)
    return path


class _Growth:
    """Whether memory goes on growing: the second half of a run must end about where it began."""

    def __init__(self, seconds: float) -> None:
        self._half_at = time.monotonic() + seconds / 2
        self._at_half_kb = 0

    def look(self, watched: Watched) -> None:
        if watched.executions % _BATCH:
            return
        if not self._at_half_kb and time.monotonic() >= self._half_at:
            self._at_half_kb = resident_kb()
        grown_kb = resident_kb() - self._at_half_kb
        assert not self._at_half_kb or grown_kb <= GROWTH_KB, (
            f"{grown_kb // 1024} MB more than at half-time, after {watched.executions} inputs"
        )
