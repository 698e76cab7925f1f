"""What a person does about a payment in doubt: has it asked about, sends the money back, or has seen to it elsewhere.

What can be done is for the cycle to say (`Cycle.would`), and for the goods. Each act is an event like any other: journalled, with the
person's name and reason, before anything is done.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import Enum

from daemon.cycle import Unfit
from daemon.desk import not_storable
from daemon.events import AskedAgain, OfAPerson, RefundWanted, Settled
from daemon.goods import Owing
from daemon.payment import Payment, Ref
from daemon.runner import Runner
from daemon.tills.base import Goods, NotPossible

log = logging.getLogger(__name__)


class Act(str, Enum):
    """What a person can do."""

    ASK = "ask"
    REFUND = "refund"
    SETTLE = "settle"

    __str__ = str.__str__


class Attending:
    """Used on the event loop's thread only."""

    def __init__(self, runner: Runner, goods: Goods) -> None:
        self._runner = runner
        self._goods = goods

    async def possible(self, ref: Ref) -> Mapping[Act, str | None]:
        """Each act, with why it cannot be done now; None where it can. Raises KeyError (unknown), NotStorable."""
        doubted = await self._doubted(ref)
        with not_storable("read"):
            return {act: await self._runner.would(ref, self._event(act, "", "", goods=doubted is not None)) for act in Act}

    async def carry_out(self, ref: Ref, act: Act, by: str, text: str) -> Payment:
        """`by` is who does it, `text` why, both as they are kept. Raises KeyError (unknown), NotPossible, NotStorable.

        The payment's event is stored before its goods: where the box dies between, they are still for a person, who can do it again."""
        doubted = await self._doubted(ref)
        try:
            with not_storable("written"):
                payment = await self._runner.feed(ref, self._event(act, by, text, goods=doubted is not None))
        except Unfit as error:
            raise NotPossible(str(error)) from error
        if doubted is not None and act is not Act.ASK:
            await self._goods.store(doubted.seen_to(f"{by}: {text}"))
        log.info("attended ref=%s act=%s", ref, act)
        return payment

    def _event(self, act: Act, by: str, text: str, *, goods: bool) -> OfAPerson:
        at = self._runner.at()
        match act:
            case Act.ASK:
                return AskedAgain(by, at)
            case Act.REFUND:
                return RefundWanted(by, text, goods, at)
        return Settled(by, text, goods, at)

    async def _doubted(self, ref: Ref) -> Owing | None:
        """Its goods, where a person has to look at them and the machine is done with them."""
        owing = await self._goods.find(ref)
        return owing if owing is not None and owing.is_doubtful and not owing.is_open else None
