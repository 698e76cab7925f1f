"""`tillbox demo --till pulse`: a machine that counts credit pulses on a simulated line, from the offer to the goods."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial

from daemon.demo.stage import Stage
from daemon.demo.till_kinds import Act, Say, TillDemo, until
from daemon.tills.pulse import PulseTill
from hw.simulated_pulses import SimulatedPulses

BUTTON = 19

HELP = f"""\
  inhibit, free        from now on the machine takes no credit; it takes credit again
  press                press the product's button at pin {BUTTON}: 3.00 instead of 5.00"""


class PulseDemo:
    """The machine, and its sales."""

    words: Collection[str] = ("inhibit", "free", "press")
    help = HELP
    toml = f"""[tills.machine]
kind = "pulse"
price = 500
value_per_pulse = 100
prices = {{ {BUTTON} = 300 }}
output = "simulated"
"""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._machine: SimulatedPulses | None = None

    @property
    def machine(self) -> SimulatedPulses:
        assert self._machine is not None, "the box does not run yet"
        return self._machine

    def command(self, text: str) -> None:
        self._say(f"machine > {text}")
        if text == "press":
            self.machine.choose(BUTTON)
        elif text in ("inhibit", "free"):
            self.machine.inhibit(text == "inhibit")
        else:
            raise ValueError(f"{text!r} is nothing this machine can do; it can:\n{HELP}")

    def acts(self, stage: Stage) -> list[Act]:
        till = next(till for till in stage.app.tills if isinstance(till, PulseTill))
        assert isinstance(till.output, SimulatedPulses)
        self._machine = till.output
        self._machine.counters.append(lambda count: self._say(f"machine | counts pulse {count}"))
        return [
            ("The price that is always offered", partial(self._sell, stage, "paid", 5)),
            ("The payer must type the password", partial(self._sell, stage, "password_then_paid", 10)),
            ("A product button is pressed first", partial(self._choose, stage)),
            ("The machine inhibits: nothing is offered until it is free", partial(self._inhibit, stage)),
        ]

    async def _sell(self, stage: Stage, case: str, counts: int) -> bool:
        if not await until(lambda: stage.app.presenter.screen == "awaiting_code"):
            return False
        stage.present(case)
        given = await until(lambda: self.machine.counted == counts)
        stage.tell_kept()
        return given

    async def _choose(self, stage: Stage) -> bool:
        await until(lambda: stage.app.presenter.screen == "awaiting_code")
        self.command("press")
        chosen = await until(lambda: any(payment.amount.minor == 300 for payment in stage.app.runner.live))
        return chosen and await self._sell(stage, "paid", 13)

    async def _inhibit(self, stage: Stage) -> bool:
        await until(lambda: stage.app.presenter.screen == "awaiting_code")
        self.command("inhibit")
        is_closed = await until(lambda: "machine" in stage.app.board.held)  # the demo's other till sells on
        self.command("free")
        return is_closed and await until(lambda: stage.app.presenter.screen == "awaiting_code")


@asynccontextmanager
async def open_till(say: Say) -> AsyncIterator[TillDemo]:
    yield PulseDemo(say)
