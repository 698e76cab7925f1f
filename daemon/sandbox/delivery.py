"""An answer on its way to the box: delayed, cut, damaged, or simply sent."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field, replace
from typing import Final

from aiohttp import web

from daemon.sandbox.context import SandboxContext
from daemon.sandbox.line import reset
from daemon.sandbox.scenario import Fault, Step

_HUGE_BYTES: Final = 8 * 1024 * 1024
_DRIPS: Final = 20  # pieces of a slow body

_DTD = b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/none.dtd">\n'
_BOMB = (
    b'<!DOCTYPE xml [<!ENTITY a "boom">'
    + b"".join(b'<!ENTITY %c "%b">' % (name + 1, b"&%c;" % name * 10) for name in range(ord("a"), ord("j")))
    + b"]>\n<xml><return_code>&j;</return_code></xml>"
)
_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider says, before anything happens to it on its way."""

    body: bytes
    content_type: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


async def deliver(request: web.Request, answer: Answer, step: Step, context: SandboxContext) -> web.StreamResponse:
    """Send the answer as the step says. What it returns is what the handler returns."""
    delay = context.timings.seconds(step.delay)
    if delay and not await context.line.wait(delay):
        return _broken(request)
    if step.fault is Fault.SILENT:
        await context.line.wait(context.timings.silence_s)
        return _broken(request)
    if step.fault is Fault.CUT:
        return _broken(request)
    if step.fault is Fault.TRUNCATED:
        return await _truncated(request, answer)
    if step.fault is Fault.SLOW:
        return await _slow(request, answer, context)
    return _response(damaged(answer, step.fault))


def damaged(answer: Answer, fault: Fault) -> Answer:
    """The answer with what the fault does to its bytes; faults of the connection change nothing here."""
    body = answer.body
    is_xml = "xml" in answer.content_type
    if fault is Fault.MALFORMED or (fault in (Fault.DOCTYPE, Fault.ENTITY_BOMB) and not is_xml):
        return replace(answer, body=b"service busy, please try again <" + body[:40])
    if fault is Fault.EMPTY:
        return replace(answer, body=b"")
    if fault is Fault.DOCTYPE:
        return replace(answer, body=_DTD + body)
    if fault is Fault.ENTITY_BOMB:
        return replace(answer, body=_BOMB)
    if fault is Fault.HUGE:  # white space at the end: well-formed in every format
        return replace(answer, body=body.ljust(_HUGE_BYTES))
    return _wrapped(answer, fault)


def _wrapped(answer: Answer, fault: Fault) -> Answer:
    if fault is Fault.HTML_502:
        return Answer(_PAGE, "text/html", 502)
    if fault is Fault.REDIRECT:
        return Answer(b"", "text/html", 302, {"Location": "https://127.0.0.1:9/elsewhere"})
    if fault is Fault.GZIP:
        return replace(answer, body=gzip.compress(answer.body), headers={**answer.headers, "Content-Encoding": "gzip"})
    if fault is Fault.BOM:
        return replace(answer, body=b"\xef\xbb\xbf" + answer.body)
    if fault is Fault.NOT_UTF8:
        middle = len(answer.body) // 2
        return replace(answer, body=answer.body[:middle] + b"\xff\xfe" + answer.body[middle:])
    return answer


def _response(answer: Answer) -> web.Response:
    headers = {**answer.headers, "Content-Type": answer.content_type}
    return web.Response(body=answer.body, status=answer.status, headers=headers)


def _broken(request: web.Request) -> web.Response:
    """Reset the connection; the response that aiohttp wants all the same goes nowhere."""
    reset(request.transport)
    return web.Response()


async def _begun(request: web.Request, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers={**answer.headers, "Content-Type": answer.content_type})
    response.content_length = len(answer.body)
    await response.prepare(request)
    return response


async def _truncated(request: web.Request, answer: Answer) -> web.StreamResponse:
    response = await _begun(request, answer)
    await response.write(answer.body[: len(answer.body) // 2])
    # An ordinary end after half of the body: a reset could overtake the bytes, and then this would be CUT.
    if request.transport is not None:
        request.transport.close()
    return response


async def _slow(request: web.Request, answer: Answer, context: SandboxContext) -> web.StreamResponse:
    response = await _begun(request, answer)
    size = max(1, len(answer.body) // _DRIPS)
    for start in range(0, len(answer.body), size):
        if not await context.line.wait(context.timings.slow_s / _DRIPS):
            return _broken(request)
        try:
            await response.write(answer.body[start : start + size])
        except ConnectionError:  # the box hung up, as it should
            return response
    return response
