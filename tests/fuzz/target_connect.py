"""Worldline Connect's answers: payments, lists and refunds, through the whole gateway; and the picture of its QR code."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from fuzz_promises import INCONCLUSIVE, check_text
from fuzz_provider import CALLS, NUMBER, PLACE, SECRET, Provider, attempt_in, reply_of
from fuzz_scene import read_scene

from daemon.gateways.connect import ConnectGateway
from daemon.gateways.connect_picture import NoLink, read_link
from daemon.gateways.settings import ConnectSettings
from daemon.qr_layout import Grid
from daemon.qr_reading import NoCode, read_grid
from daemon.reply import Verdict
from daemon.secret import Secret
from daemon.timing import Schedule

HOOK = "made-up-webhook-secret-of-the-box"
SETTINGS = ConnectSettings(
    "connect", "https://connect.invalid", "1234", "made-up-id", Secret(SECRET), "CN", "192.0.2.1", "hook-1", Secret(HOOK)
)
NOW = 1_772_000_000.0
_SAYS_PAID = ("CAPTURED", "PAID", "CHARGEBACK_NOTIFICATION")  # the SDK's texts on `Payment.status`
_LINK = re.compile(r"(?:weixin|wxp|https)://[!-~]{1,500}")


def answers(data: bytes) -> None:
    scene = read_scene(data)
    gateway: Any = ConnectGateway(SETTINGS, PLACE, Schedule(), wall_clock=lambda: NOW)
    gateway._client._client = provider = Provider(scene)
    reply = reply_of(gateway, provider, scene.one_of("call", CALLS), attempt_in(scene, "connect"), (SECRET, HOOK))
    if reply is None or reply.verdict in INCONCLUSIVE:
        return
    assert provider.told or reply.refusal is not None, f"{reply.verdict} out of nothing"
    assert reply.qr is None or _LINK.fullmatch(reply.qr), "a QR code that does not lead to WeChat Pay"
    if reply.verdict is Verdict.PAID:
        assert any(_is_paid(payment) for payment in _payments(provider.told[-1].body)), "paid, by an answer that does not say so"


def _payments(body: bytes) -> Iterator[dict[str, Any]]:
    """Everything in an answer that looks like a payment."""
    waiting: list[Any] = [json.loads(body.decode("utf-8-sig"))]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
        if isinstance(node, dict) and isinstance(node.get("paymentOutput"), dict):
            yield node


def _is_paid(payment: dict[str, Any]) -> bool:
    output = payment["paymentOutput"]
    money = output["amountOfMoney"]
    same = output["references"]["merchantReference"] == NUMBER and money == {**money, "amount": 1250, "currencyCode": "CNY"}
    return same and payment.get("status") in _SAYS_PAID


# -- the picture --


def picture(data: bytes) -> None:
    """`read_link`: a PNG, or (where it begins with `text`) whatever stands where its Base64 should."""
    text = data[4:].decode("utf-8", "surrogateescape") if data.startswith(b"text") else b64encode(data).decode()
    try:
        link = read_link(text)
    except NoLink as error:
        check_text(str(error))
    else:
        assert _LINK.fullmatch(link)


def grid(data: bytes) -> None:
    """`read_grid`: any modules of any version; what is missing is light."""
    if not data:
        return
    side = 17 + 4 * (1 + data[0] % 40)
    bits = "".join(f"{byte:08b}" for byte in data[1:])[: side * side].ljust(side * side, "0")
    try:
        read_grid(Grid(bytes(map(int, bits)), side))
    except NoCode as error:
        check_text(str(error))
