"""Connect's JSON, word by word (`daemon.gateways.connect_wire`)."""

from __future__ import annotations

import json

import pytest
from connect_provider import ATTEMPT, ID, NUMBER, PLACE, answer, created, errors, payment, settings
from hypothesis import given
from hypothesis import strategies as st

from daemon.gateways import connect_wire as wire
from daemon.gateways.settings import Place
from daemon.money import Amount, Minor
from daemon.reply import Unintelligible


def test_what_creates_a_payment() -> None:
    assert json.loads(wire.create(ATTEMPT, settings(), PLACE, "203.0.113.7")) == {
        "order": {
            "amountOfMoney": {"amount": 1250, "currencyCode": "CNY"},
            "customer": {"billingAddress": {"countryCode": "CN"}},
            "references": {"merchantReference": NUMBER, "descriptor": "Green tea"},
        },
        "redirectPaymentMethodSpecificInput": {
            "paymentProductId": 863,
            "paymentProduct863SpecificInput": {"integrationType": "desktopQRCode"},
        },
        "fraudFields": {"customerIpAddress": "203.0.113.7"},
    }


def test_what_refunds_it() -> None:
    assert json.loads(wire.refund(ATTEMPT)) == {
        "amountOfMoney": {"amount": 1250, "currencyCode": "CNY"},
        "refundReferences": {"merchantReference": f"{NUMBER}R"},
    }


@pytest.mark.parametrize("number", [NUMBER, f"{NUMBER}R"])
def test_both_references_keep_within_globalcollect_s_thirty_characters(number: str) -> None:
    """And within the forty of an idempotence key."""
    assert len(number) <= 30


@pytest.mark.parametrize(
    ("description", "descriptor"),
    [("x" * 40, "x" * 32), ("", "The Tea Shop"), ("a\nb\t c\0", "a b c"), ("绿茶" * 20, "绿茶" * 16), ("\n", "The Tea Shop")],
)
def test_a_descriptor_has_one_line_of_32_characters(description: str, descriptor: str) -> None:
    body = json.loads(wire.create(ATTEMPT.but(description=description), settings(), PLACE, "::1"))
    assert body["order"]["references"]["descriptor"] == descriptor


def test_without_any_words_there_is_no_descriptor() -> None:
    body = json.loads(wire.create(ATTEMPT.but(description=""), settings(), Place("box-1", "shop-7", ""), "::1"))
    assert body["order"]["references"] == {"merchantReference": NUMBER}


@pytest.mark.parametrize(
    ("minor", "currency", "hundredths"), [(1250, "CNY", 1250), (100, "JPY", 10000), (1250, "KWD", 125), (1, "EUR", 1), (999, "HKD", 999)]
)
def test_amounts_always_have_two_decimals(minor: int, currency: str, hundredths: int) -> None:
    assert wire.hundredths(Amount(Minor(minor), currency)) == hundredths
    assert wire.minor(hundredths, currency) == minor


@pytest.mark.parametrize(("minor", "currency"), [(1251, "KWD"), (0, "CNY"), (10**12, "CNY"), (10**10, "JPY")])
def test_amounts_that_cannot_be_said(minor: int, currency: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        wire.hundredths(Amount(Minor(minor), currency))


def test_what_is_no_whole_number_of_minor_units_is_no_amount() -> None:
    assert wire.minor(10050, "JPY") is None
    assert wire.minor(None, "CNY") is None
    assert wire.minor(1250, None) is None


def test_a_payment() -> None:
    assert wire.payment(payment("CAPTURED", cancellable=False)) == wire.Money(ID, "CAPTURED", NUMBER, 1250, "CNY", "", False)


@pytest.mark.parametrize("wrong", [True, "1250", 12.5, -1, 10**12, None, [1], {"a": 1}])
def test_an_amount_that_is_none_matches_nothing(wrong: object) -> None:
    known = wire.payment(payment(amount=wrong))
    assert known is not None
    assert known.hundredths is None


@pytest.mark.parametrize("wrong", [{}, None, [], "x", 3])
def test_what_is_no_payment(wrong: object) -> None:
    assert wire.payment(wrong) is None


@pytest.mark.parametrize("wrong", ["", "a/b", "..", "a?b", "a b", "x" * 65, 5, None, "ü"])
def test_an_id_that_could_lead_elsewhere_is_none(wrong: object) -> None:
    known = wire.payment(payment(id=wrong))
    assert known is not None
    assert known.id is None
    assert not wire.is_id(wrong if isinstance(wrong, str) else None)


def test_what_is_to_be_shown() -> None:
    fields = created(qr="UVI=")
    assert wire.shown(fields) == {"QRCODE": "UVI=", "WECHAT_PAYMENTID": "wx20160101"}
    fields["merchantAction"]["actionType"] = "REDIRECT"
    assert wire.shown(fields) == {}


@pytest.mark.parametrize("data", [None, {}, "x", [None, 3, {"key": 1, "value": "x"}, {"key": "QRCODE"}, {"value": "x"}]])
def test_showdata_of_another_form_is_nothing(data: object) -> None:
    assert wire.shown({"merchantAction": {"actionType": "SHOW_FORM", "showData": data}}) == {}


def test_an_error_s_code_and_words() -> None:
    two = {"errors": [{"code": "21000020", "message": "VALUE"}, {"code": "x y", "message": "code 130000000000000017"}]}
    heard = wire.hear(answer(two, 400))
    assert (heard.code, heard.codes) == ("21000020", ["21000020"])
    assert heard.text == "21000020: VALUE; x y: code 13…17"
    assert wire.hear(answer({}, 503)).code == "503"
    assert wire.hear(answer(errors("9999"), 500)).succeeded is False


@pytest.mark.parametrize(
    ("body", "status", "content_type"),
    [
        (b"<html>", 404, "text/html"),
        (b"{}", 200, "text/plain"),
        (b"{}", 200, ""),
        (b"", 200, "application/json"),
        (b"[]", 200, "application/json"),
        (b"{", 200, "application/json"),
        (b'{"a": 1, "a": 2}', 200, "application/json"),
        (b'{"a": "\xff"}', 200, "application/json"),
        (b"[" * 100_000, 200, "application/json"),
        (b'{"a": ' + b"1" * 5000 + b"}", 200, "application/json"),
        (b"{}", 302, "application/json"),
    ],
)
def test_what_is_no_message(body: bytes, status: int, content_type: str) -> None:
    with pytest.raises(Unintelligible):
        wire.hear(answer(body, status, content_type))


@pytest.mark.parametrize("content_type", ["application/json;charset=UTF-8", "Application/JSON"])
def test_what_is_one_all_the_same(content_type: str) -> None:
    assert wire.hear(answer(b"\xef\xbb\xbf{}", 200, content_type)).succeeded


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "status",
                        "paymentOutput",
                        "statusOutput",
                        "references",
                        "amountOfMoney",
                        "amount",
                        "merchantReference",
                        "isCancellable",
                        "errors",
                        "merchantAction",
                        "showData",
                        "actionType",
                    ]
                ),
                inner,
                max_size=4,
            )
            | st.lists(inner, max_size=3)
        ),
        max_leaves=20,
    )
)
def test_any_json_is_read_without_harm(value: object) -> None:
    wire.payment(value)
    wire.refunded(value)
    if isinstance(value, dict):
        wire.shown(value)
        assert wire.Heard(200, value).text == wire.Heard(200, value).text[:200]
