"""Who is measured, each as a class whose `sale()` makes one whole sale in a cold shop and gives the wait in milliseconds: from the
last bytes of the code on the scanner's line to the complete charge at the provider.

A sale begins with every connection closed, as it is minutes after the last one. Then the amount arrives, then, a moment later,
the code. The sale is finished (paid, and known to be) before the next one of anybody begins.
"""

from __future__ import annotations

import os
import random
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

from benchmarks import provider
from benchmarks.box import Box
from benchmarks.pin_watch import PINS
from benchmarks.program import ROOT
from benchmarks.pty_scanner import PtyScanner
from benchmarks.ready_made import fresh_code, insert, open_line, open_table, ready_made
from benchmarks.stage import Stage

_PAYER_S = (0.3, 0.5)  # between amount and code; people take seconds. Drawn anew each time, so that nothing falls into step
_IDLE_S = 2.0  # the shortest time after which servers close an idle connection (gunicorn's)
_NOTICED_S = 0.5  # from that closing until the code

_SCRIPT = Path(__file__).with_name("wechat_script.py")


class Contestant(Protocol):
    name: str

    def sale(self) -> float: ...


class Tillbox:
    """The daemon, with everything that it does around a sale: journal, lights, till; its panel takes no time."""

    name = "tillbox"

    def __init__(self, stage: Stage, box: Box) -> None:
        self._stage = stage
        self._box = box

    def sale(self) -> float:
        self._stage.close_idle()
        sale = self._box.ask()
        self._payer_comes()
        scanned = self._box.scanner.send(fresh_code())
        waited = self._stage.charged_at() - scanned
        end = sale.end()
        if end != "paid":
            raise RuntimeError(f"a sale ended {end}")
        return waited * 1000

    def _payer_comes(self) -> None:
        _pause()


class TillboxWithPanel(Tillbox):
    """The same with a panel whose bus is as slow as a real one."""

    name = "tillbox, panel on a 400 kHz bus"


class TillboxClosedOn(Tillbox):
    """The same, where the provider closes its idle connections between amount and code."""

    name = "tillbox, connection closed while the code was awaited"

    def _payer_comes(self) -> None:
        time.sleep(_IDLE_S)
        self._stage.close_idle()
        time.sleep(_NOTICED_S)
        _pause()


class Script:
    """`wechat_script.py`, in a process of its own that runs for as long as the benchmark does."""

    name = "script (pyserial, wechatpy)"

    def __init__(self, stage: Stage, stack: ExitStack, pins: Mapping[str, str] | None = None) -> None:
        self._stage = stage
        self._scanner = PtyScanner()
        stack.callback(self._scanner.close)
        arguments = [self._scanner.path, stage.base_url + "/", provider.APPID, provider.MCH_ID, provider.KEY]
        self._process = subprocess.Popen(
            [sys.executable, str(_SCRIPT), *arguments],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env={**script_environment(stage.certificates.ca_file), **(pins or {})},
            text=True,
        )
        stack.enter_context(self._process)
        stack.callback(self._process.kill)
        self._expect("READY")

    def sale(self) -> float:
        self._stage.close_idle()
        _pause()
        scanned = self._scanner.send(fresh_code())
        waited = self._stage.charged_at() - scanned
        self._expect("SUCCESS")
        return waited * 1000

    def _expect(self, word: str) -> None:
        assert self._process.stdout is not None
        said = self._process.stdout.readline().strip()
        if said != word:
            raise RuntimeError(f"the script says {said!r} instead of {word!r}")


class Floor:
    """What cannot be undercut: a connection that is open, a request that is made, and half a round trip."""

    name = "floor (open socket, ready-made request)"

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._context = ssl.create_default_context(cafile=str(stage.certificates.ca_file))

    def sale(self) -> float:
        self._stage.close_idle()
        request = ready_made()
        with closing(open_line(self._stage.port, self._context)) as connection:
            _pause()
            sent = time.monotonic()
            connection.sendall(request)
            waited = self._stage.charged_at() - sent
            connection.recv(4096)
        return waited * 1000


class InsertingFloor:
    """The same after one durable insert, which is what no box that keeps its word on that card can undercut, if it inserts when the
    code is there. `before` gives it the card."""

    name = "floor with one durable insert"

    def __init__(self, stage: Stage, stack: ExitStack, before: Sequence[str] = ()) -> None:
        self._stage = stage
        program = [sys.executable, "-m", "benchmarks.inserting_floor"]
        arguments = [str(stage.port), str(stage.certificates.ca_file), str(stage.directory / "floor.sqlite")]
        self._process = subprocess.Popen(
            [*before, *program, *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        stack.enter_context(self._process)
        stack.callback(self._process.kill)

    def sale(self) -> float:
        self._stage.close_idle()
        self._tell("come")
        self._said()
        _pause()
        self._tell("sell")
        begun = float(self._said())
        return (self._stage.charged_at() - begun) * 1000

    def _tell(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


class BareInsert:
    """No sale: one row put durably into SQLite on the same disk, which is what no journal that keeps its word can undercut."""

    name = "one durable insert"

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self._table = stack.enter_context(closing(open_table(directory / "insert.sqlite")))

    def sale(self) -> float:
        begun = time.monotonic()
        insert(self._table)
        return (time.monotonic() - begun) * 1000


class Insert(BareInsert):
    """The same as often as the others sell."""

    def sale(self) -> float:
        _pause()
        return super().sale()


def script_environment(ca_file: Path) -> dict[str, str]:
    """requests finds the authority to believe here, so that a script itself is as it would be in a shop; and its pins, which go nowhere."""
    return {"PATH": os.environ.get("PATH", ""), "REQUESTS_CA_BUNDLE": str(ca_file), "PYTHONPATH": str(PINS)}


def _pause() -> None:
    time.sleep(random.uniform(*_PAYER_S))
