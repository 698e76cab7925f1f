"""What tills' machines owe payers: `daemon.tills.base.Goods`, out of the journal."""

from __future__ import annotations

from collections.abc import Callable

from daemon.desk import not_storable
from daemon.goods import Owing, Stand
from daemon.journal import Journal
from daemon.payment import Payment, Ref


class JournalGoods:
    """The one `Goods`. Used on the event loop's thread only. `live` gives a payment that is not at its end, as the box has it.

    `doubted` is called when a person has to look at some goods, or has.
    """

    def __init__(self, journal: Journal, live: Callable[[Ref], Payment | None], doubted: Callable[[], None]) -> None:
        self._journal = journal
        self._live = live
        self._doubted = doubted

    async def open(self, till: str) -> list[Owing]:
        """Of a payment that the box does not hold to be paid nothing is owed, whatever the disk has: a write whose sync failed may be
        there all the same."""
        with not_storable("read"):
            found = await self._journal.open_goods(till)
        return [owing for owing in found if (live := self._live(owing.payment.ref)) is None or live.state.is_settled]

    async def find(self, ref: Ref) -> Owing | None:
        with not_storable("read"):
            return await self._journal.owing(ref)

    async def store(self, owing: Owing) -> None:
        with not_storable("written"):
            await self._journal.put_owing(owing)
        if owing.is_doubtful or owing.stands is Stand.SEEN_TO:
            self._doubted()
