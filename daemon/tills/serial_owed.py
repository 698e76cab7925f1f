"""What one serial till is owed: read from the journal, told when it is due."""

from __future__ import annotations

from daemon.payment import Payment, Ref
from daemon.tills.base import Telling, Tellings
from daemon.tills.serial_repeats import Repeats, Rhythm
from daemon.tills.serial_wire import PLAIN

OWED_MOST = 16  # payments told again and again, newest first; older ones follow as those are acknowledged


def is_plain(ref: Ref) -> bool:
    """Whether the box made up that ref, for a till that speaks the plain form. Nothing of it is ever repeated."""
    return ref.startswith(PLAIN)


class Owed:
    """The payments of the till called `name` that are open, or whose end it has not acknowledged. `now` is monotonic seconds."""

    def __init__(self, name: str, tellings: Tellings, rhythm: Rhythm) -> None:
        self._name = name
        self._tellings = tellings
        self._repeats = Repeats(rhythm)
        self._told: dict[Ref, Telling] = {}
        self._changes = 0

    @property
    def next_at(self) -> float | None:
        return self._repeats.next_at

    async def read(self) -> list[Telling]:
        """What the journal says is owed. Raises NotStorable. What changes meanwhile is read again: no older state is told after a
        newer one."""
        changes = -1
        while changes != self._changes:
            changes = self._changes
            found = await self._tellings.owed(self._name, OWED_MOST)
        return found

    def keep(self, found: list[Telling], now: float) -> None:
        """Tell exactly these from now on."""
        self._told = {telling.payment.ref: telling for telling in found if not is_plain(telling.payment.ref)}
        self._repeats.keep({ref: telling.seq for ref, telling in self._told.items()}, now)

    def ended(self) -> None:
        """One of them has another end, which must be read."""
        self._changes += 1

    def moved(self, payment: Payment, now: float) -> None:
        """One that is open has another state, which is being told."""
        self._changes += 1
        self._told[payment.ref] = Telling(payment, None)
        self._repeats.told(payment.ref, now)

    def get(self, ref: Ref) -> Telling | None:
        return self._told.get(ref)

    def told(self, ref: Ref, now: float) -> None:
        """It was told now, because the till asked: its rhythm begins anew."""
        self._repeats.hurry(ref, now)
        self._repeats.told(ref, now)

    def hurry_all(self, now: float) -> None:
        self._repeats.hurry_all(now)

    def take_due(self, now: float) -> list[Telling]:
        return [self._told[ref] for ref in self._repeats.take_due(now) if ref in self._told]
