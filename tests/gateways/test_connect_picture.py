"""A provider's QR picture becomes the link that it holds, or a reason why not; nothing in it can hurt (`connect_picture`)."""

from __future__ import annotations

import base64
import contextlib
import io
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from daemon.gateways.connect_picture import NoLink, read_link

LINK = "weixin://wxpay/bizpayurl?pr=AbCd12X"


def png(text: str = LINK, *, scale: int = 4, border: int = 4, **how: object) -> bytes:
    file = io.BytesIO()
    segno.make(text, micro=False).save(file, kind="png", scale=scale, border=border, **how)  # type: ignore[arg-type]  # test data
    return file.getvalue()


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def saved(picture: Image.Image, **how: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, format="PNG", **how)
    return file.getvalue()


def part(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def head(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))


@pytest.mark.parametrize("scale", [1, 3, 8])
@pytest.mark.parametrize("border", [0, 1, 4, 12])
def test_the_link_is_read_at_any_size(scale: int, border: int) -> None:
    assert read_link(encoded(png(scale=scale, border=border))) == LINK


@pytest.mark.parametrize("link", ["https://payapp.weixin.qq.com/qr/abc", "wxp://f2f0abc", "weixin://wxpay/s/An4baqw"])
def test_every_kind_of_link_that_wechat_opens(link: str) -> None:
    assert read_link(encoded(png(link))) == link


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_kind_of_png(mode: str) -> None:
    assert read_link(encoded(saved(Image.open(io.BytesIO(png())).convert("RGB").convert(mode)))) == LINK


@pytest.mark.parametrize(
    "colours",
    [{"dark": "#07c160"}, {"dark": "#203040", "light": "#e0ffe0"}, {"light": None}, {"dark": "#000000ff", "light": "#ffffff00"}],
)
def test_colours_and_transparency(colours: dict[str, str | None]) -> None:
    assert read_link(encoded(png(**colours))) == LINK


@pytest.mark.parametrize(
    "dressed",
    [
        lambda text: f"data:image/png;base64,{text}",
        lambda text: f"  {text}\n",
        lambda text: "\r\n".join(text[i : i + 76] for i in range(0, len(text), 76)),
    ],
)
def test_base64_as_people_write_it(dressed: Callable[[str], str]) -> None:
    assert read_link(dressed(encoded(png()))) == LINK


@pytest.mark.parametrize("text", ["http://weixin.example", "javascript:alert(1)", "2088123", "weixin://a b", "https://a\n", "é"])
def test_a_code_that_holds_no_link_of_wechat_s_is_shown_to_nobody(text: str) -> None:
    with pytest.raises(NoLink, match="does not hold a link"):
        read_link(encoded(png(text)))


@pytest.mark.parametrize(
    ("given_text", "why"),
    [
        ("", "no PNG"),
        ("!!!!", "not Base64"),
        ("Zm9v", "no PNG"),
        ("Zm9", "not Base64"),
        ("ü", "not Base64"),
        ("A" * 70_000, "too large"),
        (encoded(saved(Image.new("L", (200, 200), 255))), "is empty"),
        (encoded(saved(Image.new("RGBA", (200, 200), (0, 0, 0, 0)))), "is empty"),
        (encoded(saved(Image.linear_gradient("L"))), "there is no QR code"),
        (encoded(b"GIF89a" + bytes(40)), "no PNG"),
        (encoded(head(1, 1)), "damaged"),
        (encoded(head(0, 100)), "no side of"),
        (encoded(head(1025, 100)), "no side of"),
        (encoded(head(2**31 - 1, 2**31 - 1)), "no side of"),
        (encoded(png()[:-60]), "damaged"),
        (encoded(png().replace(b"IDAT", b"JDAT")), "damaged"),
    ],
)
def test_what_is_no_picture_of_a_code(given_text: str, why: str) -> None:
    with pytest.raises(NoLink, match=why):
        read_link(given_text)


def spent(content: bytes) -> int:
    """Bytes of memory that reading it takes at most, whatever comes of it."""
    tracemalloc.start()
    try:
        with contextlib.suppress(NoLink):
            read_link(encoded(content))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_small_file_never_becomes_a_large_one() -> None:
    """Comments, profiles and pixels that unpack to a thousand times their length, and a second head after an honest first one."""
    read_link(encoded(png()))  # loads Pillow
    bomb = zlib.compress(bytes(8_000_000), 9)
    image = zlib.compress(bytes(5_000_000), 9)
    for content in (
        head(100, 100) + part(b"zTXt", b"a\0\0" + bomb) * 4 + part(b"IDAT", image) + part(b"IEND", b""),
        head(100, 100) + part(b"iCCP", b"a\0\0" + bomb) + part(b"IDAT", image) + part(b"IEND", b""),
        head(100, 100) + head(30_000, 30_000)[8:] + part(b"IDAT", image) + part(b"IEND", b""),
        head(1024, 1024) + part(b"IDAT", zlib.compress(bytes(1025 * 1024), 9)) + part(b"IEND", b""),
    ):
        assert spent(content) < 6_000_000


def test_comments_do_not_matter() -> None:
    plain = png()
    assert read_link(encoded(plain[:33] + part(b"tEXt", b"Software\0x") + part(b"zTXt", b"a\0\0broken") + plain[33:])) == LINK


def test_the_largest_picture_is_done_in_seconds() -> None:
    noise = saved(Image.effect_noise((600, 100), 90))
    started = time.process_time()
    with pytest.raises(NoLink):
        read_link(encoded(noise[:48_000]))
    assert time.process_time() - started < 5


@given(st.binary(max_size=300))
def test_any_bytes_after_a_head(rest: bytes) -> None:
    with pytest.raises(NoLink):
        read_link(encoded(head(60, 60) + rest))


@given(st.integers(0, 10_000), st.integers(1, 255))
@settings(deadline=None)
def test_any_flipped_byte_is_read_right_or_not_at_all(place: int, flip: int) -> None:
    content = bytearray(png(scale=2))
    content[place % len(content)] ^= flip
    with contextlib.suppress(NoLink):
        assert read_link(encoded(bytes(content))) == LINK


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    with pytest.raises(NoLink):
        read_link(text)
