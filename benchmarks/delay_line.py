"""A line with a round trip, in front of a server on this machine, in a process of its own.

Each piece of data arrives half a round trip after it was sent, in order, in both directions; so does the end of either one. The
handshake of TCP costs its round trip too: the kernel answers the client's SYN at once, since the line is on the same machine, so
what the client sends first is held back until the answer to a SYN could have come. A client that sends as soon as it is connected
thus has its first byte at the server one and a half round trips after it began to connect, as over a real line. Bandwidth is not
limited and nothing is lost, which is kinder to whoever sends more.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
from collections import deque
from functools import partial
from multiprocessing.connection import Connection


def run(server_port: int, rtt_s: float, tell_port: Connection) -> None:
    """Carry every connection to `server_port` on loopback, for ever. The line's own port is sent through `tell_port`."""
    # select() waits to the microsecond; epoll, asyncio's usual choice, rounds up to the next millisecond.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    loop.run_until_complete(_serve(server_port, rtt_s, tell_port))


async def _serve(server_port: int, rtt_s: float, tell_port: Connection) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _NearEnd(server_port, rtt_s), "127.0.0.1", 0)
    tell_port.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class _Way:
    """One direction: what is put in comes out `delay_s` later, in order."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._under_way: deque[tuple[float, bytes | None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._not_before = 0.0
        self._out: asyncio.Transport | None = None

    def hold_until(self, moment: float) -> None:
        """What is sent before that moment counts as sent at it."""
        self._not_before = moment

    def leads_to(self, out: asyncio.Transport) -> None:
        self._out = out
        self._arm()

    def put(self, data: bytes | None) -> None:
        """`None` is the end: the far side is closed."""
        sent = max(asyncio.get_running_loop().time(), self._not_before)
        self._under_way.append((sent + self._delay_s, data))
        self._arm()

    def _arm(self) -> None:
        if self._out is not None and self._timer is None and self._under_way:
            self._timer = asyncio.get_running_loop().call_at(self._under_way[0][0], self._deliver)

    def _deliver(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        while self._out is not None and self._under_way and self._under_way[0][0] <= now:
            data = self._under_way.popleft()[1]
            if data is None:
                self._out.close()
            elif not self._out.is_closing():
                self._out.write(data)
        self._arm()


class _End(asyncio.Protocol):
    """One end of a carried connection: what it hears goes into `way`."""

    def __init__(self, way: _Way) -> None:
        self._way = way

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._way.put(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio calls it so
        self._way.put(None)


class _NearEnd(_End):
    """The client's end: opens the far one."""

    def __init__(self, server_port: int, rtt_s: float) -> None:
        super().__init__(_Way(rtt_s / 2))
        self._back = _Way(rtt_s / 2)
        self._server_port = server_port
        self._rtt_s = rtt_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        loop = asyncio.get_running_loop()
        self._way.hold_until(loop.time() + self._rtt_s)
        assert isinstance(transport, asyncio.Transport)
        self._back.leads_to(transport)
        far = loop.create_task(loop.create_connection(lambda: _End(self._back), "127.0.0.1", self._server_port))
        far.add_done_callback(partial(self._connected, transport))

    def _connected(self, near: asyncio.Transport, far: asyncio.Task[tuple[asyncio.Transport, _End]]) -> None:
        if far.exception() is None:
            self._way.leads_to(far.result()[0])
        else:
            near.abort()
