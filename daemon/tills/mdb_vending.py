"""One vend for one payment: approved once, stored as begun before that, and to its end by the machine's own word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from daemon.goods import Owing
from daemon.money import Amount, parse_amount
from daemon.tills.base import NotStorable
from daemon.tills.handing_over import AGAIN_S, HandingOver
from daemon.tills.mdb_session import Action, Asked, Ended, Session
from daemon.tills.mdb_table import Phase
from daemon.tills.waking import Waking, now

CHOOSE_S = 90.0  # for the payer who has paid to choose; then the money goes back. Own
STOP_S = 5.0  # for the machine's word on a vend, when the box stops

_GAVE_UP = "the machine gave up before the payment was through"


class Vending:
    """`act` does what the session says, and says whether the line took it."""

    def __init__(self, session: Session, act: Callable[[list[Action]], bool], handing: HandingOver, waking: Waking) -> None:
        self._session = session
        self._act = act
        self._handing = handing
        self._waking = waking
        self._stands: Asked | None = None  # the request that is to be approved
        self._choosing = False  # a session of paid credit is open: its requests come here
        self._approved: int | None = None
        self._ended: Ended | None = None
        self._over = False
        self._unit: asyncio.Task[Owing] | None = None  # from before it is stored until after
        self.is_stopping = False  # a session of open credit was asked to end

    # -- what the session says --

    def takes(self, request: Asked) -> bool:
        """Whether that request is for what was paid first."""
        if self._choosing:
            self._stands = request
        return self._choosing

    def given_up(self, number: int) -> None:
        if self._stands is not None and self._stands.number == number:
            self._stands = None

    def ended(self, ended: Ended) -> None:
        if ended.number == self._approved:
            self._ended = ended

    def over(self) -> None:
        self._over = True

    # -- vends --

    async def by_request(self, owing: Owing, request: Asked | None) -> None:
        """For the request that the payer has paid for; None where nobody waits for it any more."""
        if request is None:
            await self._handing.finish(owing, _GAVE_UP)
            return
        self._stands = request
        await self._whole(owing, request)

    async def by_session(self, owing: Owing) -> None:
        """Paid first: a session of that credit, and in it one vend of just that price."""
        until, credit, begun = now() + CHOOSE_S, owing.payment.amount.decimal, False
        self._stands, self._choosing, self._over = None, True, False
        try:
            while not (self._over or now() >= until):
                request = self._standing()
                if request is not None and self._is_for(request, owing.payment.amount):
                    await self._whole(owing, request)
                    return
                if request is not None:
                    self._deny(request)
                if self._session.phase is Phase.OPEN and not begun:
                    begun = self._act(self._session.begin(credit, now()))
                await self._waking.woken(until)
        finally:
            self._choosing = False
        self._act(self._session.end(now()))
        await self._handing.finish(owing, "nothing was chosen" if self._over else "the machine offered nothing")

    async def stop(self) -> None:
        """A vend that was approved may end within `STOP_S`; else it is in doubt, and the journal says so already."""
        if self._unit is not None:
            await asyncio.wait([self._unit], timeout=STOP_S)
            self._unit.cancel()
            await asyncio.gather(self._unit, return_exceptions=True)

    def _is_for(self, request: Asked, paid: Amount) -> bool:
        """Of what was paid for another price nothing could be given back."""
        try:
            return parse_amount(request.amount, paid.currency) == paid
        except ValueError:
            return False

    def _deny(self, request: Asked) -> None:
        self._stands = None
        self._act(self._session.deny(request.number, now()))

    async def _whole(self, owing: Owing, request: Asked) -> None:
        self._choosing = False
        self._unit = asyncio.get_running_loop().create_task(self._vend(owing, request))
        try:
            await asyncio.shield(self._unit)
        finally:
            if self._unit.done():
                self._unit = None

    async def _vend(self, owing: Owing, request: Asked) -> Owing:
        begun = await self._begin(owing, request)
        if begun is None:
            return await self._handing.finish(owing, _GAVE_UP)
        self._approved, self._ended = request.number, None
        approval = self._session.approve(request.number, now()) if self._stands is request else []
        if not approval or not self._act(approval):  # nothing was said to the machine
            return await self._handing.finish(begun.not_given(), _GAVE_UP)
        while (ended := self._outcome()) is None:
            await self._waking.woken()
        return await self._end(begun, ended)

    def _standing(self) -> Asked | None:
        return self._stands

    def _outcome(self) -> Ended | None:
        return self._ended

    async def _begin(self, owing: Owing, request: Asked) -> Owing | None:
        """Stored as begun; None where the machine gave up before that could be."""
        while self._stands is request:
            try:
                return await self._handing.begun(owing)
            except NotStorable:
                await self._waking.woken_within(AGAIN_S)
        return None

    async def _end(self, owing: Owing, ended: Ended) -> Owing:
        """In one write with the end: a box that is cut off between the two would take a vend that failed for one that was not begun, and
        approve it once more to whoever is there by then."""
        if ended.given is True:
            return await self._handing.finish(owing.certain())
        if ended.given is False:
            return await self._handing.finish(owing.not_given(), ended.why)
        return await self._handing.finish(await self._handing.doubted(owing, ended.why))
