"""One request on its way to the provider and its answer on the way back, as the mishap of that request lets them.

A request that has left goes its way whatever becomes of the box; an answer finds its way back only to the life of the box that
asked. What request and answer are, verdicts or bytes, is the `Ask`'s affair.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from daemon.events import Action, Query
from daemon.payment import Attempt
from daemon.reply import GatewayError, NoAnswer, NotSent, Reply
from daemon.sandbox.order import Order
from daemon.sandbox.scenario import Fault, Lie, Step
from daemon.simulation.mishaps import Mishap
from daemon.simulation.provider import CUT, Provider

T = TypeVar("T")

_UNHEARD = frozenset({Mishap.REQUEST_LOST, Mishap.REQUEST_LATE, Mishap.ANSWER_LOST, Mishap.ANSWER_LATE})
UNPROVEN = frozenset({Lie.SIGNATURE, Lie.NO_SIGNATURE})
LATE_S = 3.0  # after nobody waits any more
SOONER = 0.98  # of the limit, at the latest, a gateway knows that it has no connection
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

    def breaks(self, promise: str, text: str) -> None:
        """Something was seen that must never be."""


class Ask(Protocol[T]):
    """One request, as the provider sees it when it arrives."""

    def carry_out(self) -> tuple[T, Step]:
        """What comes of it, and how the order's scenario bends the answer."""

    def as_it_stands(self) -> T:
        """What a query that was held open is answered in the end."""

    def busy(self) -> T:
        """Nothing was done, and the provider says so in a way that proves nothing."""

    def spoilt(self, answer: T, step: Step) -> T:
        """The answer with the step's fault or false signature; where it has none, damaged on its way. May raise Unintelligible."""


@dataclass(slots=True)
class Trip(Generic[T]):
    """`begin()` starts it; `answer` is given what comes back. Seconds of true time."""

    provider: Provider
    world: Surroundings
    action: Action
    attempt: Attempt
    ask: Ask[T]
    answer: asyncio.Future[T]
    limit_s: float  # so long the box waits
    lost_s: float  # after which the box may hold a charge that the provider does not know to be lost
    mishap: Mishap | None = None

    def begin(self) -> None:
        self.mishap = self.world.befalls(self.action, self.attempt)
        if self.world.is_network_down or self.mishap is Mishap.NOT_SENT:
            waits_s = min(self.world.refusal_s(), SOONER * self.limit_s)
            self._later(waits_s, lambda: self._fail(NotSent("no connection")))
            return
        self.world.leaves(self.action, self.attempt)
        if self.mishap is Mishap.REQUEST_LATE:
            self._later(min(self.limit_s + LATE_S, self.lost_s), self._arrive_late)
        elif self.mishap is not Mishap.REQUEST_LOST:
            self._later(self.world.latency_s(), self._arrive)
        if self.mishap in _UNHEARD or self._is_held():
            self._later(self.limit_s, lambda: self._fail(NoAnswer("no answer in time")))
        if self.mishap is Mishap.DIES_SENDING:
            self.world.dies(self.mishap)

    def _arrive(self) -> None:
        """At the provider."""
        if self.mishap is Mishap.ANSWER_BUSY:
            self._back(self.ask.busy())
            return
        answer, step = self.ask.carry_out()
        if self.mishap is Mishap.REQUEST_TWICE:
            self._later(self.world.latency_s(), self.ask.carry_out)
        if self._is_held() and self.provider.standing(self.attempt.out_trade_no).is_payable:
            self._hold()
        elif step.fault in CUT:
            self._later(self.limit_s, lambda: self._fail(NoAnswer("cut")))
        elif step.fault is not Fault.NONE or step.lie in UNPROVEN or self.mishap is Mishap.ANSWER_CORRUPT:
            self._later(self.world.latency_s(), lambda: self._spoil(answer, step))
        elif self.mishap is not Mishap.ANSWER_LOST:
            self._back(answer)

    def _arrive_late(self) -> None:
        self.provider.is_late = True
        self.ask.carry_out()
        self.provider.is_late = False

    def _is_held(self) -> bool:
        return isinstance(self.action, Query) and self.action.hold_s > 0

    def _hold(self) -> None:
        """The answer comes when something changes, or when the time is up."""
        assert isinstance(self.action, Query)
        number = self.attempt.out_trade_no
        was = self.provider.standing(number)
        unsubscribe: list[Callable[[], None]] = []

        def answer() -> None:
            if unsubscribe:
                unsubscribe.pop()()
                self._back(self.ask.as_it_stands())

        def look(order: Order) -> None:
            if order.number == number and order.state is not was:
                self._later(0.0, answer)

        unsubscribe.append(self.provider.ledger.subscribe(look))
        if (due := self.provider.ledger.next_due()) is not None:  # somebody must look when the payer has paid
            self._later(max(0.0, due - self.provider.now()), self.provider.ledger.advance)
        self._later(max(0.0, self.action.hold_s - HELD_TOO_LONG_S), answer)

    def _back(self, answer: T) -> None:
        late = self.mishap is Mishap.ANSWER_LATE
        self._later(self.limit_s + LATE_S if late else self.world.latency_s(), lambda: self._give(answer))

    def _spoil(self, answer: T, step: Step) -> None:
        if not self.answer.done():
            try:
                self.answer.set_result(self.ask.spoilt(answer, step))
            except GatewayError as error:
                self.answer.set_exception(error)

    def _give(self, answer: T) -> None:
        if self.answer.done():
            return
        if self.mishap is Mishap.DIES_HEARING:
            self.world.dies(self.mishap)
        else:
            self.answer.set_result(answer)

    def _fail(self, error: GatewayError) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def _later(self, seconds: float, what: Callable[[], object]) -> None:
        self.world.after(seconds, what)
