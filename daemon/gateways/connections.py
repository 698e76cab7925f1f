"""The connections to one provider: aiohttp's pool, which can also be asked whether one of them is open and free.

A server closes what was idle for too long for its taste (5 s is common, 2 s happens) without a word that anybody reads before the
next request needs the connection. Here it is read, and told at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp.connector import Connection  # named so in aiohttp 3.8 as well


class Connections(aiohttp.TCPConnector):
    """As its base; `has_free` says whether the next request will find a connection open, `on_lost` is called whenever one that waited
    for a request has ended."""

    def __init__(self, on_lost: Callable[[], None] = lambda: None, **settings: Any) -> None:
        super().__init__(**settings)
        self._on_lost = on_lost
        self._free: set[asyncio.BaseTransport] = set()
        self._watched: set[asyncio.BaseTransport] = set()

    async def connect(self, *request: Any, **settings: Any) -> Connection:
        """See aiohttp: a connection, kept or new."""
        connection = await super().connect(*request, **settings)
        transport = connection.transport
        if transport is not None:
            self._watch(connection, transport)
            self._free.discard(transport)
            connection.add_callback(lambda: self._free.add(transport))
        return connection

    @property
    def has_free(self) -> bool:
        """Whether a connection waits for a request, as far as is known here: a server's farewell may be under way."""
        self._free = {transport for transport in self._free if not transport.is_closing()}
        return bool(self._free)

    def _watch(self, connection: Connection, transport: asyncio.BaseTransport) -> None:
        """aiohttp says nowhere, in all its versions, that a connection of its pool has ended; asyncio says it to the protocol."""
        protocol = connection.protocol
        if protocol is None or transport in self._watched:
            return
        self._watched.add(transport)
        was_lost = protocol.connection_lost

        def lost(exc: BaseException | None) -> None:
            was_lost(exc)
            self._lost(transport)

        protocol.connection_lost = lost  # type: ignore[method-assign]  # this one's, which is asyncio's to call

    def _lost(self, transport: asyncio.BaseTransport) -> None:
        self._watched.discard(transport)
        if transport in self._free:
            self._free.discard(transport)
            self._on_lost()
