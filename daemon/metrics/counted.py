"""A gateway whose requests are counted and timed. It hands everything on as it is, in the same turn of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import product

from daemon.codes import AuthCode
from daemon.gateways.base import Ability, Gateway, Problem
from daemon.metrics import families as f
from daemon.metrics.families import Outcome
from daemon.metrics.harmless import harmless
from daemon.metrics.tally import Counter, Histogram, Reading
from daemon.payment import Attempt
from daemon.reply import NoAnswer, NotSent, Refusal, Reply, Unintelligible

# What may be called of a gateway that can do this.
_CALLS = {
    Ability.SCAN: ("submit", "query", "revoke"),
    Ability.SHOW: ("create_qr", "query"),
    Ability.REFUND: ("refund",),
    Ability.CLOSE: ("close",),
}


class Requests:
    """The count of all gateways' requests."""

    def __init__(self, gateways: Mapping[str, Gateway], now: Callable[[], float]) -> None:
        self.now = now
        known = [(name, call) for name, gateway in gateways.items() for call in _calls(gateway)]
        self._count = Counter(f.REQUESTS, ((*labels, outcome.value) for labels, outcome in product(known, Outcome)))
        self._times = Histogram(f.REQUEST)  # of calls that were made: a dozen buckets for each of the others would be most of a scrape

    def counted(self, gateways: Mapping[str, Gateway]) -> dict[str, Gateway]:
        """The same gateways, each counted."""
        return {name: CountedGateway(gateway, self) for name, gateway in gateways.items()}

    def readings(self) -> list[Reading]:
        return [self._count.read(), self._times.read()]

    @harmless
    def add(self, gateway: str, call: str, outcome: object, took_s: float | None) -> None:
        """`outcome` is the reply, or what was raised; `took_s` is None where the time says nothing."""
        kind = _kind(outcome)
        self._count.add(gateway, call, kind.value)
        if took_s is not None and kind not in (Outcome.NOT_SENT, Outcome.BROKEN_OFF):
            self._times.add(took_s, gateway, call)


class CountedGateway:
    """`daemon.gateways.base.Gateway`, as that of another one."""

    def __init__(self, gateway: Gateway, requests: Requests) -> None:
        self._gateway = gateway
        self._requests = requests
        self.name = gateway.name
        self.abilities = gateway.abilities
        self.holds_queries = gateway.holds_queries
        self.repeats_creates = gateway.repeats_creates

    async def submit(self, attempt: Attempt, auth_code: AuthCode) -> Reply:
        return await self._counted("submit", self._gateway.submit(attempt, auth_code))

    async def create_qr(self, attempt: Attempt) -> Reply:
        return await self._counted("create_qr", self._gateway.create_qr(attempt))

    async def query(self, attempt: Attempt, hold_s: float = 0.0) -> Reply:
        return await self._counted("query", self._gateway.query(attempt, hold_s), is_held=hold_s > 0)

    async def revoke(self, attempt: Attempt) -> Reply:
        return await self._counted("revoke", self._gateway.revoke(attempt))

    async def close(self, attempt: Attempt) -> Reply:
        return await self._counted("close", self._gateway.close(attempt))

    async def refund(self, attempt: Attempt) -> Reply:
        return await self._counted("refund", self._gateway.refund(attempt))

    async def check(self) -> list[Problem]:
        return await self._gateway.check()

    async def warm(self) -> None:
        await self._gateway.warm()

    async def aclose(self) -> None:
        await self._gateway.aclose()

    async def _counted(self, call: str, asked: Awaitable[Reply], *, is_held: bool = False) -> Reply:
        """Keeps no error beyond this call: what it was raised through had the payer's code in hand (P10)."""
        began = self._requests.now()
        try:
            reply = await asked
        except BaseException as error:
            self._requests.add(self.name, call, error, self._since(began, is_held))
            raise
        self._requests.add(self.name, call, reply, self._since(began, is_held))
        return reply

    def _since(self, began: float, is_held: bool) -> float | None:
        return None if is_held else self._requests.now() - began


def _calls(gateway: Gateway) -> Iterable[str]:
    return sorted({call for ability in gateway.abilities for call in _CALLS[ability]})


def _kind(outcome: object) -> Outcome:
    match outcome:
        case Reply():
            return Outcome.REFUSED_BOX if outcome.refusal is Refusal.OURS else Outcome.ANSWERED
        case NotSent():
            return Outcome.NOT_SENT
        case NoAnswer():
            return Outcome.NO_ANSWER
        case Unintelligible():
            return Outcome.UNINTELLIGIBLE
        case asyncio.CancelledError():
            return Outcome.BROKEN_OFF
    return Outcome.FAULT
