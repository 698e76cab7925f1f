"""The cycle's stories after the till was told: late payments, orders that were let go, doubt, and how long it is asked on."""

from __future__ import annotations

import pytest
from cycle_story import Story, never_known

from daemon.errands import CHASE_TRIES, UNDO_TRIES, most_requests
from daemon.late_money import needs_a_person
from daemon.payment import Errand, Reason, State
from daemon.reply import Verdict
from daemon.timing import Schedule

V = Verdict

SEVEN_DAYS_S = 7 * 24 * 3600.0


def _walked_away(**how: object) -> Story:
    """The payer is asked and does nothing until the box gives up; the last query is under way."""
    story = Story(**how)
    story.scan()
    story.reply(V.CONFIRMING)
    story.answer_all(query=V.CONFIRMING, until=29)
    story.until_asked()
    return story


def _odd(**how: object) -> Story:
    story = Story(**how)
    story.scan()
    story.reply(V.MISMATCH, "mismatch")
    return story


def _told(ends: str, **how: object) -> Story:
    """The till was told an end without money, and the provider is asked once more."""
    if ends == "refused":
        story = Story(**how)
        story.refused("TRADE_ERROR", mendable=False)
    else:
        story = Story(shows=True, closes=False, **how)
        story.leave_qr(cancelled=ends == "cancelled")
    assert story.state.value == ends
    story.until_asked()
    assert not story.order().told_unpaid, "that is of what came into doubt after it was told"
    return story


# -- the payer pays an order that was refused --


def test_an_earlier_refused_order_proves_paid_while_a_code_is_awaited():
    story = Story()
    story.refused()
    story.until_asked()
    story.reply(V.PAID)
    assert (story.state, story.reason, story.payment.paid_at) == (State.PAID, None, "answered")
    assert story.cycle.current() == story.order(1)
    assert story.is_over


def test_the_other_refused_orders_are_still_revoked_then():
    story = Story()
    story.refused()
    story.wait(1)
    story.refused()
    story.until_asked()
    story.reply(V.PAID)
    story.until_asked()
    story.reply(V.UNPAID)
    story.reply(V.REVOKED)
    assert story.state is State.PAID
    assert story.asked_since(15) == ["15 last query", "16 last query #2", "16 revoke #2"]
    assert story.is_over


@pytest.mark.parametrize("late_payment", ["refund", "report"])
def test_a_refused_order_that_is_paid_while_the_payer_pays_another_is_revoked(late_payment: str):
    """Nobody pays twice, whatever the operator chose for late payments: this one is not late, it is one too many."""
    story = Story(late_payment=late_payment)
    story.refused()
    story.wait(14)
    story.scan()
    story.wait(1)
    story.reply(V.PAID, order=1)
    story.reply(V.PAID, order=2)
    assert story.asked_since(14) == ["14 submit #2", "15 last query", "15 revoke"]
    story.reply(V.REFUNDED, order=1)
    assert story.state is State.PAID
    assert [a.state for a in story.payment.attempts] == [State.REFUSED, State.PAID]
    assert story.is_over


def test_a_refused_order_that_is_paid_after_the_till_was_told_is_refunded():
    story = Story()
    story.refused("TRADE_ERROR", mendable=False)
    story.until_asked()
    story.reply(V.PAID)
    assert story.state is State.REFUSED
    story.reply(V.REFUNDED)
    assert (story.state, story.why) == (State.REFUNDED, "paid_late")
    assert story.asked_since(15) == ["15 last query", "15 refund"]
    assert story.is_over


@pytest.mark.parametrize("how", [{"late_payment": "report"}, {"refunds": False}])
def test_or_it_is_reported(how: dict[str, object]):
    story = Story(**how)
    story.refused("TRADE_ERROR", mendable=False)
    story.until_asked()
    story.reply(V.PAID)
    assert (story.state, story.why) == (State.REFUSED, "paid_late")
    assert story.asked_since(15) == ["15 last query"]
    assert story.is_over


def test_a_refused_order_of_a_cancelled_payment_is_refunded_too():
    story = Story()
    story.refused()
    story.cancel()
    story.until_asked()
    story.reply(V.PAID)
    assert (story.state, story.why) == (State.CANCELLED, "cancelled")
    story.reply(V.REFUNDED)
    assert (story.state, story.why) == (State.REFUNDED, "paid_late")


def test_a_late_payment_is_refunded_under_one_number_until_that_is_confirmed():
    story = Story()
    story.refused(mendable=False)
    story.until_asked()
    story.reply(V.PAID)
    story.lose()
    story.until_asked()
    story.lose(sent=False)
    story.until_asked()
    story.reply(V.UNKNOWN)
    story.until_asked()
    assert story.asked_since(15) == ["15 last query", "15 refund", "25 refund", "45 refund", "85 refund"]
    story.reply(V.REFUNDED)
    assert story.state is State.REFUNDED
    assert story.is_over


def test_a_refund_that_is_refused_is_reported():
    story = Story()
    story.refused(mendable=False)
    story.until_asked()
    story.reply(V.PAID)
    story.reply(V.REFUND_REFUSED)
    assert (story.state, story.why) == (State.REFUSED, "paid_late")
    assert story.is_over


def test_a_refund_that_nobody_confirms_for_seven_days_is_reported():
    story = Story()
    story.refused(mendable=False)
    story.until_asked()
    story.reply(V.PAID)
    story.answer_all(query=V.UNKNOWN, refund=V.UNKNOWN, until=SEVEN_DAYS_S + 9000)
    assert (story.state, story.why) == (State.REFUSED, "paid_late")
    assert sum("refund" in line for line in story.asked) == CHASE_TRIES
    assert story.is_over


def test_a_refused_payment_keeps_its_reason_when_the_order_cannot_be_undone():
    story = Story()
    story.refused("TRADE_ERROR", mendable=False)
    story.until_asked()
    story.reply(V.UNPAID)
    story.reply(V.REVOKE_AGAIN)
    story.until_asked()
    assert story.asked_since(17) == ["17 last query"]
    story.reply(V.UNPAID)
    story.reply(V.REVOKE_REFUSED, "TRADE_ERROR")
    assert (story.state, story.why) == (State.REFUSED, "TRADE_ERROR")
    story.until_asked()
    story.reply(V.CONFIRMING)
    assert story.asked_since(18)[0] == "27 query"


def test_a_refused_order_whose_revoke_was_refused_is_watched_and_refunded():
    story = Story()
    story.refused(mendable=False)
    story.until_asked()
    story.reply(V.UNPAID)
    story.reply(V.REVOKE_REFUSED)
    story.until_asked()
    story.lose()
    story.until_asked()
    story.reply(V.PAID)
    story.reply(V.REFUNDED)
    assert story.asked_since(15) == ["15 last query", "15 revoke", "25 query", "45 query", "45 refund"]
    assert story.state is State.REFUNDED


def test_a_refused_order_is_paid_but_not_what_was_asked():
    story = Story()
    story.refused(mendable=False)
    story.until_asked()
    story.reply(V.MISMATCH, "mismatch")
    assert (story.state, story.why) == (State.IN_DOUBT, "mismatch")
    assert story.order().errand is Errand.WATCH


@pytest.mark.parametrize("ends", ["refused", "cancelled", "expired"])
def test_odd_money_that_proves_right_after_the_till_was_told_goes_back(ends: str):
    """The till has sold the goods again by then, perhaps: what was told without money is never told paid."""
    story = _told(ends)
    story.reply(V.MISMATCH, "mismatch")
    assert (story.state, story.why) == (State.IN_DOUBT, "mismatch")
    story.until_asked()
    story.reply(V.PAID)
    assert (story.state, story.why) == (State.IN_DOUBT, "paid_late")
    story.reply(V.REFUNDED)
    assert (story.state, story.why) == (State.REFUNDED, "paid_late")
    assert story.is_over


def test_or_a_person_sees_to_it():
    story = _told("refused", late_payment="report")
    story.reply(V.MISMATCH, "mismatch")
    story.until_asked()
    story.reply(V.PAID)
    assert (story.state, story.why) == (State.IN_DOUBT, "paid_late")
    assert story.cycle.next_deadline() is None
    assert not story.order().is_open


def test_odd_money_that_was_told_otherwise_may_still_be_found_gone():
    story = _told("refused")
    story.reply(V.MISMATCH, "mismatch")
    story.until_asked()
    story.reply(V.CLOSED)
    assert story.state is State.REVOKED
    assert story.is_over


def test_an_odd_payment_of_an_earlier_order_stops_the_sale():
    """The payer has paid something: no further code is asked for."""
    story = Story()
    story.refused()
    story.until_asked()
    story.reply(V.MISMATCH, "mismatch")
    assert (story.state, story.why) == (State.IN_DOUBT, "mismatch")
    story.until_asked()
    story.reply(V.PAID)
    assert story.state is State.PAID


def test_an_odd_payment_of_an_earlier_order_waits_for_the_order_that_carries_the_payment():
    story = Story()
    story.refused_and_odd_beside_another()
    assert story.state is State.SUBMITTING
    story.refuse("NOTENOUGH", mendable=True)
    story.reply(V.UNPAID)
    assert (story.state, story.why) == (State.IN_DOUBT, "mismatch")


def _paid_twice() -> Story:
    """The first order's answer was odd, so nobody knew; and the second was paid."""
    story = Story()
    story.refused_and_odd_beside_another()
    story.reply(V.PAID, order=2)
    return story


def test_an_odd_payment_that_proves_right_when_another_was_made_goes_back():
    story = _paid_twice()
    assert story.state is State.PAID
    story.until_asked()
    story.reply(V.PAID, order=1)
    assert story.asked_since(25) == ["25 query", "25 refund"]
    story.reply(V.REFUNDED)
    assert story.state is State.PAID
    assert [a.state for a in story.payment.attempts] == [State.REFUNDED, State.PAID]
    assert story.is_over


def test_paid_beside_an_order_in_doubt_is_for_a_person_until_that_is_proven():
    story = _paid_twice()
    assert (story.state, story.why) == (State.PAID, "paid_twice")
    assert needs_a_person(story.payment)
    story.until_asked()
    story.reply(V.CLOSED, order=1)
    assert (story.state, story.reason) == (State.PAID, None)
    assert story.is_over


def test_money_of_a_second_order_that_cannot_go_back_is_for_a_person():
    """Nobody pays twice, and where somebody did and the provider refuses the refund, nobody forgets it."""
    story = _paid_twice()
    story.until_asked()
    story.reply(V.PAID, order=1)
    assert (story.state, story.reason) == (State.PAID, None), "on its way back"
    story.reply(V.REFUND_REFUSED)
    assert (story.state, story.why) == (State.PAID, "paid_twice")
    assert story.is_over
    story.wait(100)
    story.want_refund()
    assert story.asked[-1].endswith(" refund")
    story.reply(V.REFUNDED)
    assert (story.state, story.reason) == (State.PAID, None)
    assert [a.state for a in story.payment.attempts] == [State.REFUNDED, State.PAID]


def test_or_a_person_sees_to_what_was_paid_twice():
    story = _paid_twice()
    story.until_asked()
    story.reply(V.PAID, order=1)
    story.reply(V.REFUND_REFUSED)
    story.settle()
    assert (story.state, story.why) == (State.PAID, "settled")
    assert story.order(1).reason == story.reason
    assert story.order(2).reason is None
    assert not needs_a_person(story.payment)


def test_late_money_of_an_earlier_order_is_told_as_soon_as_the_payment_is_not_paid():
    """Reported while another order carried the payment, and told when that came to nothing."""
    story = Story(late_payment="report")
    story.refused()
    story.until_asked()
    story.reply(V.UNPAID)
    story.reply(V.REVOKE_REFUSED)
    story.scan()
    story.reply(V.CONFIRMING)
    story.wait(10)
    story.reply(V.CONFIRMING, order=2)
    story.reply(V.PAID, order=1)
    assert story.state is State.PENDING
    assert story.order(1).reason == Reason("paid_late", "the payment arrived after it had been given up")
    story.answer_all(query=V.CONFIRMING, until=45)
    assert (story.state, story.why) == (State.REVOKED, "paid_late")
    assert story.is_over


def test_revoked_says_that_a_person_must_look_when_an_earlier_order_turns_out_odd():
    story = Story()
    story.refused()
    story.wait(14)
    story.scan()
    story.reply(V.CLOSED, order=2)
    story.until_asked()
    story.reply(V.MISMATCH, "mismatch")
    assert (story.state, story.why) == (State.REVOKED, "paid_late")
    assert story.order(1).state is State.IN_DOUBT


def test_not_revoked_but_in_doubt_while_an_earlier_order_is():
    story = Story()
    story.refused_and_odd_beside_another()
    story.reply(V.CLOSED, order=2)
    assert (story.state, story.why) == (State.IN_DOUBT, "mismatch")
    story.until_asked()
    story.reply(V.CLOSED)
    assert story.state is State.REVOKED


def test_a_refund_of_an_earlier_order_does_not_end_the_doubt_of_another():
    story = Story()
    story.refused()
    story.until_asked()
    story.reply(V.UNPAID)
    story.reply(V.REVOKE_REFUSED)
    story.scan()
    story.reply(V.MISMATCH, "mismatch", order=2)
    assert story.state is State.IN_DOUBT
    story.until_asked()
    story.reply(V.PAID, order=1)
    story.reply(V.REFUNDED, order=1)
    assert (story.state, story.why) == (State.IN_DOUBT, "mismatch")


def test_revoked_is_told_for_good_whatever_goes_back_later():
    story = Story()
    story.refused()
    story.wait(14)
    story.scan()
    story.reply(V.CLOSED, order=2)
    assert story.state is State.REVOKED
    story.until_asked()
    story.reply(V.PAID)
    story.reply(V.REFUNDED)
    assert (story.state, story.why) == (State.REVOKED, "closed_by_provider")
    assert story.order(1).state is State.REFUNDED
    assert story.is_over


# -- the provider never knew the order --


def test_an_order_the_provider_never_knew_is_revoked_and_looked_at_once_more():
    story = Story()
    story.scan()
    story.wait(10)
    story.lose()
    story.answer_all(query=V.NOT_KNOWN, revoke=V.NOT_KNOWN, until=59)
    assert story.state is State.REVOKING, "asked until twice give_up_s"
    story.answer_all(query=V.NOT_KNOWN, revoke=V.NOT_KNOWN, until=61)
    assert (story.state, story.why) == (State.REVOKED, "timeout")
    seconds = (30, 32, 36, 44, 60)
    assert story.asked_since(30) == [line for s in seconds for line in (f"{s} last query", f"{s} revoke")]
    story.until_asked()
    story.reply(V.NOT_KNOWN)
    assert story.asked_since(61) == ["70 query"]
    assert story.is_over


def test_a_look_that_brought_no_answer_is_no_look():
    story = never_known()
    story.until_asked()
    story.lose()
    story.until_asked()
    story.lose(sent=False)
    story.until_asked()
    story.reply(V.UNKNOWN)
    story.until_asked()
    assert story.asked_since(61) == ["70 query", "90 query", "130 query", "210 query"]
    story.reply(V.NOT_KNOWN)
    assert story.is_over


def test_a_provider_may_revoke_what_it_does_not_know_and_is_looked_at_once_more():
    story = Story()
    story.scan()
    story.lose()
    story.answer_all(query=V.NOT_KNOWN, until=30)
    assert story.state is State.REVOKED
    story.until_asked()
    assert story.asked_since(31) == ["70 query"]
    story.reply(V.NOT_KNOWN)
    assert story.is_over


def test_a_charge_that_arrives_between_two_revokes_is_undone_by_the_next():
    story = Story()
    story.scan()
    story.lose()
    story.answer_all(query=V.NOT_KNOWN, revoke=V.NOT_KNOWN, until=31)
    story.until_asked()
    story.reply(V.PAID)
    assert story.asked_since(32) == ["32 last query", "32 revoke"]
    story.reply(V.REFUNDED)
    assert story.state is State.REVOKED
    assert story.is_over


def test_a_charge_that_arrives_and_is_paid_after_its_revoke_is_refunded():
    story = never_known()
    story.until_asked()
    story.reply(V.PAID)
    assert (story.state, story.why) == (State.REVOKED, "paid_late")
    story.lose()
    story.until_asked()
    story.reply(V.REFUNDED)
    assert (story.state, story.why) == (State.REVOKED, "timeout"), "revoked never changes, and nothing is left to be seen to"
    assert story.is_over


@pytest.mark.parametrize("how", [{"late_payment": "report"}, {"refunds": False}])
def test_or_the_payment_that_arrived_after_its_revoke_is_reported(how: dict[str, object]):
    story = never_known(**how)
    story.until_asked()
    story.reply(V.PAID)
    assert (story.state, story.why) == (State.REVOKED, "paid_late")
    assert story.is_over


def test_a_refund_of_what_arrived_after_its_revoke_is_refused():
    story = never_known()
    story.until_asked()
    story.reply(V.PAID)
    story.reply(V.REFUND_REFUSED)
    assert (story.state, story.why) == (State.REVOKED, "paid_late")
    assert story.is_over


def test_what_arrived_after_its_revoke_is_odd_and_reported():
    story = never_known()
    story.until_asked()
    story.reply(V.MISMATCH, "mismatch")
    assert (story.state, story.why) == (State.REVOKED, "paid_late")
    assert story.is_over


@pytest.mark.parametrize("alive", [V.UNPAID, V.CONFIRMING, V.REFUSED])
def test_a_charge_that_arrives_unpaid_after_its_revoke_is_undone_once_more(alive: Verdict):
    story = never_known()
    story.until_asked()
    story.reply(alive)
    story.answer_all(query=alive, until=71)
    assert story.asked_since(70) == ["70 query", "70 last query", "70 revoke"]
    assert (story.state, story.is_over) == (State.REVOKED, True)


def test_undoing_what_arrived_late_is_confirmed():
    story = never_known()
    story.until_asked()
    story.reply(V.UNPAID)
    story.until_asked()
    story.reply(V.CONFIRMING)
    story.reply(V.REVOKED)
    assert (story.state, story.why, story.is_over) == (State.REVOKED, "timeout", True)


def test_undoing_what_arrived_late_may_take_its_time():
    story = never_known()
    story.until_asked()
    story.reply(V.CONFIRMING)
    story.answer_all(query=V.CONFIRMING, revoke=V.REVOKE_AGAIN, until=71)
    story.restart(after=0.5)
    story.reply(V.PAID)
    assert story.asked[-1] == "71.5 revoke", "one revoke is open: paid proves nothing"
    story.reply(V.REVOKE_REFUSED)
    assert (story.state, story.why) == (State.REVOKED, "timeout")
    story.until_asked()
    story.reply(V.CONFIRMING)
    story.until_asked()
    story.reply(V.CLOSED)
    assert story.is_over


def test_a_refused_order_the_provider_never_knew_is_looked_at_once_more():
    story = Story()
    story.scan()
    story.refuse("AUTH_CODE_ERROR")
    story.reply(V.NOT_KNOWN)
    assert story.state is State.REFUSED
    story.answer_all(query=V.NOT_KNOWN, revoke=V.NOT_KNOWN, until=78)
    assert story.asked_since(46) == ["77 last query", "77 revoke"], "the first after twice give_up_s"
    story.until_asked()
    story.reply(V.REFUSED)
    story.answer_all(query=V.REFUSED, until=88)
    assert story.asked_since(80) == ["87 query", "87 last query", "87 revoke"]
    assert (story.state, story.why, story.is_over) == (State.REFUSED, "AUTH_CODE_ERROR", True)


# -- in doubt --


def test_an_answer_that_does_not_match_is_asked_on_and_never_revoked():
    story = _odd()
    assert (story.state, story.why) == (State.IN_DOUBT, "mismatch")
    story.answer_all(query=V.MISMATCH, until=SEVEN_DAYS_S + 9000)
    assert story.state is State.IN_DOUBT
    assert story.asked[:6] == ["0 submit", "10 query", "30 query", "70 query", "150 query", "310 query"]
    assert not any("revoke" in line for line in story.asked)
    assert len(story.asked) == 1 + CHASE_TRIES
    assert SEVEN_DAYS_S < float(story.asked[-1].split()[0]) < SEVEN_DAYS_S + 2 * 3600
    assert story.cycle.next_deadline() is None
    assert story.payment.is_open, "a person must look"


@pytest.mark.parametrize(
    ("heard", "state", "why"),
    [(V.PAID, State.PAID, None), (V.CLOSED, State.REVOKED, "closed_by_provider"), (V.REFUNDED, State.REVOKED, "closed_by_provider")],
)
def test_doubt_may_end_by_itself(heard: Verdict, state: State, why: str | None):
    story = _odd()
    story.until_asked()
    story.reply(heard)
    assert (story.state, story.reason and story.reason.code) == (state, why)
    assert story.is_over


def test_doubt_ends_when_the_provider_has_closed_the_order():
    story = _odd()
    story.until_asked()
    story.reply(V.CLOSED)
    assert story.state is State.REVOKED


def test_a_poll_may_bring_the_mismatch():
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.until_asked()
    story.reply(V.MISMATCH, "mismatch")
    assert (story.state, story.why) == (State.IN_DOUBT, "mismatch")
    assert story.order().reason == story.reason


def test_cancelling_what_is_in_doubt_changes_nothing():
    story = _odd()
    story.cancel()
    assert (story.state, story.why) == (State.IN_DOUBT, "mismatch")


def test_a_mismatch_in_the_last_query_is_never_revoked():
    story = _walked_away()
    story.reply(V.MISMATCH, "mismatch")
    assert story.state is State.IN_DOUBT
    story.until_asked()
    assert story.asked_since(30) == ["30 last query", "40 query"]


def test_a_mismatch_of_an_order_that_is_in_doubt_already_ends_its_revoking():
    story = _walked_away(schedule=Schedule(in_doubt_s=1))
    story.lose()
    story.lose(sent=False)
    story.wait(1)
    assert (story.state, story.why) == (State.IN_DOUBT, "revoke_unconfirmed")
    story.until_asked()
    story.reply(V.MISMATCH, "mismatch")
    assert (story.state, story.why) == (State.IN_DOUBT, "mismatch")
    story.answer_all(query=V.CONFIRMING, until=500)
    assert not any("revoke" in line for line in story.asked_since(31))


def test_a_mismatch_after_a_revoke_was_sent_proves_nothing_either():
    story = _walked_away()
    story.reply(V.CONFIRMING)
    story.reply(V.REVOKE_AGAIN)
    story.until_asked()
    story.reply(V.MISMATCH, "mismatch")
    assert (story.state, story.asked[-1]) == (State.REVOKING, "32 revoke")


def test_a_revoke_refused_for_good_ends_in_doubt():
    story = _walked_away()
    story.reply(V.CONFIRMING)
    story.reply(V.REVOKE_REFUSED, "TRADE_ERROR")
    assert (story.state, story.reason) == (State.IN_DOUBT, Reason("revoke_refused", "the provider refused to undo the order: TRADE_ERROR"))
    story.until_asked()
    story.reply(V.UNPAID)
    story.until_asked()
    assert story.asked_since(30) == ["30 last query", "30 revoke", "40 query", "60 query"]


def test_what_could_not_be_revoked_and_proves_paid_is_refunded():
    story = _walked_away()
    story.reply(V.CONFIRMING)
    story.reply(V.REVOKE_REFUSED)
    story.until_asked()
    story.reply(V.PAID)
    assert (story.state, story.why) == (State.IN_DOUBT, "paid_late")
    story.lose()
    assert (story.state, story.order().state) == (State.IN_DOUBT, State.IN_DOUBT)  # not "paid": the till was told otherwise
    story.until_asked()
    story.reply(V.REFUNDED)
    assert (story.state, story.why) == (State.REFUNDED, "paid_late")
    assert story.is_over


@pytest.mark.parametrize("how", [{"late_payment": "report"}, {"refunds": False}])
def test_what_could_not_be_revoked_stays_in_doubt_where_nothing_is_refunded(how: dict[str, object]):
    story = _walked_away(**how)
    story.reply(V.CONFIRMING)
    story.reply(V.REVOKE_REFUSED)
    story.until_asked()
    story.reply(V.PAID)
    assert (story.state, story.why) == (State.IN_DOUBT, "paid_late")
    assert story.cycle.next_deadline() is None


def test_a_refund_of_what_could_not_be_revoked_is_refused():
    story = _walked_away()
    story.reply(V.CONFIRMING)
    story.reply(V.REVOKE_REFUSED)
    story.until_asked()
    story.reply(V.PAID)
    story.reply(V.REFUND_REFUSED)
    assert (story.state, story.why) == (State.IN_DOUBT, "paid_late")


def test_a_revoke_that_is_never_confirmed_ends_in_doubt_and_goes_on_slowly():
    story = _walked_away()
    story.reply(V.CONFIRMING)
    story.reply(V.REVOKE_AGAIN)
    story.answer_all(query=V.CONFIRMING, revoke=V.REVOKE_AGAIN, until=629.9)
    assert story.state is State.REVOKING
    story.answer_all(query=V.CONFIRMING, revoke=V.REVOKE_AGAIN, until=630)
    assert (story.state, story.why) == (State.IN_DOUBT, "revoke_unconfirmed")
    story.answer_all(query=V.CONFIRMING, revoke=V.REVOKE_AGAIN, until=2000)
    assert story.asked_since(572)[::2] == ["572 last query", "632 last query", "752 last query", "992 last query", "1472 last query"]
    story.until_asked()
    story.reply(V.CONFIRMING)
    story.reply(V.REVOKED)
    assert (story.state, story.why) == (State.REVOKED, "timeout")
    assert story.is_over


def test_a_revoke_is_refused_for_good_when_it_was_in_doubt_already():
    story = _walked_away(schedule=Schedule(in_doubt_s=1))
    story.reply(V.CONFIRMING)
    story.reply(V.REVOKE_AGAIN)
    story.wait(1)
    assert story.state is State.IN_DOUBT
    story.until_asked()
    story.reply(V.CONFIRMING)
    story.reply(V.REVOKE_REFUSED)
    assert (story.state, story.why) == (State.IN_DOUBT, "revoke_refused")


def test_in_doubt_and_then_never_known_to_the_provider():
    story = Story(Schedule(in_doubt_s=1))
    story.scan()
    story.lose()
    story.answer_all(query=V.NOT_KNOWN, revoke=V.NOT_KNOWN, until=32)
    assert story.state is State.IN_DOUBT
    story.answer_all(query=V.NOT_KNOWN, revoke=V.NOT_KNOWN, until=200)
    assert (story.state, story.why) == (State.REVOKED, "timeout")


def test_when_the_network_is_back_after_doubt_a_query_tells_that_the_order_was_ended():
    story = _walked_away(schedule=Schedule(in_doubt_s=5))
    for _ in range(3):
        story.lose(sent=False)
        story.until_asked()
    assert (story.state, story.why) == (State.IN_DOUBT, "revoke_unconfirmed")
    story.reply(V.CLOSED)
    assert (story.state, story.why, story.is_over) == (State.REVOKED, "closed_by_provider", True)


# -- bounds --


def test_revoking_ends_after_seven_days():
    story = _walked_away()
    story.reply(V.CONFIRMING)
    story.reply(V.REVOKE_AGAIN)
    story.answer_all(query=V.CONFIRMING, revoke=V.REVOKE_AGAIN, until=2 * SEVEN_DAYS_S)
    assert sum("revoke" in line for line in story.asked) == UNDO_TRIES + CHASE_TRIES
    assert float(story.asked[-1].split()[0]) > SEVEN_DAYS_S
    assert len(story.asked) <= most_requests(Schedule())
    assert story.state is State.IN_DOUBT
    assert story.cycle.next_deadline() is None


def test_a_network_that_never_comes_back_is_not_asked_for_ever():
    story = _walked_away()
    while story.under_way:
        story.lose(sent=False)
        if story.cycle.next_deadline() is not None:
            story.until_asked()
    assert len(story.asked_since(30)) == UNDO_TRIES + CHASE_TRIES
    assert (story.state, story.why) == (State.IN_DOUBT, "revoke_unconfirmed")


def test_revoking_slows_down_after_forty_tries_however_patient_the_operator_is():
    patient = Schedule(in_doubt_s=1e6, revoke_retry_s=0.01)
    story = _walked_away(schedule=patient)
    story.reply(V.CONFIRMING)
    story.reply(V.REVOKE_AGAIN)
    story.answer_all(query=V.CONFIRMING, revoke=V.REVOKE_AGAIN, until=2 * SEVEN_DAYS_S)
    assert sum("revoke" in line for line in story.asked) == UNDO_TRIES + CHASE_TRIES
    assert story.state is State.IN_DOUBT
