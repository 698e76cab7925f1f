"""`/v1/notify/NAME`: what providers send by themselves. Verified over the raw body by that gateway, and then no more than a hint.

Anybody on the network can knock here, so nothing is believed, kept or answered in detail: a body is bounded, calls are bounded
in rate, and what does not verify changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from daemon.gateways.base import ForgedPush, Pushed
from daemon.tills.base import Desk
from daemon.web.body import read_raw
from daemon.web.errors import Problem
from daemon.web.settings import Limits

log = logging.getLogger(__name__)


class Pushes:
    """Notifications for those of the gateways whose providers send any."""

    def __init__(self, desk: Desk, gateways: Mapping[str, Pushed], limits: Limits) -> None:
        self._desk = desk
        self._gateways = gateways
        self._limits = limits
        self._body_limits = replace(limits, body_bytes=limits.push_bytes)
        self._allowance = float(limits.pushes_at_once)
        self._counted_at = 0.0

    async def take(self, request: web.Request) -> web.Response:
        """POST: a notification. GET: where a provider looks whether somebody is at home. 401, 404, 413, 429 say what is wrong."""
        name = request.match_info["gateway"]
        gateway = self._gateways.get(name)
        if gateway is None:
            raise Problem(404, "not_found", "no gateway of this name takes notifications")
        self._count()
        body = await read_raw(request, self._body_limits)
        try:
            push = gateway.read_push(request.method, _headers(request), body)
        except ForgedPush as error:
            log.warning('push_refused gateway=%s why="%s"', name, error)
            raise Problem(401, "not_verified", "the notification does not verify") from error
        log.info("push_taken gateway=%s out_trade_no=%s trade_no=%s", name, push.out_trade_no, push.trade_no)
        if push.out_trade_no is not None or push.trade_no is not None:
            await self._desk.hint(push)
        return web.Response(status=push.status, body=push.body, content_type=push.content_type if push.body else None)

    def _count(self) -> None:
        """A bucket that fills by `pushes_per_s`; 429 when it is empty. Providers send again later."""
        now = asyncio.get_running_loop().time()
        filled = self._allowance + (now - self._counted_at) * self._limits.pushes_per_s
        self._counted_at = now
        self._allowance = min(filled, float(self._limits.pushes_at_once))
        if self._allowance < 1:
            raise Problem(429, "too_many", "too many notifications; send it again later")
        self._allowance -= 1


def _headers(request: web.Request) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        headers.setdefault(name.lower(), []).append(value)
    return headers
