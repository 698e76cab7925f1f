"""A CBTIS whose answers are scripted, on loopback, and the gateway that talks to it. Secret, key and tokens are made up."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from daemon.gateways.cbtis import CbtisGateway
from daemon.gateways.settings import CbtisSettings, Place
from daemon.money import Amount, Minor
from daemon.payment import Attempt, OutTradeNo, State
from daemon.secret import Secret
from daemon.timing import Schedule

NUMBER = OutTradeNo("20260101T0001A1")
SECRET = "made+up/secret&with=every #thing%20;in?it~é'!"
APIKEY = "made-up-apikey-of-no-other-use"
PLACE = Place("box-1", "shop-7", "The Tea Shop")
SCHEDULE = Schedule(answer_s=20.0, reply_s=20.0)  # a busy machine is not what is tested
ATTEMPT = Attempt(NUMBER, "cbtis", "wechat", Amount(Minor(1250), "HKD"), State.CREATING_QR, 0.0, description="Green tea")
SHOWN = ATTEMPT.but(state=State.PRESENTING_QR)

RID = "3647575c0e1049439e484a231864da2c"
QR = "https://a.payment.link/code"
CREATED = {
    "order_id": "C991289984923795789123",
    "merchant_order_id": NUMBER,
    "amount": "12.50",
    "currency": "HKD",
    "create_time": "2023-08-31T04:44:05.928696203+08:00",
    "next_action": {"type": "render_qrcode", "qrcode_url": QR},
    "status": "PENDING",
}
ASKED = {name: value for name, value in CREATED.items() if name != "next_action"}
PAID = {**ASKED, "status": "SUCCEEDED", "pay_time": "2023-08-31T04:45:05.928696203+08:00"}

Said = web.StreamResponse | bytes | dict[str, Any]


def envelope(data: dict[str, Any] | None, code: Any = 0, message: str = "ok") -> dict[str, Any]:
    return {"code": code, **({} if data is None else {"data": data}), "message": message, "rid": RID}


def error(code: Any, message: str = "made-up error", status: int = 200) -> web.Response:
    return web.Response(body=json.dumps(envelope(None, code, message)).encode(), status=status, content_type="application/json")


def answer_of(said: Said) -> web.StreamResponse:
    if isinstance(said, web.StreamResponse):
        return said
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return web.Response(body=body, content_type="application/json")


@dataclass
class Provider:
    """Gives tokens `token-1`, `token-2`, … and answers everything else with what `says` gives. Remembers what came."""

    says: Callable[[web.Request], Said] = lambda _request: envelope(CREATED)
    gives: Callable[[web.Request], Said] | None = None  # instead of a token
    expires_in: Any = 3600
    url: str = ""
    auths: list[dict[str, str]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    bearers: list[str] = field(default_factory=list)
    alive: Callable[[str], bool] = lambda _bearer: True

    def tells(self, data: dict[str, Any]) -> None:
        self.says = lambda _request: envelope(data)

    @property
    def paths(self) -> list[str]:
        return [path.rpartition("/")[2] for path, _body in self.asked]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if request.path.endswith("/mch-api/v1/auth"):
            return self._auth(request)
        if request.method == "HEAD":
            return web.Response()
        assert request.content_type == "application/json"
        self.asked.append((request.path, json.loads(body)))
        bearer = request.headers["Authorization"].removeprefix("Bearer ")
        self.bearers.append(bearer)
        if not self.alive(bearer):
            return error(40102, "token expired", 401)
        return answer_of(self.says(request))

    def _auth(self, request: web.Request) -> web.StreamResponse:
        assert request.method == "GET"
        self.auths.append(dict(request.query))
        if self.gives is not None:
            return answer_of(self.gives(request))
        return answer_of({"access_token": f"token-{len(self.auths)}", "expires_in": self.expires_in})


@contextlib.asynccontextmanager
async def providing() -> AsyncIterator[Provider]:
    provider = Provider()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.handle)
    server = TestServer(app)
    await server.start_server(access_log=None)  # which would write down the URL with the secret; a provider's affair, not the box's
    provider.url = str(server.make_url("")).rstrip("/")
    try:
        yield provider
    finally:
        await server.close()


def settings(url: str, **changes: Any) -> CbtisSettings:
    base = CbtisSettings("cbtis", url, "39172931", Secret(SECRET), Secret(APIKEY), "wechat", "qrcode")
    return replace(base, **changes)


def gateway_of(provider: Provider, schedule: Schedule = SCHEDULE, clock: Callable[[], float] | None = None, **changes: Any) -> CbtisGateway:
    timed = {} if clock is None else {"clock": clock}
    return CbtisGateway(settings(provider.url, **changes), PLACE, schedule, **timed)


def secrets_in(*said: object) -> list[str]:
    """Which of the secrets are in those texts, whole or as a URL would hold them."""
    from urllib.parse import quote, quote_plus

    looks = {
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET),
        quote_plus(SECRET),
        SECRET[:14],
        "made%2Bup",
        APIKEY,
        *(f"token-{serial}" for serial in range(1, 20)),
    }
    texts = [str(text) for text in said]
    return [look for look in sorted(looks) if any(look in text for text in texts)]


def quoting(request: web.Request) -> str:
    """What an indiscreet provider writes: everything that it was told in confidence."""
    bearer = request.headers.get("Authorization", "Bearer none")
    return f"{SECRET} {APIKEY} {bearer}"
