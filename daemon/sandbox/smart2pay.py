"""The stand-in for Smart2Pay (Nuvei GlobalPay) REST v1, under /smart2pay: payments with a QR code, their list, cancel, refunds.

It checks the site's credentials and the fields as the real one does, plays the order's scenario, and keeps to what the documents
show of it: a refusal may leave a record or not, an unpaid wallet order cannot be cancelled, an order expires with its lifetime and
may be paid all the same. Sources: seeds 000 and 001, docs-apm.nuvei.com, the official SDKs.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from daemon.sandbox import smart2pay_answers as answers
from daemon.sandbox import smart2pay_checks as checks
from daemon.sandbox.context import SandboxContext
from daemon.sandbox.delivery import deliver
from daemon.sandbox.ledger import Demand, NotRefundable, NumberUsed, Order
from daemon.sandbox.line import note_number
from daemon.sandbox.pushes import Letter
from daemon.sandbox.scenario import HONEST, Call, Scenario, Standing, Step
from daemon.sandbox.smart2pay_answers import PROVIDER, Said, message, refused
from daemon.sandbox.smart2pay_checks import Fields, NotJson, Refused

log = logging.getLogger(__name__)

_BASE = "/smart2pay/v1/payments"
_SPOILT = Scenario("refused_by_stand_in", "the request was wrong and left a failed record", Standing.FAILED)
_PAUSES = (1.0, 1.0, 2.0, 4.0, 20.0, 60.0, 240.0)  # "dense first, then sparse"; the real one gives up after about seven days

_Played = tuple[Said, Step]
_Handler = Callable[[web.Request], Any]


def add_routes(app: web.Application, context: SandboxContext) -> None:
    """Register the paths."""
    desk = _Desk(context)
    context.pushes.add(PROVIDER, desk.letter)
    payment = _BASE + "/{id:[0-9]+}"
    for slash in ("", "/"):  # the documents write paths without, the PHP SDK with
        app.router.add_post(_BASE + slash, desk.handler(desk.create))
        app.router.add_get(_BASE + slash, desk.handler(desk.find), allow_head=False)
        app.router.add_get(payment + slash, desk.handler(desk.details), allow_head=False)
        app.router.add_post(f"{payment}/cancel{slash}", desk.handler(desk.cancel))
        app.router.add_post(f"{payment}/refunds{slash}", desk.handler(desk.refund))
        app.router.add_get(f"{payment}/refunds{slash}", desk.handler(desk.refunds), allow_head=False)


@dataclass(frozen=True, slots=True)
class _Desk:
    context: SandboxContext

    # -- envelope --

    def handler(self, call: Callable[[web.Request, bytes], _Played]) -> _Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            said, step = self._played(call, request, await request.read())
            return await deliver(request, said.lying(step.lie).answer(), step, self.context)

        return handle

    def _played(self, call: Callable[[web.Request, bytes], _Played], request: web.Request, body: bytes) -> _Played:
        if not checks.is_ours(request.headers.get("Authorization", ""), self.context.smart2pay):
            log.info("smart2pay refused path=%s why=credentials", request.path)
            return message(401, "Authorization has been denied for this request."), HONEST
        try:
            return call(request, body)
        except NotJson:
            return message(400, "The request is invalid."), HONEST
        except _NoPayment:
            return message(404, "The requested item doesn't exist."), HONEST

    # -- calls --

    def create(self, _request: web.Request, body: bytes) -> _Played:
        asked = checks.parse(body, "Payment")
        note_number(str(asked.get("MerchantTransactionID", "")))
        try:
            checks.check_payment(asked)
        except Refused as wrong:
            log.info("smart2pay refused code=%d info=%s", wrong.code, wrong.info)
            return self._not_made(asked, wrong), HONEST
        try:
            order = self.context.ledger.charge(_demand(asked, self._site), self.context.deck.choose(None), None)
        except NumberUsed:
            return self._refusal(asked, 20), HONEST
        step = order.scenario.step(Call.CHARGE, 1)
        self.context.ledger.leave(order.number, Call.CHARGE, PROVIDER)
        if step.code:
            return self._by_code(asked, order, step.code), step
        if order.state is Standing.ABSENT:  # it never arrived; what is said now is lost as well
            return message(500, "An error has occurred."), step
        return self._payment(order, 201, step, as_text=True), step

    def find(self, request: web.Request, _body: bytes) -> _Played:
        """The list, newest first. Only an order that is not there yet is counted as asked about: who finds it asks for it again."""
        number = request.query.get("merchantTransactionID")
        note_number(number or "")
        step = HONEST
        if number and self._stands(number) is Standing.ABSENT:
            step = self.context.ledger.enter(number, Call.QUERY, PROVIDER)
            self.context.ledger.leave(number, Call.QUERY, PROVIDER)
        size = min(int(request.query.get("pageSize", "50")), 100)
        known = [o for o in self._orders() if o.state is not Standing.ABSENT and number in (None, o.number)]
        page = [answers.listed(order, self._site, self._created(order)) for order in reversed(known)][:size]
        counts = {"TotalPages": 1, "PageSize": size, "PageIndex": 1, "Count": len(page), "TotalCount": len(known)}
        return Said({"Payments": page, **counts}), step

    def details(self, request: web.Request, _body: bytes) -> _Played:
        order, step = self._asked_about(request, Call.QUERY)
        self.context.ledger.leave(order.number, Call.QUERY, PROVIDER)
        if step.code:
            status, code = answers.translated(step.code)
            return Said({"Payment": answers.not_made({}, [refused(code)])}, status), step
        if (step.says or order.state) is Standing.ABSENT:
            raise _NoPayment
        return self._payment(order, 200, step), step

    def cancel(self, request: web.Request, _body: bytes) -> _Played:
        """Refused for wallets, as far as is known. A script that lets it succeed says `closed`, or says only so (`act = false`)."""
        order, step = self._asked_about(request, Call.CLOSE)
        if step.code:
            status, code = answers.translated(step.code)
            said = Said({"Payment": self._described(order, reasons=[refused(code)])}, status)
        elif step.says is Standing.CLOSED and order.state.is_payable:
            order = self.context.ledger.close(order.number) if step.act else order
            said = Said({"Payment": self._described(order, told=3)})
        else:
            said = Said({"Payment": self._described(order, reasons=[refused(17 if order.state.is_payable else 122)])}, 400)
        self.context.ledger.leave(order.number, Call.CLOSE, PROVIDER)
        return said, step

    def refund(self, request: web.Request, body: bytes) -> _Played:
        asked = checks.parse(body, "Refund")
        order, step = self._asked_about(request, Call.REFUND)
        said = self._refunded(order, asked) if step.act else self._no_refund(order, asked, 18)
        self.context.ledger.leave(order.number, Call.REFUND, PROVIDER)
        if step.code:
            status, _code = answers.translated(step.code)
            said = self._no_refund(order, asked, 16, 500) if status == 500 else self._no_refund(order, asked, 18)
        return said, step

    def refunds(self, request: web.Request, _body: bytes) -> _Played:
        order = self._order(request)
        scale = _hundredths(order)
        made = [answers.refund(order, self._site, number, amount * scale, 2, []) for number, amount in order.refunds]
        return Said({"Refunds": made}), HONEST

    def letter(self, order: Order, forged: bool) -> Letter | None:
        """A notification: the payment as its details show it, with the site's own credentials; a forgery has another key."""
        if order.state is Standing.ABSENT:
            return None
        key = "guessed" if forged else self.context.smart2pay.api_key
        token = base64.b64encode(f"{self._site}:{key}".encode()).decode()
        headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json; charset=utf-8"}
        body = json.dumps({"Payment": self._described(order)}, ensure_ascii=False).encode()
        return Letter(headers, body, taken=204, pauses=_PAUSES)

    # -- what is said --

    @property
    def _site(self) -> str:
        return self.context.smart2pay.site_id

    def _payment(self, order: Order, status: int, step: Step, *, as_text: bool = False) -> Said:
        told = None if step.says is None else answers.STATUS.get(step.says)
        return Said({"Payment": self._described(order, told=told, as_text=as_text)}, status)

    def _described(
        self, order: Order, *, told: int | None = None, as_text: bool = False, reasons: list[dict[str, Any]] | None = None
    ) -> dict[str, Any]:
        payment = answers.payment(order, self._site, self._created(order), status=told, as_text=as_text)
        if reasons is not None:
            payment["Status"] = {**payment["Status"], "Reasons": reasons}
        return payment

    def _not_made(self, asked: Fields, wrong: Refused) -> Said:
        """The refusal of a wrong request; some are found so late that there is a record already."""
        if not wrong.recorded:
            return self._refusal(asked, wrong.code, wrong.info)
        try:
            order = self.context.ledger.charge(_demand(asked, self._site), _SPOILT, None)
        except NumberUsed:
            return self._refusal(asked, 20)
        return Said({"Payment": answers.failed(order, self._site, self._created(order), [refused(wrong.code, wrong.info)])}, 400)

    def _refusal(self, asked: Fields, code: int, info: str = "", status: int = 400) -> Said:
        return Said({"Payment": answers.not_made(asked, [refused(code, info)])}, status)

    def _by_code(self, asked: Fields, order: Order, code: str) -> Said:
        """The scenario's refusal, with a record where the order stands."""
        status, number = answers.translated(code)
        if order.state is Standing.ABSENT or status == 500 or number == 20:
            return self._refusal(asked, number, status=status)
        return Said({"Payment": answers.failed(order, self._site, self._created(order), [refused(number)])}, status)

    def _refunded(self, order: Order, asked: Fields) -> Said:
        try:
            checks.check_refund(asked)
        except Refused as wrong:
            return self._no_refund(order, asked, wrong.code, info=wrong.info)
        number, amount = asked["MerchantTransactionID"], asked["Amount"]
        if number in dict(order.refunds):
            return self._no_refund(order, asked, 20)
        minor, rest = divmod(amount, _hundredths(order))
        try:
            order = self.context.ledger.refund(order.number, number, -1 if rest else minor)
        except NotRefundable:
            return self._no_refund(order, asked, 18)
        return Said({"Refund": answers.refund(order, self._site, number, amount, 1, [])}, 201)

    def _no_refund(self, order: Order, asked: Fields, code: int, status: int = 400, info: str = "") -> Said:
        number, amount = asked.get("MerchantTransactionID", ""), asked.get("Amount", 0)
        return Said({"Refund": answers.refund(order, self._site, number, amount, None, [refused(code, info)])}, status)

    # -- finding --

    def _asked_about(self, request: web.Request, call: Call) -> tuple[Order, Step]:
        """The order of a path, counted as asked about, and how to answer."""
        number = self._order(request).number
        step = self.context.ledger.enter(number, call, PROVIDER)
        return self._expired(self.context.ledger.order(number, PROVIDER)), step

    def _order(self, request: web.Request) -> Order:
        """Raises _NoPayment."""
        for order in self._orders():
            if str(answers.payment_id(order)) == request.match_info["id"]:
                note_number(order.number)
                return order
        raise _NoPayment

    def _orders(self) -> list[Order]:
        return [self._expired(order) for order in self.context.ledger.orders if order.provider == PROVIDER]

    def _stands(self, number: str) -> Standing | None:
        return next((order.state for order in self._orders() if order.number == number), None)

    def _expired(self, order: Order) -> Order:
        """The order, ended where its lifetime is over."""
        minutes = int(dict(order.extras).get("TokenLifetime", "15"))
        if order.state is Standing.UNPAID and self.context.now() - order.created_at >= minutes * 60:
            return self.context.ledger.close(order.number)
        return order

    def _created(self, order: Order) -> str:
        """The time of day at which it was made: the ledger's clock has no time of day."""
        made = self.context.wall() - dt.timedelta(seconds=self.context.now() - order.created_at)
        return made.strftime("%Y%m%d%H%M%S")


class _NoPayment(Exception):
    """The path names none."""


def _demand(asked: Fields, site_id: str) -> Demand:
    """What the ledger is to remember; the amount in the currency's own minor units, the rest to be echoed."""
    kept = {
        name: asked[name] for name in ("ReturnURL", "MethodID", "Amount", "Description", "TokenLifetime") if asked.get(name) is not None
    }
    kept |= {"Email": asked["Customer"]["Email"], "Country": (asked.get("BillingAddress") or {}).get("Country", "")}
    scale = _SCALE.get(asked["Currency"], 1)
    extras = tuple((name, str(value)) for name, value in kept.items())
    return Demand(PROVIDER, site_id, asked["MerchantTransactionID"], asked["Amount"] // scale, asked["Currency"], extras)


_SCALE = {"JPY": 100, "KRW": 100, "VND": 100}
"""Hundredths in one minor unit, where that is not a hundredth itself. The wire always has two decimals."""


def _hundredths(order: Order) -> int:
    return _SCALE.get(order.currency, 1)
