"""The box as it is installed on the emulated board: its till over HTTP, its payer at the USB scanner, its face from outside."""

from __future__ import annotations

import itertools
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from board import Board, BoardError
from box_config import write_config
from PIL import Image
from provider_thread import Provider

from daemon.screens import draw
from daemon.texts import Language
from daemon.view import View

PATIENCE_S = 90.0  # the board is some 25 times slower than the machine it runs on, and may share it
HOST_NAME = "provider.test"  # what the board calls this machine, where the sandbox is
PINS = {"green": 17, "amber": 27, "red": 22}
TOKEN = "made-up-token-for-the-board-0123456789"
UNIT = "tillbox.service"

TIMING = {
    "scan_s": 300,
    "answer_s": 20,
    "reply_s": 10,
    "query_every_s": 2,
    "give_up_s": 60,
    "revoke_not_before_s": 5,
    "revoke_retry_s": 1,
    "qr_s": 300,
    "qr_query_every_s": 2,
    "chase_s": 5,
}
"""What a person would not notice, and what a busy machine can keep to."""

_ASK_INSIDE = """
import sys, urllib.request
method, path, token = sys.argv[1:]
request = urllib.request.Request("http://127.0.0.1:8080" + path, method=method, headers={"Authorization": "Bearer " + token})
print(urllib.request.urlopen(request, timeout=20).status)
"""

_refs = itertools.count(1)


class BoardBox:
    """The installed box. `face()` and `lights()` are what a person sees, not what the box says of itself."""

    def __init__(self, board: Board, provider: Provider) -> None:
        self.board = board
        self.provider = provider

    # -- the machine --

    def configure(self, changes: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """Write configuration and secrets as an installer would; the box begins anew by itself where it was not set up."""
        self.board.check(f"grep -q {HOST_NAME} /etc/hosts || echo '10.0.2.2 {HOST_NAME}' >>/etc/hosts")
        for name, content in self._secrets().items():
            self.board.put(f"/etc/tillbox/secrets/{name}", content, 0o600)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "config.toml")
            write_config(path, {**self._tables(), **(changes or {})})
            self.board.put("/etc/tillbox/config.toml", path.read_bytes())
        self.board.check("sync", 120)  # or a power cut leaves empty files

    def reconfigure(self, changes: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """The same for a box that sells: it takes the change when nobody is paying."""
        pid = self.pid()
        self.configure(changes)
        self.board.check(f"systemctl reload {UNIT}")
        self.until(lambda: self.pid() not in (0, pid))
        self.until_ready()

    def _secrets(self) -> dict[str, bytes]:
        sandbox = self.provider.sandbox
        files = {
            "wechat.key": sandbox.wechat.key_file,
            "client.pem": sandbox.client_cert_file,
            "client.key": sandbox.client_key_file,
            "ca.pem": sandbox.ca_file,
            "backend.key": sandbox.merchant.secret_file,
        }
        return {"web.token": TOKEN.encode(), **{name: Path(str(path)).read_bytes() for name, path in files.items()}}

    def _tables(self) -> dict[str, dict[str, Any]]:
        sandbox = self.provider.sandbox

        def there(url: str) -> str:
            return re.sub(r"//[^:/]+", f"//{HOST_NAME}", url, count=1)

        return {
            "box": {"terminal_id": "BOARD1", "store_id": "7", "store_name": "Corner Shop", "max_amount": 1_000_000},
            "scanner": {"kind": "evdev", "device": self.scanner_name()},
            "display": {"kind": "ssd1306", "bus": 1, "address": 0x3C},
            "lights": {"kind": "gpio", **PINS},
            "buzzer": {"kind": "gpio", "pin": 18},
            "journal": {"path": "/var/lib/tillbox/journal.sqlite"},
            "web": {"listen": "0.0.0.0:8080", "token_file": "credential:web.token"},
            "timing": TIMING,
            "gateways.wechat": {
                "kind": "wechat",
                "base_url": there(sandbox.base_url),
                "appid": sandbox.wechat.appid,
                "mch_id": sandbox.wechat.mch_id,
                "key_file": "credential:wechat.key",
                "client_cert_file": "credential:client.pem",
                "client_key_file": "credential:client.key",
                "ca_file": "credential:ca.pem",
            },
            "gateways.merchant": {
                "kind": "merchant",
                "base_url": there(sandbox.merchant_url),
                "auth": "signature",
                "key_id": sandbox.merchant.key_id,
                "secret_file": "credential:backend.key",
                "ca_file": "credential:ca.pem",
            },
            "routes": {"scan.wechat": "wechat", "scan.alipay": "merchant", "show": "wechat"},
        }

    def scanner_name(self) -> str:
        """As `tillbox devices` lists it, to be pasted."""
        found = re.search(r'device = "([^"]+event-kbd)"', self.board.check("tillbox devices"))
        assert found, "tillbox devices lists no keyboard scanner"
        return found[1]

    def pid(self) -> int:
        """Of the running daemon; 0 where none runs."""
        return int(self.board.check(f"systemctl show -p MainPID --value {UNIT}").strip())

    def log(self) -> str:
        return self.board.check(f"journalctl -b --no-pager -o cat -u {UNIT}")

    def until_ready(self, seconds: float = PATIENCE_S) -> dict[str, Any]:
        return self.until(lambda: (status := self.box())["ready"] and status, seconds)

    def recover(self) -> None:
        """Everything plugged in, ready to sell, nobody paying; whatever the story before did."""
        for device in self.board.devices:
            device.plug()
        self.board.link(True)
        self.until_ready()
        if (left_over := self.box()["busy_ref"]) is not None:  # by a story that did not come to its end
            self.request("DELETE", f"/v1/payments/{left_over}")
            self.until(lambda: self.box()["busy_ref"] is None)

    def power_cycle(self) -> None:
        """The plug is pulled and put back; returns when the machine is there and has its devices, and its clock."""
        self.board.power_cut()
        self.board.power_on()
        self.board.wait_devices()

    # -- the till --

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and body; ConnectionError or HTTPException where nobody answers."""
        with closing(HTTPConnection("127.0.0.1", self.board.web_port, timeout=40)) as line:
            line.request(method, path, None if body is None else json.dumps(body), {"Authorization": f"Bearer {TOKEN}"})
            answer = line.getresponse()
            raw = answer.read()
        return answer.status, json.loads(raw) if "json" in answer.headers.get("Content-Type", "") else raw

    def box(self) -> dict[str, Any]:
        """`GET /v1/box`; while nobody answers, that it is not ready."""
        try:
            status, body = self.request("GET", "/v1/box")
        except (OSError, HTTPException):
            return {"ready": False, "not_ready": ["nobody answers"], "screen": "", "devices": {}, "busy_ref": None}
        assert status == 200, body
        told: dict[str, Any] = body
        return told

    def ask(self, amount: int = 1250, **fields: Any) -> str:
        """A new payment, which the box must take; its ref."""
        ref = f"B-{os.getpid()}-{next(_refs)}"
        status, body = self.request("PUT", f"/v1/payments/{ref}", {"amount": amount, **fields})
        assert status == 201, (status, body)
        return ref

    def payment(self, ref: str) -> dict[str, Any]:
        status, body = self.request("GET", f"/v1/payments/{ref}")
        assert status == 200, (status, body)
        payment: dict[str, Any] = body
        return payment

    def until_state(self, ref: str, *states: str, seconds: float = PATIENCE_S) -> dict[str, Any]:
        """The payment as soon as it is in one of those states, whether the box answers meanwhile or not."""

        def seen() -> dict[str, Any] | None:
            try:
                payment = self.payment(ref)
            except (OSError, HTTPException):
                return None
            return payment if payment["state"] in states else None

        return self.until(seen, seconds)

    def request_inside(self, method: str, path: str) -> int:
        """The same from within the board, for while its network is down; the status."""
        said = self.board.check(f"python3 - {method} {path} {TOKEN} <<'END'\n{_ASK_INSIDE}\nEND", 60)
        return int(said)

    def state_inside(self, ref: str) -> str:
        """The state of a payment, from the journal on the card."""
        said = self.board.check(f"tillbox payments show {ref}", 60)
        return said.splitlines()[0].split()[-1]

    def order(self, payment: Mapping[str, Any]) -> dict[str, Any]:
        """Its last order, as the provider's ledger has it."""
        return self.provider.order(payment["attempts"][-1]["out_trade_no"])

    # -- the payer --

    def scan(self, code: str) -> None:
        """Hold it before the USB scanner, which types it."""
        self.board.scanner.type(code)

    # -- what people see --

    def face(self) -> Image.Image:
        """The panel, read back from its I2C bus."""
        rows = self.board.panel.pixels()
        image = Image.new("1", (len(rows[0]), len(rows)))
        image.putdata([255 * dot for row in rows for dot in row])
        return image

    def shows(self, view: View) -> bool:
        """Whether the panel has just that screen, dot for dot; where it counts down, at any second of five minutes."""
        seen = self.face().tobytes()
        counts: list[int | None] = [None] if view.left_s is None else list(range(301))
        return any(draw(_at(view, left_s), 128, 64, Language.EN).tobytes() == seen for left_s in counts)

    def until_shows(self, view: View, seconds: float = 30.0) -> None:
        self.until(lambda: self.shows(view), seconds, lambda: "the panel has\n" + "\n".join(self.board.panel.rows()))

    def lights(self, seconds: float = 2.2) -> dict[str, str]:
        """What the pins do, watched for a while: off, on, slow or fast, as `GET /v1/box` spells it."""
        seen = self.board.watch_gpio(list(PINS.values()), seconds)
        return {name: _pattern([(at, level) for at, watched, level in seen if watched == pin]) for name, pin in PINS.items()}

    # -- waiting --

    def until(self, true: Callable[[], Any], seconds: float = PATIENCE_S, why: Callable[[], str] | None = None) -> Any:
        """What `true()` gives as soon as that is true."""
        end = time.monotonic() + seconds
        while not (result := true()):
            if time.monotonic() > end:
                raise AssertionError(f"did not come true in {seconds} s: {why() if why else self._story()}")
            time.sleep(0.1)
        return result

    def _story(self) -> str:
        try:
            return f"{self.box()}\n{self.log()[-3000:]}"
        except (BoardError, AssertionError) as error:
            return f"{error}\n{self.board.console()[-1500:]}"


def _at(view: View, left_s: int | None) -> View:
    from dataclasses import replace

    return replace(view, left_s=left_s)


def _pattern(changes: list[tuple[float, int]]) -> str:
    """By how often it changed: slow is once in half a second, fast four times as often (DESIGN, section 8)."""
    if len(changes) <= 1:
        return "on" if changes and changes[0][1] else "off"
    moments = [at for at, _ in changes[1:]]
    if len(moments) < 2:
        return "slow"
    return "fast" if (moments[-1] - moments[0]) / (len(moments) - 1) < 0.3 else "slow"
