"""The panel for those who have none: half-blocks for a terminal, PNG for a browser."""

from io import BytesIO

import pytest
from PIL import Image
from screen_gallery import SCREENS

from daemon.panel_text import half_blocks, png
from daemon.screens import draw
from daemon.texts import Language


def checkered(width, height):
    image = Image.new("1", (width, height))
    for y in range(height):
        for x in range(width):
            image.putpixel((x, y), (x + y) % 2)
    return image


def test_two_rows_of_pixels_make_one_line_of_text():
    assert half_blocks(checkered(4, 4)) == "▄▀▄▀\n▄▀▄▀\n"
    assert half_blocks(Image.new("1", (3, 2))) == "   \n"
    assert half_blocks(Image.new("1", (3, 2), 1)) == "███\n"


def test_an_odd_last_row_has_darkness_beneath_it():
    assert half_blocks(Image.new("1", (2, 3), 1)) == "██\n▀▀\n"


def test_a_panel_fits_a_terminal():
    lines = half_blocks(draw(SCREENS["paid"], 128, 64, Language.EN)).splitlines()
    assert len(lines) == 32
    assert {len(line) for line in lines} == {128}


def test_a_png_is_as_large_as_the_panel_unless_it_is_asked_for_larger():
    with Image.open(BytesIO(png(checkered(5, 3)))) as read:
        assert read.size == (5, 3)


def test_no_pixel_of_a_png_is_smoothed_greys_neither():
    greys = Image.frombytes("L", (2, 1), bytes((90, 200)))
    with Image.open(BytesIO(png(greys, 3))) as read:
        assert read.tobytes() == bytes((90, 90, 90, 200, 200, 200)) * 3


@pytest.mark.parametrize("scale", [1, 4])
def test_a_png_is_the_panel_pixel_for_pixel(scale):
    panel = draw(SCREENS["awaiting_code"], 128, 64, Language.ZH)
    with Image.open(BytesIO(png(panel, scale))) as read:
        assert read.format == "PNG"
        assert read.mode == "1"
        assert read.size == (128 * scale, 64 * scale)
        for y in range(64):
            for x in range(128):
                block = {read.getpixel((x * scale + across, y * scale + down)) for across in range(scale) for down in range(scale)}
                assert block == {panel.getpixel((x, y))}
