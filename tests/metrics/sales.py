"""Payments and what is told of them, for the tests of what is measured."""

from __future__ import annotations

from daemon.events import CodePresented, Event
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Mode, OutTradeNo, Payment, Ref, State
from daemon.runner import Change
from daemon.tills.base import Entry

AT = "2026-11-27T09:30:00.000Z"
AMOUNT = Amount(Minor(1250), "CNY")


def a_payment(state: State = State.AWAITING_CODE, *, ref: str = "A-1", till: str = "counter", mode: Mode = Mode.SCAN) -> Payment:
    return Payment(Ref(ref), till, AMOUNT, mode, state, AT, AT)


def an_order(gateway: str = "wechat", *, number: str = "T1", sent_at: float = 0.0, confirming: bool = False) -> Attempt:
    return Attempt(OutTradeNo(number), gateway, "wechat", AMOUNT, State.SUBMITTING, sent_at, confirming=confirming)


def a_change(before: Payment | None, after: Payment, event: Event | None = None) -> Change:
    return Change(before, after, Entry(1, AT, after.ref, None, "event", after.state.value, {}), event)


def code_presented(gateway: str = "wechat", number: str = "T1") -> CodePresented:
    return CodePresented(OutTradeNo(number), gateway, "wechat", AT)


class Clock:
    """A loop's clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now
