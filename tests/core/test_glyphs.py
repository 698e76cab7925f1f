"""Text as pixels: the right glyph from the files, a box where there is none, and nothing that a text could do to a screen."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from daemon import glyphs
from daemon.glyphs import BOLD, FIGURES, SMALL, WIDE, Face, Sheet, clean, has, line, measure
from daemon.panel_text import half_blocks

SHEETS = sorted({sheet for face in (SMALL, BOLD, WIDE, *FIGURES) for sheet in face.sheets}, key=lambda sheet: str(sheet.path))


def test_a_letter_is_drawn_as_its_file_has_it():
    assert half_blocks(line("A¥", SMALL)).splitlines() == [
        "           ",
        "▄▀▀▀▄ █   █",
        "█   █  ▀▄▀ ",
        "█▀▀▀█  ▀█▀ ",
        "█   █  ▀█▀ ",
        "           ",
    ]


def test_letters_follow_each_other_each_whole_and_one_column_apart():
    assert half_blocks(line("12.5", SMALL)).splitlines() == [
        "                   ",
        " ▄█   ▄▀▀▀▄   █▀▀▀▀",
        "  █   ▀   █   █▄▄▄ ",
        "  █     ▄▀        █",
        " ▄█▄  ▄█▄▄▄ █ ▀▄▄▄▀",
        "                   ",
    ]


def test_a_hanzi_keeps_its_cell():
    together = line("付款码", WIDE)
    assert together.size == (48, 16)
    assert len({line(char, WIDE).tobytes() for char in "付款码"}) == 3
    assert [together.crop((x, 0, x + 16, 16)).tobytes() for x in (0, 16, 32)] == [line(char, WIDE).tobytes() for char in "付款码"]


def test_letters_stand_as_close_as_their_ink_allows():
    assert measure("ill", SMALL) < measure("mmm", SMALL)
    assert measure("", SMALL) == 0


@pytest.mark.parametrize("face", [SMALL, BOLD, *FIGURES])
def test_a_letter_is_cut_to_its_ink_and_a_blank_is_as_wide_as_its_face_says(face):
    for letter in string.ascii_uppercase:
        left, _, right, _ = line(letter, face).getbbox()
        assert (left, right) == (0, measure(letter, face))
    assert measure(" ", face) == face.space
    assert measure("A B", face) == measure("A", face) + measure("B", face) + face.space + 2 * face.gap


@pytest.mark.parametrize("face", [SMALL, BOLD, *FIGURES])
def test_digits_are_all_equally_wide_so_that_a_countdown_stands_still(face):
    assert len({measure(digit * 4, face) for digit in string.digits}) == 1


@pytest.mark.parametrize("face", FIGURES)
def test_every_face_for_amounts_has_what_amounts_are_written_with(face):
    assert has(face, "0123456789.- ¥€£$" + string.ascii_uppercase)


def test_a_face_knows_what_it_lacks():
    assert not has(SMALL, "付")
    assert not has(BOLD, "Café 小店"), "one character that is missing is enough"
    assert not has(WIDE, "\N{GRINNING FACE}")


def test_shop_names_can_be_written_in_both_scripts_of_chinese_and_more():
    assert has(WIDE, "北京烤鸭店 臺灣牛肉麵 カフェ Кафе Ψητά Phở Müller & Söhne №5 「小吃」")


def test_a_character_without_a_glyph_is_a_visible_box():
    box, other = line("\N{GRINNING FACE}", WIDE), line("\N{ETHIOPIC SYLLABLE HA}", WIDE)
    assert box.size == (16, 16)
    assert box.getbbox() is not None
    assert box.tobytes() == other.tobytes()
    assert half_blocks(line("Ж", SMALL)).splitlines() == ["      ", "█▀▀▀█ ", "█   █ ", "█   █ ", "█▄▄▄█ ", "      "], (
        "SMALL has no Cyrillic"
    )


def test_a_damaged_installation_shows_boxes_instead_of_raising(monkeypatch, tmp_path):
    nowhere = Face((Sheet("nowhere", 6, 12),), gap=1)
    assert line("12.50", nowhere).getbbox() is not None
    monkeypatch.setattr(glyphs, "FONTS", tmp_path)
    (tmp_path / "torn-6x12.hex").write_text("half a line, and no number in it\n" * 3)
    assert line("12.50", Face((Sheet("torn", 6, 12),), gap=1)).getbbox() is not None
    (tmp_path / "faded-6x12.hex").write_text(f"0041:{'00' * 12}\n")
    assert line("A", Face((Sheet("faded", 6, 12),), gap=1)).size == (6, 12)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.path.stem)
def test_the_files_are_what_the_search_relies_on(sheet):
    lines = sheet.path.read_bytes().splitlines(keepends=True)
    assert {len(each) for each in lines} == {sheet.line_bytes}
    codes = [int(each[:4], 16) for each in lines]
    assert codes == sorted(set(codes))
    first, middle, last = (chr(codes[place]) for place in (0, len(codes) // 2, -1))
    face = Face((sheet,))
    assert has(face, first + middle + last)


def test_all_of_gb_2312_is_there():
    everything = {bytes((high, low)).decode("gb2312", "ignore") for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)}
    assert len(everything - {""}) == 6763, "3755 hanzi of level one and 3008 of level two"
    assert has(WIDE, "".join(sorted(everything)))


def test_hanzi_cost_nothing_until_one_is_drawn(monkeypatch):
    opened = []
    original = type(glyphs.FONTS).open

    def open_and_tell(path, *args, **kwargs):
        opened.append(path.name)
        return original(path, *args, **kwargs)

    monkeypatch.setattr(type(glyphs.FONTS), "open", open_and_tell)
    glyphs._read_rows.cache_clear()
    glyphs._glyph.cache_clear()
    line("Ready ¥12.50", BOLD)
    assert set(opened) == {"latin-8x16.hex"}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("  Corner \t Café\n", "Corner Café"),
        ("Cafe\N{COMBINING ACUTE ACCENT}", "Café"),
        ("safe\N{RIGHT-TO-LEFT OVERRIDE}05.21¥", "safe05.21¥"),
        ("a\N{RIGHT-TO-LEFT ISOLATE}b\N{POP DIRECTIONAL ISOLATE}c", "abc"),
        ("bell\x07 escape\x1b[2J null\x00", "bell escape[2J null"),
        ("zero\N{ZERO WIDTH SPACE}width\N{ZERO WIDTH NO-BREAK SPACE}", "zerowidth"),
        ("line\N{LINE SEPARATOR}and\N{NO-BREAK SPACE}blank\N{IDEOGRAPHIC SPACE}s", "line and blank s"),
        ("Z\N{COMBINING GRAVE ACCENT}\N{COMBINING TILDE}\N{COMBINING CEDILLA}algo", "Zalgo"),
        ("\ud800 lone", "lone"),
        ("", ""),
    ],
)
def test_nothing_invisible_reaches_a_screen(written, shown):
    assert clean(written) == shown


@given(st.text())
def test_any_text_can_be_drawn_and_is_as_wide_as_measured(text):
    text = clean(text)
    assert text.isprintable()
    image = line(text, WIDE)
    assert image.mode == "1"
    assert image.size == (max(1, measure(text, WIDE)), 16)


def test_a_text_of_any_length_costs_no_more_than_a_long_one():
    assert len(clean("很长" * 100_000)) <= 240


def test_glyphs_are_white_on_black():
    assert isinstance(line("8", SMALL), Image.Image)
    assert line("8", SMALL).getpixel((0, 0)) == 0
    assert line("8", SMALL).getextrema() == (0, 255)
