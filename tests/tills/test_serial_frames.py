"""Bytes become lines, and a line what it says: `daemon.tills.serial_frames`."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.tills.serial_frames import CRC_CHECK, MAX_LINE, SILENCE_S, BadCrc, Lines, Overlong, crc16, frame, unframe


def by_bits(data: bytes) -> int:
    """The CRC as the catalogues describe it."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def test_the_check_value_of_the_catalogues() -> None:
    assert crc16(b"123456789") == CRC_CHECK == 0x29B1


@given(st.binary(max_size=200))
def test_the_checksum_is_what_it_says(data: bytes) -> None:
    assert crc16(data) == by_bits(data)


def test_a_message_of_the_box_is_ascii_on_one_line_with_its_checksum() -> None:
    line = frame({"t": "error", "text": "茶\n…"})
    assert line.isascii()
    assert line.count(b"\n") == 1
    said, has_crc = unframe(line.rstrip(b"\n"))
    assert (json.loads(said), has_crc) == ({"t": "error", "text": "茶\n…"}, True)


def test_capital_and_small_digits_are_the_same() -> None:
    said = b'{"t":"hello"}'
    assert unframe(said + b"*%04x" % crc16(said)) == unframe(said + b"*%04X" % crc16(said)) == (said, True)


@pytest.mark.parametrize("line", [b'{"t":"hello"}', b'{"description":"a*b*c"}', b"PAY 12.50", b""])
def test_without_asterisk_behind_it_a_line_bears_no_checksum(line: bytes) -> None:
    assert unframe(line) == (line, False)


@pytest.mark.parametrize("tail", [b"*", b"*1", b"*123", b"*12345", b"*0000", b"*xyzw", b"* 1234", b"*+123", b"*12\xff4"])
def test_a_wrong_checksum_and_half_of_one_are_refused(tail: bytes) -> None:
    with pytest.raises(BadCrc):
        unframe(b'{"t":"hello"}' + tail)


@given(st.binary(min_size=1, max_size=60), st.data())
def test_one_changed_bit_anywhere_is_found(said: bytes, data: st.DataObject) -> None:
    line = bytearray(b"%s*%04X" % (said, crc16(said)))
    place = data.draw(st.integers(0, len(said) - 1))
    line[place] ^= 1 << data.draw(st.integers(0, 7))
    if line.endswith(b"}") or b"*" not in line:
        return
    with pytest.raises(BadCrc):
        unframe(bytes(line))


# -- lines --


def fed(*pieces: bytes, pause_s: float = 0.0) -> list[bytes | Overlong]:
    lines = Lines()
    return [line for number, piece in enumerate(pieces) for line in lines.feed(piece, 100.0 + number * pause_s)]


def test_cr_lf_and_both_end_a_line_and_empty_ones_are_none() -> None:
    assert fed(b"a\nb\rc\r\n\r\n \n\td \n") == [b"a", b"b", b"c", b"d"]


def test_what_is_unfinished_is_kept() -> None:
    assert fed(b"he", b"ll", b"o\nwor", b"ld") == [b"hello"]


@given(st.lists(st.binary(max_size=40), max_size=6), st.data())
def test_where_it_is_cut_makes_no_difference(pieces: list[bytes], data: st.DataObject) -> None:
    whole = b"\n".join(pieces) + b"\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    apart = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert fed(*apart) == fed(whole)


def test_a_line_is_as_long_as_it_may_be_and_no_longer() -> None:
    assert fed(b"x" * MAX_LINE + b"\n") == [b"x" * MAX_LINE]
    assert fed(b"x" * (MAX_LINE + 1) + b"\ny\n") == [Overlong(), b"y"]


def test_of_a_line_without_end_nothing_is_kept_and_it_is_told_once() -> None:
    lines = Lines()
    for _ in range(1000):
        assert lines.feed(b"x" * 1000, 0.0) == []
    assert not lines._begun
    assert lines.feed(b"\nnext\n", 0.0) == [Overlong(), b"next"]


def test_after_a_long_silence_the_beginning_is_forgotten() -> None:
    assert fed(b"hel", b"lo\n", pause_s=SILENCE_S) == [b"hello"]
    assert fed(b"hel", b"lo\n", pause_s=SILENCE_S + 0.1) == [b"lo"]
    assert fed(b"x" * 5000, b"lo\n", pause_s=SILENCE_S + 0.1) == [b"lo"]
