"""The sandbox on an event loop in a thread of its own, so that a story can be told in plain steps beside it."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import story_timing

from daemon.sandbox.cases import CASES, code_for
from daemon.sandbox.scenario import Scenario, Timings
from daemon.sandbox.server import Sandbox
from daemon.sandbox.shown_cases import SHOWN_CASES

T = TypeVar("T")

PREFIX = {"wechat": "13", "merchant": "28"}
"""What a payer's code begins with so that the box's routes (see `box_config`) send it through that gateway."""

_serials = itertools.count(1)


class Provider:
    """A running sandbox: `with Provider(directory) as provider`. Everything here may be called from the test's own thread."""

    def __init__(self, directory: Path, timings: Timings = story_timing.PROVIDER, **options: Any) -> None:
        self.sandbox = Sandbox(directory, timings=timings, **options)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="provider", daemon=True)
        self._news = threading.Condition()
        self._changes = 0

    def __enter__(self) -> Provider:
        self._thread.start()
        self._run(self.sandbox.__aenter__())
        self.call(lambda: self.sandbox.ledger.subscribe(lambda _order: self._wake()))
        return self

    def __exit__(self, *_exc: object) -> None:
        self._run(self.sandbox.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    # -- looking --

    @property
    def orders(self) -> dict[str, dict[str, Any]]:
        """The ledger's orders by number, oldest first: `state`, `charges`, `revokes`, `money_in`, `early_revokes` …"""
        orders: dict[str, dict[str, Any]] = self.call(self.sandbox.ledger.summary)["orders"]  # type: ignore[assignment]
        return orders

    def order(self, number: str) -> dict[str, Any]:
        """One order; KeyError where nobody asked for it."""
        return self.orders[number]

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """Everything that arrived whole, or what arrived on paths that hold that text: `at`, `path`, `connection`, `number`."""
        seen: list[dict[str, Any]] = self.call(self.sandbox.line.log)
        return [request for request in seen if path in str(request["path"])]

    def charges(self) -> list[dict[str, Any]]:
        """The charge requests of both providers."""
        return [*self.requests("/pay/micropay"), *self.requests("/v1/charges")]

    def until(self, true: Callable[[], T], seconds: float = 8.0) -> T:
        """What `true()` gives as soon as that is true; looked at after each change of the ledger. AssertionError in the end."""
        end = time.monotonic() + seconds
        while True:
            seen = self._changes
            result = true()
            if result:
                return result
            left = end - time.monotonic()
            assert left > 0, f"did not come true at the provider: {self.orders}"
            with self._news:
                self._news.wait_for(lambda: self._changes != seen, min(left, 0.2))  # noqa: B023  # waited for here and now

    # -- the payer's phone, the network --

    def confirm(self, number: str) -> None:
        self.call(lambda: self.sandbox.ledger.confirm(number))

    def decline(self, number: str) -> None:
        self.call(lambda: self.sandbox.ledger.decline(number))

    def network(self, *, up: bool) -> None:
        """Up: listen. Down: refuse new connections, reset open ones."""
        self._run(self.sandbox.set_network(up=up))

    def next_is(self, case: str | Scenario) -> None:
        """The next order gets that case, whatever its code says."""
        scenario = {**CASES, **SHOWN_CASES}[case] if isinstance(case, str) else case
        self.call(lambda: self.sandbox.deck.put(scenario))

    # -- notifications --

    def notifies(self, kind: str, url: str | None) -> None:
        """Where that kind of provider sends its notifications from now on; None: nowhere."""
        urls = self.sandbox.pushes.urls
        self.call(lambda: urls.pop(kind, None) if url is None else urls.update({kind: url}))

    def push(self, number: str, how: str) -> int:
        """Send one about that order now (`daemon.sandbox.pushes`: genuine, forged, replayed); what the box answers."""

        async def there() -> int:
            return await self.sandbox.pushes.push(self.sandbox.ledger.order(number), how)

        return self._run(there())

    # -- doing it over there --

    def call(self, does: Callable[[], T]) -> T:
        """What `does()` gives, on the provider's own thread."""

        async def there() -> T:
            return does()

        return self._run(there())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def _wake(self) -> None:
        with self._news:
            self._changes += 1
            self._news.notify_all()


def fresh_code(case: str = "paid", via: str = "wechat") -> str:
    """A made-up payer's code, never the same twice, that asks for that case and goes through that gateway.

    Its middle digits look random, so that a piece of it in a log is found for what it is.
    """
    digest = hashlib.blake2b(str(next(_serials)).encode(), digest_size=8).digest()
    return code_for(case, int.from_bytes(digest) % 10**14, PREFIX[via])
