"""Connections over TLS: the box's own certificate, 1.2 or newer, and as many handshakes at a time as it can bear.

`create_server(ssl=…)` would take every connection and keep it until its handshake ends or times out, uncounted: a neighbour who connects
and says nothing could use up the file descriptors that a payment needs. So connections are taken here, and those too many are closed
before they cost anything.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence

from daemon.gateways.tls import refuse_password
from daemon.web.settings import Limits, Tls

log = logging.getLogger(__name__)

_PAUSE_S = 1.0  # after a connection could not be taken (no descriptor left): asyncio's own number
_BACKLOG = 100  # asyncio's, too


def server_context(tls: Tls) -> ssl.SSLContext:
    """TLS for the box as a server. Reads files and computes for some 10 ms: not on the event loop's thread. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(tls.cert_file, tls.key_file, password=refuse_password)
    context.set_alpn_protocols(["http/1.1"])
    return context


class TlsListener:
    """Takes connections on the sockets, which it owns, until `close`.

    `make` gives the protocol of a connection; `is_full` says whether there are too many of those that have shaken hands.
    """

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        context: ssl.SSLContext,
        make: Callable[[], asyncio.Protocol],
        is_full: Callable[[], bool],
        limits: Limits,
    ) -> None:
        self.sockets = tuple(sockets)
        self._context = context
        self._make = make
        self._is_full = is_full
        self._limits = limits
        self._tasks: set[asyncio.Task[None]] = set()
        self._taken: set[socket.socket] = set()  # connections whose handshake has not begun yet

    async def start(self) -> None:
        for one in self.sockets:
            self._begin(self._take(one))
        await asyncio.sleep(0)  # they have begun: each closes its socket when it ends

    def close(self) -> None:
        """Take no more; handshakes under way are cut off."""
        for task in self._tasks:
            task.cancel()
        for connection in self._taken:  # their tasks end before they begin, and nobody else would close them
            connection.close()

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, listening: socket.socket) -> None:
        with listening:  # closed when the loop has let go of it, not before
            while True:
                try:
                    connection, _ = await asyncio.get_running_loop().sock_accept(listening)
                except ConnectionError:
                    continue  # gone again
                except OSError as error:
                    log.warning("web_not_taken error=%s", error)
                    await asyncio.sleep(_PAUSE_S)
                    continue
                self._welcome(connection)

    def _welcome(self, connection: socket.socket) -> None:
        handshakes = len(self._tasks) - len(self.sockets)
        if self._is_full() or handshakes >= self._limits.handshakes:
            connection.close()
        else:
            self._taken.add(connection)
            self._begin(self._shake_hands(connection))

    async def _shake_hands(self, connection: socket.socket) -> None:
        self._taken.discard(connection)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._make,
                connection,
                ssl=self._context,
                ssl_handshake_timeout=self._limits.head_s,
                ssl_shutdown_timeout=self._limits.linger_s,
            )
        except OSError as error:  # ssl.SSLError among them: who speaks plain HTTP, or does not believe the certificate
            log.debug("tls_refused error=%s", getattr(error, "reason", None) or type(error).__name__)


async def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on all addresses of a host, as `create_server` makes them. Raises OSError where one cannot be had."""
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port, start_serving=False)
    sockets = [one.dup() for one in server.sockets]
    server.close()
    for one in sockets:
        one.listen(_BACKLOG)
    return sockets
