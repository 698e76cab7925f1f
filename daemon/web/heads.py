"""Heads of requests that aiohttp takes, or answers, in a way of its own: here they are refused in the box's.

It carries out requests in HTTP/0.9 and HTTP/2.0, and answers in a status line of that version, which nobody can read. And an
`Expect` that it does not know it refuses before anything of ours has seen the request, in plain text that repeats it; where it is no
UTF-8, not even that succeeds. So both are taken out of the head before aiohttp acts on it, and the request is refused on its
way to its handler.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import HttpVersion10, HttpVersion11, web
from multidict import CIMultiDict, CIMultiDictProxy

from daemon.web.errors import ALWAYS, USUAL, Problem

CONTINUE = "100-continue"

_MakeRequest = Callable[..., web.BaseRequest]


def not_http(status: int = 400) -> Problem:
    """What came is not HTTP as the box reads it."""
    return Problem(status, "malformed", "this is not HTTP/1.1 as the box reads it", headers=ALWAYS | USUAL, close=True)


def looked_at(make: _MakeRequest) -> _MakeRequest:
    """A server's `request_factory` that notes on the connection, as `objection`, what is against the request."""

    def made(message: Any, payload: Any, protocol: Any, *more: Any) -> web.BaseRequest:
        message, protocol.objection = _plain(message)
        return make(message, payload, protocol, *more)

    return made


@web.middleware
async def refuse(request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
    """Raises the Problem that `looked_at` has noted."""
    objection = getattr(request.protocol, "objection", None)  # other protocols than ours note none
    if objection is not None:
        raise objection
    answer: web.StreamResponse = await handler(request)
    return answer


def _plain(message: Any) -> tuple[Any, Problem | None]:
    """The head without what aiohttp would act on, and what is to be said to it."""
    if message.version not in (HttpVersion10, HttpVersion11):
        return message._replace(version=HttpVersion11, headers=_without_expect(message.headers)), not_http()
    if any(value.lower() != CONTINUE for value in CIMultiDict(message.headers).getall("Expect", ())):
        problem = Problem(417, "expectation", f"this box meets no expectation but {CONTINUE}", close=True)
        return message._replace(headers=_without_expect(message.headers)), problem
    return message, None


def _without_expect(headers: Mapping[str, str]) -> CIMultiDictProxy[str]:
    left = CIMultiDict(headers)
    left.popall("Expect", None)
    return CIMultiDictProxy(left)
