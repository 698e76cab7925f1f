"""Notifications of providers (daemon.web.pushes): verified over the raw body, bounded, and never more than a hint."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from daemon.gateways.base import ForgedPush, Push
from daemon.secret import Secret
from daemon.web.settings import Limits

PROOF = "a proof for tests, of no other use"
BODY = b'{"status": "PAID", "amount": 999999, "payer": "somebody"}'


class Provider:
    """A gateway whose provider proves itself by a header, and looks beforehand whether somebody is at home."""

    def __init__(self, push: Push = Push(200, "T1", body=b"taken")) -> None:  # noqa: B008  # frozen, never changed
        self.push = push
        self.read: list[tuple[str, dict[str, Any], bytes]] = []

    def read_push(self, method: str, headers: Any, body: bytes) -> Push:
        self.read.append((method, dict(headers), body))
        if method == "GET":
            return Push(200, body=headers["x-challenge"][0].encode())
        if list(headers.get("x-proof", ())) != [PROOF]:
            raise ForgedPush("it does not come with the proof")
        return self.push


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def told(serve, provider):
    """A box whose gateway `shop` takes notifications."""
    return await serve(pushed={"shop": provider})


async def push(box, body: bytes = BODY, *, name: str = "shop", **headers: str) -> tuple[int, bytes]:
    headers = headers or {"X-Proof": PROOF}
    async with box.session.post(box.url(f"/v1/notify/{name}"), data=body, headers=headers) as answer:
        return answer.status, await answer.read()


# -- taken --


async def test_what_verifies_is_a_hint_and_is_answered_as_the_provider_wants(told, provider):
    assert await push(told) == (200, b"taken")
    assert told.desk.hinted == [provider.push]
    assert told.desk.asked == []
    assert told.desk.cancelled == []


async def test_an_answer_with_nothing_in_it_has_nothing_in_it(told, provider):
    provider.push = Push(204, None, "4200001")
    assert await push(told) == (204, b"")
    assert told.desk.hinted == [provider.push]


async def test_the_gateway_sees_the_body_byte_for_byte_and_every_value_of_a_header(told, provider):
    """A signature is over bytes: what is parsed and written again has another one."""
    body = b'{"b" :1,\r\n "a":1.50}\xff\x00'
    lines = [b"POST /v1/notify/shop HTTP/1.1", b"Host: localhost", b"X-Proof: one", b"x-proof: two", b"Connection: close"]
    head = b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", b""])
    assert (await told.raw(head + body)).startswith(b"HTTP/1.1 401")
    ((method, headers, read),) = provider.read
    assert (method, headers["x-proof"], read) == ("POST", ["one", "two"], body)


async def test_what_is_about_none_of_our_orders_is_taken_and_asks_nothing(told, provider):
    """A dispute, a payout: the provider would send it for a week, if it were refused."""
    provider.push = Push(204)
    assert await push(told) == (204, b"")
    assert told.desk.hinted == []


async def test_a_get_answers_the_provider_that_looks_whether_somebody_is_at_home(told):
    async with told.session.get(told.url("/v1/notify/shop"), headers={"X-Challenge": "4711"}) as answer:
        assert (answer.status, await answer.read()) == (200, b"4711")
        assert answer.headers["Content-Type"].startswith("text/plain")
    assert told.desk.hinted == []


async def test_a_notification_needs_no_token_and_no_host_of_ours(serve, provider):
    """It proves itself; and the provider calls the box by whatever name its tunnel has."""
    box = await serve(pushed={"shop": provider}, token=Secret("a token for tests"))
    assert await push(box) == (200, b"taken")
    box = await serve(pushed={"shop": provider})
    assert await push(box, **{"X-Proof": PROOF, "Host": "pay.example.com"}) == (200, b"taken")


# -- refused --


@pytest.mark.parametrize("headers", [{"X-Proof": "guessed"}, {"X-Other": PROOF}])
async def test_what_does_not_verify_changes_nothing(told, headers):
    status, body = await push(told, **headers)
    assert (status, b"not_verified" in body) == (401, True)
    assert told.desk.hinted == []


@pytest.mark.parametrize("name", ["another", "SHOP", "shop%00", "x" * 500])
async def test_a_gateway_that_takes_none_is_404(told, name):
    status, body = await push(told, name=name)
    assert (status, b"not_found" in body) == (404, True)
    assert told.desk.hinted == []


async def test_other_methods_are_405(told):
    status, body = await told.call("PUT", "/v1/notify/shop", data=BODY)
    assert (status, body["error"]["code"]) == (405, "wrong_method")


async def test_what_is_too_large_is_never_looked_at(serve, provider):
    box = await serve(pushed={"shop": provider}, limits=Limits(push_bytes=1000))
    assert (await push(box, b"x" * 1000))[0] == 200
    assert (await push(box, b"x" * 1001))[0] == 413
    assert len(provider.read) == 1


async def test_it_may_be_larger_than_a_tills_request(told):
    """Connect tells a whole payment."""
    assert (await push(told, b"x" * (Limits().body_bytes + 1)))[0] == 200


async def test_a_body_that_never_ends_is_given_up(serve, provider):
    box = await serve(pushed={"shop": provider}, limits=Limits(body_s=0.05))
    wire = b"POST /v1/notify/shop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nbegun"
    assert (await box.raw(wire)).startswith(b"HTTP/1.1 408")
    assert provider.read == []


async def test_too_many_at_once_are_told_to_come_later(serve, provider):
    """Whoever knocks: forged ones count like others, and a flood of them costs no verifying."""
    box = await serve(pushed={"shop": provider}, limits=Limits(pushes_at_once=3, pushes_per_s=1e-6))
    forged = {"X-Proof": "guessed"}
    assert [(await push(box, **forged))[0] for _ in range(5)] == [401, 401, 401, 429, 429]
    assert (await push(box))[0] == 429
    assert len(provider.read) == 3
    assert (await box.put("A-17", {"amount": 1250}))[0] == 201  # and the tills do not notice


async def test_the_allowance_comes_back_with_time(serve, provider):
    box = await serve(pushed={"shop": provider}, limits=Limits(pushes_at_once=1, pushes_per_s=100.0))
    assert (await push(box))[0] == 200
    await asyncio.sleep(0.03)
    assert (await push(box))[0] == 200


async def test_names_that_take_none_use_up_nobodys_allowance(serve, provider):
    box = await serve(pushed={"shop": provider}, limits=Limits(pushes_at_once=1, pushes_per_s=1e-6))
    assert [(await push(box, name="another"))[0] for _ in range(3)] == [404, 404, 404]
    assert (await push(box))[0] == 200


# -- told to nobody --


async def test_no_log_has_a_body_a_header_or_a_proof(told, caplog):
    caplog.set_level(logging.DEBUG)
    await push(told)
    await push(told, **{"X-Proof": "guessed-by-somebody"})
    await push(told, name="another")
    assert "push_taken gateway=shop out_trade_no=T1" in caplog.text
    assert 'push_refused gateway=shop why="it does not come with the proof"' in caplog.text
    assert not [kept for kept in (PROOF, "guessed-by-somebody", "999999", "payer") if kept in caplog.text]


async def test_a_fault_of_the_gateway_is_an_error_without_details(told, provider, caplog):
    provider.read_push = lambda *_: 1 / 0  # type: ignore[assignment]  # a gateway with a fault
    status, body = await push(told)
    assert (status, b"internal" in body, b"division" in body) == (500, True, False)
    assert told.desk.hinted == []
    assert PROOF not in caplog.text
