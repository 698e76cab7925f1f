"""What the demo plays on: a sandbox, a box configured for it, and a till that speaks HTTP to the box like any other."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from daemon.app import App
from daemon.config import load
from daemon.demo.playground import DemoPlayground
from daemon.sandbox.cases import CASES, code_for
from daemon.sandbox.scenario import Timings
from daemon.sandbox.server import Sandbox
from hw.simulated import SimulatedDisplay, SimulatedScanner

# A sale is told in seconds here; the real waits stand in docs and config.toml. The sandbox keeps to the same shorter ones.
_TIMING = """\
scan_s = 60
query_every_s = 1
give_up_s = 6
revoke_not_before_s = 3
revoke_retry_s = 1
qr_s = 60
qr_query_every_s = 1
chase_s = 1
"""
NOBODY_SCANS = CASES["password_never"]
_SANDBOX = Timings(revoke_not_before_s=3.0, auto_close_s=45.0, confirm_s=60.0)

_CONFIG = """\
[box]
terminal_id = "DEMO1"
store_id = "1"
store_name = "{store}"
currency = "CNY"
language = "{language}"
max_amount = 10000000

[scanner]
kind = "simulated"
[display]
kind = "simulated"
[lights]
kind = "simulated"
[buzzer]
kind = "simulated"
[button]
kind = "simulated"

[journal]
path = "journal.sqlite"

[web]
listen = "127.0.0.1:{port}"

[timing]
{timing}
{gateways}
{tills}
"""

STORES = {"en": "Corner Shop", "zh": "街角小店"}


@dataclass(slots=True)
class Stage:
    """The box, the sandbox, and the demo's till. `say` prints a line."""

    app: App
    sandbox: Sandbox
    say: Callable[[str], None]
    _http: aiohttp.ClientSession
    _refs: Any = field(default_factory=lambda: itertools.count(1))
    _serials: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.app.web.port}"

    @property
    def scanner(self) -> SimulatedScanner:
        assert isinstance(self.app.hardware.scanner, SimulatedScanner)
        return self.app.hardware.scanner

    @property
    def display(self) -> SimulatedDisplay:
        assert isinstance(self.app.hardware.display, SimulatedDisplay)
        return self.app.hardware.display

    async def ask(self, minor: int, **more: object) -> str | None:
        """The till asks for an amount (`more`: other fields of the request); the payment's ref, or None where the box does not
        take it."""
        ref = f"demo-{next(self._refs)}"
        fields = {"amount": minor, **more}
        async with self._http.put(f"{self.address}/v1/payments/{ref}", json={"currency": "CNY", **fields}) as answer:
            body = await answer.json()
        taken = answer.status == 201
        asked = ", ".join(f"{name}: {value}" for name, value in fields.items())
        said = body["state"] if taken else body["error"]["text"]
        self.say(f"till  > PUT /v1/payments/{ref} {{{asked}}} -> {answer.status} {said}")
        return ref if taken else None

    async def cancel(self, ref: str) -> None:
        """The till gives the payment up."""
        async with self._http.delete(f"{self.address}/v1/payments/{ref}") as answer:
            self.say(f"till  > DELETE /v1/payments/{ref} -> {answer.status}")

    async def state_after(self, ref: str, state: str) -> dict[str, Any]:
        """The payment as soon as it has left that state (the till's long poll)."""
        while True:
            async with self._http.get(f"{self.address}/v1/payments/{ref}", params={"wait": "25", "after": state}) as answer:
                payment: dict[str, Any] = await answer.json()
            if payment["state"] != state:
                return payment

    async def follow(self, ref: str, state: str = "awaiting_code") -> str:
        """Say every state after that one until the payment is at its end; that state."""
        while True:
            payment = await self.state_after(ref, state)
            state = payment["state"]
            self.tell(ref, state, payment["reason"])
            if payment["final"]:
                return str(state)

    def tell(self, ref: str, state: str, reason: dict[str, str] | None) -> None:
        """What the till was told."""
        why = f" ({reason['code']}: {reason['text']})" if reason else ""
        self.say(f"till  < {ref} {state}{why}")

    def kept(self) -> int:
        """What the provider's ledger says the merchant has, in fen."""
        summary = self.sandbox.ledger.summary()
        paid, returned = summary["money_in"], summary["money_out"]
        assert isinstance(paid, int)
        assert isinstance(returned, int)
        return paid - returned

    def tell_kept(self) -> None:
        """The money is the truth, whatever the till was told."""
        self.say(f"money   {self.kept() / 100:.2f} CNY with the merchant in all")

    def present(self, case: str) -> None:
        """The payer holds a code before the scanner; what comes of it is that case of the sandbox."""
        self.say(f"payer > shows a payment code ({case})")
        self.scanner.scan(code_for(case, next(self._serials)))


@asynccontextmanager
async def set_stage(directory: Path, port: int, language: str, say: Callable[[str], None], tills: str = "") -> AsyncIterator[Stage]:
    """Everything started; stopped in reverse. `tills`: their tables in the configuration. Raises OSError where the port cannot be had."""
    async with Sandbox(directory / "sandbox", timings=_SANDBOX) as sandbox:
        gateways = sandbox.config_snippet()
        text = _CONFIG.format(store=STORES[language], language=language, port=port, timing=_TIMING, gateways=gateways, tills=tills)
        path = directory / "config.toml"
        await asyncio.to_thread(path.write_text, text, encoding="utf-8")
        sandbox.deck.shown = NOBODY_SCANS  # until somebody at the terminal or on the page does
        async with App(load(path)) as app, aiohttp.ClientSession() as http:
            app.web.playing.ground = DemoPlayground(app, sandbox)
            yield Stage(app, sandbox, say, http)
