"""The box stops in every state, and takes up what it left (P3): asked about first, then ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cycle_story import Story

from daemon.cycle import Unfit
from daemon.events import Replied, Restarted
from daemon.payment import State
from daemon.reply import Reply, Verdict
from daemon.timing import Schedule

V = Verdict


def _submitting(**how: object) -> Story:
    story = Story(**how)
    story.scan()
    story.wait(1)
    return story


def _pending(**how: object) -> Story:
    story = _submitting(**how)
    story.reply(V.CONFIRMING)
    return story


def _revoking(**how: object) -> Story:
    story = _pending(**how)
    story.answer_all(query=V.CONFIRMING, revoke=V.REVOKE_AGAIN, until=30)
    return story


def test_restarted_while_a_code_was_awaited():
    story = Story()
    story.restart(after=2)
    assert (story.state, story.why) == (State.CANCELLED, "restarted")
    assert story.is_over


def test_restarted_before_the_charge_was_answered():
    story = _submitting()
    story.restart(after=2)
    assert story.state is State.PENDING
    story.reply(V.PAID)
    assert story.state is State.PAID
    assert story.asked == ["0 submit", "3 query"], "asked about, never sent again"


def test_a_charge_whose_leaving_nobody_saw_is_not_revoked_too_early_for_it():
    """P8: it was decided at 0 and may have left after a slow write, just before the box died."""
    story = Story()
    story.scan()
    story.restart(after=0.5)
    story.cancel()
    story.forget()
    story.answer_all(query=V.CONFIRMING, until=16)
    assert story.asked[-1] == "15.5 revoke"


def test_restarted_while_the_payer_confirms():
    story = _pending()
    story.restart(after=2)
    assert (story.state, story.asked) == (State.PENDING, ["0 submit", "3 query"])
    story.reply(V.CONFIRMING)
    story.until_asked()
    assert story.asked[-1] == "8 query"


def test_restarted_long_after_the_time_was_up():
    story = _submitting()
    story.restart(after=99)
    assert story.asked == ["0 submit", "100 query"], "asked about first"
    story.wait(0)
    assert story.state is State.REVOKING
    story.reply(V.NOT_KNOWN)
    assert story.asked_since(100) == ["100 query", "100 last query"]
    story.reply(V.NOT_KNOWN)
    story.reply(V.NOT_KNOWN)
    assert story.state is State.REVOKED


def test_restarted_while_a_refusal_is_being_confirmed():
    story = _submitting()
    story.refuse("TRADE_ERROR")
    story.restart(after=1)
    assert story.state is State.PENDING
    story.reply(V.UNPAID)
    assert (story.state, story.why) == (State.REFUSED, "TRADE_ERROR")


def test_restarted_while_revoking():
    story = _revoking()
    story.restart(after=1)
    assert (story.state, story.asked_since(31)) == (State.REVOKING, ["31 last query"])
    story.reply(V.PAID)
    assert story.state is State.REVOKING, "a revoke was sent before the restart: paid proves nothing"
    story.reply(V.REVOKED)
    assert (story.state, story.why) == (State.REVOKED, "timeout")
    assert story.is_over


def test_restarted_with_a_revoke_on_its_way():
    story = _pending()
    story.answer_all(query=V.CONFIRMING, until=29)
    story.until_asked()
    story.reply(V.CONFIRMING)
    assert story.asked[-1] == "30 revoke"
    story.restart(after=1)
    assert story.order().revoke_open
    story.reply(V.PAID)
    assert story.asked_since(31) == ["31 last query", "31 revoke"]


def test_restarted_before_revoking_was_allowed():
    story = _pending()
    story.cancel()
    story.restart(after=2)
    assert (story.state, story.asked[-1]) == (State.REVOKING, "3 query")
    story.answer_all(query=V.CONFIRMING, until=15)
    assert story.asked_since(4) == ["8 query", "13 query", "15 last query", "15 revoke"]


def test_restarted_while_a_refused_order_waits_for_its_revoke():
    story = Story()
    story.refused()
    story.restart(after=2)
    assert (story.state, story.why) == (State.CANCELLED, "restarted")
    assert story.asked[-1] == "2 query", "asked about first"
    story.answer_all(query=V.CONFIRMING, until=15)
    assert story.asked_since(2) == ["2 query", "7 query", "12 query", "15 last query", "15 revoke"]
    assert (story.state, story.is_over) == (State.CANCELLED, True)


def test_restarted_in_doubt():
    story = Story()
    story.scan()
    story.reply(V.MISMATCH, "mismatch")
    story.restart(after=4)
    assert (story.state, story.asked) == (State.IN_DOUBT, ["0 submit", "4 query"])
    story.reply(V.PAID)
    assert story.state is State.PAID


def test_restarted_while_money_goes_back():
    story = Story()
    story.refused(mendable=False)
    story.until_asked()
    story.reply(V.PAID)
    story.restart(after=1)
    assert story.asked_since(15) == ["15 last query", "15 refund", "16 refund"]
    story.reply(V.REFUNDED)
    assert story.state is State.REFUNDED


def test_restarted_while_a_forgotten_order_is_to_be_looked_at():
    story = _submitting()
    story.lose()
    story.answer_all(query=V.NOT_KNOWN, revoke=V.NOT_KNOWN, until=61)
    assert story.state is State.REVOKED
    story.restart(after=3)
    assert story.asked_since(64) == ["64 query"]
    story.reply(V.NOT_KNOWN)
    assert not story.is_over, "that look came too soon to be the last"
    story.answer_all(query=V.NOT_KNOWN, until=200)
    assert story.asked_since(64) == ["64 query", "70 query"]
    assert story.is_over


def test_after_a_power_cut_a_forgotten_order_is_looked_at_as_late_as_without_it():
    story = _submitting()
    story.lose()
    story.answer_all(query=V.NOT_KNOWN, revoke=V.NOT_KNOWN, until=61)
    story.restart(same_boot=False)
    story.answer_all(query=V.NOT_KNOWN, until=9)
    assert not story.is_over
    story.until_asked()
    story.reply(V.PAID)
    assert story.asked[-3:] == ["0 query", "20 query", "20 refund"]


def test_what_was_under_way_before_is_not_waited_for():
    story = _pending()
    story.until_asked()
    before = story.forget()
    story.tell(Restarted())
    assert story.asked == ["0 submit", "6 query", "6 query"]
    with pytest.raises(Unfit):
        story.tell(Replied(before, Reply(V.PAID)))
    story.reply(V.PAID)
    assert story.state is State.PAID


def test_a_payment_at_its_end_is_not_taken_up():
    story = Story()
    story.scan()
    story.reply(V.PAID)
    story.restart()
    assert story.asked == ["0 submit"]
    assert story.is_over


@pytest.mark.parametrize("tell", [_submitting, _pending])
def test_after_a_power_cut_the_waits_begin_anew(tell: Callable[[], Story]):
    """Moments of another boot mean nothing: nobody knows how long the power was out."""
    story = tell()
    story.restart(same_boot=False)
    story.answer_all(query=V.CONFIRMING, until=30)
    assert (story.state, story.why) == (State.REVOKED, "timeout")
    lines = story.asked[1:]
    assert lines == ["0 query", *(f"{s} query" for s in (5, 10, 15, 20, 25)), "30 last query", "30 revoke"]


def test_after_a_power_cut_a_revoke_waits_as_long_as_after_a_charge():
    story = _revoking()
    story.restart(same_boot=False)
    story.answer_all(query=V.CONFIRMING, until=15)
    assert story.asked[-5:] == ["0 query", "5 query", "10 query", "15 last query", "15 revoke"]
    assert story.state is State.REVOKED


def test_after_a_power_cut_the_time_until_in_doubt_begins_anew():
    story = _revoking(schedule=Schedule(in_doubt_s=100))
    story.restart(same_boot=False)
    story.answer_all(query=V.CONFIRMING, revoke=V.REVOKE_AGAIN, until=99.9)
    assert story.state is State.REVOKING
    story.answer_all(query=V.CONFIRMING, revoke=V.REVOKE_AGAIN, until=100)
    assert (story.state, story.why) == (State.IN_DOUBT, "revoke_unconfirmed")
