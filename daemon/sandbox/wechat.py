"""The stand-in for WeChat Pay API v2: Quick Pay, query, revoke, refund, and Native QR orders.

It checks what the real one checks (POST, XML, ids, signature, fields, the client certificate under /secapi), plays the
order's scenario, and signs its answer with the algorithm of the request. What is wrong before the signature was found good
is answered as the real one does: `return_code` FAIL, unsigned. Sources: the v2 pages of the single calls.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from daemon.sandbox import wechat_answers as answers
from daemon.sandbox import wechat_wire as wire
from daemon.sandbox.cases import CASES
from daemon.sandbox.context import SandboxContext
from daemon.sandbox.credentials import WechatCredentials
from daemon.sandbox.delivery import Answer, deliver
from daemon.sandbox.ledger import AlreadyPaid, CodeUsed, Ledger, NotRefundable, NumberUsed, Order, TooEarly, UnknownOrder
from daemon.sandbox.line import note_number
from daemon.sandbox.scenario import HONEST, Call, Lie, Scenario, Standing, Step
from daemon.sandbox.wechat_answers import AnswerFields
from daemon.sandbox.wechat_wire import Fields, Refused, Rule

log = logging.getLogger(__name__)

_PAYMENT_CODE = re.compile(r"1[0-5][0-9]{16}")  # QuickPay product page

CONTENT_TYPE = "text/xml; charset=utf-8"
REVERSE_PATH = "/secapi/pay/reverse"
BUSY = "SYSTEMERROR"

_Played = tuple[AnswerFields, Step]


@dataclass(frozen=True, slots=True)
class _Service:
    """One path: the rules of its fields, what it does, and whether it wants a client certificate."""

    rules: dict[str, Rule]
    run: Callable[[Fields], _Played]
    certificate: bool = False


def add_routes(app: web.Application, context: SandboxContext) -> None:
    """Register the paths of the real host."""
    desk = WechatDesk(context.ledger, context.deck.choose, context.wechat, context.wall, wants_certificates=context.tls)

    async def handle(request: web.Request) -> web.StreamResponse:
        asked = Asked(request.method, request.path, await request.read(), _has_certificate(request))
        body, step = desk.answer(asked)
        return await deliver(request, Answer(body, CONTENT_TYPE), step, context)

    for path in desk.services:
        app.router.add_route("*", path, handle)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came: `certified` where the connection showed the merchant's certificate."""

    method: str
    path: str
    body: bytes = field(repr=False)
    certified: bool


class WechatDesk:
    """Answers bytes with bytes, and knows of no connection: `choose` gives the scenario of a new order, by the payer's code."""

    def __init__(
        self,
        ledger: Ledger,
        choose: Callable[[str | None], Scenario],
        credentials: WechatCredentials,
        wall: Callable[[], dt.datetime],
        *,
        wants_certificates: bool,
    ) -> None:
        self._ledger = ledger
        self._choose = choose
        self._credentials = credentials
        self._wall = wall
        self._wants_certificates = wants_certificates
        self.services: Mapping[str, _Service] = {
            "/pay/micropay": _Service(wire.MICROPAY, self._micropay),
            "/pay/orderquery": _Service(wire.ORDERQUERY, self._orderquery),
            REVERSE_PATH: _Service(wire.REVERSE, self._reverse, certificate=True),
            "/secapi/pay/refund": _Service(wire.REFUND, self._refund, certificate=True),
            "/pay/unifiedorder": _Service(wire.UNIFIEDORDER, self._unifiedorder),
            "/pay/closeorder": _Service(wire.CLOSEORDER, self._closeorder),
        }

    # -- envelope --

    def answer(self, request: Asked) -> tuple[bytes, Step]:
        """What is said to a request to one of `services`, and how the scenario bends that on its way."""
        service = self.services[request.path]
        try:
            asked, sign_type = self._trusted(request)
        except Refused as refused:
            log.info("wechat refused path=%s code=%s detail=%s", request.path, refused.code, refused.detail)
            return wire.build(answers.unsigned(refused)), HONEST
        note_number(asked.get("out_trade_no", ""))
        try:
            self._check(service, request, asked)
            fields, step = service.run(asked)
        except Refused as refused:
            log.info("wechat refused path=%s code=%s detail=%s", request.path, refused.code, refused.detail)
            fields, step = answers.failed(refused.code, refused.detail), HONEST
        return wire.build(self._signed(asked, fields, sign_type, step.lie)), step

    def busy(self, request: Asked) -> bytes:
        """What an overloaded desk says to it: nothing was done, and that proves nothing."""
        asked, sign_type = self._trusted(request)
        undoes = request.path == REVERSE_PATH
        return wire.build(self._signed(asked, answers.undone(BUSY, again=True) if undoes else answers.failed(BUSY), sign_type, Lie.NONE))

    def _trusted(self, request: Asked) -> tuple[Fields, str]:
        if request.method != "POST":
            raise Refused("REQUIRE_POST_METHOD")
        asked = wire.parse(request.body)
        if not asked.get("mch_id"):
            raise Refused("LACK_PARAMS", "mch_id")
        if asked["mch_id"] != self._credentials.mch_id:  # whose key to check with is not known then
            raise Refused("MCHID_NOT_EXIST")
        return asked, wire.check_signature(asked, self._credentials.key)

    def _check(self, service: _Service, request: Asked, asked: Fields) -> None:
        wire.check_fields(asked, service.rules)
        if asked["appid"] != self._credentials.appid:
            raise Refused("APPID_MCHID_NOT_MATCH" if asked["appid"].startswith("wx") else "APPID_NOT_EXIST")
        if service.certificate and self._wants_certificates and not request.certified:
            raise Refused("INVALID_REQUEST", "证书验证失败: no client certificate")

    def _signed(self, asked: Fields, fields: AnswerFields, sign_type: str, lie: Lie) -> AnswerFields:
        whole: AnswerFields = {"return_code": "SUCCESS", "return_msg": "OK"}
        for name in ("appid", "mch_id", "sub_appid", "sub_mch_id", "device_info"):
            if asked.get(name):
                whole[name] = asked[name]
        whole = answers.lying({**whole, "nonce_str": secrets.token_hex(16), **fields}, lie)
        if lie is Lie.NO_SIGNATURE:
            return whole
        signature = wire.sign(whole, self._credentials.key, sign_type)
        return {**whole, "sign": signature[::-1] if lie is Lie.SIGNATURE else signature}

    # -- the calls --

    def _micropay(self, asked: Fields) -> _Played:
        code = asked["auth_code"]
        scenario = self._choose(code) if _PAYMENT_CODE.fullmatch(code) else CASES["refused_auth_code_invalid"]
        try:
            order = self._ledger.charge(answers.demand(asked), scenario, code)
        except NumberUsed as used:
            return answers.failed(answers.USED_CODE.get(used.order.state, "OUT_TRADE_NO_USED")), HONEST
        except CodeUsed:
            return answers.failed("AUTH_CODE_ERROR"), HONEST
        step = order.scenario.step(Call.CHARGE, 1)
        self._ledger.leave(order.number, Call.CHARGE, answers.PROVIDER)
        state = step.says or order.state
        if step.code:
            return answers.failed(step.code), step
        if state is not Standing.PAID:
            return answers.failed(answers.CHARGE_CODE[state]), step
        return {"result_code": "SUCCESS", **answers.paid(order, self._paid_at(order))}, step

    def _orderquery(self, asked: Fields) -> _Played:
        number = self._number_of(asked)
        step = self._ledger.enter(number, Call.QUERY, answers.PROVIDER)
        order = self._find(number)
        self._ledger.leave(number, Call.QUERY, answers.PROVIDER)
        state = step.says or (Standing.ABSENT if order is None else order.state)
        if step.code:
            return answers.failed(step.code), step
        if order is None or state is Standing.ABSENT:
            return answers.failed("ORDERNOTEXIST"), step
        fields: AnswerFields = {"result_code": "SUCCESS", "trade_state": answers.TRADE_STATE[state], "trade_state_desc": state.value}
        if state in (Standing.PAID, Standing.REFUNDED):
            return {**fields, **answers.paid(order, self._paid_at(order))}, step
        return {**fields, "out_trade_no": order.number, **answers.attached(order)}, step

    def _reverse(self, asked: Fields) -> _Played:
        number = self._number_of(asked)
        step = self._ledger.enter(number, Call.REVOKE, answers.PROVIDER)
        fields = self._reversed(number) if step.act else answers.undone(step.code, again=step.again)
        self._ledger.leave(number, Call.REVOKE, answers.PROVIDER)
        return (answers.undone(step.code, again=step.again) if step.code else fields), step

    def _reversed(self, number: str) -> AnswerFields:
        try:
            if self._ledger.order(number, answers.PROVIDER).shown:
                return answers.undone("INVALID_REQUEST", again=False)
            self._ledger.revoke(number)
        except UnknownOrder:
            return answers.undone("INVALID_TRANSACTIONID", again=False)
        except TooEarly as early:
            return answers.undone("INVALID_REQUEST", again=True, detail=str(early))
        return answers.undone("", again=False)

    def _refund(self, asked: Fields) -> _Played:
        number = self._number_of(asked)
        step = self._ledger.enter(number, Call.REFUND, answers.PROVIDER)
        fields = self._refunded(number, asked) if step.act else answers.done()
        self._ledger.leave(number, Call.REFUND, answers.PROVIDER)
        return (answers.failed(step.code) if step.code else fields), step

    def _refunded(self, number: str, asked: Fields) -> AnswerFields:
        order = self._find(number)
        if order is None or order.state is Standing.ABSENT:
            return answers.failed("ORDERNOTEXIST")
        if int(asked["total_fee"]) != order.amount_minor or asked.get("refund_fee_type") not in (None, "", order.currency):
            return answers.failed("REFUND_FEE_MISMATCH")
        known = dict(order.refunds).get(asked["out_refund_no"])
        if known not in (None, int(asked["refund_fee"])):
            return answers.failed("REFUND_FEE_MISMATCH")
        try:
            order = self._ledger.refund(number, asked["out_refund_no"], int(asked["refund_fee"]))
        except NotRefundable:
            return answers.failed("TRADE_STATE_ERROR")
        return answers.refunded(order, asked)

    def _unifiedorder(self, asked: Fields) -> _Played:
        if asked["trade_type"] != "NATIVE":
            raise Refused("PARAM_ERROR", "trade_type")
        if not asked.get("product_id"):
            raise Refused("LACK_PARAMS", "product_id")
        try:
            order = self._ledger.charge(answers.demand(asked), self._choose(None), None)
            step = order.scenario.step(Call.CHARGE, 1)
            self._ledger.leave(order.number, Call.CHARGE, answers.PROVIDER)
        except NumberUsed as used:
            if not (used.order.shown and used.order.state.is_payable and answers.is_same(used.order, asked)):
                return answers.failed(answers.USED_CODE.get(used.order.state, "OUT_TRADE_NO_USED")), HONEST
            order, step = used.order, HONEST  # the same order again: the same QR code
        if step.code:
            return answers.failed(step.code), step
        return answers.qr_made(order), step

    def _closeorder(self, asked: Fields) -> _Played:
        number = asked["out_trade_no"]
        step = self._ledger.enter(number, Call.CLOSE, answers.PROVIDER)
        fields = self._closed(number) if step.act else answers.done()
        self._ledger.leave(number, Call.CLOSE, answers.PROVIDER)
        return (answers.failed(step.code) if step.code else fields), step

    def _closed(self, number: str) -> AnswerFields:
        order = self._find(number)
        if order is None or order.state is Standing.ABSENT:
            return answers.failed("ORDERNOTEXIST")
        if not order.shown:
            return answers.failed("268449641")
        if order.state in (Standing.CLOSED, Standing.REVOKED):
            return answers.failed("ORDERCLOSED")
        try:
            self._ledger.close(number)
        except AlreadyPaid:
            return answers.failed("ORDERPAID")
        return answers.done()

    # -- finding and describing orders --

    def _number_of(self, asked: Fields) -> str:
        """The order number that a request means: the provider's own number is preferred, as published."""
        trade_no = asked.get("transaction_id")
        if not trade_no:
            return asked["out_trade_no"]
        try:
            return self._ledger.by_trade_no(trade_no, answers.PROVIDER).number
        except UnknownOrder:
            return asked.get("out_trade_no", "")

    def _find(self, number: str) -> Order | None:
        try:
            return self._ledger.order(number, answers.PROVIDER)
        except UnknownOrder:
            return None

    def _paid_at(self, order: Order) -> dt.datetime:
        """The time of day at which it was paid: the ledger's clock has no time of day."""
        now = self._ledger.now()
        return self._wall() - dt.timedelta(seconds=now - (now if order.paid_at is None else order.paid_at))


def _has_certificate(request: web.Request) -> bool:
    return request.transport is not None and bool(request.transport.get_extra_info("peercert"))
