"""The text of a QR code that came as a Base64 PNG: unpacked within bounds, then read by `daemon.qr_reading`.

Bounds are looked at before anything is unpacked: the PNG's own head says how large the picture is, and of its parts only those
that make the picture are handed on (a comment may hold a thousand times its own length).
"""

from __future__ import annotations

import base64
import binascii
import io
import re

from daemon.qr_reading import NoCode, read_picture

_TEXT_MAX = 64 * 1024  # characters of Base64: no answer is longer
_SIDE_MAX = 1024  # pixels; a code of the largest version with five pixels a module has 925
_CONTRAST_MIN = 64  # of 255, between the darkest and the lightest pixel
_HEAD = re.compile(rb"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR(?P<width>.{4})(?P<height>.{4})", re.DOTALL)
_PARTS = (b"PLTE", b"tRNS", b"IDAT", b"IEND")
_PREFIX = "data:image/png;base64,"
_LINK = re.compile(r"(?:weixin|wxp|https)://[!-~]{1,500}")
"""What WeChat opens from a QR code. Anything else is not what this provider was asked for, and is not shown to a payer."""


class NoLink(ValueError):
    """There is no text that could be shown. The error's own text says why."""


def read_link(encoded: str) -> str:
    """The link in the picture. Takes milliseconds for an honest picture, a second for one made to keep the box busy, so it
    belongs into a thread. Raises NoLink."""
    try:
        text = read_picture(*_pixels(_decoded(encoded)))
    except NoCode as error:
        raise NoLink(str(error)) from error
    if not _LINK.fullmatch(text):
        raise NoLink("the QR code does not hold a link to WeChat Pay")
    return text


def _decoded(encoded: str) -> bytes:
    if len(encoded) > _TEXT_MAX:
        raise NoLink("the picture of the QR code is too large")
    plain = "".join(encoded.split())
    if plain[: len(_PREFIX)].lower() == _PREFIX:
        plain = plain[len(_PREFIX) :]
    try:
        return base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):  # ValueError: characters beyond ASCII
        raise NoLink("the picture of the QR code is not Base64") from None


def _pixels(png: bytes) -> tuple[bytes, int, int]:
    """Every pixel as 1 (dark) or 0 (light), width and height. Transparent means light."""
    head = _HEAD.match(png)
    if head is None:
        raise NoLink("the picture of the QR code is no PNG")
    if not all(0 < int.from_bytes(head[side], "big") <= _SIDE_MAX for side in ("width", "height")):
        raise NoLink(f"the picture of the QR code has no side of 1 to {_SIDE_MAX} pixels")
    from PIL import Image

    try:
        with Image.open(io.BytesIO(_bare(png)), formats=["PNG"]) as opened:
            coloured = opened.convert("RGBA")
    except Exception as error:  # noqa: BLE001  # whatever Pillow's parsers raise for bytes from outside: it cannot be shown
        raise NoLink(f"the picture of the QR code is damaged ({type(error).__name__})") from None
    grey = Image.alpha_composite(Image.new("RGBA", coloured.size, "white"), coloured).convert("L")
    dark, light = (int(value) for value in grey.getextrema())  # type: ignore[arg-type]  # of one band: two numbers
    if light - dark < _CONTRAST_MIN:
        raise NoLink("the picture of the QR code is empty")
    return grey.point([1 if 2 * value < dark + light else 0 for value in range(256)]).tobytes(), *grey.size


def _bare(png: bytes) -> bytes:
    """The PNG without comments, profiles, further frames and second heads. A part: length, name, content, check sum."""
    kept, at = [png[:33]], 33
    while at + 12 <= len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] in _PARTS:
            kept.append(png[at:end])
        at = end
    return b"".join(kept)
