"""A whole box around one till that the factory built: real desk, runner, journal, keeper and presenter, a simulated provider, in virtual
time. In front of the real desk stands a `Witness`; the panel is a `Window`. Devices are the rigs' own (`till_rigs`)."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shell"))
from counted_shop import Counted

from daemon.desk import BoxDesk
from daemon.goods_owed import JournalGoods
from daemon.payment import Mode, Payment, Ref
from daemon.tables.tills import TillSettings
from daemon.texts import NOT_TAKEN
from daemon.tills.base import Offer, Request, Till
from daemon.tills.factory import Shop, build
from daemon.tills.house import House
from daemon.tills.http import Terms
from daemon.told import JournalTellings
from daemon.view import Prompt
from hw.interfaces import Health
from hw.simulated_tap import SimulatedTap

TILL = "own"  # the key in [tills.NAME]
MOST = 50_000  # [box] max_amount
SCAN = frozenset({"trial"})  # the gateways of scanned codes

_refs = itertools.count(1)  # no ref comes again in whatever life of a box


class Witness:
    """The desk, and what it was asked. What is put in `refusal` and `cancel_refusal` is raised in place of an answer."""

    def __init__(self, desk: BoxDesk) -> None:
        self._desk = desk
        self.requests: list[Request] = []
        self.cancelled: list[Ref] = []
        self.refusal: Exception | None = None
        self.cancel_refusal: Exception | None = None

    async def ask(self, request: Request) -> tuple[Payment, bool]:
        self.requests.append(request)
        if self.refusal is not None:
            raise self.refusal
        return await self._desk.ask(request)

    async def cancel(self, ref: Ref, by: str, *, unsent: bool = False) -> Payment:
        self.cancelled.append(ref)
        if self.cancel_refusal is not None:
            raise self.cancel_refusal
        return await self._desk.cancel(ref, by, unsent=unsent)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)


class Window:
    """The box's panel, as far as a till uses it (`Front`)."""

    has_button = True

    def __init__(self) -> None:
        self.prompt: Prompt | None = None
        self.offered: Offer | None = None
        self.refused: list[str] = []
        self.shown = 0

    def show(self, till: str, prompt: Prompt | None) -> None:
        assert till == TILL
        self.shown += prompt is not None
        self.prompt = prompt

    def refuse(self, till: str, why: str) -> None:
        assert till == TILL
        assert why in NOT_TAKEN, "the panel has a text for it"
        self.refused.append(why)

    def offer(self, till: str, offer: Offer | None) -> None:
        assert till == TILL
        self.shown += offer is not None
        self.offered = offer


class Line(SimulatedTap):
    """A serial line in memory that is spoken on as well; `sent` is what the till said."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.sent = b""

    def send(self, data: bytes) -> bool:
        if not (self._is_open and self._plugged):
            return False
        self.sent += data
        return True


class TillShop(Counted):
    """A box whose one till is built from `settings` and not started. `devices` is what it is built on, as `hw.factory`; `health` is what
    the till said of its device."""

    def __init__(self, directory: Path, settings: TillSettings, devices: Any, currency: str, **more: Any) -> None:
        super().__init__(
            directory,
            **more,
            wares={} if settings.ware is None else {TILL: settings.ware},
            unattended=frozenset({TILL} if settings.is_unattended else ()),
            priorities={TILL: settings.priority},
        )
        if settings.acknowledges:
            self.journal._acknowledging = frozenset({TILL})  # `Shop` has no word for it
        self.health: list[Health] = []
        self.witness = Witness(self.desk)
        self.window = Window()
        self.terms = Terms(currency, MOST)
        shop = Shop(
            self.witness,
            JournalTellings(self.journal, self.runner.find),
            self.terms,
            lambda: f"R{next(_refs)}",
            "1.0",
            self.window,
            self._house(),
        )
        self.tills: list[Till] = build([settings], shop, devices)
        for till in self.tills:
            self.runner.listeners.append(lambda change, till=till: till.changed(change.payment))
        self.board.listeners.append(self.presenter.refresh)

    def _house(self) -> House:
        board = self.board
        return House(
            JournalGoods(self.journal, self.runner.find, self.keeper.count_anew),
            board.hold,
            closed=lambda: "; ".join(board.not_ready(Mode.SCAN, SCAN)) or None,
            unreachable=lambda: board.unreachable(SCAN),
            watch=board.listeners.append,
            schedule=self.schedule,
        )

    async def __aexit__(self, *exc: object) -> None:
        for till in self.tills:
            await till.stop()
        await super().__aexit__(*exc)

    @property
    def till(self) -> Till:
        (till,) = self.tills
        return till

    def start(self) -> None:
        self.till.start(self._health_is)
        self.board.till(TILL, self.till.health)

    def _health_is(self, health: Health) -> None:
        self.health.append(health)
        self.board.till(TILL, health)

    @property
    def own(self) -> dict[Ref, Payment]:
        """The payments that the till asked for, as they stand."""
        return {change.payment.ref: change.payment for change in self.changes if change.payment.till == TILL}
