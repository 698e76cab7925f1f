"""A QR on the panel: the smallest symbol for a text, as large as the panel allows, or why it cannot be read there.

Dark modules on a lit ground, with a lit margin: of three decoders only WeChat's own reads the inverse, or a QR without a margin
(docs/panels.md, measured). A module is a whole number of pixels, for half a pixel cannot be lit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image

from daemon.payment import Reason

QUIET_MIN = 1  # modules of lit margin; with none most decoders find nothing, with one they do (docs/panels.md)
QUIET_MAX = 4  # the margin that ISO/IEC 18004 asks for; more helps nobody
TEXT_MAX = 2953  # bytes of the largest symbol, version 40-L

# Bytes that fit a symbol of version 1 to 40 at level L, byte mode (ISO/IEC 18004, table 7), to say what would fit.
_BYTES_L = (
    17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458, 520, 586, 644, 718, 792, 858, 929, 1003, 1091, 1171, 1273,
    1367, 1465, 1528, 1628, 1732, 1840, 1952, 2068, 2188, 2303, 2431, 2563, 2699, 2809, 2953,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Panel:
    """What a QR must fit: pixels, and the smallest module that may be shown (`[display] min_module_px`)."""

    width: int
    height: int
    min_module_px: int = 1


@dataclass(frozen=True, slots=True)
class Fit:
    """A symbol on a panel: `module_px` a module, and that many pixels of lit margin on each side."""

    modules: int
    module_px: int
    quiet_px: int

    @property
    def side_px(self) -> int:
        """Of the lit square, margin included."""
        return self.modules * self.module_px + 2 * self.quiet_px


@lru_cache(maxsize=4)
def matrix(text: str) -> tuple[bytes, ...]:
    """The symbol's rows, a byte a module, 1 for dark: smallest version, best mask, and the highest error correction that costs no
    larger version. Raises ValueError where the text is too long for any symbol, or no text.

    What is not ASCII goes in as UTF-8, which is what wallets expect: left to itself, segno takes Latin-1 or Shift JIS, and the decoder
    that WeChat published reads nothing from either (tests/core/test_qr.py). Its search for kanji looks at bytes, so it must not look.
    """
    import segno  # only a box that shows QRs needs it, and its import costs 11 MB

    mode = None if text.isascii() else "byte"
    try:
        symbol = segno.make(text, micro=False, error="l", boost_error=True, encoding="utf-8", mode=mode)
    except segno.DataOverflowError as error:
        raise ValueError(f"no QR holds {_bytes_in(text)} bytes; the largest holds {TEXT_MAX}") from error
    return tuple(bytes(row) for row in symbol.matrix)


def _bytes_in(text: str) -> int:
    return len(text.encode(errors="replace"))  # half a surrogate pair, which JSON can spell, has no bytes of its own


def fit(text: str, panel: Panel) -> Fit | None:
    """As large as the panel allows; None where it cannot be read there, or holds no such text at all."""
    try:
        modules = len(matrix(text))
    except ValueError:
        return None
    side = min(panel.width, panel.height)
    module_px = side // (modules + 2 * QUIET_MIN)
    if module_px < max(1, panel.min_module_px):
        return None
    return Fit(modules, module_px, min((side - modules * module_px) // 2, QUIET_MAX * module_px))


def why_unshowable(text: str, *, panel: Panel) -> Reason | None:
    """None where a phone can read a QR of that text from the panel; else the reason, with what would fit."""
    if fit(text, panel) is not None:
        return None
    most = most_bytes(panel)
    what = f"at most {most} bytes do" if most else "none does"
    px = max(1, panel.min_module_px)
    told = f"a QR of {_bytes_in(text)} bytes cannot be read on {panel.width}x{panel.height} pixels with {px} or more a module; {what}"
    return Reason("qr_unreadable", told)


def most_bytes(panel: Panel, module_px: int | None = None) -> int:
    """The longest text, in bytes, of which the panel can show a QR with modules of that many pixels (default: its least)."""
    side = min(panel.width, panel.height) // (module_px or max(1, panel.min_module_px)) - 2 * QUIET_MIN
    return max((size for version, size in enumerate(_BYTES_L, start=1) if 17 + 4 * version <= side), default=0)


def picture(text: str, panel: Panel) -> Image.Image | None:
    """The symbol with its margin, 1-bit, lit ground, `Fit.side_px` square; None where it does not fit."""
    placed = fit(text, panel)
    if placed is None:
        return None
    image = Image.new("1", (placed.side_px, placed.side_px), 1)
    for y, row in enumerate(matrix(text)):
        for x, module in enumerate(row):
            if module:
                left, top = (placed.quiet_px + place * placed.module_px for place in (x, y))
                image.paste(0, (left, top, left + placed.module_px, top + placed.module_px))
    return image
