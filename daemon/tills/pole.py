"""`kind = "pole"`: listens to a till's customer display, and takes the total from it (docs/pole-till.md).

    [tills.NAME]
    kind = "pole"
    port = "/dev/ttyUSB0"
    baudrate = 9600
    dialect = "auto"      # or "cd5220", "escpos", "dsp800", "led8"
    confirm = true        # false: the total is asked for at once

The line is never written to. What the display shows is `pole_dialects`'s, what that says `pole_total`'s, and when it is a sale
`pole_sale`'s; here bytes go in and what follows is done.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from daemon.money import Amount, Minor
from daemon.payment import Payment, Ref, State
from daemon.tills import pole_sale as sale
from daemon.tills.base import Desk, Ended, Front, NotStorable, Offer, Rejected, Request, end_of
from daemon.tills.http import Terms
from daemon.tills.pole_dialects import AUTO, Display
from daemon.tills.pole_sale import Sale, Wish
from daemon.tills.pole_total import WORDS, Finder, Total, Unclear
from daemon.tills.refusals import word_for
from hw.interfaces import Condition, Health, HealthListener, Tap

log = logging.getLogger(__name__)

POLE = "pole-"
"""Begins the refs of payments whose total came from a display."""

AGAIN_S = 2.0  # after which a journal that could not be read or written is asked again
LOOKED_THROUGH = 100  # of the newest payments, for the last one of this till


@dataclass(frozen=True, slots=True)
class PoleTerms:
    """`name` is the key in [tills.NAME]; `words` and `pattern` stand in place of the usual words; `implied`: numbers have no point."""

    name: str
    terms: Terms
    dialect: str = AUTO
    words: tuple[str, ...] = ()
    pattern: str | None = None
    implied: bool = False
    confirm: bool = True

    @property
    def finder(self) -> Finder:
        pattern = None if self.pattern is None else re.compile(self.pattern, re.IGNORECASE)
        return Finder(self.terms.currency, self.words or WORDS, pattern, implied=self.implied)


class PoleTill:
    """One display. Used on the event loop's thread only. `new_ref` makes up a payment's name."""

    def __init__(self, terms: PoleTerms, tap: Tap, desk: Desk, front: Front, new_ref: Callable[[], str]) -> None:
        self.name = terms.name
        self._terms = terms
        self._tap = tap
        self._desk = desk
        self._front = front
        self._new_ref = new_ref
        self._finder = terms.finder
        self._display = Display(terms.dialect)
        self._sale = Sale(confirm=terms.confirm, has_button=front.has_button)
        self._offer: Offer | None = None
        self._shown: Offer | None = None
        self._open: dict[Ref, Payment] = {}  # the payments, whoever's, beside which nothing is offered
        self._timer: asyncio.TimerHandle | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._started = False

    @property
    def health(self) -> Health:
        return self._tap.health

    def look(self, on_health: HealthListener) -> None:
        self._tap.listen(lambda: None, lambda _data: None, on_health)
        self._tap.open()

    def start(self, on_health: HealthListener) -> None:
        self._started = True
        self._begin(self._listen(on_health))

    async def stop(self) -> None:
        self._started = False
        self._tap.close()
        if self._timer is not None:
            self._timer.cancel()
        tasks = list(self._work)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._offer = None
        self._show()

    def changed(self, payment: Payment) -> None:
        """Every payment of the box, after each change was stored."""
        if payment.state is State.AWAITING_CODE or (payment.state.is_unknown and payment.state is not State.IN_DOUBT):
            self._open[payment.ref] = payment
        else:
            self._open.pop(payment.ref, None)
        self._do(self._sale.changed(payment, self._now()) if payment.till == self.name else [])

    # -- the line --

    def _opened(self) -> None:
        """What the display shows is not known any more: what half came counts no more."""
        self._display = Display(self._terms.dialect)
        self._do(self._sale.lost())

    def _heard(self, data: bytes) -> None:
        self._display.feed(data)
        screen = self._display.screen
        finding = self._finder.find(screen)
        if isinstance(finding, Total) and finding.minor > self._terms.terms.max_amount:
            log.info("pole_too_much till=%s", self.name)
            finding = Unclear("it is more than [box] max_amount")
        self._do(self._sale.shows(finding, self._now(), is_whole=screen.is_whole))

    def _pass_time(self, at: float) -> None:
        """A timer may come a hair early, and would come for ever if that counted as not yet."""
        self._do(self._sale.pass_time(max(at, self._now())))

    async def _listen(self, on_health: HealthListener) -> None:
        """From when it is known what was asked for last, which may be on the display still. A box that cannot read its journal cannot
        sell: then the line waits."""

        def told(health: Health) -> None:
            if health.condition is not Condition.OK:
                self._opened()
            on_health(health)

        while not await self._remember():  # noqa: ASYNC110  # nobody tells when a journal can be read again
            await asyncio.sleep(AGAIN_S)
        self._tap.listen(self._opened, self._heard, told)
        self._tap.open()

    async def _remember(self) -> bool:
        """Whether the journal could be read."""
        try:
            newest = await self._desk.recent(LOOKED_THROUGH, None)
        except NotStorable as error:
            log.warning('pole_waits till=%s why="%s"', self.name, error)
            return False
        last = next((payment for payment in newest if payment.till == self.name), None)
        if last is not None and end_of(last) is not None:
            self._sale.last_time(last)
        return True

    # -- what follows --

    def _do(self, wishes: Iterable[Wish]) -> None:
        for wish in wishes:
            self._do_one(wish)
        self._show()
        self._come_back()

    def _do_one(self, wish: Wish) -> None:
        match wish:
            case sale.Offer(minor, by_scan):
                self._offer = self._made(minor, by_scan=by_scan)
                log.info("pole_offered till=%s minor=%d by_scan=%s dialect=%s", self.name, minor, by_scan, self._display.dialect)
            case sale.Withdraw():
                self._offer = None
            case sale.Ask(minor):
                self._begin(self._ask_now(self._made(minor, by_scan=False)))
            case sale.GiveUp():
                self._begin(self._give_up())
            case sale.Ignored(minor):
                log.warning("pole_ignored till=%s minor=%d why='a payment of another total is on its way'", self.name, minor)
            case sale.Said(why):
                log.info('pole_not_offered till=%s why="%s"', self.name, why)

    def _made(self, minor: int, *, by_scan: bool) -> Offer:
        """An offer with a ref of its own: whoever takes it twice takes it once."""
        ref, amount = Ref(POLE + self._new_ref()), Amount(Minor(minor), self._terms.terms.currency)

        async def take() -> Payment | None:
            if not self._sale.still_shows(minor):  # the till is drawing something else this very moment
                self._not_taken("changed")
                return None
            return await self._take(Request(ref, self.name, amount))

        return Offer(ref, amount, by_scan, take)

    async def _take(self, request: Request) -> Payment | None:
        try:
            payment, _ = await self._desk.ask(request)
        except Rejected as error:
            log.info('till_refused till=%s why="%s"', self.name, error)
            self._not_taken(await word_for(error, self._desk, self.name))
            return None
        return payment

    def _not_taken(self, why: str) -> None:
        """It is offered on, to the next press or code."""
        self._front.refuse(self.name, why)
        self._shown = None
        self._show()

    async def _ask_now(self, offer: Offer) -> None:
        if await offer.take() is None:
            self._do(self._sale.not_taken(offer.amount.minor))

    async def _give_up(self) -> None:
        for ref in [payment.ref for payment in self._open.values() if payment.till == self.name]:
            try:
                with suppress(KeyError, Ended):  # a code was presented this very moment: then it goes on
                    await self._desk.cancel(ref, f"till {self.name}, whose total changed", unsent=True)
            except NotStorable as error:
                log.warning('pole_not_given_up till=%s ref=%s why="%s"', self.name, ref, error)
                await asyncio.sleep(AGAIN_S)
                self._do(self._sale.not_given_up())

    # -- the panel, the button and the scanner --

    def _show(self) -> None:
        """Nothing is offered beside an open payment, whoever's it is. What is shown already is not touched: a code may be coming in."""
        offer = None if self._open else self._offer
        if offer is not self._shown:
            self._shown = offer
            self._front.offer(self.name, offer)

    def _come_back(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self._sale.next_deadline()
        if at is not None and self._started:
            self._timer = asyncio.get_running_loop().call_at(at, self._pass_time, at)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._kept_going(work))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _kept_going(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # a fault of this program, or a journal that cannot be written: the display is listened to all the same
            log.exception("till_fault till=%s", self.name)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
