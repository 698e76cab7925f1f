"""`/v1/session`: a page logs in with the token, asks how that stands, and logs out.

The token comes once, in a body, and goes nowhere: not into the cookie, the log, or an answer. The guard has looked at `Host` before.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

from aiohttp import web

from daemon.web.attempts import Attempts, source_of
from daemon.web.auth import Token
from daemon.web.body import read_object
from daemon.web.cookies import Cookie
from daemon.web.errors import Problem, error_answer, json_answer
from daemon.web.hosts import refuse_foreign, refuse_other_sites
from daemon.web.sessions import Sessions
from daemon.web.settings import Limits

log = logging.getLogger(__name__)

_WINDOW_S = 60.0  # in which the log tells of each address once
_MOST_TOLD = 10  # and no more lines than this in all


class Login:
    """Serves `/v1/session`. Without a token nobody needs to log in: it says so, and a log-in does nothing."""

    def __init__(
        self, token: Token | None, sessions: Sessions, cookie: Cookie, scheme: str, limits: Limits, now: Callable[[], float]
    ) -> None:
        self._token = token
        self._sessions = sessions
        self._cookie = cookie
        self._scheme = scheme
        self._limits = limits
        self._now = now
        self._attempts = Attempts(limits)
        self._told = Told()

    async def get(self, request: web.Request) -> web.Response:
        """Whether the page must log in, and for how long it is. Does not count as a use of the session."""
        left = [self._sessions.left_s(number, self._now()) for number in self._cookie.numbers(request)]
        left_s = max((seconds for seconds in left if seconds is not None), default=None)
        answer = {
            "needs_token": self._token is not None,
            "logged_in": left_s is not None,
            "expires_in_s": None if left_s is None else math.floor(left_s),
        }
        return json_answer(answer)

    async def post(self, request: web.Request) -> web.Response:
        """Log in: 204 and the cookie. 401 for a wrong token, 429 for anything after too many of them. Each 204 is a new session; one that
        the page had before ends."""
        refuse_other_sites(request, self._scheme)
        shown = _token_in(await read_object(request, self._limits))
        if self._token is None:
            return web.Response(status=204)
        source, now = source_of(request.remote), self._now()
        wait_s = self._attempts.wait_s(source, now)
        if wait_s > 0:
            self._tell("login_limited", source)
            return error_answer(_too_many(wait_s))
        if not self._token.is_shown(shown):
            self._attempts.failed(source, now)
            self._tell("login_failed", source)
            return error_answer(_wrong_token())
        return self._log_in(request, source)

    async def delete(self, request: web.Request) -> web.Response:
        """Log out: 204, the session is over, and the cookie is taken back."""
        numbers = self._cookie.numbers(request)
        logged_in = any(self._sessions.left_s(number, self._now()) is not None for number in numbers)
        (refuse_foreign if logged_in else refuse_other_sites)(request, self._scheme)
        for number in numbers:
            self._sessions.end(number)
        answer = web.Response(status=204)
        self._cookie.take_back(answer)
        return answer

    def _log_in(self, request: web.Request, source: str) -> web.Response:
        for number in self._cookie.numbers(request):
            self._sessions.end(number)
        answer = web.Response(status=204)
        self._cookie.set(answer, self._sessions.open(self._now()))
        log.info("login source=%s sessions=%d", source, len(self._sessions))
        return answer

    def _tell(self, what: str, source: str) -> None:
        # and no `http_refused`: whoever tries a thousand tokens shall not write a thousand lines
        if self._told.is_due(what, source, self._now()):
            log.warning("%s source=%s", what, source)


class Told:
    """What the log was told in this window, so that it is told once."""

    def __init__(self) -> None:
        self._until = -math.inf
        self._lines: set[tuple[str, str]] = set()

    def is_due(self, what: str, source: str, now: float) -> bool:
        if now >= self._until:
            self._until = now + _WINDOW_S
            self._lines.clear()
        if (what, source) in self._lines or len(self._lines) >= _MOST_TOLD:
            return False
        self._lines.add((what, source))
        return True


def _token_in(body: dict[str, object]) -> str:
    """The token in a body that has nothing else. Raises Problem 422, which quotes nothing: any of it may be the token."""
    token = body.get("token")
    if not isinstance(token, str) or len(body) != 1:
        raise Problem(422, "invalid", "wrong: token", {"token": "expected the box's token, a text, and nothing beside it"})
    return token


def _wrong_token() -> Problem:
    return Problem(401, "wrong_token", "that is not this box's token", headers={"WWW-Authenticate": 'Bearer realm="tillbox"'})


def _too_many(wait_s: float) -> Problem:
    headers = {"Retry-After": str(math.ceil(wait_s))}
    return Problem(429, "too_many_attempts", "too many wrong tokens; no log-in for a while, whatever is shown", headers=headers)
