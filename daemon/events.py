"""What the cycle asks for (actions, imperative) and what it is told (events, past tense).

These are the vocabulary that the core, the journal, the tests and the logs share. None of them holds a payer's code: the
runner keeps it, in memory, from the scan to the end of the one call that needs it.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.payment import OutTradeNo
from daemon.reply import Reply


@dataclass(frozen=True, slots=True)
class Submit:
    """Send the charge of this order, with the code that was presented for it. At most once per order number (P1)."""

    out_trade_no: OutTradeNo


@dataclass(frozen=True, slots=True)
class Query:
    """Ask what became of the order. `last`: a revoke follows at once; `hold_s`: the provider may hold it open so long."""

    out_trade_no: OutTradeNo
    last: bool = False
    hold_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Revoke:
    """Undo the order: closed if it is unpaid, refunded if it is paid."""

    out_trade_no: OutTradeNo


@dataclass(frozen=True, slots=True)
class Refund:
    """Give the money of a paid order back, under the one refund number that the order has."""

    out_trade_no: OutTradeNo


@dataclass(frozen=True, slots=True)
class CreateQr:
    """Make the order and get the QR to show. At most once per order number (P1), but where the provider guarantees one order
    per idempotence key: there the same number may be asked for again."""

    out_trade_no: OutTradeNo


@dataclass(frozen=True, slots=True)
class Close:
    """End an unpaid QR order, so that it can no longer be paid."""

    out_trade_no: OutTradeNo


Action = Submit | Query | Revoke | Refund | CreateQr | Close


@dataclass(frozen=True, slots=True)
class CodePresented:
    """A payer presented a code of a scheme that has a route; `out_trade_no` is fresh and would be this attempt's."""

    out_trade_no: OutTradeNo
    gateway: str
    scheme: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class QrWanted:
    """The till wants a QR shown; `out_trade_no` is fresh. The first event of such a payment, stored with it."""

    out_trade_no: OutTradeNo
    gateway: str
    scheme: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Hinted:
    """A provider's notification about an order was verified: it says no more than that asking now may be worth it."""

    out_trade_no: OutTradeNo
    at: str = ""


@dataclass(frozen=True, slots=True)
class CodeRejected:
    """Something was scanned that is no payer's code, or of a scheme without a route. `kind` says what it was."""

    kind: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A till or the button wants the payment given up. `makes_way`: for another till's, and only while no code was presented."""

    by: str
    makes_way: bool = False
    at: str = ""


@dataclass(frozen=True, slots=True)
class GoodsFailed:
    """The machine could not hand over what was paid for: the money goes back. `text` says what the machine said."""

    text: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """A person wants a payment in doubt asked about now. `by`: who, as they named themselves."""

    by: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class RefundWanted:
    """A person wants the money back with the payer that is kept for a person to see to. `goods`: also that of a payment whose goods
    nobody is sure of. `text` is the person's reason."""

    by: str
    text: str
    goods: bool = False
    at: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """A person has seen to it, elsewhere: the box does nothing more about what is in doubt of the payment. `goods`, `text`: as above."""

    by: str
    text: str
    goods: bool = False
    at: str = ""


@dataclass(frozen=True, slots=True)
class Replied:
    """A provider answered that request."""

    action: Action
    reply: Reply
    at: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """That request brought no reply. `sent` is False only where surely no byte of it left the box."""

    action: Action
    sent: bool
    text: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The moment of `next_deadline()` has come."""

    at: str = ""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The box started again; no call from before is under way any more."""

    at: str = ""


OfAPerson = AskedAgain | RefundWanted | Settled
Event = CodePresented | QrWanted | Hinted | CodeRejected | Cancelled | GoodsFailed | OfAPerson | Replied | Failed | TimePassed | Restarted


class Unfit(Exception):
    """This event cannot happen to the payment as it stands. Nothing was changed."""


class NotTakenUp(Unfit):
    """Nor any other: what the box must do about the payment since it started could not be stored yet."""
