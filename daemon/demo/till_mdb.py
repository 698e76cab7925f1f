"""`tillbox demo --till mdb`: an emulated vending machine and its adapter on a pseudo-terminal, from the price to the goods."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from functools import partial

from daemon.demo.stage import Stage
from daemon.demo.till_kinds import Act, Say, TillDemo, until
from daemon.sandbox.tills.bench import Bench
from daemon.sandbox.tills.mdb import MdbMachine

WORDS = ("choose", "return", "jam", "works", "door", "reset", "adapter", "habits")


class MdbDemo:
    """The machine, and its sales."""

    words: Collection[str] = WORDS

    def __init__(self, machine: MdbMachine, bench: Bench, say: Say) -> None:
        self._machine = machine
        self._bench = bench
        self._say = say
        self.help = machine.help
        self.toml = f'[tills.vending]\nkind = "mdb"\nport = "{bench.path}"\nbaudrate = {machine.baudrate}\nmode = "always-idle"\n'

    def command(self, text: str) -> None:
        self._say(f"machine > {text}")
        self._bench.command(text)

    def acts(self, stage: Stage) -> list[Act]:
        return [
            ("Paid at once, and given", partial(self._sell, stage, "choose 12.50 7", "paid", lambda: self._machine.dispensed == 1)),
            ("The payer must type the password", partial(self._sell, stage, "choose 8.00 3", "password_then_paid", self._is_second_out)),
            ("The payer may not pay: denied", partial(self._sell, stage, "choose 9.00 4", "refused_rulelimit", self._is_denied)),
            ("The goods are stuck: the money goes back", partial(self._get_stuck, stage)),
        ]

    async def _sell(self, stage: Stage, chooses: str, case: str, ends: Callable[[], bool]) -> bool:
        if not await until(lambda: self._machine.state == "ENABLED" and stage.app.desk.status()["busy_ref"] is None):
            return False
        self.command(chooses)
        if not await until(lambda: stage.app.presenter.screen == "awaiting_code"):
            return False
        stage.present(case)
        ended = await until(ends)
        stage.tell_kept()
        return ended

    async def _get_stuck(self, stage: Stage) -> bool:
        kept = stage.kept()
        self.command("jam")
        failed = await self._sell(stage, "choose 5.00 1", "paid", lambda: self._machine.vends[-1].approved is not None)
        went_back = await until(lambda: stage.app.presenter.screen == "refunded" and stage.kept() == kept)
        self.command("works")
        stage.tell_kept()
        return failed and went_back

    def _is_second_out(self) -> bool:
        return self._machine.dispensed == 2

    def _is_denied(self) -> bool:
        return self._machine.vends[-1].approved is None and self._machine.heard[-1] == "C,VEND,-1"


@asynccontextmanager
async def open_till(say: Say) -> AsyncIterator[TillDemo]:
    machine = MdbMachine()
    async with Bench(machine, lambda text: say(f"machine | {text}")) as bench:
        yield MdbDemo(machine, bench, say)
