"""What was: `GET /v1/payments` with its filters, `/v1/payments/{ref}/entries`, and a day as CSV, `/v1/days/{day}.csv`.

All of it is read from the journal in small steps, between which payments go first.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import tzinfo

from aiohttp import web

from daemon import day_csv
from daemon.days import parse_day, span_of
from daemon.lookup import Made, Span
from daemon.tills.base import Desk, Rejected
from daemon.tills.http import payment_json
from daemon.web.errors import Problem, json_answer
from daemon.web.filters import limit_of, wanted_of, wrong_before
from daemon.web.payments import known_form, unknown
from daemon.web.settings import Limits
from daemon.web.waiting import Seats

log = logging.getLogger(__name__)

_CSV = "text/csv; charset=utf-8; header=present"  # RFC 4180, section 3; RFC 7111 for what the header is


class History:
    """`terminal` names the box in the names of files; `zone`: of days, where it is not the box's own."""

    def __init__(self, desk: Desk, limits: Limits, terminal: str, zone: tzinfo | None = None) -> None:
        self._desk = desk
        self._limits = limits
        self._terminal = re.sub(r"[^A-Za-z0-9._-]", "-", terminal)  # in a header, and as a name of a file
        self._zone = zone
        self._searches = Seats(limits.searches, "searches")
        self._exports = Seats(limits.exports, "exports")

    async def list(self, request: web.Request) -> web.Response:
        limit, before, wanted = limit_of(request), request.query.get("before"), wanted_of(request, self._zone)
        try:
            if wanted is None:
                payments = await self._desk.recent(limit, before)
                return json_answer({"payments": [payment_json(payment) for payment in payments]})
            with self._searches.take(request):
                found = await self._desk.search(wanted, limit, before)
        except ValueError as error:
            raise wrong_before() from error
        return json_answer({"payments": [payment_json(payment) for payment in found.payments], "before": found.older})

    async def entries(self, request: web.Request) -> web.Response:
        ref = known_form(request)
        with self._searches.take(request):
            entries = await self._desk.entries_of(ref)
        if not entries:
            raise unknown()
        return json_answer({"entries": [asdict(entry) for entry in entries]})

    async def day(self, request: web.Request) -> web.StreamResponse:
        try:
            day = parse_day(request.match_info["day"])
        except ValueError as error:
            raise Problem(422, "invalid", "wrong: day", {"day": str(error)}) from error
        span = span_of(day, self._zone)
        with self._exports.take(request):
            page = await self._desk.made(span, None, day_csv.PAGE)  # before the answer begins, so that an error is one
            name = f"tillbox-{self._terminal}-{day.isoformat()}.csv"
            headers = {"Content-Type": _CSV, "Content-Disposition": f'attachment; filename="{name}"'}
            answer = web.StreamResponse(headers=headers)
            await answer.prepare(request)
            await self._send(request, answer, span, page)
        return answer

    async def _send(self, request: web.Request, answer: web.StreamResponse, span: Span, page: Sequence[Made]) -> None:
        """Page by page. Where that cannot be brought to its end, the connection is cut off: half a day must not pass for a whole."""
        try:
            await self._write(answer, day_csv.head())
            while page:
                await self._write(answer, day_csv.lines(page, self._zone))
                page = await self._desk.made(span, page[-1], day_csv.PAGE)
            await answer.write_eof()
        except (ConnectionError, TimeoutError):
            _drop(request, "not_taken")
        except Rejected as error:
            _drop(request, str(error))
        except Exception:  # an error answer would land in the middle of the file
            log.exception("export_fault")
            _drop(request, "fault")

    async def _write(self, answer: web.StreamResponse, lines: bytes) -> None:
        """Raises ConnectionError where the caller has gone, TimeoutError where it does not take it."""
        async with asyncio.timeout(self._limits.write_s):
            await answer.write(lines)


def _drop(request: web.Request, why: str) -> None:
    log.warning('export_broken why="%s"', why)
    if request.transport is not None:
        request.transport.abort()
