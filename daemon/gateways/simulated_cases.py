"""What a simulated payer does, chosen by the last two digits of the payment code. The digits are the sandbox's.

| digits | the payment |
|---|---|
| 00, and all not listed | paid at once |
| 01 | payer is asked, confirms: the third query says paid |
| 02 | payer is asked, never answers |
| 03 | payer is asked, declines at the second query |
| 10, 12, 13 | refused, the payer can mend it: code too old, no payment code, balance too low |
| 15 | refused for good |
| 20 | refused, our configuration |
| 40, 41 | system error, and it was paid; and it never is |
| 44, 45 | no answer, and it was paid; and the request was lost |
| 48 | silence until the time is up, and it was paid |
| 55, 59 | payer never answers; revoke says "again" twice; says no for good |
| 78 | paid, says another amount |
| 97 | silence for ever, whatever is asked; never paid |
| 98 | paid, the answer is nonsense |
| 99 | nothing left the box |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from daemon.reply import Refusal


class Standing(Enum):
    """How an order stands at the simulated provider."""

    UNPAID = auto()  # shown as a QR, not yet scanned
    CONFIRMING = auto()
    FAILED = auto()
    PAID = auto()
    CLOSED = auto()
    REVOKED = auto()
    REFUNDED = auto()


class Fault(Enum):
    """What happens to a charge instead of an answer."""

    NOT_SENT = auto()
    LOST = auto()  # no answer
    SILENT = auto()  # no answer, and the whole wait goes by
    NONSENSE = auto()


@dataclass(frozen=True, slots=True)
class Case:
    """One behaviour. `becomes` is how the order stands after the charge; None: the provider never hears of it."""

    becomes: Standing | None = Standing.PAID
    code: str = ""  # answered to the charge, instead of what the standing would say
    refusal: Refusal | None = None  # with a code that refuses
    fault: Fault | None = None
    turns: Standing | None = None  # what a confirming payer comes to...
    turns_at: int = 0  # ...at this query, the first being 1
    revoke_again: int = 0  # so many revokes are answered "again" before one acts
    revoke_never: bool = False
    other_amount: bool = False
    dead: bool = False  # nothing about this order is ever answered


PAID: Final = Case()
SHOWN: Final = Case(Standing.UNPAID, turns=Standing.PAID, turns_at=3)
"""A QR order: the payer scans and pays by the third query."""

CASES: Final[Mapping[str, Case]] = {
    "00": PAID,
    "01": Case(Standing.CONFIRMING, turns=Standing.PAID, turns_at=3),
    "02": Case(Standing.CONFIRMING),
    "03": Case(Standing.CONFIRMING, turns=Standing.FAILED, turns_at=2),
    "10": Case(None, "AUTHCODEEXPIRE", Refusal.PAYER),
    "12": Case(None, "AUTH_CODE_INVALID", Refusal.PAYER),
    "13": Case(Standing.FAILED, "NOTENOUGH", Refusal.PAYER),
    "15": Case(Standing.FAILED, "TRADE_ERROR", Refusal.FINAL),
    "20": Case(None, "NOAUTH", Refusal.OURS),
    "40": Case(code="SYSTEMERROR"),
    "41": Case(Standing.UNPAID, code="SYSTEMERROR"),
    "44": Case(fault=Fault.LOST),
    "45": Case(None, fault=Fault.LOST),
    "48": Case(fault=Fault.SILENT),
    "55": Case(Standing.CONFIRMING, revoke_again=2),
    "59": Case(Standing.CONFIRMING, revoke_never=True),
    "78": Case(other_amount=True),
    "97": Case(Standing.CONFIRMING, dead=True),
    "98": Case(fault=Fault.NONSENSE),
    "99": Case(None, fault=Fault.NOT_SENT),
}


def case_of(code: str) -> Case:
    """The case that a payer's code asks for."""
    return CASES.get(code[-2:], PAID)
