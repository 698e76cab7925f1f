"""Errors as callers see them: one shape, whatever went wrong.

    {"error": {"code": "busy", "text": "payment A-17 is open", "fields": {"busy_ref": "A-17"}}}

`code` is for programs, `text` for people, `fields` names what in the request was wrong (422) or what is in the way (423).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from daemon.tills.base import Busy, Conflict, Ended, NotPossible, NotReady, NotStorable, Rejected

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# What every answer carries: who answers (and nothing about its libraries), and that nothing here may be cached, or taken for
# something else than it says it is.
ALWAYS = {"Server": "tillbox", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

# What every answer carries that does not say otherwise, as the page does. Nothing in it is to be run, framed, or embedded by other sites'
# pages, a browser that opens it tells nobody, and other sites cannot read it. Never `Strict-Transport-Security`: many boxes have a
# certificate of their own making, and a browser that was told it lets nobody past one that has ended, nor to anything else that the
# machine serves in the clear. The cookie's `Secure` and `__Host-` keep the log-in off such lines without it.
USUAL = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}

# What the box's own fields look like. Another name is whatever a caller chose to write, a token in the wrong place perhaps: the
# caller is told it, the log is not.
_OWN_NAME = re.compile(r"[a-z_]{1,16}|Last-Event-ID")


class Problem(Exception):
    """A request that is answered with an error. `close`: the connection is not used again."""

    def __init__(
        self,
        status: int,
        code: str,
        text: str,
        fields: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        close: bool = False,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})
        self.close = close


def json_bytes(value: Any) -> bytes:
    """UTF-8 JSON. A lone surrogate, which UTF-8 cannot carry, becomes the JSON escape that Python's own escape happens to be."""
    return json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace")


def json_answer(value: Any, status: int = 200) -> web.Response:
    """`value` as JSON, ending in a line feed for those who read it in a terminal."""
    return web.Response(status=status, body=json_bytes(value) + b"\n", content_type="application/json", charset="utf-8")


def error_body(problem: Problem) -> dict[str, Any]:
    return {"error": {"code": problem.code, "text": problem.text, "fields": problem.fields}}


def error_answer(problem: Problem) -> web.Response:
    answer = json_answer(error_body(problem), problem.status)
    answer.headers.update(problem.headers)
    if problem.close:
        answer.force_close()
    return answer


def problem_of(rejected: Rejected) -> Problem:
    """What the desk's refusal is over HTTP."""
    match rejected:
        case Busy():
            return Problem(423, "busy", f"payment {rejected.ref} is open; ask again when it has ended", {"busy_ref": rejected.ref})
        case Conflict():
            return Problem(409, "conflict", str(rejected) or "this ref was asked before with something else")
        case NotReady():
            return Problem(503, "not_ready", str(rejected) or "the box is not ready")
        case NotStorable():
            return Problem(503, "not_storable", str(rejected) or "the journal cannot be written")
        case Ended():
            return Problem(409, "ended", str(rejected) or "this payment has ended")
        case NotPossible():
            return Problem(409, "not_possible", str(rejected) or "that cannot be done now")
        case _:
            return Problem(503, "rejected", str(rejected) or "the box did not take the request")


def too_many(what: str) -> Problem:
    return Problem(503, "too_many", f"too many {what} at once; close some")


@web.middleware
async def in_one_shape(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into an error answer."""
    try:
        return await handler(request)
    except Problem as problem:
        return _told(request, problem)
    except Rejected as rejected:
        return _told(request, problem_of(rejected))
    except web.HTTPException as foreign:
        return _told(request, _translated(foreign))
    except Exception:
        log.exception("http_fault method=%s route=%s", request.method, route_of(request))
        return error_answer(Problem(500, "internal", "the box made a mistake with this request; its log says more"))


def _told(request: web.Request, problem: Problem) -> web.Response:
    names = (name if _OWN_NAME.fullmatch(name) else "?" for name in problem.fields)
    said = f"status={problem.status} code={problem.code} fields={','.join(names)}"
    log.info("http_refused method=%s route=%s %s", request.method, route_of(request), said)
    return error_answer(problem)


def route_of(request: web.Request) -> str | None:
    """The pattern that the path matched (``/v1/payments/{ref}``), None where it matched none."""
    resource = request.match_info.route.resource
    return None if resource is None else resource.canonical


def _translated(foreign: web.HTTPException) -> Problem:
    """aiohttp's own errors in our shape."""
    if isinstance(foreign, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(foreign.allowed_methods))
        return Problem(405, "wrong_method", f"this path takes {allowed}", headers={"Allow": allowed})
    if foreign.status == 404:
        return Problem(404, "no_such_path", "there is nothing at this path; docs/http-api.md lists what there is")
    return Problem(foreign.status, "http", foreign.reason)
