"""The promises of the design, looked at after every step: what leaves the box, what the till is told, where the money is.

Each breach raises `Broken` with the promise's number. What is looked at is the provider's ledger, the till's view and the disk,
never what the box thinks of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from daemon.attending import Act
from daemon.errands import CHASE_TRIES, PAID_LATE, most_requests
from daemon.events import Action, Close, CreateQr, Query, Refund, Revoke, Submit
from daemon.late_money import needs_a_person
from daemon.payment import SETTLED, Attempt, OutTradeNo, Payment, Ref, State
from daemon.reply import GatewayError, Reply, Verdict
from daemon.sandbox.order import Order
from daemon.sandbox.scenario import Call, Standing
from daemon.simulation.disk import Disk
from daemon.timing import Schedule

S = State

MAY_FOLLOW: Mapping[State, frozenset[State]] = {
    S.PAID: frozenset(),  # but where its machine said that the goods failed
    S.REVOKED: frozenset(),
    S.REFUNDED: frozenset(),
    S.REFUSED: frozenset({S.REFUNDED, S.IN_DOUBT}),
    S.CANCELLED: frozenset({S.REFUNDED, S.IN_DOUBT}),
    S.EXPIRED: frozenset({S.REFUNDED, S.IN_DOUBT}),
}
"""What a till may be told after an end."""

_WITHOUT_MONEY = frozenset({S.REFUSED, S.CANCELLED, S.EXPIRED})
ENDS = frozenset({Standing.ABSENT, Standing.CLOSED, Standing.REVOKED, Standing.REFUNDED})
_PROVES_NOTHING = frozenset({Verdict.UNKNOWN, Verdict.PAID, Verdict.MISMATCH, Verdict.CONFIRMING})
_HINTS = 64  # requests that restarts, a repeated create and the like may add to one order, beside `most_requests`


class Broken(AssertionError):
    """A promise was broken."""

    def __init__(self, promise: str, text: str) -> None:
        super().__init__(f"{promise}: {text}")
        self.promise = promise


@dataclass(slots=True)
class _Heard:
    """What is known from outside of one order."""

    charges: int = 0
    charged_at: float = 0.0
    requests: int = 0
    asked: int = 0  # queries that were made, whether or not they left the box and arrived
    last: type[Action] | None = None  # the kind of the last request of this life of the box; None: none yet
    verdicts: list[tuple[type[Action], Verdict]] = field(default_factory=list)


@dataclass(slots=True)
class Promises:
    """`lives` and `boots` are how often the box was started, and the machine."""

    disk: Disk
    schedule: Schedule
    repeats: frozenset[str]
    refunds: bool
    lives: int = 0
    boots: int = 0
    _orders: dict[OutTradeNo, _Heard] = field(default_factory=dict)
    _told: dict[Ref, State] = field(default_factory=dict)
    _told_unpaid: set[Ref] = field(default_factory=set)  # once told an end without money; the goods may have been sold again since
    _wanted_back: set[Ref] = field(default_factory=set)  # a person wants their money to go back
    _failed: set[Ref] = field(default_factory=set)  # whose goods were not handed over, as the box was told and took note of

    # -- what leaves the box --

    def starts(self, *, anew: bool) -> None:
        """A life begins: nothing has been asked in it yet."""
        self.lives += 1
        self.boots += anew
        for heard in self._orders.values():
            heard.last = None

    def asks(self, action: Action, attempt: Attempt) -> None:
        """A request is made; it may not leave the box, where there is no connection."""
        self._heard(attempt).asked += isinstance(action, Query)

    def leaves(self, action: Action, attempt: Attempt, now: float) -> None:
        heard = self._heard(attempt)
        heard.requests += 1
        if isinstance(action, Submit | CreateQr):
            self._charge_leaves(action, attempt, heard, now)
        else:
            self._other_leaves(action, attempt, heard, now)
        heard.last = type(action)
        most = most_requests(self.schedule, self.boots) + 2 * self.lives + _HINTS
        if heard.requests > most:
            raise Broken("P9", f"{heard.requests} requests about one order, {most} at most")

    def _charge_leaves(self, action: Action, attempt: Attempt, heard: _Heard, now: float) -> None:
        heard.charges += 1
        if heard.charges > 1 and not (isinstance(action, CreateQr) and attempt.gateway in self.repeats):
            raise Broken("P1", "a second charge was sent under one number")
        if heard.charges == 1:
            heard.charged_at = now
        stored = self._on_disk(attempt)
        if stored is None or (stored.gateway, stored.amount) != (attempt.gateway, attempt.amount):
            raise Broken("P2", "a charge left that is not on the disk")

    def _other_leaves(self, action: Action, attempt: Attempt, heard: _Heard, now: float) -> None:
        stored = self._on_disk(attempt)
        if stored is None:
            raise Broken("P2", "a request left about an order that is not on the disk")
        failed = stored.state is S.PAID and self._goods_failed(attempt)
        if stored.reason is not None and stored.reason.code == SETTLED and not isinstance(action, Query):
            raise Broken("P7", "something is done about an order that a person has seen to")
        if stored.state is S.PAID and (isinstance(action, Revoke | Close) or (isinstance(action, Refund) and not failed)):
            raise Broken("P7", "what was told paid is undone")
        if isinstance(action, Revoke | Close) and heard.last is not Query:
            raise Broken("P8", "an order is undone without a query right before")
        if isinstance(action, Revoke) and now < heard.charged_at + self.schedule.revoke_not_before_s - 1e-6:
            raise Broken("P8", f"revoked {now - heard.charged_at:.3f} s after the charge")
        if isinstance(action, Refund) and not self.refunds and not failed and not self._is_wanted_back(attempt):
            raise Broken("P7", "refunded, though the operator wants it reported")

    def hears(self, action: Action, attempt: Attempt, reply: Reply | GatewayError) -> None:
        if isinstance(reply, Reply):
            heard = self._heard(attempt)
            heard.verdicts.append((type(action), reply.verdict))

    # -- what the till is told --

    def begins(self, ref: Ref, *, sells_in_doubt: bool) -> None:
        """A new payment was taken: none whose outcome is unknown may be there (P3)."""
        for payment in self.disk.all:
            unknown = payment.state.is_unknown and not payment.is_seen_to and not (payment.state is S.IN_DOUBT and sells_in_doubt)
            if payment.ref != ref and (unknown or payment.state is S.AWAITING_CODE):
                raise Broken("P3", f"a sale begins while another is {payment.state}")

    def goods_fail(self, ref: Ref) -> None:
        """The till is about to say so: the box may give back what it was told of before this returns."""
        self._failed.add(ref)

    def person_acts(self, ref: Ref, act: Act) -> None:
        """Somebody is about to want that of the box, and it can be done."""
        if act is Act.REFUND:
            self._wanted_back.add(ref)

    def _is_wanted_back(self, attempt: Attempt) -> bool:
        payment = self.disk.with_order(attempt.out_trade_no)
        return payment is not None and payment.ref in self._wanted_back

    def _goods_failed(self, attempt: Attempt) -> bool:
        payment = self.disk.with_order(attempt.out_trade_no)
        return payment is not None and self._may_go_back(payment.ref)

    def _may_go_back(self, ref: Ref) -> bool:
        """Its goods failed, or a person wants the money of goods back that nobody is sure of."""
        return ref in self._failed or ref in self._wanted_back

    def told(self, payment: Payment, order_of: Callable[[Attempt], Order | None]) -> None:
        before = self._told.get(payment.ref)
        if before is payment.state:
            return
        given_back = before is S.PAID and payment.state is S.REFUNDED and self._may_go_back(payment.ref)
        if before is not None and before in MAY_FOLLOW and payment.state not in MAY_FOLLOW[before] and not given_back:
            raise Broken("P7", f"the till was told {before}, and then {payment.state}")
        if payment.state is S.PAID and payment.ref in self._told_unpaid:
            raise Broken("P7", "the till was told that nobody had paid, and then, by way of in_doubt, paid")
        self._told[payment.ref] = payment.state
        if payment.state in _WITHOUT_MONEY:
            self._told_unpaid.add(payment.ref)
        for attempt in payment.attempts:
            if attempt.state is S.PAID:
                self._is_paid(attempt, order_of(attempt), may_be_back=self._may_go_back(payment.ref))
            elif attempt.state is S.REFUSED:
                self._is_refused(attempt)

    def _is_paid(self, attempt: Attempt, order: Order | None, *, may_be_back: bool) -> None:
        """Told for the first time, or once more after a restart, when the money may be on its way back for its goods."""
        wanted = (Standing.PAID, Standing.REFUNDED) if may_be_back else (Standing.PAID,)
        if order is None or order.state not in wanted or order.money_in != attempt.amount.minor:
            raise Broken("P6", f"told paid, and the order is {order.state if order else 'nowhere'}")
        if not any(verdict is Verdict.PAID for _, verdict in self._orders[attempt.out_trade_no].verdicts):
            raise Broken("P6", "told paid, and no answer proved it")

    def _is_refused(self, attempt: Attempt) -> None:
        """A definite refusal was heard (or its QR was of no use), and a query confirmed it."""
        if attempt.reason is not None and attempt.reason.code in ("no_qr", "qr_unreadable", "not_sent"):
            return
        verdicts = self._orders[attempt.out_trade_no].verdicts
        if not any(verdict is Verdict.REFUSED for _, verdict in verdicts):
            raise Broken("P4", "told refused, and nobody refused")
        if not any(kind is Query and verdict not in _PROVES_NOTHING for kind, verdict in verdicts):
            raise Broken("P5", "told refused, and no query confirmed it")

    # -- the end --

    def remembered(self) -> None:
        """Every order that was charged, or asked for, is on the disk."""
        for number, heard in self._orders.items():
            payment = self.disk.with_order(number)
            if heard.charges and (payment is None or _order_in(payment, number) is None):
                raise Broken("P3", "an order was charged and forgotten")

    def ended(self, payment: Payment, order_of: Callable[[Attempt], Order | None]) -> None:
        """Nothing is left to be done about it: every order has its end, and the money is where the till thinks that it is."""
        for attempt in payment.attempts:
            order = order_of(attempt)
            if order is not None and not is_given_over(attempt):
                self._order_ended(attempt, order)
        kept = [a for a in payment.attempts if (order := order_of(a)) and order.money_in > order.money_out]
        if payment.state in (S.PAID, S.REFUNDED) and any(_waits_for_a_person(a) for a in kept) and not needs_a_person(payment):
            raise Broken("P7", "the shop has the money of another order too, and nobody is told")
        if payment.state is S.PAID and payment.reason is None and self._should_be_back(payment):
            raise Broken("P7", "no goods were handed over, and the money is forgotten")
        if payment.is_seen_to:
            return  # where its money is, that person knows
        if payment.state is S.PAID:
            if [a.state for a in kept if not is_given_over(a)] != [S.PAID]:
                raise Broken("P6", "paid was told, and the money of another order was kept, or none")
        elif kept and payment.state is not S.IN_DOUBT and not _is_late(payment):
            raise Broken("P7", f"the shop has the money, and the till was told {payment.state}")

    def _should_be_back(self, payment: Payment) -> bool:
        """Nothing was handed over, or a person wanted money of it back, and none went."""
        went = any(attempt.state is S.REFUNDED for attempt in payment.attempts)
        return payment.ref in self._failed or (payment.ref in self._wanted_back and not went)

    def _order_ended(self, attempt: Attempt, order: Order) -> None:
        if attempt.state is S.PAID or order.state in ENDS:
            return
        # nobody can pay what failed, even where its revoke was refused for good
        was_undone = order.state is Standing.FAILED and order.times(Call.REVOKE) + order.times(Call.CLOSE) > 0
        # a week, at a wallet that ends nothing and lets nothing be ended; each life may have died of one question that it had stored
        asked_to_the_limit = self._heard(attempt).asked + self.lives >= CHASE_TRIES
        if order.money_in == order.money_out and not was_undone and not asked_to_the_limit:
            raise Broken("P5", f"the order was left {order.state}, told {attempt.state}")

    def _heard(self, attempt: Attempt) -> _Heard:
        return self._orders.setdefault(attempt.out_trade_no, _Heard())

    def _on_disk(self, attempt: Attempt) -> Attempt | None:
        payment = self.disk.with_order(attempt.out_trade_no)
        return None if payment is None else _order_in(payment, attempt.out_trade_no)


def _order_in(payment: Payment, number: OutTradeNo) -> Attempt | None:
    return next((order for order in payment.orders if order.out_trade_no == number), None)


def _waits_for_a_person(attempt: Attempt) -> bool:
    """An order beside the one that carries the payment, whose money nobody has seen to."""
    seen_to = attempt.reason is not None and attempt.reason.code == SETTLED
    return attempt.state is not S.PAID and is_given_over(attempt) and not seen_to


def is_given_over(attempt: Attempt) -> bool:
    """To a person: the box says of it that somebody must look."""
    late = attempt.reason is not None and attempt.reason.code == PAID_LATE.code and not attempt.is_open
    seen_to = attempt.reason is not None and attempt.reason.code == SETTLED
    return seen_to or attempt.state is S.IN_DOUBT or (late and attempt.state is not S.REFUNDED)


def _is_late(payment: Payment) -> bool:
    return payment.reason is not None and payment.reason.code == PAID_LATE.code
