"""CBTIS's notifications (`daemon.gateways.cbtis_push`): the published vector, and everything that is not it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from cbtis_provider import APIKEY, NUMBER, secrets_in, settings

from daemon.gateways import cbtis_push
from daemon.gateways.base import ForgedPush, Push, Pushed
from daemon.gateways.cbtis import CbtisGateway
from daemon.gateways.settings import Place
from daemon.secret import Secret
from daemon.timing import Schedule

# "Webhook Verify", docs.globalcbtis.com: published with this key, of no use anywhere.
VECTOR_KEY = Secret("6d0e8fa7b10c40c3a48c0c2be41cb178")
VECTOR_DIGEST = "3ce5a54d8a76590179f0f4192a6c0efddf20e118966b6276b1bfbbc0b33f362a"
VECTOR = {
    "notify_type": "refund_success",
    "data": {
        "uid": 39172931,
        "refund_id": "C34368224017070000",
        "merchant_refund_id": "P2164521756312637123",
        "order_amount": "105.00",
        "create_time": "2023-08-23T18:25:43.511Z",
        "refund_time": "2023-08-23T18:28:16.511Z",
    },
}
VECTOR_BODY = json.dumps(VECTOR, separators=(",", ":")).encode()

PAYMENT = {"notify_type": "payment_success", "data": {"order_id": "C991289984923795789123", "merchant_order_id": NUMBER}}


def body_of(fields: Any) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()


def sign(body: bytes, key: str = APIKEY) -> str:
    """The published rule once more, by hand."""
    digest = hashlib.sha256()
    digest.update(body)
    digest.update(b"." + key.encode())
    return digest.hexdigest()


def read(body: bytes, *signatures: str, method: str = "POST") -> Push:
    return cbtis_push.read(method, {"signature": list(signatures)} if signatures else {}, body, Secret(APIKEY))


def test_the_published_vector_holds() -> None:
    assert cbtis_push.signature(VECTOR_BODY, VECTOR_KEY) == VECTOR_DIGEST
    push = cbtis_push.read("POST", {"signature": [VECTOR_DIGEST]}, VECTOR_BODY, VECTOR_KEY)
    assert push == Push(200), "a refund's notification names no order of ours: it is taken, and has no effect"


@pytest.mark.parametrize("place", range(0, len(VECTOR_BODY), 17))
def test_no_byte_of_it_can_be_changed(place: int) -> None:
    changed = bytearray(VECTOR_BODY)
    changed[place] ^= 1
    with pytest.raises(ForgedPush):
        cbtis_push.read("POST", {"signature": [VECTOR_DIGEST]}, bytes(changed), VECTOR_KEY)


def test_a_payment_is_a_hint_to_ask_about_that_order() -> None:
    body = body_of(PAYMENT)
    assert read(body, sign(body)) == Push(200, NUMBER, "C991289984923795789123")
    assert read(body, f" {sign(body).upper()} ") == Push(200, NUMBER, "C991289984923795789123"), "hex has two spellings"


def test_the_same_one_again_is_taken_again() -> None:
    """It carries no time, so a replay cannot be told from a repeat; both only ask."""
    body = body_of(PAYMENT)
    assert read(body, sign(body)) == read(body, sign(body))


@pytest.mark.parametrize(
    "signatures",
    [
        (),
        ("",),
        (sign(body_of(PAYMENT), "another key"),),
        (sign(body_of(PAYMENT))[:-1],),
        (sign(body_of(PAYMENT)) + "0",),
        (sign(body_of(PAYMENT)), sign(body_of(PAYMENT))),
        (sign(body_of(PAYMENT)), "0" * 64),
        ("é" * 64,),
        ("\udcff" * 64,),
        ("０" * 64,),
        (sign(body_of(PAYMENT)[:-1]),),
        (hashlib.sha256(body_of(PAYMENT)).hexdigest(),),
        (hashlib.sha256(body_of(PAYMENT) + b".").hexdigest(),),
    ],
)
def test_what_does_not_verify_is_forged(signatures: tuple[str, ...]) -> None:
    with pytest.raises(ForgedPush) as caught:
        read(body_of(PAYMENT), *signatures)
    assert secrets_in(caught.value, repr(caught.value)) == []


def test_a_get_is_no_notification() -> None:
    with pytest.raises(ForgedPush):
        read(body_of(PAYMENT), sign(body_of(PAYMENT)), method="GET")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"\xff\xfe",
        b"[]",
        b"[" * 100_000,
        b"1" * 5000,
        body_of({"notify_type": "payment_success"}),
        body_of({"data": "x"}),
        body_of({"data": {"merchant_order_id": ["x"], "order_id": None}}),
        body_of({"data": {"merchant_order_id": "x" * 65, "order_id": "a\nb"}}),
        b'{"data":{"merchant_order_id":"A","merchant_order_id":"B"}}',
        body_of({"data": {"merchant_order_id": "", "order_id": True}}),
    ],
)
def test_a_genuine_one_that_says_nothing_is_taken_and_has_no_effect(body: bytes) -> None:
    assert read(body, sign(body)) == Push(200)


def test_a_number_may_be_a_number() -> None:
    body = body_of({"data": {"merchant_order_id": 17, "order_id": "C1"}})
    assert read(body, sign(body)) == Push(200, "17", "C1")


def test_the_gateway_reads_them_with_its_own_key() -> None:
    gateway: Pushed = CbtisGateway(settings("https://127.0.0.1:1"), Place("b", "s", "n"), Schedule())
    body = body_of(PAYMENT)
    assert gateway.read_push("POST", {"signature": [sign(body)]}, body).out_trade_no == NUMBER
    with pytest.raises(ForgedPush):
        gateway.read_push("POST", {"signature": [VECTOR_DIGEST]}, body)
