"""A picture as an OLED's chip keeps it, and where two pictures differ. No I/O; `hw.panel_writing` sends what is found here.

The chips keep eight rows in one byte, the top one in its lowest bit. A *page* is eight rows high and as wide as the panel, one byte
for each column; the pages follow each other from top to bottom.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from PIL import Image

ROWS = 8  # of a page

WASTE = 1.3
DENSE = 4  # so many times what changed is more than the picture: much
FEW = 40  # the price of a window then, in bytes
SLACK = 2  # above its addressing, otherwise. Each piece is at least one byte, so that 1 + 2 / (1 + 7) keeps within WASTE
_MARKED = bytes([0]) + bytes([1]) * 255


class Window(NamedTuple):
    """The columns from `left` up to, not including, `right` of the pages from `top` up to, not including, `bottom`."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return (self.bottom - self.top) * (self.right - self.left)


def page_bytes(image: Image.Image) -> bytes:
    """The pages of a 1-bit image whose height is a multiple of eight.

    With rows and columns exchanged, the eight dots of a byte lie side by side, which is how Pillow packs them."""
    columns = image.transpose(Image.Transpose.TRANSPOSE).tobytes("raw", "1;R")
    pages = image.height // ROWS
    return b"".join(columns[page::pages] for page in range(pages))


def cut(pages: bytes, width: int, window: Window) -> bytes:
    """What belongs into a window, page after page."""
    return b"".join(pages[page * width + window.left : page * width + window.right] for page in range(window.top, window.bottom))


class Chip(NamedTuple):
    """What a window costs beside what is in it, in bytes that cross the bus, and whether it may be several pages high."""

    addressing: int
    tall: bool


def everything(pages: int, width: int, chip: Chip) -> list[Window]:
    return [Window(0, pages, 0, width)] if chip.tall else [Window(page, page + 1, 0, width) for page in range(pages)]


def changed(old: bytes, new: bytes, width: int, chip: Chip) -> list[Window]:
    """The windows to write so that a chip that has `old` has `new`: none where nothing differs, all where that is no dearer.

    One rule makes them: two changes are written as one window, with what lies between, where that is no dearer than two. A window's price
    is its addressing, and something for the processor, which has two calls to make for each. Where much changed, that is a lot, so that
    windows are few; but what crosses the bus is never more than `WASTE` times what each change by itself would take.
    """
    differences = _differences(old, new)
    number = len(new) - differences.count(0)
    if number * DENSE > len(new):
        few = _windows(differences, width, FEW, chip)
        if _cost(few, chip) <= WASTE * (number + chip.addressing * _pieces(differences)):
            return few
    return _windows(differences, width, chip.addressing + SLACK, chip)


def _differences(one: bytes, other: bytes) -> bytes:
    """Zero where both have the same."""
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")


def _pieces(differences: bytes) -> int:
    """In how many pieces without a gap they are."""
    marks = b"\0" + differences.translate(_MARKED)
    return marks.count(b"\0\1")


def _windows(differences: bytes, width: int, price: int, chip: Chip) -> list[Window]:
    runs = _runs(differences, width, price)
    windows = _grown(runs, price) if chip.tall else runs
    everywhere = everything(len(differences) // width, width, chip)
    return windows if _cost(windows, chip) < _cost(everywhere, chip) else everywhere


def _cost(windows: list[Window], chip: Chip) -> int:
    return sum([window.size for window in windows]) + chip.addressing * len(windows)


def _runs(differences: bytes, width: int, price: int) -> list[Window]:
    """The changes of each page, from left to right; those that lie close together as one."""
    apart = price + 1  # zeros between pages, so that no run goes over an edge
    pages = bytes(apart).join([differences[start : start + width] for start in range(0, len(differences), width)])
    places = [(*divmod(run.start(), width + apart), run.end() - run.start()) for run in _close_together(price).finditer(pages)]
    return [Window(page, page + 1, left, left + length) for page, left, length in places]


@cache
def _close_together(gap: int) -> re.Pattern[bytes]:
    """Bytes that are not zero, and up to `gap` zeros between them."""
    return re.compile(rb"[^\0]+(?:\0{1,%d}[^\0]+)*" % gap)


def _grown(runs: list[Window], price: int) -> list[Window]:
    """Each run joined, by the rule, with a window that ends right above it."""
    ended: list[Window] = []
    above: list[Window] = []
    here: list[Window] = []
    page = 0
    for run in runs:
        if run.top != page:
            ended += above
            above, here, page = here, [], run.top
        if not here or run.right > here[-1].right:  # else a window that became wider has it already
            here.append(_joined(above, run, price))
    return ended + above + here


def _joined(above: list[Window], run: Window, price: int) -> Window:
    """The run, or one of those above, taken from there, that reaches down to it and is as wide as both."""
    page, _, left, right = run
    for place, (top, bottom, first, last) in enumerate(above):
        wide_from, wide_to = min(first, left), max(last, right)
        both = (page + 1 - top) * (wide_to - wide_from)
        if bottom == page and both <= (bottom - top) * (last - first) + right - left + price:
            del above[place]
            return Window(top, page + 1, wide_from, wide_to)
    return run
