"""The demo by hand: a person types amounts and codes, pulls the scanner, cuts the network."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from daemon.demo.stage import Stage
from daemon.demo.till_kinds import TillDemo
from daemon.money import parse_amount
from daemon.payment import Ref, State
from daemon.sandbox.cases import CASES, case_table
from daemon.typed import typed_lines
from hw.simulated import SimulatedButton

HELP = """\
  12.50               the till asks for that amount
  show 12.50          the same, and the box shows a QR; `pay`: the payer scans it and pays
  paid, password, walk-away, no-money, expired, wrong, lost
                      the payer shows a code, and that is what comes of it
  case NAME           any of the sandbox's cases; `cases` lists them
  scan TEXT           anything at all before the scanner
  cancel, button      give up, at the till or at the box
  unplug, plug        the scanner
  offline, online     the network
  box                 what GET /v1/box says
  help, quit"""

_SHORT = {
    "paid": "paid",
    "password": "password_then_paid",
    "walk-away": "password_never",
    "no-money": "refused_notenough",
    "expired": "refused_authcodeexpire",
    "lost": "answer_lost",
}


class Console:
    """Reads a line at a time from the terminal, beside the running box. `till`: what it does not know itself is done there."""

    def __init__(self, stage: Stage, *, shows: bool = False, till: TillDemo | None = None) -> None:
        self._stage = stage
        self._till = till
        self._shows = shows  # a QR, where nothing but an amount is typed
        self._ref: str | None = None
        self._following: asyncio.Task[str] | None = None
        self._commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "show": self._show,
            "pay": self._pay,
            "case": self._case,
            "cases": self._cases,
            "scan": self._scan,
            "wrong": lambda _: self._scan("6901234567892"),
            "cancel": self._cancel,
            "button": self._press,
            "unplug": self._unplug,
            "plug": self._plug,
            "offline": self._offline,
            "online": self._online,
            "box": self._box,
            "help": self._help,
        }

    async def run(self) -> None:
        """Until `quit` or the end of the input."""
        await self._help("")
        try:
            async for line in typed_lines():
                word, _, rest = line.partition(" ")
                if word in ("quit", "exit", "q"):
                    return
                if word:
                    await self._obey(word, rest.strip())
        finally:
            if self._following is not None:
                self._following.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await self._following

    async def _obey(self, word: str, rest: str) -> None:
        if self._till is not None and word in self._till.words:
            self._command_till(f"{word} {rest}".strip())
        elif word in self._commands:
            await self._commands[word](rest)
        elif word in _SHORT:
            await self._case(_SHORT[word])
        elif self._shows:
            await self._show(word)
        else:
            await self._ask(word)

    def _command_till(self, text: str) -> None:
        assert self._till is not None
        try:
            self._till.command(text)
        except ValueError as error:
            self._stage.say(f"  ? {error}")

    async def _show(self, text: str) -> None:
        await self._ask(text, mode="show")

    async def _pay(self, _rest: str) -> None:
        payment = self._stage.app.runner.find(Ref(self._ref or ""))
        if payment is None or payment.state is not State.PRESENTING_QR:
            self._stage.say("  ? no QR is shown; type `show` and an amount first")
            return
        self._stage.say("payer > scans the QR and pays")
        self._stage.sandbox.ledger.confirm(payment.attempts[-1].out_trade_no)

    async def _ask(self, text: str, **more: object) -> None:
        try:
            amount = parse_amount(text, "CNY")
        except ValueError as error:
            self._stage.say(f"  ? {error}; `help` says what else can be typed")
            return
        ref = await self._stage.ask(amount.minor, **more)
        if ref is not None:
            self._ref = ref
            self._following = asyncio.create_task(self._stage.follow(ref, "creating_qr" if more else "awaiting_code"))

    async def _case(self, name: str) -> None:
        if name not in CASES:
            self._stage.say(f"  ? no case {name!r}; `cases` lists them")
        elif self._stage.app.desk.status()["screen"] not in ("awaiting_code", "wrong_code", "not_sent"):
            self._stage.say("  ? the box awaits no code; type an amount first")
        else:
            self._stage.present(name)

    async def _cases(self, _rest: str) -> None:
        self._stage.say("\n".join(f"  {name:<28} {what}" for _, name, what in case_table()))

    async def _scan(self, text: str) -> None:
        self._stage.say("payer > holds something before the scanner")
        self._stage.scanner.scan(text)

    async def _cancel(self, _rest: str) -> None:
        if self._ref is None:
            self._stage.say("  ? nothing was asked for yet")
        else:
            await self._stage.cancel(self._ref)

    async def _press(self, _rest: str) -> None:
        button = self._stage.app.hardware.button
        if not (isinstance(button, SimulatedButton) and button.press()):
            self._stage.say("  ? no payment is open; the button does nothing")

    async def _unplug(self, _rest: str) -> None:
        self._stage.scanner.unplug()

    async def _plug(self, _rest: str) -> None:
        self._stage.scanner.plug()

    async def _offline(self, _rest: str) -> None:
        await self._stage.sandbox.set_network(up=False)
        self._stage.say("network is down")

    async def _online(self, _rest: str) -> None:
        await self._stage.sandbox.set_network(up=True)
        self._stage.say("network is up")

    async def _box(self, _rest: str) -> None:
        import json

        self._stage.say(json.dumps(self._stage.app.desk.status(), indent=2, ensure_ascii=False))

    async def _help(self, _rest: str) -> None:
        if self._till is not None:
            self._stage.say(f"at the till:\n{self._till.help}\n\nat the box:")
        self._stage.say(HELP)
