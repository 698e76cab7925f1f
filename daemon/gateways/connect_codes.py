"""What Worldline Connect's statuses and error codes mean for an order. Data.

Sources: the SDK's texts on `Payment.status`, `StatusOutput` and `RefundResult`; the page on response codes. What is not here is
UNKNOWN: it is asked on, never refused (P4).
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.reply import Refusal, Verdict


@dataclass(frozen=True, slots=True)
class Meaning:
    """`odd`: a till's account should never see it; it is logged, so that somebody looks."""

    verdict: Verdict
    refusal: Refusal | None = None
    odd: bool = False
    text: str = ""


_BY_HAND = Meaning(
    Verdict.UNKNOWN, odd=True, text="the account waits for the merchant to approve payments by hand, which is no use at a till"
)

STATUS: dict[str, Meaning] = {
    "CREATED": Meaning(Verdict.UNPAID),
    "REDIRECTED": Meaning(Verdict.UNPAID),
    "PENDING_PAYMENT": Meaning(Verdict.UNPAID),
    "ACCOUNT_VERIFIED": Meaning(Verdict.UNKNOWN, odd=True),
    "PENDING_APPROVAL": _BY_HAND,
    "PENDING_COMPLETION": _BY_HAND,
    "PENDING_CAPTURE": _BY_HAND,
    "PENDING_FRAUD_APPROVAL": _BY_HAND,
    "AUTHORIZATION_REQUESTED": Meaning(Verdict.CONFIRMING),
    "CAPTURE_REQUESTED": Meaning(Verdict.CONFIRMING),  # the payer has done everything; the money is not proven yet
    "CAPTURED": Meaning(Verdict.PAID),
    "PAID": Meaning(Verdict.PAID),
    "CHARGEBACK_NOTIFICATION": Meaning(Verdict.PAID, odd=True),
    "REJECTED": Meaning(Verdict.REFUSED, Refusal.FINAL),
    "REJECTED_CAPTURE": Meaning(Verdict.REFUSED, Refusal.FINAL),
    "CANCELLED": Meaning(Verdict.CLOSED),
    "REVERSED": Meaning(Verdict.REFUNDED, odd=True),
    "CHARGEBACKED": Meaning(Verdict.REFUNDED, odd=True),
    "REFUNDED": Meaning(Verdict.REFUNDED),
}

# How far the payer has come. COMPLETED is not here: the payer has finished, and only the payment itself says with what result.
THIRD_PARTY: dict[str, Verdict] = {
    "WAITING": Verdict.UNPAID,
    "INITIALIZED": Verdict.CONFIRMING,
    "AUTHORIZED": Verdict.CONFIRMING,
}

REFUND: dict[str, Meaning] = {
    "CREATED": Meaning(Verdict.UNKNOWN),
    "PENDING_APPROVAL": Meaning(Verdict.UNKNOWN, odd=True, text="the refund waits for somebody to approve it in the Configuration Center"),
    "REFUND_REQUESTED": Meaning(Verdict.REFUNDED),
    "REFUNDED": Meaning(Verdict.REFUNDED),
    "REJECTED": Meaning(Verdict.REFUND_REFUSED),
    "REJECTED_CAPTURE": Meaning(Verdict.REFUND_REFUSED),
    "CANCELLED": Meaning(Verdict.REFUND_REFUSED),
}

IN_PROGRESS = "1409"  # with HTTP 409: the first request of this idempotence key is still being carried out
BAD_SIGNATURE = "9002"

# HTTP statuses of a create after which surely nobody can pay. 409, 410 and all of 5xx are not among them.
CREATE_REFUSED: dict[int, Refusal] = {
    400: Refusal.OURS,
    401: Refusal.OURS,
    402: Refusal.FINAL,
    403: Refusal.OURS,
    404: Refusal.OURS,
    405: Refusal.OURS,
}
CANCEL_REFUSED = frozenset({402, 405})  # 402: the wallet said no; 405: not allowed as the payment stands
REFUND_REFUSED = frozenset({400, 402})  # 405 may pass: a payment becomes refundable some time after it was captured
CREDENTIALS_REFUSED = frozenset({401, 403})
