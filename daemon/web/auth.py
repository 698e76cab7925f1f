"""Who may call: with a token configured whoever shows it, or the cookie of a log-in with it; without one only programs of this machine.

A web page that somebody on this machine looks at must not reach the box: `daemon.web.hosts` says how it could, and how it shows.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable

from aiohttp import web

from daemon.secret import Secret
from daemon.web.cookies import Cookie
from daemon.web.errors import Handler, Problem, route_of
from daemon.web.hosts import Names, host_in, own_hosts, refuse_foreign
from daemon.web.sessions import Session, Sessions

_LIVENESS = "/healthz"  # gives nothing away
_WEBHOOKS = "/v1/notify/"  # prove themselves
_LOG_IN = "/v1/session"  # judges for itself
_PAGE = ("/", "/page/{name}")  # what anybody can read in the package, and needs to log in


def _is_open(request: web.Request) -> bool:
    """Whether anybody may send that request. What was matched counts, so that no way of writing a path gets around it."""
    place = route_of(request) or request.path
    return place == _LIVENESS or place.startswith(_WEBHOOKS)


def _is_page(request: web.Request) -> bool:
    """Whether a browser needs it before anybody is logged in; only what is really served."""
    place = route_of(request)
    if place is None:
        return False
    return place == _LOG_IN or (request.method in ("GET", "HEAD") and place in _PAGE)


class Token:
    """The content of `[web] token_file`, to be compared with."""

    def __init__(self, secret: Secret) -> None:
        self._hash = _hashed(secret.reveal())

    def is_shown(self, text: str) -> bool:
        """Whether that is the token, but for white space around it. Takes the same time wherever the difference is, if there is one."""
        return hmac.compare_digest(_hashed(text.strip()), self._hash)


def _hashed(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()  # surrogates: whatever a header or JSON may hold


class TokenGuard:
    """Lets through who shows `Authorization: Bearer TOKEN`, as programs do, or the cookie of a session, as the box's own page does."""

    def __init__(self, token: Token, sessions: Sessions, cookie: Cookie, names: Names, scheme: str, now: Callable[[], float]) -> None:
        self._token = token
        self._sessions = sessions
        self._cookie = cookie
        self._names = names
        self._scheme = scheme
        self._now = now

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if _is_open(request):
            return await handler(request)
        if _is_page(request):
            self._names.check(request)
            return await handler(request)
        if "Authorization" in request.headers:  # then that alone counts, whatever cookie comes with it
            if not self._shows_token(request):
                raise _unauthorized()
            return await handler(request)
        return await self._serve_page(request, handler)

    def _shows_token(self, request: web.Request) -> bool:
        shown = request.headers.getall("Authorization")
        scheme, _, token = shown[0].partition(" ")
        return len(shown) == 1 and scheme.lower() == "bearer" and self._token.is_shown(token)

    async def _serve_page(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """For the cookie; a request that goes on for long, as a stream does, ends with the session."""
        numbers = self._cookie.numbers(request)
        if all(self._sessions.left_s(number, self._now()) is None for number in numbers):
            raise _unauthorized()
        self._names.check(request)
        refuse_foreign(request, self._scheme)  # before it counts as a use of the session
        session = next(filter(None, (self._sessions.use(number, self._now()) for number in numbers)))
        return await self._serve_while(session, request, handler)

    async def _serve_while(self, session: Session, request: web.Request, handler: Handler) -> web.StreamResponse:
        def hang_up() -> None:
            if request.transport is not None:
                request.transport.abort()

        end = asyncio.get_running_loop().call_later(session.ends_at - self._now(), hang_up)
        try:
            with session.held(hang_up):
                return await handler(request)
        finally:
            end.cancel()
            session.used_at = self._now()


def _unauthorized() -> Problem:
    text = "this box wants its token: Authorization: Bearer TOKEN (the content of [web] token_file)"
    return Problem(401, "unauthorized", text, headers={"WWW-Authenticate": 'Bearer realm="tillbox"'})


class HostGuard:
    """Lets through who calls this machine by one of its own names. Only for listening on loopback without a token."""

    def __init__(self, listening_on: str) -> None:
        self._hosts = own_hosts(listening_on)

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_open(request):  # a provider calls by the name of the tunnel that leads it here
            self._check(request)
        return await handler(request)

    def _check(self, request: web.Request) -> None:
        hosts = request.headers.getall("Host", [])  # none at all: HTTP/1.0, so no browser
        if not all(host_in(host) in self._hosts for host in hosts):
            raise Problem(403, "wrong_host", "without a token this box answers to localhost, 127.0.0.1 and [::1] only (Host)")
        origins = request.headers.getall("Origin", [])
        if not all(host_in(origin.partition("://")[2]) in self._hosts for origin in origins):
            raise Problem(403, "wrong_origin", "without a token this box takes nothing from other sites' pages (Origin)")
