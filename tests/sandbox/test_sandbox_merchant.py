"""The stand-in for a merchant's backend: it answers an independent signer, proves what it says, and lets in nobody else."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, InvalidSignature, algorithms
from sandbox_box import client_tls

from daemon.sandbox.cases import code_for
from daemon.sandbox.scenario import Move, Scenario, Standing
from daemon.sandbox.server import Sandbox

ANSWER = ("@status", "content-digest", "content-type", '"@method";req', '"@target-uri";req', '"signature";req;key="tillbox"')
ORDER = {"out_trade_no": "A1", "amount": 1250, "currency": "CNY", "store_id": "shop-12", "terminal_id": "box-7"}


class Resolver(HTTPSignatureKeyResolver):
    def __init__(self, secret: str) -> None:
        self.secret = secret

    def resolve_public_key(self, _key_id: str) -> bytes:
        return self.secret.encode()

    resolve_private_key = resolve_public_key


@dataclass
class Client:
    """A box made of an independent signature library. `changes` are made after signing, as an attacker would."""

    sandbox: Sandbox
    session: aiohttp.ClientSession
    secret: str
    key_id: str = "box-1"
    serial: int = 0

    def signed(self, method: str, path: str, body: bytes, *, nonce: str | None = None, age_s: float = 0.0) -> SimpleNamespace:
        headers = {"Content-Type": "application/json"} if body else {}
        request = SimpleNamespace(method=method, url=self.sandbox.merchant_url + path, headers=headers)
        self.serial += 1
        HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Resolver(self.secret)).sign(
            request,
            key_id=self.key_id,
            created=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age_s),
            nonce=nonce or f"n{self.serial}",
            label="tillbox",
            tag="tillbox",
            covered_component_ids=("@method", "@target-uri", *(("content-type",) if body else ())),
            body=body or None,
        )
        return request

    async def send(self, request: SimpleNamespace, body: bytes = b"", **headers: str) -> SimpleNamespace:
        more = {"data": body} if body else {}
        async with self.session.request(request.method, request.url, headers={**request.headers, **headers}, **more) as answer:
            content = await answer.read()
            return SimpleNamespace(status_code=answer.status, headers=dict(answer.headers), request=request, content=content)

    def proves(self, answer: SimpleNamespace) -> bool:
        verifier = HTTPMessageVerifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Resolver(self.sandbox.merchant.secret))
        try:
            verifier.verify(answer, max_age=None, expect_tag="tillbox", require_components=ANSWER, body=answer.content)
        except InvalidSignature:
            return False
        return True

    async def ask(self, method: str, path: str, fields: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """One request and its proven answer's body, with the status beside it."""
        body = json.dumps(fields).encode() if fields is not None else b""
        answer = await self.send(self.signed(method, path, body), body, **headers)
        assert self.proves(answer), answer.content
        return {"http": answer.status_code, **json.loads(answer.content)}

    async def charge(self, case: str, number: str = "A1", serial: int = 0, **more: Any) -> dict[str, Any]:
        fields = {**ORDER, "out_trade_no": number, "auth_code": code_for(case, serial), "scheme": "wechat", "description": "tea", **more}
        return await self.ask("POST", "/v1/charges", fields)

    async def show(self, number: str = "A1") -> dict[str, Any]:
        """A QR order that nobody pays, and that the wallet does not close by itself."""
        self.sandbox.deck.put(Scenario("shown", "", Standing.UNPAID))
        return await self.ask("POST", "/v1/qr-orders", {**ORDER, "out_trade_no": number, "scheme": "wechat", "description": ""})

    async def query(self, number: str = "A1", **headers: str) -> dict[str, Any]:
        return await self.ask("GET", f"/v1/orders/{number}", **headers)

    async def end(self, how: str, number: str = "A1", **more: Any) -> dict[str, Any]:
        return await self.ask("POST", f"/v1/orders/{number}/{how}", {**ORDER, "out_trade_no": number, **more})


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client_tls(sandbox, with_certificate=False))) as session:
        yield Client(sandbox, session, sandbox.merchant.secret)


# -- proving --


async def test_an_independent_library_signs_and_believes(client: Client) -> None:
    charged = await client.charge("paid")
    assert (charged["http"], charged["state"], charged["amount"]) == (200, "paid", 1250)
    assert (await client.query())["trade_no"] == client.sandbox.ledger.order("A1").trade_no


async def test_an_answer_is_bound_to_its_request(client: Client) -> None:
    first, second = [client.signed("GET", "/v1/orders/A1", b"") for _ in range(2)]
    recorded = await client.send(first)
    assert client.proves(recorded)
    recorded.request = second
    assert not client.proves(recorded)


async def test_a_refusal_is_signed_too_where_the_key_is_known(client: Client) -> None:
    body = b"{}"
    old = await client.send(client.signed("POST", "/v1/box-check", body, age_s=400), body)
    assert (old.status_code, json.loads(old.content)["code"], client.proves(old)) == (401, "clock_skew", True)
    client.secret = "wrong"
    forged = await client.send(client.signed("POST", "/v1/box-check", body), body)
    assert (forged.status_code, json.loads(forged.content)["code"], client.proves(forged)) == (401, "unauthenticated", True)
    client.key_id = "box-2"
    unknown = await client.send(client.signed("POST", "/v1/box-check", body), body)
    assert (unknown.status_code, client.proves(unknown)) == (401, False)


async def test_a_post_that_comes_twice_is_refused_and_a_get_is_not(client: Client) -> None:
    """HTTP clients repeat a GET by themselves."""
    body = json.dumps({"store_id": "s", "terminal_id": "t"}).encode()
    post = client.signed("POST", "/v1/box-check", body, nonce="same")
    assert [(await client.send(post, body)).status_code for _ in range(2)] == [200, 401]
    get = client.signed("GET", "/v1/orders/A1", b"", nonce="same too")
    assert [(await client.send(get)).status_code for _ in range(2)] == [404, 404]


async def test_a_changed_body_is_refused(client: Client) -> None:
    request = client.signed("POST", "/v1/box-check", b'{"store_id": "s", "terminal_id": "t"}')
    answer = await client.send(request, b'{"store_id": "S", "terminal_id": "t"}')
    assert json.loads(answer.content)["code"] == "unauthenticated"


async def test_nobody_gets_in_without_proof(client: Client) -> None:
    plain = SimpleNamespace(method="GET", url=client.sandbox.merchant_url + "/v1/orders/A1", headers={})
    assert (await client.send(plain)).status_code == 401
    assert (await client.send(plain, Authorization="Bearer wrong")).status_code == 401
    assert (await client.send(plain, Authorization="Bearer wröng")).status_code == 401
    assert (await client.send(plain, Signature="tillbox=:AAAA:", Authorization=f"Bearer {client.secret}")).status_code == 401


async def test_a_token_or_a_certificate_will_do_and_is_answered_unsigned(client: Client) -> None:
    plain = SimpleNamespace(method="GET", url=client.sandbox.merchant_url + "/v1/orders/A1", headers={})
    answer = await client.send(plain, Authorization=f"Bearer {client.secret}")
    assert (answer.status_code, "Signature" in answer.headers) == (404, False)
    connector = aiohttp.TCPConnector(ssl=client_tls(client.sandbox, with_certificate=True))
    async with aiohttp.ClientSession(connector=connector) as session:
        assert (await Client(client.sandbox, session, "").send(plain)).status_code == 404


async def test_the_backend_tells_a_box_its_time(client: Client) -> None:
    welcome = await client.ask("POST", "/v1/box-check", {"store_id": "shop-12", "terminal_id": "box-7"})
    assert abs(welcome["now"] - dt.datetime.now(dt.UTC).timestamp()) < 5
    assert (welcome["store_id"], welcome["terminal_id"]) == ("shop-12", "box-7")


# -- what is wrong --


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"amount": 0}, {"amount"}),
        ({"amount": 12.5, "currency": "yuan"}, {"amount", "currency"}),
        ({"amount": True}, {"amount"}),
        ({"out_trade_no": "A-1"}, {"out_trade_no"}),
        ({"auth_code": ""}, {"auth_code"}),
        ({"store_id": None}, {"store_id"}),
        ({"description": "x" * 129}, {"description"}),
    ],
)
async def test_wrong_fields_are_named(client: Client, fields: dict[str, Any], named: set[str]) -> None:
    answer = await client.charge("paid", **fields)
    assert (answer["http"], answer["code"], set(answer["fields"])) == (422, "invalid", named)
    assert client.sandbox.ledger.orders == []


@pytest.mark.parametrize("body", [b"[]", b"no", b"\xff", b"[" * 20_000, b'"x"'])
async def test_what_is_no_object_is_malformed(client: Client, body: bytes) -> None:
    answer = await client.send(client.signed("POST", "/v1/charges", body), body)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "malformed")


async def test_the_number_in_the_path_is_the_one_in_the_body(client: Client) -> None:
    answer = await client.ask("POST", "/v1/orders/A1/revoke", {**ORDER, "out_trade_no": "A2"})
    assert answer["fields"].keys() == {"out_trade_no"}
    assert (await client.query("A-1"))["code"] == "invalid"


# -- holding --


async def test_a_query_is_held_until_the_payer_confirms(client: Client) -> None:
    await client.show()
    async with asyncio.timeout(5):
        held = asyncio.create_task(client.query(Prefer="respond-async, wait=30"))
        await asyncio.sleep(0.05)
        assert not held.done()
        client.sandbox.ledger.confirm("A1")
        assert (await held)["state"] == "paid"


async def test_a_query_is_held_until_the_clock_changes_the_order(client: Client) -> None:
    client.sandbox.deck.put(Scenario("t", "", Standing.CONFIRMING, (Move(Standing.PAID, after=0.1),)))
    await client.charge("paid")
    async with asyncio.timeout(5):
        assert (await client.query(Prefer="wait=30"))["state"] == "paid"


async def test_nothing_is_held_that_will_not_change_or_is_not_known(client: Client) -> None:
    await client.charge("paid")
    async with asyncio.timeout(5):
        assert (await client.query(Prefer="wait=30"))["state"] == "paid"
        assert (await client.query("B1", Prefer="wait=30"))["code"] == "unknown_order"


async def test_a_held_query_ends_with_its_time(client: Client) -> None:
    await client.show()
    async with asyncio.timeout(5):
        assert (await client.query(Prefer="wait=1"))["state"] == "unpaid"


async def test_a_held_query_ends_with_the_network(client: Client) -> None:
    await client.show()
    held = asyncio.create_task(client.query(Prefer="wait=30"))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        await client.sandbox.set_network(up=False)
        with pytest.raises(aiohttp.ClientError):
            await held


async def test_another_order_does_not_end_the_hold(client: Client) -> None:
    await client.show("A1")
    held = asyncio.create_task(client.query("A1", Prefer="wait=30"))
    await asyncio.sleep(0.05)
    await client.show("A2")
    await client.query("A1")
    await asyncio.sleep(0.05)
    assert not held.done()
    client.sandbox.ledger.decline("A1")
    async with asyncio.timeout(5):
        assert (await held)["state"] == "refused"


# -- cases --


@pytest.mark.parametrize(
    ("case", "states"),
    [
        ("paid", ["paid", "paid"]),
        ("password_then_paid", ["confirming", "confirming", "confirming", "paid"]),
        ("password_declined", ["confirming", "confirming", "refused"]),
        ("accepted_then_paid", ["unpaid", "unpaid", "paid"]),
        ("refused_notenough", ["refused", "refused"]),
        ("refused_authcodeexpire", ["refused", "refused"]),
        ("refused_but_paid", ["refused", "paid"]),
        ("system_error_paid", ["unknown", "paid"]),
        ("system_error_unpaid", ["unknown", "unpaid"]),
        ("query_system_error", ["confirming", "unknown", "unknown", "paid"]),
        ("unknown_code", ["unknown", "unpaid"]),
    ],
)
async def test_how_an_order_goes(client: Client, case: str, states: list[str]) -> None:
    heard = [(await client.charge(case))["state"]]
    heard += [(await client.query())["state"] for _ in states[1:]]
    assert heard == states


async def test_who_can_mend_a_refusal_is_said(client: Client) -> None:
    assert (await client.charge("refused_notenough"))["reason"] == {"code": "NOTENOUGH", "text": "余额不足", "payer_can_mend": True}
    assert (await client.charge("refused_trade_error", number="A2"))["reason"]["payer_can_mend"] is False


@pytest.mark.parametrize("case", ["bad_signature", "no_signature"])
async def test_signatures_are_spoilt_on_demand(client: Client, case: str) -> None:
    fields = {**ORDER, "auth_code": code_for(case), "scheme": "", "description": ""}
    body = json.dumps(fields).encode()
    answer = await client.send(client.signed("POST", "/v1/charges", body), body)
    assert not client.proves(answer)
    assert json.loads(answer.content)["state"] == "paid"


@pytest.mark.parametrize(
    ("case", "field"),
    [("wrong_amount", "amount"), ("wrong_currency", "currency"), ("wrong_merchant", "store_id"), ("wrong_number", "out_trade_no")],
)
async def test_lies_are_signed(client: Client, case: str, field: str) -> None:
    assert (await client.charge(case))[field] != ORDER[field]


async def test_the_log_knows_the_number_and_never_the_code(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await client.charge("paid")
    assert {seen["number"] for seen in client.sandbox.line.log()} == {"A1"}
    assert code_for("paid") not in caplog.text + json.dumps(client.sandbox.line.log())
