"""MQTT on the wire (`daemon.fleet.packets`): what is written, what is read, and what is no MQTT."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.fleet.packets import (
    V5,
    V311,
    ConnAck,
    Goodbye,
    Login,
    Malformed,
    Message,
    Packets,
    Pong,
    PubAck,
    build_connect,
    build_disconnect,
    build_publish,
)

WILL = Message("t/b/status", b"{}", retain=True)


def test_connect_in_311_is_as_its_standard_draws_it() -> None:
    login = Login("box", 60, WILL, "user", b"word")
    assert build_connect(V311, login) == (
        b"\x10\x2b\x00\x04MQTT\x04\xee\x00\x3c\x00\x03box\x00\x0at/b/status\x00\x02{}\x00\x04user\x00\x04word"
    )  # flags: name, password, retained will at QoS 1, clean session


def test_connect_in_5_has_room_for_properties() -> None:
    assert build_connect(V5, Login("b", 10)) == b"\x10\x0e\x00\x04MQTT\x05\x02\x00\x0a\x00\x00\x01b"
    assert b"\x00\x01b\x00\x00\x0at/b/status" in build_connect(V5, Login("b", 10, WILL))


def test_publish_is_at_qos_1_and_retained_where_it_shall_be() -> None:
    assert build_publish(V311, Message("t", b"x"), 7) == b"\x32\x06\x00\x01t\x00\x07x"
    assert build_publish(V5, Message("t", b"x", retain=True), 0x102) == b"\x33\x07\x00\x01t\x01\x02\x00x"
    assert build_disconnect() == b"\xe0\x00"


def test_a_length_takes_as_many_bytes_as_it_needs() -> None:
    assert build_publish(V311, Message("t", b"x" * 122), 1)[:3] == b"\x32\x7f\x00"
    assert build_publish(V311, Message("t", b"x" * 123), 1)[:3] == b"\x32\x80\x01"
    assert build_publish(V311, Message("t", b"x" * 20_000), 1)[:4] == b"\x32\xa5\x9c\x01"


def test_a_password_is_not_in_what_a_login_shows() -> None:
    assert "word" not in repr(Login("box", 60, None, "user", b"word"))


LIMITS = b"\x12\x00\x02id\x13\x00\x1e\x21\x00\x05\x24\x01\x27\x00\x10\x00\x00\x26\x00\x01a\x00\x01b"
ALL = b"".join(
    [
        b"\x20" + bytes([3 + len(LIMITS)]) + b"\x00\x00" + bytes([len(LIMITS)]) + LIMITS,
        b"\x40\x02\x00\x07",
        b"\x40\x04\x00\x08\x87\x00",
        b"\xd0\x00",
        b"\xe0\x02\x8e\x00",
        b"\xe0\x00",
    ]
)
READ = [ConnAck(0, 30, 5, 1), PubAck(7), PubAck(8, 0x87), Pong(), Goodbye(0x8E), Goodbye(0)]


def test_packets_are_read_however_they_are_cut() -> None:
    assert Packets(V5).feed(ALL) == READ
    slowly = Packets(V5)
    assert [packet for byte in ALL for packet in slowly.feed(bytes([byte]))] == READ


def test_a_welcome_in_311_and_one_from_a_broker_that_knows_no_other() -> None:
    assert Packets(V311).feed(b"\x20\x02\x00\x05") == [ConnAck(5)]
    assert Packets(V5).feed(b"\x20\x02\x00\x01") == [ConnAck(1)]


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400",
        b"\x30\x03\x00\x01t",
        b"\x40\x01\x00",
        b"\x20\x01\x00",
        b"\x20\x04\x00\x00\x01\x7f",
        b"\x20\x04\x00\x00\x05\x24",
        b"\x20\x05\x00\x00\x01\x24\x01",
        b"\x20\x06\x00\x00\x80\x80\x80\x80",
        b"\x40\xff\xff\xff\xff\x01",
        b"\x40\x81\x80\x80\x80\x00",
        b"\x40\xff\xff\x7f",
    ],
)
def test_what_is_none_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(Malformed):
        Packets(V5).feed(data + b"\0" * 80)


@given(st.lists(st.binary(max_size=40), max_size=6), st.sampled_from([V5, V311]))
def test_whatever_comes_is_read_or_refused(pieces: list[bytes], version: int) -> None:
    packets = Packets(version)
    try:
        for piece in pieces:
            packets.feed(piece)
    except Malformed:
        pass
