"""Who may call: with a token configured whoever shows it, without one only programs of this machine.

A web page that somebody on this machine looks at must not reach the box. It could in two ways: by a name of its own that
it lets resolve to 127.0.0.1 (DNS rebinding), or by a form sent across sites. The first shows in `Host`, the second in
`Origin`; programs send the first right and the second not at all.
"""

from __future__ import annotations

import hmac
import re

from aiohttp import web

from daemon.secret import Secret
from daemon.web.errors import Handler, Problem, route_of

_LIVENESS = "/healthz"  # gives nothing away
_WEBHOOKS = "/v1/notify/"  # prove themselves
_PAGE = ("/", "/page/{name}")  # what anybody can read in the package; what it shows is behind the token
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:/@]+)(?::[0-9]{1,5})?")


def _is_open(request: web.Request) -> bool:
    """Whether anybody may send that request. What was matched counts, so that no way of writing a path gets around it."""
    place = route_of(request) or request.path
    return place == _LIVENESS or place.startswith(_WEBHOOKS)


class TokenGuard:
    """Lets through who shows `Authorization: Bearer TOKEN`."""

    def __init__(self, token: Secret) -> None:
        self._token = token.reveal().encode()

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_open(request) and route_of(request) not in _PAGE and not self._shows_token(request):
            text = "this box wants its token: Authorization: Bearer TOKEN (the content of [web] token_file)"
            raise Problem(401, "unauthorized", text, headers={"WWW-Authenticate": 'Bearer realm="tillbox"'})
        return await handler(request)

    def _shows_token(self, request: web.Request) -> bool:
        shown = request.headers.getall("Authorization", [])
        if len(shown) != 1:
            return False
        scheme, _, token = shown[0].partition(" ")
        # compare_digest takes the same time wherever the difference is
        return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode("utf-8", "surrogateescape"), self._token)


class HostGuard:
    """Lets through who calls this machine by one of its own names. Only for listening on loopback without a token."""

    def __init__(self, listening_on: str) -> None:
        own = listening_on.strip("[]").lower()
        self._hosts = {"localhost", "127.0.0.1", "[::1]", f"[{own}]" if ":" in own else own}

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_open(request):  # a provider calls by the name of the tunnel that leads it here
            self._check(request)
        return await handler(request)

    def _check(self, request: web.Request) -> None:
        hosts = request.headers.getall("Host", [])  # none at all: HTTP/1.0, so no browser
        if not all(self._is_own(host) for host in hosts):
            raise Problem(403, "wrong_host", "without a token this box answers to localhost, 127.0.0.1 and [::1] only (Host)")
        origins = request.headers.getall("Origin", [])
        if not all(self._is_own(origin.partition("://")[2]) for origin in origins):
            raise Problem(403, "wrong_origin", "without a token this box takes nothing from other sites' pages (Origin)")

    def _is_own(self, authority: str) -> bool:
        match = _AUTHORITY.fullmatch(authority.strip())
        return match is not None and match["host"].lower() in self._hosts
