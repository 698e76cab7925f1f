"""A charge is on the wire before anybody is told that it was decided (daemon.runner): no light, log or till delays it."""

from __future__ import annotations

import queue
import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.codes import AuthCode
from daemon.cycle import Rules
from daemon.events import CodePresented
from daemon.gateways.settings import Place, WechatSettings
from daemon.gateways.wechat import WechatGateway
from daemon.journal import Journal
from daemon.money import Amount, Minor
from daemon.payment import Mode, OutTradeNo, Payment, Ref, State
from daemon.reply import NoAnswer
from daemon.runner import Change, Runner
from daemon.secret import Secret
from daemon.timing import Schedule

AT = "2026-01-01T00:00:00.000Z"


class Provider:
    """A provider outside the event loop: it answers the warming, and gives the connection to whoever wants to see what comes next."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._warm: queue.Queue[socket.socket] = queue.Queue()
        self._thread = threading.Thread(target=self._answer_warming)
        self._thread.start()

    def read_charge(self) -> bytes:
        """Whatever is there of a charge, without the event loop's help. TimeoutError where nothing was written."""
        connection = self._warm.get(timeout=5)
        connection.settimeout(1)
        with connection:
            received = b""
            while not _is_whole(received):
                received += connection.recv(65536)
        return received

    def close(self) -> None:
        self._thread.join(5)
        self._listening.close()

    def _answer_warming(self) -> None:
        connection, _ = self._listening.accept()
        received = b""
        while not received.endswith(b"\r\n\r\n"):
            received += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        self._warm.put(connection)


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()


def gateway_at(url: str) -> WechatGateway:
    nowhere = Path("none.pem")
    settings = WechatSettings("wechat", url, "wx1", "19", Secret("0" * 32), "HMAC-SHA256", nowhere, nowhere)
    return WechatGateway(settings, Place("box-1", "1", "Corner Shop"), Schedule())


async def test_listeners_are_told_after_the_whole_charge_was_written(tmp_path: Path, provider: Provider) -> None:
    """The listener reads the provider's end of the line with the event loop held still: what is not written by then never comes."""
    gateway = gateway_at(provider.url)
    journal = Journal(tmp_path / "journal.sqlite", boot="b", wall=lambda: datetime.now(UTC))
    runner = Runner(journal, {"wechat": gateway}, Rules({"wechat": Schedule()}), lambda: datetime.now(UTC))
    seen: list[bytes] = []

    def listener(change: Change) -> None:
        if change.payment.state is State.SUBMITTING and not seen:
            seen.append(provider.read_charge())

    ended: list[object] = []
    runner.listeners.append(listener)
    runner.link_listeners.append(lambda _name, outcome: ended.append(outcome))
    await runner.start()
    await gateway.warm()
    payment = Payment(Ref("A-1"), "http", Amount(Minor(1250), "CNY"), Mode.SCAN, State.AWAITING_CODE, AT, AT)
    await runner.begin(payment)
    await runner.present(Ref("A-1"), CodePresented(OutTradeNo("box-1-1"), "wechat", "wechat", AT), AuthCode("130000000000000017"))
    assert [b"POST /pay/micropay" in received for received in seen] == [True]
    assert b"<out_trade_no>" in seen[0]
    await runner.stop()
    await gateway.aclose()
    await journal.close()
    assert isinstance(ended[0], NoAnswer), "the provider hung up after the charge"


def _is_whole(request: bytes) -> bool:
    head, _, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return length is not None and len(body) >= int(length[1])
