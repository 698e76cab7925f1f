"""Finds the modules of a QR code in a clean, upright picture.

The three finder patterns are looked for by their proportions (dark 1, light 1, dark 3, light 1, dark 1, in rows and columns),
so that a caption, a frame or a quiet zone of any width around the code does not matter. Three that stand like the corners of a
square span the grid; how many modules lie between them follows from their own size, which a resized picture blurs, so that the
neighbouring numbers are tried too. The timing lines decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from daemon.qr_layout import Grid, side_of

_RUN = re.compile(rb"\x00+|\x01+")
_PROPORTIONS = (1, 1, 3, 1, 1)
_PATTERN = (0b1111111, 0b1000001, 0b1011101, 0b1011101, 0b1011101, 0b1000001, 0b1111111)
_SLACK = 0.5  # of its length by which a run may be off, in a picture that was resized. Own; `_PATTERN` decides
_RUNS_MOST = 250_000  # of one picture; the busiest honest one (1024 pixels square, version 40, blurred) has half of it
_LOOKS_MOST = 5_000  # places that look like a finder in their row; noise has ten times as many
_FINDERS_MOST = 12  # a page with four codes; a picture with more is none that a provider draws
_NEIGHBOURS = (0, -1, 1)  # versions to try around the measured one


@dataclass(frozen=True, slots=True)
class _Finder:
    """The centre of a finder pattern, and the size of one of its modules, in pixels."""

    x: float
    y: float
    module: float

    def is_near(self, other: _Finder) -> bool:
        return abs(self.x - other.x) < 2 * self.module and abs(self.y - other.y) < 2 * self.module


def find_grids(pixels: bytes, width: int, height: int) -> Iterator[Grid]:
    """Every grid that has the finders and timing lines of a QR code, the likeliest first."""
    finders = _finders(pixels, width, height)
    for corner, right, below in _corners(finders):
        modules = (right.x - corner.x) / corner.module + 7
        measured = round((modules - 17) / 4)
        for version in (measured + step for step in _NEIGHBOURS):
            if 1 <= version <= 40:
                grid = _sampled(pixels, width, (corner, right, below), side_of(version))
                if _has_timing(grid):
                    yield grid


def _finders(pixels: bytes, width: int, height: int) -> list[_Finder]:
    """What looks like a finder pattern in its row and in its column."""
    found: list[_Finder] = []
    for look in islice(_looks(pixels, width, height), _LOOKS_MOST):
        if any(look.is_near(known) for known in found):
            continue
        finder = _confirmed(pixels, width, look)
        if finder is not None:
            found.append(finder)
        if len(found) > _FINDERS_MOST:
            return []
    return found


def _looks(pixels: bytes, width: int, height: int) -> Iterator[_Finder]:
    """Every place that has a finder's proportions in its row; rows that repeat the one before are passed over."""
    runs = 0
    before = b""
    for y in range(height):
        row = pixels[y * width : (y + 1) * width]
        if row != before:
            before, lengths = row, _runs(row)
            runs += len(lengths)
            if runs > _RUNS_MOST:
                return
            for x, module in _matches(lengths, row[0]):
                yield _Finder(x, y, module)


def _is_pattern(pixels: bytes, width: int, finder: _Finder) -> bool:
    """Whether all 49 modules are as a finder pattern's."""
    xs = [_within(finder.x + (i - 3) * finder.module, width) for i in range(7)]
    ys = [_within(finder.y + (i - 3) * finder.module, len(pixels) // width) for i in range(7)]
    rows = (int("".join(str(pixels[y * width + x]) for x in xs), 2) for y in ys)
    return tuple(rows) == _PATTERN


def _runs(line: bytes) -> list[int]:
    return [len(run) for run in _RUN.findall(line)]


def _matches(lengths: list[int], first: int) -> Iterator[tuple[float, float]]:
    """Centre and module size of every part of a line that has a finder's proportions. `first`: the line's first pixel."""
    start = 0
    for index, length in enumerate(lengths):
        if (index % 2 == 0) == (first == 1):
            five = lengths[index : index + 5]
            module = sum(five) / 7
            if len(five) == 5 and _fits(five, module):
                heart = five[0] + five[1] + five[2] / 2
                yield start + (heart + sum(five) / 2) / 2, module  # by its inner and by its outer edges: each may be half a pixel off
        start += length


def _fits(five: list[int], module: float) -> bool:
    return all(abs(run - share * module) <= _SLACK * share * module for run, share in zip(five, _PROPORTIONS, strict=True))


def _confirmed(pixels: bytes, width: int, look: _Finder) -> _Finder | None:
    """The finder around a place that looks like one in its row, where the column and all of its modules say so, too."""
    column = pixels[int(look.x) :: width]
    y, height = _nearest(column, look.y, look.module) or (0.0, 0.0)
    row = pixels[int(y) * width : (int(y) + 1) * width]
    x, across = _nearest(row, look.x, look.module) or (0.0, 0.0)
    if not height or not across:
        return None
    finder = _Finder(x, y, (across + height) / 2)
    return finder if _is_pattern(pixels, width, finder) else None


def _nearest(line: bytes, position: float, module: float) -> tuple[float, float] | None:
    """Centre and module size of what looks like a finder near that position of a line."""
    start = max(0, int(position - 6 * module))
    part = line[start : int(position + 6 * module) + 1]
    for centre, size in _matches(_runs(part), part[0]):
        if abs(start + centre - position) <= 1.5 * size + 1 and abs(size - module) <= 0.5 * module:
            return start + centre, size
    return None


def _corners(finders: list[_Finder]) -> Iterator[tuple[_Finder, _Finder, _Finder]]:
    """Every three that stand like the top left, top right and bottom left corner of a square."""
    for corner in finders:
        slack = 1.5 * corner.module
        for right in finders:
            if right.x <= corner.x + 13 * corner.module or abs(right.y - corner.y) > slack:
                continue
            for below in finders:
                if abs(below.x - corner.x) <= slack and abs((below.y - corner.y) - (right.x - corner.x)) <= 2 * slack:
                    yield corner, right, below


def _sampled(pixels: bytes, width: int, corners: tuple[_Finder, _Finder, _Finder], side: int) -> Grid:
    """The pixel in the middle of each module. The finders' centres lie in the fourth module from each edge."""
    corner, right, below = corners
    across = (right.x - corner.x) / (side - 7)
    down = (below.y - corner.y) / (side - 7)
    xs = [_within(corner.x + (column - 3) * across, width) for column in range(side)]
    ys = [_within(corner.y + (row - 3) * down, len(pixels) // width) for row in range(side)]
    return Grid(bytes(pixels[y * width + x] for y in ys for x in xs), side)


def _within(position: float, size: int) -> int:
    return min(max(int(position), 0), size - 1)


def _has_timing(grid: Grid) -> bool:
    """Whether the two lines between the finders alternate, as they do only where the number of modules is right."""
    return all(grid[6, i] == grid[i, 6] == (i + 1) % 2 for i in range(8, grid.side - 8))
