"""The way of an answer to the box: what each fault does to it. The charge itself was carried out every time."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from sandbox_box import Box, read

from daemon.sandbox.cases import code_for
from daemon.sandbox.delivery import Answer, damaged
from daemon.sandbox.scenario import Fault

XML = Answer(b"<xml><a>1</a></xml>", "text/xml")
JSON = Answer(b'{"a": 1}', "application/json")


async def charge(box: Box, case: str) -> tuple[int, bytes]:
    fields = {"body": "x", "out_trade_no": "A1", "total_fee": 1250, "spbill_create_ip": "::1", "auth_code": code_for(case)}
    url = box.sandbox.base_url + "/pay/micropay"
    async with box.session.post(url, data=box.signed(fields), allow_redirects=False) as response:
        return response.status, await response.read()


async def test_a_cut_line_is_a_reset_without_a_byte(box: Box) -> None:
    with pytest.raises((aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
        await charge(box, "answer_lost")
    assert box.sandbox.ledger.order("A1").money_in == 1250


async def test_a_truncated_answer_ends_before_its_announced_length(box: Box) -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        await charge(box, "truncated")
    assert box.sandbox.ledger.order("A1").money_in == 1250


async def test_a_silent_line_stays_open_and_is_cut_in_the_end(box: Box) -> None:
    asking = asyncio.ensure_future(charge(box, "silent_charge"))
    await asyncio.sleep(0.1)
    assert not asking.done()
    with pytest.raises((aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
        await asking


async def test_a_slow_answer_takes_its_time(box: Box) -> None:
    loop = asyncio.get_running_loop()
    before = loop.time()
    status, body = await charge(box, "slow")
    assert (status, read(body)["result_code"]) == (200, "SUCCESS")
    assert loop.time() - before >= 0.09


@pytest.mark.parametrize(
    ("case", "status", "starts"),
    [
        ("malformed", 200, b"service busy"),
        ("doctype", 200, b"<!DOCTYPE xml SYSTEM"),
        ("entity_bomb", 200, b"<!DOCTYPE xml [<!ENTITY"),
        ("html_502", 502, b"<html>"),
        ("redirect", 302, b""),
        ("empty", 200, b""),
        ("not_utf8", 200, b"<xml>"),
        ("huge", 200, b"<xml>"),
    ],
)
async def test_a_damaged_answer_to_a_paid_charge(box: Box, case: str, status: int, starts: bytes) -> None:
    got, body = await charge(box, case)
    assert got == status
    assert body.startswith(starts)
    assert box.sandbox.ledger.order("A1").money_in == 1250
    assert (await box.query())["trade_state"] == "SUCCESS"


def test_a_huge_answer_is_well_formed() -> None:
    assert json.loads(damaged(JSON, Fault.HUGE).body) == {"a": 1}
    assert len(damaged(XML, Fault.HUGE).body) == 8 * 1024 * 1024


def test_bytes_that_are_no_text_are_none() -> None:
    with pytest.raises(UnicodeDecodeError):
        damaged(XML, Fault.NOT_UTF8).body.decode()


@pytest.mark.parametrize("fault", [Fault.DOCTYPE, Fault.ENTITY_BOMB, Fault.MALFORMED])
def test_json_knows_no_doctype_and_is_simply_malformed(fault: Fault) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(damaged(JSON, fault).body)


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.CUT, Fault.SILENT, Fault.TRUNCATED, Fault.SLOW])
def test_faults_of_the_connection_leave_the_bytes_alone(fault: Fault) -> None:
    assert damaged(XML, fault) == XML
