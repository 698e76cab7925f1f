"""The line between box and sandbox: what went over it, and waits that end when it is cut."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Final, cast
from weakref import WeakKeyDictionary

from aiohttp import web

_KEPT: Final = 100_000  # requests: days of a busy shop, some megabytes


@dataclass(slots=True)
class Seen:
    """One complete request, as the log shows it: never a code, a body or a header. `at` is monotonic seconds."""

    at: float
    method: str
    path: str
    connection: int  # counts the connections; the same number is the same connection
    number: str = ""  # the order number, where the request named one


_seen: ContextVar[Seen] = ContextVar("seen")  # the request that this task is answering


@dataclass(slots=True)
class Line:
    """The connections of all providers. `cut` ends the waits of everybody who is answering slowly or not at all."""

    requests: deque[Seen] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _cut: asyncio.Event = field(default_factory=asyncio.Event)
    _connections: WeakKeyDictionary[asyncio.BaseTransport, int] = field(default_factory=WeakKeyDictionary)
    _serial: count[int] = field(default_factory=lambda: count(1))

    def saw(self, request: web.Request, at: float) -> None:
        """Note a request that has arrived completely."""
        seen = Seen(at, request.method, request.path, self._connection(request))
        _seen.set(seen)
        self.requests.append(seen)

    def log(self) -> list[dict[str, object]]:
        """All requests so far, as JSON."""
        return [asdict(seen) for seen in self.requests]

    async def wait(self, seconds: float) -> bool:
        """Wait so long; False where the line was cut meanwhile."""
        try:
            await asyncio.wait_for(self._cut.wait(), seconds)
        except TimeoutError:
            return True
        return False

    def cut(self) -> None:
        """End all waits of now; later ones are not touched."""
        self._cut.set()
        self._cut = asyncio.Event()

    def _connection(self, request: web.Request) -> int:
        if request.transport is None:
            return 0
        known = self._connections.get(request.transport)
        return known or self._connections.setdefault(request.transport, next(self._serial))


def note_number(number: str) -> None:
    """Tell the log which order the request being answered is about. Providers call it once they know."""
    seen = _seen.get(None)
    if seen is not None:
        seen.number = number[:64]


def reset(transport: asyncio.BaseTransport | None) -> None:
    """Break a connection the hard way: TCP reset, no TLS farewell."""
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        # Lingering for 0 seconds turns the close into a reset, as a router that forgets a connection does.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    cast("asyncio.Transport", transport).abort()
