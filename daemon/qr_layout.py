"""How a QR code is laid out: which module holds what, for all versions, levels and masks. Source: ISO/IEC 18004.

A `Grid` is a square of modules; places are (row, column) from the top left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

VERSIONS = range(1, 41)

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """The modules of a code without its quiet zone, row by row; 1 is dark."""

    modules: bytes
    side: int

    def __getitem__(self, place: Place) -> int:
        return self.modules[place[0] * self.side + place[1]]

    def bits(self, places: Iterator[Place]) -> int:
        """The modules at these places as one number, the first one highest."""
        number = 0
        for place in places:
            number = number << 1 | self[place]
        return number


def side_of(version: int) -> int:
    return 17 + 4 * version


# -- error correction: check words in a block, and blocks, by version. Source: the standard's table of error correction --

_CHECKS = {
    "L": (7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, *[30] * 14),
    "M": (10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, *[28] * 19),
    "Q": (13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, 28, 30, 30, 30, 30, 28, *[30] * 14),
    "H": (17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, 30, 24, *[30] * 18),
}
_BLOCKS = {
    "L": "1 1 1 1 1 2 2 2 2 4 4 4 4 4 6 6 6 6 7 8 8 9 9 10 12 12 12 13 14 15 16 17 18 19 19 20 21 22 24 25",
    "M": "1 1 1 2 2 4 4 4 5 5 5 8 9 9 10 10 11 13 14 16 17 17 18 20 21 23 25 26 28 29 31 33 35 37 38 40 43 45 47 49",
    "Q": "1 1 2 2 4 4 6 6 8 8 8 10 12 16 12 17 16 18 21 20 23 23 25 27 29 34 34 35 38 40 43 45 48 51 53 56 59 62 65 68",
    "H": "1 1 2 4 4 4 5 6 8 8 11 11 16 16 18 16 19 21 25 25 25 34 30 32 35 37 40 42 45 48 51 54 57 60 63 66 70 74 77 81",
}
_BLOCK_COUNTS = {level: tuple(map(int, counts.split())) for level, counts in _BLOCKS.items()}


def codewords(version: int) -> int:
    """How many words of eight modules the code holds, check words included."""
    modules = (16 * version + 128) * version + 64
    if version >= 2:
        across = version // 7 + 2  # alignment patterns
        modules -= (25 * across - 10) * across - 55
    if version >= 7:
        modules -= 36  # version information, twice
    return modules // 8


def blocks(version: int, level: str) -> tuple[list[int], int]:
    """The number of data words of each block, in order, and the number of check words that every one of them has."""
    checks, count = _CHECKS[level][version - 1], _BLOCK_COUNTS[level][version - 1]
    short, longer = divmod(codewords(version), count)
    return [short - checks] * (count - longer) + [short - checks + 1] * longer, checks


# -- what is not data --


def alignment_centres(version: int) -> list[int]:
    """Rows, and columns, of the alignment patterns' centres."""
    if version == 1:
        return []
    across = version // 7 + 2
    step = 26 if version == 32 else (version * 4 + across * 2 + 1) // (across * 2 - 2) * 2
    last = side_of(version) - 7
    return [6, *(last - step * i for i in range(across - 2, -1, -1))]


def fixed_modules(version: int) -> bytes:
    """1 for every module that holds no data: finders, timing lines, alignment patterns, format and version information."""
    side = side_of(version)
    fixed = bytearray(side * side)

    def fill(top: int, left: int, height: int, width: int) -> None:
        for row in range(top, top + height):
            fixed[row * side + left : row * side + left + width] = b"\1" * width

    for corner in ((0, 0, 9, 9), (0, side - 8, 9, 8), (side - 8, 0, 8, 9), (6, 0, 1, side), (0, 6, side, 1)):
        fill(*corner)
    centres = alignment_centres(version)
    for row in centres:
        for column in centres:
            if (row, column) not in ((6, 6), (6, centres[-1]), (centres[-1], 6)):  # the finders are there
                fill(row - 2, column - 2, 5, 5)
    if version >= 7:
        fill(0, side - 11, 6, 3)
        fill(side - 11, 0, 3, 6)
    return bytes(fixed)


def data_places(version: int) -> Iterator[Place]:
    """Every module that holds data, in the order of its bits: two columns at a time, from the right, upwards and down again."""
    side, fixed = side_of(version), fixed_modules(version)
    upwards = True
    for right in (*range(side - 1, 6, -2), 5, 3, 1):
        for row in range(side - 1, -1, -1) if upwards else range(side):
            for column in (right, right - 1):
                if not fixed[row * side + column]:
                    yield row, column
        upwards = not upwards


# -- format information --

MASKS: tuple[Callable[[int, int], bool], ...] = (
    lambda row, column: (row + column) % 2 == 0,
    lambda row, _column: row % 2 == 0,
    lambda _row, column: column % 3 == 0,
    lambda row, column: (row + column) % 3 == 0,
    lambda row, column: (row // 2 + column // 3) % 2 == 0,
    lambda row, column: row * column % 2 + row * column % 3 == 0,
    lambda row, column: (row * column % 2 + row * column % 3) % 2 == 0,
    lambda row, column: ((row + column) % 2 + row * column % 3) % 2 == 0,
)


def format_places(side: int) -> tuple[list[Place], list[Place]]:
    """The two copies of the format information, highest bit first."""
    around_corner = [*((8, c) for c in (0, 1, 2, 3, 4, 5, 7, 8)), *((r, 8) for r in (7, 5, 4, 3, 2, 1, 0))]
    along_edges = [*((r, 8) for r in range(side - 1, side - 8, -1)), *((8, c) for c in range(side - 8, side))]
    return around_corner, along_edges


def _format_bits(level_bits: int, mask: int) -> int:
    """Level and mask with their BCH check bits, as they are printed."""
    data = level_bits << 3 | mask
    rest = data
    for _ in range(10):
        rest = rest << 1 ^ (0x537 if rest & 0x200 else 0)
    return (data << 10 | rest) ^ 0x5412


FORMATS: dict[int, tuple[str, int]] = {
    _format_bits(level_bits, mask): (level, mask) for level, level_bits in (("L", 1), ("M", 0), ("Q", 3), ("H", 2)) for mask in range(8)
}
"""Level and mask by the 15 bits that say so."""
