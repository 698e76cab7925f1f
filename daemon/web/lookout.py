"""What the box's page shows, made once for all who look, and only while somebody looks.

A page is told everything when it comes, and then what changed. The box tells the lookout of each new view and picture; whatever else
may have changed (a device's detail, a gateway) is seen within `LOOK_EVERY_S`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from daemon.web.errors import json_bytes

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0


@dataclass(frozen=True, slots=True)
class Dots:
    """A panel's picture: `packed` has its rows one after the other, eight dots to a byte, the leftmost in the highest bit, each row
    filled up to whole bytes."""

    width: int
    height: int
    packed: bytes


@dataclass(frozen=True, slots=True)
class Sights:
    """Where a page's news come from: `status` gives the body of `GET /v1/box`, `panel` the picture (None: there is none), `listeners`
    are lists of those who are told that one of the two may have changed."""

    status: Callable[[], dict[str, Any]]
    panel: Callable[[], Dots | None]
    listeners: tuple[list[Callable[[], None]], ...] = ()


class Lookout:
    """Keeps the newest of each sight for those who look. On the event loop's thread only."""

    def __init__(self, sights: Sights) -> None:
        self._sights = sights
        self._lookers: set[Looker] = set()
        self._told: dict[str, bytes] = {}
        self._serials: dict[str, int] = {"box": 0, "panel": 0}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._picture: Dots | None = None

    @contextmanager
    def enter(self) -> Iterator[Looker]:
        """Look for a while."""
        looker = Looker(self)
        self._lookers.add(looker)
        if self._task is None:
            self._begin()
        self._look()
        try:
            yield looker
        finally:
            self._lookers.discard(looker)
            if not self._lookers:
                self._end()

    def newer_than(self, seen: dict[str, int]) -> list[tuple[str, bytes]]:
        """Name and JSON of what has changed since `seen`, which is brought up to date."""
        news = [(name, self._told[name]) for name, serial in self._serials.items() if serial != seen.get(name) and name in self._told]
        seen.update(self._serials)
        return news

    def _begin(self) -> None:
        for listeners in self._sights.listeners:
            listeners.append(self._wake.set)
        self._task = asyncio.get_running_loop().create_task(self._watch())

    def _end(self) -> None:
        for listeners in self._sights.listeners:
            listeners.remove(self._wake.set)
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._wake.wait()
            self._wake.clear()
            try:
                self._look()
            except Exception:  # a fault of this program: those who look see the next change all the same
                log.exception("page_fault")

    def _look(self) -> None:
        news = self._keep("box", json_bytes(self._sights.status())) | self._look_at_panel()
        if news:
            for looker in self._lookers:
                looker.news.set()

    def _look_at_panel(self) -> bool:
        picture = self._sights.panel()
        if picture == self._picture and "panel" in self._told:
            return False
        self._picture = picture
        return self._keep("panel", _panel_bytes(picture))

    def _keep(self, name: str, told: bytes) -> bool:
        if self._told.get(name) == told:
            return False
        self._told[name] = told
        self._serials[name] += 1
        return True


class Looker:
    """One page that looks. `news` is set when there may be something that it has not been told."""

    def __init__(self, lookout: Lookout) -> None:
        self._lookout = lookout
        self._seen: dict[str, int] = {}
        self.news = asyncio.Event()

    def take(self) -> list[tuple[str, bytes]]:
        """Name and JSON of each sight that has changed since the last time; all of them the first time."""
        self.news.clear()
        return self._lookout.newer_than(self._seen)


def _panel_bytes(picture: Dots | None) -> bytes:
    if picture is None:
        return b"null"
    packed = base64.b64encode(picture.packed).decode()
    return json.dumps({"width": picture.width, "height": picture.height, "dots": packed}).encode()
