"""`GET /v1/events`: whoever listens hears everything, and a listener who does not take it harms nobody."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest
from scripted_desk import ScriptedDesk, until

from daemon.payment import State
from daemon.web.settings import Limits


async def events(stream, number):
    """The next events of a stream, each as its fields; comments and `retry` left out."""
    found = []
    fields: dict[str, str] = {}
    while len(found) < number:
        line = (await asyncio.wait_for(stream.content.readline(), 5)).decode().rstrip("\n")
        name, _, value = line.partition(": ")
        if name in ("id", "event", "data"):
            fields[name] = value
        elif not line and fields:
            found.append(fields)
            fields = {}
    return found


async def test_entries_are_told_as_they_are_stored(box):
    async with box.session.get(box.url("/v1/events")) as stream:
        assert stream.status == 200
        assert stream.headers["Content-Type"] == "text/event-stream"
        await box.put("A-17", {"amount": 1250})
        box.desk.note("A-17", "replied", State.PAID, text="付款\n成功")
        first, second = await events(stream, 2)
    assert (first["id"], first["event"]) == ("1", "payment")
    assert json.loads(second["data"]) == {
        "seq": 2,
        "at": "2025-03-01T12:00:00Z",
        "ref": "A-17",
        "out_trade_no": None,
        "event": "replied",
        "state": "paid",
        "detail": {"text": "付款\n成功"},
    }


async def test_without_last_event_id_a_stream_begins_with_now(box):
    box.desk.note("A-1", "long_ago")
    async with box.session.get(box.url("/v1/events")) as stream:
        box.desk.note("A-2", "now")
        (event,) = await events(stream, 1)
    assert event["id"] == "2"


async def test_a_listener_that_comes_back_misses_nothing(box):
    for ref in ("A-1", "A-2", "A-3"):
        box.desk.note(ref, "asked")
    async with box.session.get(box.url("/v1/events"), headers={"Last-Event-ID": "1"}) as stream:
        assert [event["id"] for event in await events(stream, 2)] == ["2", "3"]
        box.desk.note("A-4", "asked")
        assert [event["id"] for event in await events(stream, 1)] == ["4"]


@pytest.mark.parametrize("text", ["last", "-1", "1.5", "9" * 19, "１"])
async def test_a_last_event_id_that_is_none_is_422(box, text):
    status, body = await box.call("GET", "/v1/events", headers={"Last-Event-ID": text})
    assert (status, list(body["error"]["fields"])) == (422, ["Last-Event-ID"])


async def test_a_silent_stream_is_kept_open_by_comments_and_loses_nothing_by_it(serve):
    box = await serve(limits=Limits(keep_alive_s=0.01))
    async with box.session.get(box.url("/v1/events")) as stream:
        for _ in range(3):
            while await asyncio.wait_for(stream.content.readline(), 5) != b": still here\n":
                pass
        box.desk.note("A-1", "asked")
        assert [event["id"] for event in await events(stream, 1)] == ["1"]


async def test_a_listener_that_hung_up_is_forgotten_by_the_next_comment(serve):
    box = await serve(limits=Limits(keep_alive_s=0.02))
    async with box.session.get(box.url("/v1/events")):
        await until(lambda: box.desk.followers == 1)
    await until(lambda: box.desk.followers == 0)


async def test_so_many_streams_and_no_more(serve):
    box = await serve(limits=Limits(streams=2))
    async with box.session.get(box.url("/v1/events")) as one, box.session.get(box.url("/v1/events")) as two:
        assert (one.status, two.status) == (200, 200)
        status, body = await box.call("GET", "/v1/events")
        assert (status, body["error"]["code"]) == (503, "too_many")
    await asyncio.sleep(0.02)
    async with box.session.get(box.url("/v1/events")) as again:
        assert again.status == 200


async def test_who_does_not_take_what_it_is_sent_is_dropped_and_holds_up_nobody(serve):
    box = await serve(limits=Limits(write_s=0.05))
    deaf = socket.create_connection(("127.0.0.1", box.port))
    deaf.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    async with box.session.get(box.url("/v1/events")) as stream:
        await until(lambda: box.desk.followers == 2)
        for _ in range(200):
            box.desk.note("A-1", "asked", padding="x" * 100_000)  # far more than all buffers in between
        listened = [event["id"] for event in await events_of_any_size(stream, 200)]
        await until(lambda: box.desk.followers == 1)
    assert listened == [str(number) for number in range(1, 201)]
    deaf.close()


async def events_of_any_size(stream, number):
    found, rest = [], b""
    while len(found) < number:
        rest += await asyncio.wait_for(stream.content.readany(), 5)
        *whole, rest = rest.split(b"\n\n")
        found += [{"id": event.decode().splitlines()[0].removeprefix("id: ")} for event in whole if event.startswith(b"id:")]
    return found


async def test_a_stop_of_the_box_ends_streams_at_once(box):
    async with box.session.get(box.url("/v1/events")) as stream:
        await until(lambda: box.desk.followers)
        async with asyncio.timeout(10):
            await box.web.stop()
            assert b"tillbox" in await stream.content.read()
    assert box.desk.followers == 0


class EndingDesk(ScriptedDesk):
    async def follow(self, after_seq):
        yield (await anext(super().follow(0)))


class FaultyDesk(ScriptedDesk):
    async def follow(self, after_seq):
        yield (await anext(super().follow(0)))
        raise RuntimeError("the journal went away")


async def test_a_stream_ends_with_the_journal(serve):
    desk = EndingDesk()
    desk.note("A-1", "asked")
    box = await serve(desk=desk)
    async with box.session.get(box.url("/v1/events")) as stream:
        assert b"id: 1\n" in await asyncio.wait_for(stream.content.read(), 5)


async def test_a_fault_cuts_the_stream_so_that_the_listener_comes_back(serve, caplog):
    desk = FaultyDesk()
    desk.note("A-1", "asked")
    box = await serve(desk=desk)
    answer = await broken_off(box)
    assert b"id: 1\n" in answer
    assert answer.count(b"HTTP/1.1") == 1  # no error answer in the middle of the stream
    assert "stream_fault" in caplog.text


async def broken_off(box):
    """What comes on a raw connection until it breaks."""
    reader, writer = await asyncio.open_connection("127.0.0.1", box.port)
    writer.write(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    heard = b""
    try:
        while chunk := await asyncio.wait_for(reader.read(65536), 5):
            heard += chunk
    except ConnectionResetError:
        pass
    finally:
        writer.close()
    return heard
