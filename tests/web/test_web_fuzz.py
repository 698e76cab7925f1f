"""Whatever a body holds, the box answers with a payment or with an error of the caller's: never with a fault of its own."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import aiohttp
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_desk import ScriptedDesk, a_web
from yarl import URL

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(), max_size=40)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12
)
NAMES = st.sampled_from(["amount", "currency", "mode", "scheme", "description", "ttl_s", "text"])
ALMOST_RIGHT = st.fixed_dictionaries(
    {"amount": st.integers(1, 50_000) | VALUES},
    optional={
        "currency": st.just("CNY") | VALUES,
        "mode": st.sampled_from(["scan", "show"]) | VALUES,
        "scheme": st.text(max_size=10) | VALUES,
        "description": st.text(st.characters(), max_size=140) | VALUES,
        "ttl_s": st.floats(0, 4000) | VALUES,
    },
)
BODIES = (VALUES | st.dictionaries(NAMES, VALUES) | ALMOST_RIGHT).map(lambda value: json.dumps(value).encode())


async def exchange(calls: list[tuple[str, URL, bytes]], desk: ScriptedDesk) -> list[tuple[int, Any]]:
    """What a fresh box answers to each."""
    web = a_web(desk, simulated_scan=lambda _text: None)
    await web.start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{web.port}") as session:
            return [await answered(session, *call) for call in calls]
    finally:
        await web.stop()


async def answered(session: aiohttp.ClientSession, method: str, url: URL, body: bytes) -> tuple[int, Any]:
    async with session.request(method, url, data=body) as answer:
        return answer.status, await answer.json()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([("PUT", URL("/v1/payments/A-17")), ("POST", URL("/v1/simulated/scan"))]), BODIES), min_size=1, max_size=8
    )
)
async def test_any_json_value_is_answered_and_never_with_5xx(calls):
    desk = ScriptedDesk()
    for status, body in await exchange([(*call, raw) for call, raw in calls], desk):
        assert status in (200, 201, 202, 400, 409, 413, 422), (status, body)
        assert status < 400 or body["error"]["text"]
    for request in desk.asked:
        assert 1 <= request.amount.minor <= 50_000
        assert len(request.description.encode()) <= 4 * 128


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=70).filter(lambda ref: "/" not in ref and ref not in ("", ".", "..")), st.sampled_from(["PUT", "GET", "DELETE"]))
async def test_any_ref_is_answered_and_never_with_5xx(ref, method):
    url = URL(f"/v1/payments/{quote(ref, safe='')}", encoded=True)
    ((status, _),) = await exchange([(method, url, b'{"amount": 5}')], ScriptedDesk())
    assert status in ((201, 422) if method == "PUT" else (404,))
