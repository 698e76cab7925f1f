"""Heads that aiohttp would take or answer in a way of its own are refused in the box's (`daemon.web.heads`)."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize("line", [b"POST /v1/simulated/scan HTTP/2.0", b"PUT /v1/payments/A HTTP/0.9", b"PUT /v1/payments/A"])
async def test_another_version_of_http_is_refused_in_ours_and_nothing_is_carried_out(box, line):
    """Found by fuzzing: it was carried out, and answered in a status line of its own version, which nobody can read."""
    answer = await box.raw(line + b'\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 13\r\n\r\n{"amount": 5}')
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "malformed"
    assert box.desk.asked == box.scans == []


async def test_http_1_0_is_spoken(box):
    assert b" 200 OK" in await box.raw(b"GET /healthz HTTP/1.0\r\n\r\n")


async def test_a_request_after_a_good_one_is_looked_at_as_well(box):
    answer = await box.raw(
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: more\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 417 " in answer


@pytest.mark.parametrize("path", [b"/v1/payments/A", b"/nowhere"])
@pytest.mark.parametrize("expected", [b"miracles", b"100-continue\r\nExpect: miracles", b"m\xccracles"])
async def test_an_expectation_nobody_knows_is_417_in_the_same_shape(box, path, expected):
    """Found by fuzzing: to a path that is none aiohttp answered by itself, and 500 where it could not write down what was expected."""
    wire = b"PUT %s HTTP/1.1\r\nHost: localhost\r\nExpect: %s\r\nContent-Length: 0\r\n\r\n" % (path, expected)
    answer = await box.raw(wire)
    assert answer.startswith(b"HTTP/1.1 417 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "expectation"
