"""The measurement behind docs/panels.md (benchmarks.panels), small: a dozen photographs hold its main claims.

Each claim is held with room to spare, for another version of a decoder may read a photograph more or less.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("zxingcpp", reason="reading photographs needs zxing-cpp, which has no ready-made build here")
pytest.importorskip("cv2", reason="making photographs needs OpenCV, which has no ready-made build here")

from benchmarks.panels import LENGTHS, PANELS, SCENES, alone, count, grid, link, measure, measure_rows, photographs, screen, table
from benchmarks.photograph import Scene, photograph
from daemon.qr import Panel, fit

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "panels.md"
FEW = [scene for scene in SCENES if scene.dot_px in (2.2, 3.3) and scene.case < 0.5]


def read(shown: Image.Image, text: str, scenes: list[Scene] = FEW) -> dict[str, int]:
    return count(text, photographs(shown, scenes, seed=7)).read


def test_two_pixels_a_module_are_read_in_nearly_all_photographs_and_one_in_fewer() -> None:
    text = link(35)
    two, one = read(screen(text, 128, 64), text), read(alone(text, 1), text)
    assert two["WeChat"] >= 7
    assert two["zxing-cpp"] >= 6
    assert sum(one.values()) < sum(two.values()) - 4, (one, two)


def test_one_pixel_a_module_is_read_from_near() -> None:
    text = link(35)
    near = [scene for scene in SCENES if scene.dot_px == 5.0 and not scene.overexposed]
    assert read(alone(text, 1), text, near)["WeChat"] == len(near)


def test_a_qr_without_its_margin_or_on_the_wrong_ground_is_read_by_fewer_decoders() -> None:
    """So the program shows neither (daemon.qr)."""
    text = link(35)
    shown = screen(text, 128, 64)
    placed = fit(text, Panel(128, 64))
    assert placed is not None
    inside = (placed.quiet_px, placed.quiet_px, placed.side_px - placed.quiet_px, placed.side_px - placed.quiet_px)
    bare = Image.new("1", shown.size)
    bare.paste(shown.crop(inside), (35, 3))
    black_case = [scene for scene in FEW if scene.case < 0.1]
    assert read(bare, text, black_case)["zxing-cpp"] == 0
    inverse = shown.point(lambda lit: not lit)
    assert read(inverse, text, black_case)["zxing-cpp"] == 0


def test_a_phone_must_expose_for_as_long_as_the_panel_needs_for_all_its_rows() -> None:
    """The faster clock is what tillbox sets: 130 Hz are read at 8 ms, 87 Hz are not."""
    assert measure_rows(130.0, 8).percent("zxing-cpp") >= 90
    assert measure_rows(87.0, 8).percent("zxing-cpp") <= 50
    assert measure_rows(130.0, 4).any_of_them == 0


def test_the_same_seed_gives_the_same_photograph_and_another_another() -> None:
    shown = screen(link(35), 128, 64)
    one, same, other = (photograph(shown, Scene(2.2), seed).tobytes() for seed in (1, 1, 2))
    assert one == same != other


def test_what_does_not_fit_is_a_row_that_says_so() -> None:
    assert table([measure((128, 32), 60, 1)]).splitlines()[2].startswith("| 128x32 | 60 | does not fit |")


def test_a_table_has_a_row_for_each_measurement_and_a_grid_a_cell() -> None:
    row = measure((128, 64), 35, 1, FEW[:1])
    assert table([row]).splitlines()[2].startswith("| 128x64 | 35 | 3 | 2 | 3 |")
    assert row.counts is not None
    assert grid("x", ["near"], {"y": [row.counts]}).splitlines()[2].startswith("| y | ")


def test_the_document_has_a_line_for_everything_that_is_measured() -> None:
    """As the program fits it today: a change there wants the tables made anew."""
    said = DOCUMENT.read_text(encoding="utf-8")
    for width, height in PANELS:
        for length in LENGTHS:
            placed = fit(link(length), Panel(width, height))
            fitted = f"{(placed.modules - 17) // 4} | {placed.module_px} | {placed.quiet_px} |" if placed else "does not fit |"
            assert f"| {width}x{height} | {length} | {fitted}" in said
