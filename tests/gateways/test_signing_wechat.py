"""WeChat's v2 signatures and XML: published vectors, an independent implementation, and whatever hypothesis thinks of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.pay.utils import calculate_signature, calculate_signature_hmac

from daemon.gateways import wechat_xml as xml
from daemon.gateways.signing_wechat import SIGN_TYPES, is_signed, sign
from daemon.secret import Secret

KEY = Secret("192006250b4c09247ec02edce69f6a2d")  # the published example's key

OFFICIAL = {
    "appid": "wxd930ea5d5a258f4f",
    "mch_id": "10000100",
    "device_info": "1000",
    "body": "test",
    "nonce_str": "ibuaiVcKdpRxkhJA",
}
BARE = {name: OFFICIAL[name] for name in ("appid", "mch_id", "nonce_str")}

VECTORS = {
    "official page 4_3": (
        OFFICIAL,
        "9A0A8659F005D6984697E2CA0A9CF3B7",
        "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6",
    ),
    "wechatpy's tests": (
        {"test1": "test1", "test2": "test2"},
        "1E3A8D73B5A4AEE787C0F68B5DAB8520",
        "EDAC6D70D2FDF5A2382F8204FC96A1918017E46ACC5297F565ED1A7610ACF659",
    ),
    "an empty field and a wrong sign do not count": (
        {**OFFICIAL, "attach": "", "sign": "0" * 32},
        "9A0A8659F005D6984697E2CA0A9CF3B7",
        "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6",
    ),
    "zero counts": (
        {**BARE, "cash_fee": "0"},
        "17DF7D47347DA16F3A757EA137D238C1",
        "1D457C211913E6919B3230B240B1E22116BB24323C086F7E49AB6730A75A21C7",
    ),
    "text as it is, neither escaped nor encoded": (
        {**BARE, "body": "测试 <&>"},
        "E13ECC9939D8814424532C2F312BFC46",
        "CFF7DEF3258FC157451D7CAA02BABAF908050BB3A9C7D438EC8149B0082882F6",
    ),
}

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
FIELDS = st.dictionaries(NAMES, VALUES, max_size=12)


@pytest.mark.parametrize(("fields", "md5", "hmac"), VECTORS.values(), ids=VECTORS)
def test_the_vectors(fields: dict[str, str], md5: str, hmac: str) -> None:
    assert sign(fields, KEY, "MD5") == md5
    assert sign(fields, KEY, "HMAC-SHA256") == hmac


@given(fields=FIELDS)
def test_an_independent_implementation_agrees(fields: dict[str, str]) -> None:
    del_sign = {name: value for name, value in fields.items() if name != "sign"}
    assert sign(fields, KEY, "MD5") == calculate_signature(del_sign, KEY.reveal())
    assert sign(fields, KEY, "HMAC-SHA256") == calculate_signature_hmac(del_sign, KEY.reveal())


@given(fields=FIELDS, sign_type=st.sampled_from(SIGN_TYPES))
def test_what_was_signed_verifies_whatever_order_it_comes_in(fields: dict[str, str], sign_type: str) -> None:
    signed = {**fields, "sign": sign(fields, KEY, sign_type)}
    assert is_signed(dict(reversed(signed.items())), KEY, sign_type)


@given(fields=FIELDS, name=NAMES, value=VALUES.filter(bool), sign_type=st.sampled_from(SIGN_TYPES))
def test_any_change_breaks_it(fields: dict[str, str], name: str, value: str, sign_type: str) -> None:
    signed = {**fields, "sign": sign(fields, KEY, sign_type)}
    changed = {**signed, name: value}
    assert is_signed(changed, KEY, sign_type) == (changed == signed)


@pytest.mark.parametrize("wrong", ["", "0", "签", "9A0A8659F005D6984697E2CA0A9CF3B7".lower(), "9A0A8659F005D6984697E2CA0A9CF3B7 "])
def test_a_missing_or_other_signature_does_not_verify(wrong: str) -> None:
    assert not is_signed({**OFFICIAL, "sign": wrong}, KEY, "MD5")
    assert not is_signed(OFFICIAL, KEY, "MD5")


def test_another_key_or_algorithm_does_not_verify() -> None:
    signed = {**OFFICIAL, "sign": sign(OFFICIAL, KEY, "MD5")}
    assert not is_signed(signed, Secret("a" * 32), "MD5")
    assert not is_signed(signed, KEY, "HMAC-SHA256")


def test_an_unknown_algorithm_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        sign(OFFICIAL, KEY, "SHA1")


# --- the XML around it ---


@given(fields=FIELDS)
def test_xml_brings_every_sendable_value_over_unchanged(fields: dict[str, str]) -> None:
    sent = {name: xml.sendable(value) for name, value in fields.items()}
    assert xml.parse(xml.build(sent)) == sent


@pytest.mark.parametrize("value", ["]]>", "]]", "]]]>", "a]]>b]]>c", "<![CDATA[x]]>", "&amp;", "</xml>", "<!-- -->"])
def test_values_that_look_like_xml_stay_values(value: str) -> None:
    assert xml.parse(xml.build({"body": value})) == {"body": value}


@pytest.mark.parametrize("value", ["\x00", "\x1b", "\r", "\ufffe", "\ud800"])
def test_what_xml_cannot_carry_is_refused_and_can_be_made_sendable(value: str) -> None:
    with pytest.raises(ValueError, match="body"):
        xml.build({"body": value})
    assert xml.sendable(f"a{value}b") == "a b"


@pytest.mark.parametrize("name", ["", "a b", "1a", "a><b", "名"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name of a field"):
        xml.build({name: "x"})


@pytest.mark.parametrize(
    "body",
    [
        "<xml><a>1</a><b><![CDATA[<&>]]></b><c/></xml>",
        "\ufeff<xml><a>1</a><b>&lt;&amp;&gt;</b><c></c></xml>",
        '<?xml version="1.0" encoding="UTF-8"?>\n<xml>\n  <a>1</a>\n<b>&#60;&#38;&#62;</b><!-- c --><c/>\n</xml>\n',
    ],
)
def test_the_ways_to_write_one_message(body: str) -> None:
    assert xml.parse(body.encode()) == {"a": "1", "b": "<&>", "c": ""}


BOMB = '<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><xml><r>&b;</r></xml>'
BAD_BODIES = {
    "empty": b"",
    "not xml": b"hello",
    "a page": b"<html><body>502 Bad Gateway</body></html>",
    "json": b'{"return_code": "SUCCESS"}',
    "truncated": b"<xml><return_code>SUCCESS</return_code>",
    "two roots": b"<xml/><xml/>",
    "another root": b"<XML><a>1</a></XML>",
    "nested": b"<xml><a><b>1</b></a></xml>",
    "very deep": b"<a>" * 10_000 + b"</a>" * 10_000,
    "very deep below xml": b"<xml>" + b"<a>" * 9_000 + b"</a>" * 9_000 + b"</xml>",
    "doubled": b"<xml><a>1</a><a>1</a></xml>",
    "doctype": b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:1/x.dtd"><xml><a>1</a></xml>',
    "empty doctype": b"<!DOCTYPE xml><xml><a>1</a></xml>",
    "entities": BOMB.encode(),
    "external entity": b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/hostname">]><xml><r>&a;</r></xml>',
    "unknown entity": b"<xml><a>&nbsp;</a></xml>",
    "gbk": "<xml><a>测试</a></xml>".encode("gbk"),
    "utf-16": "<xml><a>1</a></xml>".encode("utf-16"),
    "null": b"<xml><a>\0</a></xml>",
    "lone surrogate": b"<xml><a>\xed\xa0\x80</a></xml>",
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_everything_else_is_no_message_and_is_not_quoted(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^(it|its|an) ") as caught:
        xml.parse(body)
    assert len(str(caught.value)) < 80


@given(body=st.binary(max_size=200))
def test_noise_never_raises_anything_else(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^its? "):
        xml.parse(body)
