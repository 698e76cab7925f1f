"""Everything that decides who may call, built from `[web]`: the guard before all requests, and the log-in of pages."""

from __future__ import annotations

from collections.abc import Callable

from daemon.web.auth import HostGuard, Token, TokenGuard
from daemon.web.cookies import Cookie
from daemon.web.hosts import Names
from daemon.web.login import Login
from daemon.web.sessions import Sessions
from daemon.web.settings import Limits, WebSettings


class Access:
    """`guard` is the middleware, `login` serves `/v1/session`. `now` is the monotonic clock, in seconds."""

    def __init__(self, settings: WebSettings, limits: Limits, now: Callable[[], float]) -> None:
        scheme = "http" if settings.tls is None else "https"
        sessions, cookie = Sessions(limits), Cookie(secure=settings.tls is not None)
        token = None if settings.token is None else Token(settings.token)
        self.login = Login(token, sessions, cookie, scheme, limits, now)
        self.guard: HostGuard | TokenGuard = HostGuard(settings.host)
        if token is not None:
            self.guard = TokenGuard(token, sessions, cookie, Names(settings.host, settings.hosts), scheme, now)
