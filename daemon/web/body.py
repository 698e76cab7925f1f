"""Bodies of requests: bounded in size and time, and JSON in the strictest sense (`daemon.tills.strict_json`)."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import HttpVersion11, web
from aiohttp.http_exceptions import HttpProcessingError

from daemon.tills import strict_json
from daemon.web.errors import Problem
from daemon.web.settings import Limits


async def read_object(request: web.Request, limits: Limits) -> dict[str, Any]:
    """The JSON object in a request's body, whatever `Content-Type` says. Raises Problem: 400, 408, 413, 415."""
    return parse_object(await read_raw(request, limits))


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in some bytes of UTF-8. Raises Problem 400, which says where and what, but quotes nothing."""
    try:
        return strict_json.parse_object(raw)
    except strict_json.NotJson as error:
        raise Problem(400, "not_json", f"the body is not JSON as this box reads it (UTF-8, RFC 8259): {error}") from error


async def read_raw(request: web.Request, limits: Limits) -> bytes:
    """The body's bytes as they came. Raises Problem: 400, 408, 413, 415."""
    _refuse_early(request, limits)
    await _go_on(request)
    try:
        async with asyncio.timeout(limits.body_s):
            return await _collect(request, limits)
    except TimeoutError as error:
        raise Problem(408, "too_slow", f"the whole body did not arrive within {limits.body_s:g} s", close=True) from error
    except (web.RequestPayloadError, HttpProcessingError, ConnectionError) as error:
        raise Problem(400, "broken_body", "the body broke off or its chunks are malformed", close=True) from error


def _refuse_early(request: web.Request, limits: Limits) -> None:
    """What the head alone shows: nothing of such a body is read."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, "compressed", "the body is compressed; send it plain", close=True)
    if (request.content_length or 0) > limits.body_bytes:
        raise _too_large(limits)


async def _go_on(request: web.Request) -> None:
    """Tell a caller that asked first that its body is welcome: now that it may call, and its body is not too large."""
    if "Expect" in request.headers and request.version == HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun


async def expect_later(_request: web.Request) -> None:
    """For routes: aiohttp says `100 Continue` before anything is known about the caller; here `read_object` does."""


async def _collect(request: web.Request, limits: Limits) -> bytes:
    body = bytearray()
    while chunk := await request.content.readany():
        body += chunk
        if len(body) > limits.body_bytes:
            raise _too_large(limits)
    return bytes(body)


def _too_large(limits: Limits) -> Problem:
    return Problem(413, "too_large", f"a body is at most {limits.body_bytes} bytes", close=True)
