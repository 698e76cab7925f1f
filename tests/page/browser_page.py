"""A page in a browser, with what goes wrong in it without anybody seeing it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

OUTPUT = Path(__file__).resolve().parents[1] / "output"


class Seen:
    """A page in the browser, and what went wrong in it without anybody seeing it."""

    def __init__(self, page: Any, name: str) -> None:
        self.page = page
        self.faults: list[str] = []
        self.hosts: set[str] = set()
        self.forgiven: tuple[str, ...] = ()
        self._name = name
        page.on("console", lambda said: self._said(said))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def _said(self, said: Any) -> None:
        if said.type in ("error", "warning"):
            self.faults.append(f"{said.type}: {said.text}")

    def picture(self, what: str) -> None:
        """Kept below tests/output, for people."""
        OUTPUT.mkdir(exist_ok=True)
        self.page.screenshot(path=OUTPUT / f"page-{self._name}-{what}.png", full_page=True)

    def check(self, address: str) -> None:
        faults = [fault for fault in self.faults if not any(word in fault for word in self.forgiven)]
        assert faults == [], faults
        assert self.hosts <= {urlsplit(address).netloc, ""}, self.hosts


Look = Callable[..., Seen]
