"""The filters of `GET /v1/payments` (daemon.web.filters): what they say to the desk, and what is said of wrong ones."""

from __future__ import annotations

import time

import pytest

from daemon.lookup import Wanted
from daemon.payment import State


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("ref=A-1", Wanted(ref="A-1")),
        ("order=4200", Wanted(order="4200")),
        ("amount=1250", Wanted(amount_minor=1250)),
        ("state=in_doubt", Wanted(states=frozenset({State.IN_DOUBT}))),
        ("state=paid,refused", Wanted(states=frozenset({State.PAID, State.REFUSED}))),
        ("state=paid%2Crefused", Wanted(states=frozenset({State.PAID, State.REFUSED}))),
        ("amount=7&ref=x&order=TBOX&state=paid", Wanted("x", "TBOX", 7, None, frozenset({State.PAID}))),
    ],
)
async def test_filters_reach_the_desk(box, query, wanted):
    assert (await box.call("GET", f"/v1/payments?{query}"))[0] == 200
    assert box.desk.searched == [(wanted, 50, None)]


async def test_they_combine_with_limit_and_before(box):
    await box.call("GET", "/v1/payments?ref=A&limit=7&before=A-9")
    assert box.desk.searched == [(Wanted(ref="A"), 7, "A-9")]


@pytest.fixture
def in_shanghai(monkeypatch):
    monkeypatch.setenv("TZ", "CST-8")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


async def test_a_day_is_the_boxs_own(in_shanghai, box):
    await box.call("GET", "/v1/payments?day=2026-11-21")
    assert box.desk.searched[0][0] == Wanted(made=("2026-11-20T16:00:00.000Z", "2026-11-21T16:00:00.000Z"))


@pytest.mark.parametrize(
    ("name", "texts", "rule"),
    [
        ("ref", ["", "no ref", "x" * 65, "付款"], "1 to 64 of A-Z a-z 0-9 . _ -"),
        ("order", ["", "TBO", "42 00", "x" * 129, "付款付款"], "4 characters at least"),
        ("amount", ["", "0", "-1", "12.50", "1e3", "9" * 16, "１２"], "a whole number from 1"),
        ("day", ["", "today", "2026-02-30", "20261121", "2026-11-21T00:00"], "a day like 2026-11-21"),
        ("state", ["", "payed", "paid,", "paid refused", "PAID"], "awaiting_code, submitting"),
    ],
)
async def test_a_wrong_one_is_named_with_what_is_expected(box, name, texts, rule):
    for text in texts:
        status, body = await box.call("GET", "/v1/payments", params={name: text})
        assert (status, body["error"]["code"], list(body["error"]["fields"])) == (422, "invalid", [name]), text
        assert rule in body["error"]["fields"][name]
    assert box.desk.searched == box.desk.listed == []


async def test_all_wrong_ones_are_named_at_once(box):
    _, body = await box.call("GET", "/v1/payments?amount=x&day=y&state=paid")
    assert list(body["error"]["fields"]) == ["amount", "day"]


async def test_one_that_is_given_twice_is_wrong(box):
    status, body = await box.call("GET", "/v1/payments?amount=1&amount=2")
    assert (status, body["error"]["fields"].keys()) == (422, {"amount"})
    assert body["error"]["fields"]["amount"].startswith("given more than once; expected")


async def test_what_was_looked_for_reaches_no_log(box, caplog):
    """A payer's code, typed into the wrong field, for instance."""
    caplog.set_level("DEBUG")
    await box.call("GET", "/v1/payments?order=130000000000000001&amount=130000000000000001")
    assert "fields=amount" in caplog.text
    assert "13000000" not in caplog.text
