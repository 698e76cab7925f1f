"""The cycle: the life of one payment, from the amount to a proven end. Whatever can change a payment's state goes through here.

It does no I/O and knows no clock: `handle(event, now)` takes what happened and the monotonic time, and returns what is to be
done; `next_deadline()` says when to come back. An event that does not fit raises `Unfit` and changes nothing.

How it works. `daemon.reading` gives what happened a meaning (`News`). `TABLE` (`daemon.cycle_table`) says where that news leads in
the state that the order is in. `daemon.errands` does what the row names, and knows the waits. The table is about *orders*; the
payment follows its last order, except where a row parts them. An order that the payment has let go (refused, and the payer tries
again; or the till was told an end that the provider has not confirmed) goes on in the background, in the same table, until the
provider's own end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from daemon.cycle_background import MOVED_BY, TOLD_NOT_PAID, learned
from daemon.cycle_doubts import to_ask_again, to_refund, to_settle
from daemon.cycle_rules import Rules
from daemon.cycle_table import TABLE
from daemon.cycle_time import (
    HINT_EVERY_S,
    begun_anew,
    deadlines,
    left_by,
    news_of_no_code,
    news_of_time,
    scan_is_over,
    taken_up,
    with_reason_of_time,
)
from daemon.errands import DOING, GOODS_FAILED
from daemon.events import (
    Action,
    AskedAgain,
    Cancelled,
    CodePresented,
    CodeRejected,
    Event,
    Failed,
    GoodsFailed,
    Hinted,
    NotTakenUp,
    QrWanted,
    Query,
    RefundWanted,
    Replied,
    Restarted,
    Settled,
    TimePassed,
    Unfit,
)
from daemon.news import Do, News, Row
from daemon.payment import SETTLED, Attempt, Mode, OutTradeNo, Payment, Reason, State
from daemon.reading import MAX_ATTEMPTS, RESTARTED, Place, read_failure, read_reply

__all__ = ["MOVED_BY", "TABLE", "Cycle", "Rules", "Unfit"]

S, N = State, News

Snapshot = tuple[Payment, dict[OutTradeNo, Action]]


@dataclass(slots=True)
class Cycle:
    """One payment on its way. `payment` is what it has come to; the requests under way are all that is kept beside it."""

    payment: Payment
    rules: Rules
    went: list[tuple[State, News]] = field(default_factory=list)  # the rows of the table that the last event went through
    _calls: dict[OutTradeNo, Action] = field(default_factory=dict)
    _is_resumed: bool = False  # it is of a payment that was stored before the box started

    @classmethod
    def begin(cls, payment: Payment, rules: Rules, now: float) -> Cycle:
        """A new payment, waiting for a code from now on; with the order that is reserved for it, if any."""
        cycle = cls(payment.but(state=S.AWAITING_CODE), rules)
        cycle._await_code(now)
        return cycle

    @classmethod
    def resume(cls, payment: Payment, rules: Rules, now: float, *, same_boot: bool) -> Cycle:
        """A stored payment after a start; tell it `Restarted` next.

        Moments of another boot mean nothing now: its waits begin anew, which is never earlier than a provider allows.
        """
        cycle = cls(payment if same_boot else payment.but(attempts=tuple(begun_anew(a, rules, now) for a in payment.attempts)), rules)
        cycle._is_resumed = True
        if not same_boot and payment.state is S.PRESENTING_QR:
            cycle._offer(rules.terms(payment.attempts[-1].gateway).schedule.qr_s, now)
        return cycle

    def handle(self, event: Event, now: float) -> list[Action]:
        """What is to be done now that this happened. Raises Unfit, with nothing changed, where it cannot happen now."""
        before = self.snapshot()
        self.went = []
        try:
            actions = list(self._handle(event, now))
        except Unfit:
            self.restore(before)
            raise
        self.payment = learned(self.payment, before[0].state)
        self._stamp(before[0], event.at)
        return actions

    def has_reserved(self, event: Event) -> bool:
        """Whether the order that this event makes is stored already: then its charge may leave before the decision is (P2)."""
        reserved = self.payment.reserved
        return reserved is not None and isinstance(event, CodePresented) and _fits(reserved, event)

    def left(self, number: OutTradeNo, now: float) -> None:
        """The charge of that order leaves now: what is counted from its sending is counted from here. Between the decision and
        this may lie a write to the disk, which a worn card may take its time for; to be stored with what is decided next."""
        self._put(left_by(self.payment.attempt(number), now))

    def next_deadline(self) -> float | None:
        """When `TimePassed` is due (monotonic seconds); None while only an event from outside can change anything."""
        return None if self._must_be_taken_up else min(deadlines(self.payment, self.rules, self._calls), default=None)

    def snapshot(self) -> Snapshot:
        """How it stands, for `restore` where a decision could not be stored."""
        return self.payment, dict(self._calls)

    def restore(self, snapshot: Snapshot) -> None:
        self.payment, calls = snapshot
        self._calls = dict(calls)

    def current(self) -> Attempt | None:
        """The order that the payment is about, the last one in the payment's own state; None while it has let all go."""
        return next((a for a in reversed(self.payment.attempts) if a.state is self.payment.state), None)

    @property
    def _must_be_taken_up(self) -> bool:
        """After a start: the order that is reserved was perhaps charged, so nothing else is decided before it is asked about, also
        where the journal cannot store that for a while. No code may go out under its number again, and no end leave it forgotten."""
        return self._is_resumed and self.payment.reserved is not None

    def _handle(self, event: Event, now: float) -> Iterable[Action]:
        if self._must_be_taken_up and not isinstance(event, Restarted):
            raise NotTakenUp("it is not taken up yet")
        match event:
            case CodePresented():
                return self._make_order(event, N.CODE, now)
            case QrWanted():
                return self._make_order(event, N.QR_WANTED, now)
            case Hinted():
                return self._take_hint(event, now)
            case CodeRejected():
                return self._turn(N.WRONG_CODE, None)
            case Cancelled():
                return self._cancel(event, now)
            case GoodsFailed():
                return self._give_back(event, now)
            case AskedAgain():
                return self._ask_again(now)
            case RefundWanted():
                return self._refund(event, now)
            case Settled():
                return self._settle(event, now)
            case TimePassed():
                return self._pass_time(now)
            case Restarted():
                return self._restart(now)
        return self._hear(event, now)

    def _take_hint(self, event: Hinted, now: float) -> Iterable[Action]:
        """Ask now what would be asked later; within a second of the last question, when that second is over: what the provider has
        just told may be newer than its last answer. A hint about what is asked about by then, or is at its end, does nothing."""
        order = next((a for a in self.payment.attempts if a.out_trade_no == event.out_trade_no), None)
        soon = now if order is None else max(now, order.asked_at + HINT_EVERY_S)
        if order is None or not order.is_open or order.next_at is None or order.next_at <= soon:
            raise Unfit("nothing is to be asked about it sooner")
        if soon == now:
            return self._step(order.but(next_at=now), N.DUE, now)
        self._put(order.but(next_at=soon))
        return []

    def _make_order(self, event: CodePresented | QrWanted, news: News, now: float) -> Iterable[Action]:
        payment = self.payment
        if payment.state is not S.AWAITING_CODE or (payment.mode is Mode.SHOW) is not isinstance(event, QrWanted):
            raise Unfit(f"no order is wanted in {payment.state}")
        if any(a.out_trade_no == event.out_trade_no for a in payment.attempts):
            raise Unfit(f"{event.out_trade_no} was used before")  # one order number, one charge (P1)
        if payment.reserved is not None and payment.reserved.out_trade_no == event.out_trade_no and not _fits(payment.reserved, event):
            raise Unfit(f"{event.out_trade_no} is reserved for {payment.reserved.gateway}")
        order = Attempt(
            event.out_trade_no, event.gateway, event.scheme, payment.amount, S.AWAITING_CODE, sent_at=now, description=payment.description
        )
        order = order.but(mode=payment.mode)
        self.payment = payment.with_attempt(order).but(reserved=None)
        return self._step(order, news, now)

    def _cancel(self, event: Cancelled, now: float) -> Iterable[Action]:
        if event.makes_way and self.payment.state is not S.AWAITING_CODE:
            raise Unfit(f"it makes way for nobody: it is {self.payment.state}")
        reason = Reason("cancelled", f"given up by the {event.by}")
        order = self.current()
        if order is None:
            return self._turn(N.CANCEL, reason)
        if order.state in (S.PENDING, S.CREATING_QR, S.PRESENTING_QR) and isinstance(self._calls.get(order.out_trade_no), Query):
            del self._calls[order.out_trade_no]  # it may be held open for long, and nobody waits for it any more
        return self._step(order.but(reason=order.reason or reason), N.CANCEL, now)

    def _give_back(self, event: GoodsFailed, now: float) -> Iterable[Action]:
        order = self.current()
        if self.payment.state is not S.PAID or order is None:
            raise Unfit(f"nothing is to be given back: the payment is {self.payment.state}")
        if order.reason is not None:
            raise Unfit("it is being given back, or a person sees to it")
        return self._step(order.but(reason=Reason(GOODS_FAILED, event.text)), N.GOODS_FAILED, now)

    # -- what a person does about a doubt --

    def would(self, event: Event, now: float) -> str | None:
        """Why that cannot happen now; None where it can. Nothing is changed."""
        try:
            Cycle(self.payment, self.rules, _calls=dict(self._calls), _is_resumed=self._is_resumed).handle(event, now)
        except Unfit as error:
            return str(error)
        return None

    def _ask_again(self, now: float) -> Iterable[Action]:
        wanted = to_ask_again(self.payment, self._calls, now)
        return [action for order, news in wanted for action in self._step(order.but(next_at=now), news, now)]

    def _refund(self, event: RefundWanted, now: float) -> Iterable[Action]:
        wanted = to_refund(self.payment, event, self.rules)
        return [action for order in wanted for action in self._step(order, N.REFUND_WANTED, now)]

    def _settle(self, event: Settled, now: float) -> Iterable[Action]:
        """What is in doubt stays what it can be proven to be, and says that a person has seen to it."""
        seen_to = Reason(SETTLED, f"{event.by}: {event.text}")
        for order in to_settle(self.payment, event, self._calls):
            self._calls.pop(order.out_trade_no, None)
            self._step(order.but(reason=seen_to), N.SETTLED, now)
        self.payment = self.payment.but(reason=seen_to)
        return []

    # -- what the provider, the time and a start bring --

    def _hold_no_more(self, order: Attempt) -> None:
        """A provider may hold the query open for long after the time is up; the last one before the close is asked at once."""
        call = self._calls.get(order.out_trade_no)
        if isinstance(call, Query) and call.hold_s:
            del self._calls[order.out_trade_no]

    def _hear(self, event: Replied | Failed, now: float) -> Iterable[Action]:
        action = event.action
        if self._calls.get(action.out_trade_no) is not action:
            raise Unfit(f"{action} is not under way")
        del self._calls[action.out_trade_no]
        order = self.payment.attempt(action.out_trade_no)
        if isinstance(event, Failed):
            order, news = read_failure(order, event)
        else:
            order, news = read_reply(order, event, self._place(order), self.rules.terms(order.gateway).schedule, now)
        if isinstance(action, Query) and action.last and news in (N.UNCLEAR, N.CONFIRMING):
            can_end = order.mode is Mode.SCAN or self.rules.terms(order.gateway).closes
            news = N.LAST_ASKED if can_end else N.REVOKE_REFUSED
        if order.state is S.CLOSING and order.reason is not None and order.reason.code == "cancelled":
            news = _AS_ASKED.get(news, news)
        return self._step(order, news, now)

    def _pass_time(self, now: float) -> Iterable[Action]:
        due = False
        for order in self.payment.attempts:
            news = news_of_time(self.payment, order, self.rules, self._calls, now)
            if news is not None:
                due = True
                if order.mode is Mode.SHOW and news in (N.GIVE_UP, N.QR_TIME_UP):
                    self._hold_no_more(order)
                yield from self._step(with_reason_of_time(order, news), news, now)
        if scan_is_over(self.payment, now):
            due = True
            yield from self._turn(*news_of_no_code(self.payment))
        if not due:
            raise Unfit("nothing is due yet")

    def _restart(self, now: float) -> Iterable[Action]:
        self._calls.clear()
        if (reserved := self.payment.reserved) is not None:
            return self._ask_whether_charged(reserved, now)
        if self.payment.state is S.AWAITING_CODE:
            self._turn(N.RESTARTED, RESTARTED)
        return self._take_up_orders(now)

    def _ask_whether_charged(self, reserved: Attempt, now: float) -> Iterable[Action]:
        """The box died while it waited for a code, or after it had one and before that was stored: then the charge may have left."""
        order = reserved.but(sent_at=now, reason=RESTARTED)
        self.payment = self.payment.with_attempt(order).but(reserved=None)
        return self._step(order, N.PERHAPS_SENT, now)

    def _take_up_orders(self, now: float) -> Iterable[Action]:
        for order in self.payment.attempts:
            if order.is_open:
                yield from self._step(taken_up(order, now), N.RESTARTED, now)

    def _look_up(self, state: State, news: News) -> Row:
        row = TABLE.get(state, {}).get(news)
        if row is None:
            raise Unfit(f"{news.name} does not fit {state}")
        self.went.append((state, news))
        return row

    def _step(self, order: Attempt, news: News, now: float) -> Iterable[Action]:
        """The order meets the news: look it up, change the states, do what the row names."""
        row = self._look_up(order.state, news)
        leads = self._is_current(order)
        told_unpaid = order.told_unpaid or (row.to is S.IN_DOUBT and self.payment.state in TOLD_NOT_PAID)
        order, action = self._do(order.but(state=row.to, told_unpaid=told_unpaid), row, now)
        self._put(order)
        if leads:
            self._become(row.payment_to or row.to, order, now)
        return [] if action is None else [action]

    def _do(self, order: Attempt, row: Row, now: float) -> tuple[Attempt, Action | None]:
        if row.do is None or (row.do is Do.GO_ON and order.out_trade_no in self._calls):
            return order, None
        order, action = DOING[row.do](order, self.rules.terms(order.gateway), now)
        if action is not None:
            self._calls[order.out_trade_no] = action
        return order, action

    def _turn(self, news: News, reason: Reason | None) -> Iterable[Action]:
        """The payment itself meets the news, while no order is under way."""
        row = self._look_up(self.payment.state, news)
        reserved = self.payment.reserved if row.to is S.AWAITING_CODE else None
        self.payment = self.payment.but(state=row.to, reason=reason, reserved=reserved)
        return []

    def _become(self, state: State, order: Attempt, now: float) -> None:
        """The payment goes where its order went."""
        told = order.reason if state in _SAYS_WHY else None
        anew = state is S.AWAITING_CODE and order.state is S.REFUSED
        shown = state is S.PRESENTING_QR and self.payment.state is not state
        self.payment = self.payment.but(state=state, reason=told)
        if anew:
            self._await_code(now)
        if shown:
            self._offer(self.rules.terms(order.gateway).schedule.qr_s, now)

    def _is_current(self, order: Attempt) -> bool:
        current = self.current()
        return current is not None and current.out_trade_no == order.out_trade_no

    def _place(self, order: Attempt) -> Place:
        made = sum(a.state is not S.CANCELLED for a in self.payment.attempts)
        return Place(self.payment.state, self._is_current(order), made < MAX_ATTEMPTS, self.rules.unshowable)

    def _await_code(self, now: float) -> None:
        self._offer(self.rules.scan_s, now)

    def _offer(self, wait_s: float, now: float) -> None:
        """`ttl_s` of the request takes the place of the configured wait."""
        self.payment = self.payment.but(expires_at=now + (wait_s if self.payment.ttl_s is None else self.payment.ttl_s))

    def _put(self, order: Attempt) -> None:
        self.payment = self.payment.with_attempt(order)

    def _stamp(self, before: Payment, at: str) -> None:
        """Wall-clock texts for people; nothing depends on them (P11)."""
        if self.payment != before:
            self.payment = self.payment.but(updated_at=at or before.updated_at)
        if self.payment.state is S.PAID and before.state is not S.PAID:
            self.payment = self.payment.but(paid_at=at)


_AS_ASKED = {N.REVOKED: N.ENDED_AS_ASKED, N.ENDED: N.ENDED_AS_ASKED, N.FORGOTTEN: N.ENDED_AS_ASKED, N.REVOKE_REFUSED: N.LEFT_AS_ASKED}
_SAYS_WHY = frozenset({S.REFUSED, S.REVOKED, S.CANCELLED, S.EXPIRED, S.REFUNDED, S.IN_DOUBT, S.PAID})  # paid: that the goods failed


def _fits(reserved: Attempt, event: CodePresented | QrWanted) -> bool:
    return reserved.out_trade_no == event.out_trade_no and reserved.gateway == event.gateway
