"""What a provider and a payer do with one order, as data.

A `Scenario` says where an order stands once it was charged, by what `Move`s it changes later, and how each call about it is
answered: the n-th query takes the n-th `Step` of `Scenario.query`, and so on. Nothing here acts; `ledger` keeps count and
applies the moves, the provider modules (`wechat`, `merchant`) read the steps and answer in their own words.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import Enum


class Call(str, Enum):
    """The kinds of request about an order. `CHARGE` is also the making of a QR order."""

    CHARGE = "charge"
    QUERY = "query"
    REVOKE = "revoke"
    CLOSE = "close"
    REFUND = "refund"

    __str__ = str.__str__


class Standing(str, Enum):
    """Where an order stands at the provider."""

    ABSENT = "absent"  # the provider has never heard of it (the request was lost, or is still on its way)
    UNPAID = "unpaid"  # it exists, nobody has paid
    CONFIRMING = "confirming"  # the payer is being asked for the password
    ACCEPTED = "accepted"  # taken on, the bank has not debited yet
    FAILED = "failed"  # the bank or the wallet refused; nothing was debited
    PAID = "paid"
    CLOSED = "closed"  # ended unpaid: by the merchant's close or by the wallet itself
    REVOKED = "revoked"  # undone before anybody had paid
    REFUNDED = "refunded"  # was paid; the money went back, by revoke or by refund

    __str__ = str.__str__

    @property
    def is_payable(self) -> bool:
        """Whether the payer's phone can still pay it."""
        return self in (Standing.UNPAID, Standing.CONFIRMING, Standing.ACCEPTED)


class Fault(str, Enum):
    """What the wire does to an answer. The request was carried out all the same where the step says `act`."""

    NONE = "none"
    CUT = "cut"  # the connection is reset, no byte of an answer
    SILENT = "silent"  # the connection stays open, nothing comes
    TRUNCATED = "truncated"  # half the body, then reset
    SLOW = "slow"  # the body drips, over `slow_s`
    MALFORMED = "malformed"  # not the format at all
    EMPTY = "empty"  # status 200 and no body
    DOCTYPE = "doctype"  # an XML body with an external DTD; for JSON as MALFORMED
    ENTITY_BOMB = "entity_bomb"  # an XML body with nested entities; for JSON as MALFORMED
    HUGE = "huge"  # a well-formed answer of 8 MB
    HTML_502 = "html_502"  # what a proxy says
    REDIRECT = "redirect"  # 302 to elsewhere
    GZIP = "gzip"  # compressed although nobody may have asked for it
    BOM = "bom"  # a byte-order mark before the body
    NOT_UTF8 = "not_utf8"  # bytes that are no UTF-8 inside the body

    __str__ = str.__str__


class Lie(str, Enum):
    """What an otherwise correct, correctly signed answer says falsely."""

    NONE = "none"
    AMOUNT = "amount"
    CURRENCY = "currency"
    MERCHANT = "merchant"
    NUMBER = "number"
    SIGNATURE = "signature"  # the signature does not fit the answer
    NO_SIGNATURE = "no_signature"  # there is none
    EXTRA_FIELDS = "extra_fields"  # no lie: fields nobody knows, signed along
    ZERO_FIELDS = "zero_fields"  # no lie: fields of value 0, signed along

    __str__ = str.__str__


Wait = float | str
"""Seconds, or the name of a field of `Timings`."""


@dataclass(frozen=True, slots=True)
class Timings:
    """How long things take at the providers; all seconds. Tests shrink them together with the box's own `[timing]`."""

    auto_close_s: float = 45.0  # the wallet itself ends an unpaid Quick Pay order. WeChat, closed-loop guide
    revoke_not_before_s: float = 15.0  # an earlier revoke is refused. WeChat, revoke page
    confirm_s: float = 12.0  # a payer who is asked for the password has typed it. Own
    late_s: float = 12.0  # a late answer comes; the box waits 10. Own
    silence_s: float = 90.0  # a silent connection is cut in the end. Own
    slow_s: float = 20.0  # a dripping body is complete. Own
    push_retry_s: float = 15.0  # first pause before a notification that was not taken is sent again. CBTIS, webhook page
    token_s: float = 3600.0  # an access token lives. CBTIS, authentication page

    def seconds(self, wait: Wait) -> float:
        """The seconds of a wait. AttributeError where it names no field."""
        return float(getattr(self, wait)) if isinstance(wait, str) else wait

    def scaled(self, factor: float) -> Timings:
        """All of them times a factor."""
        return Timings(**{f.name: getattr(self, f.name) * factor for f in fields(self)})


@dataclass(frozen=True, slots=True)
class Step:
    """How one call is answered. A plain `Step()` is honest: it acts, and tells the truth."""

    act: bool = True  # the call is carried out; False: the answer is all there is to it
    code: str = ""  # answer this error code (WeChat's spelling, see `refusals`) instead of the truth
    again: bool | None = None  # revoke: "call again" (WeChat's recall); None: what goes with the answer
    says: Standing | None = None  # tell this standing instead of the true one
    lie: Lie = Lie.NONE
    fault: Fault = Fault.NONE
    delay: Wait = 0.0  # between acting and answering


HONEST = Step()


@dataclass(frozen=True, slots=True)
class Steps:
    """The answers to all calls of one kind: the first ones, then the same for ever."""

    first: tuple[Step, ...] = ()
    then: Step = HONEST

    def nth(self, number: int) -> Step:
        """The step of the `number`-th call, counted from 1."""
        return self.first[number - 1] if number <= len(self.first) else self.then


@dataclass(frozen=True, slots=True)
class Move:
    """A change of an order that nobody at the box causes: the payer pays, the wallet closes it.

    It comes just before the `nth` call of kind `on` is looked at (with `answered`: just after that call was carried out),
    or `after` so long since the charge, whichever is first; once.
    """

    to: Standing
    on: Call | None = None
    nth: int = 1
    answered: bool = False
    after: Wait | None = None
    unless_ended: bool = False  # not to an order that was closed or revoked before

    def fits(self, call: Call, count: int, *, answered: bool) -> bool:
        return self.on is call and self.nth == count and self.answered == answered


PAYS_WHEN_SHOWN = Move(Standing.PAID, on=Call.QUERY, nth=2, after="confirm_s", unless_ended=True)
"""What stands for "paid at once" where the payer must first scan a QR code. Nobody pays by one that was closed before."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case: its name, a line for people, and what happens."""

    name: str
    text: str
    start: Standing = Standing.PAID  # where the order stands once the charge was carried out
    moves: tuple[Move, ...] = ()
    charge: Steps = Steps()
    query: Steps = Steps()
    revoke: Steps = Steps()
    close: Steps = Steps()
    refund: Steps = Steps()

    def step(self, call: Call, count: int) -> Step:
        """The step of the `count`-th call of that kind, counted from 1."""
        steps: Steps = getattr(self, call.value)
        return steps.nth(count)

    def for_show(self) -> Scenario:
        """The same for an order whose QR code the payer scans: it begins unpaid."""
        if self.start is Standing.PAID:
            return replace(self, start=Standing.UNPAID, moves=(*self.moves, PAYS_WHEN_SHOWN))
        if self.start in (Standing.CONFIRMING, Standing.ACCEPTED):
            return replace(self, start=Standing.UNPAID)
        return self
