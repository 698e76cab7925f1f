"""The text in a QR code's picture: every version, level, mask and mode that another encoder draws; damage mended or refused."""

from __future__ import annotations

import io
import random

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from segno import consts

from daemon.qr_layout import VERSIONS, Grid, blocks, data_places
from daemon.qr_reading import NoCode, read_grid, read_picture

LINK = "weixin://wxpay/bizpayurl?pr=AbCd12X"


def read(picture: Image.Image) -> str:
    grey = picture.convert("L")
    return read_picture(bytes(1 if value < 128 else 0 for value in grey.tobytes()), grey.width, grey.height)


def drawn(made: segno.QRCode, *, scale: int = 3, border: int = 4) -> Image.Image:
    file = io.BytesIO()
    made.save(file, kind="png", scale=scale, border=border)
    return Image.open(file).convert("L")


def grid_of(made: segno.QRCode) -> Grid:
    return Grid(b"".join(bytes(row) for row in made.matrix), len(made.matrix))


def spoilt(made: segno.QRCode, places: int, seed: int) -> Grid:
    """With so many modules turned over, none of them in the finders, timing lines or format information."""
    grid = grid_of(made)
    chance = random.Random(seed)
    modules = bytearray(grid.modules)
    for _ in range(places):
        row, column = chance.randrange(9, grid.side), chance.randrange(9, grid.side - 8)
        modules[row * grid.side + column] ^= 1
    return Grid(bytes(modules), grid.side)


@pytest.mark.parametrize(("version", "level"), [(v, level) for v in VERSIONS for level in ("LMQH" if v <= 15 else "LMQH"[v % 4])])
def test_every_version_and_level(version: int, level: str) -> None:
    """Filled to about its end, so that all blocks have something to say; the mask is another one each time."""
    lengths, _ = blocks(version, level)
    text = (LINK * 100)[: sum(lengths) - 3]  # mode and count take up to 20 bits
    made = segno.make(text, version=version, error=level, mask=version % 8, boost_error=False, micro=False, mode="byte")
    assert read_grid(grid_of(made)) == text


@pytest.mark.parametrize("mask", range(8))
@pytest.mark.parametrize("version", [3, 7])
def test_every_mask(mask: int, version: int) -> None:
    made = segno.make(LINK, version=version, error="L", mask=mask, micro=False)
    assert read(drawn(made)) == LINK


@given(st.text(min_size=1, max_size=60), st.sampled_from("LMQH"))
@settings(max_examples=60, deadline=None)
def test_any_text(text: str, level: str) -> None:
    assert read_grid(grid_of(segno.make(text, error=level, encoding="utf-8", mode="byte", micro=False))) == text


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("0", {}),
        ("01", {}),
        ("0123456789012345", {}),
        ("HTTPS://QR.EXAMPLE/A1 $%*+-.", {}),
        ("ABC", {}),
        ("点茗", {"mode": "kanji"}),
        ("滌漾", {"mode": "kanji"}),  # the last of Shift JIS' lower half, and the first of its upper one
        ("Grün", {"encoding": "iso8859-1"}),
        ("Grün", {"encoding": "iso8859-1", "eci": True}),
        ("价格 ¥12.50", {"encoding": "utf-8"}),
        ("价格 ¥12.50", {"encoding": "utf-8", "eci": True}),
        ("点茗", {"encoding": "shift_jis", "eci": True}),
        ("x" * 700, {}),
    ],
)
def test_every_mode(text: str, how: dict[str, object]) -> None:
    assert read(drawn(segno.make(text, micro=False, **how))) == text  # type: ignore[arg-type]  # test data


def test_versions_with_longer_counts_read_every_mode() -> None:
    for version in (9, 10, 26, 27):
        for text in ("7" * 40, "AB" * 20, LINK):
            assert read_grid(grid_of(segno.make(text, version=version, micro=False))) == text


@pytest.mark.parametrize("share", [0.1, 0.15, 0.2])
@pytest.mark.parametrize("colour", [0, 255, 128])
def test_a_logo_in_the_middle_is_read_around(share: float, colour: int) -> None:
    picture = drawn(segno.make(LINK, error="H", micro=False), scale=8)
    half = int(picture.width * share / 2)
    middle = picture.width // 2
    ImageDraw.Draw(picture).rectangle((middle - half, middle - half, middle + half, middle + half), fill=colour)
    assert read(picture) == LINK


@given(st.integers(0, 6), st.integers(0, 10**6))
@settings(deadline=None)
def test_some_wrong_modules_are_mended(places: int, seed: int) -> None:
    made = segno.make(LINK, version=4, error="Q", boost_error=False, micro=False)
    assert read_grid(spoilt(made, places, seed)) == LINK


@given(st.integers(0, 400), st.integers(0, 10**6))
@settings(deadline=None)
def test_damage_never_ends_in_another_link(places: int, seed: int) -> None:
    made = segno.make(LINK, version=3, error="L", boost_error=False, micro=False)
    try:
        text = read_grid(spoilt(made, places, seed))
    except NoCode:
        return
    assert text == LINK or not text.startswith("weixin://")


def test_a_format_that_is_damaged_twice_is_refused() -> None:
    grid = grid_of(segno.make(LINK, version=3, micro=False))
    modules = bytearray(grid.modules)
    for place in ((8, 1), (27, 8)):
        modules[place[0] * 29 + place[1]] ^= 1
        once = bytes(modules)
        if place == (8, 1):
            assert read_grid(Grid(once, 29)) == LINK, "the other copy serves"
    with pytest.raises(NoCode, match=r"^the QR code does not say how it is encoded$"):
        read_grid(Grid(bytes(modules), 29))


@pytest.mark.parametrize("made", [segno.make_sequence("x" * 60, version=2)[0]])
def test_a_part_of_a_series_is_no_text(made: segno.QRCode) -> None:
    with pytest.raises(NoCode, match="cannot be read"):
        read_grid(grid_of(made))


def redrawn(words: bytes) -> Grid:
    """A code of version 1-L, unmasked but for mask 0, whose nineteen data words are these."""
    grid = grid_of(segno.make("0", version=1, error="L", mask=0, boost_error=False, micro=False))
    modules = bytearray(grid.modules)
    printed = words + check_words(words, 7)
    for (row, column), bit in zip(data_places(1), "".join(f"{word:08b}" for word in printed), strict=True):
        modules[row * grid.side + column] = int(bit) ^ ((row + column) % 2 == 0)
    return Grid(bytes(modules), grid.side)


def check_words(words: bytes, count: int) -> bytes:
    """By long division with the generator polynomial, as the standard describes it for writers."""
    rest = [*words, *[0] * count]
    generator = list(consts.GEN_POLY[count])
    for place in range(len(words)):
        if factor := rest[place]:
            for i, exponent in enumerate(generator, 1):
                rest[place + i] ^= consts.GALIOS_EXP[(exponent + consts.GALIOS_LOG[factor]) % 255]
    return bytes(rest[len(words) :])


def written(*fields: str) -> Grid:
    """Segments given as bits, and the end of the content; the rest is filled with zeros."""
    return redrawn(int("".join(fields).ljust(19 * 8, "0"), 2).to_bytes(19, "big"))


ECI, BYTES, NUMERIC = "0111", "0100", "0001"
U_UMLAUT = BYTES + f"{2:08b}" + "".join(f"{byte:08b}" for byte in "ü".encode())


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("00011010", "ü"),  # 26 in one byte
        ("10000000" + "00011010", "ü"),  # and in two
        ("11000000" + "00000000" + "00011010", "ü"),  # and in three
        ("00000011", "Ã¼"),  # the same bytes in ISO 8859-1
    ],
)
def test_a_character_set_is_named_in_one_two_or_three_bytes(number: str, text: str) -> None:
    assert read_grid(written(ECI, number, U_UMLAUT)) == text


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ((ECI, "10000001", "00000011", U_UMLAUT), "KeyError"),  # set 259
        ((ECI, "11000001", "00000000", "00011010", U_UMLAUT), "KeyError"),  # set 65562
        ((ECI, "10101010", U_UMLAUT), "KeyError"),
        ((ECI, "10000000", "10101010", U_UMLAUT), "UnicodeDecodeError"),  # set 170, where there is no umlaut
        ((NUMERIC, f"{3:010b}", f"{1000:010b}"), "_End"),
        ((NUMERIC, f"{1:010b}", f"{10:04b}"), "_End"),
        ((NUMERIC, f"{2:010b}", f"{100:07b}"), "_End"),
        ((BYTES, f"{18:08b}"), "_End"),  # seventeen have room
    ],
)
def test_content_that_is_no_text_is_refused(fields: tuple[str, ...], why: str) -> None:
    with pytest.raises(NoCode, match=rf"^the QR code's content cannot be read \({why}\)$"):
        read_grid(written(*fields))


def test_seventeen_bytes_are_all_that_the_smallest_code_holds() -> None:
    text = "tillbox/pay?no=17"
    full = (BYTES, f"{17:08b}", "".join(f"{byte:08b}" for byte in text.encode()))
    assert read_grid(written(*full)) == text
    with pytest.raises(NoCode, match="_End"):
        read_grid(written(*full, BYTES))  # four bits are left: another part begins there, and has no room


def test_the_parts_of_a_content_follow_each_other_with_nothing_between_them() -> None:
    assert read_grid(written(NUMERIC, f"{2:010b}", f"{42:07b}", U_UMLAUT, NUMERIC, f"{1:010b}", f"{7:04b}")) == "42ü7"


def test_a_picture_with_a_damaged_code_says_what_is_wrong_with_it() -> None:
    picture = drawn(segno.make(LINK, version=3, error="L", micro=False), scale=3, border=4)
    ImageDraw.Draw(picture).rectangle((12 + 9 * 3, 12 + 9 * 3, 12 + 20 * 3, 12 + 20 * 3), fill=255)
    with pytest.raises(NoCode, match="the QR code is damaged"):
        read(picture)


@pytest.mark.parametrize(("width", "height"), [(0, 5), (5, 0), (-1, -1)])
def test_a_picture_has_at_least_a_pixel(width: int, height: int) -> None:
    with pytest.raises(ValueError, match=rf"^{width * height} pixels are no picture of {width} x {height}$"):
        read_picture(bytes(width * height), width, height)


def test_a_line_of_pixels_is_a_picture_without_a_code() -> None:
    for width, height in ((1, 5), (5, 1)):
        with pytest.raises(NoCode, match=r"^there is no QR code in the picture$"):
            read_picture(bytes(5), width, height)


def test_a_picture_without_a_code_says_so() -> None:
    with pytest.raises(NoCode, match="there is no QR code"):
        read(Image.new("L", (120, 80), 255))


@pytest.mark.parametrize("pixels", [b"", b"\0" * 11, b"\0" * 13])
def test_pixels_that_are_no_picture(pixels: bytes) -> None:
    with pytest.raises(ValueError, match="no picture"):
        read_picture(pixels, 4, 3)


@given(st.binary(min_size=441, max_size=441))
def test_modules_without_sense_are_refused(modules: bytes) -> None:
    with pytest.raises(NoCode):
        read_grid(Grid(bytes(value & 1 for value in modules), 21))
