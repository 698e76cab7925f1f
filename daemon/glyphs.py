"""Text as pixels: fixed bitmaps from the files in `fonts/`, the same on every machine and with every version of Pillow.

A glyph is one line of a file of equally long, sorted lines, found by halving and kept once it was drawn; no file is ever
read as a whole, so that nine thousand hanzi cost no memory. A character that no file has is drawn as an empty box. Nothing
here raises because of what a text contains: names of shops and texts of providers come from outside.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from os import SEEK_END
from pathlib import Path

from PIL import Image

FONTS = Path(__file__).parent / "fonts"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of glyphs of one cell, named `NAME-WIDTHxHEIGHT.hex`; `fonts/make_fonts.py` describes the format."""

    name: str
    width: int
    height: int

    @property
    def path(self) -> Path:
        return FONTS / f"{self.name}-{self.width}x{self.height}.hex"

    @property
    def row_bytes(self) -> int:
        return (self.width + 7) // 8

    @property
    def line_bytes(self) -> int:
        return len("0000:") + 2 * self.row_bytes * self.height + len("\n")


@dataclass(frozen=True, slots=True)
class Face:
    """A way of setting text: where its glyphs are and how they follow each other.

    `gap` is the space between two glyphs and `space` the width of a blank, in pixels. With `gap` None every glyph keeps its
    cell, which is how hanzi are set; otherwise it is cut to its ink, and digits to a common width.
    """

    sheets: tuple[Sheet, ...]
    gap: int | None = None
    space: int = 0

    @property
    def height(self) -> int:
        return self.sheets[0].height


SMALL = Face((Sheet("latin", 6, 12),), gap=1, space=3)
BOLD = Face((Sheet("latin", 8, 16),), gap=1, space=5)
WIDE = Face((Sheet("unifont", 8, 16), Sheet("unifont", 16, 16)))
FIGURES = (
    Face((Sheet("figures", 16, 32),), gap=3, space=8),
    Face((Sheet("figures", 14, 28),), gap=3, space=7),
    Face((Sheet("figures", 12, 24),), gap=2, space=6),
    Face((Sheet("figures", 10, 20),), gap=2, space=5),
    BOLD,
    SMALL,
)
"""The faces for amounts, from the largest."""

_LONGEST = 240
"""More characters than this are on no panel; the rest of a longer text is not even looked at."""


def clean(text: str) -> str:
    """The text as one line that can be drawn: composed, blanks single, without controls, direction marks and other invisibles."""
    visible = (char if char.isprintable() else " " * char.isspace() for char in text[:_LONGEST])
    composed = unicodedata.normalize("NFC", "".join(visible))
    return " ".join("".join(char for char in composed if not unicodedata.combining(char)).split())


def has(face: Face, text: str) -> bool:
    """Whether the face has every character of the text."""
    return all(any(_rows(sheet, char) is not None for sheet in face.sheets) for char in text)


def measure(text: str, face: Face) -> int:
    """The width of the text in pixels."""
    widths = [_glyph(face, char).width for char in text]
    return sum(widths) + _gaps(face, len(widths))


def line(text: str, face: Face) -> Image.Image:
    """The text as a 1-bit image, white on black, as high as the face's cell and just as wide as the text."""
    image = Image.new("1", (max(1, measure(text, face)), face.height))
    x = 0
    for char in text:
        glyph = _glyph(face, char)
        image.paste(glyph, (x, 0))
        x += glyph.width + (face.gap or 0)
    return image


def _gaps(face: Face, glyphs: int) -> int:
    return (face.gap or 0) * max(0, glyphs - 1)


@lru_cache(maxsize=512)
def _glyph(face: Face, char: str) -> Image.Image:
    """One character as an image of the face's height; a box where the face has none."""
    for sheet in face.sheets:
        rows = _rows(sheet, char)
        if rows is not None:
            cell = Image.frombytes("1", (sheet.width, sheet.height), rows)
            return cell if face.gap is None else _cut(face, char, cell)
    return _box(face.sheets[-1 if ord(char) >= 0x1100 else 0])


def _cut(face: Face, char: str, cell: Image.Image) -> Image.Image:
    """The cell without the empty columns beside the ink. Digits all keep the columns of 0, so that a countdown stands still."""
    if char == " ":
        return cell.crop((0, 0, face.space, cell.height))
    zero = _rows(face.sheets[0], "0") if char in "123456789" else None
    box = (cell if zero is None else Image.frombytes("1", cell.size, zero)).getbbox()
    return cell if box is None else cell.crop((box[0], 0, box[2], cell.height))


def _box(sheet: Sheet) -> Image.Image:
    """What stands for a character that no sheet has."""
    image = Image.new("1", (sheet.width, sheet.height))
    image.paste(1, (0, 2, sheet.width - 1, sheet.height - 2))
    image.paste(0, (1, 3, sheet.width - 2, sheet.height - 3))
    return image


def _rows(sheet: Sheet, char: str) -> bytes | None:
    """The character's rows as the sheet has them; None where it has none, or where the installation is damaged."""
    try:
        return _read_rows(sheet, ord(char))
    except (OSError, ValueError):
        return None  # a panel with boxes is better than a payment without a panel


@lru_cache(maxsize=1024)
def _read_rows(sheet: Sheet, code: int) -> bytes | None:
    with sheet.path.open("rb", buffering=0) as file:
        lines = file.seek(0, SEEK_END) // sheet.line_bytes

        def code_at(number: int) -> int:
            file.seek(number * sheet.line_bytes)
            return int(file.read(4), 16)

        found = bisect_left(range(lines), code, key=code_at)
        if found == lines or code_at(found) != code:
            return None
        file.seek(found * sheet.line_bytes + len("0000:"))
        return bytes.fromhex(file.read(2 * sheet.row_bytes * sheet.height).decode("ascii"))
