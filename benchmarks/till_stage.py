"""What is behind a till that asks: the daemon with two tills, the sandbox, and between them a line that can fail."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import subprocess
import sys
import time
import tomllib
import tty
from collections.abc import Callable
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

from benchmarks import faulty_line
from benchmarks.faulty_line import Network

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 30.0  # for anything to happen; far longer than it takes

_SCRIPT = "[timings]\nauto_close_s = 3600\nrevoke_not_before_s = 0.1\n"  # the wallet ends no order by itself meanwhile
_CONFIG = """
[box]
terminal_id = "bench-1"
store_name = "Corner Shop"
[scanner]
kind = "simulated"
[display]
kind = "simulated"
[lights]
kind = "simulated"
[buzzer]
kind = "simulated"
[tills.web]
kind = "http"
[tills.counter]
kind = "serial"
port = "{till}"
[gateways.wechat]
{gateway}
[routes]
scan.wechat = "wechat"
[timing]
scan_s = 3600
give_up_s = 3600
query_every_s = 0.5
revoke_not_before_s = 0.5
revoke_retry_s = 0.5
[journal]
path = "journal.sqlite"
[web]
listen = "127.0.0.1:0"
"""
"""Asked ten times as often as usual, so that the box has more to do with its provider than it ever has in a shop. A payment that is
under way ends only when the till gives it up."""

_processes = multiprocessing.get_context("spawn")


class Pty:
    """A till's end of a line. `path` is the port of whoever answers."""

    def __init__(self) -> None:
        self.fd, self._theirs = os.openpty()  # the other end stays open here too, or the line would hang up
        tty.setraw(self._theirs)
        self.path = os.ttyname(self._theirs)

    def close(self) -> None:
        os.close(self._theirs)
        os.close(self.fd)


class TillStage:
    """`with TillStage(directory) as stage:` has all of it running, and the box ready to sell. `port` is the box's."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stack = ExitStack()
        self._line: Connection | None = None
        self.till = Pty()
        self.port = 0

    def __enter__(self) -> TillStage:
        with ExitStack() as stack:
            stack.callback(self.till.close)
            gateway = self._sandbox(stack)
            port = int(gateway["base_url"].rpartition(":")[2])
            self._line = start_beside(stack, faulty_line.run, port)
            gateway["base_url"] = f"https://127.0.0.1:{heard(self._line)}"
            self.port = self._box(stack, gateway)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def network(self, network: Network) -> None:
        """How the line is from now on."""
        assert self._line is not None
        self._line.send(network)
        heard(self._line)

    def _sandbox(self, stack: ExitStack) -> dict[str, str]:
        """What it says that a box needs to be told of it."""
        script = self._directory / "script.toml"
        script.write_text(_SCRIPT, encoding="utf-8")
        directory = self._directory / "sandbox"
        said = start_tillbox(
            stack, self._directory, "sandbox", ("--port", "0", "--dir", str(directory), "--script", str(script)), r"(?s)\[routes\]"
        )
        table = said.partition("[gateways.wechat]")[2].partition("\n[")[0]
        return tomllib.loads(table)

    def _box(self, stack: ExitStack, gateway: dict[str, str]) -> int:
        config = self._directory / "config.toml"
        table = "\n".join(f"{key} = {json.dumps(value)}" for key, value in gateway.items())
        config.write_text(_CONFIG.format(till=self.till.path, gateway=table), encoding="utf-8")
        said = start_tillbox(stack, self._directory, "run", ("--config", str(config)), r"started port=(\d+) ready=True")
        return int(re.findall(r"started port=(\d+)", said)[-1])


def start_tillbox(stack: ExitStack, directory: Path, command: str, arguments: tuple[str, ...], ready: str) -> str:
    """`tillbox COMMAND`, until the stack ends; what it said until that (a pattern) was in it."""
    path = directory / f"{command}.log"
    with path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "daemon", command, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    stack.callback(process.wait, PATIENCE_S)
    stack.callback(process.terminate)
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        said = path.read_text(encoding="utf-8")
        if re.search(ready, said):
            return said
        time.sleep(0.02)
    raise RuntimeError(f"tillbox {command} is not ready:\n{path.read_text(encoding='utf-8')}")


def start_beside(stack: ExitStack, run: Callable[..., object], *arguments: object) -> Connection:
    """A process of its own that ends with the stack; the pipe to it, whose other end is the last argument of `run`."""
    ours, theirs = _processes.Pipe()
    process = _processes.Process(target=run, args=(*arguments, theirs), daemon=True)
    process.start()
    stack.callback(process.join, PATIENCE_S)
    stack.callback(process.terminate)
    return ours


def heard(line: Connection) -> object:
    """What comes through that pipe. TimeoutError where nothing does."""
    if not line.poll(PATIENCE_S):
        raise TimeoutError("a part of the benchmark is silent")
    return line.recv()
