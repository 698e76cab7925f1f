"""The box's whole HTTP face: any bytes on a connection, through aiohttp's parser, the guards, the routes and the handlers."""

from __future__ import annotations

import asyncio
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web
from fuzz_promises import CODE
from fuzz_provider import SECRET, settled

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "web"))
from scripted_desk import ScriptedDesk, a_web

from daemon.gateways.base import ForgedPush, Push
from daemon.secret import Secret
from daemon.web.connection import connection_factory
from daemon.web.payments import Payments
from daemon.web.settings import Limits
from daemon.web.stream import Streams
from daemon.web.waiting import Ending

_DOCUMENTED = frozenset({100, 200, 201, 202, 204, 400, 401, 403, 404, 405, 408, 409, 413, 415, 417, 422, 423, 429, 503})
_LIMITS = Limits(wait_s=0.001, keep_alive_s=0.001, linger_s=0.001, pushes_at_once=10**9)
_TURNS = 40  # of the loop, in which every request that can be answered is
_CUT = b"\n%%\n"  # where the bytes of a connection arrive apart


class _Line(asyncio.Transport):
    """A connection to nobody: what is written to it is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closing = False

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    abort = close

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


def http(data: bytes) -> None:
    """Everything that is answered is answered as documented, never with a fault of the box's own."""
    face = _face()
    face.desk.asked.clear()
    face.desk.payments.clear()
    face.desk.entries.clear()
    face.faults.clear()
    written = settled(face.exchange(data.split(_CUT)[:8]))
    assert not face.faults, face.faults
    for word in (SECRET.encode(), CODE.encode()):
        assert word not in written or _is_named(word, data), "an answer tells what is secret"
    _check_answers(written)
    for request in face.desk.asked:
        assert 1 <= request.amount.minor <= 50_000


def _is_named(word: bytes, data: bytes) -> bool:
    """Whether the caller wrote it where names belong, a payment's or a field's, that an answer repeats to whoever sent it."""
    return b"/v1/payments/" in data and data.replace(b"Bearer " + SECRET.encode(), b"").count(word) > 0


class _Hook:
    """A gateway that takes what is genuine by a word of its own."""

    def read_push(self, method: str, headers: Any, body: bytes) -> Push:
        if body != b"genuine":
            raise ForgedPush(f"{method} with {len(headers)} headers")
        return Push(200, "T1")


class _Face:
    """One box's web application before a scripted desk, without a socket."""

    def __init__(self, server: web.Server, runner: web.AppRunner, desk: ScriptedDesk) -> None:
        self._accept = connection_factory(server, _LIMITS)
        self._runner = runner  # kept: the application lives as long as it does
        self.desk = desk
        self.faults: list[str] = []

    async def exchange(self, chunks: list[bytes]) -> bytes:
        """What the box writes on a connection on which these bytes come, one after the other."""
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: self.faults.append(str(context)))
        line = _Line()
        protocol: Any = self._accept()
        protocol.connection_made(line)
        for chunk in chunks:
            if not line.closing:
                protocol.data_received(chunk)
            await _turns()
        protocol.eof_received()
        line.close()
        protocol.connection_lost(None)
        await _turns()
        return bytes(line.written)


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


@cache
def _face() -> _Face:
    return settled(_made())


async def _made() -> _Face:
    desk = ScriptedDesk()
    whole: Any = a_web(desk, simulated_scan=lambda _text: None, token=Secret(SECRET), pushed={"hook": _Hook()}, limits=_LIMITS)
    ending = Ending()
    payments = Payments(desk, "http", whole._terms, _LIMITS, ending, whole._begun)
    runner = web.AppRunner(whole._application(payments, Streams(desk, _LIMITS, ending)), access_log=None)
    await runner.setup()
    assert runner.server is not None
    return _Face(runner.server, runner, desk)


def _check_answers(written: bytes) -> None:
    """One answer after the other, as a till would read them."""
    while written:
        head, found, rest = written.partition(b"\r\n\r\n")
        assert found, "half a head"
        line, *fields = head.decode("latin-1").split("\r\n")
        version, status, *_ = line.split(" ")
        assert version in ("HTTP/1.1", "HTTP/1.0"), "not a head that anybody could read"
        assert int(status) in _DOCUMENTED, line
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        if headers.get("content-type") == "text/event-stream":
            return
        length = int(headers.get("content-length", "0"))
        if int(status) >= 400 and rest[:1] == b"{":
            _check_error(json.loads(rest[:length]))
        written = rest if rest[:5] == b"HTTP/" else rest[length:]  # the answer to a HEAD has no body


def _check_error(said: Any) -> None:
    assert said.keys() == {"error"}
    error = said["error"]
    assert error.keys() == {"code", "text", "fields"}
    assert all(isinstance(word, str) for word in (error["code"], error["text"], *error["fields"], *error["fields"].values()))
