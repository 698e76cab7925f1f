"""A fleet's broker: any bytes in any pieces, through the packets and one whole connection.

Of the first byte the lowest bit says that 3.1.1 is spoken, the next two how many messages the box publishes once it was let in. A line
that is `%%` cuts the rest into pieces, between which the box does all that there is to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fuzz_promises import check_text
from fuzz_provider import settled

from daemon.fleet.connection import Connection
from daemon.fleet.packets import V5, V311, ConnAck, Goodbye, Login, Malformed, Message, Packet, Packets, Pong, PubAck
from daemon.fleet.reasons import BrokerError

LOGIN = Login("box-7", 60, Message("t/box-7/status", b"gone", retain=True), "box-7", b"made-up-secret-of-the-broker")
_CUT = b"\n%%\n"
_MOST = 65_536  # bytes that one packet may have
_TURNS = 12  # of the loop, in which all is done that a piece brings about


@dataclass(frozen=True)
class _Frame:
    """A packet as it lies on the wire, read here by other means: where it ends, its type, what is in it."""

    end: int
    kind: int
    body: bytes


class _NoFrame(Exception):
    """What stands there is none, nor the beginning of one."""


def broker(data: bytes) -> None:
    """Read is what stands there, however it was cut; a message was taken only where its own acknowledgement says so; and the connection
    ends with a text for people, whatever came."""
    version, count = V311 if data[:1] and data[0] & 1 else V5, (data[0] >> 1 & 3) if data else 0
    pieces = data[1:].split(_CUT)
    whole = b"".join(pieces)
    packets = _read(version, [whole])
    assert packets == _read(version, [whole[at : at + 1] for at in range(len(whole))]), "it matters where the bytes were cut"
    if packets is not None:
        _check(packets, list(_frames(whole)))
    settled(_connected(version, count, pieces))


def _read(version: int, pieces: Sequence[bytes]) -> list[Packet] | None:
    """None where it is no MQTT, as `Packets` says."""
    packets = Packets(version)
    try:
        return [packet for piece in pieces for packet in packets.feed(piece)]
    except Malformed as error:
        check_text(str(error))
        return None


def _frames(data: bytes) -> Iterator[_Frame]:
    """The whole ones. Raises _NoFrame once something stands there that is none."""
    at = 0
    while at < len(data):
        digits = data[at + 1 : at + 5]
        last = next((n for n, byte in enumerate(digits) if byte < 0x80), None)
        size = sum((byte & 0x7F) * 128**n for n, byte in enumerate(digits[: len(digits) if last is None else last + 1]))
        if data[at] % 16 or size > _MOST or (last is None and len(digits) == 4):
            raise _NoFrame
        end = at + 2 + (last or 0) + size
        if last is None or end > len(data):
            return
        yield _Frame(end, data[at] // 16, data[end - size : end])
        at = end


def _check(packets: list[Packet], frames: list[_Frame]) -> None:
    """Each is what its bytes say."""
    assert len(packets) == len(frames)
    for packet, frame in zip(packets, frames, strict=True):
        body = frame.body
        if isinstance(packet, ConnAck):
            assert (frame.kind, packet.reason) == (2, body[1])
            for number, size, value in ((0x13, 2, packet.keepalive_s), (0x21, 2, packet.receive_maximum), (0x24, 1, packet.maximum_qos)):
                assert value in (None, 2) or bytes([number]) + value.to_bytes(size, "big") in body, "a limit that nobody named"
        elif isinstance(packet, PubAck):
            assert (frame.kind, packet.packet_id, packet.reason) == (4, body[0] * 256 + body[1], sum(body[2:3]))
        else:
            assert packet == (Goodbye(sum(body[:1])) if frame.kind == 14 else Pong() if frame.kind == 13 else None)


@dataclass
class _Writer:
    """The way to the broker: what is written is kept."""

    written: bytearray = field(default_factory=bytearray)
    is_closed: bool = False

    @property
    def transport(self) -> _Writer:
        return self

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        self.is_closed = True


async def _connected(version: int, count: int, pieces: Sequence[bytes]) -> None:
    """One connection to whoever says this, and then hangs up."""
    reader, writer = asyncio.StreamReader(), _Writer()
    way: Any = writer
    connection = Connection(reader, way, version, 60)
    try:
        opening = asyncio.ensure_future(connection.log_in(LOGIN))
        sent = await _exchanged(connection, opening, reader, count, pieces)
        assert writer.is_closed
        assert connection.ended.done(), "over, and nobody was told"
        for outcome in (connection.ended.result(), *(done.exception() for done in (opening, *(done for _, done in sent)))):
            assert isinstance(outcome, BrokerError | None)
            check_text(str(outcome))
        _check_taken(b"".join(pieces), sent)
    finally:
        await connection.abort()


async def _exchanged(
    connection: Connection, opening: asyncio.Future[None], reader: asyncio.StreamReader, count: int, pieces: Sequence[bytes]
) -> Sequence[tuple[int, asyncio.Future[None]]]:
    """What was published, and how much had come from the broker by then."""
    heard = 0
    sent: list[tuple[int, asyncio.Future[None]]] = []
    for piece in pieces:
        reader.feed_data(piece)
        heard += len(piece)
        await _turns()
        if _is_well(opening) and not sent:
            message = Message("t/box-7/events", b"{}")
            sent = [(heard, asyncio.ensure_future(connection.publish(message))) for _ in range(count)]
            await _turns()
    reader.feed_eof()
    await _turns()
    return sent


def _check_taken(data: bytes, sent: Sequence[tuple[int, asyncio.Future[None]]]) -> None:
    """Messages have numbers from 1 on, in the order in which they were sent."""
    taken = [(number, since) for number, (since, done) in enumerate(sent, 1) if _is_well(done)]
    if not taken:
        return
    acknowledged = set()
    try:
        for frame in _frames(data):
            if frame.kind == 4 and len(frame.body) > 1 and sum(frame.body[2:3]) < 0x80:
                acknowledged.add((frame.body[0] * 256 + frame.body[1], frame.end))
    except _NoFrame:  # what came before it counted
        pass
    for number, since in taken:
        assert any(of == number and end > since for of, end in acknowledged), "taken, and nobody said so"


def _is_well(done: asyncio.Future[None]) -> bool:
    return done.done() and done.exception() is None


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
