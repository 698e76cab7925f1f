"""The sandbox itself: one port for the providers, a second one for who controls it.

    async with Sandbox(directory) as sandbox:
        sandbox.base_url, sandbox.config_snippet(), sandbox.ledger, ...

Providers plug in by `PROVIDERS`, each a function `add_routes(app, context)`.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import logging
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from aiohttp import web

from daemon.sandbox import announcement, control
from daemon.sandbox.context import SandboxContext
from daemon.sandbox.credentials import (
    CbtisCredentials,
    ConnectCredentials,
    MerchantCredentials,
    Smart2payCredentials,
    WechatCredentials,
    cbtis_credentials,
    connect_credentials,
    merchant_credentials,
    smart2pay_credentials,
    wechat_credentials,
)
from daemon.sandbox.ledger import Ledger
from daemon.sandbox.line import Line, reset
from daemon.sandbox.pushes import Pushes
from daemon.sandbox.scenario import Timings
from daemon.sandbox.script import Deck, read_script
from daemon.sandbox.tls import Certificates, make_certificates, server_context

__all__ = ["PROVIDERS", "Sandbox", "SandboxContext", "serve"]

log = logging.getLogger(__name__)

_HOST: Final = "127.0.0.1"
_BODY_BYTES: Final = 64 * 1024  # far more than any provider's request
_PATIENCE_S: Final = 0.2  # for handlers that are still answering when the sandbox stops

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
AddRoutes = Callable[[web.Application, SandboxContext], None]


def _from(module: str) -> AddRoutes:
    """The `add_routes` of a provider module, imported when it is first needed."""

    def add(app: web.Application, context: SandboxContext) -> None:
        importlib.import_module(module).add_routes(app, context)

    return add


_NAMES: Final = ("wechat", "merchant", "cbtis", "smart2pay", "connect")
PROVIDERS: Final[dict[str, AddRoutes]] = {
    name: _from(f"daemon.sandbox.{name}") for name in _NAMES if importlib.util.find_spec(f"daemon.sandbox.{name}")
}
"""The stand-ins, by name. Each registers its own paths; those of the merchant's backend and of Smart2Pay are under /merchant and
/smart2pay."""


class Sandbox:
    """All stand-ins, listening on loopback while entered. `port` 0 takes a free one.

    `script` is a script file, or a deck made by hand; `timings` take the place of the script's. Raises OSError, script.WrongScript.
    `tls=False` serves plain http and applies no rule about client certificates; `client_cert="required"` lets the TLS
    handshake itself fail without one, as a provider's front does that wants certificates everywhere. `names` are those by which
    whoever sees this machine's loopback from elsewhere calls it; its certificate has them too.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int = 0,
        script: Path | Deck | None = None,
        timings: Timings | None = None,
        tls: bool = True,
        client_cert: str = "optional",
        control_port: int = 0,
        names: Sequence[str] = (),
    ) -> None:
        self.directory = directory.absolute()
        self._port = port
        self._control_port = control_port
        self._client_required = client_cert == "required"
        deck, scripted = read_script(script) if isinstance(script, Path) else (script or Deck(), Timings())
        self.context = _context(self.directory, deck, timings or scripted, with_tls=tls, names=names)
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._runner: web.AppRunner | None = None
        self._ssl: ssl.SSLContext | None = None
        self._stack = contextlib.AsyncExitStack()

    # -- what is where --

    @property
    def ledger(self) -> Ledger:
        return self.context.ledger

    @property
    def deck(self) -> Deck:
        return self.context.deck

    @property
    def line(self) -> Line:
        return self.context.line

    @property
    def wechat(self) -> WechatCredentials:
        return self.context.wechat

    @property
    def merchant(self) -> MerchantCredentials:
        return self.context.merchant

    @property
    def cbtis(self) -> CbtisCredentials:
        return self.context.cbtis

    @property
    def connect(self) -> ConnectCredentials:
        return self.context.connect

    @property
    def pushes(self) -> Pushes:
        return self.context.pushes

    @property
    def smart2pay(self) -> Smart2payCredentials:
        return self.context.smart2pay

    @property
    def smart2pay_url(self) -> str:
        return f"{self.base_url}/smart2pay"

    @property
    def base_url(self) -> str:
        return f"{'https' if self.context.tls else 'http'}://{_HOST}:{self._port}"

    @property
    def merchant_url(self) -> str:
        return f"{self.base_url}/merchant"

    @property
    def control_url(self) -> str:
        return f"http://{_HOST}:{self._control_port}/_sandbox"

    @property
    def ca_file(self) -> Path:
        return self.context.ca_file

    @property
    def client_cert_file(self) -> Path:
        return self.context.client_cert_file

    @property
    def client_key_file(self) -> Path:
        return self.context.client_key_file

    def config_snippet(self) -> str:
        """Tables for config.toml that lead a box here; the files are named absolutely."""
        return announcement.snippet(self, PROVIDERS)

    # -- listening --

    async def __aenter__(self) -> Sandbox:
        try:
            self._runner = await self._serving(self._provider_app())
            await self.set_network(up=True)
            await self._serve_control()
        except BaseException:
            await self.__aexit__()
            raise
        clock = asyncio.create_task(self._keep_time(), name="sandbox-clock")
        self._stack.callback(clock.cancel)
        self._stack.callback(self.ledger.subscribe(lambda _order: self._changed.set()))
        self._stack.callback(self.ledger.subscribe(self.pushes.on_change))
        self._stack.push_async_callback(self.pushes.aclose)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.set_network(up=False)
        await self._stack.aclose()

    @property
    def is_up(self) -> bool:
        """Whether anybody can connect."""
        return self._server is not None

    async def set_network(self, *, up: bool) -> None:
        """Up: listen. Down: refuse new connections and reset those that are open, whatever they are waiting for."""
        if up and self._server is None and self._runner is not None:
            loop = asyncio.get_running_loop()
            serve = self._runner.server
            assert serve is not None  # the runner was set up
            self._server = await loop.create_server(serve, _HOST, self._port, ssl=self._tls())
            self._port = self._server.sockets[0].getsockname()[1]
        elif not up and self._server is not None:
            self._server.close()
            self._server = None
            await asyncio.sleep(0)  # a connection that was taken just now has its protocol then, and is not forgotten with its socket open
            self.line.cut()
            self._reset_all()

    def _reset_all(self) -> None:
        assert self._runner is not None  # the server was up, so it exists
        server = self._runner.server
        for connection in [] if server is None else list(server.connections):
            reset(connection.transport)

    def _tls(self) -> ssl.SSLContext | None:
        if self.context.tls and self._ssl is None:
            files = Certificates(
                self.ca_file, self.directory / "server.pem", self.directory / "server.key", self.client_cert_file, self.client_key_file
            )
            self._ssl = server_context(files, client_required=self._client_required)
        return self._ssl

    def _provider_app(self) -> web.Application:
        @web.middleware
        async def note(request: web.Request, handler: _Handler) -> web.StreamResponse:
            await request.read()  # so that the log's time is when the whole request was there
            self.line.saw(request, self.context.now())
            return await handler(request)

        app = web.Application(client_max_size=_BODY_BYTES, middlewares=[note])
        for add_routes in PROVIDERS.values():
            add_routes(app, self.context)
        return app

    async def _serve_control(self) -> None:
        runner = await self._serving(control.make_app(self))
        server = await asyncio.get_running_loop().create_server(runner.server, _HOST, self._control_port)  # type: ignore[arg-type]  # set up, so not None
        self._control_port = server.sockets[0].getsockname()[1]
        self._stack.callback(server.close)

    async def _serving(self, app: web.Application) -> web.AppRunner:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        self._stack.push_async_callback(_stop, runner)
        return runner

    async def _keep_time(self) -> None:
        """Let the ledger do what is due when it is due, so that its observers hear of it."""
        while True:
            self._changed.clear()
            due = self.ledger.next_due()
            timeout = None if due is None else max(0.0, due - self.context.now())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), timeout)
            self.ledger.advance()


async def _stop(runner: web.AppRunner) -> None:
    if runner.server is not None:
        await runner.server.shutdown(_PATIENCE_S)  # AppRunner's own patience is a minute, and set differently in aiohttp's versions
    await runner.cleanup()


def _context(directory: Path, deck: Deck, timings: Timings, *, with_tls: bool, names: Sequence[str]) -> SandboxContext:
    files = make_certificates(directory, names=names)
    return SandboxContext(
        ledger=Ledger(time.monotonic, timings),
        deck=deck,
        line=Line(),
        timings=timings,
        now=time.monotonic,
        wall=lambda: datetime.now(UTC),
        wechat=wechat_credentials(directory),
        merchant=merchant_credentials(directory),
        smart2pay=smart2pay_credentials(directory),
        cbtis=cbtis_credentials(directory),
        connect=connect_credentials(directory),
        pushes=Pushes(timings),
        tls=with_tls,
        ca_file=files.ca_file,
        client_cert_file=files.client_cert_file,
        client_key_file=files.client_key_file,
    )


async def serve(port: int, script: Path | None, directory: Path, announce: Callable[[str], None], control_port: int = 0) -> None:
    """Run until cancelled; `announce` gets the lines that a person needs. Raises OSError, script.WrongScript."""
    async with Sandbox(directory, port=port, script=script, control_port=control_port) as sandbox:
        for line in announcement.lines(sandbox, PROVIDERS):
            announce(line)
        sandbox.ledger.subscribe(lambda order: log.info("%s", announcement.told(order)))
        await asyncio.Event().wait()
