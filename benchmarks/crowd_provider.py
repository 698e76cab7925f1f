"""The provider of a crowd: WeChat's v2 wire and the merchant's backend in plain HTTP, in a process of its own, with no memory that grows
dear. Every payer is asked; WeChat says so to the first question and has the money at the second, the backend keeps its one question open.
"""

from __future__ import annotations

import asyncio
import json
import resource
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from benchmarks import provider
from daemon.sandbox import wechat_wire

TOKEN = "benchmark-token"
PLACE = {"store_id": "bench", "terminal_id": "bench-1"}
HELD_S = 0.005  # a question is kept open
AMOUNT, CURRENCY = 1250, "CNY"

_PAID = {"total_fee": str(AMOUNT), "fee_type": CURRENCY, "trade_type": "MICROPAY"}


def run(line: Connection) -> None:
    """Serve for ever; the port is sent through `line`."""
    allow_many_files()
    asyncio.run(_serve(line))


def allow_many_files() -> None:
    """As many connections as this process may have at all; many systems begin with 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _serve(line: Connection) -> NoReturn:
    crowd = _Crowd()
    server = await asyncio.start_server(crowd.converse, "127.0.0.1", 0, backlog=4096)
    line.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()
    raise AssertionError("served for ever, and it ended")


class _Crowd:
    def __init__(self) -> None:
        self._asked: set[str] = set()  # WeChat's orders about which one question came

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                body = await reader.readexactly(provider.length(head))
                method, path, _version = head.split(" ", 2)
                kind, answer = await self._answer(method, path, body)
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer)
        except (asyncio.IncompleteReadError, OSError):  # the client has gone
            pass
        finally:
            writer.close()

    async def _answer(self, method: str, path: str, body: bytes) -> tuple[str, bytes]:
        """Its content type, and what it says."""
        if path.startswith("/pay/"):
            return "text/xml", self._wechat(path, wechat_wire.parse(body))
        if method == "POST":
            return "application/json", _order(json.loads(body)["out_trade_no"], "confirming")
        await asyncio.sleep(HELD_S)
        return "application/json", _order(path.rpartition("/")[2], "paid")

    def _wechat(self, path: str, asked: wechat_wire.Fields) -> bytes:
        number = asked["out_trade_no"]
        if path == "/pay/micropay":
            return provider.signed(asked, {"result_code": "FAIL", "err_code": "USERPAYING", "err_code_des": "the payer is asked"})
        order = {"result_code": "SUCCESS", "out_trade_no": number}
        if number not in self._asked:
            self._asked.add(number)
            return provider.signed(asked, {**order, "trade_state": "USERPAYING"})
        self._asked.remove(number)
        return provider.signed(asked, {**order, **_PAID, "trade_state": "SUCCESS", "transaction_id": number})


def _order(number: str, state: str) -> bytes:
    order: dict[str, Any] = {"out_trade_no": number, "amount": AMOUNT, "currency": CURRENCY, "state": state, **PLACE}
    return json.dumps({**order, "trade_no": number}).encode()
