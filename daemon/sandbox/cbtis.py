"""The stand-in for CBTIS payment intents: token, create, query, and the notification of a payment.

It checks what the real one is documented to check (uid and secret, a living token, the fields and their lengths) and plays the
order's scenario. Nothing is published about its error codes and HTTP statuses but 401: here an error is HTTP 200 with a `code`
of its own, and a box must make nothing of the number. Sources: docs.globalcbtis.com, the pages that seed 002 stands for.
"""

from __future__ import annotations

import hmac
import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from daemon.sandbox import cbtis_answers as answers
from daemon.sandbox import cbtis_checks as checks
from daemon.sandbox.cbtis_answers import PROVIDER, Said
from daemon.sandbox.cbtis_checks import Refused
from daemon.sandbox.context import SandboxContext
from daemon.sandbox.delivery import Answer, deliver
from daemon.sandbox.ledger import Demand, NumberUsed, Order, UnknownOrder
from daemon.sandbox.line import note_number
from daemon.sandbox.pushes import Letter
from daemon.sandbox.scenario import HONEST, Call, Standing, Step
from daemon.sandbox.shown_cases import TOKEN_EXPIRED

log = logging.getLogger(__name__)

_BASE: Final = "/mch-api/v1"
_PAUSES: Final = (1.0, 2.0, 4.0, 20.0, 40.0, 120.0, 240.0, 480.0, 960.0)  # 15 s, 30 s, 60 s … 14400 s: ten attempts in all

_Played = tuple[Said, Step]


def add_routes(app: web.Application, context: SandboxContext) -> None:
    """Register the paths of the real host."""
    desk = _Desk(context)
    context.pushes.add(PROVIDER, desk.letter)
    app.router.add_get(f"{_BASE}/auth", desk.give_token, allow_head=False)
    app.router.add_post(f"{_BASE}/pa/payment_intents/create", desk.handler(desk.create))
    app.router.add_post(f"{_BASE}/pa/payment_intents/query", desk.handler(desk.query))


@dataclass(frozen=True, slots=True)
class _Desk:
    context: SandboxContext

    # -- who --

    async def give_token(self, request: web.Request) -> web.StreamResponse:
        """One more token; older ones live on. The answer comes without the envelope."""
        ours = self.context.cbtis
        wanted = {"grant_type": "client_credentials", "uid": ours.uid, "client_secret": ours.client_secret}
        given = dict(request.query)
        if set(given) != set(wanted) or not all(_same(given[name], value) for name, value in wanted.items()):
            log.info("cbtis refused path=%s", request.path)
            return _json(answers.failed(checks.CREDENTIALS, "invalid client").envelope(), 401)
        token = secrets.token_urlsafe(48)
        ours.tokens[token] = self.context.now() + self.context.timings.token_s
        return _json({"access_token": token, "expires_in": self.context.timings.token_s, "token_type": "Bearer"})

    def _admit(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.context.cbtis.tokens.get(given, 0.0) <= self.context.now():
            raise Refused(checks.TOKEN, "access token invalid or expired", 401)

    def _expire(self) -> Refused:
        """All tokens die at once, whatever was promised."""
        tokens = self.context.cbtis.tokens
        tokens.update(dict.fromkeys(tokens, 0.0))
        return Refused(checks.TOKEN, "access token invalid or expired", 401)

    # -- envelope --

    def handler(self, call: Callable[[bytes], _Played]) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                self._admit(request)
                said, step = call(await request.read())
            except Refused as refused:
                log.info("cbtis refused path=%s code=%d text=%s", request.path, refused.code, refused)
                said, step = answers.failed(refused.code, str(refused), refused.status), HONEST
            body = json.dumps(said.lying(step.lie).envelope(), ensure_ascii=False).encode()
            return await deliver(request, Answer(body, "application/json", said.status), step, self.context)

        return handle

    # -- calls --

    def create(self, body: bytes) -> _Played:
        asked = checks.create(body)
        note_number(asked.number)
        demand = Demand(PROVIDER, self.context.cbtis.uid, asked.number, asked.minor, asked.currency, asked.extras)
        try:
            order = self.context.ledger.charge(demand, self.context.deck.choose(None), None)
        except NumberUsed:
            raise Refused(checks.USED, "merchant_order_id already exists") from None
        step = order.scenario.step(Call.CHARGE, 1)
        self.context.ledger.leave(order.number, Call.CHARGE, PROVIDER)
        if step.code == TOKEN_EXPIRED:
            raise self._expire()
        if step.code:
            return answers.by_code(step.code), step
        return answers.created(order, self.context.wall(), step.says or order.state), step

    def query(self, body: bytes) -> _Played:
        number = self._number_of(checks.query(body))
        note_number(number)
        step = self.context.ledger.enter(number, Call.QUERY, PROVIDER)
        order = self._find(number)
        self.context.ledger.leave(number, Call.QUERY, PROVIDER)
        if step.code == TOKEN_EXPIRED:
            raise self._expire()
        if step.code:
            return answers.by_code(step.code), step
        standing = step.says or (Standing.ABSENT if order is None else order.state)
        if order is None or standing is Standing.ABSENT:
            return answers.failed(checks.NOT_FOUND, "order not found"), step
        return answers.described(order, self.context.wall(), self.context.now(), standing), step

    def letter(self, order: Order, forged: bool) -> Letter | None:
        """The notification of a payment; of an end without money there is none, and that of a refund names no order."""
        url = dict(order.extras).get("notify_url", "")
        if order.money_in == 0 or order.state is Standing.REFUNDED:
            return None
        body, signature = answers.payment_success(order, "another key" if forged else self.context.cbtis.apikey)
        return Letter({"Content-Type": "application/json", "Signature": signature}, body, url, pauses=_PAUSES)

    # -- finding --

    def _number_of(self, asked: dict[str, str]) -> str:
        """Our own number is preferred where both are given."""
        if "merchant_order_id" in asked:
            return asked["merchant_order_id"]
        for order in self.context.ledger.orders:
            if order.provider == PROVIDER and answers.order_id(order) == asked["order_id"]:
                return order.number
        return ""

    def _find(self, number: str) -> Order | None:
        try:
            return self.context.ledger.order(number, PROVIDER)
        except UnknownOrder:
            return None


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _json(fields: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response(fields, status=status)
