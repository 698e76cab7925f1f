"""What CBTIS's bytes say (`daemon.gateways.cbtis_wire`): decimal amounts, nine-digit fractions, envelopes, and what is none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import hypothesis
import pytest
from cbtis_provider import ATTEMPT, CREATED, PLACE, QR, RID, SECRET, envelope, settings
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from daemon.gateways import cbtis_wire as wire
from daemon.gateways.client import Answer
from daemon.gateways.settings import Place
from daemon.money import Amount, Minor, exponent
from daemon.reply import Unintelligible
from daemon.secret import Secret


def answer(body: Any, status: int = 200) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, CIMultiDictProxy(CIMultiDict[str]()), raw)


# -- amounts --


@pytest.mark.parametrize(
    ("currency", "minor", "text"),
    [
        ("HKD", 1250, "12.50"),
        ("CNY", 1, "0.01"),
        ("TWD", 5000, "50.00"),
        ("JPY", 1250, "1250"),
        ("KWD", 1250, "1.250"),
        ("USD", 100, "1.00"),
    ],
)
def test_an_amount_has_its_currency_s_decimals(currency: str, minor: int, text: str) -> None:
    body = json.loads(wire.create_body(ATTEMPT.but(amount=Amount(Minor(minor), currency)), settings("u"), PLACE))
    assert (body["amount"], body["currency"]) == (text, currency)
    assert wire.minor_of(text, currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("50", "HKD", 5000),
        ("50.0", "HKD", 5000),
        ("50.00", "HKD", 5000),
        ("50.000000", "HKD", 5000),
        (50, "HKD", 5000),
        (Decimal("50.00"), "HKD", 5000),
        (Decimal("12.5"), "HKD", 1250),
        ("1250", "JPY", 1250),
        ("1250.00", "JPY", 1250),
        ("12.505", "HKD", None),
        ("12.5", "JPY", None),
        ("12.", "HKD", None),
        (".5", "HKD", None),
        ("1e3", "HKD", None),
        (Decimal("1E+3"), "HKD", None),
        ("-50", "HKD", None),
        ("+50", "HKD", None),
        (" 50", "HKD", None),
        ("５０", "HKD", None),
        ("50,00", "HKD", None),
        ("", "HKD", None),
        (None, "HKD", None),
        (True, "HKD", None),
        (["50"], "HKD", None),
        ("9" * 5000, "HKD", None),
        (10**4000, "HKD", None),
    ],
)
def test_an_amount_that_comes_back(amount: object, currency: str, minor: int | None) -> None:
    assert wire.minor_of(amount, currency) == minor


@given(st.integers(1, 10**11), st.sampled_from(["HKD", "JPY", "KWD", "TWD", "CNY"]))
def test_every_amount_comes_back_as_it_went(minor: int, currency: str) -> None:
    text = Amount(Minor(minor), currency).decimal
    assert wire.minor_of(text, currency) == minor
    assert wire.minor_of(f"{text}00" if exponent(currency) else text, currency) == minor


# -- times --


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-08-31T04:44:05.928696203+08:00", datetime(2023, 8, 30, 20, 44, 5, 928696, UTC)),
        ("2023-08-31T04:44:05.9+08:00", datetime(2023, 8, 30, 20, 44, 5, 900000, UTC)),
        ("2023-08-31T04:44:05Z", datetime(2023, 8, 31, 4, 44, 5, 0, UTC)),
        ("2023-08-31T04:44:05.928696203", None),
        ("2023-08-31T04:44:05.9286962031+08:00", None),
        ("2023-08-31T04:44:60+08:00", None),
        ("2023-02-30T04:44:05Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1693428245, None),
    ],
)
def test_times_have_nine_digits_of_a_fraction_and_a_zone(text: object, moment: datetime | None) -> None:
    assert wire.moment(text) == moment


# -- what is sent --


def test_a_create_for_wechat() -> None:
    assert json.loads(wire.create_body(ATTEMPT, settings("u"), PLACE)) == {
        "amount": "12.50",
        "currency": "HKD",
        "merchant_order_id": ATTEMPT.out_trade_no,
        "payment_method": {"type": "wechat", "wechat": {"flow": "qrcode"}},
        "description": "Green tea",
    }


def test_a_create_for_alipay_with_all_that_may_be_said() -> None:
    more = settings(
        "u",
        type="alipayhk",
        flow="csb_qrcode",
        payment_method="ALIPAYCN",
        settlement_currency="USD",
        notify_url="https://shop.example/v1/notify/cbtis",
    )
    body = json.loads(wire.create_body(ATTEMPT, more, PLACE))
    assert body["payment_method"] == {"type": "alipayhk", "alipayhk": {"flow": "csb_qrcode", "payment_method": "ALIPAYCN"}}
    assert (body["settlement_currency"], body["notify_url"]) == ("USD", "https://shop.example/v1/notify/cbtis")


@pytest.mark.parametrize(
    ("description", "sent"),
    [
        ("", "The Tea Shop"),
        ("  \r\n ", "The Tea Shop"),
        ("a" * 300, "a" * 128),
        ("茶\x00\x1b[2J\ncake", "茶 [2J cake"),
        ("\ud800", "The Tea Shop"),
    ],
)
def test_a_description_is_one_line_of_bounded_length_and_never_missing(description: str, sent: str) -> None:
    assert json.loads(wire.create_body(ATTEMPT.but(description=description), settings("u"), PLACE))["description"] == sent
    nameless = json.loads(wire.create_body(ATTEMPT.but(description=""), settings("u"), Place("b", "s", "")))
    assert nameless["description"] == "Payment"


def test_a_query_names_one_number_only() -> None:
    assert json.loads(wire.query_body("A1")) == {"merchant_order_id": "A1"}


# -- what comes back --


def test_an_envelope() -> None:
    heard = wire.hear(answer(envelope(CREATED)), ())
    assert (heard.status, heard.ok, heard.code, heard.text, heard.rid) == (200, True, "0", "ok", RID)
    order = wire.parse_order(heard.data)
    assert (order.number, order.order_id, order.status, order.qr) == (CREATED["merchant_order_id"], "C991289984923795789123", "PENDING", QR)


@pytest.mark.parametrize("code", [0, "0"])
def test_a_zero_is_all_well_as_number_or_text(code: object) -> None:
    assert wire.hear(answer(envelope(CREATED, code)), ()).ok


@pytest.mark.parametrize("status", [200, 201, 400, 404, 409, 500, 503])
def test_another_code_is_an_error_under_every_http_status(status: int) -> None:
    heard = wire.hear(answer(envelope(None, 40001, "no"), status), ())
    assert (heard.ok, heard.code, heard.status, heard.data) == (False, "40001", status, {})


HOSTILE: dict[str, tuple[int, Any]] = {
    "empty": (200, b""),
    "page": (200, b"<html><body>hello</body></html>"),
    "half": (200, json.dumps(envelope(CREATED)).encode()[:100]),
    "not UTF-8": (200, json.dumps(envelope(CREATED)).encode()[:-1] + b"\xff}"),
    "array": (200, b"[]"),
    "text": (200, b'"ok"'),
    "no code": (200, {"data": CREATED}),
    "code null": (200, envelope(CREATED, None)),
    "code true": (200, envelope(CREATED, True)),
    "code false": (200, envelope(CREATED, False)),
    "code 0.0": (200, envelope(CREATED, 0.0)),
    "code huge": (200, b'{"code": 1' + b"0" * 5000 + b"}"),
    "code empty": (200, envelope(CREATED, "")),
    "code object": (200, envelope(CREATED, {})),
    "no data": (200, envelope(None)),
    "data is text": (200, {"code": 0, "data": "PENDING"}),
    "well, but 500": (500, envelope(CREATED)),
    "well, but 302": (302, envelope(CREATED)),
    "well, but 401": (401, envelope(CREATED)),
    "NaN": (200, b'{"code": 0, "data": {"amount": NaN}}'),
    "an exponent beyond Decimal's": (200, b'{"code": 0, "data": {"amount": 1e9999999999999999999}}'),  # found by fuzzing
    "deep": (200, b'{"code":' + b"[" * 50_000),
    "twice": (200, b'{"code": 0, "code": 1, "data": {}}'),
    "twice inside": (200, b'{"code": 0, "data": {"status": "PENDING", "status": "SUCCEEDED"}}'),
}


@pytest.mark.parametrize(("status", "body"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_envelope_proves_nothing(status: int, body: Any) -> None:
    with pytest.raises(Unintelligible) as caught:
        wire.hear(answer(body, status), ())
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None, "the context would hold the body"


def test_a_byte_order_mark_is_suffered() -> None:
    assert wire.hear(answer(b"\xef\xbb\xbf" + json.dumps(envelope(CREATED)).encode()), ()).ok


def test_no_secret_is_left_in_its_words() -> None:
    """However it is quoted, and payers' codes neither."""
    said = f"bad {SECRET} {wire.quote(SECRET, safe='')} 1300000000000000{17}\x1b"
    heard = wire.hear(answer(envelope(None, SECRET, said)), (Secret(SECRET),))
    assert SECRET not in repr(heard)
    assert "made%2Bup" not in repr(heard)
    assert heard.text == "bad *** *** 13…17"
    assert heard.code == "***"


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80)


@hypothesis.settings(max_examples=60)
@given(st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=5))
def test_nothing_that_json_can_hold_breaks_the_reading_of_an_order(value: Any) -> None:
    for name in ("merchant_order_id", "order_id", "amount", "currency", "status", "uid", "pay_time", "next_action"):
        order = wire.parse_order({**CREATED, name: value})
        wire.minor_of(order.amount, "HKD")
    wire.parse_order({**CREATED, "next_action": {"type": value, "qrcode_url": value, "url": value}})


@pytest.mark.parametrize(
    ("action", "qr"),
    [
        ({"type": "render_qrcode", "qrcode_url": QR}, QR),
        ({"type": "render_qrcode", "url": QR}, QR),
        ({"type": "render_qrcode", "qrcode_url": QR, "url": "https://other.example"}, QR),
        ({"type": "render_qrcode", "qrcode_url": "", "url": QR}, QR),
        ({"type": "render_qrcode", "qrcode_url": None, "url": QR}, QR),
        ({"qrcode_url": QR}, QR),
        ({"type": "redirect", "url": QR}, None),
        ({"type": "call_sdk", "url": QR}, None),
        ({"type": "render_qrcode"}, None),
        ({"type": "render_qrcode", "qrcode_url": "  "}, None),
        ({"type": "render_qrcode", "qrcode_url": "a\nb"}, None),
        ({"type": "render_qrcode", "qrcode_url": "x" * 2953}, "x" * 2953),
        ({"type": "render_qrcode", "qrcode_url": "x" * 2954}, None),
        ({"type": "render_qrcode", "qrcode_url": "\ud800"}, None),
        (None, None),
        ("render_qrcode", None),
    ],
)
def test_where_the_text_of_the_qr_code_is(action: object, qr: str | None) -> None:
    assert wire.parse_order({**CREATED, "next_action": action}).qr == qr
