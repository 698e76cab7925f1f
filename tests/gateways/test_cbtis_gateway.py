"""CBTIS: what goes over the wire, how often, and what each answer means (`daemon.gateways.cbtis`, `daemon.gateways.cbtis_answers`)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from cbtis_provider import (
    ASKED,
    ATTEMPT,
    CREATED,
    NUMBER,
    PAID,
    QR,
    RID,
    SHOWN,
    Provider,
    envelope,
    error,
    gateway_of,
    providing,
    quoting,
    secrets_in,
)

from daemon.codes import AuthCode
from daemon.gateways.base import Ability, Gateway, Problem
from daemon.gateways.cbtis import CbtisGateway
from daemon.money import Amount, Minor
from daemon.payment import Attempt, State
from daemon.reply import GatewayError, NoAnswer, NotSent, Refusal, Reply, Unclear, Unintelligible, Verdict
from daemon.timing import Schedule

TRADE_NO = "C991289984923795789123"


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with providing() as provider:
        yield provider


@pytest.fixture
async def gateway(provider: Provider) -> AsyncIterator[CbtisGateway]:
    gateway = gateway_of(provider)
    yield gateway
    await gateway.aclose()


# --- what goes over the wire ---


async def test_it_is_a_gateway_that_shows_and_does_nothing_else(gateway: CbtisGateway) -> None:
    as_protocol: Gateway = gateway
    assert as_protocol.abilities == {Ability.SHOW}
    assert not as_protocol.holds_queries
    assert not as_protocol.repeats_creates
    assert as_protocol.name == "cbtis"


async def test_an_order_with_its_qr_code(provider: Provider, gateway: CbtisGateway) -> None:
    assert await gateway.create_qr(ATTEMPT) == Reply(Verdict.QR, "PENDING", "", TRADE_NO, qr=QR)
    [(path, body)] = provider.asked
    assert path == "/mch-api/v1/pa/payment_intents/create"
    assert (body["merchant_order_id"], body["amount"], body["currency"]) == (NUMBER, "12.50", "HKD")
    assert provider.bearers == ["token-1"]


async def test_a_query_by_our_number(provider: Provider, gateway: CbtisGateway) -> None:
    provider.tells(ASKED)
    assert await gateway.query(SHOWN) == Reply(Verdict.UNPAID, "PENDING", "", TRADE_NO)
    assert provider.asked == [("/mch-api/v1/pa/payment_intents/query", {"merchant_order_id": NUMBER})]


async def test_a_base_url_may_end_in_a_path(provider: Provider) -> None:
    provider.url += "/tunnel"
    gateway = gateway_of(provider)
    assert (await gateway.create_qr(ATTEMPT)).qr == QR
    assert provider.asked[0][0] == "/tunnel/mch-api/v1/pa/payment_intents/create"
    await gateway.aclose()


async def test_what_cbtis_has_no_call_for_is_answered_without_one(provider: Provider, gateway: CbtisGateway) -> None:
    for call in (gateway.close, gateway.revoke):
        reply = await call(SHOWN)
        assert (reply.verdict, reply.code) == (Verdict.REVOKE_REFUSED, "no_close")
    assert (await gateway.refund(SHOWN)).verdict is Verdict.REFUND_REFUSED
    with pytest.raises(NotSent):
        await gateway.submit(SHOWN, AuthCode("13" + "0" * 14 + "17"))
    assert (provider.asked, provider.auths) == ([], [])


# --- the token, from where the box stands ---


async def test_a_token_that_died_on_the_way_is_replaced_once_and_the_query_sent_again(provider: Provider, gateway: CbtisGateway) -> None:
    provider.tells(ASKED)
    await gateway.query(SHOWN)
    provider.alive = lambda bearer: bearer != "token-1"
    assert (await gateway.query(SHOWN)).verdict is Verdict.UNPAID
    assert provider.bearers == ["token-1", "token-1", "token-2"]
    assert len(provider.auths) == 2


async def test_a_second_refusal_in_a_row_is_not_answered_with_a_third_query(provider: Provider, gateway: CbtisGateway) -> None:
    """P9: two tokens and two queries are all that one query can cause."""
    provider.alive = lambda _bearer: False
    assert (await gateway.query(SHOWN)).verdict is Verdict.UNKNOWN
    assert (len(provider.auths), len(provider.asked)) == (2, 2)


async def test_many_queries_at_once_that_find_their_token_dead_fetch_one_new_one(provider: Provider, gateway: CbtisGateway) -> None:
    provider.tells(ASKED)
    await gateway.query(SHOWN)
    provider.alive = lambda bearer: bearer != "token-1"
    replies = await asyncio.gather(*[gateway.query(SHOWN) for _ in range(6)])
    assert {reply.verdict for reply in replies} == {Verdict.UNPAID}
    assert len(provider.auths) == 2


async def test_a_create_is_never_sent_again_not_even_after_a_refused_token(provider: Provider, gateway: CbtisGateway) -> None:
    """P1, to the letter. The order number was not used up as far as anybody knows; it is given up all the same."""
    provider.alive = lambda bearer: bearer != "token-1"
    reply = await gateway.create_qr(ATTEMPT)
    assert (reply.verdict, reply.refusal, reply.code, reply.qr) == (Verdict.REFUSED, Refusal.OURS, "token_refused", None)
    assert provider.paths == ["create"]
    assert (await gateway.create_qr(ATTEMPT.but(out_trade_no="A2"))).verdict is not Verdict.REFUSED, "the next one has a new token"
    assert provider.bearers == ["token-1", "token-2"]


async def test_a_token_near_its_end_is_renewed_before_a_create(provider: Provider) -> None:
    now = [0.0]
    gateway = gateway_of(provider, clock=lambda: now[0])
    await gateway.warm()
    now[0] = 3599.0
    assert (await gateway.create_qr(ATTEMPT)).verdict is Verdict.QR
    assert provider.bearers == ["token-2"]
    assert provider.paths == ["create"]
    await gateway.aclose()


async def test_without_a_token_nothing_is_sent(provider: Provider, gateway: CbtisGateway) -> None:
    provider.gives = lambda _request: error(1, "no", 401)
    for call in (gateway.create_qr, gateway.query):
        with pytest.raises(NotSent, match="no access token"):
            await call(ATTEMPT)
    assert provider.asked == []


async def test_warming_fetches_a_token_and_opens_a_connection_and_says_nothing(provider: Provider, gateway: CbtisGateway) -> None:
    await gateway.warm()
    await gateway.warm()
    assert len(provider.auths) == 1
    assert provider.asked == []
    provider.url = "http://127.0.0.1:1"
    nowhere = gateway_of(provider)
    await nowhere.warm()
    await nowhere.aclose()


# --- what a create means ---


@pytest.mark.parametrize("action", [{"type": "call_sdk"}, {"type": "render_qrcode", "qrcode_url": ""}, None, "soon"])
async def test_an_order_without_a_text_to_show_says_so(provider: Provider, gateway: CbtisGateway, action: object) -> None:
    provider.tells({**CREATED, "next_action": action})
    reply = await gateway.create_qr(ATTEMPT)
    assert (reply.verdict, reply.qr, reply.code, reply.trade_no) == (Verdict.QR, None, "no_qr", TRADE_NO)


async def test_alipay_s_text_is_in_another_field(provider: Provider, gateway: CbtisGateway) -> None:
    provider.tells({**CREATED, "next_action": {"type": "render_qrcode", "url": QR}})
    assert (await gateway.create_qr(ATTEMPT)).qr == QR


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"amount": "50"}, "another amount"),
        ({"amount": "1250"}, "another amount"),
        ({"amount": "soon"}, "another amount"),
        ({"currency": "TWD"}, "another currency"),
        ({"merchant_order_id": "ANOTHER"}, "another order number"),
        ({"uid": 1}, "another merchant"),
        ({"amount": "50", "currency": "TWD"}, "another currency, another amount"),
    ],
)
async def test_an_order_of_other_terms_is_never_shown(provider: Provider, gateway: CbtisGateway, change: Any, difference: str) -> None:
    """The page's own samples answer "1" with "50"."""
    provider.tells({**CREATED, **change})
    reply = await gateway.create_qr(ATTEMPT)
    assert (reply.verdict, reply.qr, reply.trade_no) == (Verdict.MISMATCH, None, TRADE_NO)
    assert reply.text == f"the order was made with {difference}"


@pytest.mark.parametrize("amount", ["12.5", "12.50", "12.500", 12.5])
async def test_the_same_amount_written_otherwise_is_the_same(provider: Provider, gateway: CbtisGateway, amount: object) -> None:
    provider.tells({**CREATED, "amount": amount})
    assert (await gateway.create_qr(ATTEMPT)).qr == QR


async def test_a_create_that_says_paid_must_prove_it(provider: Provider, gateway: CbtisGateway) -> None:
    provider.tells({**PAID, "next_action": CREATED["next_action"]})
    assert (await gateway.create_qr(ATTEMPT)).verdict is Verdict.PAID
    provider.tells({**PAID, "amount": "50"})
    assert (await gateway.create_qr(ATTEMPT)).verdict is Verdict.MISMATCH


async def test_a_create_in_other_statuses(provider: Provider, gateway: CbtisGateway) -> None:
    provider.tells({**CREATED, "status": "CANCELLED"})
    assert (await gateway.create_qr(ATTEMPT)).verdict is Verdict.CLOSED
    provider.tells({**CREATED, "status": "A_NEW_STATUS"})
    assert (await gateway.create_qr(ATTEMPT)).qr == QR, "the order stands, and what it comes to the query will say"
    provider.tells({**CREATED, "status": "A_NEW_STATUS", "next_action": None})
    assert (await gateway.create_qr(ATTEMPT)).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("code", [1, -1, 40001, "INVALID", 10**9])
@pytest.mark.parametrize("status", [200, 409, 429, 500, 502])
async def test_a_code_that_nobody_has_published_is_no_refusal(provider: Provider, gateway: CbtisGateway, code: Any, status: int) -> None:
    """P4."""
    provider.says = lambda _request: error(code, "something", status)
    assert await gateway.create_qr(ATTEMPT) == Reply(Verdict.UNKNOWN, str(code), f"something (rid {RID})")
    assert provider.paths == ["create"]


@pytest.mark.parametrize("status", [400, 403, 422])
async def test_a_code_under_an_http_status_that_turns_the_request_down_is_ours_to_mend(
    provider: Provider, gateway: CbtisGateway, status: int
) -> None:
    provider.says = lambda _request: error(7, "settlement_currency", status)
    assert await gateway.create_qr(ATTEMPT) == Reply(Verdict.REFUSED, "7", f"settlement_currency (rid {RID})", refusal=Refusal.OURS)


# --- what a query means (P4, P6) ---


async def test_paid_is_believed_when_everything_matches(
    provider: Provider, gateway: CbtisGateway, caplog: pytest.LogCaptureFixture
) -> None:
    provider.tells(PAID)
    with caplog.at_level(logging.INFO):
        assert await gateway.query(SHOWN) == Reply(Verdict.PAID, "SUCCEEDED", "", TRADE_NO)
    assert "paid_at=2023-08-30T20:45:05.928+00:00" in caplog.text


@pytest.mark.parametrize("pay_time", [None, "", "2023-08-31", 5, {"at": 1}])
async def test_a_time_that_cannot_be_read_changes_no_outcome(provider: Provider, gateway: CbtisGateway, pay_time: object) -> None:
    provider.tells({**PAID, "pay_time": pay_time})
    assert (await gateway.query(SHOWN)).verdict is Verdict.PAID


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"amount": "12.51"}, "amount 1251 instead of 1250"),
        ({"amount": "1250"}, "amount 125000 instead of 1250"),
        ({"amount": "12.505"}, "amount None"),
        ({"amount": None}, "amount None"),
        ({"amount": "-12.50"}, "amount None"),
        ({"currency": "TWD"}, "currency 'TWD' instead of HKD"),
        ({"currency": None}, "currency none instead of HKD"),
        ({"currency": "hkd"}, "currency 'hkd'"),
        ({"merchant_order_id": "ANOTHER"}, "another order number"),
        ({"merchant_order_id": None}, "another order number"),
        ({"uid": "1"}, "another merchant"),
    ],
)
async def test_paid_with_anything_else_is_a_mismatch(provider: Provider, gateway: CbtisGateway, change: Any, difference: str) -> None:
    """P6."""
    provider.tells({**PAID, **change})
    reply = await gateway.query(SHOWN)
    assert reply.verdict is Verdict.MISMATCH
    assert difference in reply.text


async def test_yen_have_no_decimals(provider: Provider, gateway: CbtisGateway) -> None:
    in_yen = SHOWN.but(amount=Amount(Minor(1250), "JPY"))
    provider.tells({**PAID, "amount": "1250", "currency": "JPY"})
    assert (await gateway.query(in_yen)).verdict is Verdict.PAID
    provider.tells({**PAID, "amount": "12.50", "currency": "JPY"})
    assert (await gateway.query(in_yen)).verdict is Verdict.MISMATCH


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("PENDING", Verdict.UNPAID),
        ("CANCELLED", Verdict.CLOSED),
        ("FAILED", Verdict.UNKNOWN),
        ("REFUNDED", Verdict.UNKNOWN),
        ("A_NEW_STATUS", Verdict.UNKNOWN),
        ("succeeded", Verdict.UNKNOWN),
        ("SUCCEEDED ", Verdict.UNKNOWN),
    ],
)
async def test_every_status(provider: Provider, gateway: CbtisGateway, status: str, verdict: Verdict) -> None:
    provider.tells({**ASKED, "status": status})
    assert await gateway.query(SHOWN) == Reply(verdict, status, "", TRADE_NO)


@pytest.mark.parametrize("status", [None, "", 5.5, ["SUCCEEDED"], {"status": "SUCCEEDED"}, True])
async def test_no_status_is_unknown(provider: Provider, gateway: CbtisGateway, status: object) -> None:
    provider.tells({**ASKED, "status": status})
    assert await gateway.query(SHOWN) == Reply(Verdict.UNKNOWN, "no_status", "", TRADE_NO)


@pytest.mark.parametrize("change", [{"merchant_order_id": "ANOTHER"}, {"amount": "50"}, {"currency": "TWD"}, {"uid": "1"}])
@pytest.mark.parametrize("status", ["PENDING", "CANCELLED", "A_NEW_STATUS"])
async def test_an_answer_about_something_else_proves_nothing(provider: Provider, gateway: CbtisGateway, change: Any, status: str) -> None:
    provider.tells({**ASKED, **change, "status": status})
    with pytest.raises(Unintelligible, match="about another"):
        await gateway.query(SHOWN)


async def test_what_a_query_leaves_out_is_not_held_against_it(provider: Provider, gateway: CbtisGateway) -> None:
    provider.tells({"status": "CANCELLED"})
    assert await gateway.query(SHOWN) == Reply(Verdict.CLOSED, "CANCELLED")


async def test_an_order_whose_making_was_unclear_is_found_with_its_text(provider: Provider, gateway: CbtisGateway) -> None:
    """The page shows no `next_action` in the answer to a query. Where there is one all the same, the order can be shown."""
    provider.tells(CREATED)
    assert await gateway.query(ATTEMPT) == Reply(Verdict.QR, "PENDING", "", TRADE_NO, qr=QR)
    assert (await gateway.query(SHOWN)).verdict is Verdict.UNPAID
    provider.tells(ASKED)
    assert (await gateway.query(ATTEMPT)).verdict is Verdict.UNPAID


@pytest.mark.parametrize(
    ("message", "status", "verdict"),
    [
        ("order not found", 200, Verdict.NOT_KNOWN),
        ("The payment intent does not exist", 200, Verdict.NOT_KNOWN),
        ("order does not exists", 400, Verdict.NOT_KNOWN),
        ("订单不存在", 200, Verdict.NOT_KNOWN),
        ("no such order", 200, Verdict.NOT_KNOWN),
        ("payment_method not found", 200, Verdict.UNKNOWN),
        ("anything", 404, Verdict.NOT_KNOWN),
        ("merchant does not exist", 200, Verdict.UNKNOWN),
        ("reorder not found", 200, Verdict.UNKNOWN),
        ("system busy", 200, Verdict.UNKNOWN),
        ("order is not payable", 200, Verdict.UNKNOWN),
        ("", 500, Verdict.UNKNOWN),
        ("forbidden", 403, Verdict.UNKNOWN),
    ],
)
async def test_an_error_to_a_query_is_never_a_refusal(
    provider: Provider, gateway: CbtisGateway, message: str, status: int, verdict: Verdict
) -> None:
    provider.says = lambda _request: error(40004, message, status)
    reply = await gateway.query(SHOWN)
    assert (reply.verdict, reply.code) == (verdict, "40004")
    assert RID in reply.text


# --- hostile and broken answers ---


def _page(_request: web.Request) -> web.StreamResponse:
    return web.Response(status=502, text="<html>502</html>", content_type="text/html")


def _redirect(request: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": str(request.url)})


HOSTILE: dict[str, Callable[[web.Request], Any]] = {
    "empty": lambda _: b"",
    "page": lambda _: b"<html>log in to the wireless network</html>",
    "502": _page,
    "redirect": _redirect,
    "huge": lambda _: b'{"code": 0, "data": {"status": "SUCCEEDED"}}' + b" " * 8_000_000,
    "compressed": lambda _: web.Response(body=b"x", headers={"Content-Encoding": "gzip"}),
    "half": lambda _: b'{"code": 0, "data": {"sta',
    "deep": lambda _: b"[" * 60_000,
    "not utf-8": lambda _: b'{"code": 0, "message": "\xff"}',
    "no code": lambda _: {"data": PAID},
    "paid, but 500": lambda _: web.json_response(envelope(PAID), status=500),
    "paid twice over": lambda _: b'{"code": 0, "data": {"status": "PENDING", "status": "SUCCEEDED"}}',
}


@pytest.mark.parametrize("says", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("call", ["create_qr", "query"])
async def test_what_proves_nothing_is_unclear(provider: Provider, gateway: CbtisGateway, call: str, says: Any) -> None:
    provider.says = says
    with pytest.raises(Unintelligible):
        await getattr(gateway, call)(ATTEMPT)
    assert len(provider.asked) == 1


@pytest.mark.parametrize("call", ["create_qr", "query"])
async def test_a_provider_that_hangs_up_is_asked_once(provider: Provider, gateway: CbtisGateway, call: str) -> None:
    """P1: a POST is never repeated by anything below the cycle."""

    def hang_up(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    provider.says = hang_up
    await gateway.warm()
    with pytest.raises(Unclear):
        await getattr(gateway, call)(ATTEMPT)
    assert len(provider.asked) == 1


async def test_silence_is_no_answer_and_each_call_has_its_own_patience(provider: Provider) -> None:
    gateway = gateway_of(provider, schedule=Schedule(answer_s=0.25, reply_s=0.12))
    await gateway.warm()
    never = asyncio.Event()

    async def handle(_request: web.Request) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]  # a site's own name says port 0 in aiohttp 3.8
    silent = gateway_of(provider, schedule=Schedule(answer_s=0.25, reply_s=0.12), base_url=f"http://{host}:{port}")
    silent._tokens = gateway._tokens  # the door for tokens works, the one for orders is stuck
    for call, limit_s in ((silent.create_qr, 0.25), (silent.query, 0.12)):
        started = asyncio.get_running_loop().time()
        with pytest.raises(NoAnswer, match="no whole answer"):
            await call(ATTEMPT)
        assert limit_s * 0.8 < asyncio.get_running_loop().time() - started < limit_s + 0.2
    never.set()
    await gateway.aclose()
    await silent.aclose()
    await runner.cleanup()


async def test_nothing_is_sent_where_nobody_listens(provider: Provider) -> None:
    provider.url = "http://127.0.0.1:1"
    gateway = gateway_of(provider)
    for call in (gateway.create_qr, gateway.query):
        with pytest.raises(NotSent):
            await call(ATTEMPT)
    await gateway.aclose()
    with pytest.raises(NotSent):
        await gateway.query(ATTEMPT)


# --- before the first sale ---


async def test_all_well(provider: Provider, gateway: CbtisGateway) -> None:
    provider.says = lambda _request: error(40004, "whatever it says of an order that cannot exist")
    assert await gateway.check() == []
    [(path, body)] = provider.asked
    assert path.endswith("/query")
    assert body["merchant_order_id"].startswith("check")
    assert len(body["merchant_order_id"]) <= 32
    assert body["merchant_order_id"].isalnum()


async def test_wrong_credentials_block(provider: Provider, gateway: CbtisGateway) -> None:
    provider.gives = lambda _request: error(40101, "invalid client", 401)
    assert await gateway.check() == [
        Problem("CBTIS gives no access token (HTTP 401, code 40101); are uid and client secret right?", blocking=True)
    ]
    assert provider.asked == []


async def test_a_token_that_is_not_accepted_fresh_from_the_press_blocks(provider: Provider, gateway: CbtisGateway) -> None:
    provider.alive = lambda _bearer: False
    [problem] = await gateway.check()
    assert problem.blocking


@pytest.mark.parametrize("where", ["gives", "says"])
async def test_what_may_pass_by_itself_does_not_block(provider: Provider, gateway: CbtisGateway, where: str) -> None:
    setattr(provider, where, lambda _request: web.Response(status=503, text="<html>busy</html>"))
    [problem] = await gateway.check()
    assert not problem.blocking


async def test_a_missing_network_is_said_and_does_not_block(provider: Provider) -> None:
    provider.url = "http://127.0.0.1:1"
    gateway = gateway_of(provider)
    [problem] = await gateway.check()
    assert "refuses connections" in problem.text
    assert not problem.blocking
    await gateway.aclose()


# --- secrets (P10) ---


async def test_no_secret_token_or_code_reaches_a_reply_an_error_or_a_log(
    provider: Provider, gateway: CbtisGateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Even where CBTIS quotes all of them."""
    said: list[str] = []
    with caplog.at_level(logging.DEBUG):
        for status in (200, 400, 401, 500):
            provider.says = lambda request, status=status: error(f"E {quoting(request)}", quoting(request), status)
            said += [repr(await gateway.create_qr(_next(status))), repr(await gateway.query(SHOWN))]
        bodies: list[Callable[[str], Any]] = [
            lambda words: words.encode(),
            lambda words: envelope(None, 0, words),
            lambda words: envelope({**CREATED, "merchant_order_id": words[:60]}),
        ]
        for body in bodies:
            provider.says = lambda request, body=body: body(quoting(request))
            for call in (gateway.create_qr, gateway.query):
                try:
                    said.append(repr(await call(ATTEMPT)))
                except GatewayError as failed:
                    said += [str(failed), repr(failed), repr(failed.__cause__), repr(failed.__context__)]
        said += [str(problem) for problem in await gateway.check()]
    assert len(provider.auths) > 2
    assert secrets_in(*said, caplog.text, repr(gateway), repr(vars(gateway)), repr(gateway._settings)) == []


def _next(status: int) -> Attempt:
    return ATTEMPT.but(out_trade_no=f"A{status}", state=State.CREATING_QR)
