"""What a till was told of its payments, and what it acknowledged: `daemon.tills.base.Tellings`, out of the journal."""

from __future__ import annotations

from daemon.desk import not_storable
from daemon.journal import Journal
from daemon.payment import Ref
from daemon.tills.base import Telling


class JournalTellings:
    """The one `Tellings`. Used on the event loop's thread only."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def telling(self, ref: Ref) -> Telling | None:
        with not_storable("read"):
            return await self._journal.telling(ref)

    async def last(self, till: str) -> Telling | None:
        with not_storable("read"):
            return await self._journal.last_telling(till)

    async def owed(self, till: str, limit: int) -> list[Telling]:
        with not_storable("read"):
            return await self._journal.owed(till, limit)

    async def got(self, till: str, seq: int) -> bool:
        with not_storable("written"):
            return await self._journal.got(till, seq)
