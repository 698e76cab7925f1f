"""What a line needs around it: time, one provider, and a loop for the calls. `mishap` befalls the next request."""

from __future__ import annotations

import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

from daemon.codes import AuthCode
from daemon.gateways.base import Ability
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Errand, Mode, OutTradeNo, State
from daemon.sandbox.scenario import Scenario, Standing, Timings
from daemon.simulation.desks import desk_for
from daemon.simulation.line import Kind, LineGateway
from daemon.simulation.loop import VirtualLoop
from daemon.simulation.mishaps import Mishap
from daemon.simulation.provider import Provider, Ways
from daemon.simulation.wire import WireGateway
from daemon.timing import Schedule

PAYERS = "130000000000000001"
WALLET = Kind("wallet", frozenset(Ability))
PLAIN = Ways()


def order(state: State = State.SUBMITTING, *, mode: Mode = Mode.SCAN) -> Attempt:
    amount = Amount(Minor(1250), "CNY")
    return Attempt(OutTradeNo("T1"), "wallet", "wechat", amount, state, 0.0, mode=mode, errand=Errand.ASK)


class Surroundings:
    """The calls of `daemon.simulation.trip.Surroundings`, and `ask`."""

    def __init__(self, scenario: Scenario, kind: Kind = WALLET, ways: Ways = PLAIN) -> None:
        self.now = 0.0
        self.is_network_down = False
        self.loop = VirtualLoop(lambda: self.now)
        self.mishap: Mishap | None = None
        self.sent: list[str] = []
        self.died: list[Mishap] = []
        self._events: list = []
        self._serials = count()
        self.provider = Provider(lambda: self.now, Timings(auto_close_s=45), ways, lambda _code: scenario)
        self.broken: list[str] = []
        if kind.wire:
            desk = desk_for(kind.wire, self.provider, self.wall)
            self.gateway = WireGateway(kind, self.provider, desk, Schedule(), self)
        else:
            self.gateway = LineGateway(kind, self.provider, Schedule(), self)

    def wall(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.now)

    def after(self, seconds, what) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._serials), what))

    def latency_s(self) -> float:
        return 0.1

    def refusal_s(self) -> float:
        return 1.0

    def befalls(self, _action, _attempt) -> Mishap | None:
        mishap, self.mishap = self.mishap, None
        return mishap

    def leaves(self, action, _attempt) -> None:
        self.sent.append(type(action).__name__)

    def hears(self, _action, _attempt, _reply) -> None: ...

    def dies(self, mishap: Mishap) -> None:
        self.died.append(mishap)
        self.loop.is_dead = True

    def breaks(self, promise: str, _text: str) -> None:
        self.broken.append(promise)

    def ask(self, work, mishap: Mishap | None = None, until: float = 100.0):
        """What comes of a call, and when: a reply or an error; None where nothing does."""
        self.mishap = mishap
        task = self.loop.create_task(work)
        self.loop.run_ready()
        end = self.now + until
        while self._events and self._events[0][0] <= end and not task.done():
            self.now, _, what = heapq.heappop(self._events)
            what()
            self.loop.run_ready()
        return (task.exception() or task.result()) if task.done() else None

    def pass_time(self, seconds: float) -> None:
        until = self.now + seconds
        while self._events and self._events[0][0] <= until:
            self.now, _, what = heapq.heappop(self._events)
            what()
        self.now = until

    @property
    def standing(self) -> Standing:
        return self.provider.standing("T1")


def charge(world: Surroundings, mishap: Mishap | None = None):
    return world.ask(world.gateway.submit(order(), AuthCode(PAYERS)), mishap)
