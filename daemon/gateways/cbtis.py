"""CBTIS payment intents: QR codes of WeChat Pay and Alipay HK. The box polls; notifications only make it ask sooner.

    [gateways.cbtis]
    kind = "cbtis"
    base_url = "https://…"                       # handed out by CBTIS; the paths below it begin with /mch-api/v1
    uid = "39172931"
    client_secret_file = "credential:cbtis"
    apikey_file = "credential:cbtis-apikey"
    type = "wechat"                              # flow "qrcode"; or "alipayhk", flow "csb_qrcode", with payment_method

Pages: docs.globalcbtis.com, "Pay with QR Code", "Pay with InStore QR Code", "Authentication", "Webhook Verify". They know no
call that ends an order (it ends by itself, after a time that they do not state) and do not say how a refund is asked for.

A create is sent at most once (P1), and HTTP 401 is no exception. Nothing is published that would say what CBTIS has done by
the time it answers so, or what a second create under the same number does; a resend saves one try of a sale at best, and
could make two orders at worst. So the token is renewed *before* a create, well before it dies, and a 401 all the same is a
refusal: nobody has seen a QR code, so nobody can pay, and the next sale gets a new token. A query changes nothing and is sent
once more.

No request carries the time: a box without a clock can sell (P11), as far as TLS believes the certificates.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence

from daemon.codes import AuthCode
from daemon.gateways import cbtis_answers as answers
from daemon.gateways import cbtis_push
from daemon.gateways import cbtis_wire as wire
from daemon.gateways.base import Ability, Problem, Push
from daemon.gateways.cbtis_token import TokenRefused, Tokens
from daemon.gateways.client import Answer, Client, TlsSettings
from daemon.gateways.settings import CbtisSettings, Place
from daemon.payment import Attempt
from daemon.reply import GatewayError, NotSent, Refusal, Reply, Unintelligible, Verdict
from daemon.timing import Schedule

_log = logging.getLogger(__name__)

_REFUSED_TOKEN = 401
_WARM_S = 5.0  # for a token to come while nothing is being sold. Own
_LEAST_S = 0.01  # of a call's time that must be left after its token was had


class CbtisGateway:
    """One merchant number at CBTIS. Implements `base.Gateway` and `base.Pushed`. `clock` gives monotonic seconds."""

    abilities = frozenset({Ability.SHOW})
    holds_queries = False
    repeats_creates = False  # what a second create under a number does is not published

    def __init__(self, settings: CbtisSettings, place: Place, schedule: Schedule, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = settings.name
        self._settings = settings
        self._place = place
        self._schedule = schedule
        self._clock = clock
        self._client = Client(settings.base_url, tls=TlsSettings(settings.ca_file))
        self._tokens = Tokens(self._client, settings, clock)

    # --- what the runner asks ---

    async def submit(self, attempt: Attempt, auth_code: AuthCode) -> Reply:  # noqa: ARG002  # the protocol's; nothing is sent
        raise NotSent("CBTIS takes no payers' codes")

    async def create_qr(self, attempt: Attempt) -> Reply:
        """An order with the text of its QR code; sent once, whatever comes back."""
        body = wire.create_body(attempt, self._settings, self._place)
        answer = await self._post(wire.CREATE, body, self._clock() + self._schedule.answer_s)
        if answer.status == _REFUSED_TOKEN:
            text = "CBTIS did not accept its access token and made no order; the next one is asked for with a new token"
            return Reply(Verdict.REFUSED, "token_refused", text, refusal=Refusal.OURS)
        return answers.read_create(self._heard(answer, attempt), attempt, self._settings)

    async def query(self, attempt: Attempt, hold_s: float = 0.0) -> Reply:  # noqa: ARG002  # CBTIS cannot hold a query
        """Asked by our own number."""
        answer = await self._asked(attempt.out_trade_no)
        return answers.read_query(self._heard(answer, attempt), attempt, self._settings)

    async def revoke(self, attempt: Attempt) -> Reply:
        """Never carried out: see `close`."""
        return await self.close(attempt)

    async def close(self, attempt: Attempt) -> Reply:  # noqa: ARG002  # the protocol's; nothing is sent
        """REVOKE_REFUSED, as of a provider that will never do it: the order is asked about until it has ended by itself."""
        return Reply(Verdict.REVOKE_REFUSED, "no_close", "CBTIS has no call that ends an order; it ends by itself")

    async def refund(self, attempt: Attempt) -> Reply:  # noqa: ARG002  # the protocol's; nothing is sent
        return Reply(Verdict.REFUND_REFUSED, "no_refund", "CBTIS's call for refunds is not published: give the money back by hand")

    async def check(self) -> list[Problem]:
        """Reach, and uid and secret, by fetching a token and asking about an order that cannot exist. The API key of the
        notifications cannot be tried from here."""
        try:
            answer = await self._asked(f"check{secrets.token_hex(12)}")
            if answer.status == _REFUSED_TOKEN:
                return [Problem("CBTIS does not accept the access token that it has just given", blocking=True)]
            self._hear(answer)
        except TokenRefused as error:
            return [Problem(str(error), blocking=error.surely)]
        except Unintelligible as error:
            return [Problem(f"{error}; is base_url right?", blocking=False)]
        except GatewayError as error:
            return [Problem(str(error), blocking=False)]
        return []

    def read_push(self, method: str, headers: Mapping[str, Sequence[str]], body: bytes) -> Push:
        """See `base.Pushed`."""
        return cbtis_push.read(method, headers, body, self._settings.apikey)

    async def warm(self) -> None:
        """An open connection and a living token, so that neither has to be waited for between the amount and the QR code."""
        await self._client.warm()
        await self._tokens.keep(_WARM_S)

    async def aclose(self) -> None:
        await self._client.aclose()

    # --- how ---

    async def _asked(self, number: str) -> Answer:
        """The answer to a query, which is sent once more where the token had died on the way."""
        deadline = self._clock() + self._schedule.reply_s
        body = wire.query_body(number)
        answer = await self._post(wire.QUERY, body, deadline)
        return answer if answer.status != _REFUSED_TOKEN else await self._post(wire.QUERY, body, deadline)

    async def _post(self, path: str, body: bytes, deadline: float) -> Answer:
        """The answer to one request, sent at most once, with a token that CBTIS should accept. Raises NotSent (no token among
        it), NoAnswer, Unintelligible."""
        token = await self._tokens.take(deadline - self._clock())
        left_s = round(deadline - self._clock(), 2)
        if left_s < _LEAST_S:
            raise NotSent("no time was left after the access token had come")
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Authorization": f"Bearer {token.reveal()}"}
        answer = await self._client.post(path, body, headers, left_s)
        if answer.status == _REFUSED_TOKEN:
            self._tokens.refused(token)
        return answer

    def _hear(self, answer: Answer) -> wire.Heard:
        return wire.hear(answer, (self._settings.client_secret, self._settings.apikey, *self._tokens.secrets))

    def _heard(self, answer: Answer, attempt: Attempt) -> wire.Heard:
        heard = self._hear(answer)
        level = logging.DEBUG if heard.ok else logging.INFO
        words = (attempt.out_trade_no, answer.status, heard.code, heard.rid)
        _log.log(level, "answered out_trade_no=%s http=%d code=%s rid=%s", *words)
        return heard
