"""The WeChat stand-in: it answers a real client library, checks what the real one checks, and plays every case.

With it `daemon.sandbox.wechat_answers`, which writes what it says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from sandbox_box import Box, read
from wechatpy.exceptions import WeChatPayException
from wechatpy.pay import WeChatPay

from daemon.sandbox.cases import CASES, code_for
from daemon.sandbox.scenario import Call, Fault, Lie, Standing, Timings
from daemon.sandbox.server import Sandbox

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning:wechatpy")


# -- an independent client: wechatpy --


@pytest.fixture
def library(sandbox: Sandbox) -> WeChatPay:
    wechat = sandbox.wechat
    pay = WeChatPay(
        wechat.appid, wechat.key, wechat.mch_id, mch_cert=str(sandbox.client_cert_file), mch_key=str(sandbox.client_key_file), timeout=5
    )
    pay.API_BASE_URL = sandbox.base_url + "/"
    pay._http.trust_env = False  # a CA bundle from the environment would take the place of ours
    pay._http.verify = str(sandbox.ca_file)
    return pay


async def call(does: Callable[..., Any], *args: object, **more: object) -> dict[str, str]:
    """wechatpy is synchronous: it gets a thread. Its complaint about a FAIL is the answer, too."""
    try:
        return dict(await asyncio.to_thread(does, *args, **more))
    except WeChatPayException as failed:
        return {"return_code": failed.return_code or "", "err_code": failed.errcode or ""}


async def charge(library: WeChatPay, case: str, number: str = "A1", **more: object) -> dict[str, str]:
    return await call(library.micropay.create, "测试 <&>", 1250, code_for(case), client_ip="127.0.0.1", out_trade_no=number, **more)


async def test_wechatpy_charges_and_trusts_the_answer(library: WeChatPay) -> None:
    answer = await charge(library, "paid", attach="till 1")
    assert (answer["trade_type"], answer["total_fee"], answer["attach"]) == ("MICROPAY", "1250", "till 1")
    assert library.check_signature(answer)


async def test_wechatpy_sees_the_payer_confirm(library: WeChatPay) -> None:
    assert (await charge(library, "password_then_paid"))["err_code"] == "USERPAYING"
    states = [(await call(library.order.query, out_trade_no="A1"))["trade_state"] for _ in range(3)]
    assert states == ["USERPAYING", "USERPAYING", "SUCCESS"]


async def test_wechatpy_revokes_with_its_certificate(library: WeChatPay, sandbox: Sandbox) -> None:
    await charge(library, "password_never")
    answer = await call(library.order.reverse, out_trade_no="A1")
    assert (answer["result_code"], answer["recall"]) == ("SUCCESS", "N")
    assert library.check_signature(answer)
    assert sandbox.ledger.order("A1").state is Standing.REVOKED


async def test_wechatpy_refunds_by_the_providers_number(library: WeChatPay, sandbox: Sandbox) -> None:
    trade_no = (await charge(library, "paid"))["transaction_id"]
    for _ in range(2):
        answer = await call(library.refund.apply, 1250, 1250, "A1R", transaction_id=trade_no)
        assert (answer["refund_fee"], answer["out_trade_no"]) == ("1250", "A1")
    assert sandbox.ledger.order("A1").money_out == 1250
    assert (await call(library.order.query, transaction_id=trade_no))["trade_state"] == "REFUND"


async def test_wechatpy_without_certificate_cannot_revoke(library: WeChatPay, sandbox: Sandbox) -> None:
    library.mch_cert = None
    await charge(library, "password_never")
    assert (await call(library.order.reverse, out_trade_no="A1"))["err_code"] == "INVALID_REQUEST"
    assert sandbox.ledger.order("A1").state is Standing.CONFIRMING


async def test_wechatpy_with_a_wrong_key_is_told_so_and_moves_nothing(library: WeChatPay, sandbox: Sandbox) -> None:
    library.api_key = "0" * 32
    assert await charge(library, "paid") == {"return_code": "FAIL", "err_code": "SIGNERROR"}
    assert sandbox.ledger.orders == []


async def test_wechatpy_makes_a_qr_order_and_closes_it(library: WeChatPay) -> None:
    made = await call(
        library.order.create,
        "NATIVE",
        "goods",
        1250,
        "https://shop.example/notify",
        client_ip="127.0.0.1",
        out_trade_no="A1",
        product_id="1",
    )
    assert made["code_url"].startswith("weixin://wxpay/bizpayurl?pr=")
    assert (await call(library.order.query, out_trade_no="A1"))["trade_state"] == "NOTPAY"
    assert (await call(library.order.close, out_trade_no="A1"))["result_code"] == "SUCCESS"
    assert (await call(library.order.close, out_trade_no="A1"))["err_code"] == "ORDERCLOSED"


# -- what it checks --


@pytest.mark.parametrize("sign_type", ["MD5", "HMAC-SHA256"])
async def test_answers_are_signed_as_the_request_was(box: Box, sign_type: str) -> None:
    box.sign_type = sign_type
    answer = await box.charge(code_for("paid"))
    assert answer["result_code"] == "SUCCESS"
    assert box.proves(answer)
    assert len(answer["sign"]) == (32 if sign_type == "MD5" else 64)


async def test_a_request_without_sign_type_means_md5(box: Box) -> None:
    box.sign_type = "MD5"
    answer = await box.charge(code_for("paid"), sign_type=None)
    assert answer["result_code"] == "SUCCESS"
    assert box.proves(answer)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"sign": "0" * 64}, "SIGNERROR"),
        ({"sign_type": "SHA1"}, "SIGNERROR"),
        ({"sign": ""}, "LACK_PARAMS"),
        ({"mch_id": "1000000009"}, "MCHID_NOT_EXIST"),
        ({"mch_id": ""}, "LACK_PARAMS"),
    ],
)
async def test_what_nobody_vouches_for_is_refused_unsigned(box: Box, fields: dict[str, object], code: str) -> None:
    answer = await box.charge(code_for("paid"), **fields)
    assert (answer["return_code"], answer["err_code"]) == ("FAIL", code)
    assert "sign" not in answer
    assert box.sandbox.ledger.orders == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"appid": "wx0000000000000000"}, "APPID_MCHID_NOT_MATCH"),
        ({"appid": "zz0000000000000000"}, "APPID_NOT_EXIST"),
        ({"appid": ""}, "LACK_PARAMS"),
        ({"nonce_str": "n" * 33}, "PARAM_ERROR"),
        ({"nonce_str": None}, "LACK_PARAMS"),
        ({"body": None}, "LACK_PARAMS"),
        ({"body": "文" * 128}, "PARAM_ERROR"),
        ({"total_fee": "12.50"}, "PARAM_ERROR"),
        ({"total_fee": 0}, "PARAM_ERROR"),
        ({"total_fee": "１２"}, "PARAM_ERROR"),
        ({"fee_type": "yuan"}, "PARAM_ERROR"),
        ({"number": "A" * 33}, "PARAM_ERROR"),
        ({"number": "A.1"}, "PARAM_ERROR"),
        ({"spbill_create_ip": "localhost"}, "PARAM_ERROR"),
        ({"time_expire": "2026-01-01"}, "PARAM_ERROR"),
        ({"code": ""}, "LACK_PARAMS"),
        ({"code": "280000000000000017"}, "AUTH_CODE_INVALID"),
        ({"code": "13000000000000001"}, "AUTH_CODE_INVALID"),
    ],
)
async def test_a_wrong_field_is_refused_with_a_signature(box: Box, fields: dict[str, Any], code: str) -> None:
    answer = await box.charge(fields.pop("code", code_for("paid")), **fields)
    assert (answer["return_code"], answer["result_code"], answer["err_code"]) == ("SUCCESS", "FAIL", code)
    assert box.proves(answer)
    assert box.sandbox.ledger.summary()["money_in"] == 0


@pytest.mark.parametrize("length", [1, 127])
async def test_a_description_may_have_127_characters(box: Box, length: int) -> None:
    assert (await box.charge(code_for("paid"), body="文" * length))["result_code"] == "SUCCESS"


async def test_only_post_is_answered(box: Box) -> None:
    answer = read(await box.raw("/pay/micropay", b"", method="GET"))
    assert answer["err_code"] == "REQUIRE_POST_METHOD"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "XML_FORMAT_ERROR"),
        (b"{}", "XML_FORMAT_ERROR"),
        (b"<xml><a>1</a>", "XML_FORMAT_ERROR"),
        (b"<html><a>1</a></html>", "XML_FORMAT_ERROR"),
        (b"<xml><a><b>1</b></a></xml>", "XML_FORMAT_ERROR"),
        (b"<xml><a>1</a><a>2</a></xml>", "XML_FORMAT_ERROR"),
        (b'<!DOCTYPE xml [<!ENTITY e "x">]><xml><a>&e;</a></xml>', "XML_FORMAT_ERROR"),
        (b"<xml><a>\xff</a></xml>", "NOT_UTF8"),
    ],
)
async def test_what_is_no_request_is_refused(box: Box, body: bytes, code: str) -> None:
    assert read(await box.raw("/pay/micropay", body))["err_code"] == code


async def test_a_query_must_name_an_order(box: Box) -> None:
    assert (await box.post("/pay/orderquery", {}))["err_code"] == "LACK_PARAMS"


async def test_an_order_nobody_made_is_unknown_everywhere(box: Box) -> None:
    assert (await box.query("NOSUCH"))["err_code"] == "ORDERNOTEXIST"
    assert (await box.revoke("NOSUCH"))["err_code"] == "INVALID_TRANSACTIONID"
    refund = {"out_trade_no": "NOSUCH", "out_refund_no": "R", "total_fee": 1, "refund_fee": 1}
    assert (await box.post("/secapi/pay/refund", refund))["err_code"] == "ORDERNOTEXIST"
    assert (await box.post("/pay/closeorder", {"out_trade_no": "NOSUCH"}))["err_code"] == "ORDERNOTEXIST"


@pytest.mark.parametrize("path", ["/secapi/pay/reverse", "/secapi/pay/refund"])
async def test_without_client_certificate_money_does_not_go_back(bare_box: Box, path: str) -> None:
    await bare_box.charge(code_for("paid"))
    fields = {"out_trade_no": "A1", "out_refund_no": "R", "total_fee": 1250, "refund_fee": 1250}
    answer = await bare_box.post(path, fields)
    assert answer["err_code"] == "INVALID_REQUEST"
    assert "no client certificate" in answer["err_code_des"]
    assert bare_box.sandbox.ledger.order("A1").money_out == 0


# -- numbers, codes and time --


@pytest.mark.parametrize(
    ("case", "code"), [("paid", "ORDERPAID"), ("password_never", "OUT_TRADE_NO_USED"), ("refused_orderclosed", "ORDERCLOSED")]
)
async def test_an_order_number_serves_once(box: Box, case: str, code: str) -> None:
    await box.charge(code_for(case))
    assert (await box.charge(code_for("paid", 1)))["err_code"] == code
    assert box.sandbox.ledger.order("A1").times(Call.CHARGE) == 2


async def test_a_payers_code_serves_once(box: Box) -> None:
    await box.charge(code_for("refused_notenough"))
    assert (await box.charge(code_for("refused_notenough"), number="A2"))["err_code"] == "AUTH_CODE_ERROR"


async def test_quick_pay_orders_cannot_be_closed_only_revoked(box: Box) -> None:
    await box.charge(code_for("password_never"))
    assert (await box.post("/pay/closeorder", {"out_trade_no": "A1"}))["err_code"] == "268449641"


async def test_the_wallet_ends_an_unpaid_order_itself(box: Box, timings: Timings) -> None:
    await box.charge(code_for("password_never"))
    await asyncio.sleep(timings.auto_close_s)
    assert (await box.query())["trade_state"] == "CLOSED"


async def test_a_refund_of_another_amount_than_the_order_has_is_refused(box: Box) -> None:
    await box.charge(code_for("paid"))
    fields = {"out_trade_no": "A1", "out_refund_no": "R", "refund_fee": 1250}
    assert (await box.post("/secapi/pay/refund", {**fields, "total_fee": 9999}))["err_code"] == "REFUND_FEE_MISMATCH"
    assert (await box.post("/secapi/pay/refund", {**fields, "total_fee": 1250}))["result_code"] == "SUCCESS"
    assert (await box.post("/secapi/pay/refund", {**fields, "total_fee": 1250, "refund_fee": 1}))["err_code"] == "REFUND_FEE_MISMATCH"
    again = await box.post("/secapi/pay/refund", {**fields, "total_fee": 1250, "out_refund_no": "R2"})
    assert again["err_code"] == "TRADE_STATE_ERROR"


class TestEarly:
    @pytest.fixture
    def timings(self) -> Timings:
        return Timings()

    async def test_a_revoke_before_its_time_is_refused_and_remembered(self, box: Box) -> None:
        await box.charge(code_for("password_never"))
        answer = await box.revoke()
        assert (answer["err_code"], answer["recall"]) == ("INVALID_REQUEST", "Y")
        assert box.sandbox.ledger.early_revokes["A1"] == 1
        assert (await box.query())["trade_state"] == "USERPAYING"


# -- QR orders --


def qr_order(**more: object) -> dict[str, object]:
    fields = {"body": "goods", "out_trade_no": "A1", "total_fee": 1250, "spbill_create_ip": "127.0.0.1", "trade_type": "NATIVE"}
    return {**fields, "product_id": "1", "notify_url": "https://shop.example/notify", **more}


async def test_the_same_qr_order_again_brings_the_same_qr(box: Box) -> None:
    first = await box.post("/pay/unifiedorder", qr_order())
    again = await box.post("/pay/unifiedorder", qr_order())
    assert first["code_url"] == again["code_url"]
    assert (await box.post("/pay/unifiedorder", qr_order(total_fee=1)))["err_code"] == "OUT_TRADE_NO_USED"


async def test_the_payer_pays_the_qr_order_and_it_cannot_be_closed_or_revoked(box: Box) -> None:
    await box.post("/pay/unifiedorder", qr_order())
    box.sandbox.ledger.confirm("A1")
    answer = await box.query()
    assert (answer["trade_state"], answer["trade_type"]) == ("SUCCESS", "NATIVE")
    assert (await box.post("/pay/closeorder", {"out_trade_no": "A1"}))["err_code"] == "ORDERPAID"
    assert (await box.revoke())["err_code"] == "INVALID_REQUEST"


@pytest.mark.parametrize(("fields", "code"), [({"trade_type": "JSAPI"}, "PARAM_ERROR"), ({"product_id": None}, "LACK_PARAMS")])
async def test_only_whole_native_orders_are_made(box: Box, fields: dict[str, object], code: str) -> None:
    assert (await box.post("/pay/unifiedorder", qr_order(**fields)))["err_code"] == code


# -- the cases --


async def heard(asking: Any) -> dict[str, str]:
    """The answer, or nothing where none came whole."""
    try:
        return dict(await asyncio.wait_for(asking, 5))
    except (aiohttp.ClientError, ConnectionError):
        return {}


@pytest.mark.parametrize("case", [name for name in CASES if name.startswith("refused_") and name != "refused_but_paid"])
async def test_a_refusal_takes_no_money_and_no_query_says_paid(box: Box, case: str) -> None:
    answer = await box.charge(code_for(case))
    assert f"refused_{answer['err_code'].lower()}" == case
    asked = await box.query()
    assert asked.get("trade_state", asked.get("err_code")) in ("PAYERROR", "ORDERNOTEXIST", "CLOSED", "REVOKED")
    assert box.sandbox.ledger.order("A1").money_in == 0


@pytest.mark.parametrize(
    ("case", "code", "states"),
    [
        ("password_declined", "USERPAYING", ["USERPAYING", "PAYERROR"]),
        ("auto_closed", "USERPAYING", ["USERPAYING", "CLOSED"]),
        ("accepted_then_paid", "USERPAYING", ["ACCEPT", "SUCCESS"]),
        ("not_paid", "USERPAYING", ["NOTPAY", "NOTPAY"]),
        ("unknown_code", "BRAND_NEW_CODE", ["NOTPAY"]),
        ("refused_but_paid", "NOTENOUGH", ["SUCCESS"]),
        ("number_paid", "ORDERPAID", ["SUCCESS"]),
        ("system_error_paid", "SYSTEMERROR", ["SUCCESS"]),
        ("system_error_unpaid", "SYSTEMERROR", ["NOTPAY", "NOTPAY"]),
        ("bank_error", "BANKERROR", ["ACCEPT", "SUCCESS"]),
        ("bank_error_unpaid", "BANKERROR", ["PAYERROR"]),
        ("request_lost", None, ["ORDERNOTEXIST"] * 4),
        ("late_arrival", None, ["ORDERNOTEXIST", "ORDERNOTEXIST", "SUCCESS"]),
        ("answer_lost", None, ["SUCCESS"]),
        ("silent_charge", None, ["SUCCESS"]),
        ("query_silent", "USERPAYING", [None, None, "SUCCESS"]),
        ("query_cut", "USERPAYING", [None, None, "SUCCESS"]),
        ("query_system_error", "USERPAYING", ["SYSTEMERROR", "SYSTEMERROR", "SUCCESS"]),
    ],
)
async def test_what_the_charge_and_the_queries_say(box: Box, case: str, code: str | None, states: list[str | None]) -> None:
    assert (await heard(box.charge(code_for(case)))).get("err_code") == code
    told = []
    for _ in states:
        answer = await heard(box.query())
        assert not answer or box.proves(answer)
        told.append(answer.get("trade_state", answer.get("err_code")))
    assert told == states


@pytest.mark.parametrize(
    ("case", "revokes", "money"),
    [
        ("revoke_again", [("SUCCESS", None, "Y"), ("SUCCESS", None, "Y"), ("SUCCESS", None, "N")], (0, 0)),
        ("revoke_busy", [("FAIL", "USERPAYING", "Y"), ("FAIL", "USERPAYING", "Y"), ("SUCCESS", None, "N")], (0, 0)),
        ("revoke_silent", [(None, None, None)] * 3 + [("SUCCESS", None, "N")], (0, 0)),
        ("revoke_lost_answer", [(None, None, None), ("SUCCESS", None, "N")], (0, 0)),
        ("revoke_forbidden", [("FAIL", "TRADE_ERROR", "N")] * 2, (0, 0)),
        ("revoke_unknown", [("FAIL", "INVALID_TRANSACTIONID", "N")] * 2, (0, 0)),
        ("revoke_system_error", [("FAIL", "SYSTEMERROR", "Y"), ("FAIL", "SYSTEMERROR", "Y"), ("SUCCESS", None, "N")], (0, 0)),
        ("paid_between", [("SUCCESS", None, "N")], (1250, 1250)),
        ("paid_while_revoking", [("FAIL", "USERPAYING", "Y")], (1250, 0)),
        ("paid_late", [("FAIL", "TRADE_ERROR", "N")], (1250, 0)),
        ("paid_after_revoked", [("SUCCESS", None, "N")], (1250, 0)),
        ("arrives_after_revoke", [("FAIL", "INVALID_TRANSACTIONID", "N")], (1250, 0)),
        ("revoke_bad_signature", [("SUCCESS", None, "N"), ("SUCCESS", None, "N")], (0, 0)),
    ],
)
async def test_what_the_revokes_say(
    box: Box, case: str, revokes: list[tuple[str | None, str | None, str | None]], money: tuple[int, int]
) -> None:
    await heard(box.charge(code_for(case)))
    told = []
    for _ in revokes:
        answer = await heard(box.revoke())
        told.append((answer.get("result_code"), answer.get("err_code"), answer.get("recall")))
    assert told == revokes
    order = box.sandbox.ledger.order("A1")
    assert (order.money_in, order.money_out) == money


async def test_a_revoke_that_acted_may_be_wrongly_signed(box: Box) -> None:
    await box.charge(code_for("revoke_bad_signature"))
    assert not box.proves(await box.revoke())
    assert box.proves(await box.revoke())
    assert box.sandbox.ledger.order("A1").state is Standing.REVOKED


@pytest.mark.parametrize(
    ("case", "answers", "out"),
    [
        ("refund_refused", ["NOTENOUGH", "NOTENOUGH"], 0),
        ("refund_lost", [None, "SUCCESS"], 1250),
        ("refund_busy", ["SYSTEMERROR", "SYSTEMERROR", "SUCCESS"], 1250),
    ],
)
async def test_what_the_refunds_say(box: Box, case: str, answers: list[str | None], out: int) -> None:
    await box.charge(code_for(case))
    fields = {"out_trade_no": "A1", "out_refund_no": "A1R", "total_fee": 1250, "refund_fee": 1250}
    told = []
    for _ in answers:
        answer = await heard(box.post("/secapi/pay/refund", fields))
        told.append(answer.get("err_code", answer.get("result_code")))
    assert told == answers
    assert box.sandbox.ledger.order("A1").money_out == out


async def test_closing_may_be_refused(box: Box) -> None:
    box.sandbox.deck.put(CASES["close_refused"])
    await box.post("/pay/unifiedorder", qr_order())
    assert (await box.post("/pay/closeorder", {"out_trade_no": "A1"}))["err_code"] == "SYSTEMERROR"


@pytest.mark.parametrize(
    ("case", "field"),
    [("wrong_amount", "total_fee"), ("wrong_currency", "fee_type"), ("wrong_merchant", "mch_id"), ("wrong_number", "out_trade_no")],
)
async def test_a_lie_is_correctly_signed_and_told_every_time(box: Box, case: str, field: str) -> None:
    truth = {"total_fee": "1250", "fee_type": "CNY", "mch_id": box.sandbox.wechat.mch_id, "out_trade_no": "A1"}
    for answer in (await box.charge(code_for(case)), await box.query(), await box.query()):
        assert box.proves(answer)
        assert {name for name, value in truth.items() if answer[name] != value} == {field}


@pytest.mark.parametrize(("case", "proved"), [("bad_signature", True), ("bad_signature_always", False), ("no_signature", True)])
async def test_an_unproven_answer(box: Box, case: str, proved: bool) -> None:
    assert not box.proves(await box.charge(code_for(case)))
    answer = await box.query()
    assert (answer["trade_state"], box.proves(answer)) == ("SUCCESS", proved)


@pytest.mark.parametrize("case", ["extra_fields", "zero_fields"])
async def test_unusual_fields_are_signed_along(box: Box, case: str) -> None:
    answer = await box.charge(code_for(case))
    assert box.proves(answer)
    assert ("z_new" in answer) == (case == "extra_fields")
    assert (answer.get("coupon_fee") == "0") == (case == "zero_fields")


@pytest.mark.parametrize("case", ["late_answer", "gzip", "bom", "slow"])
async def test_a_strange_way_of_answering_is_still_an_answer(box: Box, case: str) -> None:
    answer = await heard(box.charge(code_for(case)))
    assert answer["result_code"] == "SUCCESS"
    assert box.proves(answer)


def test_every_case_is_named_in_a_test_or_told_by_its_fault() -> None:
    """A case that no test plays could do anything; the damaged answers are played in test_sandbox_delivery."""
    from pathlib import Path

    text = Path(__file__).read_text(encoding="utf-8")
    silent = {fault.value for fault in Fault} | {name for name in CASES if name.startswith("refused_")}
    assert [name for name in CASES if f'"{name}"' not in text and name not in silent] == []
    assert Lie.NONE.value not in CASES
