"""The errands of a QR order (`daemon.errands`): made, searched for, shown, closed, each at the pace of QR orders."""

from __future__ import annotations

import pytest

from daemon.errands import DOING, HOLD_MAX_S, Terms, forgotten_at, give_up_at, revoke_from
from daemon.events import Action, Close, CreateQr, Query
from daemon.money import Amount, Minor
from daemon.news import Do
from daemon.payment import Attempt, Errand, Mode, OutTradeNo, State
from daemon.timing import Schedule

T1 = OutTradeNo("T1")
PLAIN = Terms(Schedule(), holds_queries=False, returns_late_money=True)
HOLDING = Terms(Schedule(), holds_queries=True, returns_late_money=True)
REPEATING = Terms(Schedule(), holds_queries=False, returns_late_money=True, repeats_creates=True)


def order(state: State = State.CREATING_QR, **fields: object) -> Attempt:
    """A QR order whose making was asked for at second 100."""
    return Attempt(T1, "connect", "wechat", Amount(Minor(1), "CNY"), state, sent_at=100.0, mode=Mode.SHOW).but(**fields)


def done(do: Do, attempt: Attempt, now: float, terms: Terms = PLAIN) -> tuple[Attempt, Action | None]:
    return DOING[do](attempt, terms, now)


def test_the_making_is_timed_from_its_sending():
    made, action = done(Do.CREATE, order(sent_at=0.0, errand=Errand.NONE), 100)
    assert (made.sent_at, made.errand, action) == (100, Errand.CHARGE, CreateQr(T1))


def test_the_payer_waits_for_a_qr_twice_as_long_as_for_an_answer_and_it_can_be_closed_at_any_time():
    schedule = Schedule(answer_s=8, give_up_s=99, revoke_not_before_s=50)
    assert (give_up_at(order(), schedule), forgotten_at(order(), schedule), revoke_from(order(), schedule)) == (116, 116, 100)


def test_an_order_that_may_not_have_been_made_is_asked_for_by_its_number():
    searched, action = done(Do.FIND, order(), 104)
    assert (searched, action) == (order(errand=Errand.ASK, asked_at=104, next_at=107), Query(T1))
    later, action = done(Do.FIND, searched, 105)
    assert (later.next_at, action) == (107, None), "at the pace of QR orders"
    again, action = done(Do.GO_ON, later, 107)
    assert (again.asked_at, again.next_at, action) == (107, 110, Query(T1))


def test_a_provider_that_took_its_time_over_the_search_is_asked_again_at_once():
    """It can hold queries, so it may have held this one, asked or not."""
    searched, _ = done(Do.FIND, order(), 104, HOLDING)
    assert done(Do.FIND, searched, 104.9, HOLDING)[0].next_at == 107
    assert done(Do.FIND, searched, 105, HOLDING)[0].next_at == 105


def test_or_made_again_where_the_provider_makes_one_order_per_key():
    searched, action = done(Do.FIND, order(), 104, REPEATING)
    assert (searched, action) == (order(errand=Errand.ASK, asked_at=104, next_at=107), CreateQr(T1))


def test_a_shown_order_is_never_made_again():
    shown = order(State.PRESENTING_QR, errand=Errand.ASK, next_at=107)
    assert done(Do.GO_ON, shown, 107, REPEATING)[1] == Query(T1)


def test_a_query_that_searches_for_a_qr_is_not_held_and_one_about_a_shown_qr_is_for_as_long_as_can_be():
    assert done(Do.FIND, order(), 104, HOLDING)[1] == Query(T1)
    shown = order(State.PRESENTING_QR, errand=Errand.ASK, next_at=400)
    assert done(Do.GO_ON, shown, 400, HOLDING)[1] == Query(T1, hold_s=HOLD_MAX_S), "giving up is for charges"


def test_the_first_question_about_a_shown_qr_comes_one_interval_after_it_is_shown():
    shown, action = done(Do.PRESENT, order(State.PRESENTING_QR), 105)
    assert (shown, action) == (order(State.PRESENTING_QR, errand=Errand.ASK, asked_at=105, next_at=108), None)


@pytest.mark.parametrize("revokes", [0, 3])
def test_a_close_gives_no_money_back_so_paid_still_proves_paid(revokes: int):
    closing, action = done(Do.REVOKE, order(State.CLOSING, errand=Errand.UNDO, revokes=revokes), 130)
    assert (closing.revokes, closing.revoke_open, action) == (revokes + 1, False, Close(T1))
