"""Gateways as they are shipped, on a wire in memory: what they send is checked and answered in bytes, and read by them.

A request waits on its way like any other (`trip`); only connections, TLS and HTTP itself are left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from multidict import CIMultiDict, CIMultiDictProxy

from daemon.codes import AuthCode
from daemon.events import Action, Close, CreateQr, Query, Refund, Revoke, Submit
from daemon.gateways.client import MAX_BODY, TlsSettings
from daemon.gateways.client import Answer as Received
from daemon.gateways.signing import Request
from daemon.payment import Attempt
from daemon.reply import NoAnswer, Reply, Unintelligible, Verdict
from daemon.sandbox.delivery import Answer, damaged
from daemon.sandbox.scenario import HONEST, Fault, Lie, Step
from daemon.simulation.desks import Desk
from daemon.simulation.line import LOST_AFTER, HeardGateway, Kind
from daemon.simulation.provider import Provider
from daemon.simulation.trip import UNPROVEN, Surroundings, Trip
from daemon.timing import Schedule

FALSE = UNPROVEN | {Lie.AMOUNT, Lie.CURRENCY, Lie.MERCHANT, Lie.NUMBER}
"""Lies after which nothing is proven."""

_DAMAGES = (Fault.MALFORMED, Fault.EMPTY, Fault.NOT_UTF8, Fault.HTML_502, Fault.DOCTYPE, Fault.REDIRECT)
"""What may befall an answer on its way, in turn."""


class WireGateway(HeardGateway):
    """A gateway of one life of the box, whose client has `desk` at its other end. As `daemon.gateways.base.Gateway`."""

    def __init__(self, kind: Kind, provider: Provider, desk: Desk, schedule: Schedule, world: Surroundings) -> None:
        super().__init__(kind, world)
        self._provider = provider
        self._desk = desk
        self._lost_s = LOST_AFTER * schedule.give_up_s
        self._about: tuple[Action, Attempt] | None = None  # the call that is just being begun
        self._bent: Step | None = None  # how the answer that is just being read was bent
        self._gateway = desk.gateway(kind.name, schedule, self._connect)

    def _connect(self, base_url: str, *, tls: TlsSettings) -> _Wire:
        return _Wire(self.carry, base_url, tls.cert_file is not None)

    async def submit(self, attempt: Attempt, auth_code: AuthCode) -> Reply:
        return await self._call(Submit(attempt.out_trade_no), attempt, self._gateway.submit(attempt, auth_code))

    async def create_qr(self, attempt: Attempt) -> Reply:
        return await self._call(CreateQr(attempt.out_trade_no), attempt, self._gateway.create_qr(attempt))

    async def query(self, attempt: Attempt, hold_s: float = 0.0) -> Reply:
        return await self._call(Query(attempt.out_trade_no, hold_s=hold_s), attempt, self._gateway.query(attempt, hold_s))

    async def revoke(self, attempt: Attempt) -> Reply:
        return await self._call(Revoke(attempt.out_trade_no), attempt, self._gateway.revoke(attempt))

    async def close(self, attempt: Attempt) -> Reply:
        return await self._call(Close(attempt.out_trade_no), attempt, self._gateway.close(attempt))

    async def refund(self, attempt: Attempt) -> Reply:
        return await self._call(Refund(attempt.out_trade_no), attempt, self._gateway.refund(attempt))

    async def _call(self, action: Action, attempt: Attempt, asking: Awaitable[Reply]) -> Reply:
        self._about, self._bent = (action, attempt), None
        reply = await self._heard(action, attempt, asking)
        if self._bent is not None and reply.verdict is Verdict.PAID and self._bent.lie in FALSE:
            self._world.breaks("P6", f"an answer with a false {self._bent.lie} was taken for a proof")
        return reply

    async def carry(self, request: Request, timeout_s: float, *, certified: bool) -> Received:
        """The answer to a request of the call that is just being made."""
        assert self._about is not None, "a gateway asks its client once for each call, and before anything else"
        (action, attempt), self._about = self._about, None
        answer: asyncio.Future[_Said] = asyncio.get_running_loop().create_future()
        ask = _Posted(self._desk, request, certified)
        Trip(self._provider, self._world, action, attempt, ask, answer, timeout_s, self._lost_s).begin()
        said, self._bent = await answer
        return _received(said)


class _Carry(Protocol):
    async def __call__(self, request: Request, timeout_s: float, *, certified: bool) -> Received: ...


@dataclass(frozen=True, slots=True)
class _Wire:
    """The client that such a gateway is given (`daemon.gateways.client.Http`)."""

    carry: _Carry
    base_url: str
    certified: bool

    async def post(self, path: str, body: bytes, headers: Mapping[str, str], timeout_s: float) -> Received:
        return await self.carry(Request("POST", self.base_url + path, headers, body), timeout_s, certified=self.certified)

    async def get(self, path: str, headers: Mapping[str, str], timeout_s: float) -> Received:
        return await self.carry(Request("GET", self.base_url + path, headers), timeout_s, certified=self.certified)

    async def warm(self) -> None: ...

    async def aclose(self) -> None: ...


_Said = tuple[Answer, Step]
"""An answer, and how it was bent."""


@dataclass(frozen=True, slots=True)
class _Posted:
    """A request whose answer is bytes."""

    desk: Desk
    request: Request = field(repr=False)
    certified: bool

    def carry_out(self) -> tuple[_Said, Step]:
        said = self.desk.answer(self.request, certified=self.certified)
        return said, said[1]

    def as_it_stands(self) -> _Said:
        return self.desk.look(self.request)

    def busy(self) -> _Said:
        return self.desk.busy(self.request), HONEST

    def spoilt(self, answer: _Said, step: Step) -> _Said:
        said, _ = answer
        if step.lie in UNPROVEN:  # the desk has seen to it
            return answer
        if step.fault is Fault.TRUNCATED:
            raise NoAnswer("the connection broke before the whole answer was there")
        return damaged(said, step.fault if step.fault is not Fault.NONE else _DAMAGES[len(said.body) % len(_DAMAGES)]), step


def _received(answer: Answer) -> Received:
    """As `daemon.gateways.client` gives it, which refuses two things itself."""
    if answer.headers.get("Content-Encoding"):
        raise Unintelligible("the answer is compressed although that was not accepted")
    if len(answer.body) > MAX_BODY:
        raise Unintelligible("the answer is too large")
    return Received(answer.status, CIMultiDictProxy(CIMultiDict({**answer.headers, "Content-Type": answer.content_type})), answer.body)
