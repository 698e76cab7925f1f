"""The panel's picture for those who have no panel: as text for a terminal, as PNG for a browser."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

_HALVES = " ▀▄█"  # by which of two pixels, one above the other, is lit: none, upper, lower, both


def half_blocks(image: Image.Image) -> str:
    """A 1-bit image as lines of text, two rows of pixels to a line; lines end with a newline and keep their blanks."""
    width, height = image.size
    pixels = image.convert("L").tobytes()
    rows = [pixels[y * width : (y + 1) * width] for y in range(height)] + [bytes(width)] * (height % 2)
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "".join("".join(_HALVES[bool(u) + 2 * bool(d)] for u, d in zip(*pair, strict=True)) + "\n" for pair in pairs)


def png(image: Image.Image, scale: int = 1) -> bytes:
    """The image as PNG; each of its pixels becomes `scale` x `scale`, none is smoothed."""
    buffer = BytesIO()
    image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()
