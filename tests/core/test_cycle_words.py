"""What the cycle says in words: why a payment ended, for the till and the cashier, and why an event does not fit, for the log."""

from __future__ import annotations

import pytest
from cycle_story import GATEWAY, Story

from daemon.cycle import Unfit
from daemon.events import Cancelled, CodePresented, Hinted, Query, Replied, TimePassed
from daemon.payment import Errand, OutTradeNo, Reason, State
from daemon.reply import Reply, Verdict

V = Verdict
T1 = OutTradeNo("T1")


def test_given_up_says_by_whom():
    story = Story()
    story.cancel()
    assert story.reason == Reason("cancelled", "given up by the till")


def test_what_makes_way_says_for_whom_and_only_while_no_code_was_presented():
    story = Story()
    story.tell(Cancelled("till kiosk, which goes before", makes_way=True))
    assert (story.state, story.reason) == (State.CANCELLED, Reason("cancelled", "given up by the till kiosk, which goes before"))
    story = Story()
    story.scan()
    before = story.payment
    with pytest.raises(Unfit, match="it makes way for nobody: it is submitting"):
        story.tell(Cancelled("till kiosk, which goes before", makes_way=True))
    assert story.payment == before


def test_what_makes_way_after_a_refusal_leaves_the_refused_order_to_be_undone():
    story = Story()
    story.refused()
    story.tell(Cancelled("till kiosk, which goes before", makes_way=True))
    assert (story.state, story.order().errand) == (State.CANCELLED, Errand.UNDO)


def test_a_restart_says_that_nothing_was_charged():
    story = Story()
    story.restart()
    assert story.reason == Reason("restarted", "the box was restarted before anything was charged")


def test_an_expiry_says_that_nobody_came():
    story = Story()
    story.wait(60)
    assert story.reason == Reason("scan_timeout", "nobody presented a payment code in time")


def test_an_order_that_never_left_is_no_reason_why_nobody_came():
    """The network was gone for the first code, and there was no second: not paid, and nobody refused anything."""
    story = Story()
    story.scan()
    story.lose(sent=False)
    story.wait(60)
    assert (story.state, story.why) == (State.EXPIRED, "scan_timeout")


def test_why_it_is_undone_is_told_with_the_end_and_not_before():
    story = Story()
    story.scan()
    story.wait(30)
    assert (story.state, story.reason) == (State.REVOKING, None)
    story.lose()
    story.reply(V.UNPAID)
    story.reply(V.REVOKED)
    assert (story.state, story.why) == (State.REVOKED, "timeout")


def test_an_odd_payment_of_an_earlier_order_is_told_with_what_was_odd():
    story = Story()
    story.refused()
    story.wait(14)
    story.scan()
    story.reply(V.CLOSED, order=2)
    query = story.until_asked()
    story.tell(Replied(query, Reply(V.MISMATCH, "mismatch", "amount 1 instead of 1250")))
    assert (story.state, story.reason) == (State.REVOKED, Reason("paid_late", "amount 1 instead of 1250"))


def test_what_the_till_wrote_about_the_sale_goes_with_its_order():
    story = Story()
    story.cycle.payment = story.payment.but(description="two teas")
    story.scan()
    assert story.order().description == "two teas"


def test_a_second_code_does_not_fit():
    story = Story()
    story.scan()
    with pytest.raises(Unfit, match=r"^no order is wanted in submitting$"):
        story.scan()
    with pytest.raises(Unfit, match=r"^WRONG_CODE does not fit submitting$"):
        story.scan_nonsense()


def test_a_number_that_was_used_before_does_not_fit():
    story = Story()
    story.refused()
    with pytest.raises(Unfit, match=r"^T1 was used before$"):
        story.tell(CodePresented(T1, GATEWAY, "wechat"))


def test_an_answer_to_what_was_not_asked_does_not_fit():
    story = Story()
    story.scan()
    with pytest.raises(Unfit, match=r"^Query\(out_trade_no='T1', last=False, hold_s=0.0\) is not under way$"):
        story.tell(Replied(Query(T1), Reply(V.PAID)))


def test_a_wake_up_too_soon_does_not_fit():
    with pytest.raises(Unfit, match=r"^nothing is due yet$"):
        Story().tell(TimePassed())


@pytest.mark.parametrize("number", ["T1", "T9"])
def test_a_notification_does_not_fit_while_the_charge_is_under_way_nor_about_another_order(number: str):
    story = Story()
    story.scan()
    with pytest.raises(Unfit, match=r"^nothing is to be asked about it sooner$"):
        story.tell(Hinted(OutTradeNo(number)))
    assert story.under_way
