"""Notifications: what anybody on the network may send to `/v1/notify/NAME`. Only a genuine one says which order to ask about."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable

import target_cbtis
import target_connect
import target_smart2pay
from fuzz_promises import check_text
from fuzz_provider import SECRET
from fuzz_scene import head_of, read_scene

from daemon.gateways import cbtis_push, connect_push, smart2pay_push
from daemon.gateways.base import ForgedPush, Push

Headers = dict[str, list[str]]
Read = Callable[[str, Headers, bytes], Push]
Prove = Callable[[bytes], dict[str, str]]
"""The headers that a genuine notification with this body has."""


def smart2pay(data: bytes) -> None:
    credentials = "Basic " + b64encode(f"30201:{SECRET}".encode()).decode()
    _check(data, lambda *push: smart2pay_push.read(*push, target_smart2pay.SETTINGS), lambda _body: {"authorization": credentials})


def cbtis(data: bytes) -> None:
    def prove(body: bytes) -> dict[str, str]:
        return {"signature": hashlib.sha256(body + b"." + target_cbtis.APIKEY.encode()).hexdigest()}

    _check(data, lambda *push: cbtis_push.read(*push, target_cbtis.SETTINGS.apikey), prove)


def connect(data: bytes) -> None:
    def prove(body: bytes) -> dict[str, str]:
        mac = hmac.new(target_connect.HOOK.encode(), body, hashlib.sha256).digest()
        return {"x-gcs-signature": b64encode(mac).decode(), "x-gcs-keyid": "hook-1"}

    _check(data, lambda *push: connect_push.read(*push, target_connect.SETTINGS), prove)


def _check(data: bytes, read: Read, prove: Prove) -> None:
    """`sign=yes` proves the notification; headers of the input are there beside that, or in its place where they are the same."""
    scene = read_scene(data)
    method, pairs, body = head_of(scene.rest)
    headers: Headers = {}
    for name, value in [*(prove(body).items() if scene.says("sign") else ()), *pairs]:
        headers.setdefault(name.lower(), []).append(value)
    try:
        push = read(method or "POST", headers, body)
    except ForgedPush as error:
        check_text(str(error), (SECRET, target_cbtis.APIKEY, target_connect.HOOK))
        return
    if method == "GET":
        assert push == Push(200, body=headers["x-gcs-webhooks-endpoint-verification"][0].encode()), "a GET that says something"
        return
    assert scene.says("sign"), "taken, and nothing proves it"
    assert all(headers[name] == [value] for name, value in prove(body).items()), "taken with a doubtful proof"
    for word in (push.out_trade_no, push.trade_no):
        assert word is None or (0 < len(word) <= 64 and word.isascii() and word.isprintable())
