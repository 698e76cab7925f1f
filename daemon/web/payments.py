"""`/v1/payments`: a till asks for an amount, follows what becomes of it, and gives it up."""

from __future__ import annotations

import asyncio
import math
from typing import TypeVar

from aiohttp import web

from daemon.payment import Payment, Ref, State
from daemon.tills.base import Desk
from daemon.tills.http import Invalid, Terms, is_ref, parse_request, payment_json
from daemon.web.begun import Begun
from daemon.web.body import read_object
from daemon.web.errors import Problem, json_answer
from daemon.web.settings import Limits
from daemon.web.waiting import Ending, Seats, put_down

T = TypeVar("T")

_GRACE_S = 1.0  # for the desk to say by itself that a wait is over


class Payments:
    """The calls of one `http` till. `till` is its name; None where none is configured: then nothing can be asked for."""

    def __init__(self, desk: Desk, till: str | None, terms: Terms, limits: Limits, ending: Ending, begun: Begun) -> None:
        self._desk = desk
        self._till = till
        self._terms = terms
        self._limits = limits
        self._ending = ending
        self._polls = Seats(limits.polls, "long polls")
        self._begun = begun

    async def put(self, request: web.Request) -> web.Response:
        till = self._asking_till()
        body = await read_object(request, self._limits)
        try:
            wanted = parse_request(request.match_info["ref"], body, till, self._terms)
        except Invalid as error:
            raise Problem(422, "invalid", str(error), error.fields) from error
        payment, is_new = await self._begun.to_its_end(self._desk.ask(wanted))
        return json_answer(payment_json(payment), 201 if is_new else 200)

    async def delete(self, request: web.Request) -> web.Response:
        ref = known_form(request)
        self._asking_till()
        try:
            payment = await self._begun.to_its_end(self._desk.cancel(ref, "till"))
        except KeyError as error:
            raise unknown() from error
        return json_answer(payment_json(payment), 202)

    async def get(self, request: web.Request) -> web.Response:
        ref = known_form(request)
        wait_s, after = self._wait_s(request), _after(request)
        payment = await self._desk.find(ref)
        if payment is None:
            raise unknown()
        # A till that names no state wants the outcome: where that is there already, nothing is waited for.
        if wait_s > 0 and not (after is None and payment.state.is_final):
            with self._polls.take(request):
                payment = await self._next(ref, after or payment.state.value, wait_s)
        if payment is None:
            raise unknown()
        return json_answer(payment_json(payment))

    def _asking_till(self) -> str:
        if self._till is None:
            raise Problem(503, "not_ready", 'this box has no till of kind "http": see [tills] in its configuration')
        return self._till

    async def _next(self, ref: Ref, after: str, wait_s: float) -> Payment | None:
        """The payment when its state differs from `after`; as it stands when the time is up or the box stops."""
        waiting = asyncio.ensure_future(self._waited(ref, after, wait_s))
        try:
            if await self._ending.or_done(waiting, timeout_s=wait_s + _GRACE_S):
                return waiting.result()
            return await self._desk.find(ref)
        finally:
            await put_down(waiting)

    async def _waited(self, ref: Ref, after: str, wait_s: float) -> Payment | None:
        return await self._desk.wait(ref, after, wait_s)

    def _wait_s(self, request: web.Request) -> float:
        text = request.query.get("wait", "0")
        try:
            wait_s = float(text) if text.isascii() else math.nan
        except ValueError:
            wait_s = math.nan
        if not (math.isfinite(wait_s) and wait_s >= 0):
            raise Problem(
                422, "invalid", "wrong: wait", {"wait": f"expected seconds from 0; more than {self._limits.wait_s:g} count as that"}
            )
        return min(wait_s, self._limits.wait_s)


def known_form(request: web.Request) -> Ref:
    """The ref in the path. What cannot be a ref is one that nobody knows."""
    text = request.match_info["ref"]
    if not is_ref(text):
        raise unknown()
    return Ref(text)


def unknown() -> Problem:
    return Problem(404, "unknown", "no payment of that ref is known here")


def _after(request: web.Request) -> str | None:
    text = request.query.get("after")
    if text is not None and text not in {state.value for state in State}:
        raise Problem(422, "invalid", "wrong: after", {"after": "expected a state: " + ", ".join(State)})
    return text
