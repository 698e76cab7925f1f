"""CBTIS's answers: envelopes, orders and access tokens, through the whole gateway."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from fuzz_promises import INCONCLUSIVE
from fuzz_provider import CALLS, NUMBER, PLACE, SECRET, Provider, attempt_in, reply_of
from fuzz_scene import read_scene

from daemon.gateways import cbtis_token
from daemon.gateways.cbtis import CbtisGateway
from daemon.gateways.client import Answer
from daemon.gateways.settings import CbtisSettings
from daemon.reply import Verdict
from daemon.secret import Secret
from daemon.timing import Schedule

APIKEY = "made-up-apikey-of-the-fuzzed-box"
TOKEN = "made-up-token-of-the-fuzzed-box"
SETTINGS = CbtisSettings("cbtis", "https://cbtis.invalid", "39172931", Secret(SECRET), Secret(APIKEY), "wechat", "qrcode")
SECRETS = (SECRET, APIKEY, TOKEN)


def answers(data: bytes) -> None:
    """With `token=no` the first answer is the one to the question for a token."""
    scene = read_scene(data)
    gateway: Any = CbtisGateway(SETTINGS, PLACE, Schedule(), clock=lambda: 0.0)
    provider = Provider(scene)
    gateway._client = gateway._tokens._client = provider
    if scene.words.get("token") != "no":
        gateway._tokens._token = cbtis_token._Token(Secret(TOKEN), 1.0, 2.0)
        gateway._tokens._seen.append(gateway._tokens._token.text)
    reply = reply_of(gateway, provider, scene.one_of("call", CALLS), attempt_in(scene, "cbtis"), SECRETS)
    if reply is not None and reply.verdict is Verdict.PAID:
        assert _is_paid(provider.told[-1]), "paid, by an answer that does not say so"
    if reply is not None and reply.verdict not in INCONCLUSIVE and not provider.told:
        assert reply.verdict in (Verdict.REVOKE_REFUSED, Verdict.REFUND_REFUSED), f"{reply.verdict} out of nothing"


def _is_paid(answer: Answer) -> bool:
    envelope = json.loads(answer.body.decode("utf-8-sig"), parse_float=Decimal)
    order = envelope["data"]
    wanted = {"merchant_order_id": NUMBER, "currency": "CNY", "status": "SUCCEEDED"}
    same = all(order.get(name) == value for name, value in wanted.items()) and str(order.get("uid") or "39172931") == "39172931"
    return same and str(envelope["code"]) == "0" and Decimal(str(order["amount"])) == Decimal("12.50")
