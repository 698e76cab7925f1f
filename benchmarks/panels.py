"""Which QRs a phone can read from which panel: simulated photographs, read by three decoders (`python -m benchmarks.panels`).

Prints the tables of docs/panels.md. The same seeds give the same photographs everywhere; other versions of the decoders may read
others of them.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version

from PIL import Image

from benchmarks.photograph import Scene, by_rows, photograph
from benchmarks.qr_decoders import DECODERS
from daemon.money import Amount, Minor
from daemon.payment import State
from daemon.qr import Fit, Panel, fit, picture
from daemon.screens import draw
from daemon.texts import Language
from daemon.view import View

# Camera pixels a dot. With 1920 across 65 degrees, 2.2 is a 0.96 inch panel (0.17 mm a dot) from 12 cm, a 2.42 inch one from 30 cm.
NEAR = (2.2, 3.3, 5.0, 8.0)
CASES = (0.05, 0.35, 0.8)
SCENES = tuple(Scene(dot_px, case, overexposed) for dot_px in NEAR for case in CASES for overexposed in (False, True))

PANELS = ((128, 32), (64, 48), (128, 64), (128, 128))
LENGTHS = (17, 35, 53, 60, 88, 134, 200, 321)

EXPOSURES_MS = (2, 4, 6, 8, 10, 12, 16, 33)
REFRESH = {"0x80, luma's": 87.0, "0xF0, tillbox's": 130.0}
PHASES = 12


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of the photographs each decoder read, by its name, and how many any of them."""

    photographs: int
    read: dict[str, int]
    any_of_them: int

    def percent(self, decoder: str) -> int:
        return round(100 * self.read[decoder] / self.photographs)

    @property
    def percent_any(self) -> int:
        return round(100 * self.any_of_them / self.photographs)


@dataclass(frozen=True, slots=True)
class Row:
    """One QR on one panel, or None where it does not fit."""

    panel: tuple[int, int]
    length: int
    placed: Fit | None
    counts: Counts | None


def link(length: int) -> str:
    """A made-up link of that many bytes."""
    start = "weixin://wxpay/bizpayurl?pr=" if length <= 35 else "https://pay.example.org/q/"
    return (start + "aB3dE5fG7h" * length)[:length]


def screen(text: str, width: int, height: int) -> Image.Image:
    """What the box shows, words and all."""
    view = View(ready=True, state=State.PRESENTING_QR, amount=Amount(Minor(1250), "CNY"), left_s=107, qr=text)
    return draw(view, width, height, Language.EN)


def alone(text: str, module_px: int, width: int = 128, height: int = 64) -> Image.Image:
    """The QR in the middle of a dark panel, with modules of that size and a margin of two of them."""
    modules = fit(text, Panel(512, 512))
    assert modules is not None
    side = (modules.modules + 4) * module_px
    symbol = picture(text, Panel(side, side))
    assert symbol is not None
    image = Image.new("1", (width, height))
    image.paste(symbol, ((width - side) // 2, (height - side) // 2))
    return image


def count(text: str, photographs: Iterable[Image.Image]) -> Counts:
    read = dict.fromkeys(DECODERS, 0)
    total = any_of_them = 0
    for taken in photographs:
        right = [name for name, decode in DECODERS.items() if decode(taken) == text]
        total, any_of_them = total + 1, any_of_them + bool(right)
        for name in right:
            read[name] += 1
    return Counts(total, read, any_of_them)


def photographs(shown: Image.Image, scenes: Sequence[Scene], seed: int) -> Iterator[Image.Image]:
    return (photograph(shown, scene, seed * 1000 + number) for number, scene in enumerate(scenes))


def measure(panel: tuple[int, int], length: int, seed: int, scenes: Sequence[Scene] = SCENES) -> Row:
    text = link(length)
    placed = fit(text, Panel(*panel))
    if placed is None:
        return Row(panel, length, None, None)
    return Row(panel, length, placed, count(text, photographs(screen(text, *panel), scenes, seed)))


def measure_near(module_px: int, dot_px: float, seed: int) -> Counts:
    """A usual link, by how near the phone is; its photographs are other ones than those of `measure`."""
    text = link(35)
    scenes = [scene for scene in SCENES if scene.dot_px == dot_px] * 2
    return count(text, photographs(alone(text, module_px), scenes, seed + 500))


def measure_rows(refresh_hz: float, exposure_ms: int) -> Counts:
    """A usual link on 128x64, by how long the phone exposes."""
    text = link(35)
    shown = screen(text, 128, 64)
    taken = (by_rows(shown, refresh_hz=refresh_hz, exposure_s=exposure_ms / 1000, phase=n / PHASES) for n in range(PHASES))
    return count(text, taken)


def table(rows: Iterable[Row]) -> str:
    head = "| panel | bytes | version | px a module | margin px |" + "".join(f" {name} |" for name in DECODERS) + " any |"
    lines = [head, "|---|" + "---:|" * (head.count("|") - 2)]
    for row in rows:
        size = "{}x{}".format(*row.panel)
        if row.placed is None or row.counts is None:
            lines.append(f"| {size} | {row.length} | does not fit |" + " |" * (head.count("|") - 4))
            continue
        placed, counts = row.placed, row.counts
        lines.append(
            f"| {size} | {row.length} | {(placed.modules - 17) // 4} | {placed.module_px} | {placed.quiet_px} |"
            + "".join(f" {counts.percent(name)} |" for name in DECODERS)
            + f" {counts.percent_any} |"
        )
    return "\n".join(lines)


def grid(corner: str, columns: Sequence[str], rows: dict[str, Sequence[Counts]]) -> str:
    lines = [f"| {corner} |" + "".join(f" {column} |" for column in columns), "|---|" + "---:|" * len(columns)]
    for name, cells in rows.items():
        told = (" / ".join(str(counts.percent(decoder)) for decoder in DECODERS) for counts in cells)
        lines.append(f"| {name} |" + "".join(f" {cell} |" for cell in told))
    return "\n".join(lines)


def report(seed: int) -> str:
    cells = [(panel, length) for panel in PANELS for length in LENGTHS]
    with ProcessPoolExecutor() as pool:
        rows = [pool.submit(measure, *cell, seed) for cell in cells]
        near = {f"{px} px a module": [pool.submit(measure_near, px, dot_px, seed) for dot_px in NEAR] for px in (2, 1)}
        by_row = {name: [pool.submit(measure_rows, hz, ms) for ms in EXPOSURES_MS] for name, hz in REFRESH.items()}
        parts = [
            table(row.result() for row in rows),
            grid("128x64, 35 bytes", [f"{px} px a dot" for px in NEAR], {n: [c.result() for c in r] for n, r in near.items()}),
            grid("panel clock 0xD5", [f"{ms} ms" for ms in EXPOSURES_MS], {n: [c.result() for c in r] for n, r in by_row.items()}),
        ]
    return "\n\n".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the photographs (default: 1, as in docs/panels.md)")
    arguments = parser.parse_args()
    began = time.monotonic()
    print(report(arguments.seed))
    decoders = ", ".join(f"{name} {version(name)}" for name in ("zxing-cpp", "opencv-contrib-python-headless"))
    today = datetime.datetime.now(datetime.UTC).date()
    print(f"\n{len(SCENES)} photographs a line, seed {arguments.seed}; {decoders}; {today}; {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
