"""`tillbox demo --till serial`: a till on a pseudo-terminal that speaks docs/serial-till.md, from the amount to the goods."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial

from daemon.demo.stage import Stage
from daemon.demo.till_kinds import Act, Say, TillDemo, until
from daemon.sandbox.tills.bench import Bench
from daemon.sandbox.tills.serial import SerialCounter

WORDS = ("pay", "again", "cancel", "status", "last", "hello", "deaf", "hears", "plain", "raw")


class SerialDemo:
    """The till, and its sales."""

    words: Collection[str] = WORDS

    def __init__(self, till: SerialCounter, bench: Bench, say: Say) -> None:
        self._till = till
        self._say = say
        self._bench = bench
        self.help = till.help
        self.toml = f'[tills.counter]\nkind = "serial"\nport = "{bench.path}"\nbaudrate = {till.baudrate}\n'

    def command(self, text: str) -> None:
        self._say(f"till  > {text}")
        self._bench.command(text)

    def acts(self, stage: Stage) -> list[Act]:
        return [
            ("Paid at once", partial(self._sell, stage, "pay 12.50", "paid", "paid")),
            ("The payer must type the password", partial(self._sell, stage, "pay 1280", "password_then_paid", "paid")),
            ("The till gives up before a code is shown", partial(self._give_up, stage)),
            ("A till that hears badly is told again until it says `got`", partial(self._hear_badly, stage)),
        ]

    async def _sell(self, stage: Stage, asks: str, case: str, end: str) -> bool:
        self.command(asks)
        ref = self._till.ref
        if not await until(lambda: self._last_state(ref) == "wait_scan"):
            return False
        stage.present(case)
        ended = await until(lambda: ref in self._till.ends)
        stage.tell_kept()
        return ended and self._till.ends[ref]["s"] == end

    async def _give_up(self, stage: Stage) -> bool:
        self.command("pay 7.00")
        ref = self._till.ref
        await until(lambda: self._last_state(ref) == "wait_scan")
        self.command("cancel")
        ended = await until(lambda: ref in self._till.ends)
        stage.tell_kept()
        return ended and self._till.ends[ref]["state"] == "cancelled"

    async def _hear_badly(self, stage: Stage) -> bool:
        self.command("deaf")
        if not await self._sell(stage, "pay 49.90", "paid", "paid"):
            return False
        told_twice = await until(lambda: sum(m["t"] == "end" and m["ref"] == self._till.ref for m in self._till.heard) >= 2)
        self.command("hears")
        return told_twice

    def _last_state(self, ref: str) -> str:
        return next((m["s"] for m in reversed(self._till.heard) if m.get("ref") == ref and "s" in m), "")


@asynccontextmanager
async def open_till(say: Say) -> AsyncIterator[TillDemo]:
    till = SerialCounter()
    async with Bench(till, lambda text: say(f"till  | {text}")) as bench:
        yield SerialDemo(till, bench, say)
