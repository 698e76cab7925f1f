"""WeChat Pay v2: what goes over the wire, what is believed, and what each answer means. The provider signs with wechatpy.

Through the gateway also `daemon.gateways.wechat_answers`, which reads what it gets.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import ipaddress
import json
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer
from wechatpy.pay.utils import calculate_signature, calculate_signature_hmac

from daemon.codes import AuthCode
from daemon.gateways import wechat_codes as codes
from daemon.gateways.base import Ability, Gateway, Problem
from daemon.gateways.own_address import own_address
from daemon.gateways.settings import Place, WechatSettings
from daemon.gateways.wechat import WechatGateway
from daemon.money import Amount, Minor
from daemon.payment import Attempt, OutTradeNo, State
from daemon.reply import NoAnswer, NotSent, Refusal, Reply, Unclear, Unintelligible, Verdict
from daemon.secret import Secret
from daemon.timing import Schedule

KEY = "0123456789abcdef0123456789abcdef"
NUMBER = OutTradeNo("20260101T0001A1")
CODE = "13" + "0" * 14 + "17"
PLACE = Place("box-1", "shop-7", "The Tea Shop")
SCHEDULE = Schedule(answer_s=20.0, reply_s=20.0)  # a busy machine is not what is tested

ATTEMPT = Attempt(NUMBER, "wechat", "wechat", Amount(Minor(1250), "CNY"), State.SUBMITTING, 0.0, description="Green tea")

PAID = {
    "result_code": "SUCCESS",
    "openid": "oMadeUp",
    "is_subscribe": "N",
    "trade_type": "MICROPAY",
    "bank_type": "OTHERS",
    "total_fee": "1250",
    "cash_fee": "1250",
    "transaction_id": "4200000000000000000000000001",
    "out_trade_no": NUMBER,
    "time_end": "20260101120000",
}
Fields = dict[str, str]


def xml_of(fields: Fields) -> bytes:
    root = ET.Element("xml")
    for name, value in fields.items():
        ET.SubElement(root, name).text = value
    return ET.tostring(root, encoding="utf-8")


def signature(fields: Fields, key: str = KEY, sign_type: str = "HMAC-SHA256") -> str:
    calculate = calculate_signature_hmac if sign_type == "HMAC-SHA256" else calculate_signature
    return str(calculate({k: v for k, v in fields.items() if k != "sign"}, key))


def envelope(fields: Fields) -> Fields:
    return {"return_code": "SUCCESS", "return_msg": "OK", "appid": "wx0000000000000001", "mch_id": "1900000109", "nonce_str": "n", **fields}


def signed(fields: Fields, **how: str) -> bytes:
    whole = envelope(fields)
    return xml_of({**whole, "sign": signature(whole, **how)})


def failed(code: str, **more: str) -> Fields:
    return {"result_code": "FAIL", "err_code": code, "err_code_des": f"text of {code}", **more}


class Provider:
    """Answers every request with what `answer` says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Fields]] = []
        self.bodies: list[bytes] = []
        self.certificates: dict[str, bool] = {}
        self.answer: Callable[[web.Request], web.StreamResponse | bytes] = lambda _: signed(PAID)
        self.url = ""

    def says(self, fields: Fields, **how: str) -> None:
        self.answer = lambda _: signed(fields, **how)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        assert request.transport is not None
        self.certificates[request.path] = bool(request.transport.get_extra_info("peercert"))
        if request.method == "POST":
            self.bodies.append(body)
            self.asked.append((request.path, {child.tag: child.text or "" for child in ET.fromstring(body)}))
        answer = self.answer(request)
        return web.Response(body=answer, content_type="text/xml") if isinstance(answer, bytes) else answer


@contextlib.asynccontextmanager
async def providing(tls: ssl.SSLContext | None = None) -> AsyncIterator[Provider]:
    provider = Provider()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.handle)
    server = TestServer(app, scheme="https" if tls else "http", host="localhost" if tls else "127.0.0.1")
    await server.start_server(ssl=tls)
    provider.url = str(server.make_url("")).rstrip("/")
    try:
        yield provider
    finally:
        await server.close()


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with providing() as provider:
        yield provider


def settings(url: str, **changes: object) -> WechatSettings:
    missing = Path("missing.pem")
    base = WechatSettings("wechat", url, "wx0000000000000001", "1900000109", Secret(KEY), "HMAC-SHA256", missing, missing)
    return replace(base, **changes)  # type: ignore[arg-type]  # test data


def gateway_of(provider: Provider, place: Place = PLACE, schedule: Schedule = SCHEDULE, **changes: object) -> WechatGateway:
    """A gateway whose certificate comes from nowhere: over http none is shown."""
    gateway = WechatGateway(settings(provider.url, **changes), place, schedule, local_ip=lambda: "192.168.1.9")
    assert isinstance(gateway.name, str)
    as_protocol: Gateway = gateway
    assert as_protocol.abilities == {Ability.SCAN, Ability.SHOW, Ability.REFUND, Ability.CLOSE}
    return gateway


@pytest.fixture
async def gateway(provider: Provider) -> AsyncIterator[WechatGateway]:
    gateway = gateway_of(provider)
    yield gateway
    await gateway.aclose()


async def submit(gateway: WechatGateway, attempt: Attempt = ATTEMPT) -> Reply:
    return await gateway.submit(attempt, AuthCode(CODE))


# --- what goes over the wire ---


async def test_a_charge_on_the_wire(provider: Provider, gateway: WechatGateway) -> None:
    await submit(gateway)
    [(path, fields)] = provider.asked
    assert path == "/pay/micropay"
    assert fields.pop("sign") == signature(fields)
    assert len(fields.pop("nonce_str")) == 32
    assert json.loads(fields.pop("scene_info")) == {"store_info": {"id": "shop-7", "name": "The Tea Shop"}}
    assert fields == {
        "appid": "wx0000000000000001",
        "mch_id": "1900000109",
        "sign_type": "HMAC-SHA256",
        "version": "1.0",
        "device_info": "box-1",
        "body": "Green tea",
        "out_trade_no": NUMBER,
        "total_fee": "1250",
        "fee_type": "CNY",
        "spbill_create_ip": "192.168.1.9",
        "auth_code": CODE,
    }


@pytest.mark.parametrize(
    ("call", "path", "own"),
    [
        ("query", "/pay/orderquery", {}),
        ("revoke", "/secapi/pay/reverse", {}),
        ("close", "/pay/closeorder", {}),
        (
            "refund",
            "/secapi/pay/refund",
            {"out_refund_no": f"{NUMBER}R", "total_fee": "1250", "refund_fee": "1250", "refund_fee_type": "CNY"},
        ),
    ],
)
async def test_the_other_calls_on_the_wire(provider: Provider, gateway: WechatGateway, call: str, path: str, own: Fields) -> None:
    provider.says(failed("SYSTEMERROR"))
    await getattr(gateway, call)(ATTEMPT)
    [(asked, fields)] = provider.asked
    assert asked == path
    assert fields.pop("sign") == signature(fields)
    assert fields.pop("nonce_str")
    assert fields == {
        "appid": "wx0000000000000001",
        "mch_id": "1900000109",
        "sign_type": "HMAC-SHA256",
        "out_trade_no": NUMBER,
        **own,
    }


async def test_a_qr_order_on_the_wire(provider: Provider, gateway: WechatGateway) -> None:
    provider.says({"result_code": "SUCCESS", "trade_type": "NATIVE", "prepay_id": "wx1", "code_url": "weixin://wxpay/bizpayurl?pr=1"})
    reply = await gateway.create_qr(ATTEMPT)
    assert (reply.verdict, reply.qr) == (Verdict.QR, "weixin://wxpay/bizpayurl?pr=1")
    [(path, fields)] = provider.asked
    assert path == "/pay/unifiedorder"
    assert fields["trade_type"] == "NATIVE"
    assert fields["product_id"]
    assert fields["notify_url"].startswith("https://")
    assert ".invalid/" in fields["notify_url"]
    assert fields["total_fee"] == "1250"
    assert "auth_code" not in fields


async def test_md5_where_the_merchant_has_chosen_it(provider: Provider) -> None:
    provider.says(PAID, sign_type="MD5")
    gateway = gateway_of(provider, sign_type="MD5")
    assert (await submit(gateway)).verdict is Verdict.PAID
    fields = provider.asked[0][1]
    assert fields["sign_type"] == "MD5"
    assert fields["sign"] == signature(fields, sign_type="MD5")
    await gateway.aclose()


async def test_a_sub_merchant_is_named_and_expected(provider: Provider) -> None:
    gateway = gateway_of(provider, sub_mch_id="1900009999")
    provider.says({**PAID, "sub_mch_id": "1900009999"})
    assert (await submit(gateway)).verdict is Verdict.PAID
    assert provider.asked[0][1]["sub_mch_id"] == "1900009999"
    provider.says(PAID)
    assert (await submit(gateway)).verdict is Verdict.MISMATCH
    await gateway.aclose()


@pytest.mark.parametrize(
    ("description", "body"),
    [
        ("", "The Tea Shop"),
        ("a" * 200, "a" * 127),
        ("茶" * 100, "茶" * 42),
        ("😀" * 40, "😀" * 31),
        ("tea\x00\x1b[2J\r\n cake", "tea [2J cake"),
        ("]]><x>&amp;", "]]><x>&amp;"),
        ("\ud800", "The Tea Shop"),
    ],
)
async def test_a_description_is_cut_between_characters_and_cleaned(
    provider: Provider, gateway: WechatGateway, description: str, body: str
) -> None:
    await submit(gateway, ATTEMPT.but(description=description))
    assert provider.asked[0][1]["body"] == body
    assert len(body.encode()) <= 127


async def test_long_names_of_the_place_are_cut_to_the_providers_lengths(provider: Provider) -> None:
    gateway = gateway_of(provider, Place("b" * 100, "店" * 100, '"' * 300))
    await submit(gateway, ATTEMPT.but(description=""))
    fields = provider.asked[0][1]
    assert len(fields["device_info"]) == 32
    assert len(fields["scene_info"].encode()) <= 256
    assert json.loads(fields["scene_info"])["store_info"]["id"] == "店" * 10
    await gateway.aclose()


async def test_every_request_has_a_nonce_of_its_own(provider: Provider, gateway: WechatGateway) -> None:
    await gateway.query(ATTEMPT)
    await gateway.query(ATTEMPT)
    assert provider.asked[0][1]["nonce_str"] != provider.asked[1][1]["nonce_str"]


def test_the_own_address_is_one() -> None:
    ipaddress.ip_address(own_address())


# --- what is believed (P4, P6) ---


async def test_paid_is_believed_when_everything_matches(gateway: WechatGateway) -> None:
    assert await submit(gateway) == Reply(Verdict.PAID, "SUCCESS", "", "4200000000000000000000000001")


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"total_fee": "1251"}, "amount 1251 instead of 1250"),
        ({"total_fee": "1249"}, "amount"),
        ({"total_fee": "12.50"}, "amount None"),
        ({"total_fee": "-1250"}, "amount None"),
        ({"total_fee": "１２５０"}, "amount None"),
        ({"total_fee": ""}, "amount None"),
        ({"total_fee": "9" * 5000}, "amount None"),
        ({"fee_type": "USD"}, "currency 'USD' instead of CNY"),
        ({"out_trade_no": "ANOTHER"}, "another order number"),
        ({"out_trade_no": ""}, "another order number"),
        ({"mch_id": "1900000110"}, "another merchant"),
        ({"appid": "wx2"}, "another merchant"),
        ({"sub_mch_id": "1"}, "another merchant"),
    ],
)
@pytest.mark.parametrize("call", ["submit", "query"])
async def test_paid_with_anything_else_is_a_mismatch(
    provider: Provider, gateway: WechatGateway, call: str, change: Fields, difference: str
) -> None:
    """P6."""
    provider.says({**PAID, "trade_state": "SUCCESS", **change})
    reply = await (submit(gateway) if call == "submit" else gateway.query(ATTEMPT))
    assert reply.verdict is Verdict.MISMATCH
    assert difference in reply.text


async def test_another_currency_than_the_default_must_be_named(provider: Provider, gateway: WechatGateway) -> None:
    in_hkd = ATTEMPT.but(amount=Amount(Minor(1250), "HKD"))
    assert (await submit(gateway, in_hkd)).verdict is Verdict.MISMATCH
    provider.says({**PAID, "fee_type": "HKD"})
    assert (await submit(gateway, in_hkd)).verdict is Verdict.PAID


@pytest.mark.parametrize("call", ["query", "revoke", "close", "refund", "create_qr"])
@pytest.mark.parametrize("change", [{"mch_id": "1"}, {"appid": "wx2"}, {"sub_mch_id": "1"}, {"out_trade_no": "ANOTHER"}])
async def test_an_answer_about_somebody_else_proves_nothing(provider: Provider, gateway: WechatGateway, call: str, change: Fields) -> None:
    for fields in ({"result_code": "SUCCESS", "trade_state": "CLOSED", "recall": "N"}, failed("ORDERNOTEXIST")):
        provider.says({**fields, **change})
        with pytest.raises(Unintelligible, match="about another"):
            await getattr(gateway, call)(ATTEMPT)


async def test_a_refund_of_another_number_or_amount_proves_nothing(provider: Provider, gateway: WechatGateway) -> None:
    good = {"result_code": "SUCCESS", "out_refund_no": f"{NUMBER}R", "refund_fee": "1250"}
    provider.says(good)
    assert (await gateway.refund(ATTEMPT)).verdict is Verdict.REFUNDED
    for change in ({"out_refund_no": "ANOTHER"}, {"refund_fee": "1"}):
        provider.says({**good, **change})
        with pytest.raises(Unintelligible):
            await gateway.refund(ATTEMPT)


@pytest.mark.parametrize("call", ["submit", "query", "revoke", "close", "refund", "create_qr"])
async def test_a_wrong_or_missing_signature_proves_nothing(provider: Provider, gateway: WechatGateway, call: str) -> None:
    good = envelope({**PAID, "trade_state": "SUCCESS"})
    for sign in (signature(good)[::-1], signature(good, key="f" * 32), signature(good, sign_type="MD5"), signature(good).lower(), "", None):
        body = xml_of(good if sign is None else {**good, "sign": sign})
        provider.answer = lambda _, body=body: body  # type: ignore[misc]  # mypy cannot infer a default's type in a lambda
        with pytest.raises(Unintelligible, match="not signed"):
            await (submit(gateway) if call == "submit" else getattr(gateway, call)(ATTEMPT))


async def test_unknown_and_zero_fields_are_signed_and_suffered(provider: Provider, gateway: WechatGateway) -> None:
    provider.says({**PAID, "coupon_fee": "0", "A_new": "1 < 2 & 3 ]]>", "z": "新", "promotion_detail": '{"a":[]}', "empty": ""})
    assert (await submit(gateway)).verdict is Verdict.PAID


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "a page": b"<html><body>hello</body></html>",
    "json": b'{"return_code":"SUCCESS"}',
    "half": signed(PAID)[:200],
    "doctype": b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:1/evil.dtd">' + signed(PAID),
    "entities": b'<!DOCTYPE xml [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;&a;">]><xml><return_code>&c;</return_code></xml>',
    "external entity": b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/hostname">]><xml><return_code>&a;</return_code></xml>',
    "10 MB": b"<xml>" + b" " * 10_000_000 + b"</xml>",
    "gbk": "<xml><return_msg>错误</return_msg></xml>".encode("gbk"),
    "doubled": signed(PAID).replace(b"</xml>", b"<total_fee>1250</total_fee></xml>"),
    "nested": b"<xml><return_code><a>SUCCESS</a></return_code></xml>",
    "deep": b"<xml>" * 5000 + b"</xml>" * 5000,
    "no return_code": xml_of({"a": "b"}),
    "no result_code": signed({"total_fee": "1250"}),
    "odd result_code": signed({"result_code": "MAYBE"}),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_or_broken_body_proves_nothing(provider: Provider, gateway: WechatGateway, body: bytes) -> None:
    provider.answer = lambda _: body
    with pytest.raises(Unintelligible):
        await submit(gateway)


@pytest.mark.parametrize("status", [201, 204, 301, 302, 400, 403, 404, 429, 500, 502, 503])
async def test_an_http_status_outside_the_protocol_proves_nothing(provider: Provider, gateway: WechatGateway, status: int) -> None:
    provider.answer = lambda _: web.Response(status=status, body=b"" if status == 204 else signed(PAID), headers={"Location": "/elsewhere"})
    with pytest.raises(Unintelligible, match=f"HTTP status {status}"):
        await submit(gateway)
    assert len(provider.asked) == 1


async def test_a_compressed_answer_is_not_unpacked(provider: Provider, gateway: WechatGateway) -> None:
    bomb = gzip.compress(b"<xml>" + b" " * 50_000_000 + b"</xml>", compresslevel=1)
    provider.answer = lambda _: web.Response(body=bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(Unintelligible, match="compressed"):
        await submit(gateway)


async def test_a_byte_order_mark_is_suffered(provider: Provider, gateway: WechatGateway) -> None:
    provider.answer = lambda _: b"\xef\xbb\xbf" + signed(PAID)
    assert (await submit(gateway)).verdict is Verdict.PAID


async def test_silence_is_no_answer_and_each_call_has_its_own_patience() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the box gives up
        writer.close()

    listener = await asyncio.start_server(silent, "127.0.0.1", 0)
    provider = Provider()
    provider.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    gateway = gateway_of(provider, schedule=Schedule(answer_s=0.2, reply_s=0.1))
    with pytest.raises(NoAnswer, match=r"within 0\.2 s"):
        await submit(gateway)
    with pytest.raises(NoAnswer, match=r"within 0\.2 s"):
        await gateway.create_qr(ATTEMPT)
    for call in (gateway.query, gateway.revoke, gateway.close, gateway.refund):
        with pytest.raises(NoAnswer, match=r"within 0\.1 s"):
            await call(ATTEMPT)
    await gateway.aclose()
    listener.close()
    await asyncio.sleep(0.01)  # lets the silent ends close


async def test_nothing_is_sent_where_nobody_listens() -> None:
    provider = Provider()
    provider.url = "http://127.0.0.1:1"
    gateway = gateway_of(provider)
    with pytest.raises(NotSent):
        await submit(gateway)
    await gateway.warm()
    await gateway.aclose()


# --- what each answer means ---


def every(meanings: codes.Meanings) -> list[tuple[str, codes.Meaning]]:
    return [*meanings.items(), ("A_NEW_CODE", codes.Meaning(Verdict.UNKNOWN)), ("", codes.Meaning(Verdict.UNKNOWN))]


@pytest.mark.parametrize(("code", "meaning"), every(codes.CHARGE))
async def test_every_code_of_a_charge(provider: Provider, gateway: WechatGateway, code: str, meaning: codes.Meaning) -> None:
    provider.says(failed(code))
    assert await submit(gateway) == Reply(meaning.verdict, code, f"text of {code}", refusal=meaning.refusal)


def test_the_codes_of_a_charge_are_those_of_the_facts() -> None:
    """The table of the micropay page, class by class: nothing unclear reads as refused, and five codes the payer can mend."""

    def of(verdict: Verdict, refusal: Refusal | None = None) -> set[str]:
        return {code for code, meaning in codes.CHARGE.items() if meaning == codes.Meaning(verdict, refusal)}

    assert of(Verdict.REFUSED, Refusal.PAYER) == {"AUTHCODEEXPIRE", "AUTH_CODE_ERROR", "AUTH_CODE_INVALID", "NOTENOUGH", "NOTSUPORTCARD"}
    assert of(Verdict.CONFIRMING) == {"USERPAYING"}
    assert of(Verdict.UNKNOWN) == {"SYSTEMERROR", "BANKERROR", "ORDERPAID", "OUT_TRADE_NO_USED"}
    final = {"BUYER_MISMATCH", "ORDERCLOSED", "ORDERREVERSED", "TRADE_ERROR", "RULELIMIT", "RISKCONTROL"}
    assert of(Verdict.REFUSED, Refusal.FINAL) == final
    ours = {"NOAUTH", "APPID_NOT_EXIST", "MCHID_NOT_EXIST", "APPID_MCHID_NOT_MATCH", "SIGNERROR", "PARAM_ERROR", "LACK_PARAMS"}
    ours |= {"XML_FORMAT_ERROR", "NOT_UTF8", "REQUIRE_POST_METHOD", "INVALID_REQUEST", "POST_DATA_EMPTY"}
    assert of(Verdict.REFUSED, Refusal.OURS) == ours


@pytest.mark.parametrize(
    ("state", "verdict", "refusal"),
    [
        ("USERPAYING", Verdict.CONFIRMING, None),
        ("ACCEPT", Verdict.CONFIRMING, None),
        ("NOTPAY", Verdict.UNPAID, None),
        ("PAYERROR", Verdict.REFUSED, Refusal.FINAL),
        ("REVOKED", Verdict.CLOSED, None),
        ("CLOSED", Verdict.CLOSED, None),
        ("REFUND", Verdict.REFUNDED, None),
        ("A_NEW_STATE", Verdict.UNKNOWN, None),
        ("success", Verdict.UNKNOWN, None),
        ("", Verdict.UNKNOWN, None),
    ],
)
async def test_every_trade_state(provider: Provider, gateway: WechatGateway, state: str, verdict: Verdict, refusal: Refusal | None) -> None:
    provider.says({"result_code": "SUCCESS", "out_trade_no": NUMBER, "trade_state": state, "trade_state_desc": "说明"})
    assert await gateway.query(ATTEMPT) == Reply(verdict, state, "说明", refusal=refusal)


async def test_a_query_that_says_paid(provider: Provider, gateway: WechatGateway) -> None:
    provider.says({**PAID, "trade_state": "SUCCESS"})
    assert (await gateway.query(ATTEMPT)).verdict is Verdict.PAID


@pytest.mark.parametrize(("code", "meaning"), every(codes.QUERY))
async def test_every_code_of_a_query(provider: Provider, gateway: WechatGateway, code: str, meaning: codes.Meaning) -> None:
    provider.says(failed(code))
    assert (await gateway.query(ATTEMPT)).verdict is meaning.verdict
    assert meaning.verdict in (Verdict.UNKNOWN, Verdict.NOT_KNOWN), "a failed query never says what became of the order"


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"result_code": "SUCCESS", "recall": "N"}, Verdict.REVOKED),
        ({"result_code": "SUCCESS"}, Verdict.REVOKED),
        ({"result_code": "SUCCESS", "recall": "Y"}, Verdict.REVOKE_AGAIN),
        *[(failed(code, recall="Y"), Verdict.REVOKE_AGAIN) for code in [*codes.REVERSE, "A_NEW_CODE"]],
        *[(failed(code, recall="N"), meaning.verdict) for code, meaning in codes.REVERSE.items()],
        (failed("A_NEW_CODE", recall="N"), Verdict.REVOKE_AGAIN),
        (failed("A_NEW_CODE"), Verdict.REVOKE_AGAIN),
    ],
)
async def test_every_answer_to_a_revoke(provider: Provider, gateway: WechatGateway, fields: Fields, verdict: Verdict) -> None:
    provider.says(fields)
    assert (await gateway.revoke(ATTEMPT)).verdict is verdict


def test_only_two_codes_let_an_order_go_unrevoked() -> None:
    """P8: everything that may pass, and everything that the shop can mend, is tried again."""
    given_up = {code for code, meaning in codes.REVERSE.items() if meaning.verdict is Verdict.REVOKE_REFUSED}
    assert given_up == {"REVERSE_EXPIRE", "TRADE_ERROR"}


@pytest.mark.parametrize(("code", "meaning"), every(codes.REFUND))
async def test_every_code_of_a_refund(provider: Provider, gateway: WechatGateway, code: str, meaning: codes.Meaning) -> None:
    provider.says(failed(code))
    assert (await gateway.refund(ATTEMPT)).verdict is meaning.verdict
    assert meaning.verdict in (Verdict.UNKNOWN, Verdict.REFUND_REFUSED)


@pytest.mark.parametrize(("code", "meaning"), every(codes.CLOSE))
async def test_every_code_of_a_close(provider: Provider, gateway: WechatGateway, code: str, meaning: codes.Meaning) -> None:
    provider.says(failed(code))
    assert (await gateway.close(ATTEMPT)).verdict is meaning.verdict
    provider.says({"result_code": "SUCCESS"})
    assert (await gateway.close(ATTEMPT)).verdict is Verdict.CLOSED


@pytest.mark.parametrize(("code", "meaning"), every(codes.CREATE))
async def test_every_code_of_a_qr_order(provider: Provider, gateway: WechatGateway, code: str, meaning: codes.Meaning) -> None:
    provider.says(failed(code))
    reply = await gateway.create_qr(ATTEMPT)
    assert (reply.verdict, reply.refusal, reply.qr) == (meaning.verdict, meaning.refusal, None)


@pytest.mark.parametrize("code_url", [None, "", "x" * 513])
async def test_a_qr_order_without_a_usable_qr_has_none(provider: Provider, gateway: WechatGateway, code_url: str | None) -> None:
    provider.says({"result_code": "SUCCESS"} if code_url is None else {"result_code": "SUCCESS", "code_url": code_url})
    assert await gateway.create_qr(ATTEMPT) == Reply(Verdict.QR, "SUCCESS")


@pytest.mark.parametrize("message", ["签名错误", "系统繁忙", "appid and mch_id do not match", ""])
async def test_a_failed_call_is_unsigned_and_so_never_more_than_unknown(provider: Provider, gateway: WechatGateway, message: str) -> None:
    provider.answer = lambda _: xml_of({"return_code": "FAIL", "return_msg": message, "err_code": "NOTENOUGH", "trade_state": "CLOSED"})
    for call in (gateway.query, gateway.close, gateway.refund, gateway.create_qr):
        reply = await call(ATTEMPT)
        assert (reply.verdict, reply.code, reply.text) == (Verdict.UNKNOWN, message or "FAIL", message)
    assert (await submit(gateway)).verdict is Verdict.UNKNOWN
    assert (await gateway.revoke(ATTEMPT)).verdict is Verdict.REVOKE_AGAIN


# --- secrets (P10) ---


async def test_no_code_key_or_body_reaches_a_reply_an_error_or_a_log(
    provider: Provider, gateway: WechatGateway, caplog: pytest.LogCaptureFixture
) -> None:
    """P10, even where the provider quotes the payer's code."""
    said: list[str] = []
    with caplog.at_level(logging.DEBUG):
        provider.says({**failed("AUTH_CODE_ERROR"), "err_code_des": f"bad code {CODE}\x7f"})
        said.append(repr(await submit(gateway)))
        provider.answer = lambda _: xml_of({"return_code": "FAIL", "return_msg": f"{CODE} {CODE}"})
        said.append(repr(await submit(gateway)))
        provider.answer = lambda _: CODE.encode()
        with pytest.raises(Unintelligible) as caught:
            await submit(gateway)
        said += [str(caught.value), repr(caught.value), repr(gateway), caplog.text]
    assert not [text for text in said if CODE in text or KEY in text]


# --- over TLS, with the certificate ---


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def files(authority: trustme.CA, tmp_path: Path) -> dict[str, object]:
    mine = authority.issue_cert("1900000109")
    cert, key, ca = tmp_path / "apiclient_cert.pem", tmp_path / "apiclient_key.pem", tmp_path / "ca.pem"
    cert.write_bytes(mine.cert_chain_pems[0].bytes())
    mine.private_key_pem.write_to_path(str(key))
    authority.cert_pem.write_to_path(str(ca))
    return {"client_cert_file": cert, "client_key_file": key, "ca_file": ca}


def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


async def test_the_certificate_is_shown_under_secapi_and_nowhere_else(authority: trustme.CA, files: dict[str, object]) -> None:
    async with providing(server_tls(authority)) as provider:
        gateway = gateway_of(provider, **files)
        provider.says(failed("SYSTEMERROR"))
        await gateway.warm()
        await submit(gateway)
        for call in (gateway.query, gateway.revoke, gateway.refund, gateway.close, gateway.create_qr):
            await call(ATTEMPT)
        await gateway.aclose()
    provider.certificates.pop("/")
    assert {path for path, shown in provider.certificates.items() if shown} == {"/secapi/pay/reverse", "/secapi/pay/refund"}
    assert len(provider.certificates) == 6


async def test_a_missing_certificate_stops_the_revoke_and_not_the_sale(authority: trustme.CA, files: dict[str, object]) -> None:
    async with providing(server_tls(authority)) as provider:
        gateway = gateway_of(provider, **{**files, "client_cert_file": Path("missing.pem")})
        assert (await submit(gateway)).verdict is Verdict.PAID
        with pytest.raises(NotSent, match="TLS cannot be set up"):
            await gateway.revoke(ATTEMPT)
        await gateway.aclose()


# --- before the first sale ---


async def checked(provider: Provider, **changes: object) -> list[Problem]:
    gateway = gateway_of(provider, **changes)
    try:
        return await gateway.check()
    finally:
        await gateway.aclose()


async def test_all_well(authority: trustme.CA, files: dict[str, object]) -> None:
    async with providing(server_tls(authority)) as provider:
        provider.says(failed("ORDERNOTEXIST"))
        assert await checked(provider, **files) == []
    [(path, fields)] = provider.asked
    assert path == "/pay/orderquery"
    assert fields["out_trade_no"].startswith("check")
    assert len(fields["out_trade_no"]) == 32


async def test_a_missing_certificate_blocks(provider: Provider) -> None:
    provider.says(failed("ORDERNOTEXIST"))
    assert await checked(provider) == [Problem("missing.pem: there is no such file", blocking=True)]


async def test_a_key_of_odd_length_is_said(provider: Provider, files: dict[str, object]) -> None:
    provider.says(failed("ORDERNOTEXIST"), key="short")
    [problem] = await checked(provider, key=Secret("short"), **files)
    assert "32 characters" in problem.text
    assert not problem.blocking
    assert "short" not in problem.text


@pytest.mark.parametrize("code", sorted(codes.CREDENTIALS))
async def test_wrong_credentials_block(provider: Provider, files: dict[str, object], code: str) -> None:
    provider.says(failed(code))
    assert await checked(provider, **files) == [Problem(f"WeChat answers: {code} text of {code}", blocking=True)]


@pytest.mark.parametrize(
    ("message", "blocking"), [("签名错误", True), ("mch_id参数格式错误", True), ("SIGNERROR", True), ("系统繁忙", False)]
)
async def test_an_unsigned_no_blocks_where_it_speaks_of_credentials(
    provider: Provider, files: dict[str, object], message: str, blocking: bool
) -> None:
    provider.answer = lambda _: xml_of({"return_code": "FAIL", "return_msg": message})
    assert await checked(provider, **files) == [Problem(f"WeChat answers: {message}", blocking)]


async def test_an_answer_signed_with_another_key_blocks(provider: Provider, files: dict[str, object]) -> None:
    provider.says(failed("ORDERNOTEXIST"), key="f" * 32)
    [problem] = await checked(provider, **files)
    assert "right API key" in problem.text
    assert problem.blocking


async def test_what_may_pass_by_itself_does_not_block(provider: Provider, files: dict[str, object]) -> None:
    provider.says(failed("SYSTEMERROR"))
    assert [p.blocking for p in await checked(provider, **files)] == [False]
    provider.answer = lambda _: b"<html>log in to the wireless network</html>"
    assert [p.blocking for p in await checked(provider, **files)] == [False]
    provider.url = "http://127.0.0.1:1"
    [problem] = await checked(provider, **files)
    assert "refuses connections" in problem.text
    assert not problem.blocking


async def test_a_door_that_does_not_open_to_the_certificate_is_said(provider: Provider, files: dict[str, object]) -> None:
    def answer(request: web.Request) -> web.StreamResponse | bytes:
        return web.Response(status=400) if request.path.startswith("/secapi") else signed(failed("ORDERNOTEXIST"))

    provider.answer = answer
    [problem] = await checked(provider, **files)
    assert "certificate may not be accepted" in problem.text
    assert not problem.blocking


async def test_every_error_is_one_of_the_three(provider: Provider, gateway: WechatGateway) -> None:
    """The contract of `base.Gateway`: a provider that hangs up causes an Unclear, nothing else."""

    def hang_up(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    provider.answer = hang_up
    with pytest.raises(Unclear):
        await submit(gateway)
    assert len(provider.bodies) == 1
