"""daemon.metrics.counted: each request to a gateway is counted by what became of it, and handed on as it is."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from sales import Clock, an_order

from daemon.codes import AuthCode
from daemon.gateways.base import Ability, Gateway, Problem
from daemon.metrics import families as f
from daemon.metrics.counted import Requests
from daemon.metrics.families import Family, Outcome
from daemon.metrics.tally import Labels, Times
from daemon.reply import NoAnswer, NotSent, Refusal, Reply, Unintelligible, Verdict


def a_code() -> AuthCode:
    """Made anew for each use: other tests look for codes that somebody still holds."""
    return AuthCode("130000000000000000")


ORDER = an_order()
PAID = Reply(Verdict.PAID)
REFUSED_BOX = Reply(Verdict.REFUSED, refusal=Refusal.OURS)


class Scripted:
    """A gateway that gives, or raises, what it is told to; each call takes two seconds."""

    name = "wechat"
    abilities = frozenset({Ability.SCAN, Ability.REFUND})
    holds_queries = True
    repeats_creates = False

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.outcome: Reply | BaseException = PAID
        self.heard: list[Any] = []

    async def _answer(self, *heard: Any) -> Reply:
        self.heard.append(heard)
        self.clock.now += 2
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome

    async def submit(self, *given: Any) -> Reply:
        return await self._answer("submit", *given)

    async def create_qr(self, *given: Any) -> Reply:
        return await self._answer("create_qr", *given)

    async def query(self, *given: Any) -> Reply:
        return await self._answer("query", *given)

    async def revoke(self, *given: Any) -> Reply:
        return await self._answer("revoke", *given)

    async def close(self, *given: Any) -> Reply:
        return await self._answer("close", *given)

    async def refund(self, *given: Any) -> Reply:
        return await self._answer("refund", *given)

    async def check(self) -> list[Problem]:
        return [Problem("looked at", blocking=False)]

    async def warm(self) -> None:
        self.heard.append("warm")

    async def aclose(self) -> None:
        self.heard.append("aclose")


class Counting:
    def __init__(self) -> None:
        self.clock = Clock()
        self.scripted = Scripted(self.clock)
        gateways: dict[str, Gateway] = {"wechat": self.scripted}
        self.requests = Requests(gateways, self.clock)
        self.gateway = self.requests.counted(gateways)["wechat"]

    def of(self, family: Family) -> dict[Labels, float | Times]:
        (reading,) = (reading for reading in self.requests.readings() if reading.family is family)
        return {labels: value for labels, value in reading.values if value}


@pytest.fixture
def counting() -> Counting:
    return Counting()


async def test_all_that_a_gateway_is_shows_through(counting: Counting) -> None:
    for name in ("name", "abilities", "holds_queries", "repeats_creates"):
        assert getattr(counting.gateway, name) == getattr(counting.scripted, name)
    assert await counting.gateway.check() == [Problem("looked at", blocking=False)]
    await counting.gateway.warm()
    await counting.gateway.aclose()
    assert counting.scripted.heard == ["warm", "aclose"]
    assert counting.of(f.REQUESTS) == {}


async def test_every_call_is_handed_on_and_counted_by_its_name(counting: Counting) -> None:
    gateway, code = counting.gateway, a_code()
    replies = [
        await gateway.submit(ORDER, code),
        await gateway.create_qr(ORDER),
        await gateway.query(ORDER),
        await gateway.revoke(ORDER),
        await gateway.close(ORDER),
        await gateway.refund(ORDER),
    ]
    assert all(reply is PAID for reply in replies)
    calls = ["submit", "create_qr", "query", "revoke", "close", "refund"]
    assert [heard[0] for heard in counting.scripted.heard] == calls
    assert counting.scripted.heard[0][1:] == (ORDER, code)
    assert counting.of(f.REQUESTS) == {("wechat", call, "answered"): 1 for call in calls}
    assert set(counting.of(f.REQUEST)) == {("wechat", call) for call in calls}


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Reply(Verdict.REFUSED, refusal=Refusal.PAYER), Outcome.ANSWERED),
        (Reply(Verdict.UNKNOWN), Outcome.ANSWERED),
        (REFUSED_BOX, Outcome.REFUSED_BOX),
        (Unintelligible("wrongly signed"), Outcome.UNINTELLIGIBLE),
        (NoAnswer("none in time"), Outcome.NO_ANSWER),
        (NotSent("no connection"), Outcome.NOT_SENT),
        (asyncio.CancelledError(), Outcome.BROKEN_OFF),
        (KeyError("a fault of the program"), Outcome.FAULT),
    ],
)
async def test_outcomes_are_told_apart_by_what_is_known_then(counting: Counting, outcome: Any, kind: Outcome) -> None:
    counting.scripted.outcome = outcome
    if isinstance(outcome, Reply):
        assert await counting.gateway.submit(ORDER, a_code()) is outcome
    else:
        with pytest.raises(type(outcome)) as raised:
            await counting.gateway.submit(ORDER, a_code())
        assert raised.value is outcome
        outcome.__traceback__ = None  # it outlives the test, and its frames hold the code
    assert counting.of(f.REQUESTS) == {("wechat", "submit", kind.value): 1}


async def test_the_time_is_that_of_the_call(counting: Counting) -> None:
    await counting.gateway.submit(ORDER, a_code())
    (times,) = counting.of(f.REQUEST).values()
    assert isinstance(times, Times)
    assert (times.counts[-1], times.sum_s) == (1, 2.0)


async def test_a_query_that_is_held_open_counts_and_its_time_does_not(counting: Counting) -> None:
    await counting.gateway.query(ORDER, 25.0)
    assert counting.scripted.heard == [("query", ORDER, 25.0)]
    assert counting.of(f.REQUESTS) == {("wechat", "query", "answered"): 1}
    assert counting.of(f.REQUEST) == {}


@pytest.mark.parametrize("outcome", [NotSent("no connection"), asyncio.CancelledError()])
async def test_what_never_left_or_was_broken_off_has_no_time(counting: Counting, outcome: BaseException) -> None:
    counting.scripted.outcome = outcome
    with pytest.raises(type(outcome)):
        await counting.gateway.revoke(ORDER)
    assert counting.of(f.REQUEST) == {}


def test_what_a_gateway_can_be_asked_is_there_from_the_start(counting: Counting) -> None:
    (reading, _times) = counting.requests.readings()
    assert {labels[1] for labels, _ in reading.values} == {"submit", "query", "revoke", "refund"}
    assert {labels[2] for labels, _ in reading.values} == {outcome.value for outcome in Outcome}


async def test_a_fault_of_counting_takes_nothing_from_the_answer(counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_labels: str) -> None:
        raise MemoryError

    monkeypatch.setattr(counting.requests._count, "add", fails)
    assert await counting.gateway.submit(ORDER, a_code()) is PAID
    counting.scripted.outcome = NoAnswer("none in time")
    with pytest.raises(NoAnswer):
        await counting.gateway.submit(ORDER, a_code())


async def test_a_code_is_not_held_once_its_call_has_failed(counting: Counting) -> None:
    """An error holds what it was raised through: nothing here may hold the error in turn (P10)."""
    gc.disable()
    try:
        code = AuthCode("139999999999999999")
        counting.scripted.outcome = NoAnswer("none in time")
        with pytest.raises(NoAnswer):
            await counting.gateway.submit(ORDER, code)
        counting.scripted.outcome, counting.scripted.heard = PAID, []
        gone = id(code)
        del code
        assert not [thing for thing in gc.get_objects() if isinstance(thing, AuthCode) and id(thing) == gone]
    finally:
        gc.enable()


async def test_counting_takes_no_turn_of_the_loop(counting: Counting) -> None:
    """A request must leave in the turn in which the runner sends it."""
    turns = 0

    def turn() -> None:
        nonlocal turns
        turns += 1

    asyncio.get_running_loop().call_soon(turn)
    await counting.gateway.submit(ORDER, a_code())
    assert turns == 0
