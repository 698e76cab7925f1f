"""The provider at the far end: WeChat's v2 wire over TLS 1.3, in a process of its own, that notes when a charge is complete.

A charge is complete when the last byte of its body (`Content-Length` after the headers) has come out of TLS. The moment is taken
before anything else is done with it, on CLOCK_MONOTONIC, which all processes of one machine share.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
import time
from multiprocessing.connection import Connection
from typing import NoReturn

from daemon.sandbox import wechat_wire
from daemon.sandbox.tls import Certificates, server_context

APPID = "wx0000000000000bench"
MCH_ID = "1900000109"
KEY = "benchmark".ljust(32, "0")

CHARGE = "POST /pay/micropay"
_QUERY = "POST /pay/orderquery"


def run(certificates: Certificates, answer_s: float, line: Connection) -> None:
    """Serve for ever. Sends its port through `line`, then the moment of each complete charge, and, where it takes its time with
    answers to them (`answer_s`), that of the answer; on each byte string that comes back, closes all connections, as servers do
    with those that are idle, and sends how many."""
    asyncio.run(_Provider(answer_s, line).serve(_context(certificates)))


def _context(certificates: Certificates) -> ssl.SSLContext:
    context = server_context(certificates)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


class _Provider:
    def __init__(self, answer_s: float, line: Connection) -> None:
        self._answer_s = answer_s
        self._line = line
        self._numbers = itertools.count(1)
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self, context: ssl.SSLContext) -> NoReturn:
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0, ssl=context)
        asyncio.get_running_loop().add_reader(self._line.fileno(), self._close_all)
        self._line.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()
        raise AssertionError("served for ever, and it ended")

    def _close_all(self) -> None:
        self._line.recv_bytes()
        for writer in self._open:
            writer.close()
        self._line.send(len(self._open))

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while True:
                is_charge, answer = await self._exchange(reader)
                if is_charge and self._answer_s:
                    await asyncio.sleep(self._answer_s)
                    self._line.send(time.monotonic())
                writer.write(answer)
        except (asyncio.IncompleteReadError, OSError):  # the client has gone, or the connection was closed as idle
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader) -> tuple[bool, bytes]:
        """Whether it is a charge that was asked, and the whole answer."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        body = await reader.readexactly(length(head))
        moment = time.monotonic()
        is_charge = head.startswith(CHARGE)
        if is_charge:
            answer = self._charged(wechat_wire.parse(body))
            self._line.send(moment)
        else:
            answer = self._unknown(wechat_wire.parse(body)) if head.startswith(_QUERY) else b""
        headers = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {len(answer)}\r\n\r\n"
        return is_charge, headers.encode() + (b"" if head.startswith("HEAD") else answer)

    def _charged(self, asked: wechat_wire.Fields) -> bytes:
        """Paid at once."""
        paid = {
            "result_code": "SUCCESS",
            "trade_type": "MICROPAY",
            "fee_type": asked["fee_type"],
            "total_fee": asked["total_fee"],
            "transaction_id": f"{next(self._numbers):032d}",
            "out_trade_no": asked["out_trade_no"],
        }
        return signed(asked, paid)

    def _unknown(self, asked: wechat_wire.Fields) -> bytes:
        """The answer to the question with which the box proves its key at the start."""
        return signed(asked, {"result_code": "FAIL", "err_code": "ORDERNOTEXIST", "err_code_des": "no such order"})


def length(head: str) -> int:
    """Of the body; 0 where the head names none."""
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-length":
            return int(value)
    return 0


def signed(asked: wechat_wire.Fields, said: wechat_wire.Fields) -> bytes:
    """The answer, signed as the request was; a request that is wrongly signed ends the run (Refused)."""
    sign_type = wechat_wire.check_signature(asked, KEY)
    fields = {"return_code": "SUCCESS", "appid": APPID, "mch_id": MCH_ID, "nonce_str": asked["nonce_str"], **said}
    return wechat_wire.build({**fields, "sign": wechat_wire.sign(fields, KEY, sign_type)})
