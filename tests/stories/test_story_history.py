"""Looking back: a day of sales, refusals and a doubt is found again by all that one may know of it, and its file adds up with the
provider's own books."""

import csv
import io
import os
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone

import pytest
from box_process import ROOT
from provider_thread import fresh_code

ZONE = timezone(timedelta(hours=8))
POSIX_ZONE = {"TZ": "CST-8"}


@pytest.fixture(scope="module")
def day(make_shared_box):
    """A box in Shanghai, and what it sold: by case of the provider, each at its own amount."""
    box = make_shared_box({"policy": {"sell_while_in_doubt": True}}, environ=POSIX_ZONE).start()
    box.sales = {
        case: box.sell(fresh_code(case), amount) for case, amount in (("paid", 1250), ("refused_rulelimit", 700), ("wrong_amount", 333))
    }
    box.sales["merchant"] = box.sell(fresh_code("paid", "merchant"), 1250)
    return box


def found(box, **filters):
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    answer = box.get(f"/v1/payments?{query}")
    assert answer.status == 200, answer
    return [payment["ref"] for payment in answer.body["payments"]]


def today():
    return datetime.now(ZONE).date()


def rows_of(box, day):
    answer = box.get(f"/v1/days/{day}.csv")
    assert answer.status == 200, answer
    return answer.body, list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))


def test_they_ended_as_they_should(day):
    assert [payment["state"] for payment in day.sales.values()] == ["paid", "refused", "in_doubt", "paid"]


@pytest.mark.parametrize("case", ["paid", "refused_rulelimit", "wrong_amount", "merchant"])
def test_each_is_found_by_its_ref_and_by_either_number_of_its_order(day, case):
    payment = day.sales[case]
    (order,) = payment["attempts"]
    assert found(day, ref=payment["ref"]) == [payment["ref"]]
    assert found(day, order=order["out_trade_no"]) == [payment["ref"]]
    if order["trade_no"] is not None:
        assert found(day, order=order["trade_no"]) == [payment["ref"]]
    assert payment["ref"] in found(day, order=order["out_trade_no"][:4])


def test_and_by_amount_state_and_day(day):
    refs = {case: payment["ref"] for case, payment in day.sales.items()}
    assert found(day, amount=1250) == [refs["merchant"], refs["paid"]]
    assert found(day, state="refused") == [refs["refused_rulelimit"]]
    assert found(day, state="in_doubt") == [refs["wrong_amount"]]
    assert found(day, state="refused,in_doubt") == [refs["wrong_amount"], refs["refused_rulelimit"]]
    assert len(found(day, day=today())) + len(found(day, day=today() - timedelta(days=1))) == 4, "midnight may have passed"
    assert found(day, day=today() + timedelta(days=2)) == found(day, day=date(2001, 1, 1)) == []
    assert found(day, amount=1250, state="paid", order=day.sales["paid"]["attempts"][0]["out_trade_no"]) == [refs["paid"]]
    assert found(day, amount=1250, state="refused") == []


def test_a_time_line_is_what_the_journal_has(day):
    ref = day.sales["refused_rulelimit"]["ref"]
    told = day.get(f"/v1/payments/{ref}/entries").body["entries"]
    stored = day.journal(ref)
    assert [(e["seq"], e["event"], e["state"], e["detail"]) for e in told] == [
        (e["seq"], e["event"], e["state"], e["detail"]) for e in stored[: len(told)]
    ]
    assert (told[0]["event"], told[-1]["state"]) == ("asked", "refused")
    assert day.get("/v1/payments/nobody/entries").status == 404


def test_the_days_file_adds_up_with_the_providers_books(day, provider):
    rows = [row for one in (today() - timedelta(days=1), today()) for row in rows_of(day, one)[1]]
    assert {row["ref"] for row in rows} == {payment["ref"] for payment in day.sales.values()}
    orders = {row["out_trade_no"]: provider.order(row["out_trade_no"]) for row in rows}
    paid = [row for row in rows if row["state"] == "paid"]
    assert (
        sum(int(row["amount_minor"]) for row in paid)
        == 2500
        == sum(orders[row["out_trade_no"]]["money_in"] - orders[row["out_trade_no"]]["money_out"] for row in paid)
    )
    kept = {number for number, order in orders.items() if order["money_in"] > order["money_out"]}
    assert kept == {row["out_trade_no"] for row in rows if row["state"] == "paid" or row["in_doubt"] == "yes"}
    for row in rows:
        assert row["made"].endswith("+08:00")
        assert (row["ended"] == "") == (row["payment_state"] == "in_doubt")


def test_the_command_line_writes_the_same_file(day):
    body, _ = rows_of(day, today())
    command = [sys.executable, "-m", "daemon", "payments", "export", "--day", str(today()), "--config", str(day.config_path)]
    run = subprocess.run(command, cwd=ROOT, env={**os.environ, **POSIX_ZONE}, capture_output=True, timeout=30, check=True)
    assert run.stdout == body


def test_a_wrong_question_says_what_was_expected(day):
    answer = day.get("/v1/payments?day=yesterday&state=payed")
    assert (answer.status, answer.body["error"]["fields"].keys()) == (422, {"day", "state"})
    assert day.get("/v1/days/yesterday.csv").status == 422
