"""The real box as a process, and everybody who has to do with it: its till over HTTP, its scanner, its journal on disk.

with Provider(tmp_path / "sandbox") as provider:
    box = BoxProcess(tmp_path, provider)
    box.start()
    ref = box.ask(1250)
    box.scan(fresh_code("paid"))
    assert box.end(ref)["state"] == "paid"
    box.stop()
"""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

from box_config import Tables, tables_for, with_changes, write_config
from process_lines import PATIENCE_S, Lines
from provider_thread import Provider
from pty_scanner import PtyScanner

ROOT = Path(__file__).resolve().parents[2]
POLL_S = 0.02  # where there is nothing to wait for

_refs = itertools.count(1)
_PORT = re.compile(r"web_listening .*port=(\d+)")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the box answered; `body` is the JSON."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)


class BoxProcess:
    """`tillbox run` with one configuration and one journal, started as often as a story wants.

    `changes` replaces keys of the configuration's tables: `{"timing": {"give_up_s": 3}, "gateways.merchant": None}`.
    `before` is a command line to put before the box's own (umockdev-run), `program` what Python is to run in place of the
    command (the same in a world that is otherwise: `-c` and some lines), `environ` is added to its environment,
    `options` to its command line.
    """

    def __init__(
        self,
        directory: Path,
        provider: Provider,
        changes: Tables | None = None,
        *,
        scanner: bool = True,
        before: Sequence[str] = (),
        program: Sequence[str] = ("-m", "daemon"),
        environ: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.provider = provider
        self.scanner = PtyScanner(directory) if scanner else None
        self.config_path = directory / "config.toml"
        self.tables = with_changes(tables_for(provider, self.scanner), changes or {})
        self.journal_path = directory / self.tables["journal"]["path"]
        self.heard = bytearray()  # every byte that the box answered over HTTP
        self.runs: list[tuple[Lines, Lines]] = []  # standard output and error of every start
        self.port = 0
        self.trust: ssl.SSLContext | None = None  # where it speaks TLS: whom its callers believe
        self.process: subprocess.Popen[bytes] | None = None
        self._before = list(before)
        self.program = program
        self._environ = dict(environ or {})
        self._options = list(options)

    # -- the process --

    def start(self, *, ready: bool = True) -> BoxProcess:
        """Start it and wait until it answers, and (`ready`) until it could sell."""
        self.launch()
        self.port = int(self.stderr.until(_PORT)[1])
        self.until(lambda: self.get("/healthz").status == 200)
        if ready:
            self.until(lambda: self.box()["ready"])
        return self

    def launch(self) -> subprocess.Popen[bytes]:
        """Start it and wait for nothing."""
        assert not self.is_running, "running already"
        write_config(self.config_path, self.tables)
        words = ["run", "--config", str(self.config_path), "--log-level", "debug", *self._options]
        self.process = subprocess.Popen(
            [*self._before, sys.executable, *self.program, *words],
            cwd=ROOT,
            env=_clean_environment() | self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.runs.append((Lines(self.process.stdout), Lines(self.process.stderr)))
        return self.process

    def reconfigure(self, changes: Tables) -> None:
        """For the next start."""
        self.tables = with_changes(self.tables, changes)

    def stop(self) -> int:
        """SIGTERM, as systemd does; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.wait_exit()

    def kill9(self) -> None:
        """SIGKILL: nothing is tidied up."""
        assert self.process is not None
        self.process.kill()
        self.wait_exit()

    def restart(self, *, ready: bool = True) -> BoxProcess:
        """SIGTERM, and the same box again: same configuration file, same journal."""
        assert self.stop() == 0
        return self.start(ready=ready)

    def wait_exit(self, seconds: float = PATIENCE_S) -> int:
        assert self.process is not None
        code = self.process.wait(seconds)
        for lines in self.runs[-1]:
            lines.finish()
        return code

    def finish(self) -> None:
        """At the end of a story, whatever happened in it."""
        if self.is_running:
            self.kill9()
        if self.scanner is not None:
            self.scanner.unplug()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def stderr(self) -> Lines:
        """Of the newest start."""
        return self.runs[-1][1]

    @property
    def output(self) -> str:
        """Everything that all starts wrote."""
        return "".join(lines.text for run in self.runs for lines in run)

    # -- the till --

    def request(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request, on a connection of its own."""
        with closing(self._line()) as connection:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            raw = answer.read()
        self.heard += raw
        is_json = "json" in answer.headers.get("Content-Type", "")
        return Answer(answer.status, json.loads(raw) if is_json else raw, dict(answer.headers))

    def _line(self) -> HTTPConnection:
        if self.trust is None:
            return HTTPConnection("127.0.0.1", self.port, timeout=70)
        return HTTPSConnection("127.0.0.1", self.port, timeout=70, context=self.trust)

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def put(self, ref: str, amount: Any = 1250, **fields: Any) -> Answer:
        """Ask for an amount in fen."""
        return self.request("PUT", f"/v1/payments/{ref}", json.dumps({"amount": amount, **fields}).encode())

    def delete(self, ref: str) -> Answer:
        return self.request("DELETE", f"/v1/payments/{ref}")

    def box(self) -> dict[str, Any]:
        """`GET /v1/box`."""
        status: dict[str, Any] = self.get("/v1/box").body
        return status

    def ask(self, amount: int = 1250, **fields: Any) -> str:
        """A new payment, which the box must take; its ref."""
        ref = f"S-{next(_refs)}"
        answer = self.put(ref, amount, **fields)
        assert answer.status == 201, answer
        return ref

    def payment(self, ref: str) -> dict[str, Any]:
        """As it stands now."""
        answer = self.get(f"/v1/payments/{ref}")
        assert answer.status == 200, answer
        payment: dict[str, Any] = answer.body
        return payment

    def wait(self, ref: str, after: str, wait_s: float = 10) -> dict[str, Any]:
        """The till's long poll: the payment as soon as it has left that state."""
        answer = self.get(f"/v1/payments/{ref}?wait={wait_s}&after={after}")
        assert answer.status == 200, answer
        payment: dict[str, Any] = answer.body
        return payment

    def until_state(self, ref: str, *states: str) -> dict[str, Any]:
        """The payment as soon as it is in one of those states."""
        return self.until_payment(ref, lambda payment: payment["state"] in states)

    def end(self, ref: str) -> dict[str, Any]:
        """The payment as soon as the till may stop asking: final, or in doubt."""
        return self.until_payment(ref, lambda payment: payment["final"] or payment["state"] == "in_doubt")

    def until_payment(self, ref: str, true: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The payment as soon as `true(payment)` is; looked at after each change of its state, and often."""
        end = time.monotonic() + PATIENCE_S
        payment = self.payment(ref)
        while not true(payment):
            assert time.monotonic() < end, f"{payment} after {self.journal(ref)}"
            payment = self.wait(ref, payment["state"], 0.1)
        return payment

    def until(self, true: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
        """What `true()` gives as soon as that is true, where the box has no way to wait for it."""
        end = time.monotonic() + seconds
        while not (result := true()):
            assert time.monotonic() < end, f"did not come true: {self.box() if self.port else ''}"
            time.sleep(POLL_S)
        return result

    # -- the payer --

    def scan(self, text: str, end: str = "\r") -> None:
        """Hold a code before the scanner."""
        assert self.scanner is not None
        self.scanner.scan(text, end)

    def sell(self, code: str, amount: int = 1250) -> dict[str, Any]:
        """Ask, scan, and follow to the end: the payment."""
        ref = self.ask(amount)
        self.scan(code)
        return self.end(ref)

    # -- the journal --

    def journal(self, ref: str | None = None) -> list[dict[str, Any]]:
        """The list of events on disk, oldest first, of one payment or all: `event`, `state`, `out_trade_no`, `detail` …"""
        rows = self.sql("SELECT e.*, p.ref FROM events e JOIN payments p ON p.number = e.payment ORDER BY seq")
        return [{**row, "detail": json.loads(row["detail"])} for row in rows if ref in (None, row["ref"])]

    def states(self, ref: str) -> list[str]:
        """The states that the payment has gone through, as stored."""
        return [state for state, _ in itertools.groupby(entry["state"] for entry in self.journal(ref))]

    def sql(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Read (or, while the box is stopped, change) the journal's file."""
        with closing(sqlite3.connect(self.journal_path, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement, values)]

    def journal_bytes(self) -> bytes:
        """The journal's files as they lie on the disk, also those that were moved aside."""
        files = sorted(self.journal_path.parent.glob(self.journal_path.name + "*"))
        return b"".join(file.read_bytes() for file in files if file.is_file())


_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_ENVIRONMENT = {name: os.environ[name] for name in _KEPT if name in os.environ}  # pytest writes to the environment all the time


def _clean_environment() -> dict[str, str]:
    """Nothing of systemd's, so that a story alone says what the box is told."""
    return dict(_ENVIRONMENT)
