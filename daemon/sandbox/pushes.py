"""Notifications from the providers' stand-ins to the box: sent when an order changes, repeated until taken, and, on demand,
forged or sent again.

A provider says once, by `add`, how it writes to the shop about an order; the rest is here. Where to is what the order named, or
what the control API said for the provider (`urls`). Nothing ever leaves this machine: an address beyond loopback is noted and
not called. A box that heeds only these, or believes what they say, is a wrong box: they are hints and may be lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from daemon.sandbox.order import Order
from daemon.sandbox.scenario import Timings

log = logging.getLogger(__name__)

GENUINE, FORGED, REPLAYED = "genuine", "forged", "replayed"
HOWS: Final = (GENUINE, FORGED, REPLAYED)

_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_ANSWER_S: Final = 5.0  # for the box to take it; CBTIS's limit


class NoPush(Exception):
    """There is nothing to send; the text says why."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One notification. `taken` is the HTTP status that ends its repeats; `pauses` are between them, in `push_retry_s`.
    Without a `url` it goes where the control API said."""

    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = ""
    taken: int = 200
    pauses: tuple[float, ...] = ()


Writes = Callable[[Order, bool], Letter | None]
"""What a provider writes about an order that stands so, with True a forgery that must not verify; None: it writes nothing."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One notification that went out. `status` 0: nobody answered."""

    number: str
    how: str
    status: int


@dataclass(slots=True)
class Pushes:
    """The postman of all stand-ins. Used inside one event loop."""

    timings: Timings
    urls: dict[str, str] = field(default_factory=dict)  # by provider
    sent: list[Sent] = field(default_factory=list)
    _writers: dict[str, Writes] = field(default_factory=dict)
    _last: dict[str, tuple[str, Letter]] = field(default_factory=dict)  # by order number, for replays
    _told: dict[str, str] = field(default_factory=dict)  # by order number: the state that was last looked at
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _session: aiohttp.ClientSession | None = None

    def add(self, provider: str, writes: Writes) -> None:
        self._writers[provider] = writes

    def on_change(self, order: Order) -> None:
        """An observer of the ledger: writes where an order stands otherwise than before."""
        if order.provider not in self._writers or self._told.get(order.number) == order.state:
            return
        self._told[order.number] = order.state
        with contextlib.suppress(NoPush):
            task = asyncio.get_running_loop().create_task(self._deliver(order.number, *self._written(order, forged=False)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def push(self, order: Order, how: str) -> int:
        """Send one now and give the box's HTTP status (0: none). `replayed`: the last genuine one once more, byte for byte.

        Raises NoPush."""
        if how != REPLAYED:
            return await self._send(order.number, *self._written(order, forged=how == FORGED), how)
        if order.number not in self._last:
            raise NoPush(f"nothing was sent about {order.number} yet")
        return await self._send(order.number, *self._last[order.number], how)

    async def aclose(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _written(self, order: Order, *, forged: bool) -> tuple[str, Letter]:
        """The letter and its address."""
        writes = self._writers.get(order.provider)
        letter = writes(order, forged) if writes else None
        url = (letter.url or self.urls.get(order.provider, "")) if letter else ""
        if letter is None or not url:
            raise NoPush(f"{order.provider} has nothing to send about {order.number}, or no address")
        if urlsplit(url).hostname not in _LOOPBACK:
            log.info("push_not_sent number=%s why=beyond_loopback", order.number)
            raise NoPush("the address is not on this machine")
        return url, letter

    async def _deliver(self, number: str, url: str, letter: Letter) -> None:
        for pause in (*letter.pauses, None):
            if await self._send(number, url, letter, GENUINE) == letter.taken or pause is None:
                return
            await asyncio.sleep(pause * self.timings.push_retry_s)

    async def _send(self, number: str, url: str, letter: Letter, how: str) -> int:
        if how == GENUINE:
            self._last[number] = url, letter
        status = await self._post(url, letter)
        self.sent.append(Sent(number, how, status))
        log.info("push number=%s how=%s status=%d", number, how, status)
        return status

    async def _post(self, url: str, letter: Letter) -> int:
        if self._session is None:
            # A certificate of the box, where it has one, is its own affair.
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False), trust_env=False)
        try:
            async with (
                asyncio.timeout(_ANSWER_S),
                self._session.post(url, data=letter.body, headers=letter.headers, allow_redirects=False) as response,
            ):
                await response.read()
                return response.status
        except (aiohttp.ClientError, OSError):  # TimeoutError is one
            return 0
