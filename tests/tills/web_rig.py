"""The rig of the till without a device of its own: a client of the web server."""

from __future__ import annotations

import asyncio
import json
from typing import Any, ClassVar
from unittest.mock import Mock

from aiohttp import StreamReader
from aiohttp.test_utils import make_mocked_request
from hypothesis import strategies as st
from till_rig import CODE, GARBAGE, NUMBERS, Rig
from till_shop import MOST, TILL, TillShop

from daemon.payment import Payment
from daemon.tables.tills import TillSettings
from daemon.tills.base import Busy, Conflict, Ended, NotReady, NotStorable
from daemon.web.api import Web
from daemon.web.begun import Begun
from daemon.web.payments import Payments
from daemon.web.settings import Limits, WebSettings
from daemon.web.waiting import Ending


class HttpRig(Rig):
    """Served by `daemon.web`; its calls are made without a socket, past which they are the web's own tests' business."""

    kind = "http"
    lacks: ClassVar = {
        "device": "it has no device of its own: it is a client of the web server",
        "own_only": "whoever may call sees and ends every payment of the box, which is what its page is for",
    }
    no: ClassVar = {
        Busy: "423 busy",
        NotReady: "503 not_ready",
        NotStorable: "503 not_storable",
        Conflict: "409 conflict",
        Ended: "409 ended",
    }
    wrong = (
        *({"amount": amount} for amount in (0, -5, MOST + 1, 10**30, 12.0, "5", True, None, [5])),
        *({}, {"amount": 5, "currency": "XXX"}, {"amount": 5, "ttl_s": -1}, {"amount": 5, "amt": 5}),
    )
    noise = st.tuples(st.sampled_from(["PUT", "GET", "DELETE"]), GARBAGE)

    def make_device(self) -> None:
        self._heard: list[tuple[int, Any]] = []

    def settings(self) -> TillSettings:
        return TillSettings(TILL)

    async def start(self) -> None:
        limits, ending = Limits(), Ending()
        payments = Payments(self.shop.witness, TILL, self.shop.terms, limits, ending, Begun())
        self._app = _web(self.shop)._application(payments, ending)
        self._app.freeze()

    async def ask(self) -> None:
        self.ref = f"H-{next(NUMBERS)}"
        await self.again()

    async def again(self) -> None:
        await self.call("PUT", self.ref, {"amount": self.minor})

    async def give_up(self, ref: str) -> None:
        await self.call("DELETE", ref)

    async def try_wrong(self, wrong: Any) -> None:
        await self.call("PUT", "W-1", wrong)

    async def make_noise(self, noise: Any) -> None:
        method, body = noise
        await self.call(method, self.ref if hasattr(self, "ref") else "N-1", body)

    async def hears_code(self) -> None:
        await self.call("PUT", "N-1", CODE.encode())

    async def call(self, method: str, ref: str, body: Any = b"") -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        reader = StreamReader(Mock(_reading_paused=False), 2**16, loop=asyncio.get_running_loop())
        reader.feed_data(raw)
        reader.feed_eof()
        request = make_mocked_request(
            method, f"/v1/payments/{ref}", {"Host": "127.0.0.1"}, payload=reader, app=self._app, protocol=Mock(objection=None)
        )
        answer = await self._app._handle(request)
        self._heard.append((answer.status, json.loads(answer.body)))
        return self._heard[-1]

    @property
    def noes(self) -> list[str]:
        return [f"{status} {body['error']['code']}" for status, body in self._heard if status >= 400]

    @property
    def said(self) -> Any:
        return len(self._heard)

    async def knows_end(self, payment: Payment) -> None:
        status, told = await self.call("PUT", payment.ref, {"amount": payment.amount.minor})
        assert (status, told["state"], told["final"]) == (200, payment.state.value, True)


def _web(shop: TillShop) -> Web:
    settings = WebSettings("127.0.0.1", 0, None)
    terms = {"currency": shop.terms.currency, "max_amount": shop.terms.max_amount}
    return Web(settings, shop.witness, **terms, panel_png=lambda: None, simulated_scan=None, is_alive=lambda: True, version="1.0")
