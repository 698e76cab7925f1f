"""A machine without staff before a whole box: real desk, runner, journal and presenter, a simulated provider, in virtual time."""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shell"))
from counted_shop import Counted
from shell_time import in_virtual_time, settle
from shop import NOTE, a_payment, until

from daemon.goods import Owing, Ware
from daemon.goods_owed import JournalGoods
from daemon.money import Amount, Minor
from daemon.payment import Mode, Payment, Ref, State
from daemon.tills.house import House
from daemon.tills.pulse import PulseTerms, PulseTill
from hw.settings import PulseSettings
from hw.simulated_pulses import SimulatedPulses

__all__ = ["NOTE", "PulseShop", "VendingShop", "a_payment", "in_virtual_time", "settle", "until", "yuan"]

SCAN = frozenset({"trial"})
MACHINE = frozenset({"machine"})
PULSE_S = 0.35
_runs = itertools.count(1)


def yuan(fen: int) -> Amount:
    return Amount(Minor(fen), "CNY")


class VendingShop(Counted):
    """A shop whose one till, called `machine`, is made by `make_till` and runs as long as the shop does."""

    def __init__(self, directory: Path, ware: Ware, **more: Any) -> None:
        super().__init__(directory, wares={"machine": ware}, unattended=MACHINE, **more)
        self.goods = JournalGoods(self.journal, self.runner.find, self.keeper.count_anew)
        board = self.board
        self.house = House(
            self.goods,
            board.hold,
            closed=lambda: "; ".join(board.not_ready(Mode.SCAN, SCAN)) or None,
            unreachable=lambda: board.unreachable(SCAN),
            watch=board.listeners.append,
            schedule=self.schedule,
        )
        run, numbers = next(_runs), itertools.count(1)
        self.new_ref = lambda: f"R{run}-{next(numbers)}"
        self.runner.link_listeners.append(lambda _name, _outcome: None)
        board.listeners.append(self.presenter.refresh)
        self.till = self.make_till()
        self.runner.listeners.append(lambda change: self.till.changed(change.payment))

    def make_till(self) -> Any:
        raise NotImplementedError

    async def __aenter__(self) -> VendingShop:
        await super().__aenter__()
        self.start()
        await settle()
        return self

    def start(self) -> None:
        self.till.start(lambda health: self.board.till("machine", health))
        self.board.till("machine", self.till.health)

    async def __aexit__(self, *exc: object) -> None:
        await self.till.stop()
        await super().__aexit__(*exc)

    @property
    def payment(self) -> Payment:
        """The newest."""
        return self.changes[-1].payment

    @property
    def ref(self) -> Ref:
        return self.payment.ref

    async def offered(self) -> Ref:
        """The till's offer, once there is one."""
        await until(lambda: self.changes and self.payment.state is State.AWAITING_CODE)
        return self.ref

    async def pays(self, case: str = "00") -> Ref:
        """A payer shows a code to the offer that there is."""
        ref = await self.offered()
        await self.scan(case, ref)
        return ref

    async def owing(self, ref: Ref) -> Owing:
        owing = await self.goods.find(ref)
        assert owing is not None
        return owing

    async def ends(self, ref: Ref, state: State) -> None:
        await until(lambda: any(change.payment.ref == ref and change.payment.state is state for change in self.changes))


class PulseShop(VendingShop):
    """A machine that takes credit pulses: 5.00 a sale, 1.00 a pulse. `output` outlives the box where it is given."""

    def __init__(self, directory: Path, *, output: SimulatedPulses | None = None, price: int | None = 500, **more: Any) -> None:
        self.prices = {pin: yuan(minor) for pin, minor in more.pop("prices", {}).items()}
        self.output = output or SimulatedPulses("machine", PulseSettings("simulated", choice_pins=tuple(self.prices)))
        self.price = None if price is None else yuan(price)
        super().__init__(directory, Ware("pulse", 100), **more)

    def make_till(self) -> PulseTill:
        return PulseTill(PulseTerms("machine", self.price, self.prices), self.output, self.desk, self.house, self.new_ref)

    async def counts(self, pulses: int) -> None:
        await until(lambda: self.output.counted == pulses)
        await asyncio.sleep(PULSE_S)
        await settle()
