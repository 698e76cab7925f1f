"""tillbox itself: the daemon as `tillbox run` starts it, its scanner on a line, its till over HTTP, its journal on disk."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks import provider
from benchmarks.pty_scanner import PtyScanner
from benchmarks.stage import PATIENCE_S, Stage
from daemon.sandbox.tls import write_private

ROOT = Path(__file__).resolve().parents[1]
AMOUNT = 1250

_STARTED = re.compile(r"started port=(\d+)")

_CONFIG = """
[box]
terminal_id = "bench-1"
store_name = "Corner Shop"
[scanner]
kind = "serial"
port = "{port}"
[display]
kind = "simulated"
[lights]
{lights}
[buzzer]
kind = "simulated"
[gateways.wechat]
kind = "wechat"
base_url = "{base_url}"
appid = "{appid}"
mch_id = "{mch_id}"
key_file = "wechat.key"
client_cert_file = "{certificates.client_cert_file}"
client_key_file = "{certificates.client_key_file}"
ca_file = "{certificates.ca_file}"
[routes]
scan.wechat = "wechat"
[journal]
path = "journal.sqlite"
[web]
listen = "127.0.0.1:0"
"""


class Daemon:
    """`with Daemon(directory, config) as daemon:` has a box of that configuration running and ready to sell.

    `environment` is added to ours; `before` are the words of a command that starts another one, with the box as its process."""

    def __init__(
        self,
        directory: Path,
        config: str,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
    ) -> None:
        self._directory = directory
        self._config = directory / "config.toml"
        self._config.write_text(config, encoding="utf-8")
        self._arguments = arguments
        self._environment = {**os.environ, **(environment or {})}
        self._before = before
        self._refs = itertools.count(1)
        self._port = 0

    def __enter__(self) -> Self:
        command = [*self._before, sys.executable, "-m", "daemon", "run", "--config", str(self._config), *self._arguments]
        with (self._directory / "log").open("wb") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment)
        try:
            self._port = self._started()
        except BaseException:
            self._process.kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE_S)

    @property
    def port(self) -> int:
        return self._port

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self) -> Sale:
        """The till asks for an amount, and waits for news of it."""
        ref = f"bench-{os.getpid()}-{next(self._refs)}"
        return Sale(self._port, ref)

    def _started(self) -> int:
        """Its port, once it could sell."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and self._process.poll() is None:
            found = _STARTED.search(self._log())
            if found and _is_ready(int(found[1])):
                return int(found[1])
            time.sleep(0.02)
        raise RuntimeError(f"the box cannot sell:\n{self._log()}")

    def _log(self) -> str:
        return (self._directory / "log").read_text(encoding="utf-8")


class Box(Daemon):
    """A box that charges at the stage's provider, and a scanner on a line. `lights` are the lines of that table."""

    def __init__(
        self,
        stage: Stage,
        arguments: Sequence[str] = (),
        *,
        lights: str = 'kind = "simulated"',
        environment: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
    ) -> None:
        self.scanner = PtyScanner()
        directory = stage.directory / "box"
        directory.mkdir()
        write_private(directory / "wechat.key", provider.KEY.encode())
        config = _CONFIG.format(
            port=self.scanner.path,
            lights=lights,
            base_url=stage.base_url,
            appid=provider.APPID,
            mch_id=provider.MCH_ID,
            certificates=stage.certificates,
        )
        super().__init__(directory, config, arguments, environment, before)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        super().__exit__(kind, error, trace)
        self.scanner.close()


def _is_ready(port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        connection.request("GET", "/v1/box")
        return bool(json.load(connection.getresponse())["ready"])


class Sale:
    """One payment, seen from the till: asked for, then waited for on a request that is held open."""

    def __init__(self, port: int, ref: str) -> None:
        self._path = f"/v1/payments/{ref}"
        self._till = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        payment = self._exchange("PUT", self._path, json.dumps({"amount": AMOUNT}))
        self._wait_for_change(payment["state"])

    def end(self) -> str:
        """Its final state."""
        payment = self._answer()
        while not payment["final"]:
            self._wait_for_change(payment["state"])
            payment = self._answer()
        self._till.close()
        return str(payment["state"])

    def _wait_for_change(self, state: str) -> None:
        self._till.request("GET", f"{self._path}?wait=25&after={state}")

    def _exchange(self, method: str, path: str, body: str) -> dict[str, Any]:
        self._till.request(method, path, body)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        answer = self._till.getresponse()
        payment: dict[str, Any] = json.loads(answer.read())
        if answer.status >= 400:
            raise RuntimeError(f"the box answers {answer.status}: {payment}")
        return payment
