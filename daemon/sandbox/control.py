"""The control API: the payer's phone, the network's plug, and a look into the ledger. Plain http on loopback, its own port.

| request | does |
|---|---|
| `GET /_sandbox/ledger` | `Ledger.summary()` |
| `GET /_sandbox/cases` | every case: digits, name, text |
| `GET /_sandbox/requests` | what arrived: time, method, path, connection, order number |
| `POST /_sandbox/next` `{"case": "…"}` | the next order gets that case |
| `POST /_sandbox/orders/{number}/confirm`, `…/decline` | the payer's phone |
| `POST /_sandbox/notify` `{"provider": "…", "url": "…"}` | where that provider's notifications go |
| `POST /_sandbox/orders/{number}/push` `{"how": "genuine"}` | send a notification now; `forged`, or the last one `replayed` |
| `POST /_sandbox/network` `{"up": false}` | refuse and reset all provider connections, or listen again |
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web

from daemon.sandbox.cases import case_table
from daemon.sandbox.ledger import Ledger, NotPayable, Order, UnknownOrder
from daemon.sandbox.line import Line
from daemon.sandbox.pushes import HOWS, NoPush, Pushes
from daemon.sandbox.script import Deck, WrongScript, case_named


class Controlled(Protocol):
    """What of a sandbox can be controlled."""

    @property
    def ledger(self) -> Ledger: ...

    @property
    def deck(self) -> Deck: ...

    @property
    def line(self) -> Line: ...

    @property
    def pushes(self) -> Pushes: ...

    async def set_network(self, *, up: bool) -> None: ...


def make_app(sandbox: Controlled) -> web.Application:
    """The control API of that sandbox."""
    app = web.Application(client_max_size=4096)
    app.router.add_get("/_sandbox/ledger", _shows(sandbox.ledger.summary))
    app.router.add_get("/_sandbox/requests", _shows(lambda: {"requests": sandbox.line.log()}))
    app.router.add_get("/_sandbox/cases", _shows(_cases))
    app.router.add_post("/_sandbox/next", _next(sandbox))
    app.router.add_post("/_sandbox/network", _network(sandbox))
    app.router.add_post("/_sandbox/notify", _notify(sandbox))
    app.router.add_post("/_sandbox/orders/{number}/push", _push(sandbox))
    app.router.add_post("/_sandbox/orders/{number}/confirm", _phone(sandbox.ledger.confirm))
    app.router.add_post("/_sandbox/orders/{number}/decline", _phone(sandbox.ledger.decline))
    return app


_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _cases() -> dict[str, object]:
    return {"cases": [{"suffix": suffix, "name": name, "text": text} for suffix, name, text in case_table()]}


def _shows(what: Callable[[], dict[str, object]]) -> _Handler:
    async def show(_request: web.Request) -> web.StreamResponse:
        return web.json_response(what())

    return show


def _next(sandbox: Controlled) -> _Handler:
    async def put_next(request: web.Request) -> web.StreamResponse:
        try:
            scenario = case_named((await _body(request)).get("case"), "case")
        except WrongScript as wrong:
            return _error(422, str(wrong))
        sandbox.deck.put(scenario)
        return web.json_response({"next": scenario.name})

    return put_next


def _network(sandbox: Controlled) -> _Handler:
    async def plug(request: web.Request) -> web.StreamResponse:
        up = (await _body(request)).get("up")
        if not isinstance(up, bool):
            return _error(422, 'up: expected true or false, as {"up": false}')
        await sandbox.set_network(up=up)
        return web.json_response({"up": up})

    return plug


def _notify(sandbox: Controlled) -> _Handler:
    async def notify(request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        provider, url = body.get("provider"), body.get("url")
        if not isinstance(provider, str) or not isinstance(url, str):
            return _error(422, 'expected a provider and a url, as {"provider": "cbtis", "url": "http://127.0.0.1:8080/v1/notify/cbtis"}')
        sandbox.pushes.urls[provider] = url
        return web.json_response({"provider": provider, "url": url})

    return notify


def _push(sandbox: Controlled) -> _Handler:
    async def push(request: web.Request) -> web.StreamResponse:
        how = (await _body(request)).get("how")
        if not isinstance(how, str) or how not in HOWS:
            return _error(422, f"how: expected one of {', '.join(HOWS)}")
        try:
            status = await sandbox.pushes.push(sandbox.ledger.order(request.match_info["number"]), how)
        except UnknownOrder as unknown:
            return _error(404, str(unknown))
        except NoPush as nothing:
            return _error(409, str(nothing))
        return web.json_response({"status": status})

    return push


def _phone(does: Callable[[str], Order]) -> _Handler:
    async def tap(request: web.Request) -> web.StreamResponse:
        try:
            order = does(request.match_info["number"])
        except UnknownOrder as unknown:
            return _error(404, str(unknown))
        except NotPayable as late:
            return _error(409, str(late))
        return web.json_response({"number": order.number, "state": order.state.value})

    return tap


async def _body(request: web.Request) -> dict[str, object]:
    """The JSON object of a request; empty where there is none, so that the field is what is complained about."""
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return body if isinstance(body, dict) else {}


def _error(status: int, text: str) -> web.Response:
    return web.json_response({"error": {"text": text}}, status=status)
