"""One order at a provider, as the ledger keeps it, and the ways in which the ledger refuses a change.

LedgerError
├── UnknownOrder     no such order, or it has not arrived
├── NumberUsed       the order number was used before
├── CodeUsed         the payer's code was used before
├── TooEarly         revoke
├── AlreadyPaid      close
├── NotPayable       the payer's phone
└── NotRefundable    refund
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from daemon.sandbox.scenario import Call, Move, Scenario, Standing


class LedgerError(Exception):
    """The ledger refuses. Nothing was changed (but the request was counted)."""


class UnknownOrder(LedgerError):
    """No such order, or it has not arrived."""


class NumberUsed(LedgerError):
    """The order number was used before; `order` is what stands under it."""

    def __init__(self, order: Order) -> None:
        super().__init__(f"order number {order.number} was used before")
        self.order = order


class CodeUsed(LedgerError):
    """The payer's code was used before, for whatever order."""


class TooEarly(LedgerError):
    """A revoke so soon after the charge is refused."""


class NotPayable(LedgerError):
    """The payer cannot pay, or decline, an order that stands like this."""


class NotRefundable(LedgerError):
    """Not paid, or more than was paid, or the refund number stands for another amount."""


class AlreadyPaid(LedgerError):
    """A paid order cannot be closed."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a charge, or the making of a QR order, asks for. `amount_minor` in minor units."""

    provider: str
    merchant: str
    number: str
    amount_minor: int
    currency: str
    extras: tuple[tuple[str, str], ...] = ()  # what a provider wants to find again with the order


@dataclass(frozen=True, slots=True)
class Order:
    """One order at one provider. Amounts in minor units, moments on the ledger's clock."""

    number: str
    provider: str
    merchant: str
    amount_minor: int
    currency: str
    scenario: Scenario
    shown: bool  # the payer scans our QR code, instead of us scanning theirs
    state: Standing
    created_at: float
    trade_no: str
    money_in: int = 0
    money_out: int = 0
    paid_at: float | None = None
    closes_at: float | None = None  # when the wallet itself ends it, unpaid
    moves: tuple[Move, ...] = ()  # still to come
    refunds: tuple[tuple[str, int], ...] = ()  # refund number and amount
    calls: tuple[tuple[Call, int], ...] = ()  # how often what was asked about it
    extras: tuple[tuple[str, str], ...] = ()

    def times(self, call: Call) -> int:
        """How many requests of that kind were seen."""
        return dict(self.calls).get(call, 0)

    def counted(self, call: Call) -> Order:
        """The same with one more request of that kind."""
        return replace(self, calls=tuple({**dict(self.calls), call: self.times(call) + 1}.items()))

    @property
    def summary(self) -> dict[str, object]:
        """Everything but the scenario, as JSON."""
        return {
            "provider": self.provider,
            "case": self.scenario.name,
            "state": self.state.value,
            "amount": self.amount_minor,
            "currency": self.currency,
            "trade_no": self.trade_no,
            "charges": self.times(Call.CHARGE),
            "queries": self.times(Call.QUERY),
            "revokes": self.times(Call.REVOKE),
            "closes": self.times(Call.CLOSE),
            "refunds": len(self.refunds),
            "refund_requests": self.times(Call.REFUND),
            "money_in": self.money_in,
            "money_out": self.money_out,
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger's history."""

    at: float
    number: str
    what: str
    detail: str = ""
