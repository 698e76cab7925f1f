"""MQTT on the wire, as far as one who only publishes speaks it: six packets there and back. No I/O.

Version 5 (OASIS Standard, 7 March 2019), since only there a broker says that it refused a message; and 3.1.1 (29 October 2014) for
brokers that know nothing else. Numbers in brackets are sections of the former.

Own code and not aiomqtt, which issue 7 names, for what was found on the day it was tried:

- aiomqtt 2 needs paho-mqtt 2.1 or newer; a Pi has Debian 12's, 1.6.1, and no aiomqtt at all.
- paho-mqtt 1.6.1, which would serve by itself, reads why a broker refused a message and tells nobody: what an access list keeps out
  counts as taken, and the events behind it would be lost in silence.
- Both connect by blocking calls in a thread that nobody can stop: an end of the box waited 4 s for one that hung in its handshake.
- Both keep a queue in memory and send from it after a connection was lost. Here the journal is the queue.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

V5, V311 = 5, 4  # what CONNECT calls them (3.1.2.2)
LARGEST = 65_536  # bytes of a packet that a broker may send: an acknowledgement has a few dozen
PING = b"\xc0\x00"

_CONNACK, _PUBACK, _PINGRESP, _DISCONNECT = 2, 4, 13, 14
_LENGTH_BYTES = 4  # of a packet, at most (1.5.5)


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """Who connects. `will` is what the broker publishes for a client that is lost."""

    client_id: str
    keepalive_s: int
    will: Message | None = None
    username: str | None = None
    password: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ConnAck:
    """`reason` 0: welcome. The rest are the broker's limits, as 5 has them: None where it named none."""

    reason: int
    keepalive_s: int | None = None
    receive_maximum: int | None = None
    maximum_qos: int = 2


@dataclass(frozen=True, slots=True)
class PubAck:
    packet_id: int
    reason: int = 0


@dataclass(frozen=True, slots=True)
class Pong:
    pass


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The broker ends the connection, and why."""

    reason: int


Packet = ConnAck | PubAck | Pong | Goodbye


class Malformed(ValueError):
    """This is not MQTT, or nothing that a publisher is sent."""


# -- there --


def build_connect(version: int, login: Login) -> bytes:
    """A session that ends with its connection: a broker has nothing to keep for one who subscribes to nothing (3.1.2.4)."""
    will, flags = login.will, 0x02
    payload = _text(login.client_id)
    if will is not None:
        flags |= 0x0C | (0x20 if will.retain else 0)  # at QoS 1
        payload += _no_properties(version) + _text(will.topic) + _binary(will.payload)
    if login.username is not None:
        flags |= 0x80
        payload += _text(login.username)
    if login.password is not None:
        flags |= 0x40
        payload += _binary(login.password)
    head = _text("MQTT") + struct.pack("!BBH", version, flags, login.keepalive_s) + _no_properties(version)
    return _packet(0x10, head + payload)


def build_publish(version: int, message: Message, packet_id: int) -> bytes:
    """At QoS 1: to be acknowledged."""
    head = _text(message.topic) + struct.pack("!H", packet_id) + _no_properties(version)
    return _packet(0x33 if message.retain else 0x32, head + message.payload)


def build_disconnect() -> bytes:
    """An orderly end, after which the broker forgets the will. Without a reason it is the same in both versions."""
    return b"\xe0\x00"


def _no_properties(version: int) -> bytes:
    return b"\0" if version == V5 else b""


def _text(text: str) -> bytes:
    return _binary(text.encode())


def _binary(data: bytes) -> bytes:
    return struct.pack("!H", len(data)) + data


def _packet(kind: int, rest: bytes) -> bytes:
    length, left = bytearray(), len(rest)
    while True:
        left, low = divmod(left, 128)
        length.append(low | (0x80 if left else 0))
        if not left:
            return bytes([kind]) + bytes(length) + rest


# -- back --


class Packets:
    """Bytes in, whole packets out; what is left of them waits for more."""

    def __init__(self, version: int) -> None:
        self._version = version
        self._rest = b""

    def feed(self, data: bytes) -> list[Packet]:
        """Raises Malformed."""
        self._rest += data
        packets = []
        while (cut := self._cut()) is not None:
            start, end = cut
            packets.append(self._read(self._rest[0], self._rest[start:end]))
            self._rest = self._rest[end:]
        return packets

    def _cut(self) -> tuple[int, int] | None:
        """Where the body of the first packet begins and ends; None while it is not whole."""
        if self._rest and self._rest[0] & 0x0F:  # none that a publisher is sent has flags
            raise Malformed("its first byte is none of MQTT's")
        length = 0
        for n, byte in enumerate(self._rest[1 : 1 + _LENGTH_BYTES]):
            length |= (byte & 0x7F) << (7 * n)
            if length > LARGEST:
                raise Malformed("a packet is too large")
            if not byte & 0x80:
                end = n + 2 + length
                return (n + 2, end) if len(self._rest) >= end else None
        if len(self._rest) > _LENGTH_BYTES:
            raise Malformed("a length has no end")
        return None

    def _read(self, head: int, body: bytes) -> Packet:
        kind = head >> 4
        try:
            if kind == _CONNACK:
                return self._connack(body)
            if kind == _PUBACK:
                return PubAck(struct.unpack_from("!H", body)[0], body[2] if len(body) > 2 else 0)
            if kind == _DISCONNECT:
                return Goodbye(body[0] if body else 0)
        except (IndexError, KeyError, struct.error):
            raise Malformed("a packet breaks off") from None
        if kind == _PINGRESP:
            return Pong()
        raise Malformed(f"packet type {kind} is nothing for a publisher")

    def _connack(self, body: bytes) -> ConnAck:
        reason = body[1]
        if self._version != V5 or len(body) == 2:  # a broker that knows only 3.1.1 says so in its own way (3.2 there)
            return ConnAck(reason)
        limits = _properties(body[2:])
        return ConnAck(reason, limits.get(0x13), limits.get(0x21), limits.get(0x24, 2))


# How long the value of a property is by its number (2.2.2.2); 0: it says so itself, in two bytes.
_FIXED = {
    **dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), 1),
    **dict.fromkeys((0x13, 0x21, 0x22, 0x23), 2),
    **dict.fromkeys((0x02, 0x11, 0x18, 0x27), 4),
    **dict.fromkeys((0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F), 0),
}
_PAIR = 0x26  # two texts


def _properties(data: bytes) -> dict[int, int]:
    """Those that are numbers. Raises IndexError, KeyError or struct.error on what is none."""
    found = {}
    at, end = _length(data)
    while at < end:
        number, at = data[at], at + 1
        if number == _PAIR or not _FIXED[number]:
            for _ in range(2 if number == _PAIR else 1):
                at += 2 + struct.unpack_from("!H", data, at)[0]
        else:
            found[number] = int.from_bytes(data[at : at + _FIXED[number]], "big")
            at += _FIXED[number]
    if at != end or end > len(data):
        raise IndexError
    return found


def _length(data: bytes) -> tuple[int, int]:
    """Where properties begin and end."""
    length = 0
    for n in range(_LENGTH_BYTES):
        length |= (data[n] & 0x7F) << (7 * n)
        if not data[n] & 0x80:
            return n + 1, n + 1 + length
    raise IndexError
