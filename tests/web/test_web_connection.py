"""Connections that are not what they should be, and starting and stopping the server."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest
from scripted_desk import a_web, until

from daemon.web.settings import Limits

MALFORMED = {
    "noise": b"\x00\x01\x02\xff\xfe\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x11" * 40 + b"\r\n\r\n",
    "bad header": b"GET /v1/box HTTP/1.1\r\nHost localhost\r\n\r\n",
    "two lengths": b"PUT /v1/payments/A HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "length is a word": b"PUT /v1/payments/A HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n",
    "negative length": b"PUT /v1/payments/A HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    "huge header": b"GET /v1/box HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
    "huge path": b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("wire", MALFORMED.values(), ids=MALFORMED.keys())
async def test_what_is_not_http_is_told_so_in_the_same_shape_and_closed(box, wire):
    answer = await box.raw(wire)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert json.loads(body)["error"]["code"] == "malformed"
    assert b"Server: tillbox\r\n" in head
    assert (await box.call("GET", "/v1/box"))[0] == 200


async def test_a_malformed_head_leaves_nothing_of_itself_in_the_log(box, caplog):
    caplog.set_level("DEBUG")
    await box.raw(b"GET /v1/box HTTP/1.1\r\nAuthorization Bearer open-sesame-0123\r\n\r\n")
    assert "http_malformed" in caplog.text
    assert "sesame" not in caplog.text


async def test_a_till_that_asks_before_it_sends_is_told_to_go_on(box):
    head = b"PUT /v1/payments/A HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 13\r\nConnection: close\r\n\r\n"
    answer = await box.raw(head + b'{"amount": 5}')
    assert answer.startswith(b"HTTP/1.1 100 Continue")
    assert b"HTTP/1.1 201 " in answer


async def test_a_till_that_asks_before_it_sends_too_much_is_told_so_instead(serve):
    box = await serve(limits=Limits(linger_s=0.05))
    head = b"PUT /v1/payments/A HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 99999\r\nConnection: close\r\n\r\n"
    assert (await box.raw(head)).startswith(b"HTTP/1.1 413 ")


async def test_a_connection_that_says_nothing_is_closed(serve):
    box = await serve(limits=Limits(head_s=0.05))
    assert await box.raw(b"") == b""
    assert await box.raw(b"GET /v1/box HTTP/1.1\r\nHos") == b""


async def test_one_that_has_spoken_is_not(serve):
    box = await serve(limits=Limits(head_s=0.05))
    await box.put("A-17", {"amount": 5})
    poll = asyncio.ensure_future(box.call("GET", "/v1/payments/A-17?wait=0.2&after=awaiting_code"))
    assert (await poll)[0] == 200


async def test_an_idle_connection_is_closed_after_a_while(serve):
    box = await serve(limits=Limits(idle_s=0.05))
    answer = await box.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"200 OK" in answer


async def test_connections_beyond_the_limit_are_told_so(serve):
    box = await serve(limits=Limits(connections=3))
    open_ones = [socket.create_connection(("127.0.0.1", box.port)) for _ in range(3)]
    await asyncio.sleep(0.02)
    answer = await box.raw(b"")
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "too_many"
    for one in open_ones:
        one.close()
    await asyncio.sleep(0.02)
    assert (await box.call("GET", "/healthz"))[0] == 200


async def test_pipelined_requests_are_answered_in_order(box):
    one = b"GET /v1/payments/A-%d HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
    answer = await box.raw(one % (1, b"") + one % (2, b"") + one % (3, b"Connection: close\r\n"))
    assert answer.count(b"HTTP/1.1 404 ") == 3


# -- start and stop


async def test_a_port_that_is_taken_is_told_at_start_and_nothing_is_left(box):
    other = a_web(port=box.port)
    with pytest.raises(OSError, match="in use"):
        await other.start()
    await other.stop()


async def test_a_stopped_box_listens_no_more_and_stopping_twice_is_fine(box):
    port = box.port
    await box.web.stop()
    await box.web.stop()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_it_can_be_started_again(box):
    await box.web.stop()
    await box.web.start()
    assert (await box.call("GET", "/healthz"))[0] == 200


async def test_a_stop_is_bounded_whatever_callers_do(serve):
    """Idle connections, a half-sent body, a long poll, a stream and a listener that reads nothing: all at once."""
    box = await serve(limits=Limits(stop_s=0.2))
    await box.put("A-17", {"amount": 5})
    wires = [
        b"",
        b"GET /v1/box HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PUT /v1/payments/B HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n{",
        b"GET /v1/payments/A-17?wait=60&after=awaiting_code HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 0\r\n\r\n",
    ]
    callers = [socket.create_connection(("127.0.0.1", box.port)) for _ in wires]
    for caller, wire in zip(callers, wires, strict=True):
        caller.sendall(wire)
    await until(lambda: box.desk.followers == 2 and box.desk.waiters)
    for _ in range(200):
        box.desk.note("A-17", "asked", padding="x" * 50_000)
    await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        await box.web.stop()
    assert (box.desk.followers, box.desk.waiters) == (0, 0)
    for caller in callers:
        caller.close()
