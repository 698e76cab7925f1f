"""The connections to one provider: aiohttp's pool, which can also be asked whether one of them is open and free.

A server closes what was idle for too long for its taste (5 s is common, 2 s happens) without a word that anybody reads before the
next request needs the connection. Asking here costs no traffic, so it can be done often.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from aiohttp.connector import Connection  # named so in aiohttp 3.8 as well


class Connections(aiohttp.TCPConnector):
    """As its base; `has_free` says whether the next request will find a connection open."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._free: set[asyncio.Transport] = set()

    async def connect(self, *request: Any, **settings: Any) -> Connection:
        """See aiohttp: a connection, kept or new."""
        connection = await super().connect(*request, **settings)
        transport = connection.transport
        if transport is not None:
            self._free.discard(transport)
            connection.add_callback(lambda: self._free.add(transport))
        return connection

    @property
    def has_free(self) -> bool:
        """Whether a connection waits for a request, as far as is known here: a server's farewell may be under way."""
        self._free = {transport for transport in self._free if not transport.is_closing()}
        return bool(self._free)
