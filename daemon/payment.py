"""A payment, its attempts, and the words for where they stand.

A **payment** is what a till asked for. It holds one or more **attempts**; an attempt is one order at one gateway with an
order number of its own. All of it is frozen: the cycle makes new ones, the journal stores them, everybody else reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NewType, TypeVar

from daemon.money import Amount

T = TypeVar("T")

SETTLED = "settled"  # the code of the reason with which a person ended a doubt, in that person's words

OutTradeNo = NewType("OutTradeNo", str)
"""Our order number: unique for ever, made before the first request, at most 32 of ``A-Z a-z 0-9`` (fits every provider)."""

Ref = NewType("Ref", str)
"""The till's name for a payment: 1 to 64 of ``A-Z a-z 0-9 . _ -``."""


class State(str, Enum):
    """Where a payment stands, spelled as every interface spells it (DESIGN, section 3)."""

    AWAITING_CODE = "awaiting_code"
    SUBMITTING = "submitting"
    PENDING = "pending"
    REVOKING = "revoking"
    CREATING_QR = "creating_qr"
    PRESENTING_QR = "presenting_qr"
    CLOSING = "closing"
    PAID = "paid"
    REFUSED = "refused"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    IN_DOUBT = "in_doubt"

    __str__ = str.__str__

    @property
    def is_final(self) -> bool:
        return self in _FINAL

    @property
    def is_settled(self) -> bool:
        """Never changes again, whatever is heard later."""
        return self in (State.PAID, State.REFUNDED, State.REVOKED)

    @property
    def is_unknown(self) -> bool:
        """The outcome at the provider is not known: no new sale may start on it."""
        return self in _UNKNOWN


_FINAL = frozenset({State.PAID, State.REFUSED, State.REVOKED, State.CANCELLED, State.EXPIRED, State.REFUNDED})
_UNKNOWN = frozenset(
    {State.SUBMITTING, State.PENDING, State.REVOKING, State.CREATING_QR, State.PRESENTING_QR, State.CLOSING, State.IN_DOUBT}
)


class Mode(str, Enum):
    """Who presents the code: the payer (`scan`, CPM) or the box (`show`, MPM)."""

    SCAN = "scan"
    SHOW = "show"

    __str__ = str.__str__


class Errand(str, Enum):
    """What the box still has to do about one order. An attempt with an errand other than `NONE` is open."""

    CHARGE = "charge"  # the charge is sent or about to be; its answer is awaited
    ASK = "ask"  # the payer is confirming, or the outcome is unknown: query until known or given up
    CONFIRM = "confirm"  # refused by a definite code: one query must confirm it before anybody is told
    UNDO = "undo"  # query, then revoke (a QR order: close), until the provider confirms that the order is dead
    WATCH = "watch"  # nothing more can be done to it; asked about ever more slowly
    REFUND = "refund"  # money came that must go back; repeated with the same refund number until accepted
    NONE = "none"  # proven ended, or given over to a person

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something ended: a code for programs, a text for people. The code is the provider's own where it gave one."""

    code: str
    text: str


@dataclass(frozen=True)  # without slots: `but` is what a decision mostly costs, and a dictionary is copied at once
class Attempt:
    """One order at one gateway, and what the box still has to do about it.

    Moments ending in `_at` are monotonic seconds of this boot; the journal keeps the boot they belong to.
    """

    out_trade_no: OutTradeNo
    gateway: str
    scheme: str
    amount: Amount
    state: State
    sent_at: float
    description: str = ""
    mode: Mode = Mode.SCAN
    qr: str | None = None  # SHOW: what the QR says; shown to everybody, so no secret
    reason: Reason | None = None
    trade_no: str | None = None
    errand: Errand = Errand.CHARGE
    next_at: float | None = None  # when the errand goes on; None while an answer is awaited
    pause_s: float = 0.0  # the last pause between two tries of the errand; doubles
    since_at: float = 0.0  # when undoing was taken up
    asked_at: float = 0.0  # when the last query was sent
    refusal: Reason | None = None  # heard, not yet confirmed
    mendable: bool = False  # the payer can mend that refusal with a fresh code
    confirming: bool = False  # the provider said that it asked the payer
    was_known: bool = False  # the provider has at some time known this order
    revokes: int = 0  # revokes sent; the first is counted before it leaves
    revoke_open: bool = False  # a revoke was sent and may still act: "paid" proves nothing any more
    tries: int = 0  # requests of the errand so far; bounds them across restarts
    told_unpaid: bool = False  # in doubt since after the till was told an end without money: what is paid by it now came late

    @property
    def is_open(self) -> bool:
        return self.errand is not Errand.NONE

    def but(self, **changes: object) -> Attempt:
        """The same attempt with some fields changed. TypeError where there is no such field."""
        return _changed(self, changes)


@dataclass(frozen=True)  # as Attempt
class Payment:
    """What a till asked for, and how it stands. `*_at` texts are RFC 3339 UTC, for people; no rule depends on them."""

    ref: Ref
    till: str
    amount: Amount
    mode: Mode
    state: State
    created_at: str
    updated_at: str
    scheme: str | None = None
    description: str = ""
    ttl_s: float | None = None
    reason: Reason | None = None
    paid_at: str | None = None
    attempts: tuple[Attempt, ...] = ()
    expires_at: float | None = None  # monotonic: until when a code is awaited, or a QR shown
    reserved: Attempt | None = None  # the order that the first code may be charged by at once: it is stored before there is a code

    @property
    def orders(self) -> tuple[Attempt, ...]:
        """What the journal keeps: the attempts, and the order that is reserved for one."""
        return self.attempts if self.reserved is None else (*self.attempts, self.reserved)

    @property
    def is_open(self) -> bool:
        """Whether the box still has anything to do about it: an end is missing here, or at a provider."""
        return not (self.state.is_final or self.is_seen_to) or any(a.is_open for a in self.attempts)

    @property
    def is_seen_to(self) -> bool:
        """A person has seen to what was in doubt of it: it says so, and keeps the state that can be proven."""
        return self.reason is not None and self.reason.code == SETTLED

    def attempt(self, number: OutTradeNo) -> Attempt:
        """The attempt of that order number; KeyError where there is none."""
        for attempt in self.attempts:
            if attempt.out_trade_no == number:
                return attempt
        raise KeyError(number)

    def but(self, **changes: object) -> Payment:
        """The same payment with some fields changed. TypeError where there is no such field."""
        return _changed(self, changes)

    def with_attempt(self, attempt: Attempt) -> Payment:
        """The same payment with that attempt in the place of the one of its number, or added."""
        others = [a for a in self.attempts if a.out_trade_no != attempt.out_trade_no]
        if len(others) == len(self.attempts):
            return self.but(attempts=(*self.attempts, attempt))
        return self.but(attempts=tuple(attempt if a.out_trade_no == attempt.out_trade_no else a for a in self.attempts))


def reserved_order(payment: Payment, number: OutTradeNo, gateway: str, scheme: str) -> Attempt:
    """An order for that payment's first code, before there is one; `scheme` is "" where codes of several would go to that gateway."""
    return Attempt(number, gateway, scheme, payment.amount, State.AWAITING_CODE, sent_at=0.0, description=payment.description)


def _changed(thing: T, changes: dict[str, object]) -> T:
    """A copy of a frozen dataclass with some fields changed; ten times as quick as `dataclasses.replace`, which asks each field."""
    fields = vars(thing)
    if not changes.keys() <= fields.keys():
        raise TypeError(f"{type(thing).__name__} has no {', '.join(sorted(changes.keys() - fields.keys()))}")
    copy = object.__new__(type(thing))
    vars(copy).update(fields, **changes)
    return copy
