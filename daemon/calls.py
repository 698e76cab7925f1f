"""One request to a provider, and what came of it: bounded in time, and with nothing in it that gives a payer's code away.

Part of the runner, the only caller of gateways.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Mapping
from dataclasses import replace

from daemon.codes import AuthCode
from daemon.cycle import Rules
from daemon.events import Action, Close, CreateQr, Query, Refund, Revoke, Submit
from daemon.gateways.base import Gateway
from daemon.masking import masked
from daemon.notes import word
from daemon.payment import Attempt
from daemon.reply import GatewayError, NoAnswer, NotSent, Reply

log = logging.getLogger(__name__)

GRACE_S = 2.0  # over the gateway's own limit, before the runner stops waiting for a gateway that does not keep it
_TRADE_NO_MAX = 128  # characters of a provider's number; the longest known has 64 (Alipay+ `paymentId`)


class Calls:
    """The gateways, and how long each may take."""

    def __init__(self, gateways: Mapping[str, Gateway], rules: Rules) -> None:
        self._gateways = gateways
        self._rules = rules

    async def outcome(self, attempt: Attempt, action: Action, code: AuthCode | None) -> GatewayError | Reply:
        """The reply, or what is known without one. Never raises; nothing in it gives the code away."""
        known = code.reveal() if code else ""
        try:
            return _masked(await self._ask(attempt, action, code), known)
        except NotSent as error:
            return NotSent(masked(str(error), known))
        except GatewayError as error:
            return NoAnswer(masked(str(error), known))
        except Exception as error:  # noqa: BLE001  # it is logged below, with the code taken out
            # A fault of this program: what the request did is unknown, so it is asked about like any other silence.
            trace = "".join(traceback.format_exception(error))
            trace = trace.replace(known, "…") if known else trace
            log.error("gateway_fault gateway=%s call=%s out_trade_no=%s\n%s", attempt.gateway, word(action), action.out_trade_no, trace)
            return NoAnswer("fault in the gateway module")

    async def _ask(self, attempt: Attempt, action: Action, code: AuthCode | None) -> Reply:
        gateway = self._gateways.get(attempt.gateway)
        if gateway is None:
            raise NotSent(f"the gateway {attempt.gateway!r} is no longer configured")
        try:
            async with asyncio.timeout(self._limit_s(attempt, action) + GRACE_S):
                return await _request(gateway, attempt, action, code)
        except TimeoutError as error:
            raise NoAnswer("no answer in time") from error

    def _limit_s(self, attempt: Attempt, action: Action) -> float:
        schedule = self._rules.terms(attempt.gateway).schedule
        match action:
            case Submit() | CreateQr():
                return schedule.answer_s
            case Query():
                return schedule.reply_s + action.hold_s
        return schedule.reply_s


async def _request(gateway: Gateway, attempt: Attempt, action: Action, code: AuthCode | None) -> Reply:
    match action:
        case Submit():
            if code is None:
                raise NotSent("the code is gone")
            return await gateway.submit(attempt, code)
        case CreateQr():
            return await gateway.create_qr(attempt)
        case Close():
            return await gateway.close(attempt)
        case Query():
            return await gateway.query(attempt, action.hold_s)
        case Revoke():
            return await gateway.revoke(attempt)
        case Refund():
            return await gateway.refund(attempt)


def _masked(reply: Reply, known: str) -> Reply:
    return replace(reply, code=masked(reply.code, known), text=masked(reply.text, known), trade_no=_harmless(reply.trade_no, known))


def _harmless(trade_no: str | None, known: str) -> str | None:
    """A provider's number is kept as it is, digits and all, or not at all."""
    if trade_no is None or len(trade_no) > _TRADE_NO_MAX or not trade_no.isprintable() or (known and known in trade_no):
        return None
    return trade_no
