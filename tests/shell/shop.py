"""A box without its skin: journal, runner and one simulated provider; and payments for tests to store."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from daemon.codes import AuthCode
from daemon.cycle import Rules
from daemon.events import CodePresented
from daemon.gateways.base import Gateway
from daemon.gateways.settings import SimulatedSettings
from daemon.gateways.simulated import SimulatedGateway
from daemon.journal import Journal
from daemon.journal_file import Note
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Errand, Mode, OutTradeNo, Payment, Ref, State
from daemon.reply import GatewayError, Reply
from daemon.runner import Change, Runner
from daemon.timing import Schedule

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AT = "2026-11-21T12:00:00.000Z"
FIVE = Amount(Minor(500), "CNY")
NOTE = Note(AT, None, "asked", {"amount": 500})


def a_payment(ref: str = "A-1", state: State = State.AWAITING_CODE, **more: Any) -> Payment:
    amount = more.pop("amount", FIVE)
    return Payment(Ref(ref), "counter", amount, Mode.SCAN, state, AT, AT).but(**more)


def an_order(number: str = "T1", state: State = State.SUBMITTING, errand: Errand = Errand.CHARGE, **more: Any) -> Attempt:
    return Attempt(OutTradeNo(number), "trial", "wechat", FIVE, state, 1000.0, errand=errand).but(**more)


def code(case: str) -> AuthCode:
    """A made-up WeChat code that asks the simulated provider for that case."""
    return AuthCode("13" + "0" * 14 + case)


class Shop:
    """`async with Shop(directory) as shop:`; `changes` is all that anybody was told."""

    def __init__(self, directory: Path, *, boot: str = "boot-1", gateways: Mapping[str, Gateway] | None = None, **rules: Any) -> None:
        self.path = directory / "journal.sqlite"
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.schedule = rules.pop("schedule", Schedule())
        self.provider = SimulatedGateway(SimulatedSettings("trial"), self.schedule, clock=loop.time)
        wares = rules.pop("wares", None)
        self.journal = Journal(self.path, boot=boot, wall=lambda: NOON + timedelta(seconds=loop.time() - began), wares=wares)
        gateways = gateways if gateways is not None else {"trial": self.provider}
        rules.setdefault("refunding", frozenset({"trial"}))
        self.rules = Rules({"trial": self.schedule}, **rules)
        self.runner = Runner(self.journal, gateways, self.rules, lambda: NOON + timedelta(seconds=loop.time() - began))
        self.changes: list[Change] = []
        self.links: list[GatewayError | Reply] = []
        self.runner.listeners.append(self.changes.append)
        self.runner.link_listeners.append(lambda _, outcome: self.links.append(outcome))
        self._numbers = itertools.count(1)
        self._locker: sqlite3.Connection | None = None

    async def __aenter__(self) -> Shop:
        await self.runner.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.unlock()
        await self.runner.stop()
        await self.journal.close()

    async def sell(self, ref: str = "A-1", **more: Any) -> Payment:
        return await self.runner.begin(a_payment(ref, **more))

    def number(self) -> OutTradeNo:
        return OutTradeNo(f"T{next(self._numbers)}")

    async def scan(self, case: str, ref: str = "A-1") -> OutTradeNo:
        number = self.number()
        await self.runner.present(Ref(ref), CodePresented(number, "trial", "wechat", AT), code(case))
        return number

    def state(self, ref: str = "A-1") -> State:
        """What a till that asks is told: from the runner, or read beside the box."""
        payment = self.runner.find(Ref(ref))
        if payment is not None:
            return payment.state
        with sqlite3.connect(self.path) as reader:
            found = reader.execute("SELECT state FROM payments WHERE ref = ?", (ref,)).fetchone()[0]
        reader.close()
        return State(found)

    @property
    def told(self) -> list[str]:
        """The states that listeners heard of, one after another, each once."""
        return [state for state, _ in itertools.groupby(change.payment.state.value for change in self.changes)]

    @property
    def asked(self) -> list[str]:
        """What the provider was asked."""
        return [call.name for call in self.provider.calls]

    def lock(self) -> None:
        """From now on the journal cannot be written (see the fixture `impatient`)."""
        self._locker = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self._locker.execute("BEGIN IMMEDIATE")

    def unlock(self) -> None:
        if self._locker is not None:
            self._locker.close()
            self._locker = None


async def until(true, seconds: float = 5000.0) -> None:
    """Return once `true()` is, by the loop's clock; fail if that takes unreasonably long."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.1)
