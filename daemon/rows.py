"""Payments and attempts as rows of the journal, and back."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any

from daemon.money import Amount, Minor
from daemon.payment import Attempt, Errand, Mode, OutTradeNo, Payment, Reason, Ref, State
from daemon.tills.base import Entry

PAYMENT_COLUMNS = (
    "ref", "till", "amount_minor", "currency", "mode", "scheme", "description", "ttl_s", "state", "reason_code", "reason_text",
    "created_at", "updated_at", "paid_at", "expires_at", "boot", "is_open",
)  # fmt: skip
ATTEMPT_COLUMNS = ("out_trade_no", "payment", "gateway", "scheme", "trade_no", "state", "reason_code", "reason_text", "errand")
EVENT_COLUMNS = ("at", "payment", "out_trade_no", "event", "state", "detail")

# The fields of an attempt that live in its `errand` value, beside the two that need more than JSON gives.
_ERRAND_FIELDS = (
    "sent_at", "next_at", "pause_s", "since_at", "asked_at", "mendable", "confirming", "was_known", "revokes", "revoke_open", "tries",
)  # fmt: skip


def rfc3339(moment: datetime) -> str:
    """A moment as rows and tills spell it: UTC, to the millisecond. OverflowError where UTC has no such year."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(before: str) -> str:
    """A time as the rows spell it. ValueError where it is none; without an offset it is UTC."""
    try:
        if before[4:5] != "-" or before[7:8] != "-":
            raise ValueError  # noqa: TRY301  # fromisoformat also takes forms that are refs, such as 20250301
        moment = datetime.fromisoformat(before)
        return rfc3339(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise ValueError(f"no payment has the ref {before[:64]!r}, and it is no RFC 3339 time") from None


def payment_values(payment: Payment, boot: str) -> tuple[Any, ...]:
    """In the order of `PAYMENT_COLUMNS`."""
    return (
        payment.ref, payment.till, payment.amount.minor, payment.amount.currency, payment.mode.value, payment.scheme,
        payment.description, payment.ttl_s, payment.state.value, *_reason_values(payment.reason),
        payment.created_at, payment.updated_at, payment.paid_at, payment.expires_at, boot, int(payment.is_open),
    )  # fmt: skip


def attempt_values(attempt: Attempt, payment: int) -> tuple[Any, ...]:
    """In the order of `ATTEMPT_COLUMNS`."""
    errand = {name: getattr(attempt, name) for name in _ERRAND_FIELDS} | {"errand": attempt.errand.value}
    if attempt.qr is not None:
        errand["qr"] = attempt.qr
    if attempt.told_unpaid:
        errand["told_unpaid"] = True
    if attempt.refusal is not None:
        errand["refusal"] = [attempt.refusal.code, attempt.refusal.text]
    return (
        attempt.out_trade_no, payment, attempt.gateway, attempt.scheme, attempt.trade_no, attempt.state.value,
        *_reason_values(attempt.reason), json.dumps(errand, separators=(",", ":")),
    )  # fmt: skip


def payment_from(row: sqlite3.Row, attempts: list[sqlite3.Row]) -> Payment:
    """A payment from its row and those of its attempts, oldest first. Raises ValueError or KeyError on a row that is damaged."""
    amount = Amount(Minor(row["amount_minor"]), row["currency"])
    orders = [_attempt_from(a, amount, row) for a in attempts]
    return Payment(
        ref=Ref(row["ref"]),
        till=row["till"],
        amount=amount,
        mode=Mode(row["mode"]),
        state=State(row["state"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        scheme=row["scheme"],
        description=row["description"],
        ttl_s=row["ttl_s"],
        reason=_reason_from(row),
        paid_at=row["paid_at"],
        attempts=tuple(order for order in orders if order.state is not State.AWAITING_CODE),
        expires_at=row["expires_at"],
        reserved=next((order for order in orders if order.state is State.AWAITING_CODE), None),
    )


def entry_from(row: sqlite3.Row) -> Entry:
    return Entry(
        seq=row["seq"],
        at=row["at"],
        ref=Ref(row["ref"]),
        out_trade_no=row["out_trade_no"],
        event=row["event"],
        state=row["state"],
        detail=json.loads(row["detail"]),
    )


def _attempt_from(row: sqlite3.Row, amount: Amount, payment: sqlite3.Row) -> Attempt:
    errand = json.loads(row["errand"])
    refusal = errand.get("refusal")
    return Attempt(
        out_trade_no=OutTradeNo(row["out_trade_no"]),
        gateway=row["gateway"],
        scheme=row["scheme"],
        amount=amount,
        state=State(row["state"]),
        description=payment["description"],
        mode=Mode(payment["mode"]),
        qr=errand.get("qr"),
        reason=_reason_from(row),
        trade_no=row["trade_no"],
        errand=Errand(errand["errand"]),
        refusal=Reason(*refusal) if refusal else None,
        told_unpaid=errand.get("told_unpaid", False),
        **{name: errand[name] for name in _ERRAND_FIELDS},
    )


def _reason_values(reason: Reason | None) -> tuple[str | None, str | None]:
    return (None, None) if reason is None else (reason.code, reason.text)


def _reason_from(row: sqlite3.Row) -> Reason | None:
    return None if row["reason_code"] is None else Reason(row["reason_code"], row["reason_text"])
