"""The merchant's own backend, by the contract in docs/merchant-backend.yaml.

    [gateways.shop]
    kind = "merchant"
    base_url = "https://backend.example/tillbox"
    auth = "signature"               # or "bearer", "mtls"
    key_id = "box-7"
    secret_file = "credential:backend"

The backend makes the wallet's calls, the box asks the backend (WeChat Pay, "Merchants' Backend Access"). Only an answer that
proves where it comes from counts: with `auth = "signature"` each answer is signed and bound to its request, otherwise TLS
has to be proof enough. An HTTP status alone says nothing; the code in a problem's body does, and only where both agree.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from daemon.codes import AuthCode
from daemon.gateways import merchant_wire as wire
from daemon.gateways.base import Ability, Problem
from daemon.gateways.certificate import check_certificate
from daemon.gateways.client import Answer, Client, Connect, TlsSettings
from daemon.gateways.merchant_reading import CHARGE, CLOSE, QUERY, REFUND, REVOKE, Reading, read_complaint, read_order, without
from daemon.gateways.merchant_wire import Complaint, ProblemCode
from daemon.gateways.settings import MerchantSettings, Place
from daemon.gateways.signing import BadSignature, Key, Request, Response, sign_request, verify_response
from daemon.gateways.structured_fields import string
from daemon.payment import Attempt, State
from daemon.reply import GatewayError, NotSent, Reply, Unintelligible
from daemon.secret import Secret
from daemon.timing import Schedule

CLOCK_SET_FROM = 1_704_067_200  # 2024-01-01: a box without a battery clock wakes up in 1970, or in its image's year
SKEW_S = 60  # of clock difference before `check` speaks; the backend refuses at 300

_ORDER_STATUSES = (200, 201, 202)


@dataclass(frozen=True, slots=True)
class _Proven:
    """An answer whose origin is proven."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


class MerchantGateway:
    """`base.Gateway` for the merchant's backend. `wall_clock` gives Unix seconds, `nonce` a text that never comes again.

    Raises ValueError where the settings lack what their `auth` needs, or hold a key id or token that no header could carry."""

    abilities = frozenset({Ability.SCAN, Ability.SHOW, Ability.REFUND, Ability.CLOSE})
    holds_queries = True
    repeats_creates = False

    def __init__(
        self,
        settings: MerchantSettings,
        place: Place,
        schedule: Schedule,
        *,
        wall_clock: Callable[[], float] = time.time,
        nonce: Callable[[], str] = lambda: secrets.token_urlsafe(16),
        connect: Connect = Client,
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._place = place
        self._schedule = schedule
        self._wall_clock = wall_clock
        self._nonce = nonce
        self._base_url = plain_url(settings.base_url)
        self._key, self._token = _key(settings), _token(settings)
        self._client = connect(self._base_url, tls=_tls(settings))

    # -- calls about orders --

    async def submit(self, attempt: Attempt, auth_code: AuthCode) -> Reply:
        body = wire.charge(attempt, self._place, auth_code)
        reply = self._reply(attempt, await self._post("/v1/charges", body, self._schedule.answer_s), CHARGE)
        return without(reply, auth_code)

    async def create_qr(self, attempt: Attempt) -> Reply:
        """QR with the text to show. An order without such a text is UNPAID: it stands, but nobody can pay it here."""
        proven = await self._post("/v1/qr-orders", wire.qr_order(attempt, self._place), self._schedule.answer_s)
        return self._reply(attempt, proven, CHARGE, shows=True)

    async def query(self, attempt: Attempt, hold_s: float = 0.0) -> Reply:
        """With `hold_s` (whole seconds count) the backend answers when something changes, or when they are over. QR where
        the making of the order was unclear and it stands after all."""
        prefer = {"Prefer": f"wait={int(hold_s)}"} if hold_s >= 1 else {}
        path = f"/v1/orders/{attempt.out_trade_no}"
        proven = await self._call("GET", path, b"", self._schedule.reply_s + hold_s, prefer)
        return self._reply(attempt, proven, QUERY, shows=attempt.state is State.CREATING_QR)

    async def revoke(self, attempt: Attempt) -> Reply:
        return await self._end(attempt, "revoke", wire.ending(attempt, self._place), REVOKE)

    async def close(self, attempt: Attempt) -> Reply:
        """REVOKE_REFUSED where the backend will never close it (some wallets have no such call)."""
        return await self._end(attempt, "close", wire.ending(attempt, self._place), CLOSE)

    async def refund(self, attempt: Attempt) -> Reply:
        return await self._end(attempt, "refund", wire.refund(attempt, self._place), REFUND)

    async def _end(self, attempt: Attempt, verb: str, body: bytes, reading: Reading) -> Reply:
        path = f"/v1/orders/{attempt.out_trade_no}/{verb}"
        return self._reply(attempt, await self._post(path, body, self._schedule.reply_s), reading)

    # -- calls about the box itself --

    async def check(self) -> list[Problem]:
        """Clock, certificate, reach, credentials, and whether the backend takes us for who we are."""
        own = await self._own_problems()
        return own if any(problem.blocking for problem in own) else own + await self._asked_problems()

    async def warm(self) -> None:
        await self._client.warm()

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _own_problems(self) -> list[Problem]:
        """What is wrong on this side; nothing is sent."""
        if self._key is not None and not self._clock_is_set():
            return [Problem("clock not set: requests cannot be signed before the time of day is known", blocking=True)]
        cert_file, key_file = self._settings.client_cert_file, self._settings.client_key_file
        if self._settings.auth == "mtls" and cert_file is not None and key_file is not None:
            return await asyncio.to_thread(check_certificate, cert_file, key_file)
        return []

    async def _asked_problems(self) -> list[Problem]:
        """What comes of asking the backend."""
        try:
            proven = await self._post("/v1/box-check", wire.box_check(self._place), self._schedule.reply_s)
        except _NotProven as error:
            return [Problem(f"{error}{_advice(error.status)}", blocking=error.status < 500)]
        except GatewayError as error:
            return [Problem(str(error), blocking=False)]
        return self._told(proven)

    def _told(self, proven: _Proven) -> list[Problem]:
        """What the backend said about this box."""
        try:
            heard = _complaint(proven) if proven.status not in _ORDER_STATUSES else wire.parse_welcome(_json(proven))
        except Unintelligible as error:
            return [Problem(f"{error}{_advice(proven.status)}", blocking=proven.status < 500)]
        except ValueError as error:
            return [Problem(f"the backend's answer to the box check cannot be used: {error}", blocking=True)]
        if isinstance(heard, Complaint):
            blocking = heard.problem not in (None, ProblemCode.TOO_MANY)
            return [Problem(f"the backend refuses this box ({heard.code}): {heard.text or 'no reason given'}", blocking=blocking)]
        if (heard.store_id, heard.terminal_id) != (self._place.store_id, self._place.terminal_id):
            return [Problem("the backend answers for another store or terminal than this box's", blocking=True)]
        return self._skew_problems(heard.now)

    def _skew_problems(self, now: int) -> list[Problem]:
        skew_s = self._wall_clock() - now
        if self._key is None or abs(skew_s) <= SKEW_S:
            return []
        side = "ahead of" if skew_s > 0 else "behind"
        return [Problem(f"the box's clock is {abs(skew_s):.0f} s {side} the backend's; at 300 s requests are refused", blocking=False)]

    # -- one request and its proven answer --

    async def _post(self, path: str, body: bytes, timeout_s: float) -> _Proven:
        return await self._call("POST", path, body, timeout_s, {"Content-Type": wire.JSON})

    async def _call(self, method: str, path: str, body: bytes, timeout_s: float, headers: Mapping[str, str]) -> _Proven:
        """Raises NotSent, NoAnswer, Unintelligible (`_NotProven` where the answer's signature is missing or wrong)."""
        request = self._authenticated(Request(method, self._base_url + path, headers, body))
        accepted = {**request.headers, "Accept": f"{wire.JSON}, {wire.PROBLEM_JSON}"}
        if method == "POST":
            answer = await self._client.post(path, body, accepted, timeout_s)
        else:
            answer = await self._client.get(path, accepted, timeout_s)
        return self._proven(request, answer)

    def _authenticated(self, request: Request) -> Request:
        if self._key is not None:
            if not self._clock_is_set():
                raise NotSent("clock not set: a signature needs the time of day")
            return sign_request(self._key, request, created=int(self._wall_clock()), nonce=self._nonce())
        if self._token is not None:
            return replace(request, headers={**request.headers, "Authorization": f"Bearer {self._token.reveal()}"})
        return request

    def _clock_is_set(self) -> bool:
        return self._wall_clock() >= CLOCK_SET_FROM

    def _proven(self, request: Request, answer: Answer) -> _Proven:
        if self._key is not None:
            try:
                verify_response(self._key, request, Response(answer.status, answer.headers, answer.body))
            except BadSignature as error:
                raise _NotProven(answer.status, error) from error
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return _Proven(answer.status, kind, answer.body)

    def _reply(self, attempt: Attempt, proven: _Proven, reading: Reading, *, shows: bool = False) -> Reply:
        if proven.status not in _ORDER_STATUSES:
            return read_complaint(_complaint(proven), reading)
        try:
            order = wire.parse_order(_json(proven))
        except ValueError as error:
            raise Unintelligible(f"the backend's order cannot be read: {error}") from error
        return read_order(attempt, self._place, order, reading, shows=shows)


class _NotProven(Unintelligible):
    """The answer does not prove that it comes from the backend and is for this request."""

    def __init__(self, status: int, error: BadSignature) -> None:
        super().__init__(f"the answer (HTTP {status}) proves nothing: {error}")
        self.status = status


def _advice(status: int) -> str:
    """What to look at when a box check is answered with that HTTP status and not as the contract says."""
    if status in (*_ORDER_STATUSES, 400, 401, 403):
        return "; do box and backend agree on auth, key_id and secret?"
    return "; is base_url right?" if status < 500 else ""


def plain_url(base_url: str) -> str:
    """The URL as HTTP clients send it and RFC 9421 signs it: scheme and host in small letters, no default port, no slash at
    the end. Raises ValueError where it is no URL."""
    parts = urlsplit(base_url)
    host = (parts.hostname or "").encode("idna").decode("ascii")
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def _key(settings: MerchantSettings) -> Key | None:
    """The key of `auth = "signature"`; None where another proof was configured."""
    if settings.auth != "signature":
        return None
    if settings.key_id is None or settings.secret is None:
        raise ValueError('auth = "signature" needs key_id and secret_file')
    string(settings.key_id)  # ValueError where no signature could name it
    return Key(settings.key_id, settings.secret)


def _token(settings: MerchantSettings) -> Secret | None:
    """The token of `auth = "bearer"`; None where another proof was configured."""
    if settings.auth != "bearer":
        return None
    if settings.secret is None:
        raise ValueError('auth = "bearer" needs secret_file')
    string(settings.secret.reveal())  # ValueError where no header could hold it; the error does not show it
    return settings.secret


def _tls(settings: MerchantSettings) -> TlsSettings:
    if settings.auth != "mtls":
        return TlsSettings(settings.ca_file)
    return TlsSettings(settings.ca_file, settings.client_cert_file, settings.client_key_file)


def _json(proven: _Proven) -> bytes:
    if proven.content_type != wire.JSON:
        raise Unintelligible(f"the answer (HTTP {proven.status}) is not {wire.JSON}")
    return proven.body


def _complaint(proven: _Proven) -> Complaint:
    """Raises Unintelligible where it is not a problem of the contract's form."""
    if not 400 <= proven.status < 500 or proven.content_type != wire.PROBLEM_JSON:
        raise Unintelligible(f"the backend answers HTTP {proven.status}")
    try:
        return wire.parse_complaint(proven.status, proven.body)
    except ValueError as error:
        raise Unintelligible(f"the backend answers HTTP {proven.status}, its reason cannot be read: {error}") from error
