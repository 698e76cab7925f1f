"""The runner: feeds the cycles, journals what they decide, performs it. The only caller of gateways (through `daemon.calls`).

An event goes in, the cycle decides, the decision is stored and synced, and only then it is performed and told. One thing goes before
that: the charge of an order that is on the disk already, reserved when the amount arrived, leaves as soon as it is decided. If this
file grows an `if` about payments, that `if` belongs in `daemon.cycle`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from daemon.calls import Calls
from daemon.codes import AuthCode
from daemon.cycle import Cycle, Rules, Unfit
from daemon.events import Action, CodePresented, Event, Failed, GoodsFailed, OfAPerson, QrWanted, Replied, Restarted, TimePassed
from daemon.gateways.base import Gateway
from daemon.journal import Journal
from daemon.journal_file import JournalError, Note
from daemon.news import News
from daemon.notes import note_of, word
from daemon.payment import Attempt, OutTradeNo, Payment, Ref, State
from daemon.reply import GatewayError, NotSent, Reply
from daemon.rows import rfc3339
from daemon.tills.base import Entry

log = logging.getLogger(__name__)

T = TypeVar("T")

STORE_AGAIN_S = 1.0  # the pause before an answer that could not be stored is tried again
LEAVING_TURNS = 3  # of the event loop; see `_leave`
STOP_S = 3.0  # how long a stop waits for answers that are under way; what comes later is asked for after the next start
LET_GO_S = 1.0  # and then for what was broken off to end


@dataclass(frozen=True, slots=True)
class Change:
    """Something was decided and stored. `before` is None for a new payment; `went` are the rows of the cycle's table that the
    decision went through."""

    before: Payment | None
    payment: Payment
    entry: Entry
    event: Event | None = None
    went: tuple[tuple[State, News], ...] = ()


@dataclass(frozen=True, slots=True)
class _Decided:
    """What a payment was before something was decided of it, and what that was."""

    before: Payment
    event: Event
    note: Note
    went: tuple[tuple[State, News], ...]


class Runner:
    """All payments that are not at their end. Used on the event loop's thread only.

    `listeners` are told of every change, in order, after it was stored; `link_listeners` of every call to a gateway: its name,
    and the error or None.
    """

    def __init__(self, journal: Journal, gateways: Mapping[str, Gateway], rules: Rules, wall: Callable[[], datetime]) -> None:
        self._journal = journal
        self._rules = rules
        self._wall = wall
        self._cycles: dict[Ref, Cycle] = {}
        self._stored: dict[Ref, Payment] = {}
        self._reserved: dict[Ref, int] = {}  # whose order is stored, and how often the journal had failed by then
        self._sent: dict[Ref, _Decided] = {}  # whose charge has left, and what was decided then is not stored yet
        self._provider = Calls(gateways, rules)
        self._calls: dict[OutTradeNo, asyncio.Task[None]] = {}
        self._steps: set[asyncio.Task[Any]] = set()
        self._turn = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._waking: asyncio.Task[None] | None = None
        self._stopping = False
        self.listeners: list[Callable[[Change], None]] = []
        self.link_listeners: list[Callable[[str, GatewayError | Reply], None]] = []

    async def start(self) -> None:
        """Take up everything that the journal has without a proven end (P3), unless it is live already. Raises JournalError.

        May be called again: after a failure of the journal it may have what was told to be not stored.
        """
        async with self._turn:
            stored = await self._journal.start()
            new = [self._take_up(payment, same_boot) for payment, same_boot in stored if payment.ref not in self._cycles]
        if new:  # nobody waits for ever for a journal that fails again: it goes on in the background
            await asyncio.wait([self._begun(self._feed_until_stored(ref, Restarted(self.at()))) for ref in new], timeout=STORE_AGAIN_S)
        self._arm()

    def _take_up(self, payment: Payment, same_boot: bool) -> Ref:
        self._cycles[payment.ref] = Cycle.resume(payment, self._rules, self._now(), same_boot=same_boot)
        self._stored[payment.ref] = payment
        log.info("payment_taken_up ref=%s state=%s", payment.ref, payment.state)
        return payment.ref

    async def stop(self) -> None:
        """Wait a little for answers under way, then let go; the journal has what must be asked about. No new call begins."""
        self._stopping = True
        self._arm()
        if tasks := self._under_way():
            await asyncio.wait(tasks, timeout=STOP_S)
        for task in self._under_way():
            task.cancel()
        if tasks := self._under_way():
            await asyncio.wait(tasks, timeout=LET_GO_S)

    def _under_way(self) -> set[asyncio.Task[Any]]:
        return {*self._calls.values(), *self._steps, *([self._waking] if self._waking else [])}

    @property
    def live(self) -> list[Payment]:
        """Every payment that is not at its end, oldest first."""
        return list(self._stored.values())

    def find(self, ref: Ref) -> Payment | None:
        """A payment that is not at its end, as it was last stored: what is not on disk yet is told to nobody."""
        return self._stored.get(ref)

    def at(self) -> str:
        """Now, for people: RFC 3339, UTC."""
        return rfc3339(self._wall())

    async def begin(self, payment: Payment, first: QrWanted | None = None) -> Payment:
        """A new payment, for a QR with its first event: they are stored as one, and only then is anything sent.

        Raises JournalError, with nothing begun, where it cannot be stored (P2)."""
        return await self._whole(self._begin(payment, first))

    async def _begin(self, payment: Payment, first: QrWanted | None) -> Payment:
        async with self._turn:
            cycle = Cycle.begin(payment, self._rules, self._now())
            actions = cycle.handle(first, self._now()) if first else []
            asked = {"amount": payment.amount.minor, "currency": payment.amount.currency, "mode": payment.mode.value, "till": payment.till}
            entry = await self._journal.store(cycle.payment, Note(payment.created_at, None, "asked", asked))
            self._cycles[payment.ref] = cycle
            self._stored[payment.ref] = cycle.payment
            if cycle.payment.reserved is not None:
                self._reserved[payment.ref] = self._journal.failures
            for action in actions:
                self._perform(cycle, action, None)
            self._tell(Change(None, cycle.payment, entry, went=tuple(cycle.went)))
        return cycle.payment

    async def present(self, ref: Ref, event: CodePresented, code: AuthCode) -> None:
        """A payer's code. Raises KeyError, Unfit where none is wanted, JournalError where its order is not stored and cannot be:
        nothing is sent then. The code is in no table: it is handed on to its one call, and gone with that (P1, P10)."""
        await self._whole(self._feed(ref, event, code))

    async def feed(self, ref: Ref, event: Event) -> Payment:
        """Decide, store, perform. Raises KeyError, Unfit, JournalError, each with nothing changed."""
        return await self._whole(self._feed(ref, event))

    async def _feed(self, ref: Ref, event: Event, code: AuthCode | None = None) -> Payment:
        async with self._turn:
            await self._store_sent(ref)
            cycle = await self._cycle(ref, event)
            if self._is_stored_for(cycle, event):
                return await self._charge(cycle, event, code)
            before, snapshot = cycle.payment, cycle.snapshot()
            try:
                actions = cycle.handle(event, self._now())
                note = note_of(event, actions)
                entry = await self._journal.store(cycle.payment, note)
            except BaseException:
                cycle.restore(snapshot)
                raise
            await self._let_leave(cycle, actions, code)
            return self._keep(cycle, _Decided(before, event, note, tuple(cycle.went)), entry)

    def _is_stored_for(self, cycle: Cycle, event: Event) -> bool:
        """Whether the order of this event is surely on the disk. After a failure of the journal nobody knows: a write that was told to
        have failed may have taken it away, and another file may be in the place of a damaged one."""
        return cycle.has_reserved(event) and self._reserved.get(cycle.payment.ref) == self._journal.failures

    async def _charge(self, cycle: Cycle, event: Event, code: AuthCode | None) -> Payment:
        """Of the order that is on the disk: no write stands between the scan and the wire. What was decided is stored right after, as
        what happened: that its charge has left is not undone by a disk that is full."""
        before, snapshot, ref = cycle.payment, cycle.snapshot(), cycle.payment.ref
        try:
            actions = cycle.handle(event, self._now())
            decided = _Decided(before, event, note_of(event, actions), tuple(cycle.went))
        except BaseException:
            cycle.restore(snapshot)
            raise
        self._sent[ref] = decided
        await self._let_leave(cycle, actions, code)
        del code  # an error below would keep it for as long as somebody keeps the error
        try:
            await self._store_sent(ref)
        except JournalError as error:
            log.error('charge_not_stored ref=%s error="%s"', ref, error)
            self._arm()
            self._begun(self._store_sent_later(ref))
        return self._stored[ref]

    async def _store_sent(self, ref: Ref) -> None:
        """Before anything else is decided of that payment. Raises JournalError: then nothing else can be."""
        decided = self._sent.get(ref)
        if decided is not None:
            cycle = self._cycles[ref]
            entry = await self._journal.store(cycle.payment, decided.note)
            del self._sent[ref]
            self._keep(cycle, decided, entry)

    async def _store_sent_later(self, ref: Ref) -> None:
        """Until somebody has stored it: the till and the panel are told of nothing before."""
        while ref in self._sent:
            await asyncio.sleep(STORE_AGAIN_S)
            async with self._turn:
                with suppress(JournalError):
                    await self._store_sent(ref)

    async def _let_leave(self, cycle: Cycle, actions: Sequence[Action], code: AuthCode | None) -> None:
        for action in actions:
            cycle.left(action.out_trade_no, self._now())
            self._perform(cycle, action, code)
        if actions:
            await _leave()

    def _keep(self, cycle: Cycle, decided: _Decided, entry: Entry) -> Payment:
        """It is stored now: from here on it is what the payment is, and everybody is told."""
        payment, ref = cycle.payment, cycle.payment.ref
        _log_step(payment, decided.event, entry)
        self._cycles[ref], self._stored[ref] = cycle, payment
        if payment.reserved is None:
            self._reserved.pop(ref, None)
        if not payment.is_open:
            del self._cycles[ref], self._stored[ref]
        self._tell(Change(decided.before, payment, entry, decided.event, decided.went))
        return payment

    async def would(self, ref: Ref, event: Event) -> str | None:
        """Why that cannot happen now; None where it can. Nothing is changed. Raises KeyError, JournalError."""
        async with self._turn:
            return (await self._cycle(ref, event)).would(event, self._now())

    async def _cycle(self, ref: Ref, event: Event) -> Cycle:
        """Of a payment that is not at its end; what a machine says of its goods, or a person wants, may concern one that is. KeyError."""
        cycle = self._cycles.get(ref)
        if cycle is not None:
            return cycle
        payment = await self._journal.find(ref) if isinstance(event, GoodsFailed | OfAPerson) else None
        if payment is None:
            raise KeyError(ref)
        return Cycle.resume(payment, self._rules, self._now(), same_boot=True)  # it is at rest: no moment of its orders counts

    async def _whole(self, step: Coroutine[Any, Any, T]) -> T:
        """A step is never broken off half-way: a caller that goes away (a till that hangs up) only stops waiting for it."""
        return await asyncio.shield(self._begun(step))

    def _begun(self, step: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(step)
        self._steps.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, step: asyncio.Task[Any]) -> None:
        self._steps.discard(step)
        if not step.cancelled():
            step.exception()  # whoever waits for it gets it; where nobody does any more, it is no news for the loop

    async def _feed_until_stored(self, ref: Ref, event: Event) -> None:
        """For what has happened at a provider: it cannot be undone by not storing it, so store it as soon as that is possible."""
        while True:
            try:
                await self.feed(ref, event)
            except (Unfit, KeyError) as error:
                log.info("event_unfit ref=%s event=%s why=%s", ref, word(event), error)
            except JournalError:
                await asyncio.sleep(STORE_AGAIN_S)
                continue
            except Exception:
                log.exception("event_fault ref=%s event=%s", ref, word(event))
                if isinstance(event, Replied):  # a fault of this program: as if nothing had been answered, so it is asked again
                    event = Failed(event.action, True, "fault while reading the answer", event.at)
                    continue
            return

    # -- performing --

    def _perform(self, cycle: Cycle, action: Action, code: AuthCode | None) -> None:
        if self._stopping:  # stored as decided, and asked about after the next start
            return
        number = action.out_trade_no
        running = self._calls.get(number)
        if running is not None:  # a query that is no longer wanted, or the call whose answer, being stored now, brought this
            running.cancel()
        attempt = cycle.payment.attempt(number)
        task = asyncio.get_running_loop().create_task(self._call(cycle.payment.ref, attempt, action, code))
        self._calls[number] = task
        task.add_done_callback(lambda done: self._calls.pop(number) if self._calls.get(number) is done else None)

    async def _call(self, ref: Ref, attempt: Attempt, action: Action, code: AuthCode | None) -> None:
        """One request to a provider, and what came of it, as an event."""
        outcome = await self._provider.outcome(attempt, action, code)
        del code  # storing may take as long as the journal fails
        self._tell_link(attempt.gateway, outcome)
        if isinstance(outcome, Reply):
            await self._feed_until_stored(ref, Replied(action, outcome, self.at()))
        else:
            await self._feed_until_stored(ref, Failed(action, not isinstance(outcome, NotSent), str(outcome), self.at()))

    # -- time --

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _arm(self, not_before: float = 0.0) -> None:
        """Wake at the earliest deadline of all payments."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadlines = [d for cycle in self._cycles.values() if (d := cycle.next_deadline()) is not None]
        if deadlines and not self._stopping:
            self._timer = asyncio.get_running_loop().call_at(max(min(deadlines), not_before), self._wake)

    def _wake(self) -> None:
        if self._waking is None or self._waking.done():
            self._waking = asyncio.get_running_loop().create_task(self._pass_time())

    async def _pass_time(self) -> None:
        due = [ref for ref, cycle in self._cycles.items() if _is_due(cycle, self._now())]
        failed = [ref for ref in due if not await self._feed_time(ref)]
        self._waking = None
        now = self._now()
        stuck = any(ref in self._cycles and _is_due(self._cycles[ref], now) for ref in failed)  # not stored, say: again, but not at once
        self._arm(now + STORE_AGAIN_S if stuck else 0.0)

    async def _feed_time(self, ref: Ref) -> bool:
        """Whether it was decided and stored. What it decided may itself be due at once, and then it is."""
        try:
            await self.feed(ref, TimePassed(self.at()))
        except (Unfit, KeyError, JournalError) as error:
            log.info('time_not_passed ref=%s why="%s"', ref, error)
        except Exception:  # one payment's fault must not stop the clock of the others
            log.exception("event_fault ref=%s event=time_passed", ref)
        else:
            return True
        return False

    # -- telling --

    def _tell(self, change: Change) -> None:
        for listener in self.listeners:
            try:
                listener(change)
            except Exception:
                log.exception("listener_fault ref=%s", change.payment.ref)
        self._arm()

    def _tell_link(self, gateway: str, outcome: GatewayError | Reply) -> None:
        for listener in self.link_listeners:
            try:
                listener(gateway, outcome)
            except Exception:
                log.exception("listener_fault gateway=%s", gateway)


async def _leave() -> None:
    """What was decided leaves the box before anybody is told of it, and before a log, a light or a picture takes its time.

    Where the connection is open the request is written in the loop's second turn from here: the call runs in the first, and
    aiohttp writes in a task of its own. One to spare."""
    for _ in range(LEAVING_TURNS):
        await asyncio.sleep(0)


def _is_due(cycle: Cycle, now: float) -> bool:
    deadline = cycle.next_deadline()
    return deadline is not None and deadline <= now


def _log_step(payment: Payment, event: Event, entry: Entry) -> None:
    if not log.isEnabledFor(logging.WARNING if payment.state is State.IN_DOUBT else logging.INFO):
        return
    detail = " ".join(f"{key}={_quoted(value)}" for key, value in entry.detail.items())
    order = f" out_trade_no={entry.out_trade_no}" if entry.out_trade_no else ""
    level = logging.WARNING if payment.state is State.IN_DOUBT else logging.INFO
    log.log(level, "%s ref=%s%s state=%s %s", word(event), payment.ref, order, payment.state, detail)


def _quoted(value: object) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return f'"{text}"' if " " in text else text
