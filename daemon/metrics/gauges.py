"""What is read when somebody asks: nothing here is kept up to date for nobody. On the event loop's thread, out of memory alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from daemon.health import Board
from daemon.metrics import families as f
from daemon.metrics.families import Family
from daemon.metrics.tally import Labels, Reading
from daemon.payment import Payment, State
from daemon.tills.base import Giving, Till
from hw.interfaces import Condition, Health


class Gauges:
    """`live` gives the payments that are not at their end, `is_ready` whether a sale could start, `tills` the tills with a device of
    their own, `told` how many events the fleet's broker has acknowledged (asked where there is one)."""

    def __init__(
        self,
        board: Board,
        live: Callable[[], list[Payment]],
        is_ready: Callable[[], bool],
        tills: Sequence[Till],
        told: Callable[[], int] = lambda: 0,
    ) -> None:
        self._board = board
        self._live = live
        self._is_ready = is_ready
        self._tills = tills
        self._told = told

    def readings(self) -> list[Reading]:
        return [*self._of_payments(), *self._of_devices(), *self._of_gateways(), *self._of_tills(), *self._of_fleet()]

    def _of_payments(self) -> Iterable[Reading]:
        live = self._live()
        followed = sum(payment.state.is_final or payment.is_seen_to for payment in live)
        doubted = sum(payment.state is State.IN_DOUBT and not payment.is_seen_to for payment in live)
        yield _one(f.READY, self._is_ready())
        yield _one(f.OPEN, len(live) - followed - doubted)
        yield _one(f.FOLLOWED, followed)
        yield _one(f.IN_DOUBT, self._board.doubts)
        yield _one(f.JOURNAL_WRITABLE, self._board.journal is None)

    def _of_devices(self) -> Iterable[Reading]:
        devices = self._board.all_devices.items()
        yield _many(f.DEVICE_UP, (((name,), _is_ok(health)) for name, health in devices))
        yield _many(f.DEVICE_DEGRADED, (((name,), _is_ok(health) and health.detail != "") for name, health in devices))

    def _of_gateways(self) -> Iterable[Reading]:
        links = self._board.links.items()
        yield _many(f.GATEWAY_UP, (((name,), _is_ok(link.health)) for name, link in links))
        problems = (((name, part.value), not _is_ok(link.health) and link.part is part) for name, link in links for part in f.PROBLEMS)
        yield _many(f.GATEWAY_PROBLEM, problems)

    def _of_tills(self) -> Iterable[Reading]:
        giving = [till for till in self._tills if isinstance(till, Giving)]
        yield _many(f.GOODS_OWED, (((till.name,), till.is_giving) for till in giving))
        yield _many(f.TILL_HELD, (((till.name,), till.name in self._board.held) for till in giving))

    def _of_fleet(self) -> Iterable[Reading]:
        fleet = self._board.fleet
        yield _many(f.FLEET_UP, () if fleet is None else [((), _is_ok(fleet))])
        yield _many(f.FLEET_TOLD, () if fleet is None else [((), self._told())])


def _is_ok(health: Health) -> bool:
    return health.condition is Condition.OK


def _one(family: Family, value: float) -> Reading:
    return Reading(family, (((), float(value)),))


def _many(family: Family, values: Iterable[tuple[Labels, float]]) -> Reading:
    return Reading(family, tuple((labels, float(value)) for labels, value in values))
