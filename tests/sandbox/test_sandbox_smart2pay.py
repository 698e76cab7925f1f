"""GlobalPay's stand-in (`daemon.sandbox.smart2pay`, `daemon.sandbox.smart2pay_checks`, `daemon.sandbox.smart2pay_answers`):
what it checks, what it plays, how it notifies.

The client here builds its own requests and credentials, from the documents and not from the gateway."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sandbox_box import FAST, client_tls

from daemon.sandbox.cases import CASES
from daemon.sandbox.pushes import FORGED, GENUINE, REPLAYED
from daemon.sandbox.scenario import Call, Move, Scenario, Standing, Step, Steps
from daemon.sandbox.server import Sandbox
from daemon.sandbox.smart2pay_answers import STATUS, translated

NOT_PAID = CASES["not_paid"]


@dataclass
class Shop:
    """What a shop sends to GlobalPay."""

    sandbox: Sandbox
    session: aiohttp.ClientSession
    key: str = ""

    async def ask(self, method: str, path: str, content: object = None, **headers: str) -> tuple[int, Any]:
        ours = self.sandbox.smart2pay
        token = base64.b64encode(f"{ours.site_id}:{self.key or ours.api_key}".encode()).decode()
        sent = {"Authorization": f"Basic {token}", **headers}
        data = content if isinstance(content, bytes) else b"" if content is None else json.dumps(content).encode()
        async with self.session.request(method, self.sandbox.smart2pay_url + path, data=data, headers=sent) as response:
            assert response.headers["Content-Type"] == "application/json; charset=utf-8"
            return response.status, await response.json()

    async def create(self, **changes: object) -> tuple[int, Any]:
        status, said = await self.ask("POST", "/v1/payments", {"Payment": wanted(**changes)})
        return status, said.get("Payment", said)

    async def details(self, payment: Any) -> Any:
        return (await self.ask("GET", f"/v1/payments/{payment['ID']}"))[1].get("Payment")

    async def cancel(self, payment: Any) -> tuple[int, Any]:
        status, said = await self.ask("POST", f"/v1/payments/{payment['ID']}/cancel")
        return status, said["Payment"]

    async def refund(self, payment: Any, number: str = "A1R", amount: object = 1250) -> tuple[int, Any]:
        asked = {"Refund": {"MerchantTransactionID": number, "Amount": amount}}
        status, said = await self.ask("POST", f"/v1/payments/{payment['ID']}/refunds", asked)
        return status, said["Refund"]


def wanted(**changes: object) -> dict[str, object]:
    """The WeChat sample; None takes a field away."""
    fields: dict[str, object] = {
        "MerchantTransactionID": "A1",
        "Amount": 1250,
        "Currency": "CNY",
        "MethodID": 1066,
        "ReturnURL": "http://shop.example/back",
        "TokenLifetime": 10,
        "Customer": {"Email": "till@shop.example"},
        "BillingAddress": {"Country": "CN"},
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


PLACE = {"IsOffline": True, "StoreName": "Palace Mall", "StoreId": "ZA2345", "TerminalID": "T8999"}


@pytest.fixture
async def shop(sandbox: Sandbox) -> AsyncIterator[Shop]:
    connector = aiohttp.TCPConnector(ssl=client_tls(sandbox, with_certificate=False))
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Shop(sandbox, session)


def codes(record: Any) -> list[int]:
    return [reason["Code"] for reason in record["Status"]["Reasons"] or []]


# -- who asks --


async def test_only_the_site_s_own_credentials_are_let_in(shop: Shop) -> None:
    shop.key = "wrong"
    for method, path in (("POST", "/v1/payments"), ("GET", "/v1/payments"), ("GET", "/v1/payments/1"), ("POST", "/v1/payments/1/refunds")):
        assert (await shop.ask(method, path, b"{}"))[0] == 401
    assert (await shop.ask("GET", "/v1/payments", Authorization=""))[0] == 401
    assert shop.sandbox.ledger.orders == []


# -- creation --


async def test_a_wechat_payment_as_in_its_sample(shop: Shop) -> None:
    """It takes the order without Details, as the sample does and the text does not."""
    status, payment = await shop.create()
    assert status == 201
    assert (payment["MerchantTransactionID"], payment["Amount"], payment["Currency"]) == ("A1", "1250", "CNY")
    assert payment["SiteID"] == int(shop.sandbox.smart2pay.site_id)
    assert payment["Status"] == {"ID": 1, "Info": "Open", "Reasons": None}
    assert payment["ReferenceDetails"]["QRCodeURL"].startswith("weixin://wxpay/bizpayurl?pr=")
    assert len(payment["ReferenceDetails"]["QRCodeURL"]) == 35
    assert type(payment["ID"]) is int
    assert payment["Details"] is None


async def test_an_alipay_payment_has_no_qr_code_as_in_its_sample(shop: Shop) -> None:
    status, payment = await shop.create(MethodID=24, Details=PLACE)
    assert (status, payment["ReferenceDetails"]["QRCodeURL"]) == (201, "")
    assert f"PaymentToken={payment['RedirectURL'].partition('=')[2]}".endswith(f".{payment['ID']}")


@pytest.mark.parametrize("missing", list(PLACE))
async def test_alipay_must_be_told_where_the_box_stands(shop: Shop, missing: str) -> None:
    status, payment = await shop.create(MethodID=24, Details={**PLACE, missing: None})
    assert (status, codes(payment)) == (400, [1])
    assert shop.sandbox.ledger.orders == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Currency": "CN"}, 2),
        ({"Currency": "cny"}, 2),
        ({"MerchantTransactionID": "A 1"}, 2),
        ({"MerchantTransactionID": "A" * 51}, 2),
        ({"MerchantTransactionID": None}, 1),
        ({"Amount": None}, 1),
        ({"Amount": "1250"}, 2),
        ({"Amount": 12.5}, 2),
        ({"Amount": True}, 2),
        ({"Amount": 0}, 118),
        ({"Amount": 10**12}, 2),
        ({"ReturnURL": None}, 1),
        ({"ReturnURL": "shop"}, 2),
        ({"MethodID": None}, 1),
        ({"MethodID": 25}, 5),
        ({"Customer": None}, 101),
        ({"Customer": {"Email": "x"}}, 102),
        ({"TokenLifetime": "10"}, 2),
        ({"Description": "x" * 256}, 2),
        ({"Details": {"IsOffline": "true"}}, 1),
        ({"Details": {**PLACE, "StoreId": "x" * 33}}, 2),
    ],
)
async def test_a_wrong_request_is_refused_before_there_is_a_record(shop: Shop, change: dict[str, object], code: int) -> None:
    status, payment = await shop.create(**change)
    assert (status, payment["ID"], payment["SiteID"], payment["Status"]["ID"]) == (400, None, None, None)
    assert codes(payment) == [code]
    assert shop.sandbox.ledger.orders == []


async def test_a_wrong_country_leaves_a_failed_record_and_spends_the_number(shop: Shop) -> None:
    status, payment = await shop.create(BillingAddress={"Country": "China"})
    assert (status, payment["Status"]["ID"], codes(payment)) == (400, 4, [147])
    assert payment["ID"] is not None
    assert payment["NotificationDateTime"] is not None
    assert (await shop.details(payment))["Status"]["ID"] == 4
    status, again = await shop.create()
    assert (status, codes(again), again["ID"]) == (400, [20], None)
    assert codes((await shop.create(BillingAddress={"Country": "China"}))[1]) == [20]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"Payment": 1}', b"\xff", b'{"Payment": {}, "Other": {}}'])
async def test_what_is_no_request_is_refused(shop: Shop, content: bytes) -> None:
    assert (await shop.ask("POST", "/v1/payments", content))[0] == 400


async def test_an_order_number_serves_once(shop: Shop) -> None:
    await shop.create()
    status, payment = await shop.create()
    assert (status, codes(payment)) == (400, [20])
    assert shop.sandbox.ledger.order("A1").times(Call.CHARGE) == 2
    assert len(shop.sandbox.ledger.orders) == 1


async def test_yen_have_two_decimals_here_too(shop: Shop) -> None:
    _, payment = await shop.create(Currency="JPY", Amount=10_000)
    assert shop.sandbox.ledger.order("A1").amount_minor == 100
    shop.sandbox.ledger.confirm("A1")
    assert (await shop.details(payment))["Amount"] == 10_000
    assert (await shop.refund(payment, amount=50))[0] == 400
    assert (await shop.refund(payment, amount=10_000))[0] == 201
    assert shop.sandbox.ledger.order("A1").money_out == 100


@pytest.mark.parametrize(
    ("code", "status", "number"),
    [
        ("NOTENOUGH", 402, 119),
        ("TRADE_ERROR", 402, 121),
        ("NOAUTH", 400, 4),
        ("SYSTEMERROR", 500, 16),
        ("OUT_TRADE_NO_USED", 400, 20),
        ("BRAND_NEW_CODE", 400, 9999),
        ("147", 400, 147),
        ("16", 500, 16),
    ],
)
def test_a_scenario_s_code_in_the_provider_s_words(code: str, status: int, number: int) -> None:
    assert translated(code) == (status, number)


@pytest.mark.parametrize(
    ("case", "status", "told"),
    [
        ("refused_notenough", 402, (4, [119])),
        ("refused_noauth", 400, (None, [4])),
        ("refused_but_paid", 402, (4, [119])),
        ("unknown_code", 400, (4, [9999])),
        ("system_error_unpaid", 500, (None, [16])),
    ],
)
async def test_cases_refuse_in_their_own_way(shop: Shop, case: str, status: int, told: tuple[int | None, list[int]]) -> None:
    shop.sandbox.deck.put(CASES[case])
    heard, payment = await shop.create()
    assert (heard, (payment["Status"]["ID"], codes(payment))) == (status, told)
    assert (payment["ID"] is None) == (told[0] is None)


# -- asking --


async def test_a_list_finds_by_our_number_and_leaves_out_half(shop: Shop) -> None:
    await shop.create(MerchantTransactionID="A0")
    _, payment = await shop.create()
    _, said = await shop.ask("GET", "/v1/payments/?merchantTransactionID=A1")
    assert (said["Count"], said["TotalCount"]) == (1, 1)
    [found] = said["Payments"]
    assert (found["ID"], found["Amount"], found["Status"]["ID"]) == (payment["ID"], "1250", 1)
    assert [found[name] for name in ("ReferenceDetails", "RedirectURL", "MethodID", "Customer")] == [None] * 4
    _, both = await shop.ask("GET", "/v1/payments")
    assert [p["MerchantTransactionID"] for p in both["Payments"]] == ["A1", "A0"], "newest first"
    assert len((await shop.ask("GET", "/v1/payments?pageSize=1"))[1]["Payments"]) == 1
    assert (await shop.ask("GET", "/v1/payments/?merchantTransactionID=NOSUCH"))[1]["Payments"] == []


async def test_an_id_that_nobody_has_is_not_found(shop: Shop) -> None:
    await shop.create()
    for method, path in (("GET", "/v1/payments/7"), ("POST", "/v1/payments/7/cancel"), ("GET", "/v1/payments/7/refunds")):
        assert (await shop.ask(method, path))[0] == 404


@pytest.mark.parametrize("standing", list(STATUS))
async def test_how_an_order_stands_is_told_by_its_status(shop: Shop, standing: Standing) -> None:
    shop.sandbox.deck.put(Scenario("x", "x", Standing.UNPAID, query=Steps((), Step(says=standing))))
    _, payment = await shop.create()
    told = await shop.details(payment)
    assert told["Status"]["ID"] == STATUS[standing]
    assert told["Amount"] == 1250, "a number here, a text in the creation"


async def test_the_payer_pays_before_the_second_question(shop: Shop) -> None:
    _, payment = await shop.create()
    statuses = [(await shop.details(payment))["Status"]["ID"] for _ in range(2)]
    assert statuses == [1, 2]
    assert shop.sandbox.ledger.order("A1").money_in == 1250


async def test_finding_an_order_is_not_yet_asking_about_it(shop: Shop) -> None:
    """Only what is not there counts as asked about when it is looked for."""
    _, payment = await shop.create()
    for _ in range(5):
        await shop.ask("GET", "/v1/payments/?merchantTransactionID=A1")
    assert (await shop.details(payment))["Status"]["ID"] == 1
    shop.sandbox.deck.put(CASES["late_arrival"])
    with contextlib.suppress(aiohttp.ClientError):
        await shop.create(MerchantTransactionID="A2")
    counts = [(await shop.ask("GET", "/v1/payments/?merchantTransactionID=A2"))[1]["Count"] for _ in range(3)]
    assert counts == [0, 1, 1], "for a shown order the payment comes with the second question"


@pytest.mark.parametrize("case", ["query_system_error", "query_cut"])
async def test_questions_go_wrong_as_the_case_says(shop: Shop, case: str) -> None:
    shop.sandbox.deck.put(CASES[case])
    _, payment = await shop.create()
    path, heard = f"/v1/payments/{payment['ID']}", []
    while 200 not in heard:
        try:
            heard.append((await shop.ask("GET", path))[0])
        except aiohttp.ClientError:  # this client repeats a GET by itself where a kept connection breaks
            heard.append(0)
    assert set(heard[:-1]) <= ({500} if case == "query_system_error" else {0})
    order = shop.sandbox.ledger.order("A1")
    assert (order.times(Call.QUERY), order.state) == (3, Standing.PAID)


@pytest.mark.parametrize(
    ("case", "field"),
    [("wrong_amount", "Amount"), ("wrong_currency", "Currency"), ("wrong_merchant", "SiteID"), ("wrong_number", "MerchantTransactionID")],
)
async def test_a_lie_is_told_every_time(shop: Shop, case: str, field: str) -> None:
    shop.sandbox.deck.put(CASES[case])
    truth = {"Amount": 1250, "Currency": "CNY", "SiteID": int(shop.sandbox.smart2pay.site_id), "MerchantTransactionID": "A1"}
    _, payment = await shop.create()
    for heard in (payment, await shop.details(payment)):
        told = {**heard, "Amount": int(heard["Amount"])}
        assert {name for name, value in truth.items() if told[name] != value} == {field}


@pytest.mark.parametrize("case", ["extra_fields", "zero_fields"])
async def test_unusual_fields(shop: Shop, case: str) -> None:
    shop.sandbox.deck.put(CASES[case])
    _, payment = await shop.create()
    assert ("ZNew" in payment) == (case == "extra_fields")
    assert (payment["CapturedAmount"] == 0) == (case == "zero_fields")


# -- the end of an order --


async def test_an_order_expires_with_its_lifetime_and_may_still_be_paid(shop: Shop) -> None:
    shop.sandbox.deck.put(replace(NOT_PAID, moves=(Move(Standing.PAID, on=Call.QUERY, nth=2),)))
    _, payment = await shop.create(TokenLifetime=0)
    assert [(await shop.details(payment))["Status"]["ID"] for _ in range(2)] == [5, 2]


async def test_a_wallet_s_order_cannot_be_cancelled(shop: Shop) -> None:
    shop.sandbox.deck.put(NOT_PAID)
    _, payment = await shop.create()
    status, heard = await shop.cancel(payment)
    assert (status, heard["Status"]["ID"], codes(heard)) == (400, 1, [17])
    shop.sandbox.ledger.confirm("A1")
    status, heard = await shop.cancel(payment)
    assert (status, heard["Status"]["ID"], codes(heard)) == (400, 2, [122])
    assert shop.sandbox.ledger.order("A1").times(Call.CLOSE) == 2


@pytest.mark.parametrize(("act", "state"), [(True, Standing.CLOSED), (False, Standing.UNPAID)])
async def test_a_script_may_let_a_cancel_succeed_or_only_say_so(shop: Shop, act: bool, state: Standing) -> None:
    shop.sandbox.deck.put(replace(NOT_PAID, close=Steps((), Step(act=act, says=Standing.CLOSED))))
    _, payment = await shop.create()
    status, heard = await shop.cancel(payment)
    assert (status, heard["Status"]["ID"]) == (200, 3)
    assert shop.sandbox.ledger.order("A1").state is state


async def test_a_cancel_can_fail_at_the_provider(shop: Shop) -> None:
    shop.sandbox.deck.put(CASES["close_refused"])
    _, payment = await shop.create()
    assert (await shop.cancel(payment))[0] == 500


# -- refunds --


async def test_a_refund_is_taken_on_once_and_listed(shop: Shop) -> None:
    _, payment = await shop.create()
    assert (await shop.refund(payment))[1]["Status"]["ID"] is None, "nothing was paid yet"
    shop.sandbox.ledger.confirm("A1")
    status, made = await shop.refund(payment)
    assert (status, made["Status"]["ID"], made["InitialPaymentID"], made["TypeID"]) == (201, 1, payment["ID"], 1)
    status, again = await shop.refund(payment)
    assert (status, codes(again), again["ID"]) == (400, [20], None)
    status, more = await shop.refund(payment, "A1S")
    assert (status, codes(more)) == (400, [18])
    _, said = await shop.ask("GET", f"/v1/payments/{payment['ID']}/refunds")
    [listed] = said["Refunds"]
    assert (listed["MerchantTransactionID"], listed["Amount"], listed["Status"]["ID"]) == ("A1R", 1250, 2)
    assert shop.sandbox.ledger.order("A1").money_out == 1250
    assert (await shop.details(payment))["Status"]["ID"] == 22


@pytest.mark.parametrize(("number", "amount"), [("A 1", 1250), ("A1R", "1250"), ("A1R", 1251), ("A1R", 0)])
async def test_a_wrong_refund_is_refused(shop: Shop, number: str, amount: object) -> None:
    _, payment = await shop.create()
    shop.sandbox.ledger.confirm("A1")
    status, refund = await shop.refund(payment, number, amount)
    assert (status, refund["ID"], refund["Status"]["ID"]) == (400, None, None)
    assert codes(refund)
    assert shop.sandbox.ledger.order("A1").money_out == 0


@pytest.mark.parametrize(("case", "heard"), [("refund_refused", [400, 400]), ("refund_busy", [500, 500, 201])])
async def test_how_refunds_go_wrong(shop: Shop, case: str, heard: list[int]) -> None:
    shop.sandbox.deck.put(CASES[case])
    _, payment = await shop.create()
    shop.sandbox.ledger.confirm("A1")
    assert [(await shop.refund(payment))[0] for _ in heard] == heard


# -- notifications --


@dataclass
class Box:
    """Takes notifications as a box does, or not."""

    answers: list[int] = field(default_factory=list)
    taken: list[tuple[str, Any]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.taken.append((request.headers.get("Authorization", ""), await request.json()))
        self.arrived.set()
        return web.Response(status=self.answers.pop(0) if self.answers else 204)

    async def has(self, number: int) -> None:
        while len(self.taken) < number:
            self.arrived.clear()
            await asyncio.wait_for(self.arrived.wait(), 5)


@pytest.fixture
async def box(shop: Shop) -> AsyncIterator[Box]:
    box = Box()
    app = web.Application()
    app.router.add_post("/v1/notify/s2p", box.take)
    async with TestServer(app) as server:
        shop.sandbox.pushes.urls["smart2pay"] = str(server.make_url("/v1/notify/s2p"))
        yield box


async def test_every_change_is_notified_with_the_site_s_own_credentials(shop: Shop, box: Box) -> None:
    """An open order's, too: a notification is no proof of money."""
    shop.sandbox.deck.put(NOT_PAID)
    await shop.create()
    await box.has(1)
    shop.sandbox.ledger.confirm("A1")
    await box.has(2)
    ours = shop.sandbox.smart2pay
    token = base64.b64encode(f"{ours.site_id}:{ours.api_key}".encode()).decode()
    assert [authorization for authorization, _ in box.taken] == [f"Basic {token}"] * 2
    assert [said["Payment"]["Status"]["ID"] for _, said in box.taken] == [1, 2]
    assert {said["Payment"]["MerchantTransactionID"] for _, said in box.taken} == {"A1"}


async def test_a_notification_can_be_forged_and_replayed(shop: Shop, box: Box) -> None:
    shop.sandbox.deck.put(NOT_PAID)
    await shop.create()
    await box.has(1)
    order = shop.sandbox.ledger.confirm("A1")
    await box.has(2)
    assert [await shop.sandbox.pushes.push(order, how) for how in (GENUINE, REPLAYED, FORGED)] == [204, 204, 204]
    genuine, replayed, forged = box.taken[2:]
    assert replayed == genuine
    assert forged[0] not in ("", genuine[0])


@pytest.mark.parametrize("answer", [200, 401, 500])
async def test_what_is_not_answered_204_comes_again(tmp_path: Path, answer: int) -> None:
    timings = replace(FAST, push_retry_s=0.01)
    async with Sandbox(tmp_path, tls=False, timings=timings) as sandbox, aiohttp.ClientSession() as session:
        box = Box([answer, answer])
        app = web.Application()
        app.router.add_post("/", box.take)
        sandbox.deck.put(NOT_PAID)
        async with TestServer(app) as server:
            sandbox.pushes.urls["smart2pay"] = str(server.make_url("/"))
            await Shop(sandbox, session).create()
            await box.has(3)
        assert box.taken[0] == box.taken[2]


# -- what it says about itself --


async def test_the_key_is_in_no_log_and_no_snippet(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await shop.create(Currency="CN")
    await shop.create()
    key = shop.sandbox.smart2pay.api_key
    shown = [caplog.text, shop.sandbox.config_snippet(), repr(shop.sandbox.context), str(shop.sandbox.line.log())]
    assert not [text for text in shown if key in text]
    assert Path(shop.sandbox.smart2pay.api_key_file).read_text() == key


async def test_the_log_knows_which_order_each_request_was_about(shop: Shop) -> None:
    _, payment = await shop.create()
    await shop.details(payment)
    await shop.ask("GET", "/v1/payments/?merchantTransactionID=A1")
    assert [seen["number"] for seen in shop.sandbox.line.log()] == ["A1"] * 3
