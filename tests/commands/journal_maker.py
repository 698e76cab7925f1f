"""A journal as a box leaves it, made through the journal's own face."""

from __future__ import annotations

from pathlib import Path

from daemon.journal_file import JournalFile, Note
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Errand, Mode, OutTradeNo, Payment, Reason, Ref, State

BOOT = "a-boot"


def payment(ref: str, state: State, day: int = 1, **more: object) -> Payment:
    """A payment of 12.50 CNY made on that day of November 2026, with one order in the same state."""
    at = f"2026-11-{day:02d}T10:00:00.000Z"
    amount = Amount(Minor(1250), "CNY")
    order = Attempt(OutTradeNo(f"T{ref}"), "wechat", "wechat", amount, state, sent_at=1.0, errand=Errand.NONE, trade_no=f"42{ref}")
    base = Payment(Ref(ref), "http", amount, Mode.SCAN, state, at, at, attempts=(order,))
    return base.but(**more)


def make_journal(path: Path, *payments: Payment) -> Path:
    """A journal with those payments, each asked for and then as it is."""
    journal = JournalFile.open(path)
    for made in payments:
        journal.store(made.but(state=State.AWAITING_CODE, attempts=()), BOOT, Note(made.created_at, None, "asked", {"amount": 1250}))
        order = made.attempts[0].out_trade_no if made.attempts else None
        journal.store(made, BOOT, Note(made.updated_at, order, "replied", {"call": "submit", "verdict": made.state.value}))
    journal.close()
    return path


REFUSED = Reason("NOTENOUGH", "balance too low")
