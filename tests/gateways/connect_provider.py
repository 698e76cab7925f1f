"""A provider that answers what a test wants, and keeps what it was asked; with Connect's words at hand."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import segno
from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict, CIMultiDictProxy

from daemon.gateways.client import Answer
from daemon.gateways.connect import ConnectGateway
from daemon.gateways.settings import ConnectSettings, Place
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Mode, OutTradeNo, State
from daemon.secret import Secret
from daemon.timing import Schedule

NOW = 1_771_000_000.0  # some moment of 2026
SECRET, WEBHOOK_SECRET = "made-up-secret-of-the-api-key", "made-up-secret-of-the-webhooks"
NUMBER = OutTradeNo("TBOX1ABCDEFGHJKMNPQRSTVWXYZ")
ID = "000000123410000595980000100001"
LINK = "weixin://wxpay/bizpayurl?pr=AbCd12X"
PLACE = Place("box-1", "shop-7", "The Tea Shop")
SCHEDULE = Schedule(answer_s=20.0, reply_s=20.0)  # a busy machine is not what is tested
ATTEMPT = Attempt(NUMBER, "connect", "wechat", Amount(Minor(1250), "CNY"), State.CREATING_QR, 0.0, description="Green tea", mode=Mode.SHOW)
SHOWN = ATTEMPT.but(state=State.PRESENTING_QR, trade_no=ID, sent_at=100.0, asked_at=103.0)  # the first of five questions
CLOSING = SHOWN.but(state=State.CLOSING)

Fields = dict[str, Any]


def payment(status: str = "REDIRECTED", **changes: Any) -> Fields:
    """A payment object; `amount`, `currency`, `number`, `id`, `cancellable` change what they say."""
    return {
        "id": changes.get("id", ID),
        "paymentOutput": {
            "amountOfMoney": {"amount": changes.get("amount", 1250), "currencyCode": changes.get("currency", "CNY")},
            "references": {"merchantReference": changes.get("number", NUMBER), "paymentReference": "0"},
        },
        "status": status,
        "statusOutput": {"isCancellable": changes.get("cancellable", True), "errors": changes.get("errors", [])},
    }


def picture(text: str = LINK) -> str:
    file = io.BytesIO()
    segno.make(text, micro=False).save(file, kind="png", scale=6, border=4)
    return base64.b64encode(file.getvalue()).decode()


def created(status: str = "REDIRECTED", qr: str | None = None, **changes: Any) -> Fields:
    data = [{"key": "QRCODE", "value": picture() if qr is None else qr}, {"key": "WECHAT_PAYMENTID", "value": "wx20160101"}]
    return {"payment": payment(status, **changes), "merchantAction": {"actionType": "SHOW_FORM", "showData": data}}


def refund(status: str = "REFUND_REQUESTED", amount: int = 1250, currency: str = "CNY") -> Fields:
    return {
        "id": f"{ID}_1",
        "status": status,
        "refundOutput": {"amountOfMoney": {"amount": amount, "currencyCode": currency}, "references": {"merchantReference": f"{NUMBER}R"}},
    }


def errors(code: str, message: str = "in the provider's words", **more: Any) -> Fields:
    return {"errorId": "15eabcd5", "errors": [{"code": code, "message": message, "httpStatusCode": 400}], **more}


def found(*payments: Fields) -> Fields:
    return {"limit": 10, "offset": 0, "totalCount": len(payments), "payments": list(payments)}


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Says = Callable[[Asked], web.StreamResponse | Fields]


@dataclass
class Provider:
    """`says` answers each request, by a part of its path; the longest part counts."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, Says] = field(default_factory=dict)
    delays: dict[str, float] = field(default_factory=dict)  # seconds, by a part of the path

    def says(self, fields: Fields, status: int = 200, at: str = "") -> None:
        self.does(lambda _: web.json_response(fields, status=status), at)

    def does(self, answer: Says, at: str = "") -> None:
        self.answers[at] = answer

    @property
    def paths(self) -> list[str]:
        """Method and path of each request, without what they have in common."""
        return [f"{asked.method} {asked.path.removeprefix('/v1/1234')}" for asked in self.asked]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(request.method, request.raw_path, dict(request.headers), await request.read())
        self.asked.append(asked)
        await asyncio.sleep(max((delay for at, delay in self.delays.items() if at in asked.path), default=0.0))
        part = max((at for at in self.answers if at in asked.path), key=len)
        answer = self.answers[part](asked)
        return web.json_response(answer) if isinstance(answer, dict) else answer


@contextlib.asynccontextmanager
async def providing() -> AsyncIterator[Provider]:
    provider = Provider()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.handle)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    provider.url = str(server.make_url("")).rstrip("/")
    try:
        yield provider
    finally:
        await server.close()


def settings(url: str = "http://127.0.0.1:1", **changes: Any) -> ConnectSettings:
    base = ConnectSettings("connect", url, "1234", "5e45c937b9db33ae", Secret(SECRET), "CN", "203.0.113.7")
    return replace(base, webhook_key_id="hook-1", webhook_secret=Secret(WEBHOOK_SECRET), **changes)


@contextlib.asynccontextmanager
async def gateway_at(url: str, *, schedule: Schedule = SCHEDULE, now: float = NOW, **changes: Any) -> AsyncIterator[ConnectGateway]:
    gateway = ConnectGateway(settings(url, **changes), PLACE, schedule, wall_clock=lambda: now, local_ip=lambda: "192.168.1.9")
    try:
        yield gateway
    finally:
        await gateway.aclose()


def answer(fields: Fields | bytes, status: int = 200, content_type: str = "application/json") -> Answer:
    """An answer as the client gives it on."""
    body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    return Answer(status, CIMultiDictProxy(CIMultiDict({"Content-Type": content_type})), body)
