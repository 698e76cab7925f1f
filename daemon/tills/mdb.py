"""`kind = "mdb"`: a vending machine on the MDB bus, through an adapter that speaks text (docs/mdb-till.md).

Either the machine asks for its price first (always-idle mode, or a session of open credit): the payer pays, and the vend is approved or
denied. Or, where the machine gives up sooner than a wallet can take, its price is paid first, and a session of that credit begun.
What was paid is owed from the journal (`daemon.goods`): stored as begun before the approval is sent, and never approved twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from daemon.goods import Owing, Stand
from daemon.masking import masked
from daemon.money import Amount
from daemon.payment import Payment, State
from daemon.tills import mdb_money as money
from daemon.tills.base import Desk, NotStorable
from daemon.tills.handing_over import AGAIN_S, HandingOver
from daemon.tills.holding import Holding
from daemon.tills.house import House
from daemon.tills.http import Terms
from daemon.tills.mdb_lines import Lines, understood
from daemon.tills.mdb_session import Action, Asked, Ended, GivenUp, Over, Send, Session
from daemon.tills.mdb_table import Phase
from daemon.tills.mdb_troubles import Patience, trouble
from daemon.tills.mdb_vending import Vending
from daemon.tills.offering import Offering, Wanted
from daemon.tills.waking import Waking, now
from hw.interfaces import Condition, Health, HealthListener, TillLine

log = logging.getLogger(__name__)

BEGIN_AGAIN_S = 1.0  # after a session ended, before the next is begun


@dataclass(frozen=True, slots=True)
class MdbTerms:
    """`name` is the key in [tills.NAME]. `price` is what is paid first; None where the machine asks first. `max_vend_wait_s`: for how
    long the machine waits for an answer."""

    name: str
    terms: Terms
    always_idle: bool
    price: Amount | None = None
    max_vend_wait_s: float | None = None


class MdbTill:
    """One machine on one adapter. Used on the event loop's thread only. `new_ref` makes up the payments' names."""

    def __init__(self, terms: MdbTerms, line: TillLine, desk: Desk, house: House, new_ref: Callable[[], str]) -> None:
        self._terms = terms
        self.name = terms.name
        self._line = line
        self._house = house
        self._patience = Patience(house.schedule, terms.max_vend_wait_s)
        currency = terms.terms.currency
        self.session = Session(money.settings(currency, always_idle=terms.always_idle, vend_s=self._patience.vend_s))
        self._lines = Lines()
        self._waking = Waking()
        handing = HandingOver(desk, house.goods)
        self._handing = handing
        self._offering = Offering(terms.name, desk, new_ref, self._waking)
        self._holding = Holding(lambda reason: house.hold(terms.name, reason))
        self._vending = Vending(self.session, self.act, handing, self._waking)
        self._owes = True  # the journal may have goods that are owed
        self._request: Asked | None = None  # the vend that is being paid for
        self._next: Asked | None = None  # asked for while the end of the last one is stored: its turn comes then
        self._busy = False  # with an offer or a vend; a machine that asks for another meanwhile is denied
        self._gives = False  # what is owed is being given
        self._begin_at = 0.0  # when the next session of open credit may begin
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        house.watch(self._waking.wake)

    @property
    def health(self) -> Health:
        return self._line.health

    @property
    def is_giving(self) -> bool:
        """A vend is asked for, or goods are owed, or may be: the box should not end now."""
        return self._owes or self._gives or self._request is not None or self._next is not None

    def look(self, on_health: HealthListener) -> None:
        self._line.listen(lambda: None, lambda _data: None, on_health)
        self._line.open()

    def start(self, on_health: HealthListener) -> None:
        """Open the line, and begin with what is owed."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._line.listen(self._opened, self._received, lambda health: self._health_is(health, on_health))
        self._line.open()

    async def stop(self) -> None:
        """A vend that was approved may end within some seconds; the reader is shut, so that the machine asks for nothing more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._vending.stop()
            self._say("C,0")
        if self._timer is not None:
            self._timer.cancel()
        self._line.close()

    def changed(self, payment: Payment) -> None:
        """Every payment of the box, after each change was stored."""
        if payment.till == self.name:
            self._offering.changed(payment)
            self._owes = self._owes or payment.state is State.PAID
            if payment.state is State.REVOKING and payment == self._offering.payment:
                self._deny()  # the money goes back, however long that takes; the machine need not wait for it
        self._waking.wake()

    # -- the line --

    def _opened(self) -> None:
        self._lines = Lines()
        self.act(self.session.opened(now()))

    def _received(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            complaints = len(self.session.complaints)
            self.act(self.session.heard(understood(line), now()))
            for complaint in self.session.complaints[complaints:]:
                log.warning('mdb_setting_refused till=%s said="%s"', self.name, masked(complaint))

    def _health_is(self, health: Health, tell: HealthListener) -> None:
        if health.condition is not Condition.OK:
            self.act(self.session.lost(now()))
        tell(health)
        self._waking.wake()

    def act(self, actions: list[Action]) -> bool:
        """Do what the session says; whether all that was to be said was taken by the line."""
        said = True
        for action in actions:
            match action:
                case Send(text):
                    said = self._say(text) and said
                case Asked():
                    self._hear_request(action)
                case GivenUp(number):
                    self._forget(number)
                case Ended():
                    self._vending.ended(action)
                case Over():
                    self._vending.over()
                    self._begin_at = now() + BEGIN_AGAIN_S
        self._arm()
        self._waking.wake()
        return said

    def _say(self, text: str) -> bool:
        return self._line.send(text.encode("ascii") + b"\n")

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due = self.session.next_deadline()
        self._timer = None if due is None else asyncio.get_running_loop().call_at(due, self._pass_time, due)

    def _pass_time(self, due: float) -> None:
        self.act(self.session.pass_time(max(now(), due)))  # a loop may come by its clock's resolution too early

    # -- requests --

    def _hear_request(self, request: Asked) -> None:
        if self._vending.takes(request):
            return
        if self._gives and self._terms.price is None and self._trouble_with_charging() is None:
            self._next = request
        elif self._busy:
            log.info("vend_denied till=%s why=busy", self.name)
            self.act(self.session.deny(request.number, now()))
        else:
            self._request = request

    def _forget(self, number: int) -> None:
        log.info("vend_given_up till=%s", self.name)
        if self._request is not None and self._request.number == number:
            self._request = None
        if self._next is not None and self._next.number == number:
            self._next = None
        self._vending.given_up(number)

    def _deny(self) -> None:
        request, self._request = self._request, None
        if request is not None:
            self.act(self.session.deny(request.number, now()))

    # -- the one task --

    async def _run(self) -> None:
        while True:
            try:
                await self._step()
            except NotStorable:
                self._deny()
                await self._waking.woken_within(AGAIN_S)
            except Exception:  # a fault of this program: what is owed stays in the journal
                log.exception("till_fault till=%s", self.name)
                self._deny()
                await asyncio.sleep(AGAIN_S)

    async def _step(self) -> None:
        if self._owes:
            await self._settle()
        elif self._request is not None:
            await self._charge(self._request)
        elif self._can_offer() and self._terms.price is not None and now() >= self._offering.rest_until:
            await self._sell_first(Wanted(self._terms.price))
        else:
            self._keep_session()
            await self._waking.woken(self._holding.due_at, self._offering.rest_until, self._begin_at)

    async def _charge(self, request: Asked) -> None:
        """The machine waits with its price while the payer pays."""
        price = self._price(request)
        if price is None or self._trouble_with_charging() is not None:
            self._deny()
            return
        wanted = Wanted(price, self._patience.show_s, masked(f"item {request.item}") if request.item else "")
        self._busy = True
        try:
            payment = await self._offering.sell(wanted, lambda: self._request is request, insists=True)
        finally:
            self._busy = False
        if payment is None or payment.state is not State.PAID:
            self._deny()

    async def _sell_first(self, wanted: Wanted) -> None:
        self._busy = True
        try:
            payment = await self._offering.sell(wanted, lambda: self._can_offer() and not self._owes)
        finally:
            self._busy = False
        if payment is None:
            await self._waking.woken_within(AGAIN_S)

    async def _settle(self) -> None:
        """What is owed: the vend that the machine waits for, or a session of that credit; else the money goes back."""
        self._owes, self._gives, self._busy = False, True, True
        try:
            for owing in await self._house.goods.open(self.name):
                await self._settle_one(owing)
        except BaseException:
            self._owes = True
            raise
        finally:
            self._gives = self._busy = False
            self._request, self._next = self._next or self._request, None

    async def _settle_one(self, owing: Owing) -> None:
        if owing.stands is Stand.FAILED:
            await self._handing.give_back(owing)
        elif owing.in_hand is not None:
            owing = await self._handing.doubted(owing, "the box was cut off while the machine gave the goods")
            await self._handing.finish(owing)
        elif owing.is_all_begun:  # it was cut off right after the machine's word was stored
            await self._handing.finish(owing)
        elif self._terms.price is not None:
            await self._vending.by_session(owing)
        else:
            await self._vending.by_request(owing, self._request_of(owing.payment))

    def _request_of(self, paid: Payment) -> Asked | None:
        """The request that was paid for by that, if it stands yet; one that came since is another customer's."""
        if self._offering.payment is None or self._offering.payment.ref != paid.ref:
            return None
        request, self._request = self._request, None
        return request

    def _price(self, request: Asked) -> Amount | None:
        try:
            return money.parse_price(request.amount, self._terms.terms.currency, self._terms.terms.max_amount)
        except ValueError as error:
            log.warning('vend_denied till=%s why="%s"', self.name, masked(str(error)))
            return None

    # -- whether a payment could be honoured --

    def _trouble_with_charging(self) -> str | None:
        return self._house.closed() or self._house.unreachable() or self._patience.why_too_short

    def _can_offer(self) -> bool:
        too_short = None if self._terms.price is not None else self._patience.why_too_short
        found = trouble(self._line.health, self.session.phase, self._house, too_short)
        self._holding.note(found, now())
        return found is None

    def _keep_session(self) -> None:
        """In session mode the machine asks for nothing before one is open: one of open credit, as long as a payment could be honoured."""
        if self._terms.always_idle or self._terms.price is not None:
            return
        if not self._can_offer():
            if self.session.phase is Phase.IDLE and not self._vending.is_stopping:
                self._vending.is_stopping = True
                self.act(self.session.end(now()))
        elif self.session.phase is Phase.OPEN and now() >= self._begin_at:
            self._vending.is_stopping = False
            credit = money.largest(self._terms.terms.currency, self._terms.terms.max_amount)
            self.act(self.session.begin(credit.decimal, now()))
