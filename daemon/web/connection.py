"""Connections: bounded in number, not left open in silence, and told in our own words when they do not speak HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiohttp import web

from daemon.web.errors import Problem, error_answer, error_body, json_bytes, too_many
from daemon.web.heads import looked_at, not_http
from daemon.web.settings import Limits

log = logging.getLogger(__name__)


def connection_factory(server: web.Server, limits: Limits) -> Callable[[], asyncio.Protocol]:
    """What `create_server` calls for every new connection."""
    server.request_factory = looked_at(server.request_factory)

    def accept() -> asyncio.Protocol:
        return Full() if len(server.connections) >= limits.connections else Connection(server, limits)

    return accept


class Connection(web.RequestHandler):
    """aiohttp's server side of a connection, with our errors.

    Its own would log a malformed head together with its text, `Authorization` and all.
    """

    def __init__(self, server: web.Server, limits: Limits) -> None:
        options: dict[str, Any] = {  # common to aiohttp 3.8 and 3.14, whose types differ
            "access_log": None,
            "keepalive_timeout": limits.idle_s,
            "lingering_time": limits.linger_s,
            "auto_decompress": False,
        }
        super().__init__(server, loop=asyncio.get_running_loop(), **options)
        self.has_spoken = False  # a whole request head has come
        self.objection: Problem | None = None  # to the request under way, by `heads`
        self._head_s = limits.head_s
        self._silence: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._silence = asyncio.get_running_loop().call_later(self._head_s, self._end_silence)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._silence is not None:
            self._silence.cancel()
        super().connection_lost(exc)

    def _end_silence(self) -> None:
        if not self.has_spoken:
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  # aiohttp's name; it quotes the caller
    ) -> web.StreamResponse:
        """The answer to what is not HTTP, or to an error outside every handler. The connection is closed after it."""
        log.info("http_malformed status=%d error=%s", status, type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        return error_answer(not_http(status))

    def log_exception(self, *_args: Any, **kw: Any) -> None:
        log.error("http_fault error=%s", type(kw.get("exc_info")).__name__)


@web.middleware
async def note_speech(request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
    """Tell the connection that a request has come: it is not a silent one."""
    if isinstance(request.protocol, Connection):
        request.protocol.has_spoken = True
    answer: web.StreamResponse = await handler(request)
    return answer


class Full(asyncio.Protocol):
    """A connection too many: it is told so and closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        problem = too_many("connections")
        body = json_bytes(error_body(problem))
        head = ("HTTP/1.1 503 Service Unavailable", "Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close")
        transport.write("\r\n".join((*head, "", "")).encode() + body)
        transport.close()
