"""What GlobalPay's status ids and return codes mean to the box, as data. What is in no table means UNKNOWN.

Sources: "GlobalPay status codes" and "GlobalPay return codes" of docs.smart2pay.com and docs-apm.nuvei.com (the lists differ, the
newer is longer), and the official PHP SDK for the statuses that neither describes.

"Final" is not final there: by the notification page a later Success replaces whatever was said before. So Cancelled, Failed,
Expired and Rejected do not end an order here: they are `SOFT`, read as UNPAID, and asked about on. Only where nobody has ever
seen the order's QR code, so that nobody can have paid it, are they a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from daemon.reply import Refusal, Verdict


@dataclass(frozen=True, slots=True)
class Status:
    """A status of a payment. `odd`: nothing that a wallet's payment should come to; said in the log."""

    name: str
    verdict: Verdict
    odd: bool = False


STATUS: Final[Mapping[int, Status]] = {
    1: Status("Open", Verdict.UNPAID),
    2: Status("Success", Verdict.PAID),
    3: Status("Cancelled", Verdict.UNPAID),
    4: Status("Failed", Verdict.UNPAID),
    5: Status("Expired", Verdict.UNPAID),
    6: Status("PendingOnCustomer", Verdict.CONFIRMING),
    7: Status("PendingOnProvider", Verdict.CONFIRMING),
    8: Status("Submitted", Verdict.CONFIRMING),
    9: Status("Authorized", Verdict.CONFIRMING, odd=True),  # a card's half-way house; a wallet pays or does not
    10: Status("AuthorizeRequested", Verdict.CONFIRMING),
    11: Status("Captured", Verdict.PAID),
    12: Status("Rejected", Verdict.UNPAID),
    13: Status("CaptureRequested", Verdict.CONFIRMING),
    14: Status("Exception", Verdict.UNKNOWN, odd=True),  # the provider's people must look
    15: Status("CancelRequested", Verdict.UNKNOWN),
    16: Status("Reversed", Verdict.REFUNDED),
    17: Status("Completed", Verdict.PAID),
    18: Status("Processing", Verdict.CONFIRMING),
    19: Status("Disputed", Verdict.PAID, odd=True),
    21: Status("PartiallyRefunded", Verdict.REFUNDED),
    22: Status("Refunded", Verdict.REFUNDED),
    23: Status("DisputeWon", Verdict.UNKNOWN, odd=True),
    24: Status("DisputeLost", Verdict.UNKNOWN, odd=True),
    25: Status("Paid", Verdict.PAID),
    26: Status("Chargedback", Verdict.REFUNDED),
    30: Status("PendingChallengeConfirmation", Verdict.UNKNOWN, odd=True),
    33: Status("QueuedForCapturing", Verdict.UNKNOWN, odd=True),
    34: Status("QueuedForCanceling", Verdict.UNKNOWN, odd=True),
    35: Status("PartiallyCaptured", Verdict.UNKNOWN, odd=True),
    36: Status("SuccessWaitForFraud", Verdict.UNKNOWN, odd=True),
    37: Status("ExceptionWaitForFraud", Verdict.UNKNOWN, odd=True),
}

SOFT: Final = frozenset({3, 4, 5, 12})
"""Ended unpaid, unless a Success follows."""

REFUND_STATUS: Final[Mapping[int, Verdict]] = {
    **dict.fromkeys((1, 2, 6, 7, 8, 18), Verdict.REFUNDED),  # taken on (Open), on its way, or done
    4: Verdict.REFUND_REFUSED,
}

DUPLICATE: Final = "20"
"""MerchantTransactionID is duplicated. Ours are unique, so that our own request has arrived: look it up."""

INACTIVE: Final = frozenset({"3", "4"})
"""The merchant does not exist, or is not active: no sale can work."""

_OURS: Final = (
    *("1", "2", "8", "10", "11"),  # the request
    *("3", "4", "5", "6", "7", "9"),  # merchant, method, the address we call from
    *("17", "19", "100", "101", "102", "118", "120", "123", "126", "127", "128", "147"),  # what we say about the payment
)

CREATE: Final[Mapping[str, Refusal]] = {**dict.fromkeys(_OURS, Refusal.OURS), "119": Refusal.PAYER, "121": Refusal.FINAL}
"""Definite refusals of a payment. 14, 15 and 16 (generic error, unable to process, try later) are none."""

NO_REFUND: Final = frozenset({"17", "18", "118", "2206"})
"""Definite refusals of a refund: payment or refund invalid, amount invalid or above what is left. The rest may be mended."""
