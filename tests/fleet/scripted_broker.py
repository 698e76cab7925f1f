"""A broker for tests of the box's side: takes what it is sent, remembers it, and answers as it is told to. Reads MQTT in its own way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from daemon.fleet.settings import MqttSettings

WELCOME = b"\x20\x03\x00\x00\x00"


@dataclass
class Sent:
    """One PUBLISH."""

    topic: str
    payload: bytes
    retain: bool
    packet_id: int


def acknowledge(sent: Sent) -> bytes:
    return b"\x40\x02" + sent.packet_id.to_bytes(2, "big")


def refuse(sent: Sent, reason: int = 0x87) -> bytes:
    return b"\x40\x03" + sent.packet_id.to_bytes(2, "big") + bytes([reason])


@dataclass
class ScriptedBroker:
    """`async with ScriptedBroker() as broker:`; `welcome` answers CONNECT (None: hangs up), `answer` each PUBLISH."""

    welcome: Callable[[int], bytes | None] = lambda _version: WELCOME
    answer: Callable[[Sent], bytes] = acknowledge
    pongs: bool = True
    connects: list[bytes] = field(default_factory=list)  # the body of each
    sent: list[Sent] = field(default_factory=list)
    goodbyes: int = 0
    pings: int = 0
    _writers: list[Any] = field(default_factory=list)

    async def __aenter__(self) -> ScriptedBroker:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._server.close()
        self.hang_up()
        await self._server.wait_closed()
        await asyncio.sleep(0)

    def settings(self, **more: Any) -> MqttSettings:
        port = self._server.sockets[0].getsockname()[1]
        return MqttSettings(**{"host": "127.0.0.1", "port": port, "client_id": "T1", "topic": "tillbox", **more})

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def say(self, data: bytes) -> None:
        for writer in self._writers:
            writer.write(data)

    def payloads(self, kind: str) -> list[bytes]:
        return [sent.payload for sent in self.sent if sent.topic.endswith("/" + kind)]

    async def until(self, true: Callable[[], Any]) -> None:
        async with asyncio.timeout(10):
            while not true():
                await asyncio.sleep(0.002)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        version = 5
        try:
            while True:
                kind = (await reader.readexactly(1))[0]
                body = await reader.readexactly(await _length(reader))
                if kind == 0x10:
                    version = body[6]
                    self.connects.append(body)
                    answer = self.welcome(version)
                elif kind >> 4 == 3:
                    answer = self.answer(self._publish(kind, body, version))
                elif kind == 0xC0:
                    self.pings += 1
                    answer = b"\xd0\x00" if self.pongs else b""
                else:
                    self.goodbyes += 1
                    answer = None
                if answer is None:
                    break
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _publish(self, kind: int, body: bytes, version: int) -> Sent:
        size = int.from_bytes(body[:2], "big")
        topic, rest = body[2 : 2 + size].decode(), body[2 + size :]
        sent = Sent(topic, rest[3 if version == 5 else 2 :], bool(kind & 1), int.from_bytes(rest[:2], "big"))
        self.sent.append(sent)
        return sent


async def _length(reader: asyncio.StreamReader) -> int:
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            return length
        shift += 7
