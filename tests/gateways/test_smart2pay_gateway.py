"""Smart2Pay (GlobalPay): what goes over the wire, how an order is found again, and that nothing is ever done twice."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from smart2pay_samples import ALIPAY, ATTEMPT, KEY, NUMBER, PLACE, QR, SETTINGS, SHOWN, body, failed, listed, not_made, payment, refund

from daemon.codes import AuthCode
from daemon.gateways.base import Ability, ForgedPush, Gateway, Pushed
from daemon.gateways.settings import Smart2paySettings
from daemon.gateways.smart2pay import Smart2payGateway
from daemon.money import Amount, Minor
from daemon.payment import State
from daemon.reply import NoAnswer, NotSent, Refusal, Unclear, Unintelligible, Verdict
from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Call, Move, Standing, Timings
from daemon.sandbox.server import Sandbox
from daemon.sandbox.smart2pay_answers import payment_id
from daemon.secret import Secret
from daemon.timing import Schedule

SCHEDULE = Schedule(answer_s=20.0, reply_s=20.0)  # a busy machine is not what is tested
LIST = f"/v1/payments/?merchantTransactionID={NUMBER}&pageSize=10"
ONE = "/v1/payments/4116540"

Said = tuple[int, bytes]


class Provider:
    """Answers by method and path, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.answers: dict[tuple[str, str], Callable[[], Said | web.StreamResponse]] = {}
        self.url = ""

    def says(self, method: str, path: str, status: int, content: bytes) -> None:
        self.answers[method, path] = lambda: (status, content)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.read())
        self.asked.append((request.method, request.raw_path))
        self.headers.append(dict(request.headers))
        said = self.answers.get((request.method, request.raw_path), lambda: (404, b'{"Message": "no"}'))()
        if isinstance(said, web.StreamResponse):
            return said
        return web.Response(status=said[0], body=said[1], content_type="application/json")


@contextlib.asynccontextmanager
async def gateway_to(url: str, schedule: Schedule = SCHEDULE, settings: Smart2paySettings = SETTINGS) -> AsyncIterator[Smart2payGateway]:
    gateway = Smart2payGateway(replace(settings, base_url=url), PLACE, schedule)
    as_protocol: Gateway = gateway
    pushed: Pushed = gateway
    assert as_protocol.abilities == {Ability.SHOW, Ability.REFUND, Ability.CLOSE}
    assert pushed is not None
    assert not gateway.holds_queries
    try:
        yield gateway
    finally:
        await gateway.aclose()


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    provider = Provider()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.handle)
    server = TestServer(app)
    await server.start_server()
    provider.url = str(server.make_url("")).rstrip("/")
    yield provider
    await server.close()


@pytest.fixture
async def gateway(provider: Provider) -> AsyncIterator[Smart2payGateway]:
    async with gateway_to(provider.url) as gateway:
        yield gateway


# -- what goes over the wire --


async def test_a_payment_is_created_by_one_post(provider: Provider, gateway: Smart2payGateway) -> None:
    provider.says("POST", "/v1/payments", 201, body("Payment", payment()))
    reply = await gateway.create_qr(ATTEMPT)
    assert (reply.verdict, reply.qr, reply.trade_no) == (Verdict.QR, QR, "4116540")
    assert provider.asked == [("POST", "/v1/payments")]
    [headers] = provider.headers
    assert headers["Authorization"] == "Basic MzAyMDE6ayt5LzA9"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    fields = json.loads(provider.bodies[0])["Payment"]
    assert (fields["Amount"], fields["MerchantTransactionID"], fields["Details"]["IsOffline"]) == (1250, NUMBER, True)


async def test_what_must_happen_once_has_one_request_id_and_each_question_its_own(provider: Provider, gateway: Smart2payGateway) -> None:
    for _ in range(2):
        for call in (gateway.create_qr, gateway.query, gateway.close):
            with contextlib.suppress(Unclear):
                await call(SHOWN)
    ids = [(method, headers["RequestId"]) for (method, _), headers in zip(provider.asked, provider.headers, strict=True)]
    assert all(str(uuid.UUID(name)) == name for _, name in ids)
    assert ids[0] == ids[3], "the creation, sent again by whatever accident"
    assert len({name for _, name in ids}) == 5


async def test_the_other_calls_on_the_wire(provider: Provider, gateway: Smart2payGateway) -> None:
    provider.says("GET", ONE, 200, body("Payment", payment(2)))
    provider.says("POST", f"{ONE}/cancel", 400, body("Payment", payment(1)))
    provider.says("GET", f"{ONE}/refunds", 200, body("Refunds", []))
    provider.says("POST", f"{ONE}/refunds", 201, body("Refund", refund(1)))
    assert (await gateway.query(SHOWN)).verdict is Verdict.PAID
    assert (await gateway.close(SHOWN)).verdict is Verdict.REVOKE_REFUSED
    assert (await gateway.revoke(SHOWN)).verdict is Verdict.REVOKE_REFUSED, "the same here"
    assert (await gateway.refund(SHOWN)).verdict is Verdict.REFUNDED
    assert provider.asked == [
        ("GET", ONE),
        ("POST", f"{ONE}/cancel"),
        ("POST", f"{ONE}/cancel"),
        ("GET", f"{ONE}/refunds"),
        ("POST", f"{ONE}/refunds"),
    ]
    assert json.loads(provider.bodies[-1]) == {"Refund": {"MerchantTransactionID": f"{NUMBER}R", "Amount": 1250}}


async def test_a_payer_s_code_is_never_taken(gateway: Smart2payGateway, provider: Provider) -> None:
    with pytest.raises(NotSent, match="no code that the payer shows"):
        await gateway.submit(ATTEMPT, AuthCode("13" + "0" * 14 + "17"))
    assert provider.asked == []


async def test_an_amount_that_cannot_be_said_is_refused_without_a_request(provider: Provider, gateway: Smart2payGateway) -> None:
    reply = await gateway.create_qr(ATTEMPT.but(amount=Amount(Minor(1_251), "KWD")))
    assert (reply.verdict, reply.code, reply.refusal) == (Verdict.REFUSED, "amount", Refusal.OURS)
    assert provider.asked == []


# -- an order is found again --


async def test_without_the_provider_s_id_an_order_is_looked_up_by_our_number(provider: Provider, gateway: Smart2payGateway) -> None:
    """The creation's answer was lost: the list has the id, the details have the QR code."""
    provider.says("GET", LIST, 200, body("Payments", [listed()]))
    provider.says("GET", ONE, 200, body("Payment", payment(Amount=1250)))
    reply = await gateway.query(ATTEMPT)
    assert (reply.verdict, reply.qr, reply.trade_no) == (Verdict.QR, QR, "4116540")
    assert provider.asked == [("GET", LIST), ("GET", ONE)]
    assert (await gateway.query(ATTEMPT.but(state=State.CLOSING))).verdict is Verdict.UNPAID, "no longer wanted"


async def test_an_id_that_could_be_none_of_theirs_is_not_put_into_a_path(provider: Provider, gateway: Smart2payGateway) -> None:
    provider.says("GET", LIST, 200, body("Payments", []))
    assert (await gateway.query(SHOWN.but(trade_no="../../x"))).verdict is Verdict.NOT_KNOWN
    assert provider.asked == [("GET", LIST)]


async def test_an_order_that_nobody_knows(provider: Provider, gateway: Smart2payGateway) -> None:
    provider.says("GET", LIST, 200, body("Payments", []))
    assert (await gateway.query(ATTEMPT)).verdict is Verdict.NOT_KNOWN
    assert (await gateway.close(ATTEMPT)).verdict is Verdict.NOT_KNOWN
    assert (await gateway.refund(ATTEMPT)).verdict is Verdict.UNKNOWN
    assert (await gateway.query(SHOWN)).verdict is Verdict.NOT_KNOWN, "404 by its id"
    assert {method for method, _ in provider.asked} == {"GET"}


async def test_what_is_listed_and_not_known_proves_nothing(provider: Provider, gateway: Smart2payGateway) -> None:
    provider.says("GET", LIST, 200, body("Payments", [listed()]))
    with pytest.raises(Unintelligible, match="lists the payment"):
        await gateway.query(ATTEMPT)


@pytest.mark.parametrize("refusal", [not_made(20, "duplicated"), failed(20, "duplicated")])
async def test_a_number_used_before_means_that_our_order_is_there(
    provider: Provider, gateway: Smart2payGateway, refusal: dict[str, Any]
) -> None:
    provider.says("POST", "/v1/payments", 400, body("Payment", refusal))
    provider.says("GET", LIST, 200, body("Payments", [listed(4, ID=4117087), listed()]))
    provider.says("GET", ONE, 200, body("Payment", payment()))
    reply = await gateway.create_qr(ATTEMPT)
    assert (reply.verdict, reply.qr, reply.trade_no) == (Verdict.QR, QR, "4116540")
    assert [method for method, _ in provider.asked] == ["POST", "GET", "GET"]


async def test_a_number_used_before_for_another_amount_is_never_shown(provider: Provider, gateway: Smart2payGateway) -> None:
    provider.says("POST", "/v1/payments", 400, body("Payment", not_made(20, "duplicated")))
    provider.says("GET", LIST, 200, body("Payments", [listed()]))
    provider.says("GET", ONE, 200, body("Payment", payment(Amount="1")))
    with pytest.raises(Unintelligible):
        await gateway.create_qr(ATTEMPT)


async def test_a_number_used_before_that_cannot_be_found_now_is_unclear(provider: Provider, gateway: Smart2payGateway) -> None:
    provider.says("POST", "/v1/payments", 400, body("Payment", not_made(20, "duplicated")))
    provider.says("GET", LIST, 200, body("Payments", []))
    assert (await gateway.create_qr(ATTEMPT)).verdict is Verdict.UNKNOWN
    provider.says("GET", LIST, 503, b"")
    with pytest.raises(Unintelligible):
        await gateway.create_qr(ATTEMPT)


async def test_a_look_up_that_is_not_sent_does_not_undo_a_creation_that_was(
    gateway: Smart2payGateway, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unsent(*_: object) -> None:
        raise NotSent("no connection")

    provider.says("POST", "/v1/payments", 400, body("Payment", not_made(20, "duplicated")))
    monkeypatch.setattr(gateway._client, "get", unsent)
    assert (await gateway.create_qr(ATTEMPT)).verdict is Verdict.UNKNOWN


# -- refunds happen once --


async def test_a_refund_that_is_there_already_is_not_made_again(provider: Provider, gateway: Smart2payGateway) -> None:
    """The answer to the first was lost, and nothing says that a number is refused the second time."""
    provider.says("GET", f"{ONE}/refunds", 200, body("Refunds", [refund(2, MerchantTransactionID="OTHER"), refund(1)]))
    assert (await gateway.refund(SHOWN)).verdict is Verdict.REFUNDED
    provider.says("GET", f"{ONE}/refunds", 200, body("Refunds", [refund(4)]))
    assert (await gateway.refund(SHOWN)).verdict is Verdict.REFUND_REFUSED
    assert {method for method, _ in provider.asked} == {"GET"}


@pytest.mark.parametrize("said", [(500, b"{}"), (404, b"{}"), (200, b"<html>"), (200, b'{"Refunds": null}')])
async def test_where_that_cannot_be_asked_no_refund_is_made(provider: Provider, gateway: Smart2payGateway, said: Said) -> None:
    provider.says("GET", f"{ONE}/refunds", *said)
    with pytest.raises(Unintelligible):
        await gateway.refund(SHOWN)
    assert {method for method, _ in provider.asked} == {"GET"}


async def test_a_refund_finds_its_payment_by_our_number(provider: Provider, gateway: Smart2payGateway) -> None:
    provider.says("GET", LIST, 200, body("Payments", [listed(2)]))
    provider.says("GET", f"{ONE}/refunds", 200, body("Refunds", []))
    provider.says("POST", f"{ONE}/refunds", 201, body("Refund", refund(1)))
    assert (await gateway.refund(SHOWN.but(trade_no=None))).verdict is Verdict.REFUNDED


# -- hostile and broken answers --

HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "a page": b"<html><body>hello</body></html>",
    "half": body("Payment", payment(2))[:300],
    "doubled": b'{"Payment": {}, "Payment": {}}',
    "a list": b"[]",
    "null": b"null",
    "deep": b"[" * 100_000,
    "10 MB": body("Payment", payment(2)) + b" " * 10_000_000,
    "gbk": '{"Payment": "错误"}'.encode("gbk"),
    "no payment": b'{"Refund": {}}',
}


@pytest.mark.parametrize("call", ["create_qr", "query"])
@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_or_broken_body_proves_nothing(provider: Provider, gateway: Smart2payGateway, call: str, content: bytes) -> None:
    provider.says("POST", "/v1/payments", 201, content)
    provider.says("GET", ONE, 200, content)
    with pytest.raises(Unintelligible):
        await getattr(gateway, call)(SHOWN)
    assert len(provider.asked) == 1


@pytest.mark.parametrize("call", ["create_qr", "query", "close", "refund"])
@pytest.mark.parametrize("status", [204, 302, 403, 409, 429, 500, 503])
async def test_an_http_status_outside_the_protocol_proves_nothing(
    provider: Provider, gateway: Smart2payGateway, call: str, status: int
) -> None:
    for key in (("POST", "/v1/payments"), ("GET", ONE), ("POST", f"{ONE}/cancel"), ("GET", f"{ONE}/refunds")):
        provider.answers[key] = lambda: web.Response(status=status, headers={"Location": "/elsewhere"})
    with pytest.raises(Unintelligible, match=f"HTTP status {status}"):
        await getattr(gateway, call)(SHOWN)
    assert len(provider.asked) == 1


async def test_a_compressed_answer_is_not_unpacked(provider: Provider, gateway: Smart2payGateway) -> None:
    bomb = gzip.compress(b'{"a": "' + b" " * 50_000_000 + b'"}', compresslevel=1)
    provider.answers["GET", ONE] = lambda: web.Response(body=bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(Unintelligible, match="compressed"):
        await gateway.query(SHOWN)


async def test_silence_is_no_answer_within_each_call_s_own_patience() -> None:
    """However many requests the call makes."""

    ends: list[asyncio.StreamWriter] = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(writer)
        await reader.read()  # until the box gives up
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        async with gateway_to(url, Schedule(answer_s=0.6, reply_s=0.4)) as gateway:
            started = asyncio.get_running_loop().time()
            for call in (gateway.create_qr, gateway.query, gateway.close, gateway.refund):
                with pytest.raises(NoAnswer):
                    await call(ATTEMPT)
            assert asyncio.get_running_loop().time() - started < 5
        for end in ends:
            await end.wait_closed()


async def test_a_slow_look_up_uses_up_the_time_of_the_whole_call(provider: Provider) -> None:
    def slowly() -> web.StreamResponse:
        deadline = asyncio.get_running_loop().time() + 0.4
        while asyncio.get_running_loop().time() < deadline:  # holds the loop on purpose: the client's clock goes on
            pass
        return web.Response(body=body("Payments", [listed()]), content_type="application/json")

    provider.answers["GET", LIST] = slowly
    async with gateway_to(provider.url, Schedule(reply_s=0.3)) as gateway:
        with pytest.raises(NoAnswer):
            await gateway.query(ATTEMPT)


async def test_nothing_is_sent_where_nobody_listens() -> None:
    async with gateway_to("http://127.0.0.1:1") as gateway:
        for call in (gateway.create_qr, gateway.query, gateway.close, gateway.refund):
            with pytest.raises(NotSent):
                await call(SHOWN)
        await gateway.warm()


async def test_an_odd_status_is_said_in_the_log(provider: Provider, gateway: Smart2payGateway, caplog: pytest.LogCaptureFixture) -> None:
    provider.says("GET", ONE, 200, body("Payment", payment(19)))
    assert (await gateway.query(SHOWN)).verdict is Verdict.PAID
    assert f"smart2pay_odd_status out_trade_no={NUMBER} status=19 name=Disputed" in caplog.text
    provider.says("GET", ONE, 200, body("Payment", payment(31)))
    await gateway.query(SHOWN)
    assert "status=31 name=unknown" in caplog.text


async def test_no_key_and_no_token_reaches_a_reply_an_error_or_a_log(
    provider: Provider, gateway: Smart2payGateway, caplog: pytest.LogCaptureFixture
) -> None:
    """P10, even where the provider quotes what it was sent."""
    said: list[str] = [repr(gateway)]
    with caplog.at_level(logging.DEBUG):
        for status, content in ((401, b""), (500, b"x"), (200, KEY.encode()), (200, body("Payment", payment(2)))):
            for key in (("POST", "/v1/payments"), ("GET", ONE), ("POST", f"{ONE}/cancel"), ("GET", f"{ONE}/refunds")):
                provider.says(*key, status, content)
            for call in (gateway.create_qr, gateway.query, gateway.close, gateway.refund):
                try:
                    said.append(repr(await call(SHOWN)))
                except Unclear as error:
                    said.append(repr(error))
        said += [repr(problem) for problem in await gateway.check()]
        with pytest.raises(ForgedPush) as caught:
            gateway.read_push("POST", {"authorization": ["Basic x"]}, b"{}")
    text = "\n".join([*said, repr(caught.value), caplog.text])
    assert not [secret for secret in (KEY, "MzAyMDE6ayt5LzA9", "PaymentToken") if secret in text]


def test_notifications_are_read_as_the_provider_prescribes() -> None:
    gateway = Smart2payGateway(SETTINGS, PLACE, SCHEDULE)
    pushed = gateway.read_push("POST", {"authorization": ["Basic MzAyMDE6ayt5LzA9"]}, body("Payment", payment(2)))
    assert (pushed.status, pushed.out_trade_no, pushed.trade_no, pushed.body) == (204, NUMBER, "4116540", b"")


# -- before the first sale --


@pytest.mark.parametrize(
    ("said", "text", "blocking"),
    [
        ((401, b""), "site_id and api_key are not accepted", True),
        ((400, body("Payment", not_made(4, "Merchant inactive"))), "4: Merchant inactive", True),
        ((400, body("Payment", not_made(7, "IP check failed"))), "7: IP check failed", False),
        ((403, b"<html>"), "cannot be read", False),
        ((503, b""), "HTTP status 503", False),
        ((404, b"{}"), "HTTP status 404", False),
        ((200, b"<html>"), "cannot be read", False),
        ((200, body("Payments", [listed()])), "other payments", False),
    ],
)
async def test_a_check_says_what_is_wrong(said: Said, text: str, blocking: bool) -> None:
    async def answered(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=said[0], body=said[1])

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answered)
    async with TestServer(app) as server, gateway_to(str(server.make_url("")).rstrip("/")) as gateway:
        [problem] = await gateway.check()
    assert text in problem.text
    assert problem.blocking is blocking


async def test_a_network_that_is_down_blocks_nothing() -> None:
    async with gateway_to("http://127.0.0.1:1") as gateway:
        [problem] = await gateway.check()
    assert not problem.blocking


# -- with the sandbox --


@contextlib.asynccontextmanager
async def in_sandbox(tmp_path: Path, settings: Smart2paySettings = SETTINGS) -> AsyncIterator[tuple[Smart2payGateway, Sandbox]]:
    timings = Timings(confirm_s=60.0, silence_s=0.1, slow_s=0.05, late_s=0.05)
    async with Sandbox(tmp_path / "sandbox", timings=timings) as sandbox:
        ours = sandbox.context.smart2pay
        there = replace(settings, site_id=ours.site_id, api_key=Secret(ours.api_key), ca_file=sandbox.ca_file)
        async with gateway_to(f"{sandbox.base_url}/smart2pay", settings=there) as gateway:
            yield gateway, sandbox


async def test_a_sale_over_tls(tmp_path: Path) -> None:
    async with in_sandbox(tmp_path) as (gateway, sandbox):
        await gateway.warm()
        assert await gateway.check() == []
        made = await gateway.create_qr(ATTEMPT)
        assert made.verdict is Verdict.QR
        assert made.qr is not None
        assert made.qr.startswith("weixin://wxpay/bizpayurl?pr=")
        shown = ATTEMPT.but(state=State.PRESENTING_QR, trade_no=made.trade_no)
        assert (await gateway.query(shown)).verdict is Verdict.UNPAID
        assert (await gateway.query(shown)).verdict is Verdict.PAID
        for _ in range(3):
            assert (await gateway.refund(shown)).verdict is Verdict.REFUNDED
        order = sandbox.ledger.order(NUMBER)
        assert (order.money_in, order.money_out, len(order.refunds)) == (1250, 1250, 1)
        assert order.times(Call.REFUND) == 1, "asked about before it would have been made again"
        assert (await gateway.query(shown)).verdict is Verdict.REFUNDED


async def test_alipay_needs_the_hosted_page(tmp_path: Path) -> None:
    async with in_sandbox(tmp_path, ALIPAY) as (gateway, _sandbox):
        assert (await gateway.create_qr(ATTEMPT)).code == "no_qr"
    async with in_sandbox(tmp_path / "2", replace(ALIPAY, fallback_redirect_url=True)) as (gateway, _sandbox):
        reply = await gateway.create_qr(ATTEMPT)
        assert reply.qr is not None
        assert reply.qr.startswith("https://")
        assert "PaymentToken=" in reply.qr


@pytest.mark.parametrize(
    "case", ["answer_lost", "silent_charge", "malformed", "truncated", "html_502", "redirect", "gzip", "not_utf8", "empty"]
)
async def test_a_creation_whose_answer_is_lost_or_spoilt_is_found_by_its_number(tmp_path: Path, case: str) -> None:
    async with in_sandbox(tmp_path) as (gateway, sandbox):
        sandbox.deck.put(CASES[case])
        with pytest.raises(Unclear):
            await gateway.create_qr(ATTEMPT)
        found = await gateway.query(ATTEMPT)
        assert found.verdict is Verdict.QR
        assert found.qr
        again = await gateway.create_qr(ATTEMPT)  # a program that asked twice would meet the same order, paid by now
        assert (again.verdict, again.trade_no) == (Verdict.PAID, found.trade_no)
        assert len(sandbox.ledger.orders) == 1


async def test_a_creation_that_never_arrived(tmp_path: Path) -> None:
    async with in_sandbox(tmp_path) as (gateway, sandbox):
        sandbox.deck.put(CASES["request_lost"])
        with pytest.raises(Unclear):
            await gateway.create_qr(ATTEMPT)
        assert (await gateway.query(ATTEMPT)).verdict is Verdict.NOT_KNOWN


@pytest.mark.parametrize("case", ["wrong_amount", "wrong_currency", "wrong_merchant", "wrong_number"])
async def test_a_lie_is_never_believed(tmp_path: Path, case: str) -> None:
    async with in_sandbox(tmp_path) as (gateway, sandbox):
        sandbox.deck.put(CASES[case])
        with pytest.raises(Unintelligible):
            await gateway.create_qr(ATTEMPT)
        order = sandbox.ledger.confirm(NUMBER)
        shown = ATTEMPT.but(state=State.PRESENTING_QR, trade_no=str(payment_id(order)))
        assert (await gateway.query(shown)).verdict is Verdict.MISMATCH


async def test_money_that_comes_after_the_order_had_expired(tmp_path: Path) -> None:
    """An expired order is not let go: a later Success replaces it."""
    async with in_sandbox(tmp_path) as (gateway, sandbox):
        sandbox.deck.put(replace(CASES["not_paid"], moves=(Move(Standing.PAID, on=Call.QUERY, nth=2),)))
        made = await gateway.create_qr(ATTEMPT)
        shown = ATTEMPT.but(state=State.EXPIRED, trade_no=made.trade_no)
        assert (await gateway.close(shown)).verdict is Verdict.REVOKE_REFUSED
        sandbox.ledger.close(NUMBER)  # as its lifetime does
        expired = await gateway.query(shown)
        assert (expired.verdict, expired.code) == (Verdict.UNPAID, "Expired")
        assert (await gateway.query(shown)).verdict is Verdict.PAID
        assert (await gateway.refund(shown)).verdict is Verdict.REFUNDED


@pytest.mark.parametrize(
    ("case", "verdicts"),
    [
        ("refund_refused", [Verdict.REFUND_REFUSED] * 2),
        ("refund_lost", [None, Verdict.REFUNDED]),
        ("refund_busy", [None, None, Verdict.REFUNDED]),
    ],
)
async def test_how_refunds_go_wrong(tmp_path: Path, case: str, verdicts: list[Verdict | None]) -> None:
    async with in_sandbox(tmp_path) as (gateway, sandbox):
        sandbox.deck.put(CASES[case])
        made = await gateway.create_qr(ATTEMPT)
        sandbox.ledger.confirm(NUMBER)
        shown = ATTEMPT.but(state=State.EXPIRED, trade_no=made.trade_no)
        heard: list[Verdict | None] = []
        for _ in verdicts:
            try:
                heard.append((await gateway.refund(shown)).verdict)
            except Unclear:
                heard.append(None)
        assert heard == verdicts
        assert sandbox.ledger.order(NUMBER).money_out == (1250 if Verdict.REFUNDED in verdicts else 0)
