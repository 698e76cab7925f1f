"""`/v1/box`, the panel's picture, liveness, and hands for simulated devices: the box itself, apart from its payments."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import web

from daemon.masking import masked
from daemon.tills.base import Desk
from daemon.web.body import read_object
from daemon.web.errors import Problem, json_answer
from daemon.web.settings import Limits


class Box:
    def __init__(self, desk: Desk, panel_png: Callable[[], bytes | None], is_alive: Callable[[], bool], version: str) -> None:
        self._desk = desk
        self._panel_png = panel_png
        self._is_alive = is_alive
        self._version = version

    async def status(self, _request: web.Request) -> web.Response:
        return json_answer(self._desk.status())

    async def panel(self, _request: web.Request) -> web.Response:
        png = self._panel_png()
        if png is None:
            raise Problem(404, "no_panel", "this box has no panel, or has shown nothing on it yet")
        return web.Response(body=png, content_type="image/png")

    async def health(self, _request: web.Request) -> web.Response:
        if not self._is_alive():
            raise Problem(503, "not_alive", "the box does not do its work; its log says more")
        return json_answer({"alive": True, "version": self._version})


class SimulatedScans:
    """Takes codes over HTTP in place of a scanner. Served only by a box whose scanner is simulated."""

    def __init__(self, scan: Callable[[str], object], limits: Limits) -> None:
        self._scan = scan
        self._limits = limits

    async def post(self, request: web.Request) -> web.Response:
        self._scan(await _read_text(request, self._limits, "what a scanner would have read"))
        return json_answer({}, 202)


class SimulatedKeys:
    """Takes keys over HTTP in place of a number pad, by the name of its till. Served only by a box that has a simulated one."""

    def __init__(self, pads: Mapping[str, Callable[[str], object]], limits: Limits) -> None:
        self._pads = pads
        self._limits = limits

    async def post(self, request: web.Request) -> web.Response:
        text = await _read_text(request, self._limits, _KEYS)
        pad = self._pads.get(request.match_info["till"])
        if pad is None:
            raise Problem(404, "not_found", "there is no such till with a simulated number pad")
        try:
            pad(text)
        except ValueError:
            raise Problem(422, "invalid", "wrong: text", {"text": f"expected a text: {_KEYS}"}) from None
        return json_answer({}, 202)


_KEYS = "0 to 9 . + * / - and, as JSON writes them, \\n for Enter, \\b for Backspace, \\u001b for Esc"


async def _read_text(request: web.Request, limits: Limits, what: str) -> str:
    """The `text` of a body that has nothing else. Raises Problem, which never quotes it: it may be a payer's code."""
    body = await read_object(request, limits)
    wrong = {masked(name[:64]): "unknown; expected only text" for name in list(body)[:10] if name != "text"}
    text = body.get("text")
    if not isinstance(text, str) or not _is_whole(text):
        wrong["text"] = f"expected a text: {what}"
    if wrong or not isinstance(text, str):
        raise Problem(422, "invalid", "wrong: " + ", ".join(wrong), wrong)
    return text


def _is_whole(text: str) -> bool:
    """Whether it is made of whole characters. A lone surrogate is none, and no scanner gives one."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
