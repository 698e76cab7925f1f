"""Ending the box when nobody is paying: for a new version or configuration, without a payer who notices."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)


class Leaving:
    """Once asked, sets `stop` at the first look at which the box is idle. `look` is called whenever that may have changed."""

    def __init__(self, is_idle: Callable[[], bool], stop: asyncio.Event) -> None:
        self._is_idle = is_idle
        self._stop = stop
        self._asked = False

    def ask(self) -> None:
        if not self._asked:
            self._asked = True
            log.info("restart_asked when=%s", "now" if self._is_idle() else "after the open payment")
        self.look()

    def look(self) -> None:
        if self._asked and self._is_idle():
            self._stop.set()
