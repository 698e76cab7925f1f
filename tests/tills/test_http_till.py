"""A till's JSON becomes a request, or every wrong field is named; a payment becomes the till's JSON."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.money import Amount, Minor
from daemon.payment import Attempt, Errand, Mode, OutTradeNo, Payment, Reason, Ref, State
from daemon.tills.base import Request
from daemon.tills.http import Invalid, Terms, parse_request, payment_json

TERMS = Terms("CNY", 50_000)
NOON = "2025-03-01T12:00:00Z"


def parse(body, ref="A-17", terms=TERMS):
    return parse_request(ref, body, "counter", terms)


def wrong(body, ref="A-17"):
    with pytest.raises(Invalid) as caught:
        parse(body, ref)
    return caught.value.fields


def test_an_amount_is_all_a_till_must_say():
    assert parse({"amount": 1250}) == Request(Ref("A-17"), "counter", Amount(Minor(1250), "CNY"), Mode.SCAN, None, "", None)


def test_everything_it_may_say():
    body = {"amount": 1, "currency": "CNY", "mode": "show", "scheme": "alipay", "description": "茶 ×2 ☕", "ttl_s": 0.5}
    assert parse(body) == Request(Ref("A-17"), "counter", Amount(Minor(1), "CNY"), Mode.SHOW, "alipay", "茶 ×2 ☕", 0.5)


def test_a_field_left_out_and_its_default_are_the_same_request():
    assert parse({"amount": 5}) == parse({"amount": 5, "currency": "CNY", "mode": "scan", "description": ""})
    assert parse({"amount": 5, "ttl_s": 60}) == parse({"amount": 5, "ttl_s": 60.0})


@pytest.mark.parametrize("amount", [1, 50_000])
def test_amounts_up_to_the_limits(amount):
    assert parse({"amount": amount}).amount.minor == amount


@pytest.mark.parametrize(
    "amount", [0, -1, 50_001, 10**30, 12.0, 12.5, 1e3, float("inf"), "1250", "", True, False, None, [1250], {"minor": 1250}]
)
def test_no_other_amount_can_be_sold(amount):
    assert "whole number from 1 to 50000" in wrong({"amount": amount})["amount"]


def test_a_missing_amount_is_named():
    assert "missing" in wrong({})["amount"]


@pytest.mark.parametrize("currency", ["EUR", "cny", "", None, 156, "CNYX"])
def test_another_currency_is_refused(currency):
    assert '"CNY" only' in wrong({"amount": 5, "currency": currency})["currency"]


@pytest.mark.parametrize("mode", ["Scan", "qr", "", None, 1, ["scan"], {}])
def test_a_mode_is_scan_or_show(mode):
    assert '"scan"' in wrong({"amount": 5, "mode": mode})["mode"]


@pytest.mark.parametrize("scheme", ["", "WeChat", "we chat", "x" * 33, None, 10, "1st", "微信"])
def test_a_scheme_is_the_name_of_one(scheme):
    assert "[routes]" in wrong({"amount": 5, "scheme": scheme})["scheme"]


def test_a_description_of_128_characters_of_any_script():
    assert parse({"amount": 5, "description": "茶" * 128}).description == "茶" * 128
    assert "129 characters" in wrong({"amount": 5, "description": "茶" * 129})["description"]


@pytest.mark.parametrize("description", ["a\nb", "a\tb", "\x00", "\x7f", "\x85", "\ud800", "\u2028", "\ufffe", 5, None, ["tea"]])
def test_a_description_is_plain_text_on_one_line(description):
    assert "description" in wrong({"amount": 5, "description": description})


@pytest.mark.parametrize("ttl_s", [0, -1, 0.0, 3600.5, 10**19, float("inf"), float("nan"), "60", True, None, [60]])
def test_a_time_to_live_is_seconds_within_an_hour(ttl_s):
    assert "3600" in wrong({"amount": 5, "ttl_s": ttl_s})["ttl_s"]


@pytest.mark.parametrize("ref", ["a", "x" * 64, "A-17_b.c", "0", ".."])
def test_refs(ref):
    assert parse({"amount": 5}, ref).ref == ref


@pytest.mark.parametrize("ref", ["", "x" * 65, "a b", "a/b", "a\n", "é", "１", "a:b"])
def test_other_refs_are_named_too(ref):
    assert list(wrong({"amount": 5}, ref)) == ["ref"]


def test_an_unknown_field_is_named_with_the_known_ones():
    assert "ttl_s" in wrong({"amount": 5, "ttl": 60})["ttl"]


def test_many_unknown_fields_are_not_all_told_and_none_tells_a_payers_code():
    fields = wrong({"amount": 5, **{f"field{number}": 1 for number in range(1000)}})
    assert len(fields) == 10
    assert list(wrong({"amount": 5, "130000000000000017": 1})) == ["13…17"]


def test_every_wrong_field_is_named_at_once():
    body = {"amount": "5", "currency": "EUR", "mode": 1, "scheme": 1, "description": 1, "ttl_s": 0, "more": 1}
    assert set(wrong(body, "no ref")) == {*body, "ref"}


def test_no_value_is_ever_quoted():
    values = {
        "amount": "130000000000000017",
        "currency": "130000000000000017",
        "mode": "130000000000000017",
        "scheme": "130000000000000017 ",
    }
    with pytest.raises(Invalid) as caught:
        parse(values)
    assert "13000000" not in str(caught.value.fields) + str(caught.value)


@given(
    st.dictionaries(
        st.sampled_from(["amount", "currency", "mode", "scheme", "description", "ttl_s"]),
        st.none() | st.integers() | st.floats() | st.text(),
    )
)
def test_whatever_it_says_a_request_is_within_the_boxs_terms_or_refused(body):
    try:
        request = parse(body)
    except Invalid:
        return
    assert 1 <= request.amount.minor <= 50_000
    assert request.amount.currency == "CNY"


# -- the payment


def a_payment(state, reason=None, **more):
    return Payment(Ref("A-17"), "counter", Amount(Minor(1250), "CNY"), Mode.SCAN, state, NOON, NOON, reason=reason, **more)


def test_a_payment_has_these_names_and_no_others():
    attempt = Attempt(OutTradeNo("T1"), "bank", "wechat", Amount(Minor(1250), "CNY"), State.PAID, 1.0, trade_no="42", errand=Errand.NONE)
    told = payment_json(a_payment(State.PAID, attempts=(attempt,), paid_at=NOON))
    assert told == {
        "ref": "A-17",
        "amount": 1250,
        "currency": "CNY",
        "mode": "scan",
        "state": "paid",
        "final": True,
        "reason": None,
        "attempts": [{"out_trade_no": "T1", "gateway": "bank", "scheme": "wechat", "trade_no": "42", "state": "paid", "reason": None}],
        "created_at": NOON,
        "updated_at": NOON,
        "paid_at": NOON,
    }


@pytest.mark.parametrize("state", list(State))
def test_there_is_a_reason_in_every_final_state_but_paid_and_in_doubt(state):
    told = payment_json(a_payment(state, Reason("NOTENOUGH", "余额不足")))
    has_one = state is State.IN_DOUBT or (state.is_final and state is not State.PAID)
    assert told["reason"] == ({"code": "NOTENOUGH", "text": "余额不足"} if has_one else None)
    assert told["final"] is state.is_final


@pytest.mark.parametrize("state", [State.CANCELLED, State.REVOKED, State.IN_DOUBT])
def test_even_where_nobody_gave_one(state):
    assert payment_json(a_payment(state))["reason"] == {"code": state.value, "text": ""}
