"""Makes the glyph files beside this script from the fonts that Debian ships. Run only to change what they hold.

    apt-get install unifont xfonts-terminus
    python daemon/fonts/make_fonts.py

Every file holds glyphs of one cell, named in the file's name as WIDTHxHEIGHT. One glyph is one line: four hexadecimal digits of
code point, a colon, the rows from top to bottom, each filled up to whole bytes on the right. Lines are sorted and equally
long, so that a glyph is found by halving, without reading the file.
"""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path

from PIL import PcfFontFile

HERE = Path(__file__).parent
UNIFONT = Path("/usr/share/unifont/unifont.hex")
TERMINUS = Path("/usr/share/fonts/X11/misc")

# What amounts need: digits, signs and letters of currencies.
FIGURES = frozenset("0123456789.,- $¢£¥€ABCDEFGHIJKLMNOPQRSTUVWXYZ")

# Terminus faces: source, cell, and what is taken of it (None: all of Windows-1252, which has the Western letters, € and …).
FACES: tuple[tuple[str, str, frozenset[str] | None], ...] = (
    ("ter-u12n", "latin-6x12.hex", None),
    ("ter-u16b", "latin-8x16.hex", None),
    ("ter-u20b", "figures-10x20.hex", FIGURES),
    ("ter-u24b", "figures-12x24.hex", FIGURES),
    ("ter-u28b", "figures-14x28.hex", FIGURES),
    ("ter-u32b", "figures-16x32.hex", FIGURES),
)


def repertoire() -> set[str]:
    """What a shop's name may be written with: GB 2312 (simplified hanzi, kana, signs), Big5's common half, European letters."""
    two_bytes = [bytes((high, low)) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF)]
    big5 = [bytes((high, low)) for high in range(0xA4, 0xC7) for low in (*range(0x40, 0x7F), *range(0xA1, 0xFF))]
    chars = {code.decode("gb2312", "ignore") for code in two_bytes} | {code.decode("big5", "ignore") for code in big5}
    latin = {chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x1E00, 0x1F00))}
    greek = {chr(code) for code in range(0x370, 0x460)}  # and Cyrillic
    signs = {chr(code) for code in (*range(0x2010, 0x2027), *range(0x20A0, 0x20C0), *range(0x2100, 0x2140))}
    wide = {chr(code) for code in (*range(0x3000, 0x3020), *range(0xFF01, 0xFF5F), *range(0xFFE0, 0xFFE7))}
    return {char for char in chars | latin | greek | signs | wide if len(char) == 1}


def write(name: str, glyphs: dict[str, str]) -> None:
    text = "".join(f"{ord(char):04X}:{glyphs[char]}\n" for char in sorted(glyphs))
    (HERE / name).write_text(text, encoding="ascii", newline="\n")


def unifont() -> None:
    wanted = repertoire()
    found = dict(line.split(":") for line in UNIFONT.read_text(encoding="ascii").split())
    glyphs = {chr(int(code, 16)): rows for code, rows in found.items() if chr(int(code, 16)) in wanted}
    write("unifont-8x16.hex", {char: rows for char, rows in glyphs.items() if len(rows) == 32})
    write("unifont-16x16.hex", {char: rows for char, rows in glyphs.items() if len(rows) == 64})


def terminus(source: str, name: str, wanted: frozenset[str] | None) -> None:
    pcf = BytesIO(gzip.decompress((TERMINUS / f"{source}_unicode.pcf.gz").read_bytes()))
    font = PcfFontFile.PcfFontFile(pcf, "cp1252")
    glyphs = {}
    for byte, glyph in enumerate(font.glyph):
        char = bytes((byte,)).decode("cp1252", "ignore")
        if glyph is not None and char.isprintable() and char and (wanted is None or char in wanted):
            glyphs[char] = glyph[3].tobytes().hex().upper()
    glyphs["0"] = glyphs["O"]  # the original strikes its zero through, which prices never do; its O has the same frame
    write(name, glyphs)


if __name__ == "__main__":
    unifont()
    for face in FACES:
        terminus(*face)
