"""The shipped gateways on a wire in memory (`daemon.simulation.wire`, `daemon.simulation.desks`): what they send passes the
providers' checks, and what comes back in bytes is read by them."""

from __future__ import annotations

import dataclasses

import pytest
from surroundings import PAYERS, Surroundings, charge, order

from daemon.codes import AuthCode
from daemon.gateways import merchant_reading, wechat_answers
from daemon.gateways.base import Ability
from daemon.payment import Mode, State
from daemon.reply import NoAnswer, NotSent, Reply, Unintelligible, Verdict
from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Fault, Lie, Move, Scenario, Standing, Step, Steps
from daemon.simulation.line import Kind
from daemon.simulation.mishaps import Mishap

V = Verdict
PAID = CASES["paid"]
ASKED = Scenario("asked", "", Standing.CONFIRMING)
NOBODY = Scenario("nobody", "", Standing.UNPAID)


@pytest.fixture(params=["wechat", "merchant"])
def wire(request):
    """A world with that wire, for a scenario."""

    def world(scenario: Scenario = PAID) -> Surroundings:
        kind = Kind("wallet", frozenset(Ability), holds_queries=request.param == "merchant", wire=request.param)
        return Surroundings(scenario, kind)

    world.name = request.param
    return world


def of(wire, wechat, merchant):
    return wechat if wire.name == "wechat" else merchant


def test_all_well(wire):
    world = wire()
    assert charge(world).verdict is V.PAID
    assert (world.sent, world.standing, world.broken) == (["Submit"], Standing.PAID, [])
    assert world.provider.find("T1").provider == wire.name


@pytest.mark.parametrize(
    ("mishap", "error", "standing"),
    [
        (Mishap.NOT_SENT, NotSent, Standing.ABSENT),
        (Mishap.REQUEST_LOST, NoAnswer, Standing.ABSENT),
        (Mishap.ANSWER_LOST, NoAnswer, Standing.PAID),
        (Mishap.ANSWER_CORRUPT, Unintelligible, Standing.PAID),
    ],
)
def test_what_goes_wrong_on_the_way(wire, mishap, error, standing):
    world = wire()
    assert isinstance(charge(world, mishap), error)
    assert world.standing is standing


def test_a_request_that_arrives_twice_is_carried_out_once(wire):
    world = wire()
    assert charge(world, Mishap.REQUEST_TWICE).verdict is V.PAID
    world.pass_time(1)
    found = world.provider.find("T1")
    # WeChat says that the number is used; the backend knows the nonce, and looks no further
    assert (found.money_in, found.calls[0][1]) == (1250, of(wire, 2, 1))


def test_a_busy_provider_does_nothing_and_proves_nothing(wire):
    world = wire()
    heard = charge(world, Mishap.ANSWER_BUSY)
    assert heard.verdict is V.UNKNOWN if isinstance(heard, Reply) else isinstance(heard, Unintelligible)
    assert world.standing is Standing.ABSENT


def test_a_busy_provider_undoes_nothing(wire):
    world = wire(ASKED)
    charge(world)
    world.pass_time(16)
    heard = world.ask(world.gateway.revoke(order()), Mishap.ANSWER_BUSY)
    assert heard.verdict is V.REVOKE_AGAIN if isinstance(heard, Reply) else isinstance(heard, Unintelligible)
    assert world.standing is Standing.CONFIRMING


@pytest.mark.parametrize("lie", [Lie.AMOUNT, Lie.CURRENCY, Lie.MERCHANT, Lie.NUMBER, Lie.SIGNATURE, Lie.NO_SIGNATURE])
def test_a_lie_is_no_proof(wire, lie):
    world = wire(Scenario("lies", "", query=Steps((Step(lie=lie),))))
    charge(world)
    heard = world.ask(world.gateway.query(order()))
    assert isinstance(heard, Unintelligible) or heard.verdict is V.MISMATCH
    assert world.broken == []


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in (Fault.NONE, Fault.BOM)])
def test_an_answer_with_a_fault_is_none(wire, fault):
    world = wire(Scenario("faulty", "", query=Steps((Step(fault=fault),))))
    charge(world)
    assert isinstance(world.ask(world.gateway.query(order())), NoAnswer | Unintelligible)


def test_asking_undoing_and_giving_back(wire):
    world = wire()
    assert world.ask(world.gateway.query(order())).verdict is V.NOT_KNOWN
    charge(world)
    assert world.ask(world.gateway.query(order())).verdict is V.PAID
    assert world.ask(world.gateway.refund(order())).verdict is V.REFUNDED
    assert world.ask(world.gateway.query(order())).verdict is V.REFUNDED
    assert world.ask(world.gateway.revoke(order())).verdict is of(wire, V.REVOKED, V.REFUNDED)


def test_a_number_that_never_arrived_is_kept_by_a_backend_and_not_known_to_wechat(wire):
    world = wire()
    assert world.ask(world.gateway.revoke(order())).verdict is of(wire, V.NOT_KNOWN, V.REVOKED)
    assert charge(world).verdict is of(wire, V.PAID, V.REVOKED)


def test_a_revoke_that_comes_too_early_is_refused_for_now(wire):
    world = wire(ASKED)
    charge(world)
    assert world.ask(world.gateway.revoke(order())).verdict is V.REVOKE_AGAIN
    world.pass_time(16)
    assert world.ask(world.gateway.revoke(order())).verdict is V.REVOKED


def test_a_refusal(wire):
    reply = charge(wire(CASES["refused_notenough"]))
    assert (reply.verdict, reply.code) == (V.REFUSED, "NOTENOUGH")


def test_a_qr_is_made_and_closed(wire):
    world = wire(NOBODY)
    shown = order(State.CREATING_QR, mode=Mode.SHOW)
    made = world.ask(world.gateway.create_qr(shown))
    assert (made.verdict, made.qr[:9]) == (V.QR, "weixin://")
    asked = world.ask(world.gateway.query(shown))
    assert (asked.verdict, asked.qr) == of(wire, (V.UNPAID, None), (V.QR, made.qr))
    assert world.ask(world.gateway.close(shown)).verdict is V.CLOSED
    assert world.ask(world.gateway.query(shown)).verdict is V.CLOSED


def test_a_backend_holds_a_query_until_something_changes():
    backend = Kind("wallet", frozenset(Ability), holds_queries=True, wire="merchant")
    world = Surroundings(Scenario("asked", "", Standing.CONFIRMING, (Move(Standing.PAID, after=4.0),)), backend)
    assert charge(world).verdict is V.CONFIRMING
    assert world.ask(world.gateway.query(order(), 20.0)).verdict is V.PAID
    assert world.now < 5


def test_it_has_the_other_calls_of_a_gateway(wire):
    world = wire()
    assert world.ask(world.gateway.check()) == []
    assert world.ask(world.gateway.warm()) is None
    assert world.ask(world.gateway.aclose()) is None


# -- gateways that are made wrong --


def _believes_anything(attempt, claim, *, code="", trade_no=None):
    return Reply(V.PAID, code, trade_no=trade_no)


def test_a_gateway_that_believes_anything_is_found_out(wire, monkeypatch):
    for module in (wechat_answers, merchant_reading):
        monkeypatch.setattr(module, "judge_paid", _believes_anything)
    world = wire(Scenario("lies", "", query=Steps((Step(lie=Lie.AMOUNT),))))
    charge(world)
    assert world.broken == []
    world.ask(world.gateway.query(order()))
    assert world.broken == ["P6"]


def test_no_code_and_no_secret_is_in_what_it_keeps(wire):
    world = wire()
    asking = world.gateway.submit(order(), AuthCode(PAYERS))
    assert PAYERS not in repr(dataclasses.asdict(order())) + repr(asking)
    world.ask(asking)
    assert PAYERS not in repr(vars(world.gateway))
