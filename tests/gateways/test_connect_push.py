"""Connect's notifications: what is believed, what is sent back, and that nothing but a hint comes of it (`connect_push`)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from connect_provider import ID, NUMBER, SECRET, WEBHOOK_SECRET, payment, settings
from hypothesis import given
from hypothesis import strategies as st
from worldline.connect.sdk.communication.request_header import RequestHeader
from worldline.connect.sdk.v1.webhooks.v1_webhooks_factory import V1WebhooksFactory
from worldline.connect.sdk.webhooks.in_memory_secret_key_store import InMemorySecretKeyStore

from daemon.gateways import connect_push as push
from daemon.gateways.base import ForgedPush, Push


def event(**changes: Any) -> bytes:
    fields = {
        "apiVersion": "v1",
        "id": "8ee793f6-4553-4749-85dc-f2ef095c5ab0",
        "created": "2026-02-02T11:24:14.040+0100",
        "merchantId": "1234",
        "type": "payment.captured",
        "payment": payment("CAPTURED"),
    }
    return json.dumps({**fields, **changes}).encode()


def sign(body: bytes, secret: str = WEBHOOK_SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def headers(body: bytes, **changes: Sequence[str]) -> dict[str, Sequence[str]]:
    given = {"x-gcs-signature": [sign(body)], "x-gcs-keyid": ["hook-1"], "content-type": ["application/json"]}
    return {**given, **{name.replace("_", "-"): values for name, values in changes.items()}}


def test_a_genuine_one_says_which_order_to_ask_about() -> None:
    body = event()
    assert push.read("POST", headers(body), body, settings()) == Push(200, NUMBER, ID)


def test_the_sdk_believes_the_same() -> None:
    InMemorySecretKeyStore.instance().store_secret_key("hook-1", WEBHOOK_SECRET)
    helper = V1WebhooksFactory.create_helper(InMemorySecretKeyStore.instance())
    body = event()
    theirs = helper.unmarshal(body, [RequestHeader(name, value) for name, values in headers(body).items() for value in values])
    assert theirs.payment.id == push.read("POST", headers(body), body, settings()).trade_no


@pytest.mark.parametrize(
    "changes",
    [
        {"x_gcs_signature": ()},
        {"x_gcs_signature": ("",)},
        {"x_gcs_signature": ("ü",)},
        {"x_gcs_signature": (sign(b"another body"),)},
        {"x_gcs_signature": (sign(event(), SECRET),)},
        {"x_gcs_signature": (sign(event()), sign(event()))},
        {"x_gcs_signature": (sign(event()), "x")},
        {"x_gcs_signature": (sign(event()).rstrip("="),)},
        {"x_gcs_keyid": ()},
        {"x_gcs_keyid": ("hook-2",)},
        {"x_gcs_keyid": ("hook-1", "hook-1")},
    ],
)
def test_a_forged_one(changes: dict[str, Sequence[str]]) -> None:
    body = event()
    with pytest.raises(ForgedPush):
        push.read("POST", headers(body, **changes), body, settings())


def test_one_changed_byte() -> None:
    body = event()
    with pytest.raises(ForgedPush, match="wrongly signed"):
        push.read("POST", headers(body), body.replace(b"1250", b"1251"), settings())


def test_without_a_key_nothing_is_believed() -> None:
    bare = replace(settings(), webhook_key_id=None, webhook_secret=None)
    with pytest.raises(ForgedPush, match="no webhook key"):
        push.read("POST", headers(event()), event(), bare)


@pytest.mark.parametrize(
    "body",
    [
        event(apiVersion="v2"),
        event(merchantId="9999"),
        event(payment=None, refund={"id": "1"}),
        event(payment={}),
        b"not JSON",
        b"[]",
        b"",
        b"\xff",
    ],
)
def test_a_signed_one_about_nothing_of_ours_is_taken_and_has_no_effect(body: bytes) -> None:
    assert push.read("POST", headers(body), body, settings()) == Push(200)


def test_a_replayed_one_is_the_same_hint_again() -> None:
    body = event()
    assert push.read("POST", headers(body), body, settings()) == push.read("POST", headers(body), body, settings())


@pytest.mark.parametrize("value", ["af5dcf28-1d11-4b3a-ae51-d6c9f1c5a8b0", "x" * 256])
def test_the_address_is_tried_by_a_get_that_wants_its_word_back(value: str) -> None:
    bare = replace(settings(), webhook_key_id=None, webhook_secret=None)
    for known in (settings(), bare):
        got = push.read("GET", {"x-gcs-webhooks-endpoint-verification": [value]}, b"", known)
        assert got == Push(200, body=value.encode(), content_type="text/plain")


@pytest.mark.parametrize("values", [(), ("a", "b"), ("",), ("x" * 257,), ("a b",), ("<script>\r\n",), ("ü",)])
def test_a_word_that_nobody_needs_is_not_sent_back(values: tuple[str, ...]) -> None:
    with pytest.raises(ForgedPush):
        push.read("GET", {"x-gcs-webhooks-endpoint-verification": values}, b"", settings())


@pytest.mark.parametrize("method", ["PUT", "HEAD", "DELETE", "post"])
def test_other_methods(method: str) -> None:
    with pytest.raises(ForgedPush):
        push.read(method, headers(event()), event(), settings())


@given(st.binary(max_size=100), st.text(max_size=60))
def test_no_guess_is_believed(body: bytes, guess: str) -> None:
    with pytest.raises(ForgedPush):
        push.read("POST", headers(body, x_gcs_signature=(guess,)), body, settings())
