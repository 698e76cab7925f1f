"""The Connect stand-in answers the vendor's own SDK, and checks what the real one checks (`daemon.sandbox.connect`,
`daemon.sandbox.connect_checks`, `daemon.sandbox.connect_answers`)."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import io
import json
from collections.abc import AsyncIterator, Callable
from email.utils import format_datetime
from typing import Any

import aiohttp
import pytest
from connect_box import NUMBER, create_request, refund_request, sdk
from PIL import Image
from sandbox_box import client_tls
from worldline.connect.sdk.call_context import CallContext
from worldline.connect.sdk.communication.request_header import RequestHeader
from worldline.connect.sdk.v1.authorization_exception import AuthorizationException
from worldline.connect.sdk.v1.declined_payment_exception import DeclinedPaymentException
from worldline.connect.sdk.v1.idempotence_exception import IdempotenceException
from worldline.connect.sdk.v1.merchant.payments.find_payments_params import FindPaymentsParams
from worldline.connect.sdk.v1.merchant.payments.get_payment_params import GetPaymentParams
from worldline.connect.sdk.v1.platform_exception import PlatformException
from worldline.connect.sdk.v1.reference_exception import ReferenceException
from worldline.connect.sdk.v1.validation_exception import ValidationException
from worldline.connect.sdk.v1.webhooks.v1_webhooks_factory import V1WebhooksFactory
from worldline.connect.sdk.webhooks.in_memory_secret_key_store import InMemorySecretKeyStore
from worldline.connect.sdk.webhooks.signature_validation_exception import SignatureValidationException

from daemon.qr_reading import read_picture
from daemon.sandbox import connect_answers as answers
from daemon.sandbox.cases import CASES
from daemon.sandbox.ledger import UnknownOrder
from daemon.sandbox.scenario import Call, Fault, Lie, Scenario, Standing, Step, Steps
from daemon.sandbox.server import Sandbox
from daemon.sandbox.shown_cases import SHOWN_CASES

Fields = dict[str, Any]


class Sdk:
    """The SDK is synchronous: each call gets a thread."""

    def __init__(self, sandbox: Sandbox, **how: str) -> None:
        client, self.connection = sdk(sandbox, **how)
        self.merchant = client.v1().merchant(how.get("merchant_id") or sandbox.connect.merchant_id)
        self.payments = self.merchant.payments()

    async def do(self, does: Callable[..., Any], *args: object) -> Any:
        return await asyncio.to_thread(does, *args)

    async def create(self, key: str | None = NUMBER, **changes: Any) -> Any:
        self.context = CallContext(key) if key else None
        return await self.do(self.payments.create, create_request(**changes), self.context)

    async def get(self, payment_id: str) -> Any:
        return await self.do(self.payments.get, payment_id, GetPaymentParams())

    async def status(self, payment_id: str) -> str:
        return str((await self.do(self.payments.third_party_status, payment_id)).third_party_status)

    async def refund(self, payment_id: str, key: str | None, **changes: Any) -> Any:
        return await self.do(self.payments.refund, payment_id, refund_request(**changes), CallContext(key) if key else None)

    async def find(self, number: str = NUMBER) -> Any:
        query = FindPaymentsParams()
        query.merchant_reference = number
        return await self.do(self.payments.find, query)


@pytest.fixture
async def library(sandbox: Sandbox) -> AsyncIterator[Sdk]:
    library = Sdk(sandbox)
    yield library
    library.connection.close()


def texts(created: Any) -> dict[str, str]:
    return {pair.key: pair.value for pair in created.merchant_action.show_data}


# -- an independent client: the vendor's SDK --


async def test_the_sdk_s_payment_from_qr_to_captured(library: Sdk, sandbox: Sandbox) -> None:
    created = await library.create()
    assert (created.payment.status, created.merchant_action.action_type) == ("REDIRECTED", "SHOW_FORM")
    assert created.payment.payment_output.references.merchant_reference == NUMBER
    assert set(texts(created)) == {"QRCODE", "WECHAT_PAYMENTID"}
    seen = [await library.status(created.payment.id), await library.status(created.payment.id)]
    assert seen == ["WAITING", "COMPLETED"]
    known = await library.get(created.payment.id)
    assert (known.status, known.payment_output.amount_of_money.amount) == ("CAPTURED", 1250)
    assert known.status_output.is_cancellable is False
    assert sandbox.ledger.order(NUMBER).money_in == 1250


async def test_the_picture_is_a_code_of_the_link(library: Sdk, sandbox: Sandbox) -> None:
    png = base64.b64decode(texts(await library.create())["QRCODE"])
    picture = Image.open(io.BytesIO(png)).convert("L")
    pixels = bytes(1 if value < 128 else 0 for value in picture.tobytes())
    assert read_picture(pixels, *picture.size) == answers.link(sandbox.ledger.order(NUMBER))


async def test_the_sdk_finds_by_reference(library: Sdk) -> None:
    assert (await library.find()).payments == []
    created = await library.create()
    [known] = (await library.find()).payments
    assert known.id == created.payment.id


async def test_the_sdk_cancels(library: Sdk, sandbox: Sandbox) -> None:
    sandbox.deck.put(CASES["password_never"])
    created = await library.create()
    assert created.payment.status_output.is_cancellable
    cancelled = await library.do(library.payments.cancel, created.payment.id)
    assert cancelled.payment.status == "CANCELLED"
    assert (await library.get(created.payment.id)).status == "CANCELLED"
    assert sandbox.ledger.order(NUMBER).state is Standing.CLOSED


async def test_the_sdk_cannot_cancel_what_is_paid(library: Sdk, sandbox: Sandbox) -> None:
    created = await library.create()
    sandbox.ledger.confirm(NUMBER)
    with pytest.raises(Exception, match="21000050") as caught:
        await library.do(library.payments.cancel, created.payment.id)
    assert caught.value.status_code == 405  # type: ignore[attr-defined]  # the SDK's ApiException
    assert sandbox.ledger.order(NUMBER).state is Standing.PAID


async def test_the_sdk_refunds_once_for_one_key(library: Sdk, sandbox: Sandbox) -> None:
    created = await library.create()
    sandbox.ledger.confirm(NUMBER)
    for _ in range(2):
        made = await library.refund(created.payment.id, f"{NUMBER}R")
        assert (made.status, made.refund_output.amount_of_money.amount) == ("REFUND_REQUESTED", 1250)
    with pytest.raises(Exception, match="21000050"):
        await library.refund(created.payment.id, "another-key")
    [listed] = (await library.do(library.payments.refunds, created.payment.id)).refunds
    assert (listed.status, listed.refund_output.references.merchant_reference) == ("REFUNDED", f"{NUMBER}R")
    assert (await library.get(created.payment.id)).status == "REFUNDED"
    assert sandbox.ledger.order(NUMBER).money_out == 1250


async def test_without_a_key_refunds_add_up_to_what_was_paid(library: Sdk, sandbox: Sandbox) -> None:
    created = await library.create()
    sandbox.ledger.confirm(NUMBER)
    for _ in range(2):
        await library.refund(created.payment.id, None, amount=600)
    with pytest.raises(Exception, match="21000050"):
        await library.refund(created.payment.id, None, amount=600)
    assert sandbox.ledger.order(NUMBER).money_out == 1200


async def test_the_sdk_tests_its_connection(library: Sdk) -> None:
    assert (await library.do(library.merchant.services().testconnection)).result == "OK"


@pytest.mark.parametrize("how", [{"secret": "another secret"}, {"merchant_id": "1"}])
async def test_who_is_somebody_else_is_kept_out(sandbox: Sandbox, how: dict[str, str]) -> None:
    stranger = Sdk(sandbox, **how)
    try:
        with pytest.raises(AuthorizationException):
            await stranger.create()
    finally:
        stranger.connection.close()
    assert sandbox.ledger.orders == []


async def test_yen_have_two_decimals_on_the_wire(library: Sdk, sandbox: Sandbox) -> None:
    created = await library.create(amount=10000, currency="JPY")
    assert created.payment.payment_output.amount_of_money.amount == 10000
    assert sandbox.ledger.order(NUMBER).amount_minor == 100
    with pytest.raises(ValidationException):
        await library.create(key="k2", number="T2", amount=10050, currency="JPY")


# -- one payment for one key --


async def test_the_same_key_is_the_same_payment(library: Sdk, sandbox: Sandbox) -> None:
    first = await library.create()
    second = await library.create()
    assert first.payment.id == second.payment.id
    assert texts(first) == texts(second)
    assert library.context is not None
    assert library.context.idempotence_request_timestamp is not None
    assert len(sandbox.ledger.orders) == 1


async def test_the_same_key_tells_how_it_stands_now(library: Sdk, sandbox: Sandbox) -> None:
    await library.create()
    sandbox.ledger.confirm(NUMBER)
    assert (await library.create()).payment.status == "CAPTURED"


async def test_another_key_for_one_reference_is_a_conflict(library: Sdk) -> None:
    await library.create()
    for key in ("another", None):
        with pytest.raises(ReferenceException):
            await library.create(key=key)


async def test_a_key_whose_first_answer_is_still_on_its_way(library: Sdk, sandbox: Sandbox) -> None:
    sandbox.deck.put(Scenario("slow", "", Standing.UNPAID, charge=Steps((Step(delay=0.6),))))
    other = Sdk(sandbox)
    try:
        first = asyncio.create_task(other.create())
        for _ in range(100):
            await asyncio.sleep(0.01)
            if sandbox.ledger.orders:
                break
        with pytest.raises(IdempotenceException):
            await library.create()
        assert (await first).payment.id == (await library.create()).payment.id
    finally:
        other.connection.close()


async def test_a_create_that_was_lost_arrives_when_it_is_sent_again(library: Sdk, sandbox: Sandbox) -> None:
    sandbox.deck.put(CASES["request_lost"])
    with pytest.raises(Exception, match="connection"):
        await library.create()
    assert (await library.find()).payments == []
    sandbox.deck.put(CASES["paid"])
    assert (await library.create()).payment.status == "REDIRECTED"
    assert sandbox.ledger.order(NUMBER).times(Call.CHARGE) == 2


async def test_a_refusal_is_the_same_for_the_same_key(library: Sdk, sandbox: Sandbox) -> None:
    sandbox.deck.put(CASES["refused_notenough"])
    for _ in range(2):
        with pytest.raises(DeclinedPaymentException) as caught:
            await library.create()
        assert caught.value.create_payment_result.payment.status == "REJECTED"
    assert sandbox.ledger.order(NUMBER).state is Standing.FAILED


@pytest.mark.parametrize(
    ("case", "error"),
    [
        ("refused_param_error", ValidationException),
        ("refused_signerror", AuthorizationException),
        ("system_error_unpaid", PlatformException),
    ],
)
async def test_errors_are_the_sdk_s_own(library: Sdk, sandbox: Sandbox, case: str, error: type[Exception]) -> None:
    sandbox.deck.put(CASES[case])
    with pytest.raises(error):
        await library.create()


def test_charging_again_needs_an_order(sandbox: Sandbox) -> None:
    """`Ledger.charge_again`."""
    with pytest.raises(UnknownOrder):
        sandbox.ledger.charge_again("T404")


# -- scenarios --


async def test_statuses_of_every_standing(library: Sdk, sandbox: Sandbox) -> None:
    seen = {}
    for standing in (s for s in Standing if s is not Standing.ABSENT):
        sandbox.deck.put(Scenario("x", "", Standing.UNPAID, query=Steps((), Step(says=standing))))
        created = await library.create(key=f"k-{standing}", number=f"T{standing}")
        seen[standing] = (await library.status(created.payment.id), (await library.get(created.payment.id)).status)
    assert seen == {
        Standing.UNPAID: ("WAITING", "REDIRECTED"),
        Standing.CONFIRMING: ("INITIALIZED", "REDIRECTED"),
        Standing.ACCEPTED: ("COMPLETED", "CAPTURE_REQUESTED"),
        Standing.FAILED: ("COMPLETED", "REJECTED"),
        Standing.PAID: ("COMPLETED", "CAPTURED"),
        Standing.CLOSED: ("COMPLETED", "CANCELLED"),
        Standing.REVOKED: ("COMPLETED", "CANCELLED"),
        Standing.REFUNDED: ("COMPLETED", "REFUNDED"),
    }


async def test_what_cannot_be_cancelled_says_so(library: Sdk, sandbox: Sandbox) -> None:
    sandbox.deck.put(SHOWN_CASES["not_cancellable"])
    created = await library.create()
    assert created.payment.status_output.is_cancellable is False
    with pytest.raises(Exception, match="21000050"):
        await library.do(library.payments.cancel, created.payment.id)
    assert sandbox.ledger.order(NUMBER).state is Standing.UNPAID


async def test_an_unknown_payment(library: Sdk) -> None:
    for call in (library.get, library.status):
        with pytest.raises(ReferenceException):
            await call("4200000")


@pytest.mark.parametrize(("lie", "said"), [(Lie.AMOUNT, 1350), (Lie.CURRENCY, "USD"), (Lie.NUMBER, "ANOTHERNUMBER")])
async def test_lies_reach_the_payment_wherever_it_is_told(library: Sdk, sandbox: Sandbox, lie: Lie, said: object) -> None:
    sandbox.deck.put(Scenario("liar", "", query=Steps((), Step(lie=lie))))
    created = await library.create()
    for known in (await library.get(created.payment.id), (await library.find()).payments[0]):
        output = known.payment_output
        assert said in (output.amount_of_money.amount, output.amount_of_money.currency_code, output.references.merchant_reference)


@pytest.mark.parametrize("lie", [Lie.EXTRA_FIELDS, Lie.ZERO_FIELDS, Lie.MERCHANT, Lie.SIGNATURE])
async def test_what_is_no_lie_here_changes_nothing_of_the_payment(library: Sdk, sandbox: Sandbox, lie: Lie) -> None:
    sandbox.deck.put(Scenario("honest", "", Standing.UNPAID, query=Steps((), Step(lie=lie))))
    created = await library.create()
    assert (await library.get(created.payment.id)).to_dictionary() == created.payment.to_dictionary()


# -- what it checks --


class Raw:
    """Requests signed here once more, from the published rule, so that single things can be wrong."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox, self.session = sandbox, session

    async def send(self, method: str, path: str, body: object = None, **changes: str | None) -> tuple[int, Fields]:
        known = self.sandbox.connect
        whole = f"/v1/{known.merchant_id}{path}"
        given: dict[str, str | None] = {"Date": format_datetime(dt.datetime.now(dt.UTC), usegmt=True)}
        if body is not None:
            given["Content-Type"] = "application/json"
        given |= {name.replace("_", "-"): value for name, value in changes.items()}
        headers = {name: value for name, value in given.items() if value is not None}
        own = sorted((name.lower(), value) for name, value in headers.items() if name.lower().startswith("x-gcs"))
        lines = [method, headers.get("Content-Type", ""), headers.get("Date", ""), *(f"{n}:{v}" for n, v in own), whole]
        digest = hmac.new(known.secret.encode(), "".join(f"{line}\n" for line in lines).encode(), hashlib.sha256).digest()
        headers.setdefault("Authorization", f"GCS v1HMAC:{known.api_key_id}:{base64.b64encode(digest).decode()}")
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        async with self.session.request(method, self.sandbox.base_url + whole, data=data, headers=headers) as response:
            return response.status, await response.json()

    async def create(self, **changes: Any) -> tuple[int, str]:
        """Status, and the field that is complained about."""
        status, fields = await self.send("POST", "/payments", {**create_request().to_dictionary(), **changes})
        return status, fields["errors"][0].get("propertyName", "") if status >= 400 else ""


@pytest.fixture
async def raw(sandbox: Sandbox) -> AsyncIterator[Raw]:
    connector = aiohttp.TCPConnector(ssl=client_tls(sandbox, with_certificate=False))
    async with aiohttp.ClientSession(connector=connector, skip_auto_headers=["Content-Type"]) as session:
        yield Raw(sandbox, session)


async def test_a_request_that_is_in_order(raw: Raw) -> None:
    assert (await raw.create())[0] == 201
    assert (await raw.send("GET", "/services/testconnection", X_GCS_b="2", x_gcs_A="1"))[0] == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"Date": None},
        {"Date": "Fri, 06 Jun 2014 13:39:43 GMT"},
        {"Date": "now"},
        {"Date": "in six minutes"},
        {"Authorization": "GCS v1HMAC:x:y"},
        {"Authorization": ""},
        {"Authorization": "Basic eDp5"},
    ],
)
async def test_what_is_not_signed_for_now_is_refused(raw: Raw, changes: dict[str, str | None]) -> None:
    if changes.get("Date") == "in six minutes":  # by the clock of this test, not of the collection, which may be long ago
        changes = {"Date": format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=6), usegmt=True)}
    status, fields = await raw.send("GET", "/services/testconnection", **changes)
    assert (status, fields["errors"][0]["code"]) == (403, "9002")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("order.amountOfMoney.amount", "1250"),
        ("order.amountOfMoney.amount", 0),
        ("order.amountOfMoney.amount", True),
        ("order.amountOfMoney.currencyCode", "cny"),
        ("order.customer.billingAddress.countryCode", None),
        ("order.references.merchantReference", "x" * 31),
        ("order.references.merchantReference", None),
        ("order.references.descriptor", "x" * 33),
        ("redirectPaymentMethodSpecificInput.paymentProductId", 840),
        ("redirectPaymentMethodSpecificInput.paymentProduct863SpecificInput.integrationType", "urlIntent"),
        ("fraudFields.customerIpAddress", None),
        ("fraudFields.customerIpAddress", "here"),
    ],
)
async def test_fields_of_a_create(raw: Raw, path: str, value: object) -> None:
    fields = create_request().to_dictionary()
    *parents, last = path.split(".")
    inner = fields
    for name in parents:
        inner = inner[name]
    inner[last] = value
    assert await raw.create(**fields) == (400, path)
    assert raw.sandbox.ledger.orders == []


@pytest.mark.parametrize(
    ("body", "changes"),
    [(b"{", {}), (b"[]", {}), ({}, {"Content_Type": "text/plain"}), (b"[" * 60_000, {}), ({}, {"X_GCS_Idempotence_Key": "k" * 41})],
)
async def test_what_is_no_request(raw: Raw, body: object, changes: dict[str, str]) -> None:
    assert (await raw.send("POST", "/payments", body, **changes))[0] == 400


async def test_a_cancel_says_nothing(raw: Raw) -> None:
    await raw.create()
    payment_id = raw.sandbox.ledger.order(NUMBER).trade_no
    assert (await raw.send("POST", f"/payments/{payment_id}/cancel", {}))[0] == 400
    assert (await raw.send("POST", f"/payments/{payment_id}/cancel", None, Content_Type="application/json"))[0] == 400
    assert (await raw.send("POST", f"/payments/{payment_id}/cancel"))[0] == 200


async def test_a_refund_in_another_currency_or_of_a_strange_amount(raw: Raw) -> None:
    await raw.create()
    order = raw.sandbox.ledger.confirm(NUMBER)
    for money in ({"amount": 1250, "currencyCode": "USD"}, {"amount": -1, "currencyCode": "CNY"}, {"amount": 1}, None):
        assert (await raw.send("POST", f"/payments/{order.trade_no}/refund", {"amountOfMoney": money}))[0] == 400
    assert raw.sandbox.ledger.order(NUMBER).money_out == 0


# -- notifications --


async def test_a_genuine_event_is_what_the_sdk_believes(library: Sdk, sandbox: Sandbox) -> None:
    created = await library.create()
    InMemorySecretKeyStore.instance().store_secret_key(sandbox.connect.webhook_key_id, sandbox.connect.webhook_secret)
    helper = V1WebhooksFactory.create_helper(InMemorySecretKeyStore.instance())
    for forged in (False, True):
        letter = sandbox.pushes._writers["connect"](sandbox.ledger.confirm(NUMBER) if not forged else sandbox.ledger.order(NUMBER), forged)
        assert letter is not None
        headers = [RequestHeader(name, value) for name, value in letter.headers.items()]
        if forged:
            with pytest.raises(SignatureValidationException):
                helper.unmarshal(letter.body, headers)
        else:
            event = helper.unmarshal(letter.body, headers)
            assert (event.type, event.payment.id, event.merchant_id) == (
                "payment.captured",
                created.payment.id,
                sandbox.connect.merchant_id,
            )


async def test_an_order_that_never_came_is_not_written_about(library: Sdk, sandbox: Sandbox) -> None:
    sandbox.deck.put(Scenario("lost", "", Standing.ABSENT, charge=Steps((Step(act=False, fault=Fault.CUT),))))
    with pytest.raises(Exception, match="connection"):
        await library.create()
    assert sandbox.pushes._writers["connect"](sandbox.ledger.order(NUMBER), False) is None
