"""What a rig of the contract suite is: the hands and ears at a till's device, under one face for every kind (`till_rigs`)."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from shell_time import settle
from till_shop import TillShop

from daemon.money import Amount, Minor
from daemon.payment import Payment, State
from daemon.tables.tills import TillSettings
from daemon.tills.base import Rejected
from hw.settings import PulseSettings

NUMBERS = itertools.count(1)  # of the refs that tills make up; none comes again
CODE = "134567890123456789"  # a payer's, made up: it may turn up on any line
GARBAGE = st.one_of(st.binary(max_size=40), st.sampled_from([CODE.encode() + b"\r\n", b"\xff" * 300, b"\n\r\n\0\n"]))


class Rig:
    """`lacks` names what this kind does not owe, each with the reason. `no` is how it says that the desk did not take a request.
    `wrong` are amounts that it must not take, as they come from its device."""

    kind: ClassVar[str]
    lacks: ClassVar[Mapping[str, str]] = {}
    no: ClassVar[Mapping[type[Rejected], str]]
    wrong: ClassVar[tuple[Any, ...]] = ()
    noise: ClassVar[st.SearchStrategy[Any]] = GARBAGE
    ends_unwatched: ClassVar[tuple[State, ...]] = (State.PAID,)  # what becomes of who pays while the device is away
    gives_up_by_hand: ClassVar[bool] = True  # whoever gave up and was told that it could not be does so again
    device: Any

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.minor = 500
        self._boots = itertools.count(1)
        self._gateways: dict[str, Any] | None = None  # the provider outlives the box, too
        self.device = self.make_device()

    def make_device(self) -> Any:
        raise NotImplementedError

    def settings(self) -> TillSettings:
        raise NotImplementedError

    @asynccontextmanager
    async def box(self, *, minor: int = 500, currency: str = "CNY", starts: bool = True) -> AsyncIterator[TillShop]:
        """One life of the box; `minor` is what will be asked for."""
        self.minor, self.currency = minor, currency
        boot = f"boot-{next(self._boots)}"
        async with TillShop(self.directory, self.settings(), self, currency, boot=boot, gateways=self._gateways) as shop:
            self.shop = shop
            self._gateways = self._gateways or {"trial": shop.provider}
            if starts:
                await self.start()
            yield shop

    async def start(self) -> None:
        self.shop.start()
        await settle()

    # -- what the factory builds on: any of these is the one device --

    def till_line(self, _name: str, _port: str, _baudrate: int) -> Any:
        return self.device

    def tap(self, _name: str, _port: str, _baudrate: int) -> Any:
        return self.device

    def keypad(self, _name: str, _device: str | None, _vendor: int | None, _product: int | None) -> Any:
        return self.device

    def pulse_output(self, _name: str, _settings: PulseSettings) -> Any:
        return self.device

    # -- at the device --

    async def ask(self) -> None:
        """Somebody asks for `minor`, as it is done there."""
        raise NotImplementedError

    async def try_to_ask(self) -> None:
        """The same, where it may not be taken."""
        await self.ask()

    async def again(self) -> None:
        """The same comes once more."""
        raise NotImplementedError

    async def give_up(self, ref: str) -> None:
        """Somebody there gives up the payment of that ref; where the kind has no names for payments, whatever is open."""
        raise NotImplementedError

    async def try_wrong(self, wrong: Any) -> None:
        raise NotImplementedError

    async def make_noise(self, noise: Any) -> None:
        self.device.hear(noise)

    async def hears_code(self) -> None:
        """A payer's code is on the line, whole, as a scanner types it."""
        await self.make_noise(CODE.encode() + b"\r\n")

    @property
    def noes(self) -> list[str]:
        """Every clear "no" so far."""
        return self.shop.window.refused

    @property
    def said(self) -> Any:
        """Whatever anybody there could have noticed so far; it grows."""
        return (self.shop.window.shown, len(self.noes))

    async def knows_end(self, payment: Payment) -> None:
        """Whether that end is known there, or was dealt with: returns once it is."""
        raise NotImplementedError

    @property
    def is_open(self) -> bool:
        """Whether the till has its device open."""
        return bool(self.device._is_open)

    def unplug(self) -> None:
        self.device.unplug()

    def plug(self) -> None:
        self.device.plug()

    # -- for the rigs themselves --

    @property
    def decimal(self) -> str:
        return Amount(Minor(self.minor), self.currency).decimal
