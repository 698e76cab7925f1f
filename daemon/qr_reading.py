"""Reads the text of a QR code from a clean picture that a machine made: upright, square modules, no perspective.

A provider that sends its QR as a picture (Worldline Connect) has drawn it for a large screen. The box's panel is small, so the
text is read out of the picture and drawn afresh. Libraries that can do that bring a shared library and NumPy, half of the
memory that the whole box may use; a clean picture needs neither. What is hidden (a logo in the middle) or dotted is mended
from the check words, as far as they prove it.

    text = read_picture(pixels, width, height)      # one byte a pixel, 1 is dark
"""

from __future__ import annotations

from collections.abc import Iterator

from daemon.qr_finding import find_grids
from daemon.qr_layout import FORMATS, MASKS, Grid, blocks, codewords, data_places, format_places
from daemon.reed_solomon import TooDamaged, mend

_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

# Lengths of a segment's character count, for versions 1 to 9, 10 to 26, 27 to 40.
_COUNT_BITS = {"numeric": (10, 12, 14), "alphanumeric": (9, 11, 13), "bytes": (8, 16, 16), "kanji": (8, 10, 12)}
_ENCODINGS = {1: "iso8859-1", 3: "iso8859-1", 20: "shift_jis", 26: "utf-8", 27: "ascii", 28: "big5", 29: "gb18030", 170: "ascii"}
"""Character sets by their ECI number (AIM ITS/04-023)."""


class NoCode(ValueError):
    """There is no QR code in the picture, or none that can be read with certainty. The text says why."""


def read_picture(pixels: bytes, width: int, height: int) -> str:
    """The text of the QR code in a picture: `width * height` bytes, row by row, 1 dark and 0 light. Raises NoCode."""
    if width < 1 or height < 1 or len(pixels) != width * height:
        raise ValueError(f"{len(pixels)} pixels are no picture of {width} x {height}")
    why = NoCode("there is no QR code in the picture")
    for grid in find_grids(pixels, width, height):
        try:
            return read_grid(grid)
        except NoCode as error:
            why = error
    raise why


def read_grid(grid: Grid) -> str:
    """The text of a code whose modules are known. Raises NoCode."""
    version = (grid.side - 17) // 4
    level, mask = _format_of(grid)
    words = _mended(_words(grid, version, mask), version, level)
    try:
        return _text(words, version)
    except (_End, UnicodeDecodeError, LookupError, ValueError) as error:
        raise NoCode(f"the QR code's content cannot be read ({type(error).__name__})") from error


def _format_of(grid: Grid) -> tuple[str, int]:
    """Level and mask, from whichever copy is undamaged. Raises NoCode where none is, or where they differ."""
    found = {FORMATS[bits] for copy in format_places(grid.side) if (bits := grid.bits(iter(copy))) in FORMATS}
    if len(found) != 1:
        raise NoCode("the QR code does not say how it is encoded")
    return found.pop()


def _words(grid: Grid, version: int, mask: int) -> bytes:
    """The code's words as they are printed, with the mask taken off."""
    is_masked = MASKS[mask]
    bits = 0
    for row, column in data_places(version):
        bits = bits << 1 | (grid[row, column] ^ is_masked(row, column))
    count = codewords(version)
    left_over = sum(1 for _ in data_places(version)) - 8 * count
    return (bits >> left_over).to_bytes(count, "big")


def _mended(words: bytes, version: int, level: str) -> bytes:
    """The data words of all blocks in order; blocks are printed word by word in turn. Raises NoCode."""
    lengths, checks = blocks(version, level)
    parts = [bytearray() for _ in lengths]
    rest = iter(words)
    for place in range(max(lengths)):
        for part, length in zip(parts, lengths, strict=True):
            if place < length:
                part.append(next(rest))
    for _ in range(checks):
        for part in parts:
            part.append(next(rest))
    try:
        return b"".join(mend(bytes(part), checks)[:-checks] for part in parts)
    except TooDamaged as error:
        raise NoCode(f"the QR code is damaged: {error}") from error


class _End(ValueError):
    """The content ends in the middle of something, or is of a kind that is no text."""


class _Bits:
    """Takes numbers from a row of bits."""

    def __init__(self, words: bytes) -> None:
        self._number = int.from_bytes(words, "big")
        self.left = 8 * len(words)

    def take(self, count: int) -> int:
        if count > self.left:
            raise _End("the content is cut off")
        self.left -= count
        return self._number >> self.left & (1 << count) - 1


def _text(words: bytes, version: int) -> str:
    """All segments of the content, one after the other. Raises _End, UnicodeDecodeError, LookupError."""
    bits = _Bits(words)
    group = 0 if version <= 9 else 1 if version <= 26 else 2
    encoding: str | None = None
    parts = []
    while bits.left >= 4 and (mode := bits.take(4)):
        if mode == 0b0111:
            encoding = _ENCODINGS[_eci(bits)]
        elif mode == 0b0001:
            parts.append(_numeric(bits, bits.take(_COUNT_BITS["numeric"][group])))
        elif mode == 0b0010:
            parts.append("".join(_alphanumeric(bits, bits.take(_COUNT_BITS["alphanumeric"][group]))))
        elif mode == 0b0100:
            parts.append(_decoded(_bytes(bits, bits.take(_COUNT_BITS["bytes"][group])), encoding))
        elif mode == 0b1000:
            parts.append(_kanji(bits, bits.take(_COUNT_BITS["kanji"][group])))
        else:
            raise _End("part of a series, or of a trade's own format")
    return "".join(parts)


def _eci(bits: _Bits) -> int:
    first = bits.take(8)
    if first < 0x80:
        return first
    if first < 0xC0:
        return (first & 0x3F) << 8 | bits.take(8)
    return (first & 0x1F) << 16 | bits.take(16)


def _numeric(bits: _Bits, count: int) -> str:
    groups = [(3, 10)] * (count // 3) + {0: [], 1: [(1, 4)], 2: [(2, 7)]}[count % 3]
    text = "".join(f"{bits.take(size):0{digits}d}" for digits, size in groups)
    if len(text) != count:
        raise _End("digits that are none")
    return text


def _alphanumeric(bits: _Bits, count: int) -> Iterator[str]:
    for _ in range(count // 2):
        first, second = divmod(bits.take(11), 45)
        yield _ALPHANUMERIC[first] + _ALPHANUMERIC[second]
    if count % 2:
        yield _ALPHANUMERIC[bits.take(6)]


def _bytes(bits: _Bits, count: int) -> bytes:
    return bits.take(8 * count).to_bytes(count, "big")


def _decoded(content: bytes, encoding: str | None) -> str:
    """Without a word about the character set, writers mean UTF-8 as often as the standard's ISO 8859-1."""
    if encoding is not None:
        return content.decode(encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("iso8859-1")


def _kanji(bits: _Bits, count: int) -> str:
    content = b""
    for _ in range(count):
        high, low = divmod(bits.take(13), 0xC0)
        both = high << 8 | low
        content += (both + (0x8140 if both <= 0x1EBC else 0xC140)).to_bytes(2, "big")
    return content.decode("shift_jis")
