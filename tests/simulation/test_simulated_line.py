"""Between box and provider (`daemon.simulation.line`, `daemon.simulation.trip`, `daemon.simulation.provider`): each mishap does
what it says."""

from __future__ import annotations

import pytest
from surroundings import PAYERS, Surroundings, charge, order

from daemon.codes import AuthCode
from daemon.gateways.base import Ability
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Mode, OutTradeNo, State
from daemon.reply import NoAnswer, NotSent, Unintelligible, Verdict
from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Lie, Move, Scenario, Standing, Step, Steps
from daemon.simulation.line import Kind
from daemon.simulation.mishaps import Mishap
from daemon.simulation.provider import Ways
from daemon.simulation.trip import LATE_S

V = Verdict


@pytest.fixture
def world():
    world = Surroundings(CASES["paid"])
    yield world
    world.loop.bury()


def test_all_well(world):
    assert charge(world).verdict is V.PAID
    assert (world.sent, world.standing) == (["Submit"], Standing.PAID)


@pytest.mark.parametrize(
    ("mishap", "error", "standing", "sent"),
    [
        (Mishap.NOT_SENT, NotSent, Standing.ABSENT, False),
        (Mishap.REQUEST_LOST, NoAnswer, Standing.ABSENT, True),
        (Mishap.REQUEST_LATE, NoAnswer, Standing.ABSENT, True),
        (Mishap.ANSWER_LOST, NoAnswer, Standing.PAID, True),
        (Mishap.ANSWER_LATE, NoAnswer, Standing.PAID, True),
        (Mishap.ANSWER_CORRUPT, Unintelligible, Standing.PAID, True),
    ],
)
def test_what_goes_wrong_on_the_way(world, mishap, error, standing, sent):
    assert isinstance(charge(world, mishap), error)
    assert world.standing is standing
    assert bool(world.sent) == sent


def test_a_late_request_arrives_all_the_same(world):
    charge(world, Mishap.REQUEST_LATE)
    world.pass_time(LATE_S + 0.1)
    assert world.standing is Standing.PAID


def test_a_request_that_arrives_twice_is_carried_out_once(world):
    assert charge(world, Mishap.REQUEST_TWICE).verdict is V.PAID
    world.pass_time(1)
    found = world.provider.find("T1")
    assert (found.money_in, len(world.sent)) == (1250, 1)


def test_a_busy_provider_does_nothing(world):
    assert charge(world, Mishap.ANSWER_BUSY).verdict is V.UNKNOWN
    assert world.standing is Standing.ABSENT


@pytest.mark.parametrize("mishap", [Mishap.DIES_SENDING, Mishap.DIES_HEARING])
def test_who_dies_hears_nothing_and_the_charge_is_done(world, mishap):
    assert charge(world, mishap) is None
    world.pass_time(1)
    assert (world.died, world.standing) == ([mishap], Standing.PAID)


def test_without_network_nothing_leaves(world):
    world.is_network_down = True
    assert isinstance(charge(world), NotSent)
    assert world.sent == []


# -- what the provider says --


def test_a_query_that_is_held_is_answered_when_something_changes():
    world = Surroundings(Scenario("asked", "", Standing.CONFIRMING, (Move(Standing.PAID, after=4.0),)))
    assert charge(world).verdict is V.CONFIRMING
    assert world.ask(world.gateway.query(order(), 20.0)).verdict is V.PAID
    assert world.now < 5


def test_a_query_that_is_held_is_answered_at_its_end_where_nothing_changes():
    world = Surroundings(Scenario("asked", "", Standing.CONFIRMING))
    charge(world)
    assert world.ask(world.gateway.query(order(), 20.0)).verdict is V.CONFIRMING
    assert 19 < world.now < 21


def test_undoing_and_giving_back():
    world = Surroundings(CASES["paid"])
    assert world.ask(world.gateway.query(order())).verdict is V.NOT_KNOWN
    assert world.ask(world.gateway.revoke(order())).verdict is V.NOT_KNOWN
    assert world.ask(world.gateway.close(order())).verdict is V.NOT_KNOWN
    assert world.ask(world.gateway.refund(order())).verdict is V.UNKNOWN
    charge(world)
    assert world.ask(world.gateway.close(order())).verdict is V.UNKNOWN
    assert world.ask(world.gateway.refund(order())).verdict is V.REFUNDED
    assert world.ask(world.gateway.revoke(order())).verdict is V.REVOKED
    assert world.ask(world.gateway.query(order())).verdict is V.REFUNDED


def test_a_revoke_that_comes_too_early_is_refused_for_now():
    world = Surroundings(Scenario("asked", "", Standing.CONFIRMING))
    charge(world)
    assert world.ask(world.gateway.revoke(order())).verdict is V.REVOKE_AGAIN
    assert world.provider.ledger.early_revokes["T1"] == 1


@pytest.mark.parametrize(
    ("call", "step", "verdict"),
    [
        ("revoke", Step(act=False, code="TRADE_ERROR", again=False), V.REVOKE_REFUSED),
        ("revoke", Step(act=False, again=True), V.REVOKE_AGAIN),
        ("revoke", Step(act=False), V.REVOKED),
        ("close", Step(act=False, code="CLOSE_REFUSED"), V.REVOKE_REFUSED),
        ("close", Step(act=False, code="SYSTEMERROR", again=True), V.UNKNOWN),
        ("close", Step(act=False), V.CLOSED),
        ("refund", Step(act=False, code="USER_ACCOUNT_ABNORMAL"), V.REFUND_REFUSED),
        ("query", Step(code="SYSTEMERROR"), V.UNKNOWN),
        ("query", Step(lie=Lie.CURRENCY), V.MISMATCH),
        ("query", Step(says=Standing.FAILED), V.REFUSED),
    ],
)
def test_a_step_of_the_scenario_decides_what_is_said(call, step, verdict):
    world = Surroundings(Scenario("s", "", **{call: Steps((step,))}))
    charge(world)
    assert world.ask(getattr(world.gateway, call)(order())).verdict is verdict


def test_a_refusal_by_code_and_a_code_that_was_used():
    world = Surroundings(CASES["refused_notenough"])
    assert charge(world).verdict is V.REFUSED
    other = Attempt(OutTradeNo("T2"), "wallet", "wechat", Amount(Minor(1), "CNY"), State.SUBMITTING, 0.0)
    assert world.ask(world.gateway.submit(other, AuthCode(PAYERS))).code == "AUTH_CODE_ERROR"


def test_a_cut_step_and_one_that_proves_nothing():
    assert isinstance(charge(Surroundings(CASES["answer_lost"])), NoAnswer)
    assert isinstance(charge(Surroundings(CASES["malformed"])), Unintelligible)


# -- a QR --


def test_a_qr_is_made_told_again_where_the_provider_does_and_closed():
    world = Surroundings(Scenario("nobody", "", Standing.UNPAID), ways=Ways(tells_qr_again=True))
    shown = order(State.CREATING_QR, mode=Mode.SHOW)
    made = world.ask(world.gateway.create_qr(shown))
    assert (made.verdict, made.qr) == (V.QR, world.ask(world.gateway.query(shown)).qr)
    assert world.ask(world.gateway.close(shown)).verdict is V.CLOSED
    assert world.ask(world.gateway.query(shown)).verdict is V.CLOSED


def test_one_order_for_one_key():
    kind = Kind("service", frozenset({Ability.SHOW}), repeats_creates=True)
    shown = order(State.CREATING_QR, mode=Mode.SHOW)
    world = Surroundings(Scenario("nobody", "", Standing.UNPAID), kind)
    first, second = (world.ask(world.gateway.create_qr(shown)) for _ in range(2))
    assert first.qr == second.qr
    refused = Surroundings(Scenario("ended", "", Standing.CLOSED), kind)
    assert [refused.ask(refused.gateway.create_qr(shown)).verdict for _ in range(2)] == [V.CLOSED, V.CLOSED]


def test_the_same_number_twice_is_no_second_order():
    world = Surroundings(Scenario("nobody", "", Standing.UNPAID))
    shown = order(State.CREATING_QR, mode=Mode.SHOW)
    world.ask(world.gateway.create_qr(shown))
    assert world.ask(world.gateway.create_qr(shown)).code == "OUT_TRADE_NO_USED"


def test_it_has_the_other_calls_of_a_gateway(world):
    assert world.ask(world.gateway.check()) == []
    assert world.ask(world.gateway.warm()) is None
    assert world.ask(world.gateway.aclose()) is None
