"""Sets text into lines and blocks of pixels; knows widths, not panels.

Every block is a 1-bit image, white on black, no wider than what it holds. Blocks are kept, because a countdown changes one of
them a second: nobody may draw on a block that came from here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

from PIL import Image

from daemon import glyphs
from daemon.glyphs import WIDE, Face

# No line begins with the one or ends with the other (the usual rule for Chinese text).
_CLOSING = frozenset("，。！？、；：）》」』”’,.!?;:)…%")
_OPENING = frozenset("（《「『“‘(")

_ELLIPSIS = "…"


@lru_cache(maxsize=256)
def wrap(text: str, face: Face, width: int) -> tuple[str, ...]:
    """The text in as few lines as `width` allows, and those of about equal length.

    Lines end at blanks and between hanzi; a word that is wider than the panel is broken where it must be.
    """
    units = tuple(_units(text))
    lines = _fill(units, face, width)
    low, high = min(width, max(width // 2, _widest(units, face))), width
    while low < high:
        middle = (low + high) // 2
        if len(_fill(units, face, middle)) > len(lines):
            low = middle + 1
        else:
            high = middle
    return _fill(units, face, high)


def has_whole_words(text: str, face: Face, width: int) -> bool:
    """Whether no word of the text must be broken to fit."""
    return _widest(tuple(_units(text)), face_of(text, face)) <= width


def _widest(units: tuple[str, ...], face: Face) -> int:
    return max((glyphs.measure(unit.rstrip(), face) for unit in units), default=0)


def _fill(units: tuple[str, ...], face: Face, width: int) -> tuple[str, ...]:
    """As many units on each line as fit."""
    lines: list[str] = []
    line = ""
    for unit in units:
        if line and glyphs.measure((line + unit).rstrip(), face) > width:
            lines.append(line.rstrip())
            line = ""
        line += unit
        while len(line) > 1 and glyphs.measure(line.rstrip(), face) > width:
            fits = _fitting(line, face, width)
            lines.append(line[:fits])
            line = line[fits:]
    return (*lines, line.rstrip()) if line else tuple(lines)


def _fitting(text: str, face: Face, width: int) -> int:
    """How many characters fit, and at least one."""
    return max(1, bisect_right(range(1, len(text)), width, key=lambda count: glyphs.measure(text[:count], face)))


def _units(text: str) -> Iterator[str]:
    """The text in pieces that no line may end within; a blank belongs to the word before it."""
    start = 0
    for end in range(1, len(text)):
        before, after = text[end - 1], text[end]
        if (before == " " or _is_wide(before) or _is_wide(after)) and after != " " and after not in _CLOSING and before not in _OPENING:
            yield text[start:end]
            start = end
    if text:
        yield text[start:]


def _is_wide(char: str) -> bool:
    """Whether lines may end before and after it: hanzi, kana and their signs."""
    return ord(char) >= 0x2E80


def cut(text: str, face: Face, width: int) -> str:
    """The text, or as much of it as fits with an ellipsis behind it."""
    if glyphs.measure(text, face) <= width:
        return text
    while text and glyphs.measure(text + _ELLIPSIS, face) > width:
        text = text[:-1].rstrip()
    return text + _ELLIPSIS


@lru_cache(maxsize=64)
def paragraph(text: str, face: Face, width: int, most_lines: int) -> Image.Image:
    """The text in centred lines; where there would be too many, the last one ends in an ellipsis.

    Set in the face that has hanzi as soon as one character needs it, so that a line has one baseline and one weight.
    """
    face = face_of(text, face)
    lines = wrap(text, face, width)
    if len(lines) > most_lines:
        kept = lines[: most_lines - 1]
        lines = (*kept, cut(_after(text, kept), face, width))
    return stack([glyphs.line(line, face) for line in lines])


def _after(text: str, lines: tuple[str, ...]) -> str:
    """What is left of the text behind its first lines, which have lost the blanks at their ends."""
    for line in lines:
        text = text[text.index(line) + len(line) :].lstrip()
    return text


def face_of(text: str, face: Face) -> Face:
    """The face, or the one with hanzi where it lacks a character of the text."""
    return face if glyphs.has(face, text) else WIDE


def stack(rows: list[Image.Image]) -> Image.Image:
    """The rows centred one below the other, without a space between them."""
    image = Image.new("1", (max((row.width for row in rows), default=1), max(1, sum(row.height for row in rows))))
    y = 0
    for row in rows:
        image.paste(row, ((image.width - row.width) // 2, y))
        y += row.height
    return image


def beside(left: Image.Image, right: Image.Image, gap: int) -> Image.Image:
    """The two in one row, with a gap between them, on a common middle line."""
    height = max(left.height, right.height)
    image = Image.new("1", (left.width + gap + right.width, height))
    image.paste(left, (0, (height - left.height) // 2))
    image.paste(right, (left.width + gap, (height - right.height) // 2))
    return image


@lru_cache(maxsize=64)
def figure(text: str, face: Face, scale: int) -> Image.Image:
    """An amount, cut to the rows of its ink, each of its pixels `scale` pixels wide and high."""
    row = glyphs.line(text, face)
    ink = row.getbbox() or (0, 0, row.width, row.height)
    row = row.crop(ink)
    return row.resize((row.width * scale, row.height * scale), Image.Resampling.NEAREST)


@lru_cache(maxsize=4)
def tick(height: int) -> Image.Image:
    """A tick mark of that height, drawn in whole pixels: a short stroke down, a long one up."""
    stroke = max(2, height // 4)
    rise = height - stroke  # rows that the long stroke climbs
    fall = rise // 2
    image = Image.new("1", (fall + rise + 1, height))
    for x in range(fall + rise + 1):
        y = rise - fall + x if x <= fall else rise - (x - fall)
        image.paste(1, (x, y, x + 1, y + stroke))
    return image


def banner(text: str, face: Face, width: int) -> Image.Image:
    """The text dark on a lit bar of that width, its capitals or hanzi in the middle of the bar."""
    words = paragraph(text, face, width, 1)
    ink = paragraph("田" if face_of(text, face) is WIDE else "H", face, width, 1).getbbox()
    bar = Image.new("1", (width, words.height + 2), 1)
    bar.paste(0, ((width - words.width) // 2, (bar.height - ink[1] - ink[3]) // 2 if ink else 1), words)
    return bar
