"""Rigs of the tills that nobody serves: a vending machine behind an MDB adapter, a machine that counts credit pulses."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from hypothesis import strategies as st
from machine_line import MachineLine
from shell_time import settle
from shop import until
from till_rig import CODE, GARBAGE, Rig
from till_shop import TILL

from daemon.payment import Payment, State
from daemon.sandbox.tills.mdb import MdbMachine
from daemon.tables.machines import MdbTillSettings, PulseTillSettings
from daemon.tables.tills import TillSettings
from daemon.tills.base import Busy, Conflict, Ended, NotReady, NotStorable
from daemon.tills.mdb_table import Phase
from hw.settings import PulseSettings
from hw.simulated_pulses import SimulatedPulses

WORDS = (
    *("c,STATUS,INACTIVE", "c,STATUS,DISABLED", "c,STATUS,ENABLED", "c,STATUS,IDLE,5.00", "c,STATUS,VEND,5.00,1", "c,STATUS,VEND,x"),
    *("c,VEND,SUCCESS", "c,ERR,VEND 3", 'c,ERR,"cashless is off"', "c,SET,OK", "v,4.0"),
    *(f"c,ERR,{CODE}", f"c,STATUS,VEND,{CODE},7", f"c,STATUS,VEND,5.00,{CODE}"),
    *(f"c,STATUS,VEND,5.00,{item}" for item in ("\x01", "\x1b[2J", "7" * 100)),
)
"""What an adapter may say, also out of turn."""


class MdbRig(Rig):
    """The machine asks for its price (always-idle)."""

    kind = "mdb"
    no: ClassVar = dict.fromkeys((Busy, NotReady, NotStorable, Conflict, Ended), "C,VEND,-1")
    wrong = ("0", "0.00", "-5.00", "500.01", "655.35", "99999999", "1.999", "5.0.0", "x", "", "1e3")
    noise = st.one_of(GARBAGE, st.sampled_from(WORDS).map(lambda word: f"{word}\n".encode()))
    ends_unwatched = (State.REVOKED, State.REFUNDED)  # the machine has given the vend up
    mode = "always-idle"
    gives_up_by_hand = False

    def make_device(self) -> MachineLine:
        self.machine = MdbMachine()
        return MachineLine(self.machine)

    def settings(self) -> TillSettings:
        return MdbTillSettings(TILL, port="/dev/ttyACM0", mode=self.mode)

    async def start(self) -> None:
        await super().start()
        await self.is_set_up()

    async def is_set_up(self) -> None:
        await until(lambda: self.machine.state in self.ready and self.shop.till.session.phase in (Phase.OPEN, Phase.IDLE), 200)

    ready: ClassVar[tuple[str, ...]] = ("ENABLED", "IDLE")

    async def ask(self) -> None:
        await self.is_set_up()
        self.device.command(f"choose {self.decimal} 7")
        await settle()

    async def try_to_ask(self) -> None:
        """A till that only looks has not set the adapter up."""
        await (self.again() if self.shop.till.session.phase is Phase.AWAY else self.ask())

    async def again(self) -> None:
        self._says(f"c,STATUS,VEND,{self.decimal},7")
        await settle()

    async def give_up(self, ref: str) -> None:
        self.device.command("return")
        await settle()

    async def try_wrong(self, wrong: Any) -> None:
        await self.is_set_up()
        self.machine.state = "VEND"
        self._says(f"c,STATUS,VEND,{wrong},7")
        await settle()

    async def hears_code(self) -> None:
        """As a price, and as what an adapter that began anew complains of."""
        for line in (f"c,STATUS,VEND,{CODE},{CODE}", "v,4.0", f"c,ERR,{CODE}"):
            self._says(line)
            await settle(1)

    def _says(self, line: str) -> None:
        self.device._arrive(line.encode() + b"\n")

    async def make_noise(self, noise: Any) -> None:
        self.device._arrive(noise)

    @property
    def noes(self) -> list[str]:
        return [line for line in self.device.sent if line == "C,VEND,-1"]

    @property
    def said(self) -> Any:
        return [line for line in self.device.sent if line != "V"]  # whether anybody is there is asked now and then

    async def knows_end(self, payment: Payment) -> None:
        """The vend was given up meanwhile: nothing is given, the money goes back."""
        await until(lambda: self.shop.state(payment.ref) in (State.REVOKED, State.REFUNDED) and not self.shop.till.is_giving)
        assert (self.machine.approvals, self.machine.dispensed) == (0, 0)


class MdbSessionRig(MdbRig):
    """The machine asks within a session of open credit."""

    mode = "session"
    ready = ("IDLE",)


class PulseRig(Rig):
    kind = "pulse"
    lacks: ClassVar = {
        "says_no": "nobody asked: the machine offers nothing while the box takes nothing, and its panel says why",
        "amounts": "prices are the configuration's, which was checked before the till is built",
        "spends": "it offers its price anew after every end",
    }
    no: ClassVar = {}
    noise = st.one_of(st.booleans().map(lambda on: ("inhibit", on)), st.just(("choose", 5)))
    gives_up_by_hand = False

    def make_device(self) -> SimulatedPulses:
        return SimulatedPulses(TILL, PulseSettings("simulated", choice_pins=(5,)))

    def settings(self) -> TillSettings:
        return PulseTillSettings(TILL, price=self.minor, prices={5: self.minor}, value_per_pulse=100)

    async def ask(self) -> None:
        """The machine takes credit; the till asks by itself."""
        self.device.inhibit(False)
        await until(lambda: any(payment.state is State.AWAITING_CODE for payment in self.shop.own.values()), 60)

    async def try_to_ask(self) -> None:
        self.device.inhibit(False)

    async def again(self) -> None:
        self.device.inhibit(False)
        self.device.inhibit(False)
        await settle()

    async def give_up(self, ref: str) -> None:
        self.device.inhibit(True)
        await settle()

    async def hears_code(self) -> None:
        """It has no line on which one could come."""

    async def make_noise(self, noise: Any) -> None:
        does, what = noise
        getattr(self.device, does)(what)

    @property
    def noes(self) -> list[str]:
        return []

    @property
    def said(self) -> Any:
        return self.device.counted

    async def knows_end(self, payment: Payment) -> None:
        """Every pulse that was paid for, and none more."""
        pulses = payment.amount.minor // 100
        await until(lambda: self.device.counted >= pulses, 120)
        await asyncio.sleep(5)
        assert self.device.counted == pulses

    @property
    def is_open(self) -> bool:
        return bool(self.device._open)
