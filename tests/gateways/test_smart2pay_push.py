"""GlobalPay's notifications: believed for who sends them, and for nothing but the order's number."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from smart2pay_samples import KEY, NUMBER, SETTINGS, body, payment, refund

from daemon.gateways import smart2pay_push as push
from daemon.gateways.base import ForgedPush, Push
from daemon.secret import Secret

OURS = "Basic MzAyMDE6ayt5LzA9"


def read(what: bytes, *authorization: str, method: str = "POST", settings: Any = SETTINGS) -> Push:
    headers = {"host": ["box"], **({"authorization": list(authorization)} if authorization else {})}
    return push.read(method, headers, what, settings)


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("status", [1, 2, 3, 4, 5, None, 99])
def test_a_payment_s_notification_names_the_order_and_is_answered_204(status: int | None) -> None:
    """Whatever it says of the order: the query asks."""
    assert read(body("Payment", payment(status)), OURS) == Push(204, NUMBER, "4116540")


def test_a_refund_s_notification_names_the_payment() -> None:
    assert read(body("Refund", refund(2)), OURS) == Push(204, None, "4116540")


@pytest.mark.parametrize("name", ["Preapproval", "Dispute", "Payout"])
def test_what_is_about_none_of_our_orders_is_taken(name: str) -> None:
    assert read(body(name, {"ID": 7}), OURS) == Push(204)


@pytest.mark.parametrize(
    "what", [b"", b"{", b"[]", b"\xff", b'{"Other":{}}', b'{"Payment":null}', b'{"Payment":[]}', b'{"Payment":1,"Payment":2}']
)
def test_what_cannot_be_read_is_answered_400_for_the_provider_to_see(what: bytes) -> None:
    assert read(what, OURS) == Push(400)


def test_numbers_that_could_be_none_of_ours_are_no_hint() -> None:
    odd = payment(ID="../7", MerchantTransactionID="x' OR 1")
    assert read(body("Payment", odd), OURS) == Push(204, None, None)


@pytest.mark.parametrize(
    "authorization",
    [
        (),
        ("",),
        ("Basic",),
        ("Basic ",),
        (basic("30201:wrong"),),
        (basic("30202:" + KEY),),
        (basic("30201:" + KEY + " "),),
        (basic("30201"),),
        (basic(""),),
        (OURS + "AA",),
        (OURS[:-2],),
        ("Basic MzAyMDE6ayt5LzA9\u00e9",),
        ("Basic !!!!",),
        ("Bearer MzAyMDE6ayt5LzA9",),
        ("MzAyMDE6ayt5LzA9",),
        (OURS, OURS),
        (OURS, basic("30201:wrong")),
    ],
)
def test_a_notification_without_our_very_credentials_once_is_forged(authorization: tuple[str, ...]) -> None:
    with pytest.raises(ForgedPush) as caught:
        read(body("Payment", payment(2)), *authorization)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "post"])
def test_only_a_post_notifies(method: str) -> None:
    with pytest.raises(ForgedPush):
        read(body("Payment", payment(2)), OURS, method=method)


def test_the_scheme_s_name_does_not_mind_case_and_a_key_may_be_any_text() -> None:
    assert read(body("Payment", payment()), OURS.replace("Basic", "basic")).status == 204
    odd = replace(SETTINGS, api_key=Secret("ké:y"))
    assert read(body("Payment", payment()), basic("30201:ké:y"), settings=odd).status == 204
