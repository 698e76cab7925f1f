"""The stand-in for a merchant's backend, by docs/merchant-backend.yaml: under /merchant, with all three ways of proving.

This is the envelope: who asks, what the answer is signed with, how long a query is held. What is done is in `merchant_book`.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from aiohttp import web

from daemon.gateways.signing import BadSignature, Request, Response, sign_response
from daemon.sandbox import merchant_checks as checks
from daemon.sandbox.context import SandboxContext
from daemon.sandbox.delivery import Answer, deliver
from daemon.sandbox.ledger import Order
from daemon.sandbox.line import note_number
from daemon.sandbox.merchant_answers import MERCHANT_ID, WAITING, Said, problem
from daemon.sandbox.merchant_book import Book, Played
from daemon.sandbox.merchant_checks import Door, Fields, Refused
from daemon.sandbox.scenario import HONEST, Call, Lie

log = logging.getLogger(__name__)

_BASE: Final = "/merchant/v1"
_HOLD_MAX_S: Final = 60  # longer silence is cut by proxies
_WAIT: Final = re.compile(r"wait=([0-9]{1,3})")
_SPOILT: Final = str.maketrans("ABCDEabcde01234", "BCDEAbcdea12340")  # base64 that is still base64

_Call = Callable[[web.Request, bytes], Awaitable[Played]]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_routes(app: web.Application, context: SandboxContext) -> None:
    """Register the contract's paths."""
    backend = _Backend(context, Book(context.ledger, context.deck.choose), Door(context.merchant, context.now, context.wall))
    order = f"{_BASE}/orders/{{out_trade_no}}"
    app.router.add_post(f"{_BASE}/box-check", backend.handler(backend.box_check))
    app.router.add_post(f"{_BASE}/charges", backend.handler(backend.charge))
    app.router.add_post(f"{_BASE}/qr-orders", backend.handler(backend.make_qr_order))
    app.router.add_get(order, backend.handler(backend.query), allow_head=False)
    app.router.add_post(f"{order}/revoke", backend.handler(backend.revoke))
    app.router.add_post(f"{order}/close", backend.handler(backend.close))
    app.router.add_post(f"{order}/refund", backend.handler(backend.refund))


@dataclass(slots=True)
class _Backend:
    context: SandboxContext
    book: Book
    door: Door

    # -- envelope --

    def handler(self, call: _Call) -> _Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            asked = Request(request.method, self._target(request), dict(request.headers), body)
            try:
                self.door.admit(asked, certified=_is_certified(request))
                said, step = await call(request, body)
            except Refused as refused:
                log.info("merchant refused path=%s code=%s detail=%s", request.path, refused.code, refused.detail)
                said, step = problem(refused), HONEST
            answer = said.lying(step.lie).answer()
            return await deliver(request, signed(self.door, asked, answer, step.lie), step, self.context)

        return handle

    def _target(self, request: web.Request) -> str:
        """The URL as the box called it. A real backend configures its own; here every address of loopback is right."""
        return f"{'https' if self.context.tls else 'http'}://{request.host}{request.raw_path}"

    # -- calls --

    async def box_check(self, request: web.Request, body: bytes) -> Played:
        asked = checks.parse(request.content_type, body, checks.PLACE)
        echoed = {name: asked[name] for name in checks.PLACE}
        return Said({**echoed, "merchant_id": MERCHANT_ID, "now": int(self.context.wall().timestamp())}), HONEST

    async def charge(self, request: web.Request, body: bytes) -> Played:
        asked = checks.parse(request.content_type, body, checks.CHARGE)
        note_number(asked["out_trade_no"])
        return self.book.make(asked, asked["auth_code"])

    async def make_qr_order(self, request: web.Request, body: bytes) -> Played:
        asked = checks.parse(request.content_type, body, checks.QR_ORDER)
        note_number(asked["out_trade_no"])
        return self.book.make(asked, None)

    async def query(self, request: web.Request, _body: bytes) -> Played:
        number = request.match_info["out_trade_no"]
        checks.check({"out_trade_no": number}, ["out_trade_no"])
        note_number(number)
        step = self.context.ledger.enter(number, Call.QUERY)
        hold_s = _wait_s(request)
        if hold_s and not step.code and self.book.as_it_stands(number, step).body.get("state") in WAITING:
            await self._changed(number, hold_s)
        said = self.book.as_it_stands(number, step)
        self.context.ledger.leave(number, Call.QUERY)
        return (replace(said, headers={"Preference-Applied": f"wait={hold_s}"}) if hold_s else said), step

    async def revoke(self, request: web.Request, body: bytes) -> Played:
        return self.book.revoke(self._meant(request, body, checks.ORDER))

    async def close(self, request: web.Request, body: bytes) -> Played:
        return self.book.close(self._meant(request, body, checks.ORDER))

    async def refund(self, request: web.Request, body: bytes) -> Played:
        return self.book.refund(self._meant(request, body, checks.REFUND))

    def _meant(self, request: web.Request, body: bytes, names: tuple[str, ...]) -> Fields:
        """The fields of a call about one order, whose number stands in path and body."""
        asked = checks.parse(request.content_type, body, names)
        note_number(asked["out_trade_no"])
        if asked["out_trade_no"] != request.match_info["out_trade_no"]:
            raise Refused("invalid", "out_trade_no", fields={"out_trade_no": "the same number as in the path"})
        return asked

    async def _changed(self, number: str, seconds: float) -> None:
        """Wait until the order stands otherwise than now, for so many seconds, or until the line is cut."""
        stood = self.context.ledger.order(number).state
        changed = asyncio.Event()

        def observe(order: Order) -> None:
            if order.number == number and order.state is not stood:
                changed.set()

        unsubscribe = self.context.ledger.subscribe(observe)
        waits = [asyncio.create_task(changed.wait()), asyncio.create_task(self.context.line.wait(seconds))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            unsubscribe()
            for wait in waits:
                wait.cancel()


def signed(door: Door, asked: Request, answer: Answer, lie: Lie) -> Answer:
    """The answer bound to its request. Unsigned where the request bears no signature of our key, so that nothing binds."""
    if lie is Lie.NO_SIGNATURE or not door.is_ours(asked):
        return answer
    bare = Response(answer.status, {**answer.headers, "Content-Type": answer.content_type}, answer.body)
    try:
        bound = sign_response(door.key, asked, bare, created=int(door.wall().timestamp()))
    except BadSignature:
        return answer
    headers = {name: value for name, value in bound.headers.items() if name != "Content-Type"}
    if lie is Lie.SIGNATURE:
        headers["Signature"] = headers["Signature"][:9] + headers["Signature"][9:].translate(_SPOILT)
    return replace(answer, headers=headers)


def _is_certified(request: web.Request) -> bool:
    return request.transport is not None and bool(request.transport.get_extra_info("peercert"))


def _wait_s(request: web.Request) -> int:
    """The seconds of `Prefer: wait=N`, as far as we go along; 0 where it does not ask for that."""
    for preference in ",".join(request.headers.getall("Prefer", [])).split(","):
        if found := _WAIT.fullmatch(preference.strip()):
            return min(int(found[1]), _HOLD_MAX_S)
    return 0
