"""The errands: what is asked next and when, each pause and each bound for itself."""

from __future__ import annotations

import pytest

from daemon.errands import (
    CHASE_PAUSE_MAX_S,
    CHASE_TRIES,
    DOING,
    GOODS_FAILED,
    HOLD_MAX_S,
    KEPT_FOR_A_PERSON,
    PAID_LATE,
    REVOKE_PAUSE_MAX_S,
    UNDO_TRIES,
    Terms,
    doubt_at,
    forgotten_at,
    give_up_at,
    is_asked_out,
    most_requests,
    revoke_from,
)
from daemon.events import Action, Query, Refund, Revoke, Submit
from daemon.money import Amount, Minor
from daemon.news import Do
from daemon.payment import Attempt, Errand, Mode, OutTradeNo, Reason, State
from daemon.timing import Schedule

T1 = OutTradeNo("T1")
PLAIN = Terms(Schedule(), holds_queries=False, returns_late_money=True)
HOLDING = Terms(Schedule(), holds_queries=True, returns_late_money=False)


def order(**fields: object) -> Attempt:
    """An order charged at second 100."""
    return Attempt(T1, "wechat", "wechat", Amount(Minor(1), "CNY"), State.PENDING, sent_at=100.0).but(**fields)


def done(do: Do, attempt: Attempt, now: float, terms: Terms = PLAIN) -> tuple[Attempt, Action | None]:
    return DOING[do](attempt, terms, now)


def test_the_charge_is_timed_from_its_sending():
    charged, action = done(Do.SUBMIT, order(sent_at=0.0, errand=Errand.NONE), 100)
    assert (charged.sent_at, charged.errand, action) == (100, Errand.CHARGE, Submit(T1))
    assert (revoke_from(charged, Schedule()), give_up_at(charged, Schedule()), forgotten_at(charged, Schedule())) == (115, 130, 160)


def test_the_first_poll_comes_one_interval_after_the_answer_and_the_others_after_the_last_poll():
    asked, action = done(Do.ASK_LATER, order(), 101)
    assert (asked.errand, asked.next_at, action) == (Errand.ASK, 106, None)
    asked, _ = done(Do.ASK_LATER, order(errand=Errand.ASK, asked_at=106), 108)
    assert asked.next_at == 111


def test_a_question_is_asked_again_one_interval_later_if_nothing_is_heard():
    asked, action = done(Do.ASK_NOW, order(), 101)
    assert (asked, action) == (order(errand=Errand.ASK, asked_at=101, next_at=106), Query(T1))
    confirming, _ = done(Do.CONFIRM, order(), 101)
    assert confirming == order(errand=Errand.CONFIRM, asked_at=101, next_at=106)
    again, action = done(Do.GO_ON, asked, 106)
    assert (again.asked_at, again.next_at, action) == (106, 111, Query(T1))


def test_only_the_making_of_a_qr_is_asked_for_again():
    repeating = Terms(Schedule(), holds_queries=False, returns_late_money=True, repeats_creates=True)
    assert done(Do.GO_ON, order(errand=Errand.ASK, next_at=106), 106, repeating)[1] == Query(T1)


def test_a_heard_refusal_is_still_to_be_confirmed_by_the_next_poll():
    asked, _ = done(Do.ASK_LATER, order(errand=Errand.CONFIRM, refusal=Reason("NOTENOUGH", "")), 101)
    assert asked.errand is Errand.CONFIRM


@pytest.mark.parametrize(("second", "hold_s"), [(100, HOLD_MAX_S), (110, 20), (140, 0)])
def test_a_query_is_held_no_longer_than_the_payer_is_waited_for(second: float, hold_s: float):
    _, action = done(Do.ASK_NOW, order(), second, HOLDING)
    assert action == Query(T1, hold_s=hold_s)


def test_a_query_is_only_held_where_the_provider_can_and_never_to_confirm_a_refusal():
    assert done(Do.ASK_NOW, order(), 100)[1] == Query(T1)
    assert done(Do.CONFIRM, order(), 100, HOLDING)[1] == Query(T1)


def test_what_was_held_is_asked_again_at_once():
    held = order(errand=Errand.ASK, asked_at=101)
    assert done(Do.ASK_LATER, held, 102, HOLDING)[0].next_at == 102
    assert done(Do.ASK_LATER, held, 101.9, HOLDING)[0].next_at == 106, "it was not held"
    assert done(Do.ASK_LATER, order(), 101, HOLDING)[0].next_at == 101, "the charge said that the payer is asked"


@pytest.mark.parametrize(
    ("state", "asked_at", "now", "next_at"),
    [
        (State.REVOKING, 101, 103, 106),  # polls go on for the till
        (State.REVOKING, 0, 103, 103),
        (State.REVOKING, 112, 113, 115),  # not past the first allowed moment
        (State.REVOKING, 125, 130, 130),
        (State.REFUSED, 101, 103, 115),  # nobody waits
        (State.REFUSED, 101, 120, 120),
    ],
)
def test_undoing_is_taken_up(state: State, asked_at: float, now: float, next_at: float):
    undoing, action = done(Do.UNDO, order(state=state, asked_at=asked_at, tries=7, pause_s=9.0), now)
    assert (undoing.errand, undoing.next_at, action) == (Errand.UNDO, next_at, None)
    assert (undoing.since_at, undoing.tries, undoing.pause_s) == (now, 0, 0)
    assert doubt_at(undoing, Schedule()) == now + 600


def test_before_revoking_is_allowed_a_query_is_no_last_one():
    waiting, action = done(Do.GO_ON, order(errand=Errand.UNDO, next_at=112), 112)
    assert (action, waiting.asked_at, waiting.next_at) == (Query(T1), 112, 115)
    assert waiting.tries == 0
    last, action = done(Do.GO_ON, waiting, 115)
    assert (action, last.asked_at, last.tries) == (Query(T1, last=True), 115, 1)


def test_nothing_is_done_before_it_is_due():
    early = order(errand=Errand.UNDO, next_at=120)
    assert done(Do.GO_ON, early, 119.9) == (early, None)
    resting = order(errand=Errand.NONE, next_at=None)
    assert done(Do.GO_ON, resting, 9999) == (resting, None)


def test_a_revoke_is_counted_and_open_before_it_leaves():
    sent, action = done(Do.REVOKE, order(errand=Errand.UNDO), 115)
    assert (sent.revokes, sent.revoke_open, action) == (1, True, Revoke(T1))


def test_pauses_between_revokes_double_to_their_most():
    undoing = order(errand=Errand.UNDO, since_at=115)
    pauses = []
    for _ in range(8):
        undoing, _ = done(Do.REVOKE_LATER, undoing, 116)
        pauses.append(undoing.pause_s)
    assert pauses == [2, 4, 8, 16, 32, REVOKE_PAUSE_MAX_S, 60, 60]
    assert undoing.next_at == 176


def test_once_in_doubt_the_pauses_double_to_an_hour():
    undoing = order(errand=Errand.UNDO, since_at=115, pause_s=60.0)
    pauses = []
    for _ in range(8):
        undoing, _ = done(Do.REVOKE_LATER, undoing, 715)
        pauses.append(undoing.pause_s)
    assert pauses == [120, 240, 480, 960, 1920, CHASE_PAUSE_MAX_S, 3600, 3600]


def test_a_first_pause_beyond_the_most_is_obeyed():
    slow = Terms(Schedule(revoke_retry_s=90, chase_s=5000), holds_queries=False, returns_late_money=False)
    undoing = order(errand=Errand.UNDO, since_at=115)
    assert done(Do.REVOKE_LATER, undoing, 116, slow)[0].pause_s == 90
    assert done(Do.REVOKE_LATER, undoing.but(pause_s=90.0), 116, slow)[0].pause_s == 90
    assert done(Do.REVOKE_LATER, undoing, 716, slow)[0].pause_s == 5000


def test_revoking_is_bounded():
    undoing = order(errand=Errand.UNDO, since_at=115, tries=UNDO_TRIES)
    assert done(Do.REVOKE_LATER, undoing, 116)[0].pause_s == 10, "the long tail"
    ended, action = done(Do.REVOKE_LATER, undoing.but(tries=UNDO_TRIES + CHASE_TRIES), 116)
    assert (ended.errand, ended.next_at, action) == (Errand.NONE, None, None)


def test_watching_asks_ever_more_slowly_and_is_bounded():
    watching, action = done(Do.WATCH, order(tries=5), 200)
    assert (watching.errand, watching.next_at, watching.tries, action) == (Errand.WATCH, 210, 0, None)
    watching, action = done(Do.GO_ON, watching, 210)
    assert (watching.asked_at, watching.next_at, watching.tries, action) == (210, 230, 1, Query(T1))
    watching, _ = done(Do.GO_ON, watching, 230)
    assert (watching.next_at, watching.tries) == (270, 2)
    ended, action = done(Do.GO_ON, watching.but(tries=CHASE_TRIES), 270)
    assert (ended.errand, ended.next_at, action) == (Errand.NONE, None, None)


def test_what_was_watched_to_the_end_is_asked_about_once_more_and_no_more():
    rested = order(state=State.IN_DOUBT, errand=Errand.NONE, tries=CHASE_TRIES, pause_s=3600.0)
    asked, action = done(Do.ASK_ONCE, rested, 900)
    assert (asked.errand, asked.asked_at, asked.next_at, asked.pause_s) == (Errand.WATCH, 900, 910, 10)
    assert (asked.tries, action) == (CHASE_TRIES, Query(T1))
    ended, action = done(Do.GO_ON, asked, 910)
    assert (ended.errand, ended.next_at, action) == (Errand.NONE, None, None)
    hasty, _ = done(Do.ASK_ONCE, rested, 900, Terms(Schedule(chase_s=0.5), holds_queries=False, returns_late_money=True))
    assert hasty.pause_s == 0.5


@pytest.mark.parametrize(
    ("errand", "tries", "is_out"),
    [
        (Errand.WATCH, CHASE_TRIES, True),
        (Errand.WATCH, CHASE_TRIES + 1, True),
        (Errand.WATCH, CHASE_TRIES - 1, False),
        (Errand.UNDO, CHASE_TRIES, False),
        (Errand.NONE, CHASE_TRIES, False),
    ],
)
def test_only_what_is_watched_can_be_asked_out(errand: Errand, tries: int, is_out: bool):
    assert is_asked_out(order(errand=errand, tries=tries)) is is_out


def test_what_is_watched_already_is_not_watched_anew():
    watching = order(errand=Errand.WATCH, next_at=900, pause_s=320.0, tries=6)
    assert done(Do.WATCH, watching, 700) == (watching, None)
    due, action = done(Do.WATCH, watching, 900)
    assert (due.next_at, due.tries, action) == (1540, 7, Query(T1))


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(("now", "next_at"), [(115, 170), (200, 210)])
def test_an_order_that_was_never_known_is_looked_at_when_it_is_held_to_be_lost(now: float, next_at: float, mode: Mode):
    """A QR order, too, though its till is told an end much sooner: what turned up at the provider is closed there."""
    looked, action = done(Do.LOOK_ONCE_MORE, order(errand=Errand.UNDO, mode=mode), now)
    assert (looked.errand, looked.next_at, looked.since_at, action) == (Errand.WATCH, next_at, next_at, None)


def test_a_look_that_comes_too_soon_is_not_the_last():
    looking = order(errand=Errand.WATCH, since_at=160, next_at=170)
    assert done(Do.LOOK_ONCE_MORE, looking, 159) == (looking.but(next_at=160), None)
    assert done(Do.LOOK_ONCE_MORE, looking, 160)[0].errand is Errand.NONE
    assert done(Do.LOOK_ONCE_MORE, looking.but(was_known=True), 159)[0].errand is Errand.NONE, "an answer said what became of it"
    assert done(Do.LOOK_ONCE_MORE, looking.but(errand=Errand.UNDO), 110)[0].next_at == 170, "this is the first look"


def test_an_order_that_was_only_watched_is_looked_at_then_too():
    """Where the provider cannot close, a QR order is watched from the first; "no such order" after 10 s says nothing for good."""
    looked, action = done(Do.LOOK_ONCE_MORE, order(errand=Errand.WATCH, mode=Mode.SHOW, since_at=120.0), 130)
    assert (looked.errand, looked.next_at, looked.since_at, action) == (Errand.WATCH, 170.0, 170.0, None)


def test_a_look_that_was_due_too_soon_is_due_again_and_counts_for_none():
    """Due now, and the charge is not held to be lost yet: the watch that is on goes on as it is, with another moment."""
    looking = order(errand=Errand.WATCH, since_at=130.0, next_at=130.0, pause_s=40.0, tries=3)
    looked, action = done(Do.LOOK_ONCE_MORE, looking, 130)
    assert (looked, action) == (looking.but(next_at=170.0, since_at=170.0), None)


@pytest.mark.parametrize("seen", [{"was_known": True}, {"errand": Errand.WATCH}])
def test_what_was_known_or_has_been_looked_at_rests(seen: dict[str, object]):
    rested, _ = done(Do.LOOK_ONCE_MORE, order(**{"errand": Errand.UNDO, "next_at": 200.0, **seen}), 200)
    assert (rested.errand, rested.next_at) == (Errand.NONE, None)


def test_late_money_goes_back_under_its_bound_or_is_left_to_a_person():
    refunding, action = done(Do.RETURN_MONEY, order(tries=9, pause_s=99.0), 200)
    assert (refunding.errand, refunding.reason, refunding.tries, action) == (Errand.REFUND, PAID_LATE, 1, Refund(T1))
    later, action = done(Do.REFUND_LATER, refunding, 205)
    assert (later.next_at, later.pause_s, action) == (215, 10, None)
    again, action = done(Do.GO_ON, later, 215)
    assert (again.tries, action) == (2, Refund(T1))
    given_over, action = done(Do.GO_ON, later.but(tries=CHASE_TRIES), 215)
    assert (given_over.errand, given_over.reason, action) == (Errand.NONE, PAID_LATE, None)
    reported, action = done(Do.RETURN_MONEY, order(), 200, HOLDING)
    assert (reported.errand, reported.reason, action) == (Errand.NONE, PAID_LATE, None)


def test_the_first_pause_between_refunds_is_the_schedule_s_however_short():
    quick = Terms(Schedule(chase_s=1), holds_queries=False, returns_late_money=True)
    refunding, _ = done(Do.RETURN_MONEY, order(pause_s=99.0), 200, quick)
    assert done(Do.REFUND_LATER, refunding, 205, quick)[0].next_at == 206


def test_a_report_keeps_what_was_odd():
    odd, _ = done(Do.REPORT, order(reason=Reason("mismatch", "amount 1 instead of 2")), 200)
    assert odd.reason == Reason("paid_late", "amount 1 instead of 2")
    assert done(Do.REPORT, order(reason=Reason("timeout", "")), 200)[0].reason == PAID_LATE
    assert done(Do.REPORT, order(), 200)[0].reason == PAID_LATE


def test_the_most_requests_that_an_order_can_cause_is_a_number():
    """P9."""
    assert most_requests(Schedule()) == 1 + 33 + 2 * (2 * 217 + 177) + 177
    assert most_requests(Schedule(), boots=3) == most_requests(Schedule()) + 2 * 33
    assert most_requests(Schedule(query_every_s=0.5)) == most_requests(Schedule()) + 30


def test_what_was_not_handed_over_is_given_back_where_the_gateway_can_and_else_is_for_a_person():
    jammed = Reason("goods_failed", "jammed")
    paid = order(state=State.PAID, reason=jammed, errand=Errand.NONE, tries=7, pause_s=40.0)
    refunding, action = done(Do.GIVE_BACK, paid, 200, Terms(Schedule(), holds_queries=False, returns_late_money=False, refunds=True))
    assert (refunding.errand, refunding.reason, refunding.tries, refunding.pause_s, action) == (Errand.REFUND, jammed, 1, 0.0, Refund(T1))
    kept, action = done(Do.GIVE_BACK, paid, 200, PLAIN)
    assert (kept.errand, kept.reason, kept.tries, kept.pause_s, kept.next_at, action) == (Errand.NONE, jammed, 0, 0.0, None, None)
    reported, action = done(Do.REPORT, paid.but(errand=Errand.REFUND), 200)
    assert (reported.errand, reported.reason, action) == (Errand.NONE, jammed, None)


def test_reasons_for_a_person_are_those_whose_money_somebody_must_see_to():
    assert frozenset({"paid_late", GOODS_FAILED}) == KEPT_FOR_A_PERSON
