"""A stage on which the payer must confirm on the phone: the sandbox as a process, a line with a round trip before it, and the phone."""

from __future__ import annotations

import json
import re
import time
import tomllib
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks import delay_line
from benchmarks.box import Daemon
from benchmarks.pin_watch import LIGHTS, PinWatch
from benchmarks.till_stage import PATIENCE_S, heard, start_beside, start_tillbox

NEVER_BY_ITSELF = "02"  # ends a payer's code whose payer is asked, and confirms only when told to (`tillbox sandbox`)

_SCRIPT = "[timings]\nauto_close_s = 3600\n"  # the wallet ends no order by itself meanwhile
_CONFIG = """
[box]
terminal_id = "bench-1"
store_name = "Corner Shop"
[scanner]
kind = "simulated"
[display]
kind = "simulated"
[lights]
{lights}
[buzzer]
kind = "simulated"
[gateways.{gateway}]
{table}
[routes]
scan.wechat = "{gateway}"
[timing]
query_every_s = {query_every_s}
[journal]
path = "journal.sqlite"
[web]
listen = "127.0.0.1:0"
"""

Table = dict[str, Any]


class PhoneStage:
    """`with PhoneStage(directory, rtt_s) as stage:` has sandbox and line running. `gateways` are the tables of a box's configuration, by
    name; all lead through the line."""

    def __init__(self, directory: Path, rtt_s: float) -> None:
        self.directory = directory
        self.gateways: dict[str, Table] = {}
        self._rtt_s = rtt_s
        self._control = 0
        self._stack = ExitStack()

    def __enter__(self) -> PhoneStage:
        with ExitStack() as stack:
            script = self.directory / "script.toml"
            script.write_text(_SCRIPT, encoding="utf-8")
            arguments = ("--port", "0", "--dir", str(self.directory / "sandbox"), "--script", str(script))
            said = start_tillbox(stack, self.directory, "sandbox", arguments, r"the last two digits")
            self._control = int(re.findall(r"control: http://127\.0\.0\.1:(\d+)/", said)[0])
            server = int(re.findall(r"listening on https://127\.0\.0\.1:(\d+)", said)[0])
            line = int(str(heard(start_beside(stack, delay_line.run, server, self._rtt_s))))
            tables = said[said.index("[gateways.") :].partition("\nthe last two digits")[0].replace(f":{server}", f":{line}")
            self.gateways = tomllib.loads(tables)["gateways"]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def confirm(self, number: str) -> float:
        """The payer of that order confirms; the moment before the phone's word left for the wallet."""
        moment = time.monotonic()
        ask(self._control, "POST", f"/_sandbox/orders/{number}/confirm")
        return moment


class PhoneBox:
    """A box with one of the stage's gateways, and lights on watched pins."""

    def __init__(self, stage: PhoneStage, gateway: str, query_every_s: float, stack: ExitStack) -> None:
        directory = stage.directory / gateway
        directory.mkdir()
        self.pins = PinWatch(directory / "pins")
        stack.callback(self.pins.close)
        table = "\n".join(f"{key} = {json.dumps(value)}" for key, value in stage.gateways[gateway].items())
        config = _CONFIG.format(lights=LIGHTS, gateway=gateway, table=table, query_every_s=query_every_s)
        self._daemon = stack.enter_context(Daemon(directory, config, environ=self.pins.environment))

    def charge(self, code: str) -> str:
        """Ask for an amount and scan the code; the number of the order, once the payer is known to be asked."""
        ref = f"bench-{time.time_ns()}"
        path = f"/v1/payments/{ref}"
        ask(self._daemon.port, "PUT", path, {"amount": 1250})
        ask(self._daemon.port, "POST", "/v1/simulated/scan", {"text": code})
        payment = ask(self._daemon.port, "GET", f"{path}?wait=25&after=awaiting_code")
        while payment["state"] == "submitting":
            payment = ask(self._daemon.port, "GET", f"{path}?wait=25&after=submitting")
        if payment["state"] != "pending":
            raise RuntimeError(f"a charge became {payment['state']}")
        return str(payment["attempts"][-1]["out_trade_no"])


def ask(port: int, method: str, path: str, body: Table | None = None) -> Table:
    """One request on a connection of its own. RuntimeError where it is refused."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        connection.request(method, path, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        said = answer.read()
    if answer.status >= 400:
        raise RuntimeError(f"{method} {path} was answered {answer.status}: {said!r}")
    told: Table = json.loads(said) if said else {}
    return told
