"""An order that is stored with the amount, for the first code (P2): it is charged at once, and after a start it is asked about."""

from __future__ import annotations

import pytest
from cycle_story import GATEWAY, Story

from daemon.cycle import Cycle, Unfit
from daemon.events import Cancelled, CodePresented, CodeRejected, NotTakenUp, Restarted, TimePassed
from daemon.payment import Errand, OutTradeNo, State
from daemon.reply import Verdict

V = Verdict


def _code(number: str = "T1", gateway: str = GATEWAY) -> CodePresented:
    return CodePresented(OutTradeNo(number), gateway, "wechat")


def _restarted(**how: object) -> Story:
    """The box died while it waited for a code, as far as its disk knows."""
    story = Story(reserves=True, **how)
    story.restart(after=2)
    return story


# -- while it waits, and when the code is there --


def test_the_reserved_order_is_no_attempt_before_there_is_a_code():
    story = Story(reserves=True)
    assert story.payment.attempts == ()
    assert [order.out_trade_no for order in story.payment.orders] == ["T1"]
    assert story.cycle.next_deadline() == story.now + 60, "nothing but the wait for a code is due"


def test_the_first_code_is_charged_by_it():
    story = Story(reserves=True)
    assert story.cycle.has_reserved(_code())
    story.scan()
    assert (story.order().out_trade_no, story.order().scheme, story.order().sent_at) == ("T1", "wechat", story.now)
    assert story.payment.reserved is None
    story.reply(V.PAID)
    assert story.state is State.PAID


def test_only_a_code_for_that_order_finds_it_reserved():
    cycle = Story(reserves=True).cycle
    assert not cycle.has_reserved(_code("T2"))
    assert not cycle.has_reserved(_code(gateway="another"))
    assert not cycle.has_reserved(Cancelled("till"))
    assert not Story().cycle.has_reserved(_code())


def test_another_number_is_charged_as_ever_and_nothing_is_reserved_any_more():
    story = Story(reserves=True)
    story.tell(_code("T7"))
    assert [order.out_trade_no for order in story.payment.orders] == ["T7"]


def test_its_number_is_no_other_gateway_s():
    story = Story(reserves=True)
    before = story.cycle.snapshot()
    with pytest.raises(Unfit, match="T1 is reserved for wechat"):
        story.tell(_code(gateway="another"))
    assert story.cycle.snapshot() == before


def test_a_second_attempt_has_none():
    story = Story(reserves=True)
    story.refused()
    assert story.state is State.AWAITING_CODE
    assert not story.cycle.has_reserved(_code("T2"))
    story.restart(after=2)
    assert (story.state, story.why) == (State.CANCELLED, "restarted")


def test_a_wrong_code_leaves_it_reserved():
    story = Story(reserves=True)
    story.scan_nonsense()
    assert story.cycle.has_reserved(_code())


def test_who_gives_up_before_there_is_a_code_leaves_no_order():
    story = Story(reserves=True)
    story.cancel()
    assert (story.state, story.payment.orders) == (State.CANCELLED, ())
    assert story.is_over


def test_nobody_comes_and_no_order_is_left():
    story = Story(reserves=True)
    story.wait(60)
    assert (story.state, story.payment.orders) == (State.EXPIRED, ())
    assert story.is_over


# -- after a start: its charge may have left --


def test_it_is_asked_about_before_anything_is_told():
    story = _restarted()
    assert story.state is State.PENDING, "no sale starts beside it"
    assert story.asked == ["2 query"]
    assert (story.order().out_trade_no, story.order().errand, story.payment.reserved) == ("T1", Errand.ASK, None)


def test_never_charged_it_is_cancelled_at_once_and_looked_at_once_more():
    """DESIGN: a restart in `awaiting_code` is `cancelled`. What was on its way when the box died may still arrive."""
    story = _restarted()
    story.reply(V.NOT_KNOWN)
    assert (story.state, story.why) == (State.CANCELLED, "restarted")
    assert story.order().is_open
    story.answer_all(query=V.NOT_KNOWN, until=1000)
    assert story.asked == ["2 query", "72 query"], "when its charge, sent at the latest as the box died, is held to be lost"
    assert (story.state, story.order().state) == (State.CANCELLED, State.CANCELLED)
    assert story.is_over


def test_charged_and_paid_it_is_paid():
    story = _restarted()
    story.reply(V.PAID)
    assert (story.state, story.reason) == (State.PAID, None)
    assert story.asked == ["2 query"], "asked about, never sent again (P1)"
    assert story.is_over


def test_in_another_boot_it_is_asked_about_too():
    story = Story(reserves=True)
    story.restart(same_boot=False)
    story.reply(V.PAID)
    assert story.state is State.PAID


def test_the_payer_confirms_and_is_waited_for():
    story = _restarted()
    story.reply(V.CONFIRMING)
    assert story.state is State.PENDING
    assert story.order().reason is None, "it was charged before the restart, that is known now"
    story.until_asked()
    story.reply(V.PAID)
    assert (story.state, story.reason) == (State.PAID, None)


def test_known_once_it_is_not_held_to_be_never_charged():
    story = _restarted()
    story.reply(V.UNPAID)
    story.until_asked()
    story.reply(V.NOT_KNOWN)
    assert story.state is State.PENDING


def test_ended_by_the_provider_it_does_not_say_that_nothing_was_charged():
    story = _restarted()
    story.reply(V.CLOSED)
    assert (story.state, story.why) == (State.REVOKED, "closed_by_provider")


def test_a_refusal_is_told_as_such():
    story = _restarted()
    story.refuse("TRADE_ERROR")
    assert (story.state, story.why) == (State.REFUSED, "TRADE_ERROR")


def test_a_refusal_that_the_payer_can_mend_goes_on_with_a_fresh_code():
    story = _restarted()
    story.refuse("NOTENOUGH", mendable=True)
    assert story.state is State.AWAITING_CODE
    story.tell(_code("T2"))
    story.reply(V.PAID, order=2)
    assert story.state is State.PAID


def test_no_answer_is_not_never_charged():
    """Unknown is never "cancelled": it is asked on."""
    story = _restarted()
    story.lose(sent=False)
    assert story.state is State.PENDING
    story.until_asked()
    story.reply(V.UNKNOWN)
    assert story.state is State.PENDING
    story.until_asked()
    story.reply(V.NOT_KNOWN)
    assert (story.state, story.why) == (State.CANCELLED, "restarted")


def test_a_second_start_asks_again_and_goes_on():
    story = _restarted()
    story.restart(after=7)
    assert (story.state, story.asked) == (State.PENDING, ["2 query", "9 query"])
    story.reply(V.NOT_KNOWN)
    assert (story.state, story.why) == (State.CANCELLED, "restarted")


def test_nobody_answers_so_it_is_undone():
    story = _restarted()
    while story.state is State.PENDING:
        story.lose()
        if not story.under_way:
            story.until_asked()
    assert (story.state, story.order().reason and story.order().reason.code) == (State.REVOKING, "timeout")
    assert not [line for line in story.asked if "revoke" in line]
    story.answer_all(query=V.UNPAID, until=100)
    assert story.state is State.REVOKED
    assert [line for line in story.asked if "revoke" in line] == ["32 revoke"], "P8: fifteen seconds after it may have left, at least"


def test_it_arrives_after_all_and_is_undone():
    story = _restarted()
    story.reply(V.NOT_KNOWN)
    story.until_asked()
    story.reply(V.UNPAID)
    story.answer_all(query=V.UNPAID, until=1000)
    assert [line for line in story.asked if "revoke" in line] == ["72 revoke"]
    assert (story.state, story.why) == (State.CANCELLED, "restarted")
    assert story.is_over


def test_it_is_paid_after_all_and_goes_back():
    """P7: the till was told that nothing was charged."""
    story = _restarted()
    story.reply(V.NOT_KNOWN)
    story.until_asked()
    story.reply(V.PAID)
    story.reply(V.REFUNDED)
    assert story.state is State.REFUNDED
    assert story.is_over


def test_given_up_by_the_till_while_it_is_asked_about():
    story = _restarted()
    story.cancel()
    story.forget()
    assert story.state is State.REVOKING
    story.answer_all(query=V.PAID, until=1000)
    assert story.state is State.PAID, "P6: paid before anybody revoked"


@pytest.mark.parametrize("event", [TimePassed(), Cancelled("till"), _code(), _code("T7"), CodeRejected("other")])
def test_after_a_start_nothing_is_decided_before_it_is_asked_about(event: object):
    """Its taking up may have to wait for the journal, for longer than a code is awaited: no end may forget it, no code charge it again."""
    story = Story(reserves=True)
    cycle = Cycle.resume(story.payment, story.rules, story.now + 700, same_boot=True)
    before = cycle.snapshot()
    assert cycle.next_deadline() is None
    with pytest.raises(NotTakenUp, match=r"^it is not taken up yet$"):
        cycle.handle(event, story.now + 700)
    assert cycle.would(event, story.now + 700) == "it is not taken up yet"
    assert cycle.snapshot() == before
    cycle.handle(Restarted(), story.now + 701)
    assert [(a.out_trade_no, a.state) for a in cycle.payment.attempts] == [("T1", State.PENDING)]
    cycle.restore(before)  # it could not be stored
    assert cycle.next_deadline() is None


def test_what_was_reserved_for_nothing_is_decided_about_as_ever_after_a_start():
    story = Story()
    cycle = Cycle.resume(story.payment, story.rules, story.now + 700, same_boot=True)
    assert cycle.next_deadline() == story.now + 60
    cycle.handle(TimePassed(), story.now + 700)
    assert cycle.payment.state is State.EXPIRED
