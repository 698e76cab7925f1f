"""The stand-in for CBTIS: `daemon.sandbox.cbtis`, `daemon.sandbox.cbtis_answers`, `daemon.sandbox.cbtis_checks`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cbtis_box import ALIPAY, ORDER, UNPAID, Client
from sandbox_box import client_tls

from daemon.sandbox.credentials import cbtis_credentials
from daemon.sandbox.ledger import Demand
from daemon.sandbox.scenario import Call, Scenario, Standing, Timings
from daemon.sandbox.server import Sandbox


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Client]:
    connector = aiohttp.TCPConnector(ssl=client_tls(sandbox, with_certificate=False))
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Client(sandbox, session)


# -- who --


def test_secret_and_key_are_new_in_every_run_and_closed_to_others(tmp_path: Path) -> None:
    first, second = cbtis_credentials(tmp_path), cbtis_credentials(tmp_path)
    assert (first.client_secret, first.apikey) != (second.client_secret, second.apikey)
    for file, text in ((second.client_secret_file, second.client_secret), (second.apikey_file, second.apikey)):
        assert (file.read_text(), file.stat().st_mode & 0o077) == (text, 0)
        assert text not in repr(second)


async def test_a_token_comes_without_the_envelope_and_lives_an_hour(client: Client) -> None:
    status, fields = await client.auth()
    assert status == 200
    assert len(fields["access_token"]) >= 32
    assert (fields["expires_in"], "code" in fields) == (3600, False)
    assert (await client.auth())[1]["access_token"] != fields["access_token"]


@pytest.mark.parametrize(
    "changes", [{"uid": "1"}, {"client_secret": "wrong"}, {"client_secret": "ü"}, {"grant_type": "password"}, {"more": "1"}]
)
async def test_wrong_credentials_get_none(client: Client, changes: dict[str, str]) -> None:
    status, fields = await client.auth(**changes)
    assert status == 401
    assert "access_token" not in fields
    assert client.sandbox.cbtis.client_secret not in str(fields)


async def test_an_older_token_lives_on_beside_a_newer_one(client: Client) -> None:
    tokens = [(await client.auth())[1]["access_token"] for _ in range(2)]
    for token in tokens:
        assert (await client.post("query", {"merchant_order_id": "A1"}, token))[0] == 200


@pytest.mark.parametrize("token", ["", "made-up", "null"])
async def test_without_a_living_token_nothing_is_done(client: Client, token: str) -> None:
    await client.auth()
    for call in ("create", "query"):
        status, envelope = await client.post(call, ORDER, token)
        assert status == 401
        assert envelope["code"] != 0
    assert client.sandbox.ledger.orders == []


@pytest.mark.parametrize("timings", [Timings(token_s=0.05)])
async def test_a_token_dies_when_its_time_is_over(client: Client) -> None:
    assert (await client.query())["message"] == "order not found"
    await asyncio.sleep(0.08)
    assert (await client.post("query", {"merchant_order_id": "A1"}))[0] == 401


# -- orders --


async def test_an_order_as_the_page_shows_it(client: Client) -> None:
    client.sandbox.deck.put(UNPAID)
    envelope = await client.create()
    data = envelope["data"]
    assert (envelope["code"], envelope["message"], len(envelope["rid"])) == (0, "ok", 32)
    assert data["next_action"]["type"] == "render_qrcode"
    assert data["next_action"]["qrcode_url"].startswith("https://")
    assert {name: data[name] for name in ("merchant_order_id", "currency", "status")} == {
        "merchant_order_id": "A1",
        "currency": "HKD",
        "status": "PENDING",
    }
    assert data["amount"] == "12.5", "as written by CBTIS: other decimals than ours, the same amount"
    assert len(data["create_time"].partition(".")[2]) == len("928696203+08:00")
    datetime.fromisoformat(data["create_time"])


async def test_a_payment_and_its_query(client: Client) -> None:
    client.sandbox.deck.put(UNPAID)
    made = await client.create()
    assert (await client.query())["data"]["status"] == "PENDING"
    client.sandbox.ledger.confirm("A1")
    paid = (await client.query())["data"]
    assert (paid["status"], paid["order_id"]) == ("SUCCEEDED", made["data"]["order_id"])
    assert "next_action" not in paid
    assert datetime.fromisoformat(paid["pay_time"]) >= datetime.fromisoformat(paid["create_time"])
    by_theirs = await client.post("query", {"order_id": made["data"]["order_id"]})
    assert by_theirs[1]["data"]["merchant_order_id"] == "A1"


async def test_alipay_brings_its_text_under_another_name(client: Client) -> None:
    client.sandbox.deck.put(UNPAID)
    action = (await client.create(payment_method=ALIPAY))["data"]["next_action"]
    assert set(action) == {"type", "url"}


@pytest.mark.parametrize(
    ("standing", "status"), [(Standing.CLOSED, "CANCELLED"), (Standing.FAILED, "CANCELLED"), (Standing.REFUNDED, "SUCCEEDED")]
)
async def test_there_are_three_statuses(client: Client, standing: Standing, status: str) -> None:
    client.sandbox.deck.put(Scenario("x", "", standing))
    await client.create()
    assert (await client.query())["data"]["status"] == status


async def test_a_number_serves_once(client: Client) -> None:
    await client.create()
    again = await client.create()
    assert again["code"] != 0
    assert "data" not in again
    assert client.sandbox.ledger.order("A1").times(Call.CHARGE) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 12.5},
        {"amount": "0"},
        {"amount": "12.505"},
        {"amount": "-1"},
        {"amount": "12.50", "currency": "JPY"},
        {"amount": None},
        {"currency": "hkd"},
        {"merchant_order_id": "A-1"},
        {"merchant_order_id": "A" * 33},
        {"merchant_order_id": 1},
        {"description": ""},
        {"description": None},
        {"notify_url": "shop.example"},
        {"notify_url": ""},
        {"settlement_currency": ""},
        {"payment_method": None},
        {"payment_method": {"type": "aplus", "aplus": {"flow": "cashier"}}},
        {"payment_method": {"type": "wechat"}},
        {"payment_method": {"type": "wechat", "wechat": {"flow": "mobile_app"}}},
        {"payment_method": {"type": "wechat", "wechat": {"flow": "qrcode", "payment_method": "ALIPAYHK"}}},
        {"payment_method": {**ALIPAY, "alipayhk": {"flow": "csb_qrcode"}}},
        {"payment_method": ALIPAY, "currency": "CNY"},
        {"auth_code": "130000000000000017"},
    ],
)
async def test_wrong_fields_are_refused(client: Client, changes: dict[str, Any]) -> None:
    envelope = await client.create(**changes)
    assert envelope["code"] != 0
    assert envelope["message"]
    assert client.sandbox.ledger.orders == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"no", b"[" * 20_000, b"{}", b'{"order_id": 5}', b'{"merchant_order_id": "A1", "number": "A1"}']
)
async def test_a_query_names_an_order_and_nothing_else(client: Client, body: bytes) -> None:
    assert (await client.post("query", body))[1]["code"] != 0


async def test_what_is_not_there_is_an_error_and_so_is_another_provider_s_order(client: Client) -> None:
    client.sandbox.ledger.charge(Demand("wechat", "m", "W1", 1, "CNY"), UNPAID, None)
    for number in ("A1", "W1"):
        assert (await client.query(number))["message"] == "order not found"
