"""What a provider answered, verified and understood; and what is known when it did not answer.

Gateways make these, the cycle reads them. The errors are sorted by what is now known, because for money that is the only
thing that matters:

    GatewayError
    ├── NotSent           no byte of the request left the box: surely not done
    └── Unclear           it may or may not have been done: ask
        ├── NoAnswer          no answer, or not a whole one, in time
        └── Unintelligible    an answer that proves nothing: not well-formed, wrong signature, wrong HTTP status
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from daemon.payment import Attempt, Reason


class GatewayError(Exception):
    """A call to a provider brought no reply. The text says what went wrong and holds nothing secret."""


class NotSent(GatewayError):
    """Nothing left the box: no connection, no name, no TLS, clock not set."""


class Unclear(GatewayError):
    """The request may have been carried out."""


class NoAnswer(Unclear):
    """The connection broke or the time was up before the whole answer was there."""


class Unintelligible(Unclear):
    """What came back proves nothing: malformed, too large, wrongly signed, or an HTTP status outside the protocol."""


class Verdict(str, Enum):
    """What the answer says about the order."""

    PAID = "paid"  # the money moved (and everything that proves it was checked, see `judge_paid`)
    CONFIRMING = "confirming"  # the provider has the order and asks the payer
    UNPAID = "unpaid"  # the provider has the order; nobody has paid it, nothing more is known
    NOT_KNOWN = "not_known"  # the provider knows no such order (now)
    REFUSED = "refused"  # definitely not paid, with a reason (`Refusal` says who can mend it)
    CLOSED = "closed"  # the provider ended the order unpaid, or undid it: it can never be paid
    REVOKED = "revoked"  # our revoke was carried out: closed, or the money goes back
    REVOKE_AGAIN = "revoke_again"  # not carried out now: query, revoke again
    REVOKE_REFUSED = "revoke_refused"  # will never be carried out
    REFUNDED = "refunded"  # the money went, or surely goes, back
    REFUND_REFUSED = "refund_refused"  # the refund will never be carried out
    UNKNOWN = "unknown"  # the provider itself does not know, or said something this box does not know
    MISMATCH = "mismatch"  # "paid", but not what was asked: other amount, currency, merchant or number
    QR = "qr"  # the order stands and `qr` is to be shown

    __str__ = str.__str__


class Refusal(str, Enum):
    """Who can do something about a refusal."""

    PAYER = "payer"  # a fresh code or another card helps
    FINAL = "final"  # nobody, this time
    OURS = "ours"  # the merchant's configuration, key or certificate, or a fault of this program

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Reply:
    """A provider's answer. `code` and `text` are the provider's own words, for the journal and the cashier."""

    verdict: Verdict
    code: str = ""
    text: str = ""
    trade_no: str | None = None
    refusal: Refusal | None = None  # with REFUSED
    qr: str | None = None  # with QR

    @property
    def reason(self) -> Reason:
        return Reason(self.code or self.verdict.value, self.text)


@dataclass(frozen=True, slots=True)
class Claim:
    """What an answer that says "paid" says it was paid: each must match what was asked, or it proves nothing."""

    out_trade_no: str | None
    minor: int | None
    currency: str | None
    merchant_matches: bool


def judge_paid(attempt: Attempt, claim: Claim, *, code: str = "", trade_no: str | None = None) -> Reply:
    """PAID where the claim is exactly what this attempt asked for, else MISMATCH with the difference in words (P6)."""
    differences = [
        *([] if claim.merchant_matches else ["another merchant"]),
        *([] if claim.out_trade_no == attempt.out_trade_no else ["another order number"]),
        *([] if claim.minor == attempt.amount.minor else [f"amount {claim.minor} instead of {attempt.amount.minor}"]),
        *([] if claim.currency == attempt.amount.currency else [f"currency {_word(claim.currency)} instead of {attempt.amount.currency}"]),
    ]
    if differences:
        return Reply(Verdict.MISMATCH, "mismatch", "the answer says paid, but: " + ", ".join(differences), trade_no)
    return Reply(Verdict.PAID, code, "", trade_no)


def _word(text: str | None) -> str:
    """A short printable form of a word that came from outside."""
    return "none" if text is None else ascii(text[:16])
