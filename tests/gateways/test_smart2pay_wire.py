"""GlobalPay's JSON: what is written to the letter, and how leniently it is read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smart2pay_samples import ALIPAY, ATTEMPT, KEY, NUMBER, PAGE, PLACE, QR, SETTINGS, body, payment

from daemon.gateways import smart2pay_wire as wire
from daemon.gateways.settings import Place
from daemon.money import Amount, Minor


def asked(attempt: Any = ATTEMPT, settings: Any = SETTINGS, place: Place = PLACE) -> Any:
    return json.loads(wire.payment(attempt, settings, place))["Payment"]


def read(value: object) -> wire.Record:
    return wire.record(wire.parse(body("Payment", value)), "Payment")


# -- out --


def test_the_authorization_of_the_facts_made_up_vector() -> None:
    """The key's plus, slash and equals sign go in as they are."""
    assert wire.authorization(SETTINGS) == "Basic MzAyMDE6ayt5LzA9"
    assert KEY not in repr(SETTINGS)


def test_a_wechat_payment_on_the_wire() -> None:
    assert asked() == {
        "MerchantTransactionID": NUMBER,
        "Amount": 1250,
        "Currency": "CNY",
        "MethodID": 1066,
        "ReturnURL": "https://shop.example/thanks",
        "TokenLifetime": 10,
        "Customer": {"Email": "till@shop.example"},
        "BillingAddress": {"Country": "CN"},
        "Description": "Green tea",
        "Details": {"IsOffline": True, "StoreName": "Palace Mall", "StoreId": "ZA2345", "TerminalID": "T8999"},
    }


def test_wechat_s_details_can_be_left_out_as_in_its_sample() -> None:
    assert "Details" not in asked(settings=replace(SETTINGS, is_offline=False))


def test_an_alipay_payment_says_where_the_box_stands() -> None:
    fields = asked(settings=ALIPAY)
    assert fields["MethodID"] == 24
    assert fields["Details"] == {"IsOffline": True, "StoreName": "Palace Mall", "StoreId": "ZA2345", "TerminalID": "T8999"}


def test_what_belongs_to_the_old_form_protocol_is_never_sent() -> None:
    text = wire.payment(ATTEMPT, SETTINGS, PLACE).decode()
    assert not [word for word in ("SkipHPP", "CustomerEmail", "Hash") if word in text]


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("茶" * 60, "茶" * 50),
        ("😀" * 30, "😀" * 25),
        ("a\n b\x00\x1b c", "a b c"),
        ("\ud800x", "x"),
        ("", None),
    ],
)
def test_names_are_cleaned_and_cut_as_the_server_counts(text: str, sent: str | None) -> None:
    assert asked(place=Place("T", "S", text))["Details"].get("StoreName") == sent


def test_a_long_description_is_cut_and_an_empty_one_left_out() -> None:
    assert len(asked(ATTEMPT.but(description="x" * 400))["Description"]) == 255
    assert "Description" not in asked(ATTEMPT.but(description=" \n"))


def test_a_refund_on_the_wire() -> None:
    assert json.loads(wire.refund(ATTEMPT)) == {"Refund": {"MerchantTransactionID": f"{NUMBER}R", "Amount": 1250}}


@pytest.mark.parametrize(
    ("minor", "currency", "hundredths"),
    [(1, "CNY", 1), (1154, "EUR", 1154), (100, "JPY", 10_000), (1_250, "KWD", 125), (999_999_999_999, "CNY", 999_999_999_999)],
)
def test_amounts_have_two_decimals_whatever_the_currency(minor: int, currency: str, hundredths: int) -> None:
    assert wire.hundredths(Amount(Minor(minor), currency)) == hundredths
    assert wire.minor(hundredths, currency) == minor


@pytest.mark.parametrize(("minor", "currency"), [(1_251, "KWD"), (10**12, "CNY"), (10**10, "JPY"), (0, "CNY"), (-5, "CNY")])
def test_amounts_that_cannot_be_said_are_not_sent(minor: int, currency: str) -> None:
    amount = Amount(Minor(minor), currency)
    with pytest.raises(ValueError, match="cannot be written"):
        wire.hundredths(amount)


def test_hundredths_that_are_no_whole_minor_units_are_no_amount() -> None:
    assert wire.minor(10_001, "JPY") is None
    assert wire.minor(None, "CNY") is None


# -- in --


def test_a_payment_as_it_is_created() -> None:
    record = read(payment())
    assert (record.id, record.number, record.hundredths, record.currency) == ("4116540", NUMBER, 1250, "CNY")
    assert (record.site_id, record.status, record.reasons) == ("30201", 1, ())
    assert (record.qr, record.redirect_url) == (QR, PAGE)


@pytest.mark.parametrize("amount", [1250, "1250"])
def test_an_amount_is_read_as_number_and_as_text(amount: object) -> None:
    assert read(payment(Amount=amount)).hundredths == 1250


@pytest.mark.parametrize(
    "amount", ["12.50", 12.5, 1250.0, "-1250", -1250, "１２５０", "", None, True, [1250], "1" * 13, 10**13, "0x4e2", " 1"]
)
def test_an_amount_that_is_none_is_none(amount: object) -> None:
    assert read(payment(Amount=amount)).hundredths is None


@pytest.mark.parametrize(
    ("reasons", "found"),
    [
        (None, ()),
        ([], ()),
        ([{"Code": 2, "Info": "wrong"}], (("2", "wrong"),)),
        ([{"Code": "2206", "Info": None}], (("2206", ""),)),
        ([{"Code": 2}, 7, {"Info": "x"}], (("2", ""), ("?", ""), ("?", "x"))),
        ({"Code": 2}, ()),
        ("2", ()),
    ],
)
def test_reasons_come_as_null_as_nothing_and_as_a_list(reasons: object, found: object) -> None:
    assert read(payment(Status={"ID": None, "Reasons": reasons})).reasons == found


def test_the_reasons_are_bounded_and_hold_no_code_of_a_payer() -> None:
    record = read(payment(Status={"ID": 4, "Reasons": [{"Code": 2, "Info": "130000000000000017"}] * 50}))
    assert len(record.reasons) == 8
    assert "130000000000000017" not in record.text


@pytest.mark.parametrize("status", [None, [], "Open", {}, {"ID": None}, {"ID": "x"}, {"ID": True}, {"ID": 2.0}])
def test_a_status_that_is_none_is_none(status: object) -> None:
    assert read(payment(Status=status)).status is None


def test_a_status_may_be_text() -> None:
    assert read(payment("2")).status == 2


@pytest.mark.parametrize("text", ["", " ", None, 7, "x" * 513, "a b", "a\x00b", "a\nb", ["x"]])
def test_a_qr_code_of_nothing_usable_is_none(text: object) -> None:
    assert read(payment(ReferenceDetails={"QRCodeURL": text})).qr is None
    assert read(payment(RedirectURL=text)).redirect_url is None


@pytest.mark.parametrize("name", ["ID", "MerchantTransactionID", "Currency", "SiteID", "ReferenceDetails", "Status"])
@pytest.mark.parametrize("value", [None, {}, [], "\x00", "x" * 99, -1, True])
def test_a_field_of_the_wrong_form_costs_only_itself(name: str, value: object) -> None:
    record = read(payment(**{name: value}))
    assert record.hundredths == 1250


def test_a_record_shows_neither_qr_code_nor_token() -> None:
    assert QR not in repr(read(payment()))
    assert "PaymentToken" not in repr(read(payment()))


@pytest.mark.parametrize(
    "text",
    [b"", b"null", b"[]", b"7", b"{", b"\xff", b"<html>", b'{"Payment":{},"Payment":{}}', b"[" * 100_000, b'{"a":' + b"9" * 5000 + b"}"],
)
def test_what_is_no_object_is_refused_without_being_repeated(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        wire.parse(text)
    assert len(str(caught.value)) < 200


def test_a_byte_order_mark_is_suffered() -> None:
    assert wire.parse(b"\xef\xbb\xbf{}") == {}


@pytest.mark.parametrize("value", [None, [], "x", 7])
def test_a_root_that_is_missing_or_wrong_is_said(value: object) -> None:
    for name in ("Payment", "Payments"):
        with pytest.raises(ValueError, match="there is no"):
            wire.record({"Payment": value}, name)
    with pytest.raises(ValueError, match="there is no list"):
        wire.records({"Payments": value if value != [] else [7]}, "Payments")


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*payment(), "Code", "Info", "Reasons", "QRCodeURL"]), inner, max_size=8),
    ),
    max_leaves=30,
)


@given(JSON)
def test_whatever_comes_is_a_record_or_a_value_error(value: object) -> None:
    try:
        record = read(value)
    except ValueError:
        return
    assert record.hundredths is None or 0 <= record.hundredths < 10**12
