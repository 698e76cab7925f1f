"""What the merchant backend's stand-in lets in, without a network: freshness, nonces and fields."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from daemon.gateways.signing import Key, Request, sign_request
from daemon.sandbox import merchant_checks as checks
from daemon.sandbox.merchant_checks import FRESH_S, NONCE_S, Door, Refused
from daemon.secret import Secret

KEY = Key("box-1", Secret("a secret of this test"))
TODAY = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)


@pytest.fixture
def context() -> SimpleNamespace:
    """The part of a SandboxContext that a door looks at."""
    times = SimpleNamespace(now=0.0)
    return SimpleNamespace(
        merchant=SimpleNamespace(key_id="box-1", secret=KEY.secret.reveal()), wall=lambda: TODAY, now=lambda: times.now, times=times
    )


def door_of(context: Any) -> Door:
    return Door(context.merchant, context.now, context.wall)


def knock(door: Door, method: str = "POST", nonce: str = "once", late_s: int = 0) -> None:
    body = b"{}" if method == "POST" else b""
    request = Request(method, "http://127.0.0.1/merchant/v1/box-check", {"Content-Type": "application/json"}, body)
    signed = sign_request(KEY, request, created=int(TODAY.timestamp()) - late_s, nonce=nonce)
    door.admit(signed, certified=False)


@pytest.mark.parametrize("late_s", [-FRESH_S, 0, FRESH_S])
def test_a_request_of_now_comes_in(context: Any, late_s: int) -> None:
    knock(door_of(context), late_s=late_s)


@pytest.mark.parametrize(("late_s", "word"), [(FRESH_S + 1, "behind"), (-FRESH_S - 1, "ahead")])
def test_a_request_of_another_time_does_not_and_is_told_by_how_much(context: Any, late_s: int, word: str) -> None:
    with pytest.raises(Refused, match=f"clock_skew created is {FRESH_S + 1} s {word}"):
        knock(door_of(context), late_s=late_s)


def test_a_nonce_is_remembered_for_as_long_as_it_could_be_fresh(context: Any) -> None:
    assert NONCE_S >= 2 * FRESH_S
    door = door_of(context)
    knock(door)
    context.times.now = NONCE_S - 1
    with pytest.raises(Refused, match="replayed"):
        knock(door)
    context.times.now = NONCE_S
    knock(door)


def test_a_nonce_of_a_forged_request_is_not_used_up(context: Any) -> None:
    """Else anybody could keep a box out."""
    door = door_of(context)
    forged = sign_request(Key("box-1", Secret("?")), Request("POST", "http://x/", {"Content-Type": "a/b"}, b"{}"), created=0, nonce="once")
    with pytest.raises(Refused, match="unauthenticated"):
        door.admit(forged, certified=False)
    knock(door)


def test_a_get_may_come_twice(context: Any) -> None:
    door = door_of(context)
    knock(door, "GET")
    knock(door, "GET")


def test_all_wrong_fields_are_told_at_once() -> None:
    with pytest.raises(Refused) as caught:
        checks.check({"amount": -1, "currency": "CNY"}, checks.ORDER)
    assert caught.value.fields.keys() == {"out_trade_no", "amount", "store_id", "terminal_id"}


def test_fields_that_nobody_knows_are_let_pass() -> None:
    checks.check({"store_id": "", "terminal_id": "t", "new": 1}, checks.PLACE)
