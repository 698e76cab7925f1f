"""The runner: feeds the cycles, journals what they decide, performs it. The only caller of gateways.

An event goes in, the cycle decides, the decision is stored and synced, and only then it is performed and told. If this file
grows an `if` about payments, that `if` belongs in `daemon.cycle`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from daemon.codes import AuthCode
from daemon.cycle import Cycle, Rules, Unfit
from daemon.events import Action, CodePresented, Event, Failed, Query, Refund, Replied, Restarted, Revoke, Submit, TimePassed
from daemon.gateways.base import Gateway
from daemon.journal import Journal
from daemon.journal_file import JournalError, Note
from daemon.masking import masked
from daemon.notes import note_of, word
from daemon.payment import Attempt, OutTradeNo, Payment, Ref, State
from daemon.reply import GatewayError, NoAnswer, NotSent, Reply
from daemon.tills.base import Entry

log = logging.getLogger(__name__)

T = TypeVar("T")

STORE_AGAIN_S = 1.0  # the pause before an answer that could not be stored is tried again
GRACE_S = 2.0  # over the gateway's own limit, before the runner stops waiting for a gateway that does not keep it
STOP_S = 3.0  # how long a stop waits for answers that are under way; what comes later is asked for after the next start


@dataclass(frozen=True, slots=True)
class Change:
    """Something was decided and stored. `before` is None for a new payment."""

    before: Payment | None
    payment: Payment
    entry: Entry
    event: Event | None = None


class Runner:
    """All payments that are not at their end. Used on the event loop's thread only.

    `listeners` are told of every change, in order, after it was stored; `link_listeners` of every call to a gateway: its name,
    and the error or None.
    """

    def __init__(self, journal: Journal, gateways: Mapping[str, Gateway], rules: Rules, wall: Callable[[], datetime]) -> None:
        self._journal = journal
        self._gateways = gateways
        self._rules = rules
        self._wall = wall
        self._cycles: dict[Ref, Cycle] = {}
        self._stored: dict[Ref, Payment] = {}
        self._codes: dict[OutTradeNo, AuthCode] = {}
        self._calls: dict[OutTradeNo, asyncio.Task[None]] = {}
        self._steps: set[asyncio.Task[Any]] = set()
        self._turn = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._waking: asyncio.Task[None] | None = None
        self._stopping = False
        self.listeners: list[Callable[[Change], None]] = []
        self.link_listeners: list[Callable[[str, GatewayError | Reply], None]] = []

    async def start(self) -> None:
        """Take up everything that the journal has without a proven end (P3). Raises JournalError, and may be called again."""
        for payment, same_boot in await self._journal.start():
            if payment.ref not in self._cycles:
                self._cycles[payment.ref] = Cycle.resume(payment, self._rules, self._now(), same_boot=same_boot)
                self._stored[payment.ref] = payment
                log.info("payment_taken_up ref=%s state=%s", payment.ref, payment.state)
                await self._feed_until_stored(payment.ref, Restarted(self.at()))

    async def stop(self) -> None:
        """Wait a little for answers under way, then let go; the journal has what must be asked about."""
        self._stopping = True
        if self._timer is not None:
            self._timer.cancel()
        tasks = [*self._calls.values(), *self._steps, *([self._waking] if self._waking else [])]
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._codes.clear()

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

    async def begin(self, payment: Payment) -> Payment:
        """A new payment. Raises JournalError, with nothing begun, where it cannot be stored (P2)."""
        return await self._whole(self._begin(payment))

    async def _begin(self, payment: Payment) -> Payment:
        async with self._turn:
            cycle = Cycle.begin(payment, self._rules, self._now())
            asked = {"amount": payment.amount.minor, "currency": payment.amount.currency, "mode": payment.mode.value, "till": payment.till}
            entry = await self._journal.store(cycle.payment, Note(payment.created_at, None, "asked", asked))
            self._cycles[payment.ref] = cycle
            self._stored[payment.ref] = cycle.payment
            self._tell(Change(None, cycle.payment, entry))
        return cycle.payment

    async def present(self, ref: Ref, event: CodePresented, code: AuthCode) -> None:
        """A payer's code. Raises Unfit where none is wanted, JournalError where the attempt cannot be stored: nothing is sent,
        and the code is forgotten, as it always is once its one call is over."""
        self._codes[event.out_trade_no] = code
        try:
            await self.feed(ref, event)
        except BaseException:
            self._codes.pop(event.out_trade_no, None)
            raise

    async def feed(self, ref: Ref, event: Event) -> Payment:
        """Decide, store, perform. Raises KeyError, Unfit, JournalError, each with nothing changed."""
        return await self._whole(self._feed(ref, event))

    async def _feed(self, ref: Ref, event: Event) -> Payment:
        async with self._turn:
            cycle = self._cycles[ref]
            snapshot = cycle.snapshot()
            before = cycle.payment
            actions = cycle.handle(event, self._now())
            try:
                entry = await self._journal.store(cycle.payment, note_of(event, actions))
            except BaseException:
                cycle.restore(snapshot)
                raise
            _log_step(cycle.payment, event, entry)
            for action in actions:
                self._perform(cycle, action)
            if actions:
                await asyncio.sleep(0)  # what was decided leaves the box before anybody is told of it
            self._stored[ref] = cycle.payment
            if not cycle.payment.is_open:
                del self._cycles[ref], self._stored[ref]
            self._tell(Change(before, cycle.payment, entry, event))
            return cycle.payment

    async def _whole(self, step: Coroutine[Any, Any, T]) -> T:
        """A step is never broken off half-way: a caller that goes away (a till that hangs up) only stops waiting for it."""
        task = asyncio.get_running_loop().create_task(step)
        self._steps.add(task)
        task.add_done_callback(self._steps.discard)
        return await asyncio.shield(task)

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
            return

    # -- performing --

    def _perform(self, cycle: Cycle, action: Action) -> None:
        number = action.out_trade_no
        running = self._calls.get(number)
        if running is not None:  # a query that is no longer wanted, or the call whose answer, being stored now, brought this
            running.cancel()
        attempt = cycle.payment.attempt(number)
        task = asyncio.get_running_loop().create_task(self._call(cycle.payment.ref, attempt, action))
        self._calls[number] = task
        task.add_done_callback(lambda done: self._calls.pop(number) if self._calls.get(number) is done else None)

    async def _call(self, ref: Ref, attempt: Attempt, action: Action) -> None:
        """One request to a provider, and what came of it, as an event."""
        code = self._codes.pop(action.out_trade_no, None) if isinstance(action, Submit) else None
        known = code.reveal() if code else ""
        event: Event
        try:
            reply = await self._ask(attempt, action, code)
            self._tell_link(attempt.gateway, reply)
            event = Replied(action, _masked(reply, known), self.at())
        except GatewayError as error:
            self._tell_link(attempt.gateway, error)
            event = Failed(action, not isinstance(error, NotSent), masked(str(error), known), self.at())
        except Exception:
            # A fault of this program: what the request did is unknown, so it is asked about like any other silence.
            log.exception("gateway_fault gateway=%s call=%s out_trade_no=%s", attempt.gateway, word(action), action.out_trade_no)
            event = Failed(action, True, "fault in the gateway module", self.at())
        await self._feed_until_stored(ref, event)

    async def _ask(self, attempt: Attempt, action: Action, code: AuthCode | None) -> Reply:
        gateway = self._gateways.get(attempt.gateway)
        if gateway is None:
            raise NotSent(f"the gateway {attempt.gateway!r} is no longer configured")
        try:
            async with asyncio.timeout(self._limit_s(attempt, action) + GRACE_S):
                return await _request(gateway, attempt, action, code)
        except TimeoutError as error:
            raise NoAnswer("no answer in time") from error

    def _limit_s(self, attempt: Attempt, action: Action) -> float:
        schedule = self._rules.terms(attempt.gateway).schedule
        match action:
            case Submit():
                return schedule.answer_s
            case Query():
                return schedule.reply_s + action.hold_s
        return schedule.reply_s

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
        not_before = 0.0
        for ref, cycle in list(self._cycles.items()):
            deadline = cycle.next_deadline()
            if deadline is None or deadline > self._now():
                continue
            try:
                await self.feed(ref, TimePassed(self.at()))
            except (Unfit, KeyError):
                continue
            except JournalError:
                not_before = self._now() + STORE_AGAIN_S
        self._waking = None
        self._arm(not_before)

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
            listener(gateway, outcome)


async def _request(gateway: Gateway, attempt: Attempt, action: Action, code: AuthCode | None) -> Reply:
    match action:
        case Submit():
            if code is None:
                raise NotSent("the code is gone")
            return await gateway.submit(attempt, code)
        case Query():
            return await gateway.query(attempt, action.hold_s)
        case Revoke():
            return await gateway.revoke(attempt)
        case Refund():
            return await gateway.refund(attempt)


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _masked(reply: Reply, known: str) -> Reply:
    trade_no = reply.trade_no if reply.trade_no is None or not known or known not in reply.trade_no else None
    return replace(reply, code=masked(reply.code, known), text=masked(reply.text, known), trade_no=trade_no)


def _log_step(payment: Payment, event: Event, entry: Entry) -> None:
    detail = " ".join(f"{key}={_quoted(value)}" for key, value in entry.detail.items())
    order = f" out_trade_no={entry.out_trade_no}" if entry.out_trade_no else ""
    level = logging.WARNING if payment.state is State.IN_DOUBT else logging.INFO
    log.log(level, "%s ref=%s%s state=%s %s", word(event), payment.ref, order, payment.state, detail)


def _quoted(value: object) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return f'"{text}"' if " " in text else text
