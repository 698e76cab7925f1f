"""The stand-in for Worldline Connect: WeChat Pay (product 863) with a QR code, third-party status, cancel, refunds, webhooks.

At the root of the port, as the vendor's SDK wants it. It checks signature, time and fields, holds to the idempotence key (one
payment for one key, whatever is lost), and plays the order's scenario: the third-party status and every reading of a payment
count as queries. Sources: seed 003, Connect's API reference, the official SDKs' sources. Error codes beyond 1409, 9002 and 9999
are made up; a box must make nothing of them.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from aiohttp import web

from daemon.sandbox import connect_answers as answers
from daemon.sandbox import connect_checks as checks
from daemon.sandbox.connect_answers import PROVIDER, Said
from daemon.sandbox.connect_checks import Fields, Refused
from daemon.sandbox.context import SandboxContext
from daemon.sandbox.delivery import deliver
from daemon.sandbox.ledger import AlreadyPaid, Demand, NotRefundable, NumberUsed, Order, UnknownOrder
from daemon.sandbox.line import note_number
from daemon.sandbox.pushes import Letter
from daemon.sandbox.refusals import Who, who_of
from daemon.sandbox.scenario import HONEST, Call, Standing, Step
from daemon.sandbox.shown_cases import NOT_CANCELLABLE

log = logging.getLogger(__name__)

_BASE: Final = "/v1/{merchant:[0-9]+}"
_PAUSES: Final = (1.0, 2.0, 4.0, 8.0)  # when the real one sends again is not published

_Played = tuple[Said, Step]
_Call = Callable[[web.Request, bytes], _Played]


def add_routes(app: web.Application, context: SandboxContext) -> None:
    """Register the paths of the real host."""
    desk = _Desk(context)
    context.pushes.add(PROVIDER, desk.letter)
    payments, payment = f"{_BASE}/payments", f"{_BASE}/payments/{{id:[0-9A-Za-z_-]+}}"
    app.router.add_post(payments, desk.handler(desk.create))
    app.router.add_get(payments, desk.handler(desk.find), allow_head=False)
    app.router.add_get(payment, desk.handler(desk.tell), allow_head=False)
    app.router.add_get(f"{payment}/thirdpartystatus", desk.handler(desk.tell_third_party), allow_head=False)
    app.router.add_post(f"{payment}/cancel", desk.handler(desk.cancel))
    app.router.add_post(f"{payment}/refund", desk.handler(desk.refund))
    app.router.add_get(f"{payment}/refunds", desk.handler(desk.refunds), allow_head=False)
    app.router.add_get(f"{_BASE}/services/testconnection", desk.handler(desk.test), allow_head=False)


@dataclass(slots=True)
class _Desk:
    context: SandboxContext
    _keys: dict[str, tuple[str, int]] = field(default_factory=dict)  # order number and time (ms) of each key's first create
    _running: set[str] = field(default_factory=set)
    _serial: count[int] = field(default_factory=lambda: count(1))

    # -- envelope --

    def handler(self, call: _Call) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                checks.admit(request, self.context.connect, self.context.wall())
                key = checks.idempotence_key(request)
                if key in self._running:
                    raise answers.by_code(answers.IN_PROGRESS)
            except Refused as refused:
                return await self._deliver(request, self._refused(request, refused), HONEST)
            with self._carried_out(key):
                try:
                    said, step = call(request, await request.read())
                except Refused as refused:
                    said, step = self._refused(request, refused), HONEST
                return await self._deliver(request, said.lying(step.lie), step)

        return handle

    async def _deliver(self, request: web.Request, said: Said, step: Step) -> web.StreamResponse:
        return await deliver(request, said.answer(), step, self.context)

    def _refused(self, request: web.Request, refused: Refused) -> Said:
        log.info("connect refused path=%s status=%d code=%s text=%s", request.path, refused.status, refused.code, refused)
        return answers.refused(refused)

    @contextlib.contextmanager
    def _carried_out(self, key: str | None) -> Any:
        """While its answer is on its way an operation counts as being carried out."""
        if key is not None:
            self._running.add(key)
        try:
            yield
        finally:
            self._running.discard(key or "")

    # -- calls --

    def test(self, _request: web.Request, _body: bytes) -> _Played:
        return Said({"result": "OK"}), HONEST

    def create(self, request: web.Request, body: bytes) -> _Played:
        key = request.headers.get("X-GCS-Idempotence-Key")
        if key in self._keys:
            return self._created_before(*self._keys[key])
        asked = checks.parse(request, body)
        checks.check_create(asked)
        order = self._charged(asked)
        if key is not None:
            self._keys[key] = order.number, int(self.context.wall().timestamp() * 1000)
        return self._made(order, order.scenario.step(Call.CHARGE, 1))

    def find(self, request: web.Request, _body: bytes) -> _Played:
        number = request.query.get("merchantReference", "")
        note_number(number)
        order, step = self._asked_about(number, Call.QUERY)
        if step.code:
            raise answers.by_code(step.code)
        standing = Standing.ABSENT if order is None else step.says or order.state
        found = [] if order is None or standing is Standing.ABSENT else [answers.payment(order, standing)]
        return Said({"limit": 10, "offset": 0, "totalCount": len(found), "payments": found}), step

    def tell(self, request: web.Request, _body: bytes) -> _Played:
        order, standing, step = self._told(request)
        return Said(answers.payment(order, standing)), step

    def tell_third_party(self, request: web.Request, _body: bytes) -> _Played:
        _order, standing, step = self._told(request)
        return answers.third_party(standing), step

    def cancel(self, request: web.Request, body: bytes) -> _Played:
        checks.nothing(request, body)
        number = self._order(request).number
        step = self.context.ledger.enter(number, Call.CLOSE, PROVIDER)
        try:
            if step.act:
                self.context.ledger.close(number)
        except AlreadyPaid:
            raise answers.by_code(NOT_CANCELLABLE) from None
        self.context.ledger.leave(number, Call.CLOSE, PROVIDER)
        if step.code:
            return self._refused(request, answers.by_code(step.code)), step
        return Said({"payment": answers.payment(self._order(request), Standing.CLOSED)}), step

    def refund(self, request: web.Request, body: bytes) -> _Played:
        asked = checks.parse(request, body)
        checks.check_refund(asked)
        number = self._order(request).number
        step = self.context.ledger.enter(number, Call.REFUND, PROVIDER)
        said = self._refunded(request, number, asked) if step.act else Said({})
        self.context.ledger.leave(number, Call.REFUND, PROVIDER)
        return (self._refused(request, answers.by_code(step.code)) if step.code else said), step

    def refunds(self, request: web.Request, _body: bytes) -> _Played:
        order = self._order(request)
        return Said({"refunds": [answers.refund(order, number, amount, "REFUNDED") for number, amount in order.refunds]}), HONEST

    def letter(self, order: Order, forged: bool) -> Letter | None:
        """A notification of how the payment stands; a forgery is signed with a guessed secret."""
        if order.state is Standing.ABSENT:
            return None
        body = answers.event(order, self.context.wall().strftime("%Y-%m-%dT%H:%M:%S.000%z"))
        signature = answers.event_signature(body, "guessed" if forged else self.context.connect.webhook_secret)
        headers = {"X-GCS-Signature": signature, "X-GCS-KeyId": self.context.connect.webhook_key_id, "Content-Type": "application/json"}
        return Letter(headers, body, pauses=_PAUSES)

    # -- how --

    def _charged(self, asked: Fields) -> Order:
        """Raises Refused where the reference stands for a payment already, made under another key."""
        order = asked["order"]
        number, money = order["references"]["merchantReference"], order["amountOfMoney"]
        note_number(number)
        demand = Demand(PROVIDER, self.context.connect.merchant_id, number, checks.minor(money), money["currencyCode"])
        try:
            made = self.context.ledger.charge(demand, self.context.deck.choose(None), None)
        except NumberUsed:
            raise Refused(409, "300620", "MERCHANTREFERENCE_ALREADY_USED") from None
        self.context.ledger.leave(number, Call.CHARGE, PROVIDER)
        return made

    def _created_before(self, number: str, at_ms: int) -> _Played:
        """The same operation again: the same answer, with the payment as it stands now; a create that was lost arrives."""
        note_number(number)
        order = self.context.ledger.charge_again(number)
        first = order.scenario.step(Call.CHARGE, 1)
        step = order.scenario.step(Call.CHARGE, order.times(Call.CHARGE))
        if first.code and who_of(first.code) is not Who.UNCLEAR:
            step = first
        said, step = self._made(order, step)
        return Said(said.body, said.status, {**said.headers, "X-GCS-Idempotence-Request-Timestamp": str(at_ms)}), step

    def _made(self, order: Order, step: Step) -> _Played:
        if step.code:
            refused = answers.by_code(step.code)
            is_there = refused.status == 402 and order.state is Standing.FAILED
            return (answers.rejected(order, refused) if is_there else answers.refused(refused)), step
        return answers.created(order, step.says or (Standing.UNPAID if order.state is Standing.ABSENT else order.state)), step

    def _refunded(self, request: web.Request, number: str, asked: Fields) -> Said:
        """Once for each key; without one, as often as there is money left."""
        reference = (asked.get("refundReferences") or {}).get("merchantReference") or "refund"
        key = request.headers.get("X-GCS-Idempotence-Key") or f"#{next(self._serial)}"
        amount = checks.minor(asked["amountOfMoney"])
        if asked["amountOfMoney"]["currencyCode"] != self._order(request).currency:
            raise Refused(400, "21000020", "VALUE_INVALID", "amountOfMoney.currencyCode")
        try:
            order = self.context.ledger.refund(number, f"{reference} {key}", amount)
        except NotRefundable:
            raise Refused(405, "21000050", "ACTION_NOT_ALLOWED") from None
        return Said(answers.refund(order, f"{reference} {key}", amount, "REFUND_REQUESTED"), 201)

    def _told(self, request: web.Request) -> tuple[Order, Standing, Step]:
        """The payment of a path, counted as asked about, and how to answer. Raises Refused."""
        number = self._order(request).number
        order, step = self._asked_about(number, Call.QUERY)
        if step.code:
            raise answers.by_code(step.code)
        standing = Standing.ABSENT if order is None else step.says or order.state
        if order is None or standing is Standing.ABSENT:
            raise Refused(404, "1002", "UNKNOWN_PAYMENT_ID")
        return order, standing, step

    def _asked_about(self, number: str, call: Call) -> tuple[Order | None, Step]:
        step = self.context.ledger.enter(number, call, PROVIDER)
        try:
            order = self.context.ledger.order(number, PROVIDER)
        except UnknownOrder:
            return None, step
        self.context.ledger.leave(number, call, PROVIDER)
        return order, step

    def _order(self, request: web.Request) -> Order:
        """Raises Refused where the path names none that has arrived."""
        try:
            order = self.context.ledger.by_trade_no(request.match_info["id"], PROVIDER)
        except UnknownOrder:
            raise Refused(404, "1002", "UNKNOWN_PAYMENT_ID") from None
        note_number(order.number)
        return order
