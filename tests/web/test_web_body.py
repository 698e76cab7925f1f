"""Bodies: JSON in the strictest sense, bounded in size and time; wrong ones lose nothing."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.web.body import parse_object
from daemon.web.errors import Problem
from daemon.web.settings import Limits

NOT_JSON = {
    "nothing": b"",
    "not json": b"amount=1250",
    "cut off": b'{"amount": 12',
    "two values": b'{"amount": 1} {"amount": 2}',
    "trailing comma": b'{"amount": 1,}',
    "single quotes": b"{'amount': 1}",
    "a name twice": b'{"amount": 1, "amount": 100}',
    "a name twice, deeper": b'{"amount": 1, "x": [{"a": 1, "a": 2}]}',
    "NaN": b'{"amount": NaN}',
    "Infinity": b'{"amount": -Infinity}',
    "a list": b'[{"amount": 1}]',
    "a number": b"1250",
    "null": b"null",
    "UTF-16": '{"amount": 1}'.encode("utf-16"),
    "GBK": '{"amount": 1, "description": "茶"}'.encode("gbk"),
    "byte order mark": b"\xef\xbb\xbf" + b'{"amount": 1}',
    "broken UTF-8": b'{"amount": 1, "description": "\xff"}',
    "deep nesting": b'{"amount": ' + b"[" * 8000 + b"]" * 8000 + b"}",
    "deep nesting of objects": b'{"a":' * 2600 + b"1" + b"}" * 2600,
    "leading zero": b'{"amount": 012}',
    "a line feed in a text": b'{"description": "a\nb"}',
    "NUL": b'{"amount": 1}\x00',
}


@pytest.mark.parametrize("raw", NOT_JSON.values(), ids=NOT_JSON.keys())
async def test_what_is_not_json_is_400_and_never_reaches_the_desk(box, raw):
    status, body = await box.call("PUT", "/v1/payments/A-17", data=raw)
    assert (status, body["error"]["code"]) == (400, "not_json")
    assert body["error"]["fields"] == {}
    assert box.desk.asked == []


async def test_an_error_says_where_and_what_but_quotes_nothing(box):
    _, body = await box.call("PUT", "/v1/payments/A-17", data=b'{"amount": 1,\n "code" "13"}')
    assert "line 2, column 9" in body["error"]["text"]
    assert "13" not in body["error"]["text"]


async def test_sixteen_kilobytes_are_taken_and_one_byte_more_is_not(box):
    frame = len(b'{"amount": 5, "description": ""}')
    at_most = b'{"amount": 5, "description": "%s"}' % (b"x" * (16384 - frame))
    assert (await box.call("PUT", "/v1/payments/A-17", data=at_most))[0] == 422  # read, and the description is too long
    status, body = await box.call("PUT", "/v1/payments/A-17", data=at_most + b" ")
    assert (status, body["error"]["code"]) == (413, "too_large")


async def test_a_large_body_in_chunks_is_cut_off_too(box):
    async def chunks():
        for _ in range(40):
            yield b" " * 1000

    status, _ = await box.call("PUT", "/v1/payments/A-17", data=chunks())
    assert status == 413


async def test_a_small_body_in_chunks_is_fine(box):
    async def chunks():
        for byte in b'{"amount": 5}':
            yield bytes([byte])

    assert (await box.call("PUT", "/v1/payments/A-17", data=chunks()))[0] == 201


async def test_a_compressed_body_is_not_unpacked(box):
    bomb = gzip.compress(b" " * 10_000_000)
    status, body = await box.call("PUT", "/v1/payments/A-17", data=bomb, headers={"Content-Encoding": "gzip"})
    assert (status, body["error"]["code"]) == (415, "compressed")


async def test_a_body_that_trickles_is_given_up_and_the_box_goes_on(serve):
    """Slow loris: one byte now and then keeps nothing but its own connection, and that not for long."""
    box = await serve(limits=Limits(body_s=0.1, linger_s=0.1))
    reader, writer = await asyncio.open_connection("127.0.0.1", box.port)
    writer.write(b"PUT /v1/payments/A-1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
    answering = asyncio.ensure_future(reader.readline())  # what trickles in after the end is answered with a reset, which ends a reading
    assert (await box.put("A-2", {"amount": 5}))[0] == 201
    while not answering.done():
        writer.write(b" ")
        await asyncio.sleep(0.02)
    writer.close()
    assert b"408" in await answering
    assert [request.ref for request in box.desk.asked] == ["A-2"]


async def test_a_body_that_breaks_off_is_no_request(box):
    _reader, writer = await asyncio.open_connection("127.0.0.1", box.port)
    writer.write(b'PUT /v1/payments/A-1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"amount": 5}')
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.01)
    assert (await box.put("A-2", {"amount": 5}))[0] == 201
    assert [request.ref for request in box.desk.asked] == ["A-2"]


async def test_malformed_chunks_are_400(box):
    wire = b'PUT /v1/payments/A-1 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{"amount": 5}\r\n0\r\n\r\n'
    answer = await box.raw(wire)
    assert answer.split(b" ")[1] == b"400"
    assert box.desk.asked == []


LEAVES = st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(max_size=9)


@given(st.dictionaries(st.text(max_size=5), LEAVES | st.lists(LEAVES, max_size=3), max_size=4))
def test_what_json_can_say_is_understood_as_it_was_meant(value):
    assert parse_object(json.dumps(value).encode()) == value


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_an_object_or_a_400(raw):
    try:
        found = parse_object(raw)
    except Problem as problem:
        found = problem.status
    assert isinstance(found, dict) or found == 400


@pytest.mark.parametrize("digits", [21, 1000, 10_000])
def test_a_number_of_any_length_stays_beyond_every_limit(digits):
    assert parse_object(b'{"a": %s}' % (b"9" * digits))["a"] >= 10**19
    assert parse_object(b'{"a": -%s}' % (b"9" * digits))["a"] <= -(10**18)
