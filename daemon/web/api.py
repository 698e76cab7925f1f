"""The web server: which path is served by what, and how it starts and stops.

It runs on the box's own event loop, beside the payments, so everything here is bounded: bodies, waits, streams and
connections (`Limits`), and a stop that does not wait for callers.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from daemon.gateways.base import Pushed
from daemon.tills.base import Desk
from daemon.tills.http import Terms
from daemon.web.access import Access
from daemon.web.acts import Acts, Attendance
from daemon.web.begun import Begun
from daemon.web.body import expect_later
from daemon.web.box import Box, SimulatedKeys, SimulatedScans
from daemon.web.connection import connection_factory, note_speech
from daemon.web.errors import ALWAYS, USUAL, Handler, in_one_shape
from daemon.web.heads import refuse
from daemon.web.history import History
from daemon.web.listening import TlsListener, listening_sockets, server_context
from daemon.web.lookout import Sights
from daemon.web.metrics import MetricsPage, Scrape
from daemon.web.page import Page
from daemon.web.payments import Payments
from daemon.web.playing import Playing
from daemon.web.pushes import Pushes
from daemon.web.settings import Limits, Tls, WebSettings, is_loopback
from daemon.web.stream import Streams
from daemon.web.waiting import Ending
from daemon.web.watch import Watch

log = logging.getLogger(__name__)

# Whatever stands there: a wrong ref is told what is wrong with it, where aiohttp's plain {ref} would know no such path.
_PAYMENT = "/v1/payments/{ref:[^/]+}"


class Web:
    """The HTTP face of one box.

    `max_amount` is in minor units of `currency`; `panel_png` gives the panel's picture, `sights` what the page shows,
    `simulated_scan` takes a code (None: the scanner is a real one), `simulated_pads` type on the number pads of tills,
    `attendance` does what people want done about payments in doubt (None: nobody can),
    `is_alive` says whether the box does its work, `scrape` gives the metrics (None: there are none); `till` is the key in
    `[tills.NAME]` of the `http` till, None where there is none; `terminal` is the box's name in names of files; `now` is
    the monotonic clock that log-ins go by. `playing.ground` may be set where somebody plays with the box. Raises ValueError
    for listening beyond loopback without a token.
    """

    def __init__(
        self,
        settings: WebSettings,
        desk: Desk,
        *,
        currency: str,
        max_amount: int,
        panel_png: Callable[[], bytes | None],
        simulated_scan: Callable[[str], object] | None,
        is_alive: Callable[[], bool],
        version: str,
        terminal: str = "box",
        pushed: Mapping[str, Pushed] | None = None,
        till: str | None = "http",
        limits: Limits | None = None,
        simulated_pads: Mapping[str, Callable[[str], object]] | None = None,
        attendance: Attendance | None = None,
        sights: Sights | None = None,
        scrape: Scrape | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        if settings.token is None and not is_loopback(settings.host):
            raise ValueError("listening beyond loopback needs a token")
        self._settings = settings
        self._desk = desk
        self._till = till
        self._terms = Terms(currency, max_amount)
        self._limits = limits or Limits()
        self._access = Access(settings, self._limits, now)
        self._box = Box(desk, panel_png, is_alive, version)
        self._scans = None if simulated_scan is None else SimulatedScans(simulated_scan, self._limits)
        self._keys = SimulatedKeys(simulated_pads, self._limits) if simulated_pads else None
        self._sights = sights or Sights(desk.status, lambda: None)
        self._page = Page()
        self.playing = Playing(self._limits)
        self._metrics = None if scrape is None else MetricsPage(scrape, self._limits)
        self._pushes = Pushes(desk, pushed or {}, self._limits)
        self._begun = Begun()
        self._acts = None if attendance is None else Acts(attendance, self._limits, self._begun)
        self._history = History(desk, self._limits, terminal)
        self._running: _Running | None = None

    @property
    def port(self) -> int:
        """The port it listens on, also where the settings say 0. Only while it runs."""
        assert self._running is not None, "not started"
        port: int = self._running.listener.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        """Begin to listen. Raises OSError where the address cannot be had."""
        assert self._running is None, "started already"
        ending = Ending()
        payments = Payments(self._desk, self._till, self._terms, self._limits, ending, self._begun)
        runner = web.AppRunner(self._application(payments, ending), access_log=None)
        await runner.setup()
        try:
            listener = await self._listen(runner)
        except OSError:
            await runner.cleanup()
            raise
        self._running = _Running(runner, listener, self._begun, ending)
        token, tls = ("no" if part is None else "yes" for part in (self._settings.token, self._settings.tls))
        log.info("web_listening host=%s port=%d token=%s tls=%s", self._settings.host, self.port, token, tls)

    async def stop(self) -> None:
        """Take no more requests, answer those that wait, cut off those that do not end. Takes a few seconds at most."""
        if self._running is not None:
            running, self._running = self._running, None
            await running.stop(self._limits.stop_s)

    async def _listen(self, runner: web.AppRunner) -> asyncio.Server | TlsListener:
        # Not TCPSite: its shutdown_timeout (60 s) is set in one place in aiohttp 3.8 and in another from 3.9 on.
        assert runner.server is not None
        server, factory = runner.server, connection_factory(runner.server, self._limits)
        if self._settings.tls is not None:
            return await self._listen_tls(server, factory, self._settings.tls)
        return await asyncio.get_running_loop().create_server(factory, self._settings.host, self._settings.port)

    async def _listen_tls(self, server: web.Server, factory: Callable[[], asyncio.Protocol], tls: Tls) -> TlsListener:
        if tls.trouble:
            log.warning('web_certificate trouble="%s"', tls.trouble)
        context = await asyncio.to_thread(server_context, tls)
        sockets = await listening_sockets(self._settings.host, self._settings.port)
        listener = TlsListener(sockets, context, factory, lambda: len(server.connections) >= self._limits.connections, self._limits)
        await listener.start()
        return listener

    def _application(self, payments: Payments, ending: Ending) -> web.Application:
        streams = Streams(self._desk, self._limits, ending)
        watch = Watch(self._desk, replace(self._sights, status=self._shown), _clock(), self._limits, ending)
        app = web.Application(middlewares=[note_speech, in_one_shape, refuse, web.middleware(self._access.guard)])
        app.on_response_prepare.append(_sign)
        for methods, path, handler in self._routes(payments, streams, watch):
            resource = app.router.add_resource(path)
            for method in methods.split():
                resource.add_route(method, handler, expect_handler=expect_later)
        return app

    def _shown(self) -> dict[str, Any]:
        """What a page is told of the box; `plays`: whether there is something to play with."""
        return {**self._sights.status(), "plays": self.playing.ground is not None}

    def _routes(self, payments: Payments, streams: Streams, watch: Watch) -> list[tuple[str, str, Handler]]:
        routes: list[tuple[str, str, Handler]] = [
            ("PUT", _PAYMENT, payments.put),
            ("GET HEAD", _PAYMENT, payments.get),
            ("DELETE", _PAYMENT, payments.delete),
            ("GET HEAD", "/v1/payments", self._history.list),
            ("GET HEAD", _PAYMENT + "/entries", self._history.entries),
            ("GET", "/v1/days/{day:[^/]+}.csv", self._history.day),
            ("GET", "/v1/events", streams.get),
            ("GET", "/v1/watch", watch.get),
            ("GET HEAD", "/v1/box", self._box.status),
            ("GET HEAD", "/v1/panel.png", self._box.panel),
            ("GET HEAD", "/healthz", self._box.health),
            ("GET POST", "/v1/notify/{gateway}", self._pushes.take),
            ("GET HEAD", "/", self._page.index),
            ("GET HEAD", "/page/{name}", self._page.file),
            ("GET HEAD", "/v1/api.yaml", self._page.document),
            ("GET HEAD", "/v1/session", self._access.login.get),
            ("POST", "/v1/session", self._access.login.post),
            ("DELETE", "/v1/session", self._access.login.delete),
        ]
        if self._acts is not None:
            routes += [("GET HEAD", _PAYMENT + "/acts", self._acts.get), ("POST", _PAYMENT + "/acts", self._acts.post)]
        if self._metrics is not None:
            routes.append(("GET HEAD", "/metrics", self._metrics.get))
        if self._scans is not None:
            routes.append(("POST", "/v1/simulated/scan", self._scans.post))
        if self._keys is not None:
            routes.append(("POST", "/v1/simulated/keys/{till}", self._keys.post))
        return [*routes, ("GET HEAD", "/v1/simulated", self.playing.get), ("POST", "/v1/simulated/{toy}", self.playing.post)]


async def _sign(_request: web.Request, answer: web.StreamResponse) -> None:
    answer.headers["Server"] = ALWAYS["Server"]
    for name, value in {**ALWAYS, **USUAL}.items():
        answer.headers.setdefault(name, value)  # the page's files may be kept, and are scripts and styles: they say so themselves


def _clock() -> Callable[[], dict[str, Any]]:
    """What the clocks say, from now on."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    return lambda: {"now": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"), "up_s": int(loop.time() - started)}


class _Running:
    """A server between its start and its stop."""

    def __init__(self, runner: web.AppRunner, listener: asyncio.Server | TlsListener, begun: Begun, ending: Ending) -> None:
        self._runner = runner
        self.listener = listener
        self._begun = begun
        self._ending = ending

    async def stop(self, stop_s: float) -> None:
        self.listener.close()
        self._ending.come()
        if self._runner.server is not None:
            for connection in self._runner.server.connections:
                connection.close()  # idle ones at once, the others after their answer
            await self._runner.server.shutdown(stop_s)
        await self._begun.settle(stop_s)
        await self._runner.cleanup()
