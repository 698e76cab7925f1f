"""A line between the box and its provider that can fail, in a process of its own, in the ways in which networks do."""

from __future__ import annotations

import asyncio
from enum import Enum
from multiprocessing.connection import Connection

SLOW_S = 3.0  # for each piece of data, in each direction; a charge may take 10 s, a query 5 s


class Network(str, Enum):
    """How the line is."""

    FINE = "fine"
    UNREACHABLE = "unreachable"  # every connection is broken, and none is taken
    SILENT = "silent"  # a black hole: connections stand, new ones too, and nothing comes back
    SLOW = "slow"

    __str__ = str.__str__


def run(server_port: int, orders: Connection) -> None:
    """Carry every connection to `server_port` on loopback, for ever. The line's own port is sent through `orders`; a `Network` that comes
    through it is how the line is from then on, and is sent back."""
    asyncio.run(_Line(server_port, orders).serve())


class _Line:
    def __init__(self, server_port: int, orders: Connection) -> None:
        self._server_port = server_port
        self._orders = orders
        self._network = Network.FINE
        self._ports: list[int] = [0]
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._ordered = asyncio.Event()

    async def serve(self) -> None:
        await self._listen()
        asyncio.get_running_loop().add_reader(self._orders.fileno(), self._ordered.set)
        self._orders.send(self._ports[-1])
        while True:
            await self._ordered.wait()
            self._ordered.clear()
            if self._orders.poll():
                await self._become(self._orders.recv())
                self._orders.send(self._network)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._ports[-1])
        self._ports.append(self._server.sockets[0].getsockname()[1])

    async def _become(self, network: Network) -> None:
        """What went into a black hole is lost, and so is a connection that it was on."""
        if network in (Network.FINE, Network.UNREACHABLE):
            for writer in self._open:
                writer.transport.abort()
        if network is Network.UNREACHABLE and self._server is not None:
            self._server.close()
            self._server = None
        elif network is not Network.UNREACHABLE and self._server is None:
            await self._listen()
        self._network = network

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        ends = {writer, far_writer}
        self._open |= ends
        try:
            await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))
        finally:
            self._open -= ends

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if self._network is Network.SLOW:
                    await asyncio.sleep(SLOW_S)
                if self._network is not Network.SILENT:
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()
