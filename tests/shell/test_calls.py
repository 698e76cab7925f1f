"""One request to a provider: bounded, never raising, and with nothing in its outcome that gives the payer's code away."""

import asyncio
import logging

import pytest
from shell_time import in_virtual_time
from shop import an_order, code

from daemon.calls import GRACE_S, Calls
from daemon.cycle import Rules
from daemon.events import Query, Refund, Revoke, Submit
from daemon.gateways.settings import SimulatedSettings
from daemon.gateways.simulated import SimulatedGateway
from daemon.payment import OutTradeNo
from daemon.reply import NoAnswer, NotSent, Reply, Unintelligible, Verdict
from daemon.timing import Schedule

T1 = OutTradeNo("T1")
SECRET = code("00").reveal()
SCHEDULE = Schedule(answer_s=10.0, reply_s=5.0)


class Scripted(SimulatedGateway):
    """Does what the test says instead: raises an error, gives a reply, or hangs (None)."""

    def __init__(self, outcome):
        super().__init__(SimulatedSettings("trial"))
        self.outcome = outcome

    async def submit(self, attempt, auth_code):
        if self.outcome is None:
            await asyncio.get_running_loop().create_future()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def query(self, attempt, hold_s=0.0):
        return await self.submit(attempt, None)

    revoke = refund = query


def calls_to(gateway):
    return Calls({"trial": gateway}, Rules({"trial": SCHEDULE}))


async def charged(outcome):
    return await calls_to(Scripted(outcome)).outcome(an_order(), Submit(T1), code("00"))


@in_virtual_time
async def test_each_action_is_one_call_of_the_gateway():
    gateway = SimulatedGateway(SimulatedSettings("trial"))
    calls = calls_to(gateway)
    verdicts = [(await calls.outcome(an_order(), a, code("00"))).verdict for a in (Submit(T1), Query(T1), Refund(T1), Revoke(T1))]
    assert verdicts == [Verdict.PAID, Verdict.PAID, Verdict.REFUNDED, Verdict.REVOKED]
    assert [call.name for call in gateway.calls] == ["submit", "query", "refund", "revoke"]


@in_virtual_time
async def test_nothing_is_sent_to_a_gateway_that_is_no_longer_configured():
    outcome = await Calls({}, Rules({})).outcome(an_order(), Query(T1), None)
    assert isinstance(outcome, NotSent)
    assert "no longer configured" in str(outcome)


@in_virtual_time
async def test_a_charge_without_its_code_is_never_sent():
    gateway = SimulatedGateway(SimulatedSettings("trial"))
    assert isinstance(await calls_to(gateway).outcome(an_order(), Submit(T1), None), NotSent)
    assert gateway.calls == []


@pytest.mark.parametrize(
    ("action", "seconds"),
    [(Submit(T1), 10.0), (Query(T1), 5.0), (Query(T1, hold_s=25.0), 30.0), (Revoke(T1), 5.0), (Refund(T1), 5.0)],
    ids=str,
)
@in_virtual_time
async def test_a_gateway_that_does_not_keep_its_time_is_not_waited_for(action, seconds):
    loop = asyncio.get_running_loop()
    began = loop.time()
    outcome = await calls_to(Scripted(None)).outcome(an_order(), action, code("00"))
    assert isinstance(outcome, NoAnswer)
    assert loop.time() - began == pytest.approx(seconds + GRACE_S)


@in_virtual_time
async def test_errors_keep_what_is_known_and_lose_the_code():
    """A provider, or a library, may quote what it was sent."""
    not_sent = await charged(NotSent(f"no route for {SECRET}"))
    assert (type(not_sent), str(not_sent)) == (NotSent, "no route for 13…00")
    unclear = await charged(Unintelligible(f"<auth_code>{SECRET}</auth_code>\x1b[31m"))
    assert isinstance(unclear, NoAnswer)
    assert not isinstance(unclear, NotSent)
    assert str(unclear) == "<auth_code>13…00</auth_code> [31m"
    assert unclear.__cause__ is None


@in_virtual_time
async def test_a_fault_of_the_gateway_module_is_silence_and_its_traceback_has_no_code(caplog):
    outcome = await charged(ValueError(f"cannot read {SECRET}"))
    assert (type(outcome), str(outcome)) == (NoAnswer, "fault in the gateway module")
    assert "gateway_fault gateway=trial call=submit out_trade_no=T1" in caplog.text
    assert "ValueError: cannot read …" in caplog.text
    assert SECRET not in caplog.text


@in_virtual_time
async def test_a_fault_in_a_call_without_a_code_is_logged_whole(caplog):
    outcome = await calls_to(Scripted(KeyError("state"))).outcome(an_order(), Query(T1), None)
    assert isinstance(outcome, NoAnswer)
    assert [r.levelno for r in caplog.records] == [logging.ERROR]
    assert "KeyError: 'state'" in caplog.text


@in_virtual_time
async def test_replies_lose_the_code_wherever_it_is_quoted():
    reply = await charged(Reply(Verdict.UNKNOWN, f"E{SECRET}", f"code {SECRET} is unknown\n", trade_no=f"42{SECRET}"))
    assert reply == Reply(Verdict.UNKNOWN, "E13…00", "code 13…00 is unknown ", trade_no=None)


@pytest.mark.parametrize(
    ("number", "kept"),
    [("4200001234567890123456789012", True), ("A" * 128, True), ("A" * 129, False), ("42\n", False), ("42\ud83d", False), ("", True)],
    ids=["wechat", "long", "too_long", "line", "half", "empty"],
)
@in_virtual_time
async def test_a_providers_number_is_kept_as_it_is_or_not_at_all(number, kept):
    """It is digits like a code's, and is needed whole for reconciliation; what cannot be stored must not stop the payment."""
    reply = await charged(Reply(Verdict.PAID, trade_no=number))
    assert reply.trade_no == (number if kept else None)
