"""Smart2Pay's answers: payments, lists and refunds, through the whole gateway."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fuzz_promises import INCONCLUSIVE
from fuzz_provider import CALLS, NUMBER, PLACE, SECRET, Provider, attempt_in, reply_of
from fuzz_scene import read_scene

from daemon.gateways.settings import Smart2paySettings
from daemon.gateways.smart2pay import Smart2payGateway
from daemon.reply import Verdict
from daemon.secret import Secret
from daemon.timing import Schedule

SETTINGS = Smart2paySettings(
    "s2p", "https://s2p.invalid", "30201", Secret(SECRET), 1066, "https://shop.invalid/back", "till@shop.invalid", "CN", 10
)
_SAYS_PAID = frozenset({2, 11, 17, 19, 25})  # "GlobalPay status codes"


def answers(data: bytes) -> None:
    scene = read_scene(data)
    gateway: Any = Smart2payGateway(SETTINGS, PLACE, Schedule())
    gateway._client = provider = Provider(scene)
    reply = reply_of(gateway, provider, scene.one_of("call", CALLS), attempt_in(scene, "s2p"), (SECRET,))
    if reply is None or reply.verdict in INCONCLUSIVE:
        return
    assert provider.told or reply.refusal is not None, f"{reply.verdict} out of nothing"
    if reply.verdict is Verdict.PAID:
        assert any(_is_paid(payment) for payment in _payments(provider.told[-1].body)), "paid, by an answer that does not say so"


def _payments(body: bytes) -> Iterator[dict[str, Any]]:
    said = json.loads(body.decode("utf-8-sig"))
    yield from (said[name] for name in ("Payment",) if isinstance(said.get(name), dict))


def _is_paid(payment: dict[str, Any]) -> bool:
    wanted = {"MerchantTransactionID": NUMBER, "Currency": "CNY"}
    same = all(payment.get(name) == value for name, value in wanted.items())
    return same and int(payment["Amount"]) == 1250 and str(payment["SiteID"]) == "30201" and int(payment["Status"]["ID"]) in _SAYS_PAID
