"""A provider with a ledger, at the other end of a bad line: what it is asked, what it does, and whose money it holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from daemon.events import Action, Query, Refund, Revoke, Submit
from daemon.reply import Refusal, Reply, Verdict

AUTO_CLOSE_S = 45.0


class Standing(Enum):
    """How an order stands at the provider."""

    ABSENT = auto()  # never arrived, or refused before there was an order
    OPEN = auto()  # it can be paid
    PAID = auto()
    FAILED = auto()
    CLOSED = auto()  # it can never be paid; money that was paid has gone back


class Charge(Enum):
    """What comes of a charge: how it is answered, how the order then stands."""

    PAID = (Verdict.PAID, Standing.PAID)
    ASKS_PAYER = (Verdict.CONFIRMING, Standing.OPEN)
    UNPAID = (Verdict.UNPAID, Standing.OPEN)
    UNSURE = (Verdict.UNKNOWN, Standing.OPEN)
    UNSURE_BUT_PAID = (Verdict.UNKNOWN, Standing.PAID)
    REFUSED = (Verdict.REFUSED, Standing.ABSENT)
    REFUSED_AND_KNOWN = (Verdict.REFUSED, Standing.FAILED)
    REFUSED_BUT_OPEN = (Verdict.REFUSED, Standing.OPEN)
    REFUSED_BUT_PAID = (Verdict.REFUSED, Standing.PAID)


class Fate(Enum):
    """What the line does to one request."""

    ANSWERED = auto()
    ANSWER_LOST = auto()
    LOST = auto()
    NOT_SENT = auto()
    DELAYED = auto()  # nothing is heard, and it is carried out later
    BUSY = auto()  # answered with "not now", nothing is done
    GARBLED = auto()  # done, and answered with something that nobody understands

    @property
    def is_done(self) -> bool:
        return self in (Fate.ANSWERED, Fate.ANSWER_LOST, Fate.GARBLED)

    @property
    def is_answered(self) -> bool:
        return self in (Fate.ANSWERED, Fate.BUSY, Fate.GARBLED)


@dataclass
class Order:
    """One order. `money` is what the merchant holds for it, in payments of one."""

    charge: Charge
    mendable: bool
    asked_at: float
    irrevocable: bool = False  # its revoke is refused for good
    odd: bool = False  # its answers do not match what was asked
    standing: Standing = Standing.ABSENT
    money: int = 0
    opened_at: float = 0.0


@dataclass
class Provider:
    """Honest, idempotent, forgetful in nothing. `now` is set by whoever moves the clock."""

    revoke_not_before_s: float
    revokes_unknown: bool = False  # a revoke of an order it does not know is answered with success
    closes_itself: bool = False
    now: float = 0.0
    orders: dict[str, Order] = field(default_factory=dict)
    later: list[tuple[float, Action]] = field(default_factory=list)

    def carry_out(self, action: Action) -> Reply:
        order = self.orders[action.out_trade_no]
        match action:
            case Submit():
                return self._charge(order)
            case Query():
                return Reply(self._seen(order), "mismatch" if order.odd else "", refusal=Refusal.FINAL)
            case Revoke():
                return Reply(self._revoke(order))
            case Refund():
                return Reply(self._refund(order))

    def advance(self, now: float) -> None:
        """Whatever was delayed arrives; what nobody paid in time ends."""
        self.now = max(self.now, now)
        for item in sorted((item for item in self.later if item[0] <= now), key=lambda item: item[0]):
            self.later.remove(item)
            self.carry_out(item[1])
        for order in self.orders.values():
            if self.closes_itself and order.standing is Standing.OPEN and order.opened_at + AUTO_CLOSE_S <= now:
                order.standing = Standing.CLOSED

    def pay(self, order: Order) -> None:
        order.standing, order.money = Standing.PAID, 1

    def _charge(self, order: Order) -> Reply:
        verdict, standing = order.charge.value
        order.opened_at = self.now
        if standing is Standing.PAID:
            self.pay(order)
        else:
            order.standing = standing
        if verdict is Verdict.PAID and order.odd:
            verdict = Verdict.MISMATCH
        return Reply(verdict, verdict.value, refusal=Refusal.PAYER if order.mendable else Refusal.FINAL)

    def _seen(self, order: Order) -> Verdict:
        if order.standing is Standing.OPEN:
            return Verdict.CONFIRMING if order.charge is Charge.ASKS_PAYER else Verdict.UNPAID
        if order.standing is Standing.PAID and order.odd:
            return Verdict.MISMATCH
        return _SEEN[order.standing]

    def _revoke(self, order: Order) -> Verdict:
        assert self.now >= order.asked_at + self.revoke_not_before_s, "P8: revoked earlier than the provider allows"
        if order.standing is Standing.ABSENT:
            return Verdict.REVOKED if self.revokes_unknown else Verdict.NOT_KNOWN
        if order.irrevocable and order.standing is not Standing.CLOSED:
            return Verdict.REVOKE_REFUSED
        order.standing, order.money = Standing.CLOSED, 0
        return Verdict.REVOKED

    def _refund(self, order: Order) -> Verdict:
        if order.standing is Standing.PAID:
            order.standing, order.money = Standing.CLOSED, 0
        return Verdict.REFUNDED if order.standing is Standing.CLOSED else Verdict.REFUND_REFUSED


_SEEN = {
    Standing.ABSENT: Verdict.NOT_KNOWN,
    Standing.PAID: Verdict.PAID,
    Standing.FAILED: Verdict.REFUSED,
    Standing.CLOSED: Verdict.CLOSED,
}
