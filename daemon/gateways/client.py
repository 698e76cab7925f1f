"""One HTTP client a provider: pooled connections, bounded waits and bodies, and errors that say what is known.

Everything foreign becomes one of `daemon.reply`'s errors here (`_Progress` decides which):

    no connection was ever had      -> NotSent         nothing can have left the box
    a connection was had            -> NoAnswer        even where the request may not have been written: ask
    an answer that cannot be read   -> Unintelligible  too large, compressed though we refused that, not HTTP

A POST is written at most once. aiohttp repeats GET and HEAD by itself on a re-used connection that turns out to be
broken, never POST: what moves money is a POST.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Protocol

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from daemon.gateways.connections import Connections
from daemon.gateways.tls import TlsSettings, build_context
from daemon.reply import GatewayError, NoAnswer, NotSent, Unintelligible

__all__ = ["Answer", "Client", "Connect", "Http", "TlsSettings"]

_log = logging.getLogger(__name__)

MAX_BODY = 64 * 1024
"""Bytes of an answer. The largest honest one (WeChat's query with promotion detail) stays below 10 kB."""

_CONNECT_S = 5.0  # DNS excluded, TLS included; leaves half of `answer_s` to the provider. Own
_WARM_S = 5.0  # for the whole of a warm-up. Own
_REFRESH_S = 3.5  # an open connection is used so often, because Node, uvicorn and Apache close one that was idle for 5 s
_KEPT_S = 1.0  # after a warm-up, or until the next request, one that ends is opened anew; who wants one kept warms more often
_REOPEN_S = 1.0  # from one opening to the next, where the server ends what it had kept open; doubles where it keeps nothing open
_REOPEN_MAX_S = 15.0
_KEEPALIVE_S = 60.0  # longest idle life of a connection on our side; providers may end it sooner
_DNS_CACHE_S = 300  # a shop's resolver is often the slowest hop; providers move addresses far less often
CONNECTIONS = 8  # one sale and several old orders being chased; a charge must never queue behind them

# Verification failures that a shop can do something about, by OpenSSL's X509_V_ERR_* numbers.
_CERTIFICATE_TEXTS = {
    9: "the server's certificate is not valid yet: the box's clock may be wrong",
    10: "the server's certificate has expired, or the box's clock is wrong",
    18: "the server shows a self-signed certificate",
    19: "the server's certificate comes from an authority that this box does not know",
    20: "the server's certificate comes from an authority that this box does not know",
    62: "the server's certificate is for another name",
    64: "the server's certificate is for another address",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, whole and bounded, its meaning not yet looked at. Header names do not mind case."""

    status: int
    headers: CIMultiDictProxy[str] = field(repr=False)
    body: bytes = field(repr=False)


class Http(Protocol):
    """What a gateway needs of a client: the calls of `Client`, with their errors."""

    async def post(self, path: str, body: bytes, headers: Mapping[str, str], timeout_s: float) -> Answer: ...

    async def get(self, path: str, headers: Mapping[str, str], timeout_s: float) -> Answer: ...

    async def warm(self) -> None: ...

    async def aclose(self) -> None: ...


class Connect(Protocol):
    """Makes the client of one gateway: `Client`, or the simulator's, which has a provider in memory at its other end."""

    def __call__(self, base_url: str, *, tls: TlsSettings) -> Http: ...


@dataclass(slots=True)
class _Progress:
    """How far one request came."""

    connected: bool = False


class Client:
    """Requests to one provider below `base_url` (which may end in a path). Made anywhere, used inside one event loop.

    `tls` is used for https only. Nothing is opened or read before the first request. `connections` is how many may be open at once: a box
    needs few, whoever serves many boxes with one gateway needs one for each that is selling.
    """

    def __init__(
        self,
        base_url: str,
        *,
        tls: TlsSettings = TlsSettings(),  # noqa: B008  # frozen, made once, never changed
        connections: int = CONNECTIONS,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._host = _host(self._base)
        self._tls = tls
        self._limit = connections
        self._lock = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None
        self._connections: Connections | None = None  # the session's own
        self._closed = False
        self._warming = False
        self._used_at = -math.inf  # when the last answer came, or a warm-up began
        self._reopen_s = _REOPEN_S
        self._reopen_from = -math.inf  # the earliest moment for the next opening that is no request's
        self._kept_until = -math.inf
        self._reopening: asyncio.Task[None] | None = None

    async def post(self, path: str, body: bytes, headers: Mapping[str, str], timeout_s: float) -> Answer:
        """The answer to one POST, sent at most once. `path` starts with a slash and holds nothing secret.

        Raises NotSent, NoAnswer, Unintelligible."""
        return await self._request("POST", self._base + path, body, headers, timeout_s)

    async def get(self, path: str, headers: Mapping[str, str], timeout_s: float) -> Answer:
        """The answer to a GET, which may be sent twice where a kept connection breaks. Raises as `post` does."""
        return await self._request("GET", self._base + path, None, headers, timeout_s)

    async def delete(self, path: str, headers: Mapping[str, str], timeout_s: float) -> Answer:
        """The answer to a DELETE; as `get`."""
        return await self._request("DELETE", self._base + path, None, headers, timeout_s)

    async def warm(self) -> None:
        """Have an open connection for the next request, kept from idling out (`HEAD /`, whatever is answered), and within the next
        second another one where that ends. Never raises.

        Costs nothing while there is one, so it may be called often, and at least every second as long as one is wanted. Where the
        server cannot be reached or keeps none open, it tries ever more slowly in that time."""
        if _now() >= self._kept_until:  # wanted anew: how it went with those that were wanted before is no reason to wait
            self._reopen_from = -math.inf
        self._kept_until = math.inf
        try:
            await self._warm()
        finally:
            self._kept_until = _now() + _KEPT_S

    async def _warm(self) -> None:
        if self._warming or _now() < self._warm_again_at():
            return
        self._warming = True
        begun = self._used_at = _now()
        try:
            root = str(URL(self._base).origin()) + "/"
            await self._request("HEAD", root, None, {}, _WARM_S)
        except (GatewayError, ValueError) as error:  # ValueError: a base_url that is none; the first real request says so
            _log.info("warm_failed host=%s why=%s", self._host, error)
        finally:
            self._warming = False
            self._reopen_s = _REOPEN_S if self._is_warm() else min(2 * self._reopen_s, _REOPEN_MAX_S)
            self._reopen_from = begun + self._reopen_s

    def _warm_again_at(self) -> float:
        return self._used_at + _REFRESH_S if self._is_warm() else self._reopen_from

    def _lost(self) -> None:
        """The server has ended a connection that waited for a request: it is opened again at once, not when somebody next looks."""
        if not self._closed and _now() < self._kept_until:
            self._reopening = asyncio.get_running_loop().create_task(self._warm())

    def _is_warm(self) -> bool:
        return self._connections is not None and self._connections.has_free

    async def aclose(self) -> None:
        """Close all connections; later requests raise NotSent."""
        self._closed = True
        if self._reopening is not None:
            self._reopening.cancel()
        async with self._lock:
            session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _request(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], timeout_s: float) -> Answer:
        """One request and its whole answer within `timeout_s`, every foreign error translated."""
        if method != "HEAD":
            self._kept_until = -math.inf  # this is what it was kept for
        progress = _Progress()
        started = time.monotonic()
        try:
            async with asyncio.timeout(timeout_s):
                session = await self._open()
                async with session.request(
                    method, url, data=body, headers=headers, allow_redirects=False, trace_request_ctx=progress
                ) as response:
                    answer = await _read(response)
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError and ssl.SSLError are OSErrors
            raise self._translated(error, progress, timeout_s) from error
        self._used_at = _now()
        _log.debug("answered method=%s host=%s status=%d ms=%d", method, self._host, answer.status, (time.monotonic() - started) * 1000)
        return answer

    async def _open(self) -> aiohttp.ClientSession:
        """The session, built on first use: it belongs to the running loop, and reading certificates belongs to a thread."""
        if self._session is not None:
            return self._session
        async with self._lock:
            if self._closed:
                raise NotSent("the connection to the provider is closed: the box is stopping")
            if self._session is None:
                self._connections = _connections(self._lost, await self._context(), self._limit)
                self._session = _session(self._connections)
        return self._session

    async def _context(self) -> ssl.SSLContext | None:
        if not self._base.startswith("https:"):
            return None
        try:
            return await asyncio.to_thread(build_context, self._tls)
        except (OSError, ValueError) as error:
            raise NotSent(f"TLS cannot be set up: {_tls_text(error)}") from error

    def _translated(self, error: Exception, progress: _Progress, timeout_s: float) -> GatewayError:
        """The error of ours that says what is known after `error`."""
        if not progress.connected:
            return NotSent(f"no connection to {self._host}: {_connect_text(error)}")
        if isinstance(error, TimeoutError):
            return NoAnswer(f"no whole answer from {self._host} within {timeout_s:g} s")
        if isinstance(error, aiohttp.ClientResponseError):
            return Unintelligible(f"the answer of {self._host} is not HTTP")
        return NoAnswer(f"the connection to {self._host} broke before the whole answer was there ({type(error).__name__})")


def _host(base_url: str) -> str:
    """Host and port, for texts; never user info or query."""
    try:
        url = URL(base_url)
    except ValueError:
        return "the provider"
    return f"{url.host}:{url.port}"


def _now() -> float:
    return time.monotonic()


def _connections(on_lost: Callable[[], None], context: ssl.SSLContext | None, limit: int) -> Connections:
    tls: dict[str, Any] = {} if context is None else {"ssl": context}
    return Connections(on_lost, limit=limit, keepalive_timeout=_KEEPALIVE_S, ttl_dns_cache=_DNS_CACHE_S, **tls)


def _session(connections: Connections) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connections,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
        headers={"Accept-Encoding": "identity", "User-Agent": "tillbox"},
        skip_auto_headers=["Content-Type"],  # a POST without a body has none, and where headers are signed that shows
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,  # a bomb is refused, not unpacked
        trust_env=False,  # a proxy variable of some shell must not see payments
        trace_configs=[_tracing()],
    )


def _tracing() -> aiohttp.TraceConfig:
    """Marks a request's `_Progress` as soon as a connection, new or kept, is had."""

    async def connected(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: object) -> None:
        context.trace_request_ctx.connected = True

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_create_end.append(connected)
    tracing.on_connection_reuseconn.append(connected)
    return tracing


async def _read(response: aiohttp.ClientResponse) -> Answer:
    """The answer with its body; Unintelligible where that is too large or compressed (we asked for `identity`)."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        response.close()
        raise Unintelligible("the answer is compressed although that was not accepted")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY:
            response.close()
            raise Unintelligible(f"the answer is larger than {MAX_BODY // 1024} kB")
    return Answer(response.status, response.headers, bytes(body))


def _connect_text(error: Exception) -> str:
    """Why there was no connection, in words for a shop."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _tls_text(error.certificate_error)
    if isinstance(error, TimeoutError):
        return "no connection in time; is the network up?"
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, socket.gaierror):
        return "its name cannot be looked up (DNS); is the network up?"
    if isinstance(cause, ssl.SSLError):
        return _tls_text(cause)
    if isinstance(cause, ConnectionRefusedError):
        return "it refuses connections"
    if isinstance(cause, ConnectionError | aiohttp.ServerDisconnectedError):
        return "it broke the connection off at once"
    return cause.strerror or type(cause).__name__ if isinstance(cause, OSError) else type(cause).__name__


def _tls_text(error: BaseException) -> str:
    """A TLS error in words, without paths."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE_TEXTS.get(error.verify_code, f"the server's certificate does not verify ({error.verify_message})")
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason or 'no reason given'})"
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
