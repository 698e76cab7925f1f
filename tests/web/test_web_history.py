"""What was, over HTTP (daemon.web.history): searches, a payment's time line, a day as CSV."""

from __future__ import annotations

import asyncio
import csv
import io
import socket

import aiohttp
import pytest
from scripted_desk import NOON, ScriptedDesk, a_payment, a_web, refusing, until

from daemon import day_csv
from daemon.money import Amount, Minor
from daemon.payment import Attempt, OutTradeNo, State
from daemon.tills.base import NotStorable
from daemon.web.settings import Limits

DAY = "/v1/days/2025-03-01.csv"


def sold(desk: ScriptedDesk, number: int) -> ScriptedDesk:
    """A desk with so many paid payments."""
    for serial in range(number):
        order = Attempt(OutTradeNo(f"T{serial}"), "bank", "wechat", Amount(Minor(1250), "CNY"), State.PAID, 0.0, trade_no=f"42{serial}")
        desk.payments[f"A-{serial}"] = a_payment(f"A-{serial}", State.PAID, attempts=(order,), paid_at=NOON)
    return desk


# -- searches


async def test_a_search_tells_payments_and_where_to_go_on(box):
    sold(box.desk, 3)
    _, body = await box.call("GET", "/v1/payments?state=paid&limit=2")
    assert ([payment["ref"] for payment in body["payments"]], body["before"]) == (["A-2", "A-1"], "A-1")
    _, body = await box.call("GET", "/v1/payments?state=paid&limit=5")
    assert (len(body["payments"]), body["before"]) == (3, None)


async def test_the_list_without_filters_is_what_it_was(box):
    _, body = await box.call("GET", "/v1/payments")
    assert body == {"payments": []}
    assert box.desk.searched == []


async def test_a_search_before_nobody_is_422(box):
    status, body = await box.call("GET", "/v1/payments?ref=A&before=nobody")
    assert (status, list(body["error"]["fields"])) == (422, ["before"])


async def test_so_many_searches_at_once_and_no_more(serve):
    desk = ScriptedDesk()
    desk.hold = asyncio.Event()
    box = await serve(desk=desk, limits=Limits(searches=2))
    held = [asyncio.ensure_future(box.call("GET", "/v1/payments?ref=A")) for _ in range(2)]
    await until(lambda: len(desk.searched) == 2)
    status, body = await box.call("GET", "/v1/payments?ref=A")
    assert (status, body["error"]["code"]) == (503, "too_many")
    desk.hold.set()
    assert [(await answer)[0] for answer in held] == [200, 200]
    assert (await box.call("GET", "/v1/payments?ref=A"))[0] == 200


# -- a time line


async def test_a_time_line_is_told_in_the_shape_of_the_event_stream(box):
    await box.put("A-17", {"amount": 1250})
    box.desk.note("A-18", "asked")
    box.desk.note("A-17", "code_presented", State.SUBMITTING, scheme="wechat")
    status, body = await box.call("GET", "/v1/payments/A-17/entries")
    assert (status, [entry["seq"] for entry in body["entries"]]) == (200, [1, 3])
    assert body["entries"][1] == {
        "seq": 3, "at": NOON, "ref": "A-17", "out_trade_no": None, "event": "code_presented", "state": "submitting",
        "detail": {"scheme": "wechat"},
    }  # fmt: skip


async def test_a_time_line_of_nobody_is_404(box):
    for ref in ("A-99", "no%20ref", "x" * 65):
        status, body = await box.call("GET", f"/v1/payments/{ref}/entries")
        assert (status, body["error"]["code"]) == (404, "unknown"), ref


# -- a day


async def the_day(box, path: str = DAY) -> tuple[aiohttp.ClientResponse, str]:
    async with box.session.get(box.url(path)) as answer:
        return answer, (await answer.read()).decode()


async def test_a_day_is_a_file_for_a_spreadsheet(box):
    sold(box.desk, 2)
    answer, text = await the_day(box)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tillbox-box-2025-03-01.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["ref"], row["out_trade_no"], row["trade_no"], row["amount"]) for row in rows] == [
        ("A-0", "T0", "420", "12.50"),
        ("A-1", "T1", "421", "12.50"),
    ]


async def test_a_day_of_many_pages_is_whole(box):
    sold(box.desk, 2 * day_csv.PAGE + 1)
    _, text = await the_day(box)
    assert len(text.splitlines()) == 2 * day_csv.PAGE + 2
    assert len(box.desk.days) == 4


async def test_a_day_without_payments_is_its_header(box):
    _, text = await the_day(box)
    assert text == ",".join(day_csv.COLUMNS) + "\r\n"


@pytest.mark.parametrize("day", ["2025-02-30", "20250301", "today", "2025-03-01T00:00", "%20", "2025-3-1"])
async def test_a_day_that_is_none_is_422(box, day):
    status, body = await box.call("GET", f"/v1/days/{day}.csv")
    assert (status, body["error"]["code"]) == (422, "invalid")
    assert body["error"]["fields"] == {"day": "expected a day like 2026-11-21"}


async def test_without_csv_there_is_nothing(box):
    for path in ("/v1/days/2025-03-01", "/v1/days/.csv", "/v1/days"):
        assert (await box.call("GET", path))[0] == 404


async def test_a_journal_that_cannot_be_read_is_503(serve):
    box = await serve(desk=refusing(NotStorable("the journal cannot be read: disk gone")))
    status, body = await box.call("GET", DAY)
    assert (status, body["error"]["code"]) == (503, "not_storable")


@pytest.mark.parametrize("fault", [NotStorable("disk gone"), RuntimeError("inner working")])
async def test_a_file_that_breaks_off_does_not_pass_for_a_whole(serve, fault, caplog):
    desk = sold(ScriptedDesk(), day_csv.PAGE + 1)
    desk.hold = asyncio.Event()
    box = await serve(desk=desk)
    async with box.session.get(box.url(DAY)) as answer:
        reading = asyncio.ensure_future(answer.read())
        await until(lambda: len(desk.days) == 2)
        desk.made = _raising(fault)
        desk.hold.set()
        with pytest.raises(aiohttp.ClientError):
            await reading
    assert "export_broken" in caplog.text


def _raising(fault: Exception):
    async def made(*_: object) -> None:
        raise fault

    return made


async def test_so_many_files_at_once_and_no_more(serve):
    desk = sold(ScriptedDesk(), day_csv.PAGE + 1)
    desk.hold = asyncio.Event()
    box = await serve(desk=desk, limits=Limits(exports=1))
    held = asyncio.ensure_future(the_day(box))
    await until(lambda: len(desk.days) == 2)
    status, body = await box.call("GET", DAY)
    assert (status, body["error"]["code"]) == (503, "too_many")
    desk.hold.set()
    assert (await held)[0].status == 200


async def test_who_does_not_take_the_file_gives_up_its_place(serve):
    desk = ScriptedDesk()
    for serial in range(100):
        order = Attempt(OutTradeNo(f"T{serial}"), "x" * 100_000, "wechat", Amount(Minor(1250), "CNY"), State.PAID, 0.0)
        desk.payments[f"A-{serial}"] = a_payment(f"A-{serial}", State.PAID, attempts=(order,))  # far more than all buffers in between
    box = await serve(desk=desk, limits=Limits(exports=1, write_s=0.05))
    deaf = socket.create_connection(("127.0.0.1", box.port))
    deaf.sendall(f"GET {DAY} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    await until(lambda: desk.days)
    await until(lambda: not box.web._history._exports._taken)
    assert (await the_day(box))[0].status == 200
    deaf.close()


async def test_the_boxs_name_is_fit_for_a_file():
    assert a_web(terminal='shop 1/"x"')._history._terminal == "shop-1--x-"
