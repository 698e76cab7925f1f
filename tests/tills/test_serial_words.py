"""What a serial till is told of a payment: `daemon.tills.serial_words`, and which ends there are (`daemon.tills.base`)."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.money import Amount, Minor
from daemon.payment import Attempt, Mode, OutTradeNo, Payment, Reason, Ref, State
from daemon.tills.base import Telling, end_of
from daemon.tills.serial_words import WORDS, plain_end, told, word

NOON = "2026-11-27T12:00:00.000Z"
AMOUNT = Amount(Minor(1250), "CNY")
LATE = Reason("paid_late", "the payment arrived after it had been given up")


def a_payment(state: State = State.AWAITING_CODE, **more: Any) -> Payment:
    return Payment(Ref("A-17"), "counter", AMOUNT, Mode.SCAN, state, NOON, NOON).but(**more)


def an_order(number: str, state: State, trade_no: str | None = None) -> Attempt:
    return Attempt(OutTradeNo(number), "g", "wechat", AMOUNT, state, 0.0, trade_no=trade_no)


def test_every_state_has_its_word_and_only_ends_have_the_words_of_an_end() -> None:
    assert set(WORDS) == set(State)
    for state in State:
        assert (WORDS[state] in ("paid", "declined", "cancelled", "expired", "unknown")) == (end_of(a_payment(state)) is not None)


def test_paid_is_the_word_of_one_state_only() -> None:
    assert [state for state in State if WORDS[state] == "paid"] == [State.PAID]


def test_a_state() -> None:
    payment = a_payment(State.PENDING)
    assert told(Telling(payment, None)) == {"t": "state", "ref": "A-17", "s": "paying", "state": "pending"}


def test_an_end_has_the_order_that_was_paid() -> None:
    payment = a_payment(State.PAID, attempts=(an_order("T1", State.PAID, "42"), an_order("T2", State.REVOKED, "43")))
    assert told(Telling(payment, 17)) == {
        "t": "end", "ref": "A-17", "s": "paid", "state": "paid", "amt": 1250, "cur": "CNY", "txn": "42", "order": "T1",
        "reason": None, "seq": 17,
    }  # fmt: skip


def test_an_end_that_is_none_of_success_says_why_and_has_the_newest_order() -> None:
    payment = a_payment(State.REFUSED, reason=Reason("NOTENOUGH", "balance too low"), attempts=(an_order("T1", State.REFUSED),))
    end = told(Telling(payment, 18))
    assert (end["s"], end["txn"], end["order"]) == ("declined", None, "T1")
    assert end["reason"] == {"code": "NOTENOUGH", "text": "balance too low"}
    assert told(Telling(a_payment(State.CANCELLED), 1))["reason"] == {"code": "cancelled", "text": ""}


@pytest.mark.parametrize("state", [State.REFUSED, State.CANCELLED, State.EXPIRED, State.IN_DOUBT])
def test_late_money_that_stays_is_another_end_and_for_a_person(state: State) -> None:
    before, after = a_payment(state), a_payment(state, reason=LATE)
    assert end_of(before) != end_of(after) == "paid_late"
    assert word(after) == "unknown"


def test_late_money_that_went_back_is_one_more() -> None:
    assert end_of(a_payment(State.REFUNDED, reason=LATE)) == "refunded"
    assert word(a_payment(State.REFUNDED, reason=LATE)) == "cancelled"


def test_the_plain_end() -> None:
    assert plain_end(a_payment(State.PAID)) == "PAID 12.50"
    assert plain_end(a_payment(State.EXPIRED)) == "NOT PAID expired"
    assert plain_end(a_payment(State.REFUSED, reason=Reason("X", "balance too low"))) == "NOT PAID declined: balance too low"
    yen = a_payment(State.PAID).but(amount=Amount(Minor(1250), "JPY"))
    assert plain_end(yen) == "PAID 1250"
