"""A merchant's backend whose answers are scripted, on loopback, and the gateway that talks to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from daemon.gateways.merchant import MerchantGateway
from daemon.gateways.settings import MerchantSettings, Place
from daemon.gateways.signing import Key, Request, Response, sign_response, verify_request
from daemon.money import Amount, Minor
from daemon.payment import Attempt, OutTradeNo, State
from daemon.secret import Secret
from daemon.timing import Schedule

NOW = 1_714_530_600.0
PLACE = Place("box-7", "shop-12", "Tea house")
KEY = Key("box-7", Secret("a key for tests, of no other use"))
CODE = "1300000000000000" + "17"
QUICK = Schedule(answer_s=0.5, reply_s=0.3)  # where giving up is what is tested
PATIENT = Schedule(answer_s=20.0, reply_s=20.0)  # a busy machine is not what is tested


def attempt(**changes: Any) -> Attempt:
    return Attempt(OutTradeNo("T1"), "shop", "wechat", Amount(Minor(1250), "CNY"), State.SUBMITTING, 0.0, "tea").but(**changes)


def order(state: str, **fields: Any) -> dict[str, Any]:
    """An order as the backend tells it, the one of `attempt()` unless changed."""
    whole = {"out_trade_no": "T1", "amount": 1250, "currency": "CNY", "state": state, "store_id": "shop-12", "terminal_id": "box-7"}
    return {**whole, **fields}


@dataclass
class Backend:
    """Answers every request with what `says` gives, signed as the contract wants, and remembers the requests.

    `spoil` may change the answer after it was signed; `sign` False leaves it unsigned."""

    says: Callable[[Request], tuple[int, Any]] = lambda _request: (200, order("paid"))
    sign: bool = True
    spoil: Callable[[Response], Response] = lambda response: response
    seen: list[Request] = field(default_factory=list)
    url: str = ""

    def tells(self, state: str, **fields: Any) -> None:
        self.says = lambda _request: (200, order(state, **fields))

    def complains(self, status: int, code: str, **fields: Any) -> None:
        self.says = lambda _request: (status, {"title": "no", "status": status, "code": code, **fields})

    @property
    def body(self) -> dict[str, Any]:
        """The body of the last request."""
        return json.loads(self.seen[-1].body)

    async def handle(self, request: web.Request) -> web.Response:
        asked = Request(request.method, self.url + request.raw_path, dict(request.headers), await request.read())
        self.seen.append(asked)
        status, said = self.says(asked)
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        kind = "application/json" if status < 300 else "application/problem+json"
        response = Response(status, {"Content-Type": kind}, body)
        if self.sign:
            verify_request(asked, lambda key_id: KEY.secret if key_id == KEY.key_id else None)
            response = sign_response(KEY, asked, response, created=1)
        response = self.spoil(response)
        return web.Response(status=response.status, headers=dict(response.headers), body=response.body)


def gateway(backend_url: str, **changes: Any) -> MerchantGateway:
    settings = MerchantSettings("shop", backend_url, "signature", KEY.key_id, KEY.secret)
    clock = changes.pop("wall_clock", lambda: NOW)
    schedule = changes.pop("schedule", PATIENT)
    settings = MerchantSettings(**{**{name: getattr(settings, name) for name in settings.__slots__}, **changes})
    return MerchantGateway(settings, PLACE, schedule, wall_clock=clock)
