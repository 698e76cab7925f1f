"""What every gateway must keep to, whoever is at the other end: one suite over all of them, each against its stand-in."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from urllib.parse import quote_plus

import pytest
import pytest_asyncio
from gateway_rigs import CHARGE, KINDS, TIMINGS, Rig, SimulatedRig, is_not_sent, is_unclear, outcome, rigged
from other_hosts import impostor, letterbox

from daemon.gateways.base import Ability, ForgedPush, Push, Pushed
from daemon.payment import Mode, State
from daemon.reply import NotSent, Reply, Unintelligible, Verdict
from daemon.sandbox.scenario import Fault, Lie, Scenario, Standing, Step, Steps
from daemon.sandbox.server import Sandbox
from daemon.timing import Schedule

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOST = Step(fault=Fault.CUT)


def ways(names: Iterable[str]) -> list[object]:
    """Each gateway in each direction of a sale."""
    return [pytest.param((name, mode), id=f"{name}-{mode}") for name in names for mode in KINDS[name].modes]


def in_mode(mode: Mode, ways: list[object]) -> list[object]:
    return [way for way in ways if way.values[0][1] is mode]


REMOTE = [name for name in KINDS if name != "simulated"]
FULL = [name for name in KINDS if not KINDS[name].is_variant]
FULL_REMOTE = [name for name in FULL if name != "simulated"]
PUSHED = [name for name in FULL if KINDS[name].is_pushed]
WAYS, FULL_WAYS, REMOTE_WAYS = ways(KINDS), ways(FULL), ways(FULL_REMOTE)
REFUNDING = ways(name for name in FULL if Ability.REFUND in KINDS[name].abilities)
SIGNING = ways(name for name in KINDS if KINDS[name].signs_answers)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    async with Sandbox(tmp_path_factory.mktemp("sandbox") / "files", timings=TIMINGS) as sandbox:
        yield sandbox


@pytest_asyncio.fixture(loop_scope="module")
async def rig(request: pytest.FixtureRequest, sandbox: Sandbox) -> AsyncIterator[Rig]:
    name = request.param if isinstance(request.param, str) else request.param[0]
    async with rigged(name, sandbox) as rig:
        yield rig


@pytest.fixture
def mode(request: pytest.FixtureRequest) -> Mode:
    return request.node.callspec.params["rig"][1]


@pytest.fixture(autouse=True)
def _discreet(rig: Rig, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """P10, after every test: no secret in the log, in a reply or an error and what led to it, or in a repr."""
    caplog.set_level(logging.DEBUG)
    yield
    assert rig.leaks([*caplog.get_records("setup"), *caplog.get_records("call")]) == []


def every(names: Iterable[object]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rig", names, indirect=True)


def calls_of(rig: Rig, *, also_charge: bool = True) -> list[str]:
    """The calls that its abilities promise, and a query."""
    wanted = {Ability.SCAN: ["submit"], Ability.SHOW: ["create_qr"], Ability.CLOSE: ["close"], Ability.REFUND: ["refund"]}
    names = [name for ability, calls in wanted.items() if ability in rig.kind.abilities for name in calls]
    names += ["query", *(["revoke"] if Ability.SCAN in rig.kind.abilities else [])]
    return [name for name in names if also_charge or name not in CHARGE.values()]


def arguments(rig: Rig, name: str) -> tuple[object, ...]:
    attempt = rig.attempt(Mode.SCAN if name in ("submit", "revoke") else Mode.SHOW)
    return (attempt, rig.code()) if name == "submit" else (attempt,)


# -- what it says that it can do --


@every(KINDS)
async def test_what_it_can_do_is_what_it_says(rig: Rig) -> None:
    gateway = rig.gateway
    assert gateway.abilities == rig.kind.abilities
    assert isinstance(gateway.name, str)
    assert isinstance(gateway.holds_queries, bool)
    assert isinstance(gateway.repeats_creates, bool)
    assert isinstance(gateway, Pushed) == rig.kind.is_pushed


@every(KINDS)
async def test_what_it_cannot_do_leaves_the_provider_in_peace(rig: Rig) -> None:
    attempt = rig.attempt(Mode.SHOW)
    if Ability.SCAN not in rig.kind.abilities:
        assert await rig.says("submit", rig.attempt(Mode.SCAN), rig.code()) is NotSent
    if Ability.CLOSE not in rig.kind.abilities:
        assert await rig.says("close", attempt) is Verdict.REVOKE_REFUSED
    if Ability.REFUND not in rig.kind.abilities:
        assert await rig.says("refund", attempt) is Verdict.REFUND_REFUSED
    assert rig.requests == 0


@every(["wechat"])
async def test_the_search_for_secrets_finds_them_in_every_place(rig: Rig) -> None:
    """What looks after all the other tests is itself looked after."""
    assert rig.leaks([]) == []
    for secret in rig.secrets.values():
        told = ValueError("harmless")
        told.__cause__ = KeyError(f"https://provider.example/?secret={quote_plus(secret)}")
        rig.heard = [told]
        assert rig.leaks([])
        rig.heard = []
        assert rig.leaks([logging.makeLogRecord({"msg": "asked path=%s", "args": (secret,)})])


# -- the life of a sale --


@every(WAYS)
async def test_a_sale_is_made_once_and_asked_about_until_it_is_paid(rig: Rig, mode: Mode) -> None:
    sale, told = await rig.make(mode)
    assert outcome(told) in ((Verdict.QR,) if mode is Mode.SHOW else (Verdict.CONFIRMING, Verdict.UNPAID, Verdict.UNKNOWN))
    assert await rig.says("query", sale) in (Verdict.UNPAID, Verdict.CONFIRMING, Verdict.NOT_KNOWN)
    rig.pay(sale.out_trade_no)
    assert await rig.says("query", sale) is Verdict.PAID
    assert (rig.charges(sale.out_trade_no), rig.money(sale.out_trade_no)) == (1, (1250, 0))


@every(in_mode(Mode.SHOW, WAYS))
async def test_a_made_order_has_a_text_for_the_qr(rig: Rig, mode: Mode) -> None:
    _sale, told = await rig.make(mode)
    assert isinstance(told, Reply)
    assert told.qr
    assert told.qr.isprintable()
    assert len(told.qr.encode()) <= 512


@every(in_mode(Mode.SCAN, WAYS))
async def test_a_code_that_is_paid_at_once(rig: Rig, mode: Mode) -> None:
    sale, told = await rig.make(mode, "paid")
    assert outcome(told) is Verdict.PAID
    assert isinstance(told, Reply)
    assert told.refusal is None
    assert (rig.charges(sale.out_trade_no), rig.money(sale.out_trade_no)) == (1, (1250, 0))


@every(REMOTE_WAYS)
async def test_an_order_is_found_by_our_number_alone(rig: Rig, mode: Mode) -> None:
    """After a restart, or where the answer was lost, the provider's own number is not known."""
    sale, _told = await rig.make(mode)
    rig.pay(sale.out_trade_no)
    assert await rig.says("query", sale.but(trade_no=None)) is Verdict.PAID


@every(REMOTE_WAYS)
async def test_money_without_cents_is_the_same_money_over_there(rig: Rig, mode: Mode) -> None:
    sale, _told = await rig.make(mode, attempt=rig.attempt(mode, "JPY"))
    rig.pay(sale.out_trade_no)
    assert await rig.says("query", sale) is Verdict.PAID
    assert rig.money(sale.out_trade_no) == (1250, 0)


@every(FULL_WAYS)
async def test_an_order_that_was_never_made_is_not_known_and_not_refused(rig: Rig, mode: Mode) -> None:
    made_up = rig.attempt(mode)
    assert await rig.says("query", made_up) in (Verdict.NOT_KNOWN, Verdict.UNKNOWN)
    assert await rig.says("query", made_up.but(trade_no="999999999", state=State.PENDING)) in (Verdict.NOT_KNOWN, Verdict.UNKNOWN)


@every(FULL_REMOTE)
async def test_a_held_query_tells_of_the_money_as_soon_as_it_is_there(rig: Rig) -> None:
    """Who cannot hold a query answers it at once, whatever it was asked."""
    sale, _told = await rig.make(rig.kind.modes[-1])
    asked = time.monotonic()
    held = asyncio.create_task(rig.says("query", sale, 30.0))
    if rig.gateway.holds_queries:
        before = rig.requests
        while rig.requests == before:
            await asyncio.sleep(0.005)
        rig.pay(sale.out_trade_no)
    assert await held is (Verdict.PAID if rig.gateway.holds_queries else Verdict.UNPAID)
    assert time.monotonic() - asked < 20


# -- what is lost on the way --


@every(REMOTE_WAYS)
async def test_a_lost_answer_is_unclear_and_nothing_is_sent_again(rig: Rig, mode: Mode) -> None:
    sale, told = await rig.make(mode, replace_charge(LOST))
    assert is_unclear(outcome(told))
    assert rig.charges(sale.out_trade_no) == 1
    rig.pay(sale.out_trade_no)
    assert await rig.says("query", sale) is Verdict.PAID


@every(REMOTE_WAYS)
async def test_a_lost_request_is_unclear_and_the_order_not_known(rig: Rig, mode: Mode) -> None:
    sale, told = await rig.make(mode, replace_charge(replace(LOST, act=False), Standing.ABSENT))
    assert is_unclear(outcome(told))
    assert await rig.says("query", sale) in (Verdict.NOT_KNOWN, Verdict.UNKNOWN)


@every(["connect"])
async def test_who_repeats_creates_gets_the_same_order_again(rig: Rig) -> None:
    sale, _told = await rig.make(Mode.SHOW, replace_charge(LOST))
    assert rig.gateway.repeats_creates
    first = await rig.call("create_qr", sale)
    second = await rig.call("create_qr", sale)
    assert isinstance(first, Reply)
    assert isinstance(second, Reply)
    assert (first.verdict, first.qr, first.trade_no) == (Verdict.QR, second.qr, second.trade_no)
    assert rig.orders == 1


# -- what is not true --


@every(REMOTE_WAYS)
@pytest.mark.parametrize("lie", [Lie.AMOUNT, Lie.CURRENCY, Lie.NUMBER, Lie.MERCHANT])
async def test_paid_but_not_what_was_asked_is_a_mismatch(rig: Rig, mode: Mode, lie: Lie) -> None:
    """P6: never paid, whichever of them differs."""
    if lie is Lie.MERCHANT and not rig.kind.names_merchant:
        pytest.skip("its answers name no merchant")
    sale, _told = await rig.make(mode, Scenario("lies", "every query lies", Standing.UNPAID, query=Steps((), Step(lie=lie))))
    rig.pay(sale.out_trade_no)
    assert await rig.says("query", sale) is Verdict.MISMATCH
    assert await rig.says("query", sale.but(trade_no=None)) in (Verdict.MISMATCH, Verdict.NOT_KNOWN)


@every(in_mode(Mode.SCAN, REMOTE_WAYS))
@pytest.mark.parametrize("case", ["wrong_amount", "wrong_currency", "wrong_number", "wrong_merchant"])
async def test_a_charge_that_says_so_is_a_mismatch_too(rig: Rig, mode: Mode, case: str) -> None:
    _sale, told = await rig.make(mode, case)
    assert outcome(told) is Verdict.MISMATCH


@every(in_mode(Mode.SHOW, REMOTE_WAYS))
@pytest.mark.parametrize("lie", [Lie.AMOUNT, Lie.CURRENCY, Lie.NUMBER])
async def test_an_order_made_otherwise_than_asked_is_not_shown(rig: Rig, mode: Mode, lie: Lie) -> None:
    """WeChat's answer to a create says neither amount nor number: what was paid is found out by asking."""
    sale, told = await rig.make(mode, replace_charge(Step(lie=lie)))
    says_terms = not rig.kind.settings.__name__.startswith("Wechat")
    assert outcome(told) in ((Verdict.MISMATCH, Unintelligible, Verdict.UNKNOWN) if says_terms else (Verdict.QR,))
    rig.pay(sale.out_trade_no)
    assert await rig.says("query", sale) is Verdict.PAID


@every(SIGNING)
@pytest.mark.parametrize("lie", [Lie.SIGNATURE, Lie.NO_SIGNATURE])
async def test_a_wrongly_signed_answer_proves_nothing(rig: Rig, mode: Mode, lie: Lie) -> None:
    sale, told = await rig.make(mode, replace(replace_charge(Step(lie=lie)), query=Steps((Step(lie=lie),))))
    assert is_unclear(outcome(told))
    rig.pay(sale.out_trade_no)
    assert is_unclear(await rig.says("query", sale))
    assert await rig.says("query", sale) is Verdict.PAID


@every(ways(["simulated"]))
async def test_the_simulated_provider_lies_as_well(rig: Rig, mode: Mode) -> None:
    assert SimulatedRig.plays("wrong_amount")
    if mode is Mode.SCAN:
        assert outcome((await rig.make(mode, "wrong_amount"))[1]) is Verdict.MISMATCH


# -- what cannot be understood --

NONSENSE = {
    "nothing": (200, "application/json", b""),
    "null": (200, "application/json", b"null"),
    "list": (200, "application/json", b"[]"),
    "empty object": (200, "application/json", b"{}"),
    "deep": (200, "application/json", b"[" * 60_000),
    "text": (200, "text/plain", b"service busy, please try again"),
    "half": (200, "application/json", b'{"payment": {"status": "CAPT'),
    "empty xml": (200, "text/xml", b"<xml></xml>"),
    "bomb": (200, "text/xml", b'<!DOCTYPE x [<!ENTITY a "b">]><xml><return_code>&a;</return_code></xml>'),
    "page": (200, "text/html", b"<html><body>Welcome to the hotel's network</body></html>"),
    "huge": (200, "application/json", b"{}".ljust(200_000)),
    "fault": (500, "application/json", b"{}"),
    "fault, page": (500, "text/html", b"<html>Internal Server Error</html>"),
    "gateway": (502, "text/html", b"<html>502 Bad Gateway</html>"),
    "busy": (503, "application/json", b'{"code": "SUCCESS", "state": "paid", "status": "CAPTURED"}'),
    "forbidden, page": (403, "text/html", b"<html>Forbidden</html>"),
    "not found, page": (404, "text/html", b"<html>404 Not Found</html>"),
    "too many, page": (429, "text/html", b"<html>Slow down</html>"),
    "not utf-8": (200, "application/json", b'{"a": "\xff\xfe"}'),
}


@every(FULL_REMOTE)
async def test_nonsense_proves_nothing_whatever_was_asked(rig: Rig) -> None:
    wrong: dict[object, object] = {}
    async with impostor(rig.sandbox) as host:
        gateway = rig.built(base_url=host.url)
        for what, (host.status, host.content_type, host.body) in NONSENSE.items():
            for name in calls_of(rig):
                told = await rig.says(name, *arguments(rig, name), gateway=gateway)
                if not is_unclear(told):
                    wrong[what, name] = told
            if host.status >= 500 and any(await rig.problems(gateway)):
                wrong[what, "check"] = "blocks all sales for what may pass by itself"
    assert wrong == {}


@every(FULL_REMOTE)
async def test_a_redirect_is_not_followed(rig: Rig) -> None:
    """Whoever can send the box elsewhere must not be sent its credentials."""
    async with impostor(rig.sandbox) as elsewhere, impostor(rig.sandbox) as host:
        host.status, host.headers = 307, {"Location": f"{elsewhere.url}/taken"}
        elsewhere.url = "never"
        gateway = rig.built(base_url=host.url)
        told = [await rig.says(name, *arguments(rig, name), gateway=gateway) for name in calls_of(rig)]
    assert all(is_unclear(one) for one in told)
    assert elsewhere.asked == 0


READABLE = (Fault.BOM, Fault.NOT_UTF8, Fault.DOCTYPE)  # where a reader may see through the damage
DAMAGE = (Fault.TRUNCATED, Fault.MALFORMED, Fault.EMPTY, Fault.HUGE, Fault.HTML_502, Fault.REDIRECT, Fault.GZIP, Fault.ENTITY_BOMB)


@every(REMOTE_WAYS)
async def test_a_damaged_answer_is_unclear_and_the_next_question_tells_the_truth(rig: Rig, mode: Mode) -> None:
    wrong = {}
    for fault in (*DAMAGE, *READABLE):
        damaged = Step(fault=fault)
        sale, told = await rig.make(mode, replace(replace_charge(damaged), query=Steps((damaged,))))
        rig.pay(sale.out_trade_no)
        asked = await rig.says("query", sale), await rig.says("query", sale)
        fine = is_unclear(outcome(told)) and is_unclear(asked[0]) and asked[1] is Verdict.PAID
        seen_through = fault in READABLE and asked[1] is Verdict.PAID and (is_unclear(asked[0]) or asked[0] is Verdict.PAID)
        if not (fine or seen_through) or rig.charges(sale.out_trade_no) != 1:
            wrong[fault] = outcome(told), asked
    assert wrong == {}


@every(FULL)
async def test_silence_ends_when_the_schedule_says_so(rig: Rig) -> None:
    silent = Step(fault=Fault.SILENT)
    hasty = rig.built(Schedule(answer_s=0.4, reply_s=0.4))
    await hasty.warm()
    began = time.monotonic()
    case = Scenario("silent", "", Standing.UNPAID, charge=Steps((silent,)), query=Steps((), silent))
    if isinstance(rig, SimulatedRig):
        told = [await rig.says("submit", rig.attempt(Mode.SCAN), rig.code("silent_charge"), gateway=hasty)]
    else:
        sale, charged = await rig.make(rig.kind.modes[-1], case, gateway=hasty)
        told = [outcome(charged), await rig.says("query", sale, gateway=hasty)]
    assert all(is_unclear(one) for one in told)
    assert time.monotonic() - began < 0.8 + 4


# -- when the provider cannot be reached --


@every(FULL)
async def test_what_never_left_the_box_is_said_to_be_not_sent(rig: Rig) -> None:
    await rig.network(up=False)
    told = {name: await rig.says(name, *arguments(rig, name)) for name in calls_of(rig)}
    assert is_not_sent(told.values()), told
    await rig.gateway.warm()
    await rig.network(up=True)
    assert rig.requests == 0


@every(KINDS)
async def test_check_finds_nothing_where_all_is_well(rig: Rig) -> None:
    assert await rig.problems() == []
    assert rig.orders == 0


@every(REMOTE)
async def test_check_blocks_where_the_credentials_are_wrong(rig: Rig) -> None:
    assert rig.kind.wrong
    for name in rig.kind.wrong:
        assert any(await rig.problems(rig.with_wrong(name))), name


@every(REMOTE)
async def test_wrong_credentials_never_look_like_an_answer_about_an_order(rig: Rig) -> None:
    """P7: what is wrong on our side refuses a sale at most as ours, and says nothing of an order that stands."""
    sale, _told = await rig.make(rig.kind.modes[-1])
    rig.pay(sale.out_trade_no)
    for name in rig.kind.wrong:
        told = await rig.says("query", sale, gateway=rig.with_wrong(name))
        assert is_unclear(told) or is_not_sent([told]), (name, told)


@every(FULL)
async def test_check_does_not_block_where_nobody_can_be_reached(rig: Rig) -> None:
    await rig.network(up=False)
    found = await rig.problems()
    assert found
    assert not any(found)
    await rig.network(up=True)
    assert await rig.problems() == []


@every(FULL)
async def test_warming_moves_nothing_and_never_fails(rig: Rig) -> None:
    await rig.gateway.warm()
    await rig.network(up=False)
    await rig.gateway.warm()
    await rig.gateway.aclose()
    await rig.gateway.warm()
    assert (rig.requests, rig.orders) == (0, 0)


@every(FULL)
async def test_a_closed_gateway_sends_nothing(rig: Rig) -> None:
    await rig.says("query", rig.attempt(rig.kind.modes[0]))
    before = rig.requests
    await rig.gateway.aclose()
    await rig.gateway.aclose()
    told = {name: await rig.says(name, *arguments(rig, name)) for name in calls_of(rig)}
    assert is_not_sent(told.values()), told
    assert rig.requests == before
    assert not any(await rig.problems())


# -- how a sale is ended --


@every(in_mode(Mode.SHOW, FULL_WAYS))
async def test_closing_an_unpaid_order(rig: Rig, mode: Mode) -> None:
    """Closed and dead, or said not to be: never "closed" where it can still be paid."""
    sale, _told = await rig.make(mode)
    told = await rig.says("close", sale.but(state=State.CLOSING))
    ends = Ability.CLOSE in rig.kind.abilities and rig.kind.ends_orders
    assert told is (Verdict.CLOSED if ends else Verdict.REVOKE_REFUSED)
    assert rig.is_dead(sale.out_trade_no) == ends
    assert await rig.says("query", sale.but(state=State.CLOSING)) is (Verdict.CLOSED if ends else Verdict.UNPAID)


@every(in_mode(Mode.SHOW, FULL_WAYS))
async def test_closing_a_paid_order_does_not_end_it(rig: Rig, mode: Mode) -> None:
    sale, _told = await rig.make(mode)
    rig.pay(sale.out_trade_no)
    told = await rig.says("close", sale.but(state=State.CLOSING))
    assert told in (Verdict.PAID, Verdict.UNKNOWN, Verdict.REVOKE_REFUSED)
    assert rig.money(sale.out_trade_no) == (1250, 0)
    assert await rig.says("query", sale.but(state=State.CLOSING)) is Verdict.PAID


@every([name for name in FULL if Ability.SCAN in KINDS[name].abilities])
@pytest.mark.parametrize("paid", [False, True], ids=["unpaid", "paid"])
async def test_revoking_a_charge(rig: Rig, paid: bool) -> None:
    """The unpaid order dies, the money of the paid one goes back; once, however often it is asked for."""
    sale, _told = await rig.make(Mode.SCAN, "paid" if paid else "password_never")
    undoing = sale.but(state=State.REVOKING)
    told = [await rig.says("revoke", undoing) for _ in range(2)]
    assert set(told) <= {Verdict.REVOKED, Verdict.CLOSED, Verdict.REFUNDED}
    assert rig.money(sale.out_trade_no) == ((1250, 1250) if paid else (0, 0))
    assert await rig.says("query", undoing) in (Verdict.CLOSED, Verdict.REVOKED, Verdict.REFUNDED)


@every(REFUNDING)
@pytest.mark.parametrize("knows_id", [True, False], ids=["", "by our number alone"])
async def test_a_refund_that_is_repeated_moves_the_money_once(rig: Rig, mode: Mode, knows_id: bool) -> None:
    sale, _told = await rig.make(mode)
    rig.pay(sale.out_trade_no)
    paid = sale.but(state=State.PAID, **({} if knows_id else {"trade_no": None}))
    assert [await rig.says("refund", paid) for _ in range(3)] == [Verdict.REFUNDED] * 3
    assert rig.money(sale.out_trade_no) == (1250, 1250)
    assert await rig.says("query", paid) in (Verdict.REFUNDED, Verdict.PAID)


@every([way for way in REFUNDING if way in REMOTE_WAYS])
@pytest.mark.parametrize("step", [LOST, Step(fault=Fault.HTML_502), Step(act=False, code="SYSTEMERROR")], ids=["lost", "502", "busy"])
async def test_a_refund_without_an_answer_is_asked_for_again_and_moves_the_money_once(rig: Rig, mode: Mode, step: Step) -> None:
    sale, _told = await rig.make(mode, Scenario("refund", "", Standing.UNPAID, refund=Steps((step,))))
    rig.pay(sale.out_trade_no)
    paid = sale.but(state=State.PAID)
    assert is_unclear(await rig.says("refund", paid))
    assert await rig.says("refund", paid) is Verdict.REFUNDED
    assert rig.money(sale.out_trade_no) == (1250, 1250)


@every(REFUNDING)
async def test_what_was_not_paid_is_not_refunded(rig: Rig, mode: Mode) -> None:
    sale, _told = await rig.make(mode)
    assert await rig.says("refund", sale) in (Verdict.REFUND_REFUSED, Verdict.UNKNOWN)
    assert rig.money(sale.out_trade_no) == (0, 0)


# -- notifications --


@every(PUSHED)
async def test_a_genuine_push_names_the_order_and_a_replayed_one_does_no_more(rig: Rig) -> None:
    sale, _told = await rig.make(Mode.SHOW)
    rig.pay(sale.out_trade_no)
    before = rig.requests
    async with letterbox(rig.gateway) as box:
        first, again = await pushed(rig, box.url, sale.out_trade_no, "genuine", "replayed")
    rig.heard += box.read
    assert first == again == box.read[0].status < 300
    assert box.read[0] == box.read[1]
    assert sale.out_trade_no == box.read[0].out_trade_no or sale.trade_no == box.read[0].trade_no
    assert rig.requests == before
    assert rig.money(sale.out_trade_no) == (1250, 0)


@every(PUSHED)
async def test_a_forged_push_is_no_push(rig: Rig) -> None:
    sale, _told = await rig.make(Mode.SHOW)
    rig.pay(sale.out_trade_no)
    async with letterbox(rig.gateway) as box:
        assert await pushed(rig, box.url, sale.out_trade_no, "forged") == [401]
    rig.heard += box.read
    assert isinstance(box.read[0], ForgedPush)


@every(PUSHED)
async def test_a_push_that_was_tampered_with_or_proves_nothing_is_no_push(rig: Rig) -> None:
    sale, _told = await rig.make(Mode.SHOW)
    rig.pay(sale.out_trade_no)
    async with letterbox(rig.gateway) as box:
        await pushed(rig, box.url, sale.out_trade_no, "genuine")
    came = box.came[0]
    assert isinstance(rig.gateway, Pushed)
    for headers in ({}, {name: values * 2 for name, values in came.headers.items()}):
        with pytest.raises(ForgedPush):
            rig.gateway.read_push(came.method, headers, came.body)
    for method in ("PUT", "DELETE"):
        with pytest.raises(ForgedPush):
            rig.gateway.read_push(method, came.headers, came.body)
    for body in (came.body + b" ", came.body.replace(b"1", b"2"), b""):
        if rig.kind.signs_pushes:
            with pytest.raises(ForgedPush):
                rig.gateway.read_push(came.method, came.headers, body)
        else:
            assert isinstance(rig.gateway.read_push(came.method, came.headers, body), Push)


async def pushed(rig: Rig, url: str, number: str, *hows: str) -> list[int]:
    """Have the provider send notifications about that order: what it was answered to each."""
    for provider in ("cbtis", "smart2pay", "connect"):
        rig.sandbox.pushes.urls[provider] = url
    return [await rig.sandbox.pushes.push(rig.sandbox.ledger.order(number), how) for how in hows]


def replace_charge(step: Step, start: Standing = Standing.UNPAID) -> Scenario:
    """An order whose making is answered like that, and that waits for the payer."""
    return Scenario("charge", "its making goes wrong", start, charge=Steps((step,)))
