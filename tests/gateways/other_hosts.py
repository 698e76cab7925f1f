"""Hosts that are not the provider: one that answers with whatever it is told to, and one that takes a provider's notifications."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

from daemon.gateways.base import ForgedPush, Push, Pushed
from daemon.sandbox.server import Sandbox
from daemon.sandbox.tls import Certificates, server_context

TOKEN = "a-made-up-access-token"


@dataclass
class Impostor:
    """Holds the provider's certificate and talks nonsense. Tokens it gives, so that what needs one gets as far as being answered."""

    url: str = ""
    status: int = 200
    content_type: str = "application/json"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    asked: int = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.asked += 1
        if request.path.endswith("/mch-api/v1/auth"):
            return web.json_response({"access_token": TOKEN, "expires_in": 3600})
        headers = {**self.headers, "Content-Type": self.content_type}
        return web.Response(status=self.status, body=self.body, headers=headers)


@contextlib.asynccontextmanager
async def impostor(sandbox: Sandbox) -> AsyncIterator[Impostor]:
    host = Impostor()
    async with _serving(host.handle, _context_of(sandbox)) as host.url:
        yield host


@dataclass(frozen=True)
class Pushing:
    """One notification as it came in, before anybody looked at it."""

    method: str
    headers: dict[str, list[str]] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass
class Letterbox:
    """Where notifications go: the gateway reads them, and the answer is what a box answers."""

    gateway: Pushed
    url: str = ""
    came: list[Pushing] = field(default_factory=list)
    read: list[Push | ForgedPush] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): request.headers.getall(name) for name in request.headers}
        self.came.append(Pushing(request.method, headers, await request.read()))
        try:
            push = self.gateway.read_push(request.method, headers, self.came[-1].body)
        except ForgedPush as forged:
            self.read.append(forged)
            return web.Response(status=401)
        self.read.append(push)
        return web.Response(status=push.status, body=push.body)


@contextlib.asynccontextmanager
async def letterbox(gateway: Pushed) -> AsyncIterator[Letterbox]:
    box = Letterbox(gateway)
    async with _serving(box.handle, None) as box.url:
        yield box


@contextlib.asynccontextmanager
async def _serving(handle: object, tls: ssl.SSLContext | None) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)  # type: ignore[arg-type]  # a handler
    server = TestServer(app, scheme="https" if tls else "http", host="127.0.0.1")
    await server.start_server(ssl=tls, access_log=None)  # which would write down the URL with CBTIS's secret
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


def _context_of(sandbox: Sandbox) -> ssl.SSLContext:
    there = sandbox.directory
    files = Certificates(sandbox.ca_file, there / "server.pem", there / "server.key", sandbox.client_cert_file, sandbox.client_key_file)
    return server_context(files)
