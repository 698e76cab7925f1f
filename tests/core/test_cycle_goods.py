"""The cycle's stories after the machine could not hand over what was paid: the money goes back, or a person sees to it."""

from __future__ import annotations

import pytest
from cycle_story import BEGUN, GATEWAY, Story

from daemon.cycle import Cycle, Unfit
from daemon.errands import CHASE_TRIES
from daemon.events import Failed, Refund, Restarted
from daemon.payment import Errand, OutTradeNo, Reason, State
from daemon.reply import Verdict

V = Verdict
JAMMED = Reason("goods_failed", "the machine is jammed")


def _paid(**how: object) -> Story:
    story = Story(**how)
    story.scan()
    story.reply(V.PAID)
    assert story.is_over
    return story


@pytest.mark.parametrize("late_payment", ["refund", "report"])
def test_what_was_not_handed_over_is_paid_back_whatever_becomes_of_late_money(late_payment: str):
    story = _paid(late_payment=late_payment)
    story.wait(7)
    story.fail_goods()
    assert (story.state, story.reason) == (State.PAID, JAMMED)
    story.reply(V.REFUNDED)
    assert (story.state, story.reason, story.payment.paid_at, story.payment.updated_at) == (State.REFUNDED, JAMMED, "answered", "answered")
    assert story.asked == ["0 submit", "7 refund"]
    assert story.is_over


def test_a_shown_qr_is_paid_back_as_well():
    story = Story(shows=True)
    story.show()
    story.until_asked()
    story.reply(V.PAID)
    story.fail_goods()
    story.reply(V.REFUNDED)
    assert story.state is State.REFUNDED


def test_the_refund_is_repeated_until_the_provider_takes_it():
    story = _paid()
    story.fail_goods()
    story.lose()
    story.wait(9)
    assert story.asked == ["0 submit", "0 refund"]
    story.wait(1)
    story.reply(V.UNKNOWN)
    assert (story.state, story.reason) == (State.PAID, JAMMED)
    story.wait(20)
    story.reply(V.REFUNDED)
    assert story.asked == ["0 submit", "0 refund", "10 refund", "30 refund"]
    assert story.state is State.REFUNDED


def test_a_refund_that_is_refused_is_left_to_a_person_with_its_reason():
    story = _paid()
    story.fail_goods()
    story.reply(V.REFUND_REFUSED)
    assert (story.state, story.reason, story.order().errand) == (State.PAID, JAMMED, Errand.NONE)
    assert story.is_over


def test_a_refund_that_nobody_answers_is_left_to_a_person_in_the_end():
    story = _paid()
    story.fail_goods()
    for _ in range(CHASE_TRIES):
        story.lose()
        story.wait(3600)  # the longest pause
    assert story.is_over
    assert (story.state, story.reason) == (State.PAID, JAMMED)
    assert len(story.asked) == 1 + CHASE_TRIES


def test_where_the_gateway_cannot_refund_a_person_sees_to_it():
    story = _paid(refunds=False)
    assert story.fail_goods() == []
    assert (story.state, story.reason) == (State.PAID, JAMMED)
    assert story.is_over


def test_goods_fail_once():
    story = _paid()
    story.fail_goods()
    with pytest.raises(Unfit, match=r"^it is being given back, or a person sees to it$"):
        story.fail_goods("again")
    story.reply(V.REFUND_REFUSED)
    with pytest.raises(Unfit, match=r"^it is being given back, or a person sees to it$"):
        story.fail_goods("again")
    assert story.reason == JAMMED


def test_money_that_went_back_does_not_go_back_again():
    story = _paid()
    story.fail_goods()
    story.reply(V.REFUNDED)
    with pytest.raises(Unfit, match="nothing is to be given back: the payment is refunded"):
        story.fail_goods()


@pytest.mark.parametrize("state", ["awaiting_code", "submitting", "expired"])
def test_only_what_was_paid_is_given_back(state: str):
    story = Story()
    if state == "submitting":
        story.scan()
    if state == "expired":
        story.wait(60)
    before = story.payment
    with pytest.raises(Unfit, match=f"the payment is {state}"):
        story.fail_goods()
    assert story.payment == before


def test_a_restart_repeats_the_refund_at_once():
    story = _paid()
    story.fail_goods()
    story.wait(3)
    story.restart()
    assert story.asked == ["0 submit", "0 refund", "3 refund"]
    story.reply(V.REFUNDED)
    assert story.state is State.REFUNDED


def test_a_payment_at_rest_that_is_taken_up_from_the_journal_is_given_back():
    story = _paid()
    cycle = Cycle.resume(story.payment, story.rules, BEGUN + 500, same_boot=True)
    assert cycle.next_deadline() is None
    story.cycle, story.now = cycle, BEGUN + 500
    assert story.fail_goods() == [Refund(OutTradeNo("T1"))]
    cycle.handle(Failed(story.under_way[-1], True, "no answer"), BEGUN + 500)
    assert cycle.next_deadline() == BEGUN + 510


def test_another_order_that_is_still_being_undone_goes_on_beside_the_refund():
    """The first card was refused and its order is revoked in the background; the second one paid for goods that jammed."""
    story = Story()
    story.refused()
    story.wait(14)
    story.scan()
    story.reply(V.PAID, order=2)
    story.fail_goods()
    story.until_asked()
    story.reply(V.REFUNDED, order=2)
    assert story.state is State.REFUNDED
    story.reply(V.UNPAID, order=1)
    story.reply(V.REVOKED, order=1)
    assert [a.state for a in story.payment.attempts] == [State.REFUSED, State.REFUNDED]
    assert (story.state, story.reason) == (State.REFUNDED, JAMMED)
    assert story.is_over


def test_the_gateway_is_known_by_name():
    """One that the configuration no longer names cannot be asked to refund."""
    story = _paid()
    story.rules = story.cycle.rules = type(story.rules)({}, refunding=frozenset())
    assert GATEWAY not in story.rules.refunding
    assert story.fail_goods() == []
    assert story.tell(Restarted()) == []
