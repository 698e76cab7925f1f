"""Notifications from the sandbox (`daemon.sandbox.pushes`), told by the CBTIS stand-in and read by the real gateway."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cbtis_box import PLACE, UNPAID, Client, settings
from sandbox_box import client_tls

from daemon.gateways.base import ForgedPush, Push
from daemon.gateways.cbtis import CbtisGateway
from daemon.sandbox.pushes import FORGED, GENUINE, REPLAYED, Sent
from daemon.sandbox.scenario import Timings
from daemon.sandbox.server import Sandbox
from daemon.timing import Schedule


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Client]:
    connector = aiohttp.TCPConnector(ssl=client_tls(sandbox, with_certificate=False))
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Client(sandbox, session)


@pytest.fixture
async def gateway(sandbox: Sandbox) -> AsyncIterator[CbtisGateway]:
    gateway = CbtisGateway(settings(sandbox), PLACE, Schedule(answer_s=5.0, reply_s=5.0))
    yield gateway
    await gateway.aclose()


class Shop:
    """Where notifications arrive: `POST /v1/notify/cbtis` of a box, with the gateway's own reader behind it."""

    def __init__(self, gateway: CbtisGateway) -> None:
        self.gateway = gateway
        self.heard: list[Push | None] = []
        self.raw: list[tuple[dict[str, str], bytes]] = []
        self.refuse = 0
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.raw.append((dict(request.headers), body))
        headers = {name.lower(): request.headers.getall(name) for name in request.headers}
        if self.refuse:
            self.refuse -= 1
            return web.Response(status=503)
        try:
            push = self.gateway.read_push(request.method, headers, body)
        except ForgedPush:
            self.heard.append(None)
            return web.Response(status=401)
        self.heard.append(push)
        return web.Response(status=push.status, body=push.body)


@pytest.fixture
async def shop(gateway: CbtisGateway) -> AsyncIterator[Shop]:
    shop = Shop(gateway)
    app = web.Application()
    app.router.add_post("/v1/notify/cbtis", shop.handle)
    server = TestServer(app)
    await server.start_server()
    shop.url = str(server.make_url("/v1/notify/cbtis"))
    yield shop
    await server.close()


async def until(happened: Any) -> None:
    async with asyncio.timeout(5):
        while not happened():
            await asyncio.sleep(0.005)


async def sold(sandbox: Sandbox, client: Client, shop: Shop, **changes: Any) -> dict[str, Any]:
    sandbox.deck.put(UNPAID)
    return (await client.create(notify_url=shop.url, **changes))["data"]


async def test_a_payment_is_told_once_and_proves_itself(sandbox: Sandbox, client: Client, shop: Shop) -> None:
    made = await sold(sandbox, client, shop)
    sandbox.ledger.confirm("A1")
    await until(lambda: shop.heard)
    assert shop.heard == [Push(200, "A1", made["order_id"])]
    [(headers, body)] = shop.raw
    assert json.loads(body) == {"notify_type": "payment_success", "data": {"order_id": made["order_id"], "merchant_order_id": "A1"}}
    assert headers["Signature"] == hashlib.sha256(body + b"." + sandbox.cbtis.apikey.encode()).hexdigest()
    await until(lambda: sandbox.pushes.sent)
    assert sandbox.pushes.sent == [Sent("A1", GENUINE, 200)]


async def test_nothing_is_told_of_an_end_without_money_nor_without_an_address(sandbox: Sandbox, client: Client, shop: Shop) -> None:
    await sold(sandbox, client, shop)
    sandbox.ledger.decline("A1")
    sandbox.deck.put(UNPAID)
    await client.create(merchant_order_id="A2")
    sandbox.ledger.confirm("A2")
    sandbox.deck.put(UNPAID)
    await client.create(merchant_order_id="A3", notify_url="https://shop.example/notify")
    sandbox.ledger.confirm("A3")
    await asyncio.sleep(0.05)
    assert shop.raw == []
    assert sandbox.pushes.sent == []


@pytest.mark.parametrize("timings", [Timings(push_retry_s=0.01)])
async def test_what_is_not_taken_is_told_again(sandbox: Sandbox, client: Client, shop: Shop) -> None:
    shop.refuse = 3
    await sold(sandbox, client, shop)
    sandbox.ledger.confirm("A1")
    await until(lambda: shop.heard)
    assert [sent.status for sent in sandbox.pushes.sent[:3]] == [503, 503, 503]
    assert len(shop.raw) == 4
    assert len({body for _headers, body in shop.raw}) == 1


async def test_forged_and_replayed_notifications_on_demand(sandbox: Sandbox, client: Client, shop: Shop) -> None:
    """By the control API. A forged one has no effect; a replayed one cannot be told from a repeat, and only makes the box ask."""
    made = await sold(sandbox, client, shop)
    assert await push(sandbox, REPLAYED) == (409, "nothing was sent about A1 yet")
    assert await push(sandbox, GENUINE) == (409, "cbtis has nothing to send about A1, or no address")
    sandbox.ledger.confirm("A1")
    await until(lambda: shop.heard)
    assert await push(sandbox, FORGED) == (200, 401)
    assert await push(sandbox, REPLAYED) == (200, 200)
    assert await push(sandbox, GENUINE) == (200, 200)
    genuine = Push(200, "A1", made["order_id"])
    assert shop.heard == [genuine, None, genuine, genuine]
    assert (await push(sandbox, "other"))[0] == 422
    assert (await push(sandbox, GENUINE, "NOSUCH"))[0] == 404


async def push(sandbox: Sandbox, how: str, number: str = "A1") -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.control_url}/orders/{number}/push", json={"how": how}) as response,
    ):
        body = await response.json()
        return response.status, body.get("status") or body.get("error", {}).get("text")


async def test_the_control_api_may_say_where_they_go(sandbox: Sandbox, client: Client, shop: Shop) -> None:
    async with aiohttp.ClientSession() as session:
        for wrong in ({}, {"provider": "cbtis"}, {"url": 5, "provider": "cbtis"}):
            async with session.post(f"{sandbox.control_url}/notify", json=wrong) as response:
                assert response.status == 422
        async with session.post(f"{sandbox.control_url}/notify", json={"provider": "cbtis", "url": shop.url}) as response:
            assert response.status == 200
    sandbox.deck.put(UNPAID)
    await client.create()
    sandbox.ledger.confirm("A1")
    await until(lambda: shop.heard)


async def test_nobody_there_is_no_fault_of_the_sandbox_s(sandbox: Sandbox, client: Client, shop: Shop) -> None:
    shop.url = "http://127.0.0.1:1/nobody"
    await sold(sandbox, client, shop)
    sandbox.ledger.confirm("A1")
    await until(lambda: sandbox.pushes.sent)
    assert sandbox.pushes.sent[0].status == 0
