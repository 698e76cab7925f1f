"""Whether a connection to the provider waits for the next request: known without asking the provider (daemon.gateways.connections)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from daemon.gateways.connections import Connections


class Server:
    """Answers `/` at once, `/held` when let, `/last` with the end of the connection; ends what is idle when told."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.url = ""
        self.transports: set[asyncio.BaseTransport] = set()

    async def answer(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        self.transports.add(request.transport)
        if request.path == "/held":
            await self.let.wait()
        response = web.Response(text="ok")
        if request.path == "/last":
            response.force_close()
        return response

    def end_idle(self) -> None:
        for transport in self.transports:
            transport.close()


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        await site.stop()
        for _ in range(5):  # who was taken just now comes to be known, and is closed with the others
            await asyncio.sleep(0)
        await runner.cleanup()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


@pytest.fixture
async def connections() -> Connections:
    return Connections(limit=8)


@pytest.fixture
async def session(connections: Connections) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=connections) as session:
        yield session


async def get(session: aiohttp.ClientSession, url: str) -> None:
    async with session.get(url) as response:
        await response.read()


async def until(condition: bool, connections: Connections) -> None:
    async with asyncio.timeout(5):
        while connections.has_free is not condition:
            await asyncio.sleep(0.001)


async def test_before_the_first_request_there_is_none(connections: Connections, session: aiohttp.ClientSession) -> None:
    assert not connections.has_free


async def test_what_a_request_leaves_open_is_free(server: Server, connections: Connections, session: aiohttp.ClientSession) -> None:
    await get(session, server.url)
    assert connections.has_free


async def test_one_that_a_request_uses_is_not_free_until_it_is_answered(
    server: Server, connections: Connections, session: aiohttp.ClientSession
) -> None:
    await get(session, server.url)
    held = asyncio.create_task(get(session, server.url + "/held"))
    await until(False, connections)
    server.let.set()
    await held
    assert connections.has_free


async def test_one_that_the_server_ends_with_its_answer_is_not_kept(
    server: Server, connections: Connections, session: aiohttp.ClientSession
) -> None:
    await get(session, server.url + "/last")
    assert not connections.has_free


async def test_one_that_the_server_closes_while_nobody_uses_it_is_missed(
    server: Server, connections: Connections, session: aiohttp.ClientSession
) -> None:
    await get(session, server.url)
    server.end_idle()
    await until(False, connections)


async def test_its_end_is_told_once_and_at_once(server: Server) -> None:
    told: list[str] = []
    connections = Connections(lambda: told.append("lost"), limit=8)
    async with aiohttp.ClientSession(connector=connections) as session:
        await get(session, server.url)
        await get(session, server.url)
        server.end_idle()
        async with asyncio.timeout(20):
            while not told:
                await asyncio.sleep(0.001)
        assert not connections.has_free
    assert told == ["lost"]


async def test_the_end_of_one_in_use_is_for_its_request_to_tell(server: Server) -> None:
    told: list[str] = []
    async with aiohttp.ClientSession(connector=Connections(lambda: told.append("lost"), limit=8)) as session:
        held = asyncio.create_task(session.post(server.url + "/held"))  # a GET would be sent again
        while not server.transports:
            await asyncio.sleep(0.001)
        server.end_idle()
        with pytest.raises(aiohttp.ClientError):
            await held
        server.let.set()
    assert told == []


async def test_another_open_one_still_counts(server: Server, connections: Connections, session: aiohttp.ClientSession) -> None:
    both = [asyncio.create_task(get(session, server.url + "/held")) for _ in range(2)]
    while len(server.transports) < 2:
        await asyncio.sleep(0.001)
    server.let.set()
    await asyncio.gather(*both)
    next(iter(server.transports)).close()
    await asyncio.sleep(0.02)  # its end arrives here, or not yet: both are the same to the other one
    assert connections.has_free
    server.end_idle()
    await until(False, connections)
