"""Worldline Connect: what goes over the wire, in which order, and what comes of every answer. Requests are checked with the vendor's
own SDK (`daemon.gateways.connect`, `daemon.gateways.connect_client`)."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import socket
from collections.abc import AsyncIterator
from email.utils import formatdate
from typing import Any
from urllib.parse import urlparse

import connect_provider as words
import pytest
from aiohttp import web
from connect_provider import (
    ATTEMPT,
    CLOSING,
    ID,
    LINK,
    NOW,
    NUMBER,
    SECRET,
    SHOWN,
    WEBHOOK_SECRET,
    Asked,
    Provider,
    errors,
    gateway_at,
    payment,
)
from worldline.connect.sdk.authentication.v1hmac_authenticator import V1HMACAuthenticator
from worldline.connect.sdk.communication.request_header import RequestHeader

from daemon.codes import AuthCode
from daemon.gateways.base import Ability, Gateway, Pushed
from daemon.gateways.connect import SURE_EVERY, ConnectGateway
from daemon.gateways.connect_client import CLOCK_SET_FROM
from daemon.gateways.own_address import own_address
from daemon.gateways.patience import Patience
from daemon.money import Amount, Minor
from daemon.payment import State
from daemon.reply import GatewayError, NoAnswer, NotSent, Refusal, Reply, Unclear, Unintelligible, Verdict
from daemon.timing import Schedule


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with words.providing() as provider:
        yield provider


@pytest.fixture
async def gateway(provider: Provider) -> AsyncIterator[ConnectGateway]:
    async with gateway_at(provider.url) as gateway:
        yield gateway


def is_signed_as_the_sdk_would(asked: Asked) -> bool:
    rest = [RequestHeader(name, value) for name, value in asked.headers.items() if name != "Authorization"]
    whole = urlparse(f"https://connect.example{asked.path}")
    theirs = V1HMACAuthenticator("5e45c937b9db33ae", SECRET).get_authorization(asked.method, whole, rest)
    return asked.headers["Authorization"] == str(theirs)


# -- what goes over the wire --


async def test_it_is_a_gateway_that_is_notified(gateway: ConnectGateway) -> None:
    as_gateway: Gateway = gateway
    as_pushed: Pushed = gateway
    assert as_pushed is not None
    assert as_gateway.abilities == {Ability.SHOW, Ability.REFUND, Ability.CLOSE}
    assert (as_gateway.holds_queries, as_gateway.repeats_creates) == (False, True)


async def test_a_create_on_the_wire(provider: Provider, gateway: ConnectGateway) -> None:
    provider.says(words.created(), 201)
    assert await gateway.create_qr(ATTEMPT) == Reply(Verdict.QR, "REDIRECTED", "", ID, qr=LINK)
    [asked] = provider.asked
    assert (asked.method, asked.path) == ("POST", "/v1/1234/payments")
    assert is_signed_as_the_sdk_would(asked)
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.headers["Date"] == formatdate(NOW, usegmt=True)
    assert asked.headers["X-GCS-Idempotence-Key"] == NUMBER
    assert json.loads(base64.b64decode(asked.headers["X-GCS-ServerMetaInfo"])).keys() >= {"sdkIdentifier", "sdkCreator", "integrator"}
    assert asked.json["order"]["references"]["merchantReference"] == NUMBER
    assert asked.json["fraudFields"]["customerIpAddress"] == "203.0.113.7"


async def test_every_other_call_on_the_wire(provider: Provider, gateway: ConnectGateway) -> None:
    provider.says(payment())
    provider.says({"thirdPartyStatus": "COMPLETED"}, at="thirdpartystatus")
    provider.says({"refunds": []}, at="refunds")
    provider.says(words.refund(), 201, at="/refund")
    provider.says({"result": "OK"}, at="testconnection")
    await gateway.query(SHOWN)
    await gateway.close(SHOWN)
    provider.says({"refunds": []}, at="/refunds")
    await gateway.refund(SHOWN)
    await gateway.check()
    assert provider.paths == [
        f"GET /payments/{ID}/thirdpartystatus",
        f"GET /payments/{ID}",
        f"GET /payments/{ID}",
        f"POST /payments/{ID}/cancel",
        f"GET /payments/{ID}",
        f"GET /payments/{ID}/refunds",
        f"POST /payments/{ID}/refund",
        "GET /services/testconnection",
    ]
    assert all(is_signed_as_the_sdk_would(asked) for asked in provider.asked)
    keys = [asked.headers.get("X-GCS-Idempotence-Key") for asked in provider.asked]
    assert keys == [None] * 6 + [f"{NUMBER}R", None]


async def test_a_cancel_has_neither_body_nor_content_type(provider: Provider, gateway: ConnectGateway) -> None:
    """Its signature covers an empty line for the type, so none may be sent."""
    provider.says(payment())
    await gateway.close(CLOSING)
    cancel = provider.asked[1]
    assert (cancel.body, "Content-Type" in cancel.headers) == (b"", False)


async def test_the_box_s_own_address_where_none_is_configured(provider: Provider) -> None:
    provider.says(words.created(), 201)
    async with gateway_at(provider.url, customer_ip=None) as gateway:
        await gateway.create_qr(ATTEMPT)
    assert provider.asked[0].json["fraudFields"]["customerIpAddress"] == "192.168.1.9"


def test_the_own_address_is_one() -> None:
    assert socket.inet_aton(own_address())


# -- creating --


async def test_the_same_order_again_is_the_same_operation(provider: Provider, gateway: ConnectGateway) -> None:
    """After a lost answer: the same key, date and signature afresh."""
    provider.says(words.created(), 201)
    for _ in range(2):
        await gateway.create_qr(ATTEMPT)
    first, second = provider.asked
    assert first.headers["X-GCS-Idempotence-Key"] == second.headers["X-GCS-Idempotence-Key"]
    assert first.body == second.body


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (words.created(qr=""), "no PNG"),
        (words.created(qr="%%%"), "not Base64"),
        (words.created(qr=words.picture("https://évil.example")), "does not hold a link"),
        ({**words.created(), "merchantAction": {"actionType": "REDIRECT"}}, "no PNG"),
        ({"payment": payment()}, "no PNG"),
    ],
)
async def test_an_order_without_a_code_to_show(provider: Provider, gateway: ConnectGateway, answer: words.Fields, why: str) -> None:
    """It stands at the provider all the same, so its id is told: it can be closed."""
    provider.says(answer, 201)
    reply = await gateway.create_qr(ATTEMPT)
    assert (reply.verdict, reply.code, reply.qr, reply.trade_no) == (Verdict.QR, "no_qr", None, ID)
    assert why in reply.text


async def test_a_create_in_progress_is_unclear(provider: Provider, gateway: ConnectGateway) -> None:
    provider.says(errors("1409", "DUPLICATE REQUEST IN PROGRESS"), 409)
    assert (await gateway.create_qr(ATTEMPT)).verdict is Verdict.UNKNOWN


async def test_a_rejected_create(provider: Provider, gateway: ConnectGateway) -> None:
    provider.says(errors("430330", "Not authorised", paymentResult={"payment": payment("REJECTED")}), 402)
    reply = await gateway.create_qr(ATTEMPT)
    assert (reply.verdict, reply.refusal, reply.trade_no) == (Verdict.REFUSED, Refusal.FINAL, ID)


async def test_the_code_of_another_order_is_not_shown(provider: Provider, gateway: ConnectGateway) -> None:
    for changes in ({"amount": 125000}, {"currency": "USD"}, {"number": "ANOTHER"}):
        provider.says(words.created(**changes), 201)
        with pytest.raises(Unintelligible):
            await gateway.create_qr(ATTEMPT)


async def test_an_amount_that_cannot_be_written_is_refused_unsent(provider: Provider, gateway: ConnectGateway) -> None:
    reply = await gateway.create_qr(ATTEMPT.but(amount=Amount(Minor(1251), "KWD")))
    assert (reply.verdict, reply.refusal, provider.asked) == (Verdict.REFUSED, Refusal.OURS, [])


async def test_a_code_that_a_payer_shows_is_never_sent(provider: Provider, gateway: ConnectGateway) -> None:
    with pytest.raises(NotSent, match="takes no code"):
        await gateway.submit(ATTEMPT, AuthCode("13" + "0" * 14 + "17"))
    assert provider.asked == []


# -- asking --


@pytest.mark.parametrize(
    ("said", "verdict"), [("WAITING", Verdict.UNPAID), ("INITIALIZED", Verdict.CONFIRMING), ("AUTHORIZED", Verdict.CONFIRMING)]
)
async def test_while_the_payer_is_at_it_one_question_is_enough(
    provider: Provider, gateway: ConnectGateway, said: str, verdict: Verdict
) -> None:
    provider.says({"thirdPartyStatus": said})
    assert (await gateway.query(SHOWN)).verdict is verdict
    assert provider.paths == [f"GET /payments/{ID}/thirdpartystatus"]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("CAPTURED", Verdict.PAID),
        ("PAID", Verdict.PAID),
        ("REJECTED", Verdict.REFUSED),
        ("CANCELLED", Verdict.CLOSED),
        ("REDIRECTED", Verdict.UNPAID),
    ],
)
async def test_completed_is_not_paid(provider: Provider, gateway: ConnectGateway, status: str, verdict: Verdict) -> None:
    provider.says(payment(status))
    provider.says({"thirdPartyStatus": "COMPLETED"}, at="thirdpartystatus")
    assert (await gateway.query(SHOWN)).verdict is verdict


Broken = web.Response | words.Fields | None


@pytest.mark.parametrize(
    "broken",
    [
        {"thirdPartyStatus": "BRAND_NEW"},
        {},
        web.Response(status=404, text="<html>no</html>", content_type="text/html"),
        web.Response(status=500, text="{}", content_type="application/json"),
        web.Response(status=200, body=b"\xff", content_type="application/json"),
        None,
    ],
)
async def test_whatever_the_first_answer_is_a_paid_order_is_not_missed(provider: Provider, gateway: ConnectGateway, broken: Broken) -> None:
    def answer(_: Asked) -> web.StreamResponse | words.Fields:
        if broken is None:
            raise ConnectionResetError
        return broken if isinstance(broken, dict) else web.Response(status=broken.status, body=broken.body, headers=broken.headers)

    provider.says(payment("CAPTURED"))
    provider.does(answer, at="thirdpartystatus")
    assert (await gateway.query(SHOWN)).verdict is Verdict.PAID


async def test_a_status_that_hangs_leaves_time_to_read_the_payment(provider: Provider) -> None:
    provider.says(payment("CAPTURED"))
    provider.says({"thirdPartyStatus": "WAITING"}, at="thirdpartystatus")
    provider.delays["thirdpartystatus"] = 30.0
    async with gateway_at(provider.url, schedule=Schedule(reply_s=1.0)) as gateway:
        assert (await gateway.query(SHOWN)).verdict is Verdict.PAID


async def test_every_fifth_question_goes_to_the_payment_itself(provider: Provider, gateway: ConnectGateway) -> None:
    """A status that says "waiting" for ever keeps a payer for a quarter of a minute, not until the QR is taken away."""
    provider.says(payment("CAPTURED"))
    provider.says({"thirdPartyStatus": "WAITING"}, at="thirdpartystatus")
    verdicts = [(await gateway.query(SHOWN.but(asked_at=100.0 + 3.0 * question))).verdict for question in range(1, 2 * SURE_EVERY + 1)]
    assert [question for question, verdict in enumerate(verdicts, 1) if verdict is Verdict.PAID] == [SURE_EVERY, 2 * SURE_EVERY]


@pytest.mark.parametrize("state", [state for state in State if state is not State.PRESENTING_QR])
async def test_an_order_that_is_not_shown_is_asked_about_for_certain(provider: Provider, gateway: ConnectGateway, state: State) -> None:
    provider.says(payment("CAPTURED"))
    assert (await gateway.query(SHOWN.but(state=state))).verdict is Verdict.PAID
    assert provider.paths == [f"GET /payments/{ID}"]


@pytest.mark.parametrize("trade_no", [None, "", "a/../b", "x" * 65])
async def test_without_an_id_the_order_is_looked_for_by_our_number(
    provider: Provider, gateway: ConnectGateway, trade_no: str | None
) -> None:
    provider.says(words.found(payment("CAPTURED")))
    assert await gateway.query(SHOWN.but(trade_no=trade_no)) == Reply(Verdict.PAID, "CAPTURED", "", ID)
    assert provider.paths == [f"GET /payments?merchantReference={NUMBER}"]
    assert is_signed_as_the_sdk_would(provider.asked[0])


async def test_an_order_that_never_arrived_is_not_known(provider: Provider, gateway: ConnectGateway) -> None:
    provider.says(words.found())
    assert (await gateway.query(ATTEMPT)).verdict is Verdict.NOT_KNOWN
    provider.says(errors("1002"), 404)
    assert (await gateway.query(CLOSING)).verdict is Verdict.NOT_KNOWN


async def test_a_page_of_a_proxy_is_no_absence(provider: Provider, gateway: ConnectGateway) -> None:
    provider.does(lambda _: web.Response(status=404, text="<html>", content_type="text/html"))
    with pytest.raises(Unintelligible):
        await gateway.query(CLOSING)


@pytest.mark.parametrize("changes", [{"amount": 1}, {"currency": "USD"}, {"number": "ANOTHER"}])
async def test_another_payment_is_never_ours(provider: Provider, gateway: ConnectGateway, changes: dict[str, Any]) -> None:
    provider.says(payment("CAPTURED", **changes))
    assert (await gateway.query(CLOSING)).verdict is Verdict.MISMATCH


async def test_an_account_that_is_not_for_a_till_is_told_to_the_log(
    provider: Provider, gateway: ConnectGateway, caplog: pytest.LogCaptureFixture
) -> None:
    provider.says(payment("PENDING_APPROVAL"))
    assert (await gateway.query(CLOSING)).verdict is Verdict.UNKNOWN
    assert f"connect_odd_status out_trade_no={NUMBER} status=PENDING_APPROVAL" in caplog.text


# -- ending --


async def test_a_cancelled_payment_is_read_again(provider: Provider, gateway: ConnectGateway) -> None:
    provider.does(lambda _: payment("REDIRECTED" if len(provider.asked) == 1 else "CANCELLED"))
    provider.says({"payment": payment("CANCELLED")}, at="cancel")
    assert (await gateway.close(CLOSING)).verdict is Verdict.CLOSED
    assert len(provider.asked) == 3


async def test_a_cancel_that_does_not_show_in_the_payment_closed_nothing(provider: Provider, gateway: ConnectGateway) -> None:
    provider.says(payment())
    provider.says({"payment": payment("CANCELLED")}, at="cancel")
    assert (await gateway.close(CLOSING)).verdict is Verdict.UNPAID


async def test_what_cannot_be_cancelled_is_not_tried(provider: Provider, gateway: ConnectGateway) -> None:
    provider.says(payment(cancellable=False))
    assert (await gateway.close(CLOSING)).verdict is Verdict.REVOKE_REFUSED
    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("CAPTURED", Verdict.PAID), ("CANCELLED", Verdict.CLOSED), ("REJECTED", Verdict.REFUSED), ("REFUNDED", Verdict.REFUNDED)],
)
async def test_what_has_ended_is_told_and_not_cancelled(provider: Provider, gateway: ConnectGateway, status: str, verdict: Verdict) -> None:
    provider.says(payment(status))
    assert (await gateway.close(CLOSING)).verdict is verdict
    assert len(provider.asked) == 1


async def test_paid_between_the_look_and_the_cancel(provider: Provider, gateway: ConnectGateway) -> None:
    provider.does(lambda _: payment("REDIRECTED" if len(provider.asked) == 1 else "CAPTURED"))
    provider.says({"payment": payment("CAPTURED")}, at="cancel")
    assert (await gateway.close(CLOSING)).verdict is Verdict.PAID


@pytest.mark.parametrize(("status", "verdict"), [(405, Verdict.REVOKE_REFUSED), (500, Verdict.UNKNOWN), (409, Verdict.UNKNOWN)])
async def test_a_cancel_that_is_refused(provider: Provider, gateway: ConnectGateway, status: int, verdict: Verdict) -> None:
    provider.says(payment())
    provider.says(errors("21000050"), status, at="cancel")
    assert (await gateway.close(CLOSING)).verdict is verdict


async def test_an_order_without_an_id_is_found_before_it_is_closed(provider: Provider, gateway: ConnectGateway) -> None:
    provider.says(payment("CANCELLED"))
    provider.says(words.found(payment()), at="merchantReference")
    assert (await gateway.close(ATTEMPT)).verdict is Verdict.CLOSED
    provider.says(words.found(), at="merchantReference")
    assert (await gateway.close(ATTEMPT)).verdict is Verdict.NOT_KNOWN


async def test_revoke_is_close(provider: Provider, gateway: ConnectGateway) -> None:
    provider.says(payment("CANCELLED"))
    assert (await gateway.revoke(CLOSING)).verdict is Verdict.CLOSED


async def test_a_cancel_was_sent_though_the_look_after_it_was_not() -> None:
    """Otherwise it would be read as if nothing had left the box."""
    ports: list[asyncio.Server] = []

    async def one_at_a_time(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        fields = json.dumps(payment() if asked.startswith(b"GET") else {"payment": payment("CANCELLED")}).encode()
        if asked.startswith(b"POST"):
            ports[0].close()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(fields)
        writer.write(head + fields)
        await writer.drain()
        writer.close()

    ports.append(await asyncio.start_server(one_at_a_time, "127.0.0.1", 0))
    port = ports[0].sockets[0].getsockname()[1]
    async with gateway_at(f"http://127.0.0.1:{port}") as gateway:
        with pytest.raises(NoAnswer):
            await gateway.close(CLOSING)


# -- giving back --


async def test_a_refund(provider: Provider, gateway: ConnectGateway) -> None:
    provider.says({"refunds": []})
    provider.does(lambda asked: words.refund() if asked.method == "POST" else {"refunds": []}, at="/refund")
    reply = await gateway.refund(CLOSING)
    assert (reply.verdict, reply.trade_no) == (Verdict.REFUNDED, ID)
    assert provider.asked[1].json == {
        "amountOfMoney": {"amount": 1250, "currencyCode": "CNY"},
        "refundReferences": {"merchantReference": f"{NUMBER}R"},
    }


async def test_a_refund_that_is_there_is_not_made_again(provider: Provider, gateway: ConnectGateway) -> None:
    """Days later, too, when the provider has forgotten the key."""
    provider.says({"refunds": [words.refund("REFUNDED")]})
    assert (await gateway.refund(CLOSING)).verdict is Verdict.REFUNDED
    assert [asked.method for asked in provider.asked] == ["GET"]


async def test_no_refund_while_it_is_not_known_whether_there_is_one(provider: Provider, gateway: ConnectGateway) -> None:
    provider.says(errors("9999"), 500)
    assert (await gateway.refund(CLOSING)).verdict is Verdict.UNKNOWN
    provider.does(lambda _: web.Response(status=502, text="<html>", content_type="text/html"))
    with pytest.raises(Unintelligible):
        await gateway.refund(CLOSING)
    assert {asked.method for asked in provider.asked} == {"GET"}


async def test_a_refund_of_an_order_whose_id_was_lost(provider: Provider, gateway: ConnectGateway) -> None:
    provider.says(words.found(payment("CAPTURED")))
    provider.does(lambda asked: words.refund() if asked.method == "POST" else {"refunds": []}, at="/refund")
    assert (await gateway.refund(ATTEMPT)).verdict is Verdict.REFUNDED
    provider.says(words.found())
    for lost in (ATTEMPT, ATTEMPT.but(trade_no="a/../b")):
        assert (await gateway.refund(lost)).verdict is Verdict.UNKNOWN
        assert provider.paths[-1] == f"GET /payments?merchantReference={NUMBER}"


# -- what the line does --


CALLS = ["create_qr", "query", "close", "revoke", "refund"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"", "application/json"), (b"[]", "application/json"), (b"{}", "text/html"), (b'{"payment": 1, "payment": 2}', "application/json"),
     (b"x" * 100_000, "application/json"), (b"\xff\xfe", "application/json"), (b'{"payment": {"id": {}}}', "application/json")],
)  # fmt: skip
async def test_nonsense_is_nothing_but_unclear(
    provider: Provider, gateway: ConnectGateway, call: str, body: bytes, content_type: str
) -> None:
    provider.does(lambda _: web.Response(body=body, content_type=content_type))
    try:
        reply = await getattr(gateway, call)(CLOSING)
    except Unclear:
        return
    assert reply.verdict in (Verdict.UNKNOWN, Verdict.NOT_KNOWN)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("headers", [{"Location": "https://elsewhere.example/"}, {"Content-Encoding": "gzip"}])
async def test_redirects_and_compression_are_not_followed(
    provider: Provider, gateway: ConnectGateway, call: str, headers: dict[str, str]
) -> None:
    status = 302 if "Location" in headers else 200
    provider.does(lambda _: web.Response(status=status, body=b"{}", headers={**headers, "Content-Type": "application/json"}))
    with pytest.raises(Unintelligible):
        await getattr(gateway, call)(CLOSING)
    assert len(provider.asked) == 1


@pytest.mark.parametrize("call", CALLS)
async def test_a_provider_that_is_not_there(call: str) -> None:
    async with gateway_at("http://127.0.0.1:9") as gateway:
        with pytest.raises(NotSent):
            await getattr(gateway, call)(CLOSING)


@pytest.mark.parametrize("call", CALLS)
async def test_a_clock_that_is_not_set_sends_nothing(provider: Provider, call: str) -> None:
    """The time is signed; a wrong one would be refused with words that lead nobody to the clock (P11)."""
    async with gateway_at(provider.url, now=CLOCK_SET_FROM - 1) as gateway:
        with pytest.raises(NotSent, match="clock not set"):
            await getattr(gateway, call)(CLOSING)
        [problem] = await gateway.check()
    assert problem.blocking
    assert provider.asked == []


async def test_no_call_takes_longer_than_it_may(provider: Provider) -> None:
    """However many requests it takes."""
    provider.says(payment())
    provider.says({"refunds": []}, at="refund")
    provider.delays[""] = 0.2
    async with gateway_at(provider.url, schedule=Schedule(reply_s=0.3)) as gateway:
        for call in ("close", "refund"):
            started = asyncio.get_running_loop().time()
            with pytest.raises(NoAnswer):
                await getattr(gateway, call)(CLOSING)
            assert asyncio.get_running_loop().time() - started < 3.0


async def test_patience_ends() -> None:
    """`daemon.gateways.patience`."""
    patience = Patience(0.01)
    assert 0 < patience.left() <= 0.01
    await asyncio.sleep(0.02)
    with pytest.raises(NoAnswer, match=r"within 0\.01 s"):
        patience.left()


# -- check --


async def test_a_connection_that_works(provider: Provider, gateway: ConnectGateway) -> None:
    provider.does(lambda _: web.json_response({"result": "OK"}, headers={"Date": formatdate(NOW + 5, usegmt=True)}))
    assert await gateway.check() == []


@pytest.mark.parametrize(("status", "code", "blocking"), [(403, "9002", True), (401, "x", True), (404, "x", False), (500, "9999", False)])
async def test_credentials_block_and_nothing_else_does(
    provider: Provider, gateway: ConnectGateway, status: int, code: str, blocking: bool
) -> None:
    provider.does(lambda _: web.json_response(errors(code), status=status, headers={"Date": formatdate(NOW, usegmt=True)}))
    [problem] = await gateway.check()
    assert problem.blocking is blocking
    assert ("api_key_id" in problem.text) is blocking


@pytest.mark.parametrize(("ahead_s", "words_of_it"), [(120, "120 s ahead of"), (-7200, "7200 s behind")])
async def test_a_clock_that_is_off_is_told(provider: Provider, gateway: ConnectGateway, ahead_s: int, words_of_it: str) -> None:
    provider.does(lambda _: web.json_response({"result": "OK"}, headers={"Date": formatdate(NOW - ahead_s, usegmt=True)}))
    [problem] = await gateway.check()
    assert words_of_it in problem.text
    assert not problem.blocking


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 99 Jun 2014 13:39:43 GMT"])
async def test_a_provider_that_does_not_know_what_time_it_is(provider: Provider, gateway: ConnectGateway, date: str) -> None:
    provider.does(lambda _: web.json_response({"result": "OK"}, headers={"Date": date}))
    assert await gateway.check() == []


async def test_a_page_instead_of_the_interface(provider: Provider, gateway: ConnectGateway) -> None:
    provider.does(lambda _: web.Response(status=404, text="<html>", content_type="text/html"))
    [problem] = await gateway.check()
    assert not problem.blocking


# -- secrets --


async def test_no_secret_in_logs_errors_or_representations(
    provider: Provider, gateway: ConnectGateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Not the keys, and not a signature, which opens one door for as long as its date is believed."""
    caplog.set_level(logging.DEBUG)
    told = [repr(gateway), repr(words.settings())]
    for answer in ({}, payment("PENDING_APPROVAL"), errors("9002", "bad"), words.created(), words.created(qr="?")):
        for status in (200, 403, 500):
            provider.says(answer, status)
            for call in CALLS:
                try:
                    told.append(repr(await getattr(gateway, call)(CLOSING)))
                except GatewayError as error:
                    told.append(repr(error))
            told.append(repr(await gateway.check()))
    text = "\n".join([*told, caplog.text])
    signatures = [asked.headers["Authorization"].rpartition(":")[2] for asked in provider.asked]
    assert "qr_made" in text
    assert [secret for secret in (SECRET, WEBHOOK_SECRET, *signatures) if secret in text] == []
