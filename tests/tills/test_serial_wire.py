"""A line becomes a message or one error that names what is wrong: `daemon.tills.serial_wire`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.money import Amount, Minor
from daemon.payment import Mode, Ref
from daemon.tills import serial_wire as wire
from daemon.tills.base import Busy, Conflict, Ended, NotReady, NotStorable, Request
from daemon.tills.http import Terms
from daemon.tills.serial_frames import Overlong, crc16, frame
from hw.till_line import KEPT_BYTES

TERMS = Terms("CNY", 50_000)
STRICT = wire.Reader("counter", TERMS)
LENIENT = wire.Reader("counter", TERMS, crc_required=False)


def line(**message: Any) -> bytes:
    return frame(message).rstrip(b"\n")


def read(**message: Any) -> wire.Message:
    return STRICT.read(line(**message))


def refusal(raw: bytes | Overlong, reader: wire.Reader = STRICT) -> wire.Refused:
    with pytest.raises(wire.Refused) as caught:
        reader.read(raw)
    return caught.value


def wrong(**message: Any) -> dict[str, str]:
    error = refusal(line(**message))
    assert error.code == "invalid"
    fields: dict[str, str] = error.more["fields"]
    return fields


def five(**more: Any) -> Request:
    return Request(Ref("A-17"), "counter", Amount(Minor(5), "CNY"), **more)


def test_an_amount_and_a_ref_are_all_that_a_till_must_say() -> None:
    assert read(t="pay", ref="A-17", amt=5) == wire.Pay(five())


def test_everything_that_it_may_say() -> None:
    said = {"v": 1, "t": "pay", "ref": "A-17", "amt": 5, "cur": "CNY", "ttl": 60, "mode": "show", "scheme": "alipay", "description": "茶"}
    assert read(**said) == wire.Pay(five(mode=Mode.SHOW, scheme="alipay", description="茶", ttl_s=60.0))


def test_the_other_messages() -> None:
    assert read(t="got", seq=17) == read(v=1, t="got", seq=17, ref="A-17") == wire.Got(17)
    assert read(t="status", ref="A-17") == wire.Status(Ref("A-17"))
    assert read(t="cancel", ref="A-17") == wire.Cancel(Ref("A-17"))
    assert read(t="last") == wire.Last()
    assert read(v=1, t="hello") == wire.Hello()


@pytest.mark.parametrize("amt", [0, -1, 50_001, 10**30, 12.0, "1250", True, None, [5]])
def test_no_other_amount_can_be_sold(amt: Any) -> None:
    assert "whole number from 1 to 50000" in wrong(t="pay", ref="A-17", amt=amt)["amt"]


def test_every_wrong_field_is_named_as_this_line_names_it() -> None:
    fields = wrong(v=2, t="pay", ref="no ref", amt=1.5, cur="EUR", ttl=-1, mode="qr", scheme="?", description=5, amount=5, ttl_s=3)
    assert set(fields) == {"v", "ref", "amt", "cur", "ttl", "mode", "scheme", "description", "amount", "ttl_s"}
    assert fields["amount"] == "unknown; expected only v, t, ref, amt, cur, ttl, mode, scheme, description"
    assert set(wrong(t="pay")) == {"ref", "amt"}
    assert set(wrong(t="pay", ref=5, amt=5)) == {"ref"}


def test_the_refs_of_the_plain_form_belong_to_the_box() -> None:
    assert "belongs to the box" in wrong(t="pay", ref="plain-1", amt=5)["ref"]


@pytest.mark.parametrize("seq", [-1, 1.0, "1", True, None, 2**63])
def test_a_seq_is_a_number_that_an_end_may_have_borne(seq: Any) -> None:
    assert set(wrong(t="got", seq=seq)) == {"seq"}
    assert set(wrong(t="got")) == {"seq"}


def test_wrong_fields_of_the_other_messages_are_named() -> None:
    assert set(wrong(t="status")) == {"ref"}
    assert set(wrong(t="cancel", ref="A 17", x=1)) == {"ref", "x"}
    assert set(wrong(t="last", ref="A-17")) == {"ref"}
    assert set(wrong(t="hello", v=True)) == {"v"}


@pytest.mark.parametrize("t", ["sell", "PAY", "", None, 5, ["pay"], {}])
def test_an_unknown_kind_is_told_the_known_ones(t: Any) -> None:
    assert wrong(t=t) == {"t": "expected one of pay, got, status, cancel, last, hello"}


def test_an_error_bears_the_ref_that_it_is_about_where_it_can() -> None:
    assert refusal(line(t="pay", ref="A-17")).message["ref"] == "A-17"
    assert "ref" not in refusal(line(t="pay", ref="A 17")).message


def test_names_of_fields_are_masked() -> None:
    assert list(wrong(t="hello", **{"130000000000000017": 1})) == ["13?17"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (Overlong(), "too_long"),
        (b'{"t":"hello"}*0000', "bad_crc"),
        (b'{"t":"hello"}*12', "bad_crc"),
        (b'{"t":"hello"}', "no_crc"),
        (b"PAY 12.50", "no_crc"),
        (b"hello", "no_crc"),
        (b"\xff\x00", "no_crc"),
    ],
)
def test_what_the_line_did_to_it(raw: bytes | Overlong, code: str) -> None:
    assert refusal(raw).code == code


@pytest.mark.parametrize(
    "raw", [b"hello", b"{", b"[1]", b'{"t":"hello","t":"pay"}', b"\xff\xfe", b"12", b"pay 12.50", b"SELL 5", b"LAST 5"]
)
def test_neither_json_nor_plain_words(raw: bytes) -> None:
    assert refusal(raw, LENIENT).code == "not_json"


@pytest.mark.parametrize("t", ["ack", "state", "end", "error", "box"])
def test_the_box_own_words_are_an_echo(t: str) -> None:
    assert read(t=t, ref="A-17") == wire.Echo()


@pytest.mark.parametrize("raw", [b"OK", b"BUSY", b"PAID 12.50", b"NOT PAID expired: nobody came"])
def test_so_are_its_plain_words(raw: bytes) -> None:
    assert LENIENT.read(raw) == wire.Echo()


# -- the plain form --


def test_plain_words() -> None:
    assert LENIENT.read(b"PAY 12.50") == LENIENT.read(b"PAY  12.5 ") == wire.PlainPay(Amount(Minor(1250), "CNY"))
    assert LENIENT.read(b"CANCEL") == wire.PlainCancel()
    assert LENIENT.read(b"LAST") == wire.Last(plain=True)


@pytest.mark.parametrize(("currency", "text", "minor"), [("JPY", b"1250", 1250), ("KWD", b"1.250", 1250), ("EUR", b"0.01", 1)])
def test_decimals_are_the_currencys(currency: str, text: bytes, minor: int) -> None:
    reader = wire.Reader("counter", Terms(currency, 50_000), crc_required=False)
    assert reader.read(b"PAY " + text) == wire.PlainPay(Amount(Minor(minor), currency))


@pytest.mark.parametrize("text", [b"", b"0", b"0.00", b"-5", b"12,50", b"12.505", b"1e3", b"500.01", b"12.50 EUR", b"+5", b".5", b"5."])
def test_no_other_plain_amount(text: bytes) -> None:
    error = refusal(b"PAY " + text, LENIENT)
    assert (error.code, error.is_plain) == ("invalid", True)
    assert error.plain.startswith("NOT PAID invalid: expected an amount like 12.50, in CNY")


def test_with_its_checksum_the_plain_form_may_always_be_used() -> None:
    assert STRICT.read(b"PAY 12.50*%04X" % crc16(b"PAY 12.50")) == wire.PlainPay(Amount(Minor(1250), "CNY"))


# -- what the desk does not take --


@pytest.mark.parametrize(
    ("rejected", "message", "plain"),
    [
        (
            Busy(Ref("A-1")),
            {"code": "busy", "text": "payment A-1 is open; ask again when it has ended", "busy_ref": "A-1"},
            "BUSY",
        ),
        (Conflict("asked before"), {"code": "conflict", "text": "asked before"}, "NOT PAID conflict: asked before"),
        (Ended("over"), {"code": "ended", "text": "over"}, "NOT PAID ended: over"),
        (NotStorable("disk full"), {"code": "not_storable", "text": "disk full"}, "NOT PAID not_storable: disk full"),
        (
            NotReady(["no scanner", "no network"]),
            {"code": "not_ready", "text": "no scanner", "reasons": ["no scanner", "no network"]},
            "NOT PAID not_ready: no scanner",
        ),
    ],
)
def test_every_rejection_has_its_code(rejected: Any, message: dict[str, Any], plain: str) -> None:
    error = wire.refused(rejected, "A-17")
    assert error.message == {"t": "error", "ref": "A-17", **message}
    assert error.plain == plain


def test_every_code_is_explained() -> None:
    source = Path(wire.__file__).read_text(encoding="utf-8")
    codes = set(re.findall(r'Refused\(\s*"(\w+)"', source)) | {"conflict", "ended", "not_storable"}
    assert len(codes) >= 10
    assert [code for code in codes if f"\n    {code} " not in str(wire.Refused.__doc__)] == []


@given(st.binary(max_size=200))
def test_any_line_is_a_message_or_one_error_that_can_be_sent(raw: bytes) -> None:
    for reader in (STRICT, LENIENT):
        error = refused_or_none(raw, reader)
        assert error is None or json.loads(json.dumps(error.message))["text"]


def refused_or_none(raw: bytes, reader: wire.Reader) -> wire.Refused | None:
    try:
        reader.read(raw)
    except wire.Refused as error:
        return error
    return None


def test_every_error_fits_on_the_line() -> None:
    names = {f"{number}{'茶' * 60}": 1 for number in range(20)}
    error = refusal(line(v=9, t="pay", ref="no ref", amt=1.5, cur="EUR", ttl=-1, mode="qr", scheme="?", description=5, **names))
    assert len(frame(error.message)) < KEPT_BYTES
    assert len(error.more["fields"]) == 11
    many = wire.refused(NotReady(["没有网络" * 50] * 9), "A" * 64)
    assert len(frame(many.message)) < KEPT_BYTES
    assert [len(reason) for reason in many.more["reasons"]] == [120] * 4
    assert wire.refused(NotReady([]), None).message["text"]
