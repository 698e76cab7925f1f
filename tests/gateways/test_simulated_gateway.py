"""The provider in memory: each code's story, and that it refuses what real ones refuse."""

from __future__ import annotations

import pytest

from daemon.codes import AuthCode
from daemon.gateways.base import Ability, Gateway, refund_number
from daemon.gateways.settings import SimulatedSettings
from daemon.gateways.simulated import Call, SimulatedGateway
from daemon.gateways.simulated_cases import CASES
from daemon.money import Amount, Minor
from daemon.payment import Attempt, OutTradeNo, State
from daemon.reply import GatewayError, NoAnswer, NotSent, Refusal, Reply, Unintelligible, Verdict
from daemon.timing import Schedule


class World:
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def gateway(world: World) -> SimulatedGateway:
    return SimulatedGateway(SimulatedSettings("trial"), Schedule(), clock=world.clock, sleep=world.sleep)


def attempt(number: str = "A1") -> Attempt:
    return Attempt(OutTradeNo(number), "trial", "wechat", Amount(Minor(500), "CNY"), State.SUBMITTING, 0.0)


ONE = attempt()


def code(digits: str) -> AuthCode:
    return AuthCode("13" + "0" * 14 + digits)


async def charge(gateway: SimulatedGateway, digits: str) -> Reply:
    return await gateway.submit(ONE, code(digits))


async def queries(gateway: SimulatedGateway, times: int) -> list[Verdict]:
    return [(await gateway.query(ONE)).verdict for _ in range(times)]


def test_it_is_a_gateway_that_can_everything(gateway: SimulatedGateway) -> None:
    as_protocol: Gateway = gateway
    assert (as_protocol.name, as_protocol.abilities) == ("trial", frozenset(Ability))


@pytest.mark.parametrize("digits", ["00", "09", "xx"])
async def test_paid_at_once(gateway: SimulatedGateway, digits: str) -> None:
    reply = await charge(gateway, digits)
    assert (reply.verdict, reply.trade_no) == (Verdict.PAID, "4200" + "1".zfill(24))
    assert await queries(gateway, 1) == [Verdict.PAID]


async def test_the_payer_confirms(gateway: SimulatedGateway) -> None:
    assert (await charge(gateway, "01")).verdict is Verdict.CONFIRMING
    assert await queries(gateway, 4) == [Verdict.CONFIRMING, Verdict.CONFIRMING, Verdict.PAID, Verdict.PAID]


async def test_the_payer_never_answers_and_the_order_ends_itself(gateway: SimulatedGateway, world: World) -> None:
    assert (await charge(gateway, "02")).verdict is Verdict.CONFIRMING
    assert await queries(gateway, 9) == [Verdict.CONFIRMING] * 9
    world.now += 45
    assert await queries(gateway, 1) == [Verdict.CLOSED]


async def test_the_payer_declines(gateway: SimulatedGateway) -> None:
    await charge(gateway, "03")
    assert await queries(gateway, 3) == [Verdict.CONFIRMING, Verdict.REFUSED, Verdict.REFUSED]


@pytest.mark.parametrize(
    ("digits", "word", "refusal", "then"),
    [
        ("10", "AUTHCODEEXPIRE", Refusal.PAYER, Verdict.NOT_KNOWN),
        ("12", "AUTH_CODE_INVALID", Refusal.PAYER, Verdict.NOT_KNOWN),
        ("13", "NOTENOUGH", Refusal.PAYER, Verdict.REFUSED),
        ("15", "TRADE_ERROR", Refusal.FINAL, Verdict.REFUSED),
        ("20", "NOAUTH", Refusal.OURS, Verdict.NOT_KNOWN),
    ],
)
async def test_refusals(gateway: SimulatedGateway, digits: str, word: str, refusal: Refusal, then: Verdict) -> None:
    reply = await charge(gateway, digits)
    assert (reply.verdict, reply.code, reply.refusal) == (Verdict.REFUSED, word, refusal)
    assert await queries(gateway, 1) == [then]


@pytest.mark.parametrize(("digits", "then"), [("40", Verdict.PAID), ("41", Verdict.UNPAID)])
async def test_a_system_error_says_nothing_about_the_money(gateway: SimulatedGateway, digits: str, then: Verdict) -> None:
    assert (await charge(gateway, digits)).verdict is Verdict.UNKNOWN
    assert await queries(gateway, 1) == [then]


@pytest.mark.parametrize(
    ("digits", "error", "then"),
    [
        ("44", NoAnswer, Verdict.PAID),
        ("45", NoAnswer, Verdict.NOT_KNOWN),
        ("48", NoAnswer, Verdict.PAID),
        ("98", Unintelligible, Verdict.PAID),
        ("99", NotSent, Verdict.NOT_KNOWN),
    ],
)
async def test_no_answer(gateway: SimulatedGateway, digits: str, error: type[GatewayError], then: Verdict) -> None:
    with pytest.raises(error):
        await charge(gateway, digits)
    assert await queries(gateway, 1) == [then]


async def test_silence_lasts_as_long_as_the_box_waits(gateway: SimulatedGateway, world: World) -> None:
    with pytest.raises(NoAnswer):
        await charge(gateway, "97")
    assert world.now == 110.0
    for call in (gateway.query, gateway.revoke, gateway.close, gateway.refund):
        with pytest.raises(NoAnswer):
            await call(ONE)
    assert world.now == 130.0


async def test_revoke_again_twice_then_done(gateway: SimulatedGateway, world: World) -> None:
    await charge(gateway, "55")
    world.now += 15
    assert [(await gateway.revoke(ONE)).verdict for _ in range(3)] == [Verdict.REVOKE_AGAIN, Verdict.REVOKE_AGAIN, Verdict.REVOKED]
    assert await queries(gateway, 1) == [Verdict.CLOSED]


async def test_a_revoke_refused_for_good(gateway: SimulatedGateway) -> None:
    await charge(gateway, "59")
    assert (await gateway.revoke(ONE)).verdict is Verdict.REVOKE_REFUSED


async def test_another_amount_is_a_mismatch(gateway: SimulatedGateway) -> None:
    reply = await charge(gateway, "78")
    assert (reply.verdict, reply.text) == (Verdict.MISMATCH, "the answer says paid, but: amount 501 instead of 500")
    other = attempt().but(amount=Amount(Minor(400), "CNY"))
    assert (await gateway.query(other)).verdict is Verdict.MISMATCH


# --- what real ones refuse ---


async def test_a_number_is_charged_once(gateway: SimulatedGateway) -> None:
    await charge(gateway, "00")
    reply = await charge(gateway, "13")
    assert (reply.verdict, reply.code) == (Verdict.UNKNOWN, "OUT_TRADE_NO_USED")
    assert await queries(gateway, 1) == [Verdict.PAID]
    assert (await gateway.create_qr(ONE)).verdict is Verdict.UNKNOWN


async def test_an_early_revoke_is_not_carried_out(gateway: SimulatedGateway, world: World) -> None:
    await charge(gateway, "00")
    world.now += 14.9
    assert (await gateway.revoke(ONE)).verdict is Verdict.REVOKE_AGAIN
    world.now += 0.2
    assert (await gateway.revoke(ONE)).verdict is Verdict.REVOKED
    assert await queries(gateway, 1) == [Verdict.REFUNDED]


async def test_without_a_clock_no_revoke_is_early() -> None:
    gateway = SimulatedGateway(SimulatedSettings("trial"))
    await charge(gateway, "02")
    assert (await gateway.revoke(ONE)).verdict is Verdict.REVOKED


async def test_a_refund_is_carried_out_once_and_only_of_what_was_paid(gateway: SimulatedGateway) -> None:
    assert (await gateway.refund(ONE)).verdict is Verdict.REFUND_REFUSED
    await charge(gateway, "02")
    assert (await gateway.refund(ONE)).verdict is Verdict.REFUND_REFUSED
    gateway.pay(ONE.out_trade_no)
    for _ in range(2):
        reply = await gateway.refund(ONE)
        assert (reply.verdict, reply.text) == (Verdict.REFUNDED, refund_number(ONE))
    assert await queries(gateway, 1) == [Verdict.REFUNDED]


async def test_orders_that_nobody_made(gateway: SimulatedGateway) -> None:
    for call in (gateway.query, gateway.revoke, gateway.close):
        assert (await call(ONE)).verdict is Verdict.NOT_KNOWN


async def test_a_qr_order_shown_paid_or_closed(gateway: SimulatedGateway) -> None:
    first = await gateway.create_qr(ONE)
    assert first.verdict is Verdict.QR
    assert first.qr
    assert await gateway.create_qr(ONE) == first
    assert (await gateway.revoke(ONE)).verdict is Verdict.REVOKE_AGAIN
    assert await queries(gateway, 3) == [Verdict.UNPAID, Verdict.UNPAID, Verdict.PAID]
    assert (await gateway.close(ONE)).code == "ORDERPAID"
    two = attempt("A2")
    await gateway.create_qr(two)
    assert (await gateway.close(two)).verdict is Verdict.CLOSED
    assert (await gateway.query(two)).verdict is Verdict.CLOSED


async def test_a_scanned_order_cannot_be_closed(gateway: SimulatedGateway) -> None:
    await charge(gateway, "02")
    assert (await gateway.close(ONE)).code == "268449641"


# --- the world's hands ---


async def test_a_payer_at_hand(gateway: SimulatedGateway) -> None:
    await charge(gateway, "02")
    gateway.decline(ONE.out_trade_no)
    assert await queries(gateway, 1) == [Verdict.REFUSED]
    with pytest.raises(ValueError, match="failed"):
        gateway.pay(ONE.out_trade_no)
    with pytest.raises(KeyError):
        gateway.pay(OutTradeNo("B1"))


async def test_offline_nothing_leaves_the_box(gateway: SimulatedGateway) -> None:
    gateway.offline = True
    with pytest.raises(NotSent):
        await charge(gateway, "00")
    with pytest.raises(NotSent):
        await gateway.query(ONE)
    assert gateway.calls == []
    assert [p.blocking for p in await gateway.check()] == [False]
    gateway.offline = False
    assert await gateway.check() == []
    assert (await charge(gateway, "00")).verdict is Verdict.PAID


async def test_it_remembers_calls_but_no_codes(gateway: SimulatedGateway) -> None:
    await charge(gateway, "01")
    await gateway.query(ONE)
    await gateway.warm()
    await gateway.aclose()
    assert gateway.calls == [Call("submit", ONE.out_trade_no), Call("query", ONE.out_trade_no)]
    assert code("01").reveal() not in repr(gateway.calls) + repr(gateway.orders)


def test_the_table_of_the_docstring_is_complete() -> None:
    from daemon.gateways import simulated_cases

    assert simulated_cases.__doc__ is not None
    rows = [line for line in simulated_cases.__doc__.splitlines() if line.startswith("| ") and line[2].isdigit()]
    listed = {digits.strip() for row in rows for digits in row.split("|")[1].replace("and all not listed", "").split(",") if digits.strip()}
    assert listed == set(CASES)
