"""A web server on a free port of loopback, before a scripted desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from scripted_desk import ScriptedDesk, a_web

from daemon.gateways.base import Pushed
from daemon.web.api import Web
from daemon.web.settings import Limits

Serve = Callable[..., Awaitable["Served"]]


class Served:
    """A running web server and somebody who calls it."""

    def __init__(self, web: Web, desk: ScriptedDesk, session: aiohttp.ClientSession) -> None:
        self.web = web
        self.desk = desk
        self.session = session
        self.scans: list[str] = []
        self.alive = True
        self.scheme = "http"
        self.png: bytes | None = b"\x89PNG\r\n\x1a\n picture"

    @property
    def port(self) -> int:
        return self.web.port

    def url(self, path: str) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    async def call(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """Status and JSON body (None where it has none)."""
        async with self.session.request(method, self.url(path), **more) as answer:
            raw = await answer.read()
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
            return answer.status, (await answer.json() if raw else None)

    async def put(self, ref: str, body: Any) -> tuple[int, Any]:
        return await self.call("PUT", f"/v1/payments/{ref}", json=body)

    async def raw(self, wire: bytes, *, timeout_s: float = 5.0) -> bytes:
        """Everything that comes back on a connection of its own, until the box closes it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(wire)
            return await asyncio.wait_for(reader.read(), timeout_s)
        finally:
            writer.close()
            await writer.wait_closed()


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server: `await serve(desk=…, token=…, limits=…, simulated=False)`; the rest (`tls`, `hosts`, `now`) as `a_web`."""
    async with AsyncExitStack() as stack:

        async def start(
            *,
            desk: ScriptedDesk | None = None,
            token: Any = None,
            limits: Limits | None = None,
            simulated: bool = True,
            till: str | None = "http",
            pushed: Mapping[str, Pushed] | None = None,
            pads: Mapping[str, Callable[[str], object]] | None = None,
            **more: Any,
        ) -> Served:
            desk = desk or ScriptedDesk()
            served: Served
            web = a_web(
                desk,
                token=token,
                panel_png=lambda: served.png,
                simulated_scan=(lambda text: served.scans.append(text)) if simulated else None,
                is_alive=lambda: served.alive,
                till=till,
                limits=limits,
                pushed=pushed,
                simulated_pads=pads,
                **more,
            )
            session = await stack.enter_async_context(aiohttp.ClientSession())
            served = Served(web, desk, session)
            served.scheme = "http" if more.get("tls") is None else "https"
            await web.start()
            stack.push_async_callback(web.stop)
            return served

        yield start


@pytest.fixture
async def box(serve: Serve) -> Served:
    return await serve()
