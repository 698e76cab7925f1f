"""A day as CSV (daemon.day_csv): what is in a row, and that no spreadsheet runs it."""

from __future__ import annotations

import csv
import io
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from shop import a_payment, an_order

from daemon.day_csv import COLUMNS, harmless, head, lines
from daemon.lookup import Made
from daemon.money import Amount, Minor
from daemon.payment import Payment, Reason, State


def rows(*payments: Payment, is_doubtful: bool = False, ended_at: str | None = None, zone: Any = UTC) -> list[dict[str, str]]:
    made = [Made(number, payment, ended_at, is_doubtful) for number, payment in enumerate(payments)]
    return list(csv.DictReader(io.StringIO((head() + lines(made, zone)).decode(), newline="")))


def test_a_row_says_all_that_a_bill_is_held_against() -> None:
    order = an_order("T1", State.PAID, trade_no="4200", amount=Amount(Minor(1250), "CNY"))
    payment = a_payment("A-1", State.PAID, attempts=(order,), amount=Amount(Minor(1250), "CNY"))
    (row,) = rows(payment, ended_at="2026-11-21T12:00:03.500Z", zone=ZoneInfo("Asia/Shanghai"))
    assert row == {
        "made": "2026-11-21T20:00:00.000+08:00",
        "ended": "2026-11-21T20:00:03.500+08:00",
        "ref": "A-1",
        "till": "counter",
        "out_trade_no": "T1",
        "trade_no": "4200",
        "gateway": "trial",
        "scheme": "wechat",
        "amount_minor": "1250",
        "amount": "12.50",
        "currency": "CNY",
        "state": "paid",
        "payment_state": "paid",
        "reason": "",
        "refunded": "no",
        "in_doubt": "no",
    }


def test_the_file_is_as_rfc_4180_has_it() -> None:
    text = head() + lines([Made(1, a_payment(till='Till, "one"', attempts=(an_order(),)), None, False)], UTC)
    first, second, rest = text.decode().split("\r\n")
    assert (first, rest) == (",".join(COLUMNS), "")
    assert ',"Till, ""one""",' in second


def test_each_order_has_a_row_and_a_payment_without_any_has_none() -> None:
    refused = an_order("T1", State.REFUSED, reason=Reason("NOTENOUGH", "balance too low"))
    mended = a_payment("A-1", State.PAID, attempts=(refused, an_order("T2", State.PAID)))
    told = [
        (row["out_trade_no"], row["state"], row["payment_state"], row["reason"]) for row in rows(mended, a_payment("A-2", State.CANCELLED))
    ]
    assert told == [("T1", "refused", "paid", "NOTENOUGH"), ("T2", "paid", "paid", "")]


def test_an_order_without_a_reason_of_its_own_bears_the_payments() -> None:
    payment = a_payment(state=State.REVOKED, reason=Reason("timeout", "not known in time"), attempts=(an_order(state=State.REVOKED),))
    assert rows(payment)[0]["reason"] == "timeout"


@pytest.mark.parametrize(
    ("state", "reason", "refunded", "in_doubt"),
    [
        (State.IN_DOUBT, "mismatch", "no", "yes"),
        (State.REFUSED, "paid_late", "no", "yes"),
        (State.REFUNDED, "paid_late", "yes", "no"),
        (State.PAID, "goods_failed", "no", "yes"),
        (State.REFUSED, "NOTENOUGH", "no", "no"),
    ],
)
def test_of_a_payment_that_a_person_must_look_at_the_order_is_marked_that_is_why(
    state: State, reason: str, refunded: str, in_doubt: str
) -> None:
    order = an_order("T2", state, reason=Reason(reason, ""))
    (row,) = rows(a_payment(state=state, attempts=(order,)), is_doubtful=True)
    assert (row["refunded"], row["in_doubt"]) == (refunded, in_doubt)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", '=HYPERLINK("//x")'])
def test_what_a_spreadsheet_would_run_is_read_as_text(text: str) -> None:
    (row,) = rows(a_payment(text, attempts=(an_order(trade_no=text),)))
    assert (row["ref"], row["trade_no"]) == ("'" + text, "'" + text)


@pytest.mark.parametrize("value", ["", "1-1", "A=1", "'=1", -5, 1250])
def test_what_it_would_not_run_is_left_as_it_is(value: object) -> None:
    assert harmless(value) == value


@pytest.mark.parametrize(("currency", "decimal"), [("JPY", "1250"), ("KWD", "1.250"), ("EUR", "12.50")])
def test_amounts_have_the_digits_of_their_currency(currency: str, decimal: str) -> None:
    (row,) = rows(a_payment(attempts=(an_order(amount=Amount(Minor(1250), currency)),)))
    assert (row["amount_minor"], row["amount"], row["currency"]) == ("1250", decimal, currency)
