"""Rigs of the tills that somebody serves: a cash register on a line, a number pad, a customer display that is listened to."""

from __future__ import annotations

import asyncio
import json
from typing import Any, ClassVar

from hypothesis import strategies as st
from shell_time import settle
from shop import until
from till_rig import CODE, GARBAGE, NUMBERS, Rig
from till_shop import MOST, TILL, Line

from daemon.payment import Payment
from daemon.tables.poles import PoleTillSettings
from daemon.tables.tills import KeypadTillSettings, SerialTillSettings, TillSettings
from daemon.tills.base import Busy, Conflict, Ended, NotReady, NotStorable
from daemon.tills.pole_sale import STABLE_S
from daemon.tills.serial_frames import frame
from daemon.view import PromptKind
from hw.interfaces import PadKey
from hw.simulated_keypad import SimulatedKeypad
from hw.simulated_tap import SimulatedTap


class SerialRig(Rig):
    kind = "serial"
    no: ClassVar = {Busy: "busy", NotReady: "not_ready", NotStorable: "not_storable", Conflict: "conflict", Ended: "ended"}
    wrong = (
        *({"amt": amount} for amount in (0, -5, MOST + 1, 10**30, 12.0, "5", True, None, [5])),
        *({}, {"amt": 5, "cur": "XXX"}, {"amt": 5, "ttl": -1}, {"amt": 5, "amount": 5}),
    )
    noise = st.one_of(
        GARBAGE,
        st.sampled_from([frame({"t": t}) for t in ("hello", "last", "got", "pay", "status", "cancel")]),
        st.integers(-1, 9).map(lambda seq: frame({"t": "got", "seq": seq})),
        st.sampled_from([b"PAY 1.00\n", b"CANCEL\n", b'{"t":"pay"}*0000\n', frame({"t": "status", "ref": CODE})[:20]]),
    )

    def make_device(self) -> Line:
        return Line(TILL)

    def settings(self) -> TillSettings:
        return SerialTillSettings(TILL, port="/dev/ttyUSB0")

    async def ask(self) -> None:
        self.ref = f"A-{next(NUMBERS)}"
        await self.again()

    async def again(self) -> None:
        await self._say(t="pay", ref=self.ref, amt=self.minor)

    async def give_up(self, ref: str) -> None:
        await self._say(t="cancel", ref=ref)

    async def try_wrong(self, wrong: Any) -> None:
        await self._say(t="pay", ref="W-1", **wrong)

    async def _say(self, **message: Any) -> None:
        self.device.hear(frame(message))
        await settle()

    @property
    def heard(self) -> list[dict[str, Any]]:
        return [json.loads(line.rpartition(b"*")[0]) for line in self.device.sent.splitlines()]

    @property
    def noes(self) -> list[str]:
        return [said["code"] for said in self.heard if said["t"] == "error"]

    @property
    def said(self) -> Any:
        return self.device.sent

    async def knows_end(self, payment: Payment) -> None:
        """Told until it is acknowledged, and not once more after that."""
        self.device.sent = b""
        await until(lambda: any(said["t"] == "end" for said in self.heard), 70)
        end = next(said for said in self.heard if said["t"] == "end")
        assert (end["ref"], end["state"], end["amt"]) == (payment.ref, payment.state.value, payment.amount.minor)
        await self._say(t="got", seq=end["seq"])
        self.device.sent = b""
        await asyncio.sleep(200)
        assert self.device.sent == b""


_WORDS = {Busy: "busy_other", NotReady: "not_ready", NotStorable: "not_stored", Conflict: "busy", Ended: "busy"}


class KeypadRig(Rig):
    kind = "keypad"
    no: ClassVar = _WORDS
    wrong = ("0\n", "0.00\n", "500.01\n", "99999999\n", "400+100.01\n", "999*999\n", "3*\n", "+\n", "0.001\n")
    noise = st.one_of(st.sampled_from(list(PadKey)).map(lambda key: [key]), st.lists(st.sampled_from(list(PadKey)), max_size=90))

    def make_device(self) -> SimulatedKeypad:
        return SimulatedKeypad(TILL)

    def settings(self) -> TillSettings:
        return KeypadTillSettings(TILL, device="simulated")

    async def ask(self) -> None:
        await self._type(f"\x1b{self.decimal}\n")

    async def again(self) -> None:
        await self._type("\n")

    async def give_up(self, ref: str) -> None:
        await self._type("\x1b")

    async def try_wrong(self, wrong: Any) -> None:
        await self._type(f"{wrong}\x1b")

    async def make_noise(self, noise: Any) -> None:
        for key in noise:
            self.device.press(key)

    async def hears_code(self) -> None:
        await self._type(f"\x1b{CODE}\n")

    async def _type(self, keys: str) -> None:
        self.device.type(keys)
        await settle()

    async def knows_end(self, payment: Payment) -> None:
        """Who asks for the last payment is shown it."""
        await self._type("\n")
        last = self.shop.window.prompt
        assert last is not None
        assert (last.kind, last.state, last.figure) == (PromptKind.LAST, payment.state, payment.amount.text)

    @property
    def is_open(self) -> bool:
        return self.device._listener is not None


class PoleRig(Rig):
    kind = "pole"
    lacks: ClassVar = {"says_wrong": "nobody asks: what is no total of this shop's is not offered, and why is in the log"}
    no: ClassVar = _WORDS
    wrong = ("0.00", "-5.00", "500.01", "99999999.00", "5.0.0", "1.23.45,6", "x")
    gives_up_by_hand = False
    noise = st.one_of(
        GARBAGE,
        st.sampled_from([b"\x1bQATOTAL\r\x1bQB7.00\r", b"\x1bQB", b"\x0c", b"\x1bs2\x1bQA1250\r", b"\x1f$\x01\x02", b"\x04\x01P1\x17"]),
        st.just(b"\x0cTOTAL " + CODE.encode()),
    )

    def make_device(self) -> SimulatedTap:
        return SimulatedTap(TILL)

    def settings(self) -> TillSettings:
        return PoleTillSettings(TILL, port="/dev/ttyUSB0")

    async def ask(self) -> None:
        """The display goes on to another sale; what it shows is taken."""
        await self._show("THANK YOU", "")
        await self.again()

    async def again(self) -> None:
        await self._show("TOTAL", self.decimal)
        await self._take()

    async def give_up(self, ref: str) -> None:
        await self._show(f"TOTAL {self.decimal}", "CASH 900.00")

    async def try_wrong(self, wrong: Any) -> None:
        await self._show("TOTAL", wrong)
        await self._take()

    async def _show(self, upper: str, lower: str) -> None:
        self.device.hear(b"\x0c\x1bQA" + upper.encode() + b"\r\x1bQB" + lower.encode() + b"\r")
        await asyncio.sleep(STABLE_S + 0.01)
        await settle()

    async def _take(self) -> None:
        if self.shop.window.offered is not None:
            await self.shop.window.offered.take()
            await settle()

    async def knows_end(self, payment: Payment) -> None:
        """The same display sells nothing once more."""
        requests = len(self.shop.witness.requests)
        await self._show("TOTAL", payment.amount.decimal)
        assert self.shop.window.offered is None
        assert len(self.shop.witness.requests) == requests


class PoleAtOnceRig(PoleRig):
    """`confirm = false`: the till asks as soon as the display shows a total."""

    def settings(self) -> TillSettings:
        return PoleTillSettings(TILL, port="/dev/ttyUSB0", confirm=False)

    async def _take(self) -> None:
        """Nobody presses anything."""
