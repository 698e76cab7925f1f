"""The merchant gateway: what it sends, what it believes, and what every kind of answer means."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from merchant_backend import CODE, KEY, NOW, PATIENT, PLACE, QUICK, Backend, attempt, gateway, order

from daemon.codes import AuthCode
from daemon.gateways.base import Ability
from daemon.gateways.merchant import MerchantGateway, plain_url
from daemon.gateways.merchant_wire import STATUS, ProblemCode
from daemon.gateways.settings import MerchantSettings
from daemon.gateways.signing import Response, verify_request
from daemon.payment import State
from daemon.reply import NoAnswer, NotSent, Refusal, Unclear, Unintelligible, Verdict
from daemon.sandbox.cases import CASES, code_for
from daemon.sandbox.order import NotPayable
from daemon.sandbox.scenario import Move, Scenario, Standing, Timings
from daemon.sandbox.server import Sandbox
from daemon.secret import Secret
from daemon.timing import Schedule


@asynccontextmanager
async def serving(backend: Backend) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", backend.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    backend.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    try:
        yield backend.url + "/tillbox"
    finally:
        await runner.cleanup()


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    backend = Backend()
    async with serving(backend):
        yield backend


@pytest.fixture
async def box(backend: Backend) -> AsyncIterator[MerchantGateway]:
    box = gateway(backend.url + "/tillbox")
    yield box
    await box.aclose()


# -- what it sends --


async def test_a_charge_is_one_signed_post_that_names_everything(backend, box):
    """P1: what moves money is a POST, sent once."""
    assert (await box.submit(attempt(), AuthCode(CODE))).verdict is Verdict.PAID
    (request,) = backend.seen
    assert (request.method, request.target_uri) == ("POST", backend.url + "/tillbox/v1/charges")
    assert json.loads(request.body) == {
        "out_trade_no": "T1",
        "amount": 1250,
        "currency": "CNY",
        "store_id": "shop-12",
        "terminal_id": "box-7",
        "auth_code": CODE,
        "scheme": "wechat",
        "description": "tea",
    }
    signer = verify_request(request, lambda _: KEY.secret)
    assert signer.created == int(NOW)


async def test_every_request_has_a_nonce_of_its_own(backend, box):
    await box.query(attempt())
    await box.query(attempt())
    nonces = {verify_request(request, lambda _: KEY.secret).nonce for request in backend.seen}
    assert len(nonces) == 2


@pytest.mark.parametrize(("call", "path"), [("revoke", "revoke"), ("close", "close"), ("refund", "refund")])
async def test_endings_are_posts_with_the_whole_order(backend, box, call, path):
    await getattr(box, call)(attempt())
    (request,) = backend.seen
    assert (request.method, request.target_uri) == ("POST", f"{backend.url}/tillbox/v1/orders/T1/{path}")
    assert backend.body["amount"] == 1250


async def test_a_refund_bears_the_one_number_that_it_always_has(backend, box):
    backend.tells("refunded")
    await box.refund(attempt())
    await box.refund(attempt())
    assert {json.loads(request.body)["refund_no"] for request in backend.seen} == {"T1R"}


async def test_a_query_asks_to_be_held_for_whole_seconds(backend, box):
    await box.query(attempt())
    await box.query(attempt(), hold_s=0.9)
    await box.query(attempt(), hold_s=24.7)
    assert [request.headers.get("Prefer") for request in backend.seen] == [None, None, "wait=24"]


async def test_a_held_query_is_waited_for_longer(backend, box):
    """The backend answers after more than `reply_s`, within `reply_s` and the hold together."""

    async def slowly(request: web.Request) -> web.Response:
        await asyncio.sleep(QUICK.reply_s + 0.1)
        return await Backend.handle(backend, request)

    backend.handle = slowly
    async with serving(backend) as url:
        box = gateway(url, schedule=QUICK)
        assert (await box.query(attempt(), hold_s=5)).verdict is Verdict.PAID
        with pytest.raises(NoAnswer):
            await box.query(attempt())
        await box.aclose()


async def test_half_a_character_from_a_till_does_not_stop_a_sale(backend, box):
    await box.submit(attempt(description="tea \ud83d"), AuthCode(CODE))
    assert backend.body["description"] == "tea ?"


def test_what_it_can_do():
    box = gateway("https://backend.example")
    assert box.abilities == {Ability.SCAN, Ability.SHOW, Ability.REFUND, Ability.CLOSE}
    assert box.holds_queries
    assert box.name == "shop"


@pytest.mark.parametrize(
    ("given", "signed"),
    [
        ("https://Backend.Example:443/tillbox/", "https://backend.example/tillbox"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://[::1]:9443", "https://[::1]:9443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_the_signed_url_is_the_one_that_clients_send(given, signed):
    assert plain_url(given) == signed


@pytest.mark.parametrize(
    "changes",
    [
        {"key_id": None},
        {"secret": None},
        {"key_id": "büx"},
        {"auth": "bearer", "secret": None},
        {"auth": "bearer", "secret": Secret("two\nlines")},
    ],
)
def test_settings_that_cannot_prove_anything_are_refused_at_once(changes):
    with pytest.raises(ValueError) as caught:
        gateway("https://backend.example", **changes)
    assert "lines" not in str(caught.value)


# -- what an order means --


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("confirming", Verdict.CONFIRMING),
        ("unpaid", Verdict.UNPAID),
        ("paid", Verdict.PAID),
        ("refused", Verdict.REFUSED),
        ("closed", Verdict.CLOSED),
        ("revoking", Verdict.UNKNOWN),
        ("revoked", Verdict.REVOKED),
        ("refunded", Verdict.REFUNDED),
        ("unknown", Verdict.UNKNOWN),
        ("settled_on_the_moon", Verdict.UNKNOWN),
    ],
)
async def test_what_each_state_means_to_charge_query_and_close(backend, box, state, verdict):
    """P4: a state that this box does not know is unknown."""
    backend.tells(state)
    assert (await box.submit(attempt(), AuthCode(CODE))).verdict is verdict
    assert (await box.query(attempt())).verdict is verdict
    assert (await box.close(attempt())).verdict is verdict


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("revoked", Verdict.REVOKED),
        ("closed", Verdict.REVOKED),
        ("refunded", Verdict.REFUNDED),
        *((state, Verdict.REVOKE_AGAIN) for state in ("revoking", "unpaid", "confirming", "paid", "refused", "unknown", "new")),
    ],
)
async def test_a_revoke_counts_only_when_the_backend_says_that_it_is_undone(backend, box, state, verdict):
    backend.tells(state)
    assert (await box.revoke(attempt())).verdict is verdict


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("refunded", Verdict.REFUNDED),
        ("revoked", Verdict.REFUNDED),
        *((state, Verdict.UNKNOWN) for state in ("paid", "closed", "refused", "unknown", "new")),
    ],
)
async def test_a_refund_counts_only_when_the_money_goes_back(backend, box, state, verdict):
    backend.tells(state)
    assert (await box.refund(attempt())).verdict is verdict


async def test_the_wallets_words_and_number_come_along(backend, box):
    backend.tells("refused", reason={"code": "NOTENOUGH", "text": "余额不足", "payer_can_mend": True}, trade_no="42")
    reply = await box.submit(attempt(), AuthCode(CODE))
    assert (reply.refusal, reply.code, reply.text, reply.trade_no) == (Refusal.PAYER, "NOTENOUGH", "余额不足", "42")
    backend.tells("refused", reason={"code": "RULELIMIT", "text": "limit"})
    assert (await box.submit(attempt(), AuthCode(CODE))).refusal is Refusal.FINAL


@pytest.mark.parametrize(
    "changes",
    [{"amount": 1251}, {"amount": 125000}, {"currency": "USD"}, {"out_trade_no": "T2"}, {"store_id": "shop-13"}, {"terminal_id": "box-8"}],
)
async def test_paid_that_does_not_fit_is_a_mismatch_and_anything_else_no_answer(backend, box, changes):
    """P6: only what was asked, to the letter."""
    backend.tells("paid", **changes)
    assert (await box.query(attempt())).verdict is Verdict.MISMATCH
    for state in ("refused", "closed", "revoked", "unpaid"):
        backend.tells(state, **changes)
        with pytest.raises(Unintelligible, match="another order"):
            await box.query(attempt())


async def test_a_qr_order_comes_with_its_text(backend, box):
    backend.tells("unpaid", qr="weixin://wxpay/bizpayurl?pr=x")
    made = await box.create_qr(attempt())
    assert (made.verdict, made.qr) == (Verdict.QR, "weixin://wxpay/bizpayurl?pr=x")
    assert "auth_code" not in backend.body
    assert (await box.query(attempt(state=State.CREATING_QR))).verdict is Verdict.QR
    assert (await box.query(attempt(state=State.PRESENTING_QR))).verdict is Verdict.UNPAID


async def test_a_qr_order_without_a_text_stands_but_is_not_shown(backend, box):
    backend.tells("unpaid")
    assert (await box.create_qr(attempt())).verdict is Verdict.UNPAID


# -- what a problem means --

REFUSED = {"malformed", "unauthenticated", "clock_skew", "forbidden", "invalid"}


@pytest.mark.parametrize("code", [code.value for code in STATUS])
async def test_what_each_problem_means_to_each_call(backend, box, code):
    backend.complains(STATUS[ProblemCode(code)], code, detail="because")
    charge = await box.submit(attempt(), AuthCode(CODE))
    charged = Verdict.REFUSED if code in REFUSED else Verdict.MISMATCH if code == "conflict" else Verdict.UNKNOWN
    assert (charge.verdict, charge.code, charge.text) == (charged, code, "because")
    assert charge.refusal is (Refusal.OURS if charged is Verdict.REFUSED else None)
    asked = Verdict.NOT_KNOWN if code == "unknown_order" else Verdict.UNKNOWN
    assert (await box.query(attempt())).verdict is asked
    revoked = {"unknown_order": Verdict.NOT_KNOWN, "revoke_refused": Verdict.REVOKE_REFUSED, "conflict": Verdict.REVOKE_REFUSED}
    assert (await box.revoke(attempt())).verdict is revoked.get(code, Verdict.REVOKE_AGAIN)
    closed = {"unknown_order": Verdict.NOT_KNOWN, "close_refused": Verdict.REVOKE_REFUSED, "conflict": Verdict.REVOKE_REFUSED}
    assert (await box.close(attempt())).verdict is closed.get(code, Verdict.UNKNOWN)
    refunded = {"refund_refused": Verdict.REFUND_REFUSED, "conflict": Verdict.REFUND_REFUSED}
    assert (await box.refund(attempt())).verdict is refunded.get(code, Verdict.UNKNOWN)


@pytest.mark.parametrize(("status", "code"), [(404, "invalid"), (409, "unknown_order"), (418, "forbidden"), (422, "made_up")])
async def test_a_status_without_its_code_proves_nothing(backend, box, status, code):
    backend.complains(status, code)
    assert (await box.submit(attempt(), AuthCode(CODE))).verdict is Verdict.UNKNOWN
    assert (await box.query(attempt())).verdict is Verdict.UNKNOWN
    assert (await box.revoke(attempt())).verdict is Verdict.REVOKE_AGAIN


async def test_the_wallets_reason_for_a_refusal_comes_before_the_backends(backend, box):
    backend.complains(409, "revoke_refused", detail="no", reason={"code": "REVERSE_EXPIRE", "text": "older than seven days"})
    reply = await box.revoke(attempt())
    assert (reply.code, reply.text) == ("REVERSE_EXPIRE", "older than seven days")


# -- what proves nothing --


def unsigned(response: Response) -> Response:
    return replace(response, headers={k: v for k, v in response.headers.items() if not k.startswith("Signature")})


def restated(response: Response) -> Response:
    return replace(response, body=response.body.replace(b"refused", b"paid"))


@pytest.mark.parametrize("spoil", [unsigned, restated], ids=["unsigned", "changed on its way"])
async def test_an_answer_that_is_not_proven_is_no_answer(backend, box, spoil):
    """P4: neither "paid" nor "refused" counts without its signature."""
    backend.spoil = spoil
    for said in ((200, order("paid")), (200, order("refused")), (401, {"title": "no", "status": 401, "code": "unauthenticated"})):
        backend.says = lambda _request, said=said: said
        if spoil is restated and said[1].get("state") != "refused":
            continue
        with pytest.raises(Unintelligible, match="proves nothing"):
            await box.submit(attempt(), AuthCode(CODE))


async def test_a_recorded_answer_played_back_is_no_answer(backend, box):
    """The same question, asked again, with the answer of before: its nonce is another."""
    recorded: list[Response] = []

    def play_back(response: Response) -> Response:
        recorded.append(response)
        return recorded[0]

    backend.spoil = play_back
    assert (await box.query(attempt())).verdict is Verdict.PAID
    with pytest.raises(Unintelligible, match="signature is wrong"):
        await box.query(attempt())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"[]",
        b"null",
        b"{}",
        b"[" * 50_000,
        b'{"amount": ' + b"9" * 5000 + b"}",
        json.dumps(order("paid", amount=True)).encode(),
        json.dumps(order("paid", amount=1250.0)).encode(),
        json.dumps(order("paid", amount="1250")).encode(),
        json.dumps(order("paid", out_trade_no=None)).encode(),
        json.dumps({**order("paid"), "state": ["paid"]}).encode(),
        json.dumps(order("paid", reason="none")).encode(),
        json.dumps(order("paid", trade_no="x" * 129)).encode(),
        json.dumps(order("paid", trade_no="4\n2")).encode(),
        json.dumps(order("unpaid", qr=7)).encode(),
        b'{"state": "refused", ' + json.dumps(order("paid")).encode()[1:],
    ],
)
async def test_a_body_that_is_no_order_proves_nothing(backend, box, body):
    """Signed all the same: a backend's own bug."""
    backend.says = lambda _request: (200, body)
    with pytest.raises(Unintelligible) as caught:
        await box.submit(attempt(), AuthCode(CODE))
    assert "refused" not in str(caught.value)


@pytest.mark.parametrize("status", [203, 206, 302, 410, 500, 502, 503, 504])
async def test_a_status_outside_the_contract_proves_nothing(backend, box, status):
    backend.says = lambda _request: (status, order("paid"))
    with pytest.raises(Unintelligible):
        await box.submit(attempt(), AuthCode(CODE))


async def test_a_problem_that_is_none_proves_nothing(backend, box):
    backend.says = lambda _request: (422, b"<html>")
    with pytest.raises(Unintelligible, match="422"):
        await box.submit(attempt(), AuthCode(CODE))


async def test_an_order_that_is_not_said_to_be_json_proves_nothing(backend, box):
    backend.sign = False
    backend.spoil = lambda response: replace(response, headers={"Content-Type": "text/html"})
    bearer = gateway(backend.url, auth="bearer")
    with pytest.raises(Unintelligible, match="application/json"):
        await bearer.query(attempt())
    await bearer.aclose()


async def test_a_backend_that_is_away_was_not_sent_anything():
    box = gateway("http://127.0.0.1:9")
    with pytest.raises(NotSent):
        await box.submit(attempt(), AuthCode(CODE))
    await box.aclose()


async def test_fields_that_nobody_knows_do_not_matter(backend, box):
    backend.tells("paid", discount=0, z_new={"新": [None]}, reason=None, qr=None)
    assert (await box.submit(attempt(), AuthCode(CODE))).verdict is Verdict.PAID


# -- clocks --


@pytest.mark.parametrize("at", [0.0, 1_600_000_000.0])
async def test_without_a_clock_nothing_is_sent(backend, at):
    """P11: the box says so instead of trying."""
    box = gateway(backend.url, wall_clock=lambda: at)
    for call in (box.submit(attempt(), AuthCode(CODE)), box.query(attempt()), box.revoke(attempt())):
        with pytest.raises(NotSent, match="clock not set"):
            await call
    assert [(p.text.split(":")[0], p.blocking) for p in await box.check()] == [("clock not set", True)]
    assert backend.seen == []
    await box.aclose()


async def test_with_a_token_no_clock_is_needed(backend):
    backend.sign = False
    box = gateway(backend.url, auth="bearer", wall_clock=lambda: 0.0)
    assert (await box.submit(attempt(), AuthCode(CODE))).verdict is Verdict.PAID
    (request,) = backend.seen
    assert request.headers["Authorization"] == f"Bearer {KEY.secret.reveal()}"
    assert "Signature" not in request.headers
    await box.aclose()


# -- secrets --


async def test_a_payers_code_is_not_brought_back_into_the_journal(backend, box):
    """P10: a backend may echo it; neither charge nor query lets it through."""
    backend.tells("refused", reason={"code": CODE, "text": f"code {CODE} expired\nread more"})
    reply = await box.submit(attempt(), AuthCode(CODE))
    assert (reply.code, reply.text) == ("13…17", "code 13…17 expired read more")
    assert CODE not in repr(await box.query(attempt()))
    emvco = "hQVDUFYwMWEbTwegAAAA" + "x" * 60
    backend.tells("refused", reason={"code": "NO", "text": f"{emvco} expired"})
    assert emvco not in repr(await box.submit(attempt(), AuthCode(emvco)))


async def test_nothing_secret_is_logged_or_raised(backend, box, caplog):
    """P10."""
    caplog.set_level(logging.DEBUG)
    backend.says = lambda _request: (200, CODE.encode())
    with pytest.raises(Unintelligible) as caught:
        await box.submit(attempt(), AuthCode(CODE))
    shown = caplog.text + repr(caught.value) + repr(caught.value.__cause__) + repr(vars(box))
    assert CODE not in shown
    assert KEY.secret.reveal() not in shown


# -- check --


async def test_a_box_that_is_welcome_has_no_problems(backend, box):
    backend.says = lambda _request: (200, {"store_id": "shop-12", "terminal_id": "box-7", "now": int(NOW)})
    assert await box.check() == []
    assert (backend.seen[0].method, backend.body) == ("POST", {"store_id": "shop-12", "terminal_id": "box-7"})


@pytest.mark.parametrize(
    ("said", "text", "blocking"),
    [
        ((200, {"store_id": "shop-13", "terminal_id": "box-7", "now": int(NOW)}), "another store", True),
        ((200, {"store_id": "shop-12", "terminal_id": "box-7", "now": int(NOW) + 200}), "200 s behind", False),
        ((200, {"store_id": "shop-12", "terminal_id": "box-7", "now": int(NOW) - 200}), "200 s ahead", False),
        ((200, {"now": 1}), "cannot be used", True),
        ((401, {"code": "clock_skew", "status": 401, "title": "t", "detail": "3600 s behind"}), r"\(clock_skew\): 3600 s behind", True),
        ((403, {"code": "forbidden", "status": 403, "title": "not here"}), "not here", True),
        ((429, {"code": "too_many", "status": 429, "title": "t"}), "too_many", False),
        ((418, {"code": "teapot", "status": 418, "title": "t"}), "teapot", False),
        ((500, {}), "HTTP 500", False),
    ],
)
async def test_what_a_box_check_finds(backend, box, said, text, blocking):
    backend.says = lambda _request: said
    (problem,) = await box.check()
    assert problem.blocking is blocking
    assert re.search(text, problem.text), problem.text


async def test_a_box_check_tells_wrong_keys_from_a_wrong_address_and_from_a_bad_day(backend, box):
    backend.spoil = unsigned
    for status, advice, blocking in ((401, "secret", True), (200, "secret", True), (404, "base_url", True), (502, "502", False)):
        backend.says = lambda _request, status=status: (status, {})
        (problem,) = await box.check()
        assert (advice in problem.text, problem.blocking) == (True, blocking)


async def test_a_backend_out_of_reach_may_come_back():
    box = gateway("http://127.0.0.1:9")
    (problem,) = await box.check()
    assert not problem.blocking
    await box.aclose()


async def test_a_missing_certificate_is_found_before_anything_is_sent(backend, tmp_path: Path):
    files = {"client_cert_file": tmp_path / "box.pem", "client_key_file": tmp_path / "box.key"}
    box = gateway(backend.url, auth="mtls", **files)
    (problem,) = await box.check()
    assert problem.blocking
    assert backend.seen == []
    await box.aclose()


# -- against the sandbox, over TLS --

FAST = Timings(auto_close_s=3.0, revoke_not_before_s=0.0, confirm_s=0.05, late_s=0.8, silence_s=0.8, slow_s=0.8)


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with Sandbox(tmp_path / "sandbox", timings=FAST) as running:
        yield running


def at_sandbox(sandbox: Sandbox, auth: str = "signature", schedule: Schedule = PATIENT) -> MerchantGateway:
    files = (sandbox.client_cert_file, sandbox.client_key_file) if auth == "mtls" else (None, None)
    secret = Secret(sandbox.merchant.secret)
    settings = MerchantSettings("shop", sandbox.merchant_url, auth, sandbox.merchant.key_id, secret, *files, sandbox.ca_file)
    return MerchantGateway(settings, PLACE, schedule)


@pytest.fixture
async def shop(sandbox: Sandbox) -> AsyncIterator[MerchantGateway]:
    shop = at_sandbox(sandbox)
    yield shop
    await shop.aclose()


@pytest.mark.parametrize("auth", ["signature", "bearer", "mtls"])
async def test_the_whole_life_of_an_order_with_each_way_of_proving(sandbox, auth):
    shop = at_sandbox(sandbox, auth)
    assert await shop.check() == []
    await shop.warm()
    assert (await shop.query(attempt())).verdict is Verdict.NOT_KNOWN
    assert (await shop.submit(attempt(), AuthCode(code_for("paid")))).verdict is Verdict.PAID
    paid = await shop.query(attempt())
    assert (paid.verdict, paid.trade_no) == (Verdict.PAID, sandbox.ledger.order("T1").trade_no)
    assert (await shop.refund(attempt())).verdict is Verdict.REFUNDED
    assert (await shop.refund(attempt())).verdict is Verdict.REFUNDED
    assert sandbox.ledger.order("T1").money_out == 1250
    await shop.aclose()


async def test_a_wrong_secret_is_found_by_the_box_check(sandbox):
    settings = MerchantSettings("shop", sandbox.merchant_url, "signature", "box-1", Secret("not the one"), ca_file=sandbox.ca_file)
    box = MerchantGateway(settings, PLACE, PATIENT)
    (problem,) = await box.check()
    assert problem.blocking
    assert "secret" in problem.text
    await box.aclose()


async def test_a_wrong_clock_is_found_by_the_box_check(sandbox):
    secret = Secret(sandbox.merchant.secret)
    settings = MerchantSettings("shop", sandbox.merchant_url, "signature", "box-1", secret, ca_file=sandbox.ca_file)
    box = MerchantGateway(settings, PLACE, PATIENT, wall_clock=lambda: NOW)
    (problem,) = await box.check()
    assert problem.blocking
    assert "clock_skew" in problem.text
    await box.aclose()


async def test_the_green_light_follows_the_payer_by_one_round_trip(sandbox, shop):
    """A query that is held open is answered when the payer confirms, not when it is time to ask again."""
    sandbox.deck.put(Scenario("test", "", Standing.CONFIRMING, (Move(Standing.PAID, after=0.2),)))
    assert (await shop.submit(attempt(), AuthCode(CODE))).verdict is Verdict.CONFIRMING
    async with asyncio.timeout(2):
        assert (await shop.query(attempt(), hold_s=20)).verdict is Verdict.PAID
    assert len([seen for seen in sandbox.line.requests if seen.method == "GET"]) == 1


async def test_a_query_that_is_held_for_nothing_says_what_is(sandbox, shop):
    sandbox.deck.put(Scenario("test", "", Standing.CONFIRMING))
    await shop.submit(attempt(), AuthCode(CODE))
    assert (await shop.query(attempt(), hold_s=1)).verdict is Verdict.CONFIRMING


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        ("password_never", Verdict.CONFIRMING),
        ("not_paid", Verdict.UNPAID),
        ("refused_notenough", Verdict.REFUSED),
        ("refused_authcodeexpire", Verdict.REFUSED),
        ("refused_trade_error", Verdict.REFUSED),
        ("unknown_code", Verdict.UNKNOWN),
        ("system_error_paid", Verdict.UNKNOWN),
        ("number_paid", Verdict.REFUSED),
        ("wrong_amount", Verdict.MISMATCH),
        ("wrong_currency", Verdict.MISMATCH),
        ("wrong_merchant", Verdict.MISMATCH),
        ("wrong_number", Verdict.MISMATCH),
        ("extra_fields", Verdict.PAID),
        ("zero_fields", Verdict.PAID),
    ],
)
async def test_how_the_sandboxs_cases_look_to_a_box(shop, case, verdict):
    assert (await shop.submit(attempt(), AuthCode(code_for(case)))).verdict is verdict


async def test_no_spoilt_answer_ever_ends_a_sale(sandbox, shop):
    """P4: whatever the wire does to an answer, it is unclear, and the query then tells the truth."""
    spoilt = [name for name, case in CASES.items() if case.charge.nth(1).fault.value != "none" or "signature" in name]
    assert len(spoilt) > 12
    hasty = at_sandbox(sandbox, schedule=QUICK)  # gives up on a silent sandbox before that speaks
    await hasty.warm()
    for serial, name in enumerate(spoilt):
        if case_is_about_revoke(name):
            continue
        order_attempt = attempt(out_trade_no=f"T{serial}")
        with pytest.raises(Unclear):
            await hasty.submit(order_attempt, AuthCode(code_for(name, serial)))
        paid = sandbox.ledger.order(f"T{serial}").state is Standing.PAID
        if paid and name != "bad_signature_always":
            assert (await shop.query(order_attempt)).verdict is Verdict.PAID, name
    await hasty.aclose()


def case_is_about_revoke(name: str) -> bool:
    return name.startswith("revoke")


@pytest.mark.parametrize(
    ("case", "verdicts"),
    [
        ("password_never", [Verdict.REVOKED, Verdict.REVOKED]),
        ("revoke_again", [Verdict.REVOKE_AGAIN, Verdict.REVOKE_AGAIN, Verdict.REVOKED]),
        ("revoke_busy", [Verdict.REVOKE_AGAIN, Verdict.REVOKE_AGAIN, Verdict.REVOKED]),
        ("revoke_system_error", [Verdict.REVOKE_AGAIN, Verdict.REVOKE_AGAIN, Verdict.REVOKED]),
        ("revoke_forbidden", [Verdict.REVOKE_REFUSED]),
        ("revoke_unknown", [Verdict.NOT_KNOWN]),
        ("paid_between", [Verdict.REFUNDED]),
        ("refused_notenough", [Verdict.REVOKED]),
        ("refused_authcodeexpire", [Verdict.REVOKED]),
    ],
)
async def test_how_the_sandboxs_revokes_look_to_a_box(shop, case, verdicts):
    await shop.submit(attempt(), AuthCode(code_for(case)))
    assert [(await shop.revoke(attempt())).verdict for _ in verdicts] == verdicts


async def test_a_charge_that_arrives_after_its_revoke_is_never_carried_out(sandbox, shop):
    assert (await shop.revoke(attempt())).verdict is Verdict.REVOKED
    assert (await shop.submit(attempt(), AuthCode(code_for("paid")))).verdict is Verdict.REVOKED
    assert (await shop.query(attempt())).verdict is Verdict.REVOKED
    assert sandbox.ledger.orders == []


async def test_a_qr_order_from_making_to_closing(sandbox, shop):
    sandbox.deck.put(CASES["password_never"])  # nobody pays, however slow this machine is
    made = await shop.create_qr(attempt())
    assert made.verdict is Verdict.QR
    again = await shop.create_qr(attempt())
    assert again.qr == made.qr
    assert (await shop.close(attempt())).verdict is Verdict.CLOSED
    assert (await shop.query(attempt())).verdict is Verdict.CLOSED


async def test_money_found_while_closing_is_paid(sandbox, shop):
    await shop.create_qr(attempt())
    with suppress(NotPayable):  # on a busy machine its payer may have been quicker
        sandbox.ledger.confirm("T1")
    assert (await shop.close(attempt())).verdict is Verdict.PAID
    assert (await shop.revoke(attempt())).verdict is Verdict.REFUNDED


async def test_a_number_that_stands_for_something_else_is_left_to_a_person(sandbox, shop):
    await shop.submit(attempt(), AuthCode(code_for("paid")))
    other = attempt(amount=replace(attempt().amount, minor=99))
    assert (await shop.submit(other, AuthCode(code_for("paid", 1)))).verdict is Verdict.MISMATCH
    assert (await shop.revoke(other)).verdict is Verdict.REVOKE_REFUSED
    assert (await shop.refund(other)).verdict is Verdict.REFUND_REFUSED
    assert sandbox.ledger.order("T1").money_out == 0
