"""A desk for the web's tests: it does what it is told, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from daemon.gateways.base import Push
from daemon.lookup import Found, Made, Span, Wanted
from daemon.money import Amount, Minor
from daemon.payment import Payment, Ref, State
from daemon.tills.base import Conflict, Ended, Entry, Rejected, Request
from daemon.web.api import Web
from daemon.web.settings import WebSettings

NOON = "2025-03-01T12:00:00Z"


def a_payment(ref: str = "A-17", state: State = State.AWAITING_CODE, **more: Any) -> Payment:
    amount = more.pop("amount", Amount(Minor(1250), "CNY"))
    request = Request(Ref(ref), "http", amount)
    return Payment(request.ref, request.till, amount, request.mode, state, NOON, NOON).but(**more)


class ScriptedDesk:
    """Takes every request, unless `refusal` says otherwise; `move` is the world outside changing a payment."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.cancelled: list[tuple[str, str]] = []
        self.listed: list[tuple[int, str | None]] = []
        self.searched: list[tuple[Wanted, int, str | None]] = []
        self.days: list[Span] = []
        self.waited: list[tuple[str, str | None, float]] = []
        self.hinted: list[Push] = []
        self.payments: dict[str, Payment] = {}
        self.entries: list[Entry] = []
        self.refusal: Exception | None = None
        self.hold: asyncio.Event | None = None  # where set, `ask` takes until it is
        self.followers = 0
        self.waiters = 0
        self._moved = asyncio.Event()

    # -- what the test does to it

    def move(self, ref: str, state: State, **more: Any) -> None:
        self.payments[ref] = self.payments[ref].but(state=state, **more)
        self.note(ref, "moved", state)

    def note(self, ref: str, event: str, state: State = State.AWAITING_CODE, **detail: Any) -> None:
        self.entries.append(Entry(len(self.entries) + 1, NOON, Ref(ref), None, event, state.value, detail))
        self._moved.set()
        self._moved = asyncio.Event()

    # -- Desk

    async def ask(self, request: Request) -> tuple[Payment, bool]:
        self.asked.append(request)
        if self.hold is not None:
            await self.hold.wait()
        if self.refusal is not None:
            raise self.refusal
        known = self.payments.get(request.ref)
        if known is not None:
            if known.amount != request.amount:
                raise Conflict
            return known, False
        self.payments[request.ref] = a_payment(request.ref, amount=request.amount, mode=request.mode)
        self.note(request.ref, "asked")
        return self.payments[request.ref], True

    async def find(self, ref: Ref) -> Payment | None:
        return self.payments.get(ref)

    async def wait(self, ref: Ref, after: str | None, timeout_s: float) -> Payment | None:
        self.waited.append((ref, after, timeout_s))
        self.waiters += 1
        try:
            async with asyncio.timeout(timeout_s):
                while self.payments[ref].state.value == after:
                    await self._moved.wait()
        except TimeoutError:
            pass
        finally:
            self.waiters -= 1
        return self.payments.get(ref)

    async def cancel(self, ref: Ref, by: str) -> Payment:
        if self.refusal is not None:
            raise self.refusal
        if self.payments[ref].state.is_final:
            raise Ended(f"payment {ref} is {self.payments[ref].state}")
        self.cancelled.append((ref, by))
        return self.payments[ref]

    async def recent(self, limit: int, before: str | None) -> list[Payment]:
        self.listed.append((limit, before))
        if before == "nobody":
            raise ValueError(before)
        return list(reversed(self.payments.values()))[:limit]

    async def search(self, wanted: Wanted, limit: int, before: str | None) -> Found:
        self.searched.append((wanted, limit, before))
        if self.hold is not None:
            await self.hold.wait()
        payments = await self.recent(limit, before)
        return Found(payments, payments[-1].ref if len(payments) == limit else None)

    async def made(self, span: Span, after: Made | None, limit: int) -> list[Made]:
        """All payments are of every day."""
        self.days.append(span)
        if self.refusal is not None:
            raise self.refusal
        if self.hold is not None and after is not None:
            await self.hold.wait()
        made = [Made(number, payment, payment.paid_at, False) for number, payment in enumerate(self.payments.values())]
        return made[0 if after is None else after.number + 1 :][:limit]

    async def entries_of(self, ref: Ref) -> list[Entry]:
        return [entry for entry in self.entries if entry.ref == ref]

    async def hint(self, push: Push) -> None:
        self.hinted.append(push)

    async def follow(self, after_seq: int | None) -> AsyncIterator[Entry]:
        seq = len(self.entries) if after_seq is None else after_seq
        self.followers += 1
        try:
            while True:
                while seq < len(self.entries):
                    seq += 1
                    yield self.entries[seq - 1]
                await self._moved.wait()
        finally:
            self.followers -= 1

    def status(self) -> dict[str, Any]:
        return {"ready": True, "not_ready": [], "busy_ref": None, "screen": "ready", "in_doubt": 0}


def refusing(rejected: Rejected) -> ScriptedDesk:
    desk = ScriptedDesk()
    desk.refusal = rejected
    return desk


def a_web(desk: ScriptedDesk | None = None, *, port: int = 0, **more: Any) -> Web:
    """A web server, not started, of a box that takes 1 to 50000 fen."""
    given: dict[str, Any] = {
        "currency": "CNY",
        "max_amount": 50_000,
        "panel_png": lambda: None,
        "simulated_scan": None,
        "is_alive": lambda: True,
        "version": "0.1.0",
        **more,
    }
    settings = WebSettings(given.pop("host", "127.0.0.1"), port, given.pop("token", None), given.pop("hosts", ()), given.pop("tls", None))
    return Web(settings, desk or ScriptedDesk(), **given)


async def until(happened: Callable[[], object], timeout_s: float = 5.0) -> None:
    """Wait for something that happens on the other side of a socket."""
    async with asyncio.timeout(timeout_s):
        while not happened():
            await asyncio.sleep(0.001)
