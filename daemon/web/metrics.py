"""`GET /metrics`: the box for Prometheus (docs/operations.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from daemon.metrics.exposition import Text
from daemon.web.settings import Limits
from daemon.web.waiting import Seats

Scrape = Callable[[str], Awaitable[Text]]
"""Everything that is measured, in the form that an `Accept` asks for."""


class MetricsPage:
    def __init__(self, scrape: Scrape, limits: Limits) -> None:
        self._scrape = scrape
        self._seats = Seats(limits.scrapes, "scrapes")

    async def get(self, request: web.Request) -> web.Response:
        """503 `too_many` where others are being served."""
        with self._seats.take(request):
            text = await self._scrape(", ".join(request.headers.getall("Accept", [])))
        return web.Response(body=text.body, headers={"Content-Type": text.content_type})
