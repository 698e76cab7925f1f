"""Where the modules are: whatever stands around a code, however it was resized, and in time where there is none."""

from __future__ import annotations

import io
import random
import time

import pytest
import segno
from PIL import Image, ImageDraw

from daemon.qr_finding import find_grids
from daemon.qr_layout import Grid


def code(version: int = 3, *, scale: int = 4, border: int = 4, mask: int | None = None) -> tuple[segno.QRCode, Image.Image]:
    made = segno.make("1234", version=version, error="L", mask=mask, boost_error=False, micro=False)
    file = io.BytesIO()
    made.save(file, kind="png", scale=scale, border=border)
    return made, Image.open(file).convert("L")


def grids(picture: Image.Image) -> list[Grid]:
    pixels = bytes(1 if value < 128 else 0 for value in picture.tobytes())
    return list(find_grids(pixels, picture.width, picture.height))


def modules(made: segno.QRCode) -> bytes:
    return b"".join(bytes(row) for row in made.matrix)


@pytest.mark.parametrize("scale", [1, 2, 3, 5, 10])
@pytest.mark.parametrize("border", [0, 1, 4, 20])
def test_any_scale_and_any_quiet_zone(scale: int, border: int) -> None:
    made, picture = code(scale=scale, border=border)
    assert [grid.modules for grid in grids(picture)] == [modules(made)]


@pytest.mark.parametrize("version", [1, 2, 3, 6, 7, 14, 21])
@pytest.mark.parametrize("way", [Image.Resampling.NEAREST, Image.Resampling.BILINEAR, Image.Resampling.LANCZOS])
def test_pictures_that_were_resized_by_no_whole_number(version: int, way: Image.Resampling) -> None:
    """From two and a half pixels a module on; the wrong number of modules never passes for the right one."""
    made, picture = code(version)
    for size in (2.5, 3.1, 4.7, 6.2):
        side = int((made.symbol_size(border=4)[0]) * size)
        found = grids(picture.resize((side, side), way))
        assert found
        assert all(grid.side == len(made.matrix) for grid in found)
        wrong = sum(a != b for a, b in zip(found[0].modules, modules(made), strict=True))
        assert wrong <= len(found[0].modules) // 100


def test_a_caption_a_frame_and_an_uneven_margin_do_not_matter() -> None:
    made, picture = code()
    page = Image.new("L", (400, 300), 255)
    page.paste(picture, (37, 91))
    drawing = ImageDraw.Draw(page)
    drawing.rectangle((2, 2, 397, 297), outline=0, width=3)
    drawing.text((60, 20), "Scan with WeChat", fill=0)
    assert modules(made) in [grid.modules for grid in grids(page)]


def test_two_codes_on_one_page_are_both_found() -> None:
    (one, left), (two, right) = code(2), code(5)
    page = Image.new("L", (left.width + right.width, right.height), 255)
    page.paste(left, (0, 0))
    page.paste(right, (left.width, 0))
    found = {grid.modules for grid in grids(page)}
    assert {modules(one), modules(two)} <= found


@pytest.mark.parametrize("value", [0, 255])
def test_an_empty_picture_has_none(value: int) -> None:
    assert grids(Image.new("L", (300, 200), value)) == []
    assert grids(Image.new("L", (1, 1), value)) == []


def turned_over(row: int, column: int, *, scale: int, border: int = 4) -> Image.Image:
    """A code with one wrong module."""
    made, picture = code(scale=scale, border=border)
    left, top = (border + column) * scale, (border + row) * scale
    wrong = 255 if made.matrix[row][column] else 0
    picture.paste(wrong, (left, top, left + scale, top + scale))
    return picture


@pytest.mark.parametrize("place", range(8, 21))
def test_every_module_of_both_timing_lines_must_be_right(place: int) -> None:
    """Of version 3, which has 29 modules: 13 lie between the finders."""
    assert grids(turned_over(6, place, scale=2)) == []
    assert grids(turned_over(place, 6, scale=2)) == []
    assert len(grids(turned_over(7, place, scale=2))) == 1, "what stands beside them is data"


@pytest.mark.parametrize("corner", [(0, 0), (0, 22), (22, 0)])
@pytest.mark.parametrize("module", range(0, 49, 3))
def test_every_module_of_all_three_finders_must_be_right(corner: tuple[int, int], module: int) -> None:
    assert grids(turned_over(corner[0] + module // 7, corner[1] + module % 7, scale=3)) == []


def test_a_finder_alone_is_no_code() -> None:
    _, picture = code()
    assert grids(picture.crop((0, 0, 60, 60))) == []


@pytest.mark.parametrize("pattern", ["noise", "stripes", "finders"])
def test_a_picture_made_to_keep_the_box_busy_does_not(pattern: str) -> None:
    """The largest picture that is looked at. Seconds here would be minutes on a small Pi."""
    chance = random.Random(7)
    if pattern == "noise":
        pixels = chance.randbytes(1024 * 1024).translate(bytes(i & 1 for i in range(256)))
    elif pattern == "stripes":
        pixels = b"".join(bytes([1, 0] * 512) if y % 2 else bytes([0, 1] * 512) for y in range(1024))
    else:
        _, picture = code(scale=1, border=2)
        tile = Image.new("L", (1024, 1024), 255)
        for x in range(0, 1024, 9):
            for y in range(0, 1024, 9):
                tile.paste(picture.crop((2, 2, 9, 9)), (x, y))
        pixels = bytes(1 if value < 128 else 0 for value in tile.tobytes())
    started = time.process_time()
    assert list(find_grids(pixels, 1024, 1024)) == []
    assert time.process_time() - started < 5
