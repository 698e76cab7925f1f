"""A box that dies by plan: `BoxProcess`, forked from the zygote instead of started from nothing."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from box_config import Tables, write_config
from box_process import PATIENCE_S, ROOT, Answer, BoxProcess, Lines, _clean_environment
from crashing_daemon import Plan
from provider_thread import Provider

HERE = Path(__file__).resolve().parent
NOWHERE = 0  # the port of a box that is not up
STARTED = r"started port=(\d+) ready=(\w+)"


class Zygote:
    """The process to fork boxes from, each of which begins with `entry(ARGUMENTS)`. May be used from any thread."""

    def __init__(self, entry: str = "crashing_daemon:run") -> None:
        self._line, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._turn = threading.Lock()
        with other:
            path = os.pathsep.join([str(ROOT), str(HERE)])
            self._process = subprocess.Popen(
                [sys.executable, str(HERE / "zygote.py"), str(other.fileno()), entry],
                pass_fds=[other.fileno()],
                env=_clean_environment() | {"PYTHONPATH": path},
            )
        self._line.recv(64)

    def fork(self, arguments: list[str], environ: dict[str, str]) -> tuple[ForkedBox, Lines, Lines]:
        pipes = [os.pipe(), os.pipe()]
        answer = self._ask({"run": arguments, "environ": environ}, [writing for _, writing in pipes])
        for _, writing in pipes:
            os.close(writing)
        out, err = (Lines(os.fdopen(reading, "rb")) for reading, _ in pipes)
        return ForkedBox(self, answer["pid"]), out, err

    def look(self, pid: int) -> int | None:
        code: int | None = self._ask({"look": pid}, [])["code"]
        return code

    def close(self) -> None:
        self._line.close()
        self._process.wait(10)

    def _ask(self, message: dict[str, Any], fds: list[int]) -> dict[str, Any]:
        with self._turn:
            socket.send_fds(self._line, [json.dumps(message).encode()], fds)
            answer: dict[str, Any] = json.loads(self._line.recv(4096))
            return answer


class ForkedBox:
    """What `subprocess.Popen` is to its child."""

    def __init__(self, zygote: Zygote, pid: int) -> None:
        self._zygote = zygote
        self.pid = pid
        self.returncode: int | None = None
        self._turn = threading.Lock()

    def poll(self) -> int | None:
        with self._turn:
            if self.returncode is None:
                self.returncode = self._zygote.look(self.pid)
            return self.returncode

    def wait(self, timeout: float) -> int:
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            assert time.monotonic() < end, f"process {self.pid} did not end"
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class CrashBox(BoxProcess):
    """One box and its lives. `lives` counts its starts."""

    def __init__(self, directory: Path, provider: Provider, changes: Tables, zygote: Zygote, *, scanner: bool, jams: bool) -> None:
        super().__init__(directory, provider, changes, scanner=scanner)
        self._zygote = zygote
        self._jams = "1" if jams else ""
        self._steps = directory / "steps"
        self._steps.touch()

    def live(self, plan: Plan) -> None:
        """Start it, to die by that plan; returns when it has started, or died already."""
        write_config(self.config_path, self.tables)
        environ = _clean_environment() | plan.environ | {"CRASH_STEPS": str(self._steps), "CRASH_JAMS": self._jams}
        arguments = ["run", "--config", str(self.config_path), "--log-level", "info"]
        self.port = NOWHERE
        process, *lines = self._zygote.fork(arguments, environ)
        self.process = process  # type: ignore[assignment]  # it has what is used of a Popen
        self.runs.append((lines[0], lines[1]))
        with contextlib.suppress(AssertionError):
            self.port = int(self.stderr.until(STARTED, PATIENCE_S * 2)[1])
            return
        self.wait_exit()

    def request(self, *request: Any, **more: Any) -> Answer:
        """As its base; of a dead box nothing is asked, because the port that it had may be another box's by now."""
        if self.is_dead:
            raise ConnectionError("it died")
        return super().request(*request, **more)

    @property
    def is_dead(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None

    @property
    def lives(self) -> int:
        return len(self.runs)

    @property
    def progress(self) -> int:
        """Grows with every step."""
        return self._steps.stat().st_size

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Every step of all lives so far: `rows`, the payment's `state` after it, what it `does`; and `killed`, where it died there."""
        lines = self._steps.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def on_disk(self, ref: str) -> dict[str, Any] | None:
        """The payment's row in the journal; None where there is none."""
        rows = self.sql("SELECT * FROM payments WHERE ref = ?", ref) if self.journal_path.exists() else []
        return rows[0] if rows else None

    def has_reserved(self, ref: str) -> bool:
        """Whether the journal has an order for the payment's first code."""
        sql = "SELECT 1 FROM attempts a JOIN payments p ON p.number = a.payment WHERE p.ref = ? AND a.state = 'awaiting_code'"
        return bool(self.sql(sql, ref))
