"""Pictures to a luma device, of which only what changed crosses the bus. All of it blocks; `hw.oled` has the thread.

luma.oled sends every picture whole: 1,034 bytes to an SSD1306, 23 ms at 400 kHz. Its devices are used for everything else: set-up,
contrast, rotation, and the bus. What is written of a picture here is addressed as luma addresses the whole one, in the way of the chip:

- SSD1306 and its kin have windows, of columns and pages, within which the chip counts on by itself;
- SH1106 and its kin have none: a column of one page is said, and the chip counts on to the right.

Panels with greys or colours are left to luma's own `display`, and so is a device that is not as luma's were when this was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from PIL import Image

from hw.panel_pages import Chip, Window, changed, cut, everything, page_bytes

_WITH_WINDOWS = frozenset({"ssd1305", "ssd1306", "ssd1309", "ssd1315", "ssd1316"})
_WITHOUT = {"sh1106": 2, "sh1107": 0, "ch1115": 2}  # the column of the chip's memory, which may be wider, where luma has the glass begin


class Writer(Protocol):
    def write(self, image: Image.Image) -> None:
        """Make the panel show a 1-bit image as large as it is. Raises what luma raises; then nobody knows what the panel has, and the
        next picture is written whole."""


def writer_for(device: Any, kind: str) -> Writer:
    """How pictures get to a device that luma has set up just now. The first one is written whole."""
    first = getattr(device, "_colstart", None)
    if kind in _WITH_WINDOWS and isinstance(first, int):
        return _ChangedParts(device, _Windows(first))
    if kind in _WITHOUT and hasattr(device, "preprocess"):
        return _ChangedParts(device, _Columns(_WITHOUT[kind]))
    return _WholePictures(device)


@dataclass(frozen=True, slots=True)
class _Windows:
    """SSD1306 in its "horizontal addressing mode", which luma chooses: "set column address" and "set page address"."""

    first_column: int
    chip: ClassVar[Chip] = Chip(addressing=10, tall=True)  # on I2C: six bytes of command; two transfers, each of two bytes more

    def command(self, window: Window) -> tuple[int, ...]:
        left, right = self.first_column + window.left, self.first_column + window.right
        return (0x21, left, right - 1, 0x22, window.top, window.bottom - 1)


@dataclass(frozen=True, slots=True)
class _Columns:
    """SH1106, which has only "page addressing": the page, then the column's higher and its lower four bits, each by itself.

    In between the column has one old half, and nobody can rely on what a chip makes of one that is outside of its memory (132 columns).
    It never is where the half that keeps it inside comes first."""

    first_column: int
    chip: ClassVar[Chip] = Chip(addressing=7, tall=False)  # three bytes of command instead of six

    def command(self, window: Window) -> tuple[int, ...]:
        column = self.first_column + window.left
        higher, lower = 0x10 | column >> 4, column & 0x0F
        return (0xB0 | window.top, *((higher, lower) if column < 0x80 else (lower, higher)))


class _ChangedParts:
    def __init__(self, device: Any, addresses: _Windows | _Columns) -> None:
        self._device = device
        self._addresses = addresses
        self._shown: bytes | None = None  # the pages that the chip has; None where nobody knows

    def write(self, image: Image.Image) -> None:
        turned = self._device.preprocess(image)
        pages, width = page_bytes(turned), turned.width
        shown, self._shown = self._shown, None  # until all of it is there
        for window in self._windows(shown, pages, width):
            self._device.command(*self._addresses.command(window))
            self._device.data(list(cut(pages, width, window)))
        self._shown = pages

    def _windows(self, shown: bytes | None, pages: bytes, width: int) -> list[Window]:
        chip = self._addresses.chip
        return everything(len(pages) // width, width, chip) if shown is None else changed(shown, pages, width, chip)


class _WholePictures:
    """By luma itself, whatever it sends; but a picture that the panel has already is not sent again."""

    def __init__(self, device: Any) -> None:
        self._device = device
        self._shown: bytes | None = None

    def write(self, image: Image.Image) -> None:
        pixels = image.tobytes()
        if pixels != self._shown:
            self._shown = None
            self._device.display(image if self._device.mode == "1" else image.convert(self._device.mode))
            self._shown = pixels
