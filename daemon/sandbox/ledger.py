"""The money truth: one order after the other, what was asked about it, what came in and what went back.

No I/O; the clock is injected. Provider modules call it like this, for every request that passed their own checks:

    order = ledger.charge(Demand(...), deck.choose(code), code)  # counted even where it raises NumberUsed or CodeUsed
    step = order.scenario.step(Call.CHARGE, 1)
    step = ledger.enter(number, Call.QUERY)          # counts the call and applies the scenario's moves
    ...                                              # where step.act: ledger.revoke(number), ledger.refund(...), ...
    ledger.leave(number, Call.QUERY)                 # moves that come after the call

`order()` is always up to date: what is due by the clock (`advance`) is applied before anything is read.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count

from daemon.sandbox.order import (
    AlreadyPaid,
    CodeUsed,
    Demand,
    Entry,
    LedgerError,
    NotPayable,
    NotRefundable,
    NumberUsed,
    Order,
    TooEarly,
    UnknownOrder,
)
from daemon.sandbox.scenario import HONEST, Call, Move, Scenario, Standing, Step, Timings

__all__ = [
    "AlreadyPaid",
    "CodeUsed",
    "Demand",
    "Entry",
    "Ledger",
    "LedgerError",
    "NotPayable",
    "NotRefundable",
    "NumberUsed",
    "Order",
    "TooEarly",
    "UnknownOrder",
]

Observer = Callable[[Order], None]


@dataclass(slots=True)
class Ledger:
    """All orders of all providers. `now` gives monotonic seconds."""

    now: Callable[[], float]
    timings: Timings = field(default_factory=Timings)
    entries: list[Entry] = field(default_factory=list)
    early_revokes: Counter[str] = field(default_factory=Counter)  # by order number; a correct box causes none
    _orders: dict[str, Order] = field(default_factory=dict)
    _codes: Counter[bytes] = field(default_factory=Counter)
    _observers: list[Observer] = field(default_factory=list)
    _pepper: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _run: int = field(default_factory=lambda: secrets.randbelow(10**12))  # trade numbers of two runs never meet
    _serial: count[int] = field(default_factory=lambda: count(1))

    # -- reading --

    def order(self, number: str, provider: str | None = None) -> Order:
        """The order as it stands now, absent ones included. UnknownOrder where none was ever asked for (there)."""
        self.advance()
        order = self._orders.get(number)
        if order is None or provider not in (None, order.provider):
            raise UnknownOrder(f"no order {number[:32]!r}")
        return order

    def by_trade_no(self, trade_no: str, provider: str) -> Order:
        """The order with the provider's own number. UnknownOrder where there is none."""
        for order in self._orders.values():
            if order.trade_no == trade_no and order.provider == provider:
                return self.order(order.number)
        raise UnknownOrder("no order with that trade number")

    @property
    def orders(self) -> list[Order]:
        """All orders, in the order in which they came."""
        self.advance()
        return list(self._orders.values())

    def charges_with(self, code: str) -> int:
        """How many charge requests carried this payer's code."""
        return self._codes[self._hashed(code)]

    def summary(self) -> dict[str, object]:
        """Everything a test or a person wants to know, as JSON; without codes."""
        orders = {order.number: {**order.summary, "early_revokes": self.early_revokes[order.number]} for order in self.orders}
        totals = {key: sum(getattr(o, key) for o in self._orders.values()) for key in ("money_in", "money_out")}
        return {"orders": orders, **totals, "codes_used_twice": sum(1 for times in self._codes.values() if times > 1)}

    # -- what requests cause --

    def charge(self, demand: Demand, scenario: Scenario, code: str | None) -> Order:
        """Take a charge (`code` None: make an order whose QR code is shown). The scenario's charge step decides what of it
        is done: without `act` the order is as good as never heard of. Raises NumberUsed, CodeUsed."""
        self.advance()
        if code is not None:
            self._codes[self._hashed(code)] += 1
        if demand.number in self._orders:
            raise NumberUsed(self._put(self._orders[demand.number].counted(Call.CHARGE), "charge_again"))
        if code is not None and self.charges_with(code) > 1:
            self._note(demand.number, "code_used", "")
            raise CodeUsed("the payer's code was used before")
        order = self._put(self._made(demand, scenario, shown=code is None), "charge", scenario.name)
        if not order.scenario.step(Call.CHARGE, 1).act:
            return order
        return self._move(order, order.scenario.start) if order.scenario.start is not Standing.ABSENT else order

    def charge_again(self, number: str) -> Order:
        """The same charge once more, at a provider that takes it for the same: where the first was lost, it arrives now.

        Raises UnknownOrder."""
        order = self._put(self.order(number).counted(Call.CHARGE), "charge_again")
        arrives = order.state is Standing.ABSENT and order.scenario.step(Call.CHARGE, order.times(Call.CHARGE)).act
        return self._move(order, order.scenario.start) if arrives and order.scenario.start is not Standing.ABSENT else order

    def _made(self, demand: Demand, scenario: Scenario, *, shown: bool) -> Order:
        played = scenario.for_show() if shown else scenario
        now = self.now()
        return Order(
            number=demand.number,
            provider=demand.provider,
            merchant=demand.merchant,
            amount_minor=demand.amount_minor,
            currency=demand.currency,
            extras=demand.extras,
            scenario=played,
            shown=shown,
            state=Standing.ABSENT,
            created_at=now,
            trade_no=f"4200{self._run:012d}{next(self._serial):012d}",
            closes_at=None if shown else now + self.timings.auto_close_s,
            moves=played.moves,
            calls=((Call.CHARGE, 1),),
        )

    def enter(self, number: str, call: Call, provider: str | None = None) -> Step:
        """A request of that kind about this order arrived: count it, apply what comes before it, say how to answer."""
        self.advance()
        order = self._orders.get(number)
        if order is None or provider not in (None, order.provider):
            return HONEST
        order = order.counted(call)
        self._put(order, call.value)
        self._apply(order, call, answered=False)
        return order.scenario.step(call, order.times(call))

    def leave(self, number: str, call: Call, provider: str | None = None) -> None:
        """That request was carried out: apply what comes right after it."""
        order = self._orders.get(number)
        if order is not None and provider in (None, order.provider):
            self._apply(order, call, answered=True)

    def revoke(self, number: str, *, early_ok: bool = False) -> Order:
        """Undo: an unpaid order is closed, a paid one refunded in full. Doing it again changes nothing.

        Raises UnknownOrder, TooEarly (unless `early_ok`).
        """
        order = self._arrived(number)
        if order.state in (Standing.CLOSED, Standing.REVOKED, Standing.REFUNDED):
            return order
        if not early_ok and self.now() - order.created_at < self.timings.revoke_not_before_s:
            self.early_revokes[number] += 1
            self._note(number, "too_early", "")
            raise TooEarly(f"not before {self.timings.revoke_not_before_s:g} s after the charge")
        if order.state is Standing.PAID:
            return self._put(replace(order, state=Standing.REFUNDED, money_out=order.money_in), "revoked", "refunded")
        return self._move(order, Standing.REVOKED)

    def close(self, number: str) -> Order:
        """End an unpaid order. Doing it again changes nothing. Raises UnknownOrder, AlreadyPaid."""
        order = self._arrived(number)
        if order.state in (Standing.PAID, Standing.REFUNDED):
            raise AlreadyPaid(f"order {number} is paid")
        return order if order.state in (Standing.CLOSED, Standing.REVOKED) else self._move(order, Standing.CLOSED)

    def refund(self, number: str, refund_number: str, amount_minor: int) -> Order:
        """Give money back, once per refund number. Raises UnknownOrder, NotRefundable."""
        order = self._arrived(number)
        done = dict(order.refunds)
        if refund_number in done:
            if done[refund_number] != amount_minor:
                raise NotRefundable("that refund number stands for another amount")
            return order
        if not 0 < amount_minor <= order.money_in - order.money_out:
            raise NotRefundable(f"{amount_minor} of {order.money_in - order.money_out} left")
        refunded = replace(
            order,
            state=Standing.REFUNDED,
            money_out=order.money_out + amount_minor,
            refunds=(*order.refunds, (refund_number, amount_minor)),
        )
        return self._put(refunded, "refunded", str(amount_minor))

    # -- what the payer and the clock cause --

    def confirm(self, number: str) -> Order:
        """The payer types the password, or scans and pays. Raises UnknownOrder, NotPayable."""
        return self._move(self._payable(number), Standing.PAID)

    def decline(self, number: str) -> Order:
        """The payer gives up on the phone. Raises UnknownOrder, NotPayable."""
        return self._move(self._payable(number), Standing.FAILED)

    def advance(self) -> None:
        """Apply everything that is due by the clock."""
        now = self.now()
        for number, order in list(self._orders.items()):
            for move in order.moves:
                if self._due_at(order, move) <= now:
                    self._do(self._orders[number], move)
            closes_at = order.closes_at
            if closes_at is not None and closes_at <= now and self._orders[number].state.is_payable:
                self._move(self._orders[number], Standing.CLOSED)

    def next_due(self) -> float | None:
        """When `advance` will next have something to do; None where nothing is to come."""
        moves = [self._due_at(o, m) for o in self._orders.values() for m in o.moves if m.after is not None]
        closes = [o.closes_at for o in self._orders.values() if o.closes_at is not None and o.state.is_payable]
        return min([*moves, *closes], default=None)

    # -- observers --

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer` with every order that changes, right after. Returns what ends it."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    # -- inside --

    def _arrived(self, number: str) -> Order:
        order = self.order(number)
        if order.state is Standing.ABSENT:
            raise UnknownOrder(f"order {number} has not arrived")
        return order

    def _payable(self, number: str) -> Order:
        order = self._arrived(number)
        if not order.state.is_payable:
            raise NotPayable(f"order {number} is {order.state}")
        return order

    def _due_at(self, order: Order, move: Move) -> float:
        return float("inf") if move.after is None else order.created_at + self.timings.seconds(move.after)

    def _apply(self, order: Order, call: Call, *, answered: bool) -> None:
        for move in order.moves:
            if move.fits(call, order.times(call), answered=answered):
                self._do(self._orders[order.number], move)

    def _do(self, order: Order, move: Move) -> None:
        order = replace(order, moves=tuple(m for m in order.moves if m is not move))
        self._orders[order.number] = order
        # Scenarios may pay an order that was closed or revoked (that is the point of some), but never one a second time.
        too_late = move.unless_ended and order.state in (Standing.CLOSED, Standing.REVOKED)
        if order.money_in == 0 and order.state is not move.to and not too_late:
            self._move(order, move.to)

    def _move(self, order: Order, to: Standing) -> Order:
        if to is Standing.PAID:
            order = replace(order, money_in=order.amount_minor, paid_at=self.now())
        return self._put(replace(order, state=to), to.value)

    def _put(self, order: Order, what: str, detail: str = "") -> Order:
        self._orders[order.number] = order
        self._note(order.number, what, detail)
        for observer in list(self._observers):
            observer(order)
        return order

    def _note(self, number: str, what: str, detail: str) -> None:
        self.entries.append(Entry(self.now(), number, what, detail))

    def _hashed(self, code: str) -> bytes:
        return hashlib.blake2b(code.encode(), key=self._pepper, digest_size=16).digest()
