"""WeChat's answers: XML, signature and meaning, through the whole gateway; and its XML by itself."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from fuzz_promises import INCONCLUSIVE, check_text
from fuzz_provider import CALLS, NUMBER, PLACE, Provider, attempt_in, reply_of
from fuzz_scene import read_scene

from daemon.gateways import wechat_xml
from daemon.gateways.client import Answer
from daemon.gateways.settings import WechatSettings
from daemon.gateways.wechat import WechatGateway
from daemon.reply import Verdict
from daemon.secret import Secret
from daemon.timing import Schedule

KEY = "made-up-key-of-thirty-two-digits"
SETTINGS = WechatSettings(
    "wechat", "https://api.invalid", "wx0000000000fuzz", "1900000109", Secret(KEY), "HMAC-SHA256", Path("cert.pem"), Path("key.pem")
)
_ASKED = [call for call in CALLS if call != "check"]  # that one reads the certificate from the disk


def answers(data: bytes) -> None:
    scene = read_scene(data)
    gateway: Any = WechatGateway(SETTINGS, PLACE, Schedule(), nonce=lambda: "n" * 32, local_ip=lambda: "192.0.2.1")
    provider = Provider(scene, finish=lambda _request, answer: _signed(answer) if scene.says("sign") else answer)
    gateway._client = gateway._certified = provider
    call = scene.one_of("call", _ASKED)
    reply = reply_of(gateway, provider, call, attempt_in(scene, "wechat"), (KEY,))
    if reply is not None and reply.verdict not in INCONCLUSIVE:
        assert _is_signed(provider.told[-1].body), f"{reply.verdict} without a signature"
    if reply is not None and reply.verdict is Verdict.PAID:
        assert _is_paid(_fields(provider.told[-1].body), call), "paid, by an answer that does not say so"


def xml(data: bytes) -> None:
    """`wechat_xml`: what it reads it can write, and reads again as the same."""
    try:
        fields = wechat_xml.parse(data)
    except ValueError as error:
        check_text(str(error))
        return
    assert fields == _fields(data)
    plain = {name: wechat_xml.sendable(value) for name, value in fields.items() if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name)}
    assert wechat_xml.parse(wechat_xml.build(plain)) == plain


def _signed(answer: Answer) -> Answer:
    """The same with the merchant's signature, where it is XML that can be signed at all, and that WeChat would sign."""
    try:
        fields = _fields(answer.body)
        if fields.get("return_code") != "SUCCESS":
            return answer  # nobody signs that a call did not work
        body = wechat_xml.build({**fields, "sign": _signature(fields)})
    except (ElementTree.ParseError, ValueError):
        return answer
    return replace(answer, body=body)


def _signature(fields: Mapping[str, str]) -> str:
    """The rule of the provider's page, written down a second time."""
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name] and name != "sign") + f"&key={KEY}"
    return hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest().upper()


def _is_signed(body: bytes) -> bool:
    fields = _fields(body)
    return fields.get("sign") == _signature(fields)


def _is_paid(fields: Mapping[str, str], call: str) -> bool:
    wanted = {
        "return_code": "SUCCESS",
        "result_code": "SUCCESS",
        "out_trade_no": NUMBER,
        "appid": SETTINGS.appid,
        "mch_id": SETTINGS.mch_id,
    }
    if call == "query":
        wanted["trade_state"] = "SUCCESS"
    same = all(fields.get(name) == value for name, value in wanted.items()) and not fields.get("sub_mch_id")
    return same and int(fields["total_fee"]) == 1250 and fields.get("fee_type") in (None, "", "CNY")


def _fields(body: bytes) -> dict[str, str]:
    """The message as Python's own parser sees it."""
    return {child.tag: child.text or "" for child in ElementTree.fromstring(body.decode("utf-8-sig"))}
