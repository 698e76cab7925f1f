"""What machines owe payers, on the simulated disk: the rules of `daemon.goods_rows`, with a mark on what was told to be unsynced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from daemon.goods import Owing
from daemon.payment import Payment, Ref, State
from daemon.simulation.kinds import WARES

_LATE = "the payment was proven too late for its goods"


@dataclass(slots=True)
class GoodsOnDisk:
    """`told` hears of each row as it comes to be there; `unsynced` are those of which the box was told that they may not be."""

    told: Callable[[Owing], object] = lambda _owing: None
    unsynced: set[Ref] = field(default_factory=set)
    _rows: dict[Ref, Owing] = field(default_factory=dict)

    def owe(self, payment: Payment, before: State | None) -> None:
        """The payment is stored so; `before` is what it was on the disk. Once it has come to be paid, its goods are owed."""
        ware = WARES.get(payment.till)
        if ware is None or payment.state is not State.PAID or before is State.PAID or payment.ref in self._rows:
            return
        owing = Owing(payment, ware.unit, ware.units(payment.amount))
        self._put(owing.end(_LATE) if before is State.IN_DOUBT else owing)

    def change(self, owing: Owing) -> None:
        """Raises KeyError where there is no such row."""
        if owing.payment.ref not in self._rows:
            raise KeyError(owing.payment.ref)
        self._put(owing)

    def of(self, payment: Payment) -> Owing | None:
        owing = self._rows.get(payment.ref)
        return None if owing is None else replace(owing, payment=payment)

    def still_open(self, till: str) -> list[Ref]:
        """Of what something is still to be done, oldest payment first."""
        return [ref for ref, owing in self._rows.items() if owing.is_open and owing.payment.till == till]

    def in_hand(self, till: str) -> list[Owing]:
        """Of which a unit is begun and neither certain nor in doubt."""
        return [owing for owing in self._rows.values() if owing.payment.till == till and owing.in_hand is not None and owing.is_open]

    def doubtful(self) -> Iterator[Ref]:
        """Those that a person must look at."""
        return (ref for ref, owing in self._rows.items() if owing.is_doubtful)

    @property
    def is_settled(self) -> bool:
        """Nothing is left to be done about any."""
        return not any(owing.is_open for owing in self._rows.values())

    def _put(self, owing: Owing) -> None:
        self._rows[owing.payment.ref] = owing
        self.unsynced.discard(owing.payment.ref)
        self.told(owing)
