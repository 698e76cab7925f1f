"""`GET /v1/watch`: a page that looks on sees all there is, misses no payment, and holds up nobody."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest
from scripted_desk import until

from daemon.payment import State
from daemon.web.settings import Limits


async def next_event(stream):
    """The next event: its name, its data, its id (None where it has none)."""
    fields = {}
    while True:
        line = (await asyncio.wait_for(stream.content.readline(), 5)).decode().rstrip("\n")
        name, _, value = line.partition(": ")
        if name in ("id", "event", "data"):
            fields[name] = value
        elif not line and fields:
            return fields["event"], json.loads(fields["data"]), fields.get("id")


async def next_of(stream, name):
    """The next event of that name; others before it are passed over."""
    while (event := await next_event(stream))[0] != name:
        pass
    return event


async def test_a_page_that_comes_is_shown_everything_at_once(box):
    async with box.session.get(box.url("/v1/watch")) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        names = {(await next_event(stream))[0] for _ in range(3)}
    assert names == {"clock", "box", "panel"}


async def test_a_page_is_told_whether_there_is_something_to_play_with(box):
    for ground in (None, object()):
        box.web.playing.ground = ground
        async with box.session.get(box.url("/v1/watch")) as stream:
            assert (await next_of(stream, "box"))[1]["plays"] is (ground is not None)


async def test_a_payment_comes_with_the_number_that_a_lost_page_comes_back_with(box):
    async with box.session.get(box.url("/v1/watch")) as stream:
        await next_of(stream, "box")
        await box.put("A-17", {"amount": 1250})
        _, entry, number = await next_of(stream, "payment")
    assert (entry["ref"], entry["event"], number) == ("A-17", "asked", "1")
    box.desk.move("A-17", State.PAID)
    box.desk.note("A-17", "replied", State.PAID)
    async with box.session.get(box.url("/v1/watch"), headers={"Last-Event-ID": number}) as stream:
        _, entry, _ = await next_of(stream, "payment")
    assert (entry["seq"], entry["state"]) == (2, "paid")


async def test_the_clock_is_told_whenever_nothing_else_is(serve):
    box = await serve(limits=Limits(keep_alive_s=0.02))
    async with box.session.get(box.url("/v1/watch")) as stream:
        first, second = await next_of(stream, "clock"), await next_of(stream, "clock")
    assert first[1].keys() == {"now", "up_s"}
    assert first[1]["now"].endswith("Z")
    assert 0 <= first[1]["up_s"] <= second[1]["up_s"] < 60


async def test_so_many_pages_and_no_more(serve):
    box = await serve(limits=Limits(watchers=1))
    async with box.session.get(box.url("/v1/watch")) as stream:
        assert stream.status == 200
        status, body = await box.call("GET", "/v1/watch")
    assert (status, body["error"]["code"]) == (503, "too_many")


async def test_a_page_that_was_closed_is_forgotten(serve):
    box = await serve(limits=Limits(keep_alive_s=0.02))
    async with box.session.get(box.url("/v1/watch")):
        await until(lambda: box.desk.followers == 1)
    await until(lambda: box.desk.followers == 0)


async def test_a_page_that_takes_nothing_is_cut_off(serve):
    box = await serve(limits=Limits(write_s=0.05))
    deaf = socket.create_connection(("127.0.0.1", box.port))
    deaf.sendall(b"GET /v1/watch HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await until(lambda: box.desk.followers == 1)
    for _ in range(300):
        box.desk.note("A-1", "asked", padding="x" * 100_000)
    await until(lambda: box.desk.followers == 0)
    deaf.close()


async def test_a_stop_of_the_box_ends_it_at_once(box):
    async with box.session.get(box.url("/v1/watch")) as stream:
        await until(lambda: box.desk.followers)
        async with asyncio.timeout(10):
            await box.web.stop()
            await stream.content.read()
    assert box.desk.followers == 0


@pytest.mark.parametrize("text", ["last", "-1", "1.5"])
async def test_a_last_event_id_that_is_none_is_422(box, text):
    status, body = await box.call("GET", "/v1/watch", headers={"Last-Event-ID": text})
    assert (status, list(body["error"]["fields"])) == (422, ["Last-Event-ID"])
