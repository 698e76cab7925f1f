"""tillbox itself: the daemon as `tillbox run` starts it, its scanner on a line, its till over HTTP, its journal on disk."""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks import provider
from benchmarks.program import Program
from benchmarks.pty_scanner import PtyScanner
from benchmarks.stage import PATIENCE_S, Stage
from daemon.sandbox.tls import write_private

AMOUNT = 1250

_CONFIG = """
[box]
terminal_id = "bench-1"
store_name = "Corner Shop"
[scanner]
kind = "serial"
port = "{port}"
[display]
kind = "{display}"
{pins}
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


SIMULATED = """
[lights]
kind = "simulated"
[buzzer]
kind = "simulated"
"""


class Daemon:
    """`with Daemon(directory, config) as daemon:` has a box of that configuration running and ready to sell.

    `environ` is added to ours; `before` are the words of a command that starts another one, with the box as its process; `module` is what
    is run in the box's place."""

    def __init__(
        self,
        directory: Path,
        config: str,
        arguments: Sequence[str] = (),
        *,
        environ: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
        module: str = "daemon",
    ) -> None:
        (directory / "config.toml").write_text(config, encoding="utf-8")
        self.journal = directory / "journal.sqlite"
        command = [*before, sys.executable, "-m", module, "run", "--config", str(directory / "config.toml"), *arguments]
        self.program = Program(command, directory / "log", r"started port=(\d+)", _is_ready, environ)
        self._refs = itertools.count(1)

    def __enter__(self) -> Self:
        self.program.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.program.stop()

    @property
    def port(self) -> int:
        return self.program.port

    @property
    def pid(self) -> int:
        return self.program.pid

    def ask(self) -> Sale:
        """The till asks for an amount, and waits for news of it."""
        ref = f"bench-{os.getpid()}-{next(self._refs)}"
        return Sale(self.port, ref)


class Box(Daemon):
    """A box that charges at the stage's provider, and a scanner on a line. With `display` it has that panel, on an I2C bus that takes as
    long as a real one at 400 kHz (benchmarks.box_with_panel); several boxes of one stage need a `name` each. `pins` are the tables
    [lights] and [buzzer]; `more` goes to the end of the configuration."""

    def __init__(
        self,
        stage: Stage,
        arguments: Sequence[str] = (),
        *,
        name: str = "box",
        display: str = "simulated",
        pins: str = SIMULATED,
        more: str = "",
        environ: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
    ) -> None:
        self.scanner = PtyScanner()
        directory = stage.directory / name
        directory.mkdir()
        write_private(directory / "wechat.key", provider.KEY.encode())
        addresses = {"port": self.scanner.path, "base_url": stage.base_url, "appid": provider.APPID, "mch_id": provider.MCH_ID}
        config = _CONFIG.format(**addresses, display=display, certificates=stage.certificates, pins=pins) + more
        module = "daemon" if display == "simulated" else "benchmarks.box_with_panel"
        super().__init__(directory, config, arguments, environ=environ, before=before, module=module)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        super().__exit__(kind, error, trace)
        self.scanner.close()


def _is_ready(port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        connection.request("GET", "/v1/box")
        said = json.load(connection.getresponse())
        return bool(said["ready"]) and said["devices"]["display"]["state"] == "ok"


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
