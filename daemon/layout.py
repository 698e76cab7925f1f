"""Puts what a screen says onto a panel of any size: as large as fits, nothing over anything else, nothing beyond the edge.

A screen is a `Content`: an amount, a title, paragraphs by importance, the time left. All of it is tried first, with the
largest amount that leaves room; where a panel is too small, shorter words are taken, then the least important parts are left
out (`_levels` is the whole order). What stays is stacked in the middle with equal spaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from daemon import glyphs
from daemon.glyphs import BOLD, FIGURES, SMALL, Face
from daemon.typesetting import banner, beside, face_of, figure, has_whole_words, paragraph, tick, wrap


@dataclass(frozen=True, slots=True)
class Words:
    """A text and its shorter form."""

    full: str
    short: str


@dataclass(frozen=True, slots=True)
class Content:
    """What one screen says. Paragraphs stand in the order of their importance; a banner sets the title on a lit bar."""

    title: Words | None = None
    banner: bool = False
    tick: bool = False
    figure: str = ""
    paragraphs: tuple[Words, ...] = ()
    time: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A part of the picture and where its upper left corner is."""

    image: Image.Image
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Composition:
    """The parts of a picture. `complete` says that nothing was left out, and nothing cut or shortened to make room for the rest."""

    parts: tuple[Placed, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class _Level:
    """How much is shown: so many of the paragraphs, in short words or not, each cut to one line or not, and what else."""

    paragraphs: int
    short: bool = False
    cut: bool = False
    title: bool = True
    figure: bool = True
    time: str = "below"  # in a row of its own; "beside" the last paragraph; "" for not at all


# Amounts from the largest: a face, and how many panel pixels each of its pixels becomes.
_SIZES = ((FIGURES[0], 3), *((face, 2) for face in FIGURES[:4]), *((face, 1) for face in FIGURES))

_FLAT = 24
"""A panel of fewer rows than this has room for one line only."""

_ROOMY = 48
"""From so many rows on there are spaces between the lines; a smaller panel needs every row."""

_FARTHEST = 10
"""More rows than this are not put between two parts, beyond what they need."""

_SMALLEST_AMOUNT = 10
"""Rows of an amount that is still read at arm's length; a longer one may have to be smaller to fit the width."""

_MARGIN = 2
"""Columns that stay dark on either side of an amount."""

_WIDE_ENOUGH = 96
"""Panels of so many columns keep the outermost ones dark; narrower ones need them."""

_TICK = 16
_SPACE = 6
"""Pixels between a tick and its title, or a text and the time beside it."""


def compose(content: Content, width: int, height: int) -> Composition:
    """The parts of the picture for a panel of that size in pixels."""
    for level in _levels(content) if height >= _FLAT else ():
        parts = _composed(content, level, width, height)
        if parts is not None:
            whole = level.paragraphs == len(content.paragraphs) and level.title and bool(level.time)
            return Composition(parts, complete=whole and not level.short and not level.cut)
    return Composition(_flat(content, width, height), complete=False)


def _levels(content: Content) -> Iterator[_Level]:
    """From everything to the one thing that must be seen: the title, or the amount of a screen without one."""
    count = len(content.paragraphs)
    times = ("below", "beside") if content.time else ("below",)
    words = (False, True)
    yield from (_Level(count, short, time=time) for short in words for time in times)
    if content.banner and not content.figure:  # why it went wrong says that it went wrong
        yield from (_Level(count, short, title=False) for short in words)
    for kept in range(count - 1, 0, -1):
        yield from (_Level(kept, short, time=time) for short in words for time in times)
    yield from (_Level(min(count, 1), short=True, cut=cut, time=time) for cut in words for time in (*times, ""))
    yield _Level(0, short=True, time="")
    yield _Level(0, short=True, time="", figure=False)


def _composed(content: Content, level: _Level, width: int, height: int) -> tuple[Placed, ...] | None:
    """The parts at that level, the amount as large as the others let it; None where they do not fit."""
    bar = _banner(content, level, width)
    top = bar[0].height if bar else 0
    shown = content.figure if level.figure else ""
    for face in (BOLD, SMALL) if _is_large(content, width, height) else (SMALL,):
        above, below = _heading(content, level, width), _texts(content, level, face, width)
        for amount in _amounts(shown, width, height):
            rows = [*above, *amount, *below]
            gaps = _gaps(len(above), len(amount), len(below), height >= _ROOMY, bool(bar))
            spare = height - top - sum(row.height for row in rows) - sum(gaps)
            if rows and spare >= 0 and all(row.width <= width for row in rows):
                return (*(Placed(image, 0, 0) for image in bar), *_spread(rows, gaps, spare, width, top))
    return None


def _is_large(content: Content, width: int, height: int) -> bool:
    """Whether paragraphs may be set as large as titles: where an amount does not need the rows more."""
    return (width >= 128 and height >= 96) or (width >= 192 and not content.figure)


def _gaps(above: int, amount: int, below: int, roomy: bool, bar: bool) -> list[int]:
    """The least spaces above, between and below so many rows: an amount has no empty rows of its own, as a text has."""
    by_text, by_amount, edge = (1, 3, 1) if roomy else (0, 2, 0)
    inner = [by_amount if amount and i in (above - 1, above) else by_text for i in range(above + amount + below - 1)]
    return [by_amount if (roomy or bar) and amount and not above else edge, *inner, edge]


def _spread(rows: list[Image.Image], gaps: list[int], spare: int, width: int, top: int) -> Iterator[Placed]:
    """The rows centred; what is to spare goes equally between and around them, but they never fall to pieces."""
    more = min(spare // (len(rows) + 1), _FARTHEST)
    y = top + (spare - more * (len(rows) - 1)) // 2
    for row, gap in zip(rows, gaps[:-1], strict=True):
        yield Placed(row, (width - row.width) // 2, y + gap)
        y += row.height + gap + more


def _banner(content: Content, level: _Level, width: int) -> list[Image.Image]:
    if content.title is None or not (content.banner and level.title):
        return []
    text, face = _title_in_one_line(content.title, width)
    return [banner(text, face, width)]


def _title_in_one_line(title: Words, width: int) -> tuple[str, Face]:
    """The title in the largest letters and the most words that fit; failing all, the whole of it, to be cut."""
    full, short = glyphs.clean(title.full), glyphs.clean(title.short)
    ways = [(text, face_of(text, face)) for face in (BOLD, SMALL) for text in (full, short)]
    return next(((text, face) for text, face in ways if glyphs.measure(text, face) <= width), (full, SMALL))


def _heading(content: Content, level: _Level, width: int) -> list[Image.Image]:
    """The title, where it does not stand on the banner."""
    if content.title is None or content.banner or not level.title:
        return []
    room = width - (tick(_TICK).width + _SPACE if content.tick else 0)
    text, face = _title_in_one_line(content.title, room)
    words = paragraph(text, face, room, 1) if level.short else _title_in_lines(content.title, room)
    return [beside(tick(_TICK), words, _SPACE) if content.tick else words]


def _title_in_lines(title: Words, width: int) -> Image.Image:
    """The title in two lines of large letters or three of small ones: a shop's name may be long, and has no shorter form."""
    text = glyphs.clean(title.full)
    face = face_of(text, BOLD)
    if len(wrap(text, face, width)) <= 2 and has_whole_words(text, face, width):
        return paragraph(text, face, width, 2)
    return paragraph(text, SMALL, width, 3 if face_of(text, SMALL) is SMALL else 2)


def _texts(content: Content, level: _Level, face: Face, width: int) -> list[Image.Image]:
    """What stands below the amount: paragraphs and the time left."""
    lines = 1 if level.cut else 9
    room = width - 2 if width >= _WIDE_ENOUGH else width
    rows = [paragraph(_chosen(words, level), face, room, lines) for words in content.paragraphs[: level.paragraphs]]
    if not content.time or not level.time:
        return rows
    time = glyphs.line(content.time, face)
    if level.time == "beside" and rows and rows[-1].height <= BOLD.height:
        return [*rows[:-1], beside(rows[-1], time, _SPACE)]
    return [*rows, time]


def _chosen(words: Words, level: _Level) -> str:
    return glyphs.clean(words.short if level.short else words.full)


def _amounts(text: str, width: int, height: int) -> Iterator[list[Image.Image]]:
    """The amount as a row, from the largest size that is not too wide to the smallest that does not look lost; or no row."""
    if not text:
        yield []
        return
    fitting = [row for row in (figure(text, face, scale) for face, scale in _SIZES) if row.width <= width - 2 * _MARGIN]
    if not fitting:
        yield [paragraph(text, SMALL, width, 9)]  # on several lines rather than cut: half an amount is a wrong amount
    yield from ([row] for row in fitting if row.height >= min(max(_SMALLEST_AMOUNT, height // 5), fitting[0].height))


def _flat(content: Content, width: int, height: int) -> tuple[Placed, ...]:
    """One line: the title, or the amount where it says enough, and the tick or the time beside it where there is room."""
    row = _line(content, width, height)
    aside = tick(min(height, _TICK) - 2) if content.tick else glyphs.line(content.time, SMALL) if content.time else None
    if aside is not None and row.width + _SPACE + aside.width <= width and aside.height <= height:
        row = beside(row, aside, _SPACE)
    row = row.crop((0, 0, min(row.width, width), min(row.height, height)))
    return (Placed(row, (width - row.width) // 2, (height - row.height) // 2),)


def _line(content: Content, width: int, height: int) -> Image.Image:
    if content.figure and (content.tick or content.title is None):
        sizes = (figure(content.figure, face, scale) for face, scale in _SIZES)
        fitting = next((row for row in sizes if row.width <= width and row.height <= height), None)
        return fitting or paragraph(content.figure, SMALL, width, 1)  # which shows where it is cut
    text, face = _title_in_one_line(content.title or content.paragraphs[0], width)
    return paragraph(text, face, width, 1)
