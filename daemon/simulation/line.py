"""A gateway in verdicts: what a provider's answer would be read as, without its bytes. `wire` has the ones with bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from daemon.codes import AuthCode
from daemon.events import Action, Close, CreateQr, Query, Refund, Revoke, Submit
from daemon.gateways.base import Ability, Problem
from daemon.payment import Attempt
from daemon.reply import GatewayError, Reply, Unintelligible, Verdict
from daemon.sandbox.scenario import Step
from daemon.simulation.provider import Provider
from daemon.simulation.trip import Surroundings, Trip
from daemon.timing import Schedule

LOST_AFTER = 1.9  # times `give_up_s`: the latest that what was on its way arrives


@dataclass(frozen=True, slots=True)
class Kind:
    """What a gateway can do, and what its provider is like. `wire` names the format in which both speak; "": in verdicts."""

    name: str
    abilities: frozenset[Ability]
    holds_queries: bool = False
    repeats_creates: bool = False
    wire: str = ""


class HeardGateway:
    """What all gateways of the simulator have in common: what the kind says of itself, and that the world hears of each answer."""

    def __init__(self, kind: Kind, world: Surroundings) -> None:
        self.name = kind.name
        self.abilities = kind.abilities
        self.holds_queries = kind.holds_queries
        self.repeats_creates = kind.repeats_creates
        self._world = world

    async def check(self) -> list[Problem]:
        """Whether there is a way to the provider, which is all that can be wrong here."""
        return [Problem("no route", blocking=False)] if self._world.is_network_down else []

    async def warm(self) -> None: ...

    async def aclose(self) -> None: ...

    async def _heard(self, action: Action, attempt: Attempt, asking: Awaitable[Reply]) -> Reply:
        try:
            reply = await asking
        except GatewayError as error:
            self._world.hears(action, attempt, error)
            raise
        self._world.hears(action, attempt, reply)
        return reply


class LineGateway(HeardGateway):
    """A gateway of one life of the box. The calls are those of `daemon.gateways.base.Gateway`."""

    def __init__(self, kind: Kind, provider: Provider, schedule: Schedule, world: Surroundings) -> None:
        super().__init__(kind, world)
        self._provider = provider
        self._schedule = schedule

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

    async def _call(self, action: Action, attempt: Attempt, limit_s: float, code: str | None = None) -> Reply:
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        ask = _Spoken(self._provider, action, attempt, code, self.repeats_creates)
        Trip(self._provider, self._world, action, attempt, ask, answer, limit_s, LOST_AFTER * self._schedule.give_up_s).begin()
        return await self._heard(action, attempt, answer)


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A request whose answer is a verdict."""

    provider: Provider
    action: Action
    attempt: Attempt
    code: str | None
    repeats_creates: bool

    def carry_out(self) -> tuple[Reply, Step]:
        if self.repeats_creates and isinstance(self.action, CreateQr) and self.provider.is_asked_for(self.attempt.out_trade_no):
            return self.provider.create_again(self.attempt), Step()
        return self.provider.carry_out(self.action, self.attempt, self.code)

    def as_it_stands(self) -> Reply:
        return self.provider.as_it_stands(self.attempt)

    def busy(self) -> Reply:
        return Reply(Verdict.REVOKE_AGAIN if isinstance(self.action, Revoke) else Verdict.UNKNOWN, "SYSTEMERROR")

    def spoilt(self, answer: Reply, step: Step) -> Reply:  # noqa: ARG002  # whatever it was: it proves nothing
        raise Unintelligible("it proves nothing")
