"""One payment among a provider, a payer, a till, a bad line and a power supply; it looks after each step for broken promises."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from cycle_provider import Charge, Fate, Order, Provider, Standing
from cycle_story import BEGUN, GATEWAY, new_payment

from daemon.cycle import Cycle, Rules
from daemon.errands import PAID_LATE, most_requests
from daemon.events import (
    Action,
    Cancelled,
    CodePresented,
    CodeRejected,
    Event,
    Failed,
    Query,
    Refund,
    Replied,
    Restarted,
    Revoke,
    Submit,
    TimePassed,
)
from daemon.payment import Attempt, Errand, OutTradeNo, Payment, State, reserved_order
from daemon.reply import Refusal, Reply, Verdict
from daemon.timing import Schedule

S = State

SCHEDULES = (
    Schedule(),
    Schedule(in_doubt_s=3),
    Schedule(revoke_not_before_s=40),
    Schedule(give_up_s=6, revoke_not_before_s=2, query_every_s=0.5, chase_s=2),
    Schedule(query_every_s=31, in_doubt_s=70, chase_s=4000),
)
MAY_FOLLOW = {  # what may be told after an end was told
    S.PAID: {S.REFUNDED},
    S.REVOKED: set(),
    S.REFUNDED: set(),
    S.REFUSED: {S.REFUNDED, S.IN_DOUBT},
    S.CANCELLED: {S.REFUNDED, S.IN_DOUBT},
    S.EXPIRED: {S.REFUNDED, S.IN_DOUBT},
}
PROVES_NOTHING = (Verdict.UNKNOWN, Verdict.PAID, Verdict.MISMATCH, Verdict.CONFIRMING)


@dataclass(frozen=True)
class Setting:
    """What the configuration and the provider are like."""

    schedule: Schedule
    refunds: bool
    report: bool
    holds: bool
    revokes_unknown: bool
    closes_itself: bool
    reserves: bool  # the first code's order is stored with the amount


@dataclass(frozen=True)
class Luck:
    """What chance brings to one step of the natural course."""

    presents: bool
    charge: Charge
    mendable: bool
    irrevocable: bool
    odd: bool
    which: int
    fate: Fate
    after_s: float
    delay: float


def is_given_over(attempt: Attempt) -> bool:
    """To a person: the box says of it that somebody must look."""
    late = attempt.reason is not None and attempt.reason.code == PAID_LATE.code and not attempt.is_open
    return attempt.state is S.IN_DOUBT or (late and attempt.state is not S.REFUNDED)


class World:
    """`step` is the natural course; the other public methods are what may come between."""

    def __init__(self, setting: Setting) -> None:
        schedule = setting.schedule
        self.now = BEGUN
        self.schedule = schedule
        self.rules = Rules(
            {GATEWAY: schedule},
            late_payment="report" if setting.report else "refund",
            refunding=frozenset({GATEWAY} if setting.refunds else ()),
            holding=frozenset({GATEWAY} if setting.holds else ()),
        )
        self.provider = Provider(schedule.revoke_not_before_s, setting.revokes_unknown, setting.closes_itself)
        self._numbers = count(1)
        self.cycle = Cycle.begin(self._asked_for(setting), self.rules, self.now)
        self.calls: dict[Action, float] = {}  # and when they are no longer waited for
        self.requests: dict[str, list[Action]] = {}
        self.heard: dict[str, list[Verdict]] = {}
        self.boots = 1
        self.starts = 0

    def _asked_for(self, setting: Setting) -> Payment:
        payment = new_payment()
        return payment.but(reserved=reserved_order(payment, self._number(), GATEWAY, "")) if setting.reserves else payment

    def _number(self) -> OutTradeNo:
        """Of an order that nobody has heard of."""
        number = OutTradeNo(f"T{next(self._numbers)}")
        self.provider.orders[number] = Order(Charge.PAID, False, self.now)
        return number

    @property
    def payment(self) -> Payment:
        return self.cycle.payment

    # -- the natural course: a code, an answer, a wait --

    def step(self, luck: Luck) -> None:
        if self.calls and luck.fate is not Fate.DELAYED:
            self._answer(list(self.calls)[luck.which % len(self.calls)], luck)
        elif self.payment.state is S.AWAITING_CODE and luck.presents:
            self._present(luck)
        else:
            self._wait(luck.delay)

    def _present(self, luck: Luck) -> None:
        self.tell(CodePresented(self._new_order(luck), GATEWAY, "wechat"))

    def _new_order(self, luck: Luck) -> OutTradeNo:
        reserved = self.payment.reserved
        number = self._number() if reserved is None else reserved.out_trade_no
        self.provider.orders[number] = Order(luck.charge, luck.mendable, self.now, luck.irrevocable, luck.odd)
        return number

    def _answer(self, action: Action, luck: Luck) -> None:
        self._pass_time(min([self.now + luck.after_s, *self.calls.values()]))
        if action in self.calls:
            self._end_call(action, luck.fate, luck.delay)

    def _wait(self, delay: float) -> None:
        """Until the next thing is due, or a call has taken too long."""
        moments = [*self.calls.values(), *filter(None, [self.cycle.next_deadline()])]
        if not moments:
            return
        self._pass_time(min(moments))
        for action in [a for a, until in self.calls.items() if until <= self.now]:
            self._end_call(action, Fate.DELAYED, delay)

    # -- what people do --

    def present_nonsense(self) -> None:
        if self.payment.state is S.AWAITING_CODE:
            self.tell(CodeRejected("product"))

    def cancel(self) -> None:
        """The runner no longer waits for a query when the payer's time is over."""
        if not self.payment.state.is_final:
            self.calls = {a: until for a, until in self.calls.items() if self._order(a).state is not S.PENDING or not isinstance(a, Query)}
            self.tell(Cancelled("till"))

    def decide(self, which: int, pays: bool) -> None:
        """The payer pays, or declines, an order that can be paid: not always the last one."""
        able = [o for o in self.provider.orders.values() if o.standing is Standing.OPEN]
        if able and pays:
            self.provider.pay(able[which % len(able)])
        elif able:
            able[which % len(able)].standing = Standing.FAILED

    # -- what the power and the disk do --

    def restart(self, fate: Fate, off_s: float, delay: float, *, same_boot: bool) -> None:
        """The power fails: whatever was being asked may or may not have left and been done."""
        for action in self.calls:
            self._meet(action, fate, delay)
        self.calls.clear()
        self.now += off_s
        self.provider.advance(self.now)
        self.starts += 1
        self.boots += not same_boot
        self.cycle = Cycle.resume(self.payment, self.rules, self.now, same_boot=same_boot)
        self.tell(Restarted())

    def die_charging(self, luck: Luck, off_s: float, *, same_boot: bool) -> None:
        """The power fails when the charge of the reserved order has left, and nothing of that is on the disk."""
        if self.payment.reserved is None:
            return
        charge = Submit(self._new_order(luck))
        self.requests[charge.out_trade_no] = [charge]
        self._meet(charge, luck.fate, luck.delay)  # whatever the answer was, nobody heard it
        self.restart(luck.fate, off_s, luck.delay, same_boot=same_boot)

    def fail_to_store(self) -> None:
        """Nothing is sent that could not be stored (P2), and all is as it was."""
        if self.payment.state is S.AWAITING_CODE:
            before = self.cycle.snapshot()
            self.cycle.handle(CodePresented(OutTradeNo("never"), GATEWAY, "wechat"), self.now)
            self.cycle.restore(before)
            assert self.cycle.snapshot() == before

    # -- the promises --

    def check(self) -> None:
        """After every step."""
        if self.payment.is_open and not self.calls and self.cycle.next_deadline() is None:
            assert self.payment.state is S.IN_DOUBT, "forgotten: only a person can end what is in doubt"
            assert not any(a.is_open for a in self.payment.attempts), "an order is forgotten"
        most = most_requests(self.schedule, self.boots) + 2 * self.starts
        assert all(len(asked) <= most for asked in self.requests.values()), "P9"

    def end(self) -> None:
        """The line is good again and everybody honest: every order must come to its end, and nobody may have paid twice."""
        while self.calls or self.cycle.next_deadline() is not None:
            for action in list(self.calls):
                self._end_call(action, Fate.ANSWERED, 0.0)
            if (deadline := self.cycle.next_deadline()) is not None:
                self._pass_time(deadline)
        self.check()
        for attempt in self.payment.attempts:
            self._check_end(attempt)
        self._check_money()

    def _check_end(self, attempt: Attempt) -> None:
        order = self.provider.orders[attempt.out_trade_no]
        if is_given_over(attempt) or order.irrevocable:
            return
        ends = (Standing.PAID,) if attempt.state is S.PAID else (Standing.CLOSED, Standing.ABSENT)
        assert order.standing in ends, f"P5: the order ends {order.standing}, told {attempt.state}"

    def _check_money(self) -> None:
        kept = [a for a in self.payment.attempts if self.provider.orders[a.out_trade_no].money]
        if self.payment.state is S.PAID:
            assert [a.state for a in kept if not is_given_over(a)] == [S.PAID], "nobody pays twice, and paid is paid"
        elif kept:
            late = self.payment.reason is not None and self.payment.reason.code == PAID_LATE.code
            assert self.payment.state is S.IN_DOUBT or late, f"money kept and nobody told: {self.payment.state}"

    # -- inside --

    def _order(self, action: Action) -> Attempt:
        return self.payment.attempt(action.out_trade_no)

    def _pass_time(self, until: float) -> None:
        for _ in range(20):
            deadline = self.cycle.next_deadline()
            if deadline is None or deadline > until:
                break
            self.now = max(self.now, deadline)
            self.provider.advance(self.now)
            self.tell(TimePassed())
        else:
            assert deadline is not None
            assert deadline > self.now, "the same moment comes again and again"
        self.now = max(self.now, until)
        self.provider.advance(self.now)

    def _end_call(self, action: Action, fate: Fate, delay: float) -> None:
        reply = self._meet(action, fate, delay)
        del self.calls[action]
        self.heard.setdefault(action.out_trade_no, []).extend([reply.verdict] if reply else [])
        self.tell(Replied(action, reply) if reply else Failed(action, fate is not Fate.NOT_SENT, "lost"), ends=action)

    def _meet(self, action: Action, fate: Fate, delay: float) -> Reply | None:
        """What becomes of a request on its way; the answer, if it brings one."""
        if fate is Fate.DELAYED and not isinstance(action, Query):
            sent_at = self.provider.orders[action.out_trade_no].asked_at
            longest = sent_at + 1.9 * self.schedule.give_up_s - self.now if isinstance(action, Submit) else 20.0
            self.provider.later.append((self.now + max(0.0, longest * delay), action))
        reply = self.provider.carry_out(action) if fate.is_done else None
        if fate is Fate.BUSY or (fate is Fate.GARBLED and not isinstance(action, Submit)):
            return Reply(Verdict.REVOKE_AGAIN if isinstance(action, Revoke) else Verdict.UNKNOWN)
        if fate is Fate.GARBLED:
            return Reply(Verdict.UNKNOWN, refusal=Refusal.OURS)
        return reply if fate.is_answered else None

    def tell(self, event: Event, ends: Action | None = None) -> None:
        before = self.payment
        for action in self.cycle.handle(event, self.now):
            self._check_action(action, ends)
            self.calls[action] = self.now + self._limit_s(action)
            self.requests.setdefault(action.out_trade_no, []).append(action)
        self._check_step(before)

    def _limit_s(self, action: Action) -> float:
        if isinstance(action, Submit):
            return self.schedule.answer_s
        return self.schedule.reply_s + (action.hold_s if isinstance(action, Query) else 0.0)

    def _check_action(self, action: Action, ends: Action | None) -> None:
        asked = self.requests.get(action.out_trade_no, [])
        assert not any(a.out_trade_no == action.out_trade_no for a in self.calls), "one request at a time for one order"
        match action:
            case Submit():
                assert asked == [], "P1: one order number, one charge"
            case Revoke():
                assert self._order(action).state is not S.PAID, "P7"
                assert isinstance(ends, Query), "P8: a revoke comes right after a query"
                assert ends.last
                assert ends.out_trade_no == action.out_trade_no
            case Refund():
                assert self._order(action).state is not S.PAID, "P7"
                assert GATEWAY in self.rules.refunding
                assert self.rules.late_payment == "refund"

    def _check_step(self, before: Payment) -> None:
        after = self.payment
        if after.state is not before.state and before.state in MAY_FOLLOW:
            assert after.state in MAY_FOLLOW[before.state], f"{before.state} was told, then {after.state}"
        for attempt in after.attempts:
            order = self.provider.orders[attempt.out_trade_no]
            if attempt.state is S.PAID:
                assert order.standing is Standing.PAID, "P6, P7: paid was told, so it is paid and stays so"
                assert not order.odd
                assert attempt.errand is Errand.NONE
            if attempt.state is S.REFUSED:
                self._check_refusal(attempt)

    def _check_refusal(self, attempt: Attempt) -> None:
        """P4, P5: a definite refusal was heard, and a query (or the query itself) confirmed it."""
        heard = self.heard[attempt.out_trade_no]
        assert Verdict.REFUSED in heard
        asked = [a for a in self.requests[attempt.out_trade_no] if isinstance(a, Query)]
        assert asked
        assert any(v not in PROVES_NOTHING for v in heard)
