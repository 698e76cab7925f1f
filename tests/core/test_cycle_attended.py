"""The cycle's stories of what a person does about a doubt: asks again, sends the money back, or has seen to it elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cycle_story import GATEWAY, Story

from daemon.cycle import Cycle, Unfit
from daemon.errands import CHASE_TRIES
from daemon.events import AskedAgain, Query, Refund, RefundWanted, Restarted, Revoke, Settled
from daemon.payment import Errand, Reason, State
from daemon.reply import Verdict
from daemon.timing import Schedule

V = Verdict
SEVEN_DAYS_S = 7 * 24 * 3600.0
BY_ANN = Reason("settled", "Ann: paid back in cash")


def _odd(**how: object) -> Story:
    """In doubt: an answer was about another amount."""
    story = Story(**how)
    story.scan()
    story.reply(V.MISMATCH, "mismatch")
    return story


def _odd_to_the_end() -> Story:
    """In doubt, and asked about for seven days without an answer that says more."""
    story = _odd()
    story.answer_all(query=V.MISMATCH, until=SEVEN_DAYS_S + 9000)
    assert (story.state, story.order().errand) == (State.IN_DOUBT, Errand.NONE)
    return story


def _reported(ends: str) -> Story:
    """Paid after the till was told that end; the operator wants it reported."""
    return _REPORTED[ends]()


def _refused_and_paid() -> Story:
    story = Story(late_payment="report")
    story.refused("TRADE_ERROR", mendable=False)
    story.until_asked()
    story.reply(V.PAID)
    return story


def _shown_and_paid(*, cancelled: bool) -> Story:
    story = Story(shows=True, closes=False, late_payment="report")
    story.leave_qr(cancelled=cancelled)
    story.until_asked()
    story.reply(V.PAID)
    return story


def _revoked_and_paid() -> Story:
    """The charge was lost and turned up when it had long been told revoked."""
    story = Story(late_payment="report")
    story.scan()
    story.lose()
    story.answer_all(query=V.NOT_KNOWN, revoke=V.NOT_KNOWN, until=65)
    assert story.state is State.REVOKED
    story.until_asked()
    story.reply(V.PAID)
    return story


def _in_doubt_and_paid() -> Story:
    story = Story(late_payment="report")
    story.refused("TRADE_ERROR", mendable=False)
    story.until_asked()
    story.reply(V.MISMATCH, "mismatch")
    story.until_asked()
    story.reply(V.PAID)
    return story


def _not_handed_over() -> Story:
    story = Story()
    story.scan()
    story.reply(V.PAID)
    story.fail_goods()
    story.reply(V.REFUND_REFUSED)
    return story


_REPORTED: dict[str, Callable[[], Story]] = {
    "refused": _refused_and_paid,
    "cancelled": lambda: _shown_and_paid(cancelled=True),
    "expired": lambda: _shown_and_paid(cancelled=False),
    "revoked": _revoked_and_paid,
    "in_doubt": _in_doubt_and_paid,
    "paid": _not_handed_over,
}
ENDS = tuple(_REPORTED)
each_end = pytest.mark.parametrize("ends", ENDS)


@each_end
def test_there_is_late_money_to_begin_with(ends: str):
    story = _reported(ends)
    assert story.state.value == ends
    assert story.why == ("goods_failed" if ends == "paid" else "paid_late")
    assert not story.order().is_open


# -- asked again --


def test_a_doubt_that_waits_for_its_next_question_is_asked_about_now():
    story = _odd()
    story.wait(3)
    story.ask_again()
    assert story.asked == ["0 submit", "3 query"]
    story.reply(V.PAID)
    assert story.state is State.PAID


def test_asking_again_is_patient():
    """A provider is not asked twice in a second, and never while it is being asked (P9)."""
    story = _odd()
    story.wait(3)
    story.ask_again()
    with pytest.raises(Unfit, match="nothing is to be asked about it now"):
        story.ask_again()
    story.reply(V.MISMATCH, "mismatch")
    with pytest.raises(Unfit):
        story.ask_again()
    story.wait(1)
    story.ask_again()
    assert story.asked == ["0 submit", "3 query", "4 query"]


def test_what_was_asked_about_to_the_end_is_asked_about_once_more():
    story = _odd_to_the_end()
    asked = len(story.asked)
    story.ask_again()
    assert story.under_way == [Query(story.order().out_trade_no)]
    story.reply(V.MISMATCH, "mismatch")
    story.answer_all(query=V.MISMATCH, until=SEVEN_DAYS_S + 20000)
    assert len(story.asked) == asked + 1
    assert not story.order().is_open
    assert story.state is State.IN_DOUBT


def test_and_may_prove_right_then():
    story = _odd_to_the_end()
    story.ask_again()
    story.reply(V.PAID)
    assert (story.state, story.reason) == (State.PAID, None)
    assert story.is_over


def test_a_refund_that_waits_for_its_next_try_is_tried_now():
    story = Story()
    story.scan()
    story.reply(V.PAID)
    story.fail_goods()
    story.lose()
    story.wait(3)
    story.ask_again()
    story.reply(V.REFUNDED)
    assert story.asked == ["0 submit", "0 refund", "3 refund"]
    assert story.state is State.REFUNDED


def test_all_orders_that_are_in_doubt_are_asked_about():
    story = Story()
    story.refused_and_odd_beside_another()
    story.reply(V.MISMATCH, "mismatch", order=2)
    story.wait(3)
    story.ask_again()
    assert story.asked_since(18) == ["18 query", "18 query #2"]
    assert len(story.under_way) == 2


def test_late_money_at_rest_is_not_asked_about():
    """It is known to be there; nothing that a provider says would change that."""
    story = _reported("expired")
    story.wait(5)
    with pytest.raises(Unfit, match=r"^nothing is to be asked about it now$"):
        story.ask_again()


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (AskedAgain("Ann"), "it is not in doubt: it is (paid|pending)"),
        (RefundWanted("Ann", "why"), "no money is known to be there that could go back"),
        (Settled("Ann", "why"), "nothing about it is for a person to see to"),
    ],
)
def test_nothing_is_to_be_done_about_a_payment_that_is_in_no_doubt(wanted: AskedAgain | RefundWanted | Settled, why: str):
    paid, asked = Story(), Story()
    for story in (paid, asked):
        story.scan()
        story.reply(V.CONFIRMING)
    paid.until_asked()
    paid.reply(V.PAID)
    for story in (paid, asked):
        before = story.payment
        with pytest.raises(Unfit, match=f"^{why}$"):
            story.tell(wanted)
        assert story.payment == before


def test_whether_something_can_be_done_is_known_without_doing_it():
    story = _odd()
    story.wait(3)
    assert story.cycle.would(AskedAgain("Ann"), story.now) is None
    assert story.cycle.would(RefundWanted("Ann", "why"), story.now) == "no money is known to be there that could go back"
    assert (story.asked, story.under_way) == (["0 submit"], [])
    story.ask_again()
    story.wait(4)
    assert story.cycle.would(AskedAgain("Ann"), story.now) == "nothing is to be asked about it now", "the answer is still awaited"


# -- sent back --


@each_end
def test_late_money_goes_back_when_a_person_wants_it(ends: str):
    story = _reported(ends)
    story.want_refund()
    assert story.under_way == [Refund(story.order().out_trade_no)]
    story.reply(V.REFUNDED)
    assert story.state is (State.REVOKED if ends == "revoked" else State.REFUNDED)
    assert ends == "revoked" or story.why == ("goods_failed" if ends == "paid" else "paid_late")
    assert story.is_over


def test_money_of_each_end_goes_back():
    for ends in ENDS:
        test_late_money_goes_back_when_a_person_wants_it(ends)


def test_what_was_told_revoked_and_went_back_is_for_nobody_to_see_to():
    story = _reported("revoked")
    assert story.why == "paid_late"
    story.want_refund()
    assert story.why == "paid_late"
    story.reply(V.REFUNDED)
    assert story.why == "timeout"


def test_also_where_an_earlier_order_was_the_odd_one():
    story = Story(late_payment="report")
    story.refused()
    story.wait(14)
    story.scan()
    story.reply(V.CLOSED, order=2)
    story.until_asked()
    story.reply(V.MISMATCH, "mismatch")
    assert (story.state, story.why) == (State.REVOKED, "paid_late")
    story.until_asked()
    story.reply(V.CLOSED)
    assert (story.state, story.why) == (State.REVOKED, "timeout")


@each_end
def test_a_refund_that_is_refused_leaves_it_as_it_was(ends: str):
    story = _reported(ends)
    before = story.payment
    story.want_refund()
    story.reply(V.REFUND_REFUSED)
    assert (story.state, story.reason) == (before.state, before.reason)
    assert story.is_over or ends == "in_doubt"
    story.want_refund()
    assert story.under_way


def test_it_is_tried_until_the_provider_takes_it():
    story = _reported("refused")
    story.want_refund()
    story.lose()
    with pytest.raises(Unfit, match="no money is known to be there"):
        story.want_refund()
    story.wait(10)
    story.reply(V.REFUNDED)
    assert story.state is State.REFUNDED


@each_end
def test_somebody_may_see_to_it_while_the_provider_does_not_take_it(ends: str):
    """It was paid back in cash at last: the refund must not come on top of that."""
    story = _reported(ends)
    story.want_refund()
    story.lose()
    assert story.state.value == ends
    assert story.order().is_open
    story.settle()
    assert (story.state.value, story.reason) == (ends, BY_ANN)
    assert story.is_over


def test_of_each_end():
    for ends in ENDS:
        test_somebody_may_see_to_it_while_the_provider_does_not_take_it(ends)


def test_a_gateway_that_cannot_refund_says_so():
    story = Story(refunds=False)
    story.refused("TRADE_ERROR", mendable=False)
    story.until_asked()
    story.reply(V.PAID)
    with pytest.raises(Unfit, match=f"gateway {GATEWAY} cannot refund"):
        story.want_refund()


def test_a_doubt_whose_money_nobody_has_seen_cannot_be_sent_back():
    story = _odd()
    with pytest.raises(Unfit, match="no money is known to be there"):
        story.want_refund()


def test_a_payment_whose_goods_nobody_is_sure_of_can_be_sent_back():
    story = Story()
    story.scan()
    story.reply(V.PAID)
    with pytest.raises(Unfit):
        story.want_refund()
    story.want_refund(goods=True)
    assert (story.state, story.reason) == (State.PAID, Reason("goods_failed", "Ann: the payer asked for it"))
    story.reply(V.REFUNDED)
    assert story.state is State.REFUNDED


# -- settled --


@each_end
def test_what_a_person_has_seen_to_says_so_and_keeps_its_state(ends: str):
    story = _reported(ends)
    story.settle()
    assert (story.state.value, story.reason, story.order().reason) == (ends, BY_ANN, BY_ANN)
    assert story.payment.updated_at == "settled"
    assert story.is_over


def test_each_end_can_be_seen_to():
    for ends in ENDS:
        test_what_a_person_has_seen_to_says_so_and_keeps_its_state(ends)


def test_a_doubt_that_is_still_asked_about_is_asked_about_no_more():
    story = _odd()
    story.until_asked()
    story.settle()
    assert story.is_over is False
    assert story.under_way  # its answer is of no use any more
    with pytest.raises(Unfit):
        story.reply(V.PAID)
    assert (story.state, story.reason, story.payment.is_open) == (State.IN_DOUBT, BY_ANN, False)
    assert story.cycle.next_deadline() is None


def test_what_was_seen_to_is_seen_to_once():
    story = _odd()
    story.settle()
    for again in (story.settle, story.ask_again, story.want_refund):
        with pytest.raises(Unfit):
            again()


def test_what_is_being_undone_is_not_settled_before_its_answer_is_there():
    """A revoke that may still act: nobody knows yet what there is to be settled."""
    story = Story(Story().rules.schedules[GATEWAY])
    story.scan()
    story.reply(V.CONFIRMING)
    story.cancel()
    story.answer_all(query=V.CONFIRMING, revoke=V.REVOKE_AGAIN, until=615)
    assert story.state is State.IN_DOUBT
    while not any(isinstance(action, Revoke) for action in story.under_way):
        if story.under_way:
            story.reply(V.CONFIRMING)
        else:
            story.until_asked()
    with pytest.raises(Unfit, match=r"^a request about it is under way: wait for its answer$"):
        story.settle()
    story.reply(V.REVOKE_AGAIN)
    story.settle()
    assert (story.state, story.reason) == (State.IN_DOUBT, BY_ANN)
    assert story.is_over


def test_another_order_of_the_payment_is_still_undone():
    story = Story()
    story.refused()
    story.wait(5)
    story.scan()
    story.reply(V.MISMATCH, "mismatch", order=2)
    story.settle()
    assert (story.state, story.reason) == (State.IN_DOUBT, BY_ANN)
    assert story.payment.is_open
    story.until_asked()
    story.reply(V.UNPAID)
    story.reply(V.REVOKED)
    assert (story.state, story.reason) == (State.IN_DOUBT, BY_ANN)
    assert story.is_over


def test_goods_that_nobody_is_sure_of_are_seen_to_with_their_payment():
    story = Story()
    story.scan()
    story.reply(V.PAID)
    story.settle(goods=True)
    assert (story.state, story.reason) == (State.PAID, BY_ANN)
    with pytest.raises(Unfit):
        story.fail_goods()
    assert story.is_over


def test_goods_that_could_not_be_stored_as_seen_to_can_be_seen_to_again():
    """Their payment says so already: the box died between the two, or its disk was full."""
    story = Story()
    story.scan()
    story.reply(V.PAID)
    story.settle(goods=True)
    with pytest.raises(Unfit):
        story.settle()
    story.settle(goods=True)
    assert (story.state, story.reason) == (State.PAID, BY_ANN)
    assert story.is_over


def test_with_the_goods_nothing_else_of_their_payment_is_seen_to():
    story = Story()
    story.refused()
    story.wait(5)
    story.scan()
    story.reply(V.PAID, order=2)
    story.settle(goods=True)
    assert (story.order(1).reason, story.order(2).reason) != (BY_ANN, BY_ANN)
    story.until_asked()
    story.reply(V.UNPAID)
    story.reply(V.REVOKED)
    assert (story.state, story.order(2).reason) == (State.PAID, BY_ANN)
    assert story.is_over


def test_a_start_takes_nothing_up_that_was_seen_to():
    story = _odd()
    story.settle()
    resumed = Cycle.resume(story.payment, story.rules, 0.0, same_boot=False)
    assert resumed.handle(Restarted(), 0.0) == []
    assert resumed.next_deadline() is None
    assert resumed.payment.reason == BY_ANN


def test_no_request_is_made_for_longer_than_it_would_have_been_otherwise():
    """P9: whoever presses the button again and again gets one question each time, not another week of them."""
    story = _odd_to_the_end()
    for _ in range(3):
        story.wait(2)
        story.ask_again()
        story.reply(V.MISMATCH, "mismatch")
    assert story.order().tries == CHASE_TRIES
    until = story.cycle.next_deadline()
    assert until is not None
    story.answer_all(query=V.MISMATCH, until=until - story.zero + 7200)
    assert not story.order().is_open


def test_money_that_came_late_is_not_the_till_s_because_somebody_asks_once_more():
    """Found late, and its refund refused: a person has been told so, and may have sent it back by hand. (The simulation's history 20,261 of
    seed 31 told it `paid` at the person's question.)"""
    story = Story(Schedule(in_doubt_s=3), shows=True)
    story.show()
    story.wait(130)
    assert story.state is State.IN_DOUBT
    story.reply(V.PAID)
    story.reply(V.REFUND_REFUSED)
    assert (story.state, story.why) == (State.IN_DOUBT, "paid_late")
    story.wait(300)
    assert isinstance(story.ask_again()[0], Query)
    assert isinstance(story.reply(V.PAID)[0], Refund)
    assert (story.state, story.why) == (State.IN_DOUBT, "paid_late")
    story.reply(V.REFUNDED)
    assert story.state is State.REFUNDED
