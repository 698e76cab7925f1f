"""What the real gateway makes of the CBTIS stand-in (`daemon.sandbox.cbtis`, `daemon.sandbox.shown_cases`), over TLS, in every case."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from cbtis_box import ATTEMPT, PLACE, SHOWN, UNPAID, Client, settings
from sandbox_box import client_tls

from daemon.gateways.cbtis import CbtisGateway
from daemon.gateways.settings import CbtisSettings
from daemon.money import Amount, Minor
from daemon.payment import State
from daemon.reply import GatewayError, NoAnswer, Verdict
from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Call, Fault, Scenario, Standing, Step, Steps, Timings
from daemon.sandbox.server import Sandbox
from daemon.sandbox.shown_cases import SHOWN_CASES
from daemon.secret import Secret
from daemon.timing import Schedule


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Client]:
    connector = aiohttp.TCPConnector(ssl=client_tls(sandbox, with_certificate=False))
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Client(sandbox, session)


@pytest.fixture
async def gateway(sandbox: Sandbox) -> AsyncIterator[CbtisGateway]:
    gateway = CbtisGateway(settings(sandbox), PLACE, Schedule(answer_s=5.0, reply_s=5.0))
    yield gateway
    await gateway.aclose()


async def heard(call: Any, *args: Any) -> str:
    try:
        reply = await call(*args)
    except GatewayError as failed:
        return type(failed).__name__
    return str(reply.verdict)


async def story(sandbox: Sandbox, gateway: CbtisGateway, case: Scenario, queries: int = 4) -> list[str]:
    sandbox.deck.put(case)
    return [await heard(gateway.create_qr, ATTEMPT), *[await heard(gateway.query, SHOWN) for _ in range(queries)]]


STORIES: list[tuple[str, list[str]]] = [
    ("paid", ["qr", "unpaid", "paid", "paid", "paid"]),
    ("password_then_paid", ["qr", "unpaid", "unpaid", "paid", "paid"]),
    ("password_never", ["qr", "unpaid", "unpaid", "unpaid", "unpaid"]),
    ("auto_closed", ["qr", "unpaid", "closed", "closed", "closed"]),
    ("system_error_unpaid", ["unknown", "unpaid", "unpaid", "unpaid", "unpaid"]),
    ("answer_lost", ["NoAnswer", "unpaid", "paid", "paid", "paid"]),
    ("request_lost", ["NoAnswer", "not_known", "not_known", "not_known", "not_known"]),
    ("late_arrival", ["NoAnswer", "not_known", "paid", "paid", "paid"]),
    ("query_cut", ["qr", "NoAnswer", "NoAnswer", "paid", "paid"]),
    ("query_system_error", ["qr", "unknown", "unknown", "paid", "paid"]),
    ("wrong_amount", ["mismatch", "Unintelligible", "mismatch", "mismatch", "mismatch"]),
    ("wrong_currency", ["mismatch", "Unintelligible", "mismatch", "mismatch", "mismatch"]),
    ("wrong_number", ["mismatch", "Unintelligible", "mismatch", "mismatch", "mismatch"]),
    ("wrong_merchant", ["mismatch", "Unintelligible", "mismatch", "mismatch", "mismatch"]),
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
    ("unknown_code", ["unknown", "unpaid", "unpaid", "unpaid", "unpaid"]),
    ("token_expired", ["qr", "unpaid", "unpaid", "paid", "paid"]),
    ("token_expired_at_create", ["refused", "not_known", "not_known", "not_known", "not_known"]),
]


@pytest.mark.parametrize(("case", "told"), STORIES, ids=[case for case, _told in STORIES])
async def test_what_the_gateway_makes_of_every_case(sandbox: Sandbox, gateway: CbtisGateway, case: str, told: list[str]) -> None:
    """And one order, one create (P1), whatever happened."""
    scenario = {**CASES, **SHOWN_CASES}[case]
    assert await story(sandbox, gateway, scenario) == told
    creates = [seen for seen in sandbox.line.requests if seen.path.endswith("/create")]
    assert len(creates) == 1
    assert sandbox.ledger.order("A1").times(Call.CHARGE) == 1


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.SLOW])
async def test_slow_and_silent_answers_are_given_up(sandbox: Sandbox, fault: Fault) -> None:
    sandbox.deck.put(Scenario("x", "", Standing.UNPAID, charge=Steps((Step(fault=fault),))))
    gateway = CbtisGateway(settings(sandbox), PLACE, Schedule(answer_s=0.08, reply_s=1.0))
    await gateway.warm()
    with pytest.raises(NoAnswer):
        await gateway.create_qr(ATTEMPT)
    assert (await gateway.query(SHOWN)).verdict is Verdict.UNPAID
    await gateway.aclose()


async def test_a_token_that_dies_in_the_middle_costs_one_more_token_and_one_more_query(sandbox: Sandbox, gateway: CbtisGateway) -> None:
    await story(sandbox, gateway, SHOWN_CASES["token_expired"], queries=2)
    paths = [seen.path.rpartition("/")[2] for seen in sandbox.line.requests]
    assert paths == ["auth", "create", "query", "query", "auth", "query"]


@pytest.mark.parametrize("timings", [Timings(token_s=0.4, confirm_s=5.0)])
async def test_a_token_is_renewed_while_it_still_lives(sandbox: Sandbox, gateway: CbtisGateway) -> None:
    """No call ever meets its token dead."""
    sandbox.deck.put(UNPAID)
    await gateway.create_qr(ATTEMPT)
    for _ in range(10):
        assert (await gateway.query(SHOWN)).verdict is Verdict.UNPAID
        await asyncio.sleep(0.05)
    paths = [seen.path.rpartition("/")[2] for seen in sandbox.line.requests]
    assert (paths.count("create"), paths.count("query")) == (1, 10)
    assert 2 <= paths.count("auth") <= 3


async def test_a_duplicate_number_makes_no_second_order(sandbox: Sandbox, gateway: CbtisGateway) -> None:
    sandbox.deck.put(UNPAID)
    assert (await gateway.create_qr(ATTEMPT)).verdict is Verdict.QR
    assert (await gateway.create_qr(ATTEMPT)).verdict is Verdict.UNKNOWN
    assert (await gateway.query(SHOWN)).verdict is Verdict.UNPAID


async def test_money_that_comes_late_is_found(sandbox: Sandbox, gateway: CbtisGateway) -> None:
    """Nothing ends an order here, so the box asks on; the money is found, and reported."""
    sandbox.deck.put(UNPAID)
    await gateway.create_qr(ATTEMPT)
    assert (await gateway.close(SHOWN)).verdict is Verdict.REVOKE_REFUSED
    sandbox.ledger.confirm("A1")
    assert (await gateway.query(SHOWN)).verdict is Verdict.PAID
    assert (await gateway.refund(SHOWN)).verdict is Verdict.REFUND_REFUSED


async def test_an_order_of_alipay_in_hong_kong(sandbox: Sandbox) -> None:
    gateway = CbtisGateway(settings(sandbox, type="alipayhk", flow="csb_qrcode", payment_method="ALIPAYCN"), PLACE, Schedule())
    reply = await gateway.create_qr(ATTEMPT)
    assert reply.verdict is Verdict.QR
    assert reply.qr is not None
    assert reply.qr.startswith("https://")
    await gateway.aclose()


@pytest.mark.parametrize(("currency", "minor"), [("HKD", 1), ("TWD", 5000), ("JPY", 1250), ("USD", 99_999_999)])
async def test_amounts_of_every_kind_arrive_and_come_back(sandbox: Sandbox, gateway: CbtisGateway, currency: str, minor: int) -> None:
    attempt = ATTEMPT.but(amount=Amount(Minor(minor), currency))
    assert (await gateway.create_qr(attempt)).verdict is Verdict.QR
    sandbox.ledger.confirm("A1")
    assert (await gateway.query(attempt.but(state=State.PRESENTING_QR))).verdict is Verdict.PAID
    assert (sandbox.ledger.order("A1").money_in, sandbox.ledger.order("A1").currency) == (minor, currency)


async def test_all_is_well_before_the_first_sale(sandbox: Sandbox, gateway: CbtisGateway) -> None:
    assert await gateway.check() == []
    wrong = CbtisGateway(settings(sandbox), PLACE, Schedule())
    wrong._tokens._settings = CbtisSettings("cbtis", sandbox.base_url, "1", Secret("no"), Secret("no"), "wechat", "qrcode")
    [problem] = await wrong.check()
    assert problem.blocking
    await wrong.aclose()


# -- secrets (P10) --


async def test_the_sandbox_writes_down_no_secret_and_no_token(
    sandbox: Sandbox, client: Client, gateway: CbtisGateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither it nor the gateway, nor the HTTP libraries of both, whose URL the secret is in."""
    with caplog.at_level(logging.DEBUG):
        await client.auth(client_secret="wrong")
        await client.create()
        for case in ("token_expired", "answer_lost", "malformed"):
            sandbox.deck.put({**CASES, **SHOWN_CASES}[case])
            attempt = ATTEMPT.but(out_trade_no=f"B{case.replace('_', '')}")
            said = [await heard(gateway.create_qr, attempt), *[await heard(gateway.query, attempt) for _ in range(3)]]
            assert said
    told = [caplog.text, str(sandbox.line.log()), str(sandbox.ledger.summary()), repr(sandbox.context), sandbox.config_snippet()]
    tokens = [secret.reveal() for secret in gateway._tokens.secrets]
    assert tokens
    secrets = [sandbox.cbtis.client_secret, sandbox.cbtis.apikey, client.token, *tokens]
    assert not [secret for secret in secrets for text in told if secret in text]
