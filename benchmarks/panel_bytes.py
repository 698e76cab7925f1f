"""Panel bytes: what crosses the bus when the picture changes, and what it costs the processor, against luma.oled's own whole picture.

    python -m benchmarks.panel_bytes [--rounds N] [--pause-ms MS] [--json FILE]

The pictures are those of a shop's day, as the box draws them. They are written to two panels that were opened as the box opens its own: by
`hw.panel_writing`, and by luma's `display`. The bus is a stand-in below the real smbus2 (benchmarks.i2c_wire).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import luma.oled
from PIL import Image

from benchmarks.i2c_wire import Wire
from benchmarks.panel_figures import FIRST, SAME, SCREEN, TICK, Written, table, verdicts
from benchmarks.program import ROOT
from benchmarks.sale_pictures import is_tick, pictures
from daemon.texts import Language
from hw.luma_panel import open_panel
from hw.panel_pages import page_bytes
from hw.panel_writing import writer_for
from hw.settings import DisplaySettings

ADDRESSING = {"ssd1306": 10, "sh1106": 7}  # bytes to say where a window lies: four of two transfers, and six or three of command

Write = Callable[[Image.Image], None]
Step = tuple[str, Image.Image | None, Image.Image]  # what it is, the picture before, the picture


def main() -> None:
    warnings.simplefilter("ignore", DeprecationWarning)  # luma's, about Pillow
    arguments = _arguments()
    samples = {kind: measure(kind, arguments.rounds, arguments.pause_ms / 1000) for kind in ADDRESSING}
    print(f"panel bytes: {arguments.rounds} rounds, {arguments.pause_ms:g} ms between pictures, {_machine()}")
    for kind, written in samples.items():
        print("", *table(kind, written), sep="\n")
    for kind, written in samples.items():
        print("", *verdicts(kind, written), sep="\n")
    if arguments.json:
        found = {kind: [asdict(one) for one in written] for kind, written in samples.items()}
        arguments.json.write_text(json.dumps({"samples": found}, indent=1), encoding="utf-8")


def measure(kind: str, rounds: int, pause_s: float = 0.0) -> list[Written]:
    """Every picture of the day in each language, and each once more unchanged. Processor times are the medians of the rounds."""
    wire = Wire()
    wire.install()
    return [one for language in Language for one in _day(wire, kind, _steps(kind, language), rounds, pause_s)]


def _steps(kind: str, language: Language) -> list[Step]:
    settings = DisplaySettings(kind)
    shown = pictures(settings.width, settings.height, language)
    steps: list[Step] = [(FIRST, None, shown[0][1])]
    for (before, old), (after, new) in pairwise(shown):
        steps.append((SAME, old, old))
        if old.tobytes() != new.tobytes():
            steps.append((TICK if is_tick(before, after) else SCREEN, old, new))
    return steps


def _day(wire: Wire, kind: str, steps: Sequence[Step], rounds: int, pause_s: float) -> list[Written]:
    """The bytes of one round, then the times of the others, in which nothing is counted. Ours and luma's take turns, a day each."""
    images = [new for _, _, new in steps]
    sides = (lambda: writer_for(open_panel(DisplaySettings(kind)), kind).write, lambda: open_panel(DisplaySettings(kind)).display)
    crossed = [_grown(side(), images, lambda: (wire.bytes, wire.transfers)) for side in sides]
    wire.counts = False
    times = [[_grown(side(), images, lambda: (time.thread_time_ns(),), pause_s) for side in sides] for _ in range(rounds)]
    wire.counts = True
    found = []
    for place, (what, old, new) in enumerate(steps):
        us, luma_us = (median(one[side][place][0] for one in times) / 1000 for side in (0, 1))
        sent, transfers = crossed[0][place]
        found.append(Written(what, *_difference(old, new), ADDRESSING[kind], sent, transfers, crossed[1][place][0], us, luma_us))
    return found


def _grown(write: Write, images: Sequence[Image.Image], read: Callable[[], tuple[int, ...]], pause_s: float = 0.0) -> list[tuple[int, ...]]:
    """For each picture by how much what is read grew while it was written."""
    found = []
    for image in images:
        if pause_s:
            time.sleep(pause_s)
        before = read()
        write(image)
        found.append(tuple(now - then for now, then in zip(read(), before, strict=True)))
    return found


def _difference(old: Image.Image | None, new: Image.Image) -> tuple[int, int]:
    """How many bytes of the chip's memory differ, and in how many pieces; all, a piece for each page, where nothing is known."""
    pages, width = page_bytes(new), new.width
    if old is None:
        return len(pages), len(pages) // width
    differ = [one != other for one, other in zip(page_bytes(old), pages, strict=True)]
    begins = [now and not (place % width and differ[place - 1]) for place, now in enumerate(differ)]
    return sum(differ), sum(begins)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.panel_bytes", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often the day is played for its times (default: 5)")
    parser.add_argument("--pause-ms", type=float, default=0.0, help="between pictures, so that each finds the caches cold (default: 0)")
    parser.add_argument("--json", type=Path, help="write every sample there, too")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or arguments.pause_ms < 0:
        parser.error("at least 1 round, and no negative pause")
    return arguments


def _machine() -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    versions: dict[str, Any] = {"Python": platform.python_version(), "luma.oled": luma.oled.__version__, "Pillow": Image.__version__}
    said = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{said}, commit {commit.stdout.strip() or '?'}, load {os.getloadavg()[0]:.1f}, {datetime.now(UTC):%Y-%m-%d}"


if __name__ == "__main__":
    main()
