"""People before a till of their own, one turn after the other, and now and then somebody at another till beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from daemon.payment import Payment, State
from daemon.simulation.kinds import TillKind
from daemon.simulation.till import Till
from daemon.simulation.world import World

LOOKS_S = (1.0, 2.0, 4.0, 8.0, 15.0)  # between two looks at what somebody waits for; the last one again and again
PAUSES_S = (2.0, 2.0, 30.0, 200.0)  # between two turns
SALES_BESIDE = 3  # over HTTP, at most


@dataclass(frozen=True, slots=True)
class Wait:
    """For something, for so long at most: then `then` is done, or `else_`."""

    until: Callable[[], bool]
    then: Callable[[], object]
    else_: Callable[[], object]
    most_s: float


class Turns(ABC):
    """`kind` is the till's, under which its payments are."""

    kind: TillKind

    def __init__(self, world: World, turns: int) -> None:
        self.world = world
        self.choices = world.choices
        self._left = turns
        self._is_over = False
        self._beside = Till(world, self.choices.below(SALES_BESIDE))

    @property
    def is_done(self) -> bool:
        return self._is_over and self._beside.is_done and self.world.disk.goods.is_settled

    def next_sale(self) -> None:
        """The first turn of each till."""
        self.world.after(self.choices.pick(PAUSES_S), self._beside.next_sale)
        self._next()

    @abstractmethod
    def check(self) -> None:
        """In the end, what was not looked at as it happened. Raises Broken."""

    @abstractmethod
    def begin_turn(self) -> None:
        """Somebody comes. `turn_over` is called in the end."""

    @abstractmethod
    def close(self) -> None:
        """Nobody comes any more. `closed` is called in the end."""

    def turn_over(self) -> None:
        self.world.after(self.choices.pick(PAUSES_S), self._next)

    def closed(self) -> None:
        self._is_over = True

    def later(self, seconds: float, what: Callable[[], object]) -> None:
        """Do that, unless nobody comes any more by then."""
        self.world.after(seconds, lambda: None if self._is_over else what())

    def wait(self, wait: Wait, looks: int = 0) -> None:
        """Look until it is so, or has taken too long."""
        pause_s = LOOKS_S[min(looks, len(LOOKS_S) - 1)]
        left_s = wait.most_s - pause_s
        if wait.until():
            wait.then()
        elif left_s <= 0:
            wait.else_()
        else:
            further = Wait(wait.until, wait.then, wait.else_, left_s)
            self.world.after(pause_s, lambda: self.wait(further, looks + 1))

    # -- what is to be seen of this till's payments --

    @property
    def payments(self) -> list[Payment]:
        """Oldest first."""
        return [payment for payment in self.world.disk.all if payment.till == self.kind.value]

    @property
    def served(self) -> int:
        """How many payers have come and had their end, with all that was owed to them."""
        return sum(bool(payment.attempts) and self.is_settled(payment) for payment in self.payments)

    def is_settled(self, payment: Payment) -> bool:
        owing = self.world.disk.owing(payment.ref)
        return (payment.state.is_final or payment.state is State.IN_DOUBT) and (owing is None or not owing.is_open)

    def _next(self) -> None:
        if self._left == 0:
            self.close()
            return
        self._left -= 1
        self.begin_turn()


def is_shown(payment: Payment) -> bool:
    """Whether it is open on the box's panel, so that nothing else can be asked for."""
    return payment.state is State.AWAITING_CODE or (payment.state.is_unknown and payment.state is not State.IN_DOUBT)
