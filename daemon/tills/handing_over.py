"""Goods to their end: what has happened at a machine is stored however long that takes, and where nothing was given the money goes back.

Shared by the tills whose machines give goods. Before a unit is given it must be stored (`daemon.goods`); there an error of the journal
means that nothing is given. After that it has happened, and not storing it would undo nothing.
"""

from __future__ import annotations

import asyncio
import logging

from daemon.goods import Owing, Stand
from daemon.tills.base import Desk, Ended, Goods, NotStorable

log = logging.getLogger(__name__)

AGAIN_S = 2.0  # after which a journal that could not be written is asked again


class HandingOver:
    def __init__(self, desk: Desk, goods: Goods) -> None:
        self._desk = desk
        self._goods = goods

    async def begun(self, owing: Owing) -> Owing:
        """The next unit is stored as begun, and may be given. Raises NotStorable, KeyError, with nothing begun."""
        owing = owing.begin()
        await self._goods.store(owing)
        return owing

    async def store(self, owing: Owing) -> Owing:
        """What has happened; again and again until it is stored."""
        while True:
            try:
                await self._goods.store(owing)
            except NotStorable:
                await asyncio.sleep(AGAIN_S)
            except KeyError:  # the journal was damaged and moved aside meanwhile; what it knew of them lies there
                log.error("goods_not_stored ref=%s stands=%s why='no such goods in the journal'", owing.payment.ref, owing.stands)
                return owing
            else:
                return owing

    async def doubted(self, owing: Owing, why: str) -> Owing:
        """The unit in hand is one of which nobody knows."""
        log.warning('goods_in_doubt ref=%s unit=%s of=%d why="%s"', owing.payment.ref, owing.in_hand, owing.units, why)
        return await self.store(owing.doubt(why))

    async def finish(self, owing: Owing, why: str = "") -> Owing:
        """Nothing more is given, for that reason where something is missing."""
        owing = await self.store(owing.end(why))
        level = logging.INFO if owing.stands is Stand.GIVEN else logging.WARNING
        log.log(level, 'goods_%s ref=%s given=%d of=%d why="%s"', owing.stands, owing.payment.ref, owing.done, owing.units, owing.note)
        return await self.give_back(owing) if owing.stands is Stand.FAILED else owing

    async def give_back(self, owing: Owing) -> Owing:
        """Nothing was given, and that is stored: the money goes back, and then nothing is left to do here."""
        while True:
            try:
                await self._desk.goods_failed(owing.payment.ref, owing.note)
            except NotStorable:
                await asyncio.sleep(AGAIN_S)
                continue
            except Ended as error:  # before a restart, say, that came between the two
                log.info('goods_paid_back ref=%s why="%s"', owing.payment.ref, error)
            except KeyError:
                log.error("goods_not_paid_back ref=%s why='no such payment'", owing.payment.ref)
            return await self.store(owing.close())
