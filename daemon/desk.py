"""The box as a till sees it: takes amounts, says how they stand, and tells of every change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from daemon.cycle import Unfit
from daemon.events import Cancelled, GoodsFailed, Hinted, NotTakenUp, QrWanted
from daemon.gateways.base import Push
from daemon.health import Board
from daemon.journal import Journal
from daemon.journal_file import JournalError
from daemon.lookup import Found, Made, Span, Wanted
from daemon.payment import Mode, OutTradeNo, Payment, Ref, State, reserved_order
from daemon.presenter import Presenter
from daemon.runner import Change, Runner
from daemon.tills.base import Busy, Conflict, Ended, Entry, NotReady, NotStorable, Request

log = logging.getLogger(__name__)

FOLLOW_PAGE = 200  # entries read from the journal at a time, so that no read holds up its checkpoints
FOLLOW_QUEUE = 1000  # entries that wait for a follower before it is dropped; it resumes after the last one it got


@dataclass(frozen=True, slots=True)
class Counter:
    """What the shop decided about selling."""

    scan: Mapping[str, str]  # the gateway that a scanned code goes to, by its scheme
    show: Mapping[str, str]  # the gateway that makes the QR, by the request's scheme, with a "default"
    sell_while_in_doubt: bool
    new_number: Callable[[], OutTradeNo]
    priorities: Mapping[str, int] = field(default_factory=dict)  # of tills, by name; 0 where none is given
    unattended: frozenset[str] = frozenset()  # tills that ask by themselves, whether or not there is anybody to pay

    def goes_before(self, asker: str, other: str) -> bool:
        """Whether what one till asks for takes the place of what the other asked for, while nothing was charged for that."""
        return self.priorities.get(asker, 0) > self.priorities.get(other, 0)

    def first_code(self, till: str) -> tuple[str, str] | None:
        """The gateway that the first code for that till's payments goes to, whatever it is, and its scheme ("" where it may be one of
        several); None where that is known only once it is there, or where nobody asked for them."""
        gateways, schemes = set(self.scan.values()), list(self.scan)
        if len(gateways) != 1 or till in self.unattended:
            return None
        return gateways.pop(), schemes[0] if len(schemes) == 1 else ""

    def serving(self, mode: Mode, scheme: str | None) -> frozenset[str]:
        """The gateways that could take a payment of that mode and scheme."""
        if mode is Mode.SCAN:
            return frozenset(self.scan.values())
        name = self.show.get(scheme or "default", self.show.get("default"))
        return frozenset() if name is None else frozenset({name})


class BoxDesk:
    """The one `Desk`. Used on the event loop's thread only."""

    def __init__(
        self,
        runner: Runner,
        journal: Journal,
        board: Board,
        presenter: Presenter,
        counter: Counter,
        recheck: Callable[[], Awaitable[None]],
    ) -> None:
        self._runner = runner
        self._journal = journal
        self._board = board
        self._presenter = presenter
        self._counter = counter
        self._recheck = recheck
        self._asking = asyncio.Lock()
        self._asks: set[asyncio.Task[tuple[Payment, bool]]] = set()
        self._closed = False
        self._waiters: dict[Ref, list[asyncio.Future[None]]] = {}
        self._followers: set[asyncio.Queue[Entry | None]] = set()
        runner.listeners.append(self._on_change)

    async def ask(self, request: Request) -> tuple[Payment, bool]:
        """A caller that goes away only stops waiting: nobody else's request is looked at before this one is answered."""
        task = asyncio.get_running_loop().create_task(self._ask(request))
        self._asks.add(task)
        task.add_done_callback(self._answered)
        return await asyncio.shield(task)

    def _answered(self, ask: asyncio.Task[tuple[Payment, bool]]) -> None:
        self._asks.discard(ask)
        if not ask.cancelled():
            ask.exception()  # a caller who has gone does not hear of it

    async def _ask(self, request: Request) -> tuple[Payment, bool]:
        async with self._asking:
            known = await self.find(request.ref)
            if known is not None:
                return self._same(known, request), False
            await self._check(request)
            with not_storable("written"):
                payment = self._with_order(_payment(request, self._runner.at()))
                return await self._runner.begin(payment, self._first(request)), True

    async def find(self, ref: Ref) -> Payment | None:
        """Also raises NotStorable, where the journal cannot be read: nobody can say then that there is no such payment."""
        live = self._runner.find(ref)
        if live is not None:
            return live
        with not_storable("read"):
            return await self._journal.find(ref)

    async def wait(self, ref: Ref, after: str | None, timeout_s: float) -> Payment | None:
        payment = await self.find(ref)
        if payment is None:
            return None
        after = after or payment.state.value
        end = asyncio.get_running_loop().time() + timeout_s
        while payment is not None and payment.state.value == after and not self._closed:
            left_s = end - asyncio.get_running_loop().time()
            if left_s <= 0:
                break
            await self._next_change(ref, left_s)
            payment = await self.find(ref)
        return payment

    async def cancel(self, ref: Ref, by: str, *, unsent: bool = False) -> Payment:
        try:
            with not_storable("written"):
                return await self._runner.feed(ref, Cancelled(by, makes_way=unsent, at=self._runner.at()))
        except Unfit as error:
            raise Ended(str(error)) from error
        except KeyError:
            if await self.find(ref) is None:
                raise
            raise Ended("the payment has ended") from None

    async def goods_failed(self, ref: Ref, text: str) -> Payment:
        try:
            with not_storable("written"):
                return await self._runner.feed(ref, GoodsFailed(text, self._runner.at()))
        except Unfit as error:
            raise Ended(str(error)) from error

    async def hint(self, push: Push) -> None:
        """A verified notification: ask about that order now, if it is one of those that are not at their end."""
        for payment in self._runner.live:
            for order in payment.attempts:
                if push.out_trade_no == order.out_trade_no or (push.trade_no is not None and push.trade_no == order.trade_no):
                    with suppress(Unfit, KeyError, JournalError):
                        await self._runner.feed(payment.ref, Hinted(order.out_trade_no, self._runner.at()))

    def _with_order(self, payment: Payment) -> Payment:
        """With an order for the first code, where it is known where that will go: stored with the amount, so that no write to the disk
        stands between the scan and the wire. The price is that a start asks about it. What a machine offers to nobody has none: it is
        there at nearly every start, and a machine that starts without a network must not hold it to be perhaps paid."""
        place = self._counter.first_code(payment.till)
        if payment.mode is not Mode.SCAN or place is None:
            return payment
        gateway, scheme = place
        return payment.but(reserved=reserved_order(payment, self._counter.new_number(), gateway, scheme))

    def _first(self, request: Request) -> QrWanted | None:
        if request.mode is not Mode.SHOW:
            return None
        (gateway,) = self._counter.serving(request.mode, request.scheme)
        return QrWanted(self._counter.new_number(), gateway, request.scheme or gateway, self._runner.at())

    async def recent(self, limit: int, before: str | None) -> list[Payment]:
        with not_storable("read"):
            return await self._journal.recent(limit, before)

    async def search(self, wanted: Wanted, limit: int, before: str | None) -> Found:
        with not_storable("read"):
            return await self._journal.search(wanted, limit, before)

    async def made(self, span: Span, after: Made | None, limit: int) -> list[Made]:
        with not_storable("read"):
            return await self._journal.made(span, after, limit)

    async def entries_of(self, ref: Ref) -> list[Entry]:
        entries: list[Entry] = []
        with not_storable("read"):
            while page := await self._journal.entries_of(ref, entries[-1].seq if entries else 0, FOLLOW_PAGE):
                entries += page
        return entries

    async def follow(self, after_seq: int | None, page: int = FOLLOW_PAGE) -> AsyncIterator[Entry]:
        queue: asyncio.Queue[Entry | None] = asyncio.Queue(FOLLOW_QUEUE)
        self._followers.add(queue)  # before the journal is read: what is stored meanwhile is in both, and told once
        try:
            seq = after_seq if after_seq is not None else await self._last_seq()
            while entries := await self._page(seq, page):
                for entry in entries:
                    seq = entry.seq
                    yield entry
            while not (self._closed and queue.empty()) and (news := await queue.get()) is not None:
                if news.seq > seq:
                    yield news
        finally:
            self._followers.discard(queue)

    async def _last_seq(self) -> int:
        with not_storable("read"):
            return await self._journal.last_seq()

    async def _page(self, seq: int, limit: int) -> list[Entry]:
        with not_storable("read"):
            return await self._journal.entries(seq, limit)

    def not_ready(self, mode: Mode | None = None, scheme: str | None = None, till: str | None = None) -> list[str]:
        """Why no sale of that mode could start now, by that till or by any, apart from one being open."""
        mode = mode or self._usual_mode()
        return self._board.not_ready(
            mode, self._counter.serving(mode, scheme), frozenset(self._counter.priorities if till is None else (till,))
        )

    def _usual_mode(self) -> Mode:
        """What this box is for: scanning, unless it has no scanner and can show."""
        shows = self._counter.show and "scanner" not in self._board.devices
        return Mode.SHOW if shows else Mode.SCAN

    def status(self) -> dict[str, Any]:
        reasons = self.not_ready()
        busy = self._busy()
        heard = self._presenter.heard
        fleet = self._board.fleet
        return {
            "ready": not reasons,
            "not_ready": reasons,
            "busy_ref": busy.ref if busy else None,
            "screen": self._presenter.screen,
            "lights": self._presenter.patterns,
            "sound": {"name": heard.name, "at": heard.at} if heard else None,
            "devices": {n: {"state": h.condition.value, "detail": h.detail} for n, h in self._board.all_devices.items()},
            "gateways": {n: {"state": k.health.condition.value, "detail": k.health.detail} for n, k in self._board.links.items()},
            "in_doubt": self._board.doubts,
            **({"fleet": {"state": fleet.condition.value, "detail": fleet.detail}} if fleet is not None else {}),
        }

    def close(self) -> None:
        """End every wait and every stream, each with what there is to tell."""
        self._closed = True
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.cancel()
        for queue in list(self._followers):
            _put_last(queue)

    # -- taking a request --

    def _same(self, known: Payment, request: Request) -> Payment:
        asked = (known.till, known.amount, known.mode, known.scheme, known.description, known.ttl_s)
        if asked != (request.till, request.amount, request.mode, request.scheme, request.description, request.ttl_s):
            raise Conflict(f"{request.ref} was asked before with something else")
        return known

    async def _check(self, request: Request) -> None:
        if self._board.journal:
            await self._recheck()  # it may have been confirmed, or work again, and then there may be payments to take up
        busy = self._busy()
        gives_way = busy is not None and busy.state is State.AWAITING_CODE and self._counter.goes_before(request.till, busy.till)
        if busy is not None and not gives_way:
            raise Busy(busy.ref)
        if reasons := self.not_ready(request.mode, request.scheme, request.till):
            raise NotReady(reasons)
        if busy is not None:
            await self._make_way(busy, request.till)

    async def _make_way(self, payment: Payment, till: str) -> None:
        """Give up what still waits for its payer. Raises Busy where a code was presented just now."""
        with suppress(KeyError, Ended):  # it may have ended meanwhile, or gone on
            await self.cancel(payment.ref, f"till {till}, which goes before", unsent=True)
        if (busy := self._busy()) is not None:
            raise Busy(busy.ref)

    def _busy(self) -> Payment | None:
        """The payment that no other may start beside: it waits for its payer, or its outcome is unknown."""
        for payment in reversed(self._runner.live):
            if payment.is_seen_to:
                continue
            in_doubt = payment.state is State.IN_DOUBT
            if payment.state is State.AWAITING_CODE or (payment.state.is_unknown and not (in_doubt and self._counter.sell_while_in_doubt)):
                return payment
        return None

    # -- telling --

    def _on_change(self, change: Change) -> None:
        for waiter in self._waiters.pop(change.payment.ref, []):
            if not waiter.done():
                waiter.set_result(None)
        for queue in list(self._followers):
            if queue.full():
                self._followers.discard(queue)
                _put_last(queue)
            else:
                queue.put_nowait(change.entry)

    async def _next_change(self, ref: Ref, timeout_s: float) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(ref, []).append(waiter)
        try:
            await asyncio.wait([waiter], timeout=timeout_s)
        finally:
            if waiter in (waiters := self._waiters.get(ref, [])):
                waiters.remove(waiter)
            if not self._waiters.get(ref, True):
                del self._waiters[ref]


def _payment(request: Request, at: str) -> Payment:
    return Payment(
        ref=request.ref,
        till=request.till,
        amount=request.amount,
        mode=request.mode,
        state=State.AWAITING_CODE,
        created_at=at,
        updated_at=at,
        scheme=request.scheme,
        description=request.description,
        ttl_s=request.ttl_s,
    )


def _put_last(queue: asyncio.Queue[Entry | None]) -> None:
    """End a follower after all that is in the queue; after nothing of it where that is too much, so that it resumes without a gap."""
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
    queue.put_nowait(None)


@contextmanager
def not_storable(how: str) -> Iterator[None]:
    """An error of the journal, as a till is told it."""
    try:
        yield
    except (JournalError, NotTakenUp) as error:
        raise NotStorable(f"the journal cannot be {how}: {error}") from error
