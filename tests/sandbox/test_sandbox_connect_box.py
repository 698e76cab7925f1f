"""What the real gateway makes of the Connect stand-in, over TLS, in every case; and what becomes of the money."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from connect_box import ATTEMPT, NUMBER, PLACE, settings, shown

from daemon.gateways.base import ForgedPush
from daemon.gateways.connect import ConnectGateway
from daemon.payment import State
from daemon.reply import GatewayError, Reply, Verdict
from daemon.sandbox import connect_answers as answers
from daemon.sandbox.cases import CASES
from daemon.sandbox.pushes import FORGED, GENUINE, REPLAYED
from daemon.sandbox.scenario import Call, Fault, Move, Scenario, Standing, Step, Steps
from daemon.sandbox.server import Sandbox
from daemon.sandbox.shown_cases import SHOWN_CASES
from daemon.timing import Schedule


@pytest.fixture
async def gateway(sandbox: Sandbox) -> AsyncIterator[ConnectGateway]:
    gateway = ConnectGateway(settings(sandbox), PLACE, Schedule(answer_s=5.0, reply_s=5.0))
    yield gateway
    await gateway.aclose()


async def heard(call: Any, *args: Any) -> str:
    try:
        reply: Reply = await call(*args)
    except GatewayError as failed:
        return type(failed).__name__
    return str(reply.verdict)


async def story(sandbox: Sandbox, gateway: ConnectGateway, case: Scenario, questions: int = 4) -> list[str]:
    """Made, then asked about as long as its QR is shown; its id is known where the create told it."""
    sandbox.deck.put(case)
    try:
        made = await gateway.create_qr(ATTEMPT)
        told, trade_no = str(made.verdict), made.trade_no
    except GatewayError as failed:
        told, trade_no = type(failed).__name__, None
    return [told, *[await heard(gateway.query, shown(trade_no, n)) for n in range(1, questions + 1)]]


STORIES: list[tuple[str, list[str]]] = [
    ("paid", ["qr", "unpaid", "paid", "paid", "paid"]),
    ("password_then_paid", ["qr", "unpaid", "unpaid", "paid", "paid"]),
    ("password_never", ["qr", "unpaid", "unpaid", "unpaid", "unpaid"]),
    ("password_declined", ["qr", "unpaid", "refused", "refused", "refused"]),  # COMPLETED, then REJECTED
    ("auto_closed", ["qr", "unpaid", "closed", "closed", "closed"]),
    ("refused_notenough", ["refused", "refused", "refused", "refused", "refused"]),
    ("refused_param_error", ["refused", "not_known", "not_known", "not_known", "not_known"]),
    ("refused_signerror", ["refused", "not_known", "not_known", "not_known", "not_known"]),
    ("unknown_code", ["unknown", "unpaid", "unpaid", "unpaid", "unpaid"]),
    ("system_error_paid", ["unknown", "unpaid", "paid", "paid", "paid"]),
    ("system_error_unpaid", ["unknown", "unpaid", "unpaid", "unpaid", "unpaid"]),
    ("answer_lost", ["NoAnswer", "unpaid", "paid", "paid", "paid"]),
    ("request_lost", ["NoAnswer", "not_known", "not_known", "not_known", "not_known"]),
    ("late_arrival", ["NoAnswer", "not_known", "paid", "paid", "paid"]),
    ("query_system_error", ["qr", "Unintelligible", "paid", "paid", "paid"]),
    ("wrong_amount", ["Unintelligible", "Unintelligible", "mismatch", "mismatch", "mismatch"]),
    ("wrong_currency", ["Unintelligible", "Unintelligible", "mismatch", "mismatch", "mismatch"]),
    ("wrong_number", ["Unintelligible", "not_known", "not_known", "not_known", "not_known"]),
    ("wrong_merchant", ["qr", "unpaid", "paid", "paid", "paid"]),  # a payment of Connect's names no merchant
    ("bad_signature_always", ["qr", "unpaid", "paid", "paid", "paid"]),  # nor is it signed
    ("extra_fields", ["qr", "unpaid", "paid", "paid", "paid"]),
    ("zero_fields", ["qr", "unpaid", "paid", "paid", "paid"]),
    ("malformed", ["Unintelligible", "unpaid", "paid", "paid", "paid"]),
    ("truncated", ["NoAnswer", "unpaid", "paid", "paid", "paid"]),
    ("huge", ["Unintelligible", "unpaid", "paid", "paid", "paid"]),
    ("html_502", ["Unintelligible", "unpaid", "paid", "paid", "paid"]),
    ("redirect", ["Unintelligible", "unpaid", "paid", "paid", "paid"]),
    ("gzip", ["Unintelligible", "unpaid", "paid", "paid", "paid"]),
    ("not_utf8", ["Unintelligible", "unpaid", "paid", "paid", "paid"]),
    ("empty", ["Unintelligible", "unpaid", "paid", "paid", "paid"]),
    ("bom", ["qr", "unpaid", "paid", "paid", "paid"]),
    ("completed_before_paid", ["qr", "unpaid", "unpaid", "unpaid", "paid"]),
    ("not_cancellable", ["qr", "unpaid", "unpaid", "unpaid", "unpaid"]),
]


@pytest.mark.parametrize(("case", "told"), STORIES, ids=[case for case, _told in STORIES])
async def test_what_the_gateway_makes_of_every_case(sandbox: Sandbox, gateway: ConnectGateway, case: str, told: list[str]) -> None:
    assert await story(sandbox, gateway, {**CASES, **SHOWN_CASES}[case]) == told
    assert sandbox.ledger.order(NUMBER).times(Call.CHARGE) == 1


@pytest.mark.parametrize("case", ["query_silent", "query_cut"])
async def test_two_queries_that_are_lost(sandbox: Sandbox, gateway: ConnectGateway, case: str) -> None:
    """The status and the payment after it; or, where the HTTP library sends a broken GET once more by itself, the status twice."""
    made, first, *later = await story(sandbox, gateway, CASES[case])
    assert (made, later) == ("qr", ["paid"] * 3)
    assert first in ("NoAnswer", "paid")


async def test_the_link_is_the_provider_s_text(sandbox: Sandbox, gateway: ConnectGateway) -> None:
    made = await gateway.create_qr(ATTEMPT)
    order = sandbox.ledger.order(NUMBER)
    assert (made.qr, made.trade_no) == (answers.link(order), order.trade_no)


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.SILENT, Fault.MALFORMED, Fault.EMPTY, Fault.HTML_502])
async def test_a_create_whose_answer_was_lost_is_made_again_and_is_the_same(
    sandbox: Sandbox, gateway: ConnectGateway, fault: Fault
) -> None:
    sandbox.deck.put(Scenario("lost", "", Standing.UNPAID, charge=Steps((Step(fault=fault),))))
    assert await heard(gateway.create_qr, ATTEMPT) in ("NoAnswer", "Unintelligible")
    made = await gateway.create_qr(ATTEMPT)
    assert (made.verdict, made.qr) == (Verdict.QR, answers.link(sandbox.ledger.order(NUMBER)))
    assert len(sandbox.ledger.orders) == 1


async def test_a_create_that_never_arrived_is_made_by_the_second_try(sandbox: Sandbox, gateway: ConnectGateway) -> None:
    sandbox.deck.put(Scenario("lost", "", Standing.UNPAID, charge=Steps((Step(act=False, fault=Fault.CUT),))))
    assert await heard(gateway.create_qr, ATTEMPT) == "NoAnswer"
    assert await heard(gateway.query, ATTEMPT) == "not_known"
    assert await heard(gateway.create_qr, ATTEMPT) == "qr"


async def test_a_create_that_is_made_again_after_it_was_paid_says_so(sandbox: Sandbox, gateway: ConnectGateway) -> None:
    await gateway.create_qr(ATTEMPT)
    sandbox.ledger.confirm(NUMBER)
    assert await heard(gateway.create_qr, ATTEMPT) == "paid"


async def test_a_number_that_another_payment_has(sandbox: Sandbox, gateway: ConnectGateway) -> None:
    """Made under another key, by whomever: unclear, then asked about by number, and what stands there is not believed to be ours."""
    await gateway.create_qr(ATTEMPT)
    other = ATTEMPT.but(amount=type(ATTEMPT.amount)(ATTEMPT.amount.minor + 1, "CNY"))  # type: ignore[operator]  # test data
    sandbox.ledger.confirm(NUMBER)
    assert await heard(gateway.query, other) == "mismatch"


# -- closing, late money --


async def closing(gateway: ConnectGateway, trade_no: str | None) -> str:
    return await heard(gateway.close, shown(trade_no).but(state=State.CLOSING))


@pytest.mark.parametrize("known", [True, False])
async def test_a_qr_that_nobody_paid_is_closed(sandbox: Sandbox, gateway: ConnectGateway, known: bool) -> None:
    sandbox.deck.put(CASES["password_never"])
    made = await gateway.create_qr(ATTEMPT)
    assert await closing(gateway, made.trade_no if known else None) == "closed"
    assert sandbox.ledger.order(NUMBER).state is Standing.CLOSED


async def test_one_that_cannot_be_cancelled_is_given_up(sandbox: Sandbox, gateway: ConnectGateway) -> None:
    sandbox.deck.put(SHOWN_CASES["not_cancellable"])
    made = await gateway.create_qr(ATTEMPT)
    assert await closing(gateway, made.trade_no) == "revoke_refused"
    assert sandbox.ledger.order(NUMBER).times(Call.CLOSE) == 0


async def test_paid_just_before_the_cancel(sandbox: Sandbox, gateway: ConnectGateway) -> None:
    sandbox.deck.put(Scenario("between", "", Standing.UNPAID, (Move(Standing.PAID, on=Call.CLOSE),)))
    made = await gateway.create_qr(ATTEMPT)
    assert await closing(gateway, made.trade_no) == "revoke_refused", "405: the payment has moved on"
    assert await heard(gateway.query, shown(made.trade_no).but(state=State.CLOSING)) == "paid"


@pytest.mark.parametrize("case", ["close_refused"])
async def test_a_cancel_that_fails_is_unclear(sandbox: Sandbox, gateway: ConnectGateway, case: str) -> None:
    sandbox.deck.put(CASES[case])
    made = await gateway.create_qr(ATTEMPT)
    assert await closing(gateway, made.trade_no) == "unknown"


async def test_money_that_comes_late_is_found_and_goes_back_once(sandbox: Sandbox, gateway: ConnectGateway) -> None:
    sandbox.deck.put(SHOWN_CASES["not_cancellable"])
    made = await gateway.create_qr(ATTEMPT)
    late = shown(made.trade_no).but(state=State.EXPIRED)
    assert await closing(gateway, made.trade_no) == "revoke_refused"
    sandbox.ledger.confirm(NUMBER)
    assert await heard(gateway.query, late) == "paid"
    for _ in range(3):
        assert await heard(gateway.refund, late) == "refunded"
    order = sandbox.ledger.order(NUMBER)
    assert (order.money_in, order.money_out, order.times(Call.REFUND)) == (1250, 1250, 1)
    assert await heard(gateway.query, late) == "refunded"


REFUNDS = [
    ("refund_lost", ["NoAnswer", "refunded"], 1250),
    ("refund_busy", ["unknown", "unknown", "refunded"], 1250),
    ("refund_refused", ["refund_refused", "refund_refused"], 0),
]


@pytest.mark.parametrize(("case", "told", "out"), REFUNDS, ids=[case for case, *_ in REFUNDS])
async def test_refunds_that_go_wrong(sandbox: Sandbox, gateway: ConnectGateway, case: str, told: list[str], out: int) -> None:
    sandbox.deck.put(CASES[case])
    await gateway.create_qr(ATTEMPT)
    sandbox.ledger.confirm(NUMBER)
    assert [await heard(gateway.refund, ATTEMPT) for _ in told] == told
    assert sandbox.ledger.order(NUMBER).money_out == out


# -- the rest --


async def test_check_against_the_sandbox(sandbox: Sandbox, gateway: ConnectGateway) -> None:
    assert await gateway.check() == []
    await gateway.warm()


async def test_notifications_reach_the_gateway(sandbox: Sandbox, gateway: ConnectGateway) -> None:
    """Genuine, forged and replayed, over HTTP; a hint names our order, a forgery nothing."""
    hints: list[object] = []

    async def notify(request: web.Request) -> web.Response:
        headers = {name.lower(): request.headers.getall(name) for name in request.headers}
        try:
            push = gateway.read_push(request.method, headers, await request.read())
        except ForgedPush:
            return web.Response(status=401)
        hints.append((push.out_trade_no, push.trade_no))
        return web.Response(status=push.status, body=push.body)

    app = web.Application()
    app.router.add_route("*", "/v1/notify/connect", notify)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    try:
        sandbox.pushes.urls["connect"] = str(server.make_url("/v1/notify/connect"))
        await gateway.create_qr(ATTEMPT)
        order = sandbox.ledger.confirm(NUMBER)
        assert await sandbox.pushes.push(order, GENUINE) == 200
        assert await sandbox.pushes.push(order, REPLAYED) == 200
        assert await sandbox.pushes.push(order, FORGED) == 401
        assert set(hints) == {(NUMBER, order.trade_no)}
    finally:
        await server.close()


async def test_nothing_secret_is_told(sandbox: Sandbox, gateway: ConnectGateway, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for case in ("paid", "refused_signerror", "wrong_amount", "html_502"):
        sandbox.deck.put(CASES[case])
        await heard(gateway.create_qr, ATTEMPT.but(out_trade_no=f"T{case.replace('_', '')}"))
    told = [caplog.text, str(sandbox.line.log()), str(sandbox.ledger.summary()), repr(sandbox.context), sandbox.config_snippet()]
    secrets = (sandbox.connect.secret, sandbox.connect.webhook_secret)
    assert [secret for secret in secrets if secret in "\n".join(told)] == []
