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
_FOLDER = Path(__file__).parent / "static"
_REPLACED = (
    "the box's program was replaced while it runs, and its page with it; it is back once the new one runs (systemctl reload tillbox)"
)


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    kind: str
    tag: str  # an entity tag (RFC 9110, section 8.8.3)


class Page:
    """Files are read, all at once, when the first of them is asked for; a box whose page nobody opens never has them in memory. An upgrade
    puts others in their place while the box serves a payment to its end: those are for the box that comes then, and this one, which
    remembers which files were its own, does not serve them."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._folder = folder
        self._own = _stamps(folder)
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
            self._files = self._read()
        found = self._files.get(name)
        if found is None:
            raise Problem(404, "no_such_path", "the page has no such file")
        headers = {**_HEADERS, "ETag": found.tag}
        if found.tag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        return web.Response(body=found.body, headers=headers, content_type=found.kind, charset="utf-8")

    def _read(self) -> dict[str, _File]:
        """Looked at once more after they were read: they may be replaced in the middle of it."""
        try:
            found = {path.name: _file(path) for path in _paths(self._folder)}
        except OSError:
            found = {}
        if not found or _stamps(self._folder) != self._own:
            raise Problem(503, "replaced", _REPLACED)
        return found


def _paths(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix[1:] in _KINDS]


def _stamps(folder: Path) -> dict[str, tuple[int, int, int]]:
    """What tells a file from the one that takes its place. None where they cannot be looked at: a box sells without its page."""
    try:
        found = {path.name: path.stat() for path in _paths(folder)}
    except OSError:
        return {}
    return {name: (status.st_ino, status.st_mtime_ns, status.st_size) for name, status in found.items()}


def _file(path: Path) -> _File:
    body = path.read_bytes()
    return _File(body, _KINDS[path.suffix[1:]], f'"{hashlib.sha256(body).hexdigest()[:16]}"')
