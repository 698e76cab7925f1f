"""Bodies of requests: bounded in size and time, and JSON in the strictest sense.

Strict because a body asks for money: a name given twice, a number that is none or bytes that are no UTF-8 mean that the
caller and the box could read different things in it.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, NoReturn

from aiohttp import HttpVersion11, web
from aiohttp.http_exceptions import HttpProcessingError

from daemon.web.errors import Problem
from daemon.web.settings import Limits

# Digits of a whole number that are read. Longer ones are beyond every limit of every field, and stay so when cut here;
# int() itself refuses more than 4300 with an error that is not about JSON.
_DIGITS = 20


async def read_object(request: web.Request, limits: Limits) -> dict[str, Any]:
    """The JSON object in a request's body, whatever `Content-Type` says. Raises Problem: 400, 408, 413, 415."""
    return parse_object(await read_raw(request, limits))


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in some bytes of UTF-8. Raises Problem 400, which says where and what, but quotes nothing."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_no_name_twice,
            parse_int=_whole,
            parse_constant=_no_such_number,
        )
    except UnicodeDecodeError as error:
        raise _not_json(f"byte {error.start} is no UTF-8") from error
    except json.JSONDecodeError as error:
        raise _not_json(f"{error.msg} (line {error.lineno}, column {error.colno})") from error
    except RecursionError as error:
        raise _not_json("nested too deep") from error
    except ValueError as error:
        raise _not_json(str(error)) from error
    if not isinstance(value, dict):
        raise _not_json('it holds no object; expected {"name": …}')
    return value


def _not_json(why: str) -> Problem:
    return Problem(400, "not_json", f"the body is not JSON as this box reads it (UTF-8, RFC 8259): {why}")


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    taken = dict(pairs)
    if len(taken) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return taken


def _whole(digits: str) -> int:
    return int(digits[:_DIGITS])


def _no_such_number(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON numbers")


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
