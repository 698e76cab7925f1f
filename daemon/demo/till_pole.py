"""`tillbox demo --till pole`: the box hears the customer display of a till, from the total to paid."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial

from daemon.demo.stage import Stage
from daemon.demo.till_kinds import Act, Say, TillDemo, until
from daemon.sandbox.tills.bench import Bench
from daemon.sandbox.tills.pole import PoleCounter
from hw.simulated import SimulatedButton

SEEN_S = 1.0  # as a customer would look at a display; what stands shorter than 0.4 s is not heeded


class PoleDemo:
    """The till, and its sales."""

    words: Collection[str] = ("item", "total", "redraw", "cash", "thanks", "clear", "dialect", "chinese", "english", "raw")

    def __init__(self, till: PoleCounter, bench: Bench, say: Say) -> None:
        self._till = till
        self._bench = bench
        self._say = say
        self.help = till.help
        self.toml = f'[tills.pole]\nkind = "pole"\nport = "{bench.path}"\nbaudrate = {till.baudrate}\n'

    def command(self, text: str) -> None:
        self._say(f"till  > {text}")
        self._bench.command(text)

    def acts(self, stage: Stage) -> list[Act]:
        return [
            ("The payer's code takes what the display shows", partial(self._by_code, stage)),
            ("The button takes it, and the payer must type the password", partial(self._by_button, stage)),
            ("A total that is drawn again is no new sale", partial(self._redrawn, stage)),
            ("Paid in cash", partial(self._in_cash, stage)),
        ]

    async def _by_code(self, stage: Stage) -> bool:
        self.command("item TEA 3.50")
        self.command("item CAKE 9.00")
        self.command("total")
        return await self._screen(stage, "offered") and await self._paid(stage, "paid", 1250)

    async def _by_button(self, stage: Stage) -> bool:
        self.command("thanks")
        await self._screen(stage, "ready")
        self.command("chinese")
        self.command("total 7.00")
        offered = await self._screen(stage, "offered")
        self._say("staff > presses the button")
        button = stage.app.hardware.button
        taken = isinstance(button, SimulatedButton) and button.press()
        return offered and taken and await self._screen(stage, "awaiting_code") and await self._paid(stage, "password_then_paid", 700)

    async def _redrawn(self, stage: Stage) -> bool:
        kept = stage.kept()
        self.command("redraw")
        await until(lambda: stage.app.presenter.screen == "ready")
        self.command("redraw")
        await asyncio.sleep(SEEN_S)
        return stage.app.presenter.screen == "ready" and stage.kept() == kept

    async def _in_cash(self, stage: Stage) -> bool:
        self.command("thanks")
        await asyncio.sleep(SEEN_S)
        self.command("item TEA 3.50")
        self.command("total")
        offered = await self._screen(stage, "offered")
        self.command("cash 20")
        gone = await self._screen(stage, "ready")
        return offered and gone and not self._till.heard

    async def _paid(self, stage: Stage, case: str, fen: int) -> bool:
        before = stage.kept()
        stage.present(case)
        paid = await self._screen(stage, "paid")
        stage.tell_kept()
        return paid and stage.kept() == before + fen

    async def _screen(self, stage: Stage, name: str) -> bool:
        return await until(lambda: stage.app.presenter.screen == name)


@asynccontextmanager
async def open_till(say: Say) -> AsyncIterator[TillDemo]:
    till = PoleCounter()
    async with Bench(till, lambda text: say(f"till  | {text}")) as bench:
        yield PoleDemo(till, bench, say)
