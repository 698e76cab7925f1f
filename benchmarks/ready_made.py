"""What the floors are made of: an open connection, a charge that is made and signed, a table on a disk."""

from __future__ import annotations

import random
import socket
import sqlite3
import ssl
from pathlib import Path

from benchmarks import provider
from benchmarks.box import AMOUNT
from daemon.sandbox import wechat_wire

_HEADERS = "POST /pay/micropay HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {}\r\n\r\n"


def fresh_code() -> str:
    """A payer's code of WeChat's form: 18 digits that begin with 13."""
    return f"13{random.randrange(10**16):016d}"


def open_line(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    """A connection to the provider."""
    plain = socket.create_connection(("127.0.0.1", port))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


def ready_made() -> bytes:
    """The charge of a sale as tillbox sends it, signed."""
    asked = {
        "appid": provider.APPID,
        "mch_id": provider.MCH_ID,
        "out_trade_no": f"floor{fresh_code()}",
        "body": "Corner Shop",
        "total_fee": str(AMOUNT),
        "fee_type": "CNY",
        "spbill_create_ip": "127.0.0.1",
        "device_info": "bench-1",
        "scene_info": '{"store_info":{"id":"bench-1","name":"Corner Shop"}}',
        "version": "1.0",
        "auth_code": fresh_code(),
        "nonce_str": "0" * 32,
        "sign_type": "HMAC-SHA256",
    }
    body = wechat_wire.build({**asked, "sign": wechat_wire.sign(asked, provider.KEY, "HMAC-SHA256")})
    return _HEADERS.format(len(body)).encode() + body


def open_table(path: Path) -> sqlite3.Connection:
    """Synced as the journal is."""
    table = sqlite3.connect(path, isolation_level=None)
    table.execute("PRAGMA journal_mode=WAL")
    table.execute("PRAGMA synchronous=FULL")
    table.execute("CREATE TABLE charges (number INTEGER PRIMARY KEY, out_trade_no TEXT, amount INTEGER)")
    return table


def insert(table: sqlite3.Connection) -> None:
    """One row, on the disk when this returns."""
    table.execute("INSERT INTO charges (out_trade_no, amount) VALUES (?, ?)", (fresh_code(), AMOUNT))
