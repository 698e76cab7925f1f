"""The box's page: a few files of this package, as they are. What they show comes from the same paths that programs use.

Nothing is loaded from elsewhere, no script but these is run, and no other site may put the page into a frame: a page that can cancel
payments must be what it looks like. (https://www.w3.org/TR/CSP3/)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from daemon.web.errors import Problem

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",  # kept, and asked about each time: a new version of the box is seen at once
}
_KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "yaml": "application/yaml"}
_INDEX, _DOCUMENT = "index.html", "api.yaml"


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    kind: str
    tag: str  # an entity tag (RFC 9110, section 8.8.3)


class Page:
    """Files are read when the first of them is asked for; a box whose page nobody opens never has them in memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(__file__).with_name("static")
        self._files: Mapping[str, _File] | None = None

    async def index(self, request: web.Request) -> web.Response:
        return self._answer(request, _INDEX)

    async def document(self, request: web.Request) -> web.Response:
        """The OpenAPI document of all that the box answers to."""
        return self._answer(request, _DOCUMENT)

    async def file(self, request: web.Request) -> web.Response:
        return self._answer(request, request.match_info["name"])

    def _answer(self, request: web.Request, name: str) -> web.Response:
        if self._files is None:
            self._files = _read(self._folder)
        found = self._files.get(name)
        if found is None:
            raise Problem(404, "no_such_path", "the page has no such file")
        headers = {**_HEADERS, "ETag": found.tag}
        if found.tag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        return web.Response(body=found.body, headers=headers, content_type=found.kind, charset="utf-8")


def _read(folder: Path) -> dict[str, _File]:
    return {entry.name: _file(entry) for entry in folder.iterdir() if entry.name.rpartition(".")[2] in _KINDS}


def _file(entry: Path) -> _File:
    body = entry.read_bytes()
    return _File(body, _KINDS[entry.name.rpartition(".")[2]], f'"{hashlib.sha256(body).hexdigest()[:16]}"')
