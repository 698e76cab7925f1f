"""What no answer to a till can undercut: a bare web server, and a bare program on a line, that say back what they are told."""

from __future__ import annotations

import os
import socket
from multiprocessing.connection import Connection

from aiohttp import web


def run_web(orders: Connection) -> None:
    """aiohttp, with one handler that reads the body and sends it back. Its port is sent through `orders`."""

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read(), content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", echo)
    listening = socket.create_server(("127.0.0.1", 0))
    orders.send(listening.getsockname()[1])  # the kernel takes connections already
    web.run_app(app, sock=listening, access_log=None, print=None, handle_signals=False)


def run_line(path: str, orders: Connection) -> None:
    """Reads a line, writes it back."""
    port = os.open(path, os.O_RDWR | os.O_NOCTTY)
    orders.send("open")
    rest = b""
    while True:
        rest += os.read(port, 4096)
        while b"\n" in rest:
            line, _, rest = rest.partition(b"\n")
            os.write(port, line + b"\n")
