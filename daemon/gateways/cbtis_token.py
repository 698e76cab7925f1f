"""CBTIS's access token: fetched when it is first wanted, renewed before it dies, never by two calls at once. No decisions.

    GET /mch-api/v1/auth?grant_type=client_credentials&uid=…&client_secret=…

CBTIS wants the secret in the URL, and aiohttp keeps the URL of a request in its own errors, texts and all. So none of those
may be the cause, or even the context, of an error of ours: it is left behind here and its harmless text goes on alone. That
is why errors are raised after the `except` that caught them, and not in it.

Whether a new token ends an older one is not published. No more are fetched than are needed, and the old one serves on where
its successor cannot be had.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import quote, urlencode

from daemon.gateways.cbtis_wire import Fields, fields_of
from daemon.gateways.client import Answer, Client
from daemon.gateways.settings import CbtisSettings
from daemon.reply import GatewayError, NotSent
from daemon.secret import Secret

_log = logging.getLogger(__name__)

_PATH = "/mch-api/v1/auth"
_LIFETIME_S = 3600.0  # where the answer does not say; CBTIS's authentication page
_LONGEST_S = 7 * 86_400.0  # a promise beyond that is not believed. Own
_RENEW_AFTER = 0.85  # of the lifetime. providers.md 3.2: 80 to 90 %
_SHARE = 0.5  # of a call's time that fetching a token may take: the rest is for the call itself
_PAUSE_S = 30.0  # from a renewal that failed to the next, where nothing hangs on it. Own
_WRONG_CREDENTIALS = frozenset({400, 401, 403})  # RFC 6749, 5.2: invalid_client and the like
_TOKEN = re.compile(r"[!-~]{1,4096}")  # what a header can carry


class TokenRefused(NotSent):
    """CBTIS answered the request for a token with none. `surely`: because uid and secret are not good."""

    def __init__(self, text: str, *, surely: bool) -> None:
        super().__init__(text)
        self.surely = surely


@dataclass(frozen=True, slots=True)
class _Token:
    text: Secret
    renew_at: float
    dies_at: float


class Tokens:
    """The token of one merchant number. `clock` gives monotonic seconds (P11)."""

    def __init__(self, client: Client, settings: CbtisSettings, clock: Callable[[], float]) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token: _Token | None = None
        self._keep_from = -math.inf
        self._seen: deque[Secret] = deque(maxlen=2)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The tokens of late: an answer may quote the one that it was asked with."""
        return tuple(self._seen)

    async def take(self, timeout_s: float) -> Secret:
        """A living token, within the part of a call's time that may be spent on it. Raises NotSent: the call was not made."""
        limit_s = timeout_s * _SHARE
        token, error = self._token, NotSent("no access token in time")
        if token is not None and self._clock() < token.renew_at:
            return token.text
        try:
            async with asyncio.timeout(limit_s), self._lock:
                if self._token is None or self._token is token:  # else somebody has fetched one while we waited
                    self._token = await self._fetch(limit_s)
                    self._seen.append(self._token.text)
                return self._token.text
        except TimeoutError:
            pass
        except NotSent as failed:
            error = failed
        return self._old(error)

    def refused(self, text: Secret) -> None:
        """The provider did not accept that token (HTTP 401): it is never shown again. A newer one stays."""
        if self._token is not None and self._token.text is text:
            self._token = None

    async def keep(self, timeout_s: float) -> None:
        """Have a living token for the next call. Never raises; costs nothing while there is one, and little while there is none
        to be had."""
        if self._clock() < self._keep_from:
            return
        try:
            await self.take(timeout_s)
        except NotSent as error:
            self._keep_from = self._clock() + _PAUSE_S
            _log.info("no_token gateway=%s why=%s", self._settings.name, error)

    def _old(self, error: NotSent) -> Secret:
        """The token that could not be renewed, while it lives; it is renewed again after a pause."""
        now = self._clock()
        if self._token is None or now >= self._token.dies_at:
            raise error
        _log.warning("token_not_renewed gateway=%s why=%s", self._settings.name, error)
        self._token = replace(self._token, renew_at=now + _PAUSE_S)
        return self._token.text

    async def _fetch(self, timeout_s: float) -> _Token:
        asked_at = self._clock()
        try:
            answer = await self._client.get(self._path_with_secret(), {"Accept": "application/json"}, timeout_s)
        except GatewayError as error:
            why = str(error)
        else:
            return _read(answer, asked_at)
        raise NotSent(f"no access token: {why}")

    def _path_with_secret(self) -> str:
        secret = self._settings.client_secret.reveal()
        wanted = {"grant_type": "client_credentials", "uid": self._settings.uid, "client_secret": secret}
        return f"{_PATH}?{urlencode(wanted, quote_via=quote, safe='')}"


def _read(answer: Answer, asked_at: float) -> _Token:
    """The token in an answer, which comes without the usual envelope. Raises TokenRefused, quoting none of it: it may repeat
    the secret."""
    fields = fields_of(answer.body) or {}
    text = fields.get("access_token")
    if answer.status == 200 and isinstance(text, str) and _TOKEN.fullmatch(text):
        lifetime_s = _lifetime_s(fields)
        return _Token(Secret(text), asked_at + lifetime_s * _RENEW_AFTER, asked_at + lifetime_s)
    surely = answer.status in _WRONG_CREDENTIALS
    code = fields.get("code")
    said = f"HTTP {answer.status}" + (f", code {code}" if isinstance(code, int) and abs(code) < 10**9 else "")
    advice = "; are uid and client secret right?" if surely else ""
    raise TokenRefused(f"CBTIS gives no access token ({said}){advice}", surely=surely)


def _lifetime_s(fields: Fields) -> float:
    said = fields.get("expires_in")
    if isinstance(said, str) and said.isascii() and said.isdigit():
        said = int(said[:9])
    if isinstance(said, bool) or not isinstance(said, int | Decimal) or said <= 0:
        return _LIFETIME_S
    return float(min(said, Decimal(_LONGEST_S)))
