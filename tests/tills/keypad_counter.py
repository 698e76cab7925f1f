"""A number pad, its till, and a desk and a panel of the test, in virtual time: what stories about it need."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "hw"))
from virtual_time import VirtualLoop

from daemon.money import Amount, Minor
from daemon.payment import Mode, Payment, Ref, State
from daemon.tills.base import Request
from daemon.tills.http import Terms
from daemon.tills.keypad import KeypadTill
from daemon.view import Prompt
from hw.interfaces import Health
from hw.simulated_keypad import SimulatedKeypad

NOON = "2026-11-27T12:00:00.000Z"


class Counter:
    """The pad, its till, a desk and a panel of the test."""

    def __init__(self) -> None:
        self.pad = SimulatedKeypad("pad")
        self.payments: list[Payment] = []
        self.requests: list[Request] = []
        self.cancelled: list[tuple[str, str]] = []
        self.refusal: Exception | None = None
        self.hold: asyncio.Event | None = None
        self.refused: list[str] = []
        self.prompt: Prompt | None = None
        self.healths: list[Health] = []
        self.fault: Exception | None = None
        numbers = iter(range(1, 100))
        self.till = KeypadTill("pad", Terms("CNY", 100_000), self.pad, self, self, lambda: f"T{next(numbers)}")  # type: ignore[arg-type]  # as much of a desk as a pad needs

    # -- the desk --

    async def ask(self, request: Request) -> tuple[Payment, bool]:
        self.requests.append(request)
        if self.hold is not None:
            await self.hold.wait()
        if self.refusal is not None:
            raise self.refusal
        return self.add(request.ref, State.AWAITING_CODE, amount=request.amount), True

    async def cancel(self, ref: Ref, by: str) -> Payment:
        self.cancelled.append((ref, by))
        if self.refusal is not None:
            raise self.refusal
        return self.move(ref, State.CANCELLED)

    async def find(self, ref: Ref) -> Payment | None:
        return next((payment for payment in self.payments if payment.ref == ref), None)

    async def recent(self, limit: int, before: str | None) -> list[Payment]:
        assert before is None
        if self.fault is not None:
            raise self.fault
        return self.payments[::-1][:limit]

    # -- the panel --

    def show(self, till: str, prompt: Prompt | None) -> None:
        assert till == "pad"
        self.prompt = prompt

    def refuse(self, till: str, why: str) -> None:
        assert till == "pad"
        self.refused.append(why)

    # -- the world --

    def add(self, ref: str, state: State, till: str = "pad", **more: Any) -> Payment:
        amount = more.pop("amount", Amount(Minor(1250), "CNY"))
        payment = Payment(Ref(ref), till, amount, Mode.SCAN, state, NOON, NOON).but(**more)
        self.payments.append(payment)
        self.till.changed(payment)
        return payment

    def move(self, ref: str, state: State, **more: Any) -> Payment:
        (old,) = [payment for payment in self.payments if payment.ref == ref]
        new = old.but(state=state, **more)
        self.payments[self.payments.index(old)] = new
        self.till.changed(new)
        return new

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def type(self, text: str) -> list[str]:
        """What was refused."""
        self.refused.clear()
        self.pad.type(text)
        await self.settle()
        return self.refused[:]

    @property
    def asked(self) -> list[int]:
        return [request.amount.minor for request in self.requests]


def story(play: Callable[[Counter], Awaitable[None]]) -> Callable[[], None]:
    @wraps(play)
    def test() -> None:
        loop = VirtualLoop()

        async def whole() -> None:
            counter = Counter()
            counter.till.start(counter.healths.append)
            await play(counter)
            await counter.till.stop()
            assert counter.prompt is None

        try:
            loop.run_until_complete(whole())
        finally:
            loop.close()

    del test.__wrapped__  # type: ignore[attr-defined]  # pytest would look for its arguments
    return test
