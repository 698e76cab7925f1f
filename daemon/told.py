"""What a till was told of its payments, and what it acknowledged: `daemon.tills.base.Tellings`, out of the journal."""

from __future__ import annotations

from collections.abc import Callable

from daemon.desk import not_storable
from daemon.journal import Journal
from daemon.payment import Payment, Ref
from daemon.tills.base import Telling, end_of


class JournalTellings:
    """The one `Tellings`. Used on the event loop's thread only. `live` gives a payment that is not at its end, as the box has it.

    The box has the last word: what the journal has of an end whose storing failed, with the disk's last breath, was never decided.
    """

    def __init__(self, journal: Journal, live: Callable[[Ref], Payment | None]) -> None:
        self._journal = journal
        self._live = live

    async def telling(self, ref: Ref) -> Telling | None:
        with not_storable("read"):
            return self._decided(await self._journal.telling(ref))

    async def last(self, till: str) -> Telling | None:
        with not_storable("read"):
            return self._decided(await self._journal.last_telling(till))

    async def owed(self, till: str, limit: int) -> list[Telling]:
        with not_storable("read"):
            found = await self._journal.owed(till, limit)
        return [decided for telling in found if (decided := self._decided(telling)) is not None]

    async def got(self, till: str, seq: int) -> bool:
        with not_storable("written"):
            return await self._journal.got(till, seq)

    def _decided(self, telling: Telling | None) -> Telling | None:
        live = None if telling is None else self._live(telling.payment.ref)
        if telling is None or live is None or end_of(live) == end_of(telling.payment):
            return telling
        return Telling(live, None)
