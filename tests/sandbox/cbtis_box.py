"""A plain client of the CBTIS stand-in, which knows neither the sandbox's code nor the gateway's; and the real gateway for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from daemon.gateways.settings import CbtisSettings, Place
from daemon.money import Amount, Minor
from daemon.payment import Attempt, OutTradeNo, State
from daemon.sandbox.scenario import Scenario, Standing
from daemon.sandbox.server import Sandbox
from daemon.secret import Secret

BASE = "/mch-api/v1"
ORDER = {
    "amount": "12.50",
    "currency": "HKD",
    "merchant_order_id": "A1",
    "payment_method": {"type": "wechat", "wechat": {"flow": "qrcode"}},
    "description": "Green tea",
}
ALIPAY = {"type": "alipayhk", "alipayhk": {"flow": "csb_qrcode", "payment_method": "ALIPAYHK"}}
UNPAID = Scenario("unpaid", "", Standing.UNPAID)


@dataclass
class Client:
    sandbox: Sandbox
    session: aiohttp.ClientSession
    token: str = ""

    async def auth(self, **changes: str) -> tuple[int, dict[str, Any]]:
        ours = self.sandbox.cbtis
        params = {"grant_type": "client_credentials", "uid": ours.uid, "client_secret": ours.client_secret, **changes}
        async with self.session.get(f"{self.sandbox.base_url}{BASE}/auth", params=params) as response:
            return response.status, await response.json()

    async def post(self, call: str, fields: Any, token: str | None = None) -> tuple[int, dict[str, Any]]:
        if not self.token:
            self.token = (await self.auth())[1]["access_token"]
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        data = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
        url = f"{self.sandbox.base_url}{BASE}/pa/payment_intents/{call}"
        async with self.session.post(url, data=data, headers=headers) as response:
            return response.status, await response.json()

    async def create(self, **changes: Any) -> dict[str, Any]:
        return (await self.post("create", {name: value for name, value in {**ORDER, **changes}.items() if value is not None}))[1]

    async def query(self, number: str = "A1") -> dict[str, Any]:
        return (await self.post("query", {"merchant_order_id": number}))[1]


ATTEMPT = Attempt(OutTradeNo("A1"), "cbtis", "wechat", Amount(Minor(1250), "HKD"), State.CREATING_QR, 0.0, description="tea")
SHOWN = ATTEMPT.but(state=State.PRESENTING_QR)
PLACE = Place("box-1", "shop-7", "The Tea Shop")


def settings(sandbox: Sandbox, **changes: Any) -> CbtisSettings:
    ours = sandbox.cbtis
    known = {"type": "wechat", "flow": "qrcode", "ca_file": sandbox.ca_file, **changes}
    return CbtisSettings("cbtis", sandbox.base_url, ours.uid, Secret(ours.client_secret), Secret(ours.apikey), **known)
