"""The real daemon, in which a SIGKILL waits at one journalled step. Nothing of this is in the product: it is put round it here.

A step is one decision of the cycle and its entry in the journal. It is named by the rows of the cycle's table that were looked
up for it, as in `pending:CONFIRMING`; the step that begins a payment is called `asked`, before the row of its first event, if it
has one. Every step passed is
written to a file as one line of JSON, and so is the place of death, just before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import fnmatch
import json
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

import daemon.app
import daemon.cli
from daemon.app import App
from daemon.calls import Calls
from daemon.cycle import Cycle
from daemon.desk import BoxDesk
from daemon.journal import Journal
from daemon.journal_file import JournalFile
from daemon.payment import Payment, Ref, State
from daemon.runner import Runner
from daemon.tills.base import Ended
from hw.interfaces import Condition, Health

TORN = "torn"  # in the transaction: the rows are written, nothing is committed
STORED = "stored"  # committed and synced; nothing performed, nobody told
AFTER = "after"  # its request was handed to the network, and the answer is not there; or, where it makes none, everybody was told
PLACES = (TORN, STORED, AFTER)
ASKED = "asked"

SENDING_TURNS = 4  # of the event loop: aiohttp writes head and body in a task of its own, and an answer takes far longer
TELLING_S = 0.02  # for the till's answer to reach it


@dataclass(frozen=True, slots=True)
class Plan:
    """Where to die: at the `nth` step whose name fits the pattern `at`. Without `at`, nowhere."""

    at: str = ""
    nth: int = 1
    place: str = STORED
    boot: str = ""  # the boot that the box believes it is in; empty: the real one

    @property
    def environ(self) -> dict[str, str]:
        return {"CRASH_AT": self.at, "CRASH_NTH": str(self.nth), "CRASH_PLACE": self.place, "CRASH_BOOT": self.boot}

    def fits(self, rows: Sequence[str]) -> bool:
        return bool(self.at) and fnmatch.fnmatchcase("+".join(rows), self.at)

    @classmethod
    def of(cls, environ: Any) -> Plan:
        return cls(environ["CRASH_AT"], int(environ["CRASH_NTH"]), environ["CRASH_PLACE"], environ["CRASH_BOOT"])


class Crash:
    """Watches the steps go by, and ends the process at the planned one."""

    def __init__(self, plan: Plan, steps: Path) -> None:
        self._plan = plan
        self._steps = os.open(steps, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._rows: list[str] = []
        self._passed = 0
        self._step: dict[str, Any] = {}
        self._last: dict[str, Any] = {}  # the planned step; others may begin before it has been told
        self._due = False  # the planned step is on its way now
        self.armed = False  # the planned step was stored: whatever it does next is the last
        self._mine: contextvars.ContextVar[bool] = contextvars.ContextVar("mine", default=False)

    def install(self) -> None:
        self._watch_cycle()
        self._watch_journal()
        self._watch_requests()
        self._watch_telling()
        if self._plan.boot:
            daemon.app.boot_id = lambda: self._plan.boot

    # -- dying --

    def _die_at(self, place: str) -> None:
        if self._due and self._plan.place == place:
            self._die()

    def _die(self) -> None:
        self._write({**self._last, "killed": self._plan.place})
        os.kill(os.getpid(), signal.SIGKILL)
        signal.pause()  # in another thread the signal may take a moment: nothing more is done until then

    def _die_in(self, turns: int) -> None:
        if turns == 0:
            self._die()
        asyncio.get_running_loop().call_soon(self._die_in, turns - 1)

    def _write(self, line: dict[str, Any]) -> None:
        os.write(self._steps, json.dumps(line).encode() + b"\n")

    # -- watching --

    def _watch_cycle(self) -> None:
        handle = Cycle.handle

        def watched_handle(cycle: Cycle, event: Any, now: float) -> Any:
            actions = handle(cycle, event, now)
            self._rows[:] = [f"{state}:{news.name}" for state, news in cycle.went]
            return actions

        Cycle.handle = watched_handle

    def _watch_journal(self) -> None:
        store, append = Journal.store, JournalFile._append

        async def watched_store(journal: Journal, payment: Any, note: Any) -> Any:
            self._begin(payment, note)
            entry = await store(journal, payment, note)
            self._write(self._step)
            self._die_at(STORED)
            self.armed = self._due
            return entry

        def watched_append(file: JournalFile, number: int, payment: Any, note: Any) -> Any:
            self._die_at(TORN)
            return append(file, number, payment, note)

        Journal.store = watched_store
        JournalFile._append = watched_append

    def _begin(self, payment: Any, note: Any) -> None:
        rows = [*([ASKED] if note.event == ASKED else []), *self._rows]
        self._rows.clear()
        self._step = {"rows": rows, "state": payment.state.value, "does": note.detail.get("does", [])}
        fits = self._plan.fits(rows)
        self._passed += fits
        self._due = fits and self._passed == self._plan.nth
        self._last = self._step if self._due else self._last

    def _watch_requests(self) -> None:
        outcome, begin_session = Calls.outcome, aiohttp.ClientSession.__init__

        async def watched_outcome(*arguments: Any) -> Any:
            mine = self.armed and self._plan.place == AFTER
            self.armed = False
            self._mine.set(mine)
            result = await outcome(*arguments)
            if mine:  # there was no connection to send it on
                self._die()
            return result

        async def sent(*_: Any) -> None:
            if self._mine.get():
                self._die_in(SENDING_TURNS)

        def watched_session(session: Any, **settings: Any) -> None:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(sent)
            begin_session(session, **{**settings, "trace_configs": [*settings.get("trace_configs", []), trace]})

        Calls.outcome = watched_outcome
        aiohttp.ClientSession.__init__ = watched_session

    def _watch_telling(self) -> None:
        tell = Runner._tell

        def watched_tell(runner: Runner, change: Any) -> None:
            tell(runner, change)
            if self.armed and self._plan.place == AFTER and not self._last["does"]:
                self.armed = False
                asyncio.get_running_loop().call_later(TELLING_S, self._die)

        Runner._tell = watched_tell


class JammingTill:
    """A machine that hands nothing over: it says so of whatever was paid, and after a restart again, until the box took note of it."""

    name = "machine"
    health = Health(Condition.OK)

    def __init__(self, desk: BoxDesk) -> None:
        self._desk = desk
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    def install(cls) -> None:
        build = App._build_tills
        App._build_tills = lambda app: [*build(app), cls(app.desk)]

    def look(self, _on_health: Any) -> None:
        """It is always there."""

    def start(self, _on_health: Any) -> None:
        self._do(self._look_back())

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    def changed(self, payment: Payment) -> None:
        if payment.state is State.PAID and payment.reason is None:
            self._do(self._fail(payment.ref))

    async def _look_back(self) -> None:
        for payment in await self._desk.recent(10, None):
            self.changed(payment)

    async def _fail(self, ref: Ref) -> None:
        with contextlib.suppress(Ended):
            await self._desk.goods_failed(ref, "jammed")

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def run(arguments: Sequence[str]) -> int:
    """`tillbox ARGUMENTS`, with the plan and the file of steps that the environment names."""
    Crash(Plan.of(os.environ), Path(os.environ["CRASH_STEPS"])).install()
    if os.environ["CRASH_JAMS"]:
        JammingTill.install()
    return daemon.cli.main(arguments)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
