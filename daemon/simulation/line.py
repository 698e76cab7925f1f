"""The line between box and provider: a gateway that carries each call as the mishap of that call lets it.

A request that has left goes its way whatever becomes of the box; an answer finds its way back only to the life of the box that
asked. True time is the world's; `Trip` says how long each way takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from daemon.codes import AuthCode
from daemon.events import Action, Close, CreateQr, Query, Refund, Revoke, Submit
from daemon.gateways.base import Ability, Problem
from daemon.payment import Attempt
from daemon.reply import GatewayError, NoAnswer, NotSent, Reply, Unintelligible, Verdict
from daemon.sandbox.order import Order
from daemon.sandbox.scenario import Fault, Lie, Step
from daemon.simulation.mishaps import Mishap
from daemon.simulation.provider import CUT, Provider
from daemon.timing import Schedule

_UNHEARD = frozenset({Mishap.REQUEST_LOST, Mishap.REQUEST_LATE, Mishap.ANSWER_LOST, Mishap.ANSWER_LATE})
LATE_S = 3.0  # after nobody waits any more
HELD_TOO_LONG_S = 0.2  # a held query is answered so long before its time is up


class Surroundings(Protocol):
    """What a line needs of the world."""

    is_network_down: bool

    def after(self, seconds: float, what: Callable[[], object]) -> None:
        """Do that so many true seconds from now."""

    def latency_s(self) -> float:
        """How long the next thing is on its way."""

    def refusal_s(self) -> float:
        """How long it takes until it is sure that there is no connection."""

    def befalls(self, action: Action, attempt: Attempt) -> Mishap | None:
        """What goes wrong with this request."""

    def leaves(self, action: Action, attempt: Attempt) -> None:
        """A request leaves the box: everything that must be true of it is looked at."""

    def hears(self, action: Action, attempt: Attempt, reply: Reply | GatewayError) -> None:
        """An answer is there."""

    def dies(self, mishap: Mishap) -> None:
        """The box is dead from here on."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a gateway can do, and what its provider is like."""

    name: str
    abilities: frozenset[Ability]
    holds_queries: bool = False
    repeats_creates: bool = False


class LineGateway:
    """A gateway of one life of the box. The calls are those of `daemon.gateways.base.Gateway`."""

    def __init__(self, kind: Kind, provider: Provider, schedule: Schedule, world: Surroundings) -> None:
        self.name = kind.name
        self.abilities = kind.abilities
        self.holds_queries = kind.holds_queries
        self.repeats_creates = kind.repeats_creates
        self._provider = provider
        self._schedule = schedule
        self._world = world

    async def submit(self, attempt: Attempt, auth_code: AuthCode) -> Reply:
        return await self._call(Submit(attempt.out_trade_no), attempt, self._schedule.answer_s, auth_code.reveal())

    async def create_qr(self, attempt: Attempt) -> Reply:
        return await self._call(CreateQr(attempt.out_trade_no), attempt, self._schedule.answer_s)

    async def query(self, attempt: Attempt, hold_s: float = 0.0) -> Reply:
        return await self._call(Query(attempt.out_trade_no, hold_s=hold_s), attempt, self._schedule.reply_s + hold_s)

    async def revoke(self, attempt: Attempt) -> Reply:
        return await self._call(Revoke(attempt.out_trade_no), attempt, self._schedule.reply_s)

    async def close(self, attempt: Attempt) -> Reply:
        return await self._call(Close(attempt.out_trade_no), attempt, self._schedule.reply_s)

    async def refund(self, attempt: Attempt) -> Reply:
        return await self._call(Refund(attempt.out_trade_no), attempt, self._schedule.reply_s)

    async def check(self) -> list[Problem]:
        return []

    async def warm(self) -> None: ...

    async def aclose(self) -> None: ...

    async def _call(self, action: Action, attempt: Attempt, limit_s: float, code: str | None = None) -> Reply:
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        _Trip(
            self._provider, self._world, action, attempt, code, answer, limit_s, 1.9 * self._schedule.give_up_s, self.repeats_creates
        ).begin()
        try:
            reply = await answer
        except GatewayError as error:
            self._world.hears(action, attempt, error)
            raise
        self._world.hears(action, attempt, reply)
        return reply


@dataclass(slots=True)
class _Trip:
    """One request on its way there, and what comes back."""

    provider: Provider
    world: Surroundings
    action: Action
    attempt: Attempt
    code: str | None
    answer: asyncio.Future[Reply]
    limit_s: float
    lost_s: float  # after which the box may hold a charge that the provider does not know to be lost
    again: bool
    mishap: Mishap | None = None

    def begin(self) -> None:
        self.mishap = self.world.befalls(self.action, self.attempt)
        if self.world.is_network_down or self.mishap is Mishap.NOT_SENT:
            self._later(self.world.refusal_s(), lambda: self._fail(NotSent("no connection")))
            return
        self.world.leaves(self.action, self.attempt)
        if self.mishap is Mishap.REQUEST_LATE:
            self._later(min(self.limit_s + LATE_S, self.lost_s), self._carry_out)
        elif self.mishap is not Mishap.REQUEST_LOST:
            self._later(self.world.latency_s(), self._arrive)
        if self.mishap in _UNHEARD or self._is_held():
            self._later(self.limit_s, lambda: self._fail(NoAnswer("no answer in time")))
        if self.mishap is Mishap.DIES_SENDING:
            self.world.dies(self.mishap)

    def _arrive(self) -> None:
        """At the provider."""
        if self.mishap is Mishap.ANSWER_BUSY:
            self._back(_busy(self.action))
            return
        reply, step = self._carry_out()
        if self.mishap is Mishap.REQUEST_TWICE:
            self._later(self.world.latency_s(), self._carry_out)
        if self._is_held() and self.provider.standing(self.attempt.out_trade_no).is_payable:
            self._hold()
        elif step.fault in CUT:
            self._later(self.limit_s, lambda: self._fail(NoAnswer("cut")))
        elif step.fault is not Fault.NONE or step.lie in (Lie.SIGNATURE, Lie.NO_SIGNATURE) or self.mishap is Mishap.ANSWER_CORRUPT:
            self._later(self.world.latency_s(), lambda: self._fail(Unintelligible("it proves nothing")))
        elif self.mishap is not Mishap.ANSWER_LOST:
            self._back(reply)

    def _is_held(self) -> bool:
        return isinstance(self.action, Query) and self.action.hold_s > 0

    def _carry_out(self) -> tuple[Reply, Step]:
        if self.again and isinstance(self.action, CreateQr) and self.provider.is_asked_for(self.attempt.out_trade_no):
            return self.provider.create_again(self.attempt), Step()
        return self.provider.carry_out(self.action, self.attempt, self.code)

    def _hold(self) -> None:
        """The answer comes when something changes, or when the time is up."""
        assert isinstance(self.action, Query)
        number = self.attempt.out_trade_no
        was = self.provider.standing(number)
        unsubscribe: list[Callable[[], None]] = []

        def answer() -> None:
            if unsubscribe:
                unsubscribe.pop()()
                self._back(self.provider.as_it_stands(self.attempt))

        def look(order: Order) -> None:
            if order.number == number and order.state is not was:
                self._later(0.0, answer)

        unsubscribe.append(self.provider.ledger.subscribe(look))
        if (due := self.provider.ledger.next_due()) is not None:  # somebody must look when the payer has paid
            self._later(max(0.0, due - self.provider.now()), self.provider.ledger.advance)
        self._later(max(0.0, self.action.hold_s - HELD_TOO_LONG_S), answer)

    def _back(self, reply: Reply) -> None:
        late = self.mishap is Mishap.ANSWER_LATE
        self._later(self.limit_s + LATE_S if late else self.world.latency_s(), lambda: self._give(reply))

    def _give(self, reply: Reply) -> None:
        if self.answer.done():
            return
        if self.mishap is Mishap.DIES_HEARING:
            self.world.dies(self.mishap)
        else:
            self.answer.set_result(reply)

    def _fail(self, error: GatewayError) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def _later(self, seconds: float, what: Callable[[], object]) -> None:
        self.world.after(seconds, what)


def _busy(action: Action) -> Reply:
    """Nothing was done, and the provider says so in a way that proves nothing."""
    return Reply(Verdict.REVOKE_AGAIN if isinstance(action, Revoke) else Verdict.UNKNOWN, "SYSTEMERROR")
