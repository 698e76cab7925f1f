"""Who is measured, each as a class whose `sale()` makes one whole sale in a cold shop and gives the wait in milliseconds: from the
last bytes of the code on the scanner's line to the complete charge at the provider.

A sale begins with every connection closed, as it is minutes after the last one. Then the amount arrives, then, a moment later,
the code. The sale is finished (paid, and known to be) before the next one of anybody begins.
"""

from __future__ import annotations

import os
import random
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

from benchmarks import provider, wechat_script
from benchmarks.box import Box
from benchmarks.pty_scanner import PtyScanner
from benchmarks.stage import Stage
from daemon.sandbox import wechat_wire

_PAYER_S = (0.3, 0.5)  # between amount and code; people take seconds. Drawn anew each time, so that nothing falls into step
_IDLE_S = 2.0  # the shortest time after which servers close an idle connection (gunicorn's)
_NOTICED_S = 0.5  # from that closing until the code

_HEADERS = "POST /pay/micropay HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {}\r\n\r\n"


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
        scanned = self._box.scanner.send(_fresh_code())
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

    def __init__(self, stage: Stage, stack: ExitStack) -> None:
        self._stage = stage
        self._scanner = PtyScanner()
        stack.callback(self._scanner.close)
        arguments = [self._scanner.path, stage.base_url + "/", provider.APPID, provider.MCH_ID, provider.KEY]
        # requests finds the authority to believe in the environment, so that the script itself is as it would be in a shop.
        environment = {"PATH": os.environ.get("PATH", ""), "REQUESTS_CA_BUNDLE": str(stage.certificates.ca_file)}
        self._process = subprocess.Popen(
            [sys.executable, wechat_script.__file__, *arguments],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env=environment,
            text=True,
        )
        stack.callback(self._process.wait)
        stack.callback(self._process.kill)
        self._expect("READY")

    def sale(self) -> float:
        self._stage.close_idle()
        _pause()
        scanned = self._scanner.send(_fresh_code())
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
        request = _ready_made()
        with closing(socket.create_connection(("127.0.0.1", self._stage.port))) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
                _pause()
                sent = time.monotonic()
                connection.sendall(request)
                waited = self._stage.charged_at() - sent
                connection.recv(4096)
        return waited * 1000


class Insert:
    """No sale: one row put durably into SQLite on the same disk, which is what no journal that keeps its word can undercut."""

    name = "one durable insert"

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self._db = stack.enter_context(closing(sqlite3.connect(directory / "insert.sqlite", isolation_level=None)))
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("CREATE TABLE charges (number INTEGER PRIMARY KEY, out_trade_no TEXT, amount INTEGER)")

    def sale(self) -> float:
        _pause()
        begun = time.monotonic()
        self._db.execute("INSERT INTO charges (out_trade_no, amount) VALUES (?, ?)", (_fresh_code(), wechat_script.AMOUNT))
        return (time.monotonic() - begun) * 1000


def _pause() -> None:
    time.sleep(random.uniform(*_PAYER_S))


def _fresh_code() -> str:
    """A payer's code of WeChat's form: 18 digits that begin with 13."""
    return f"13{random.randrange(10**16):016d}"


def _ready_made() -> bytes:
    """The charge of a sale as tillbox sends it, signed."""
    asked = {
        "appid": provider.APPID,
        "mch_id": provider.MCH_ID,
        "out_trade_no": f"floor{_fresh_code()}",
        "body": "Corner Shop",
        "total_fee": str(wechat_script.AMOUNT),
        "fee_type": "CNY",
        "spbill_create_ip": "127.0.0.1",
        "device_info": "bench-1",
        "scene_info": '{"store_info":{"id":"bench-1","name":"Corner Shop"}}',
        "version": "1.0",
        "auth_code": _fresh_code(),
        "nonce_str": "0" * 32,
        "sign_type": "HMAC-SHA256",
    }
    body = wechat_wire.build({**asked, "sign": wechat_wire.sign(asked, provider.KEY, "HMAC-SHA256")})
    return _HEADERS.format(len(body)).encode() + body
