"""The cycle's stories of QR payments: the box shows, the payer scans, and no provider's close can be relied on."""

from __future__ import annotations

import pytest
from cycle_story import Story

from daemon.cycle import Unfit
from daemon.errands import CHASE_TRIES
from daemon.payment import Errand, Mode, Reason, State
from daemon.reading import NO_QR
from daemon.reply import Verdict
from daemon.timing import Schedule

V = Verdict


def _shown(**how: object) -> Story:
    """The provider gave a QR at once, and it is on the panel."""
    story = Story(shows=True, **how)
    story.show()
    assert story.state is State.PRESENTING_QR
    return story


def _time_up(**how: object) -> Story:
    """Nobody paid for two minutes; the last query is under way."""
    story = _shown(**how)
    story.answer_all(query=V.UNPAID, until=119.9)
    story.wait_until(120)
    assert story.state is State.CLOSING
    return story


def _expired(**how: object) -> Story:
    """Nobody paid, and the order could not be closed: the till was told `expired`, and it is asked on."""
    story = _time_up(**how)
    story.reply(V.UNPAID)
    if story.under_way:
        story.reply(V.REVOKE_REFUSED)
    assert (story.state, story.order().errand) == (State.EXPIRED, Errand.WATCH)
    return story


# -- shown and paid --


def test_the_payer_scans_and_pays():
    story = Story(shows=True)
    assert (story.state, story.asked) == (State.CREATING_QR, ["0 createqr"])
    story.show("weixin://pay/1")
    assert (story.order().qr, story.order().mode) == ("weixin://pay/1", Mode.SHOW)
    story.until_asked()
    story.reply(V.UNPAID)
    story.until_asked()
    story.reply(V.CONFIRMING)
    assert story.order().confirming
    story.until_asked()
    story.reply(V.PAID)
    assert (story.state, story.payment.paid_at) == (State.PAID, "answered")
    assert story.asked == ["0 createqr", "3 query", "6 query", "9 query"]
    assert story.is_over


def test_a_provider_that_holds_queries_is_asked_that_way():
    story = _shown(holds=True)
    story.until_asked()
    assert story.asked[-1] == "3 query held 25"


def test_when_the_time_is_up_nobody_waits_for_a_query_that_is_held():
    """It could be held long past the end, and the till waits to be told: the last one is asked at once, and the order closed."""
    story = _shown(holds=True, ttl_s=20)
    story.wait_until(20)
    assert (story.state, story.asked[-2:]) == (State.CLOSING, ["3 query held 25", "20 last query"])
    story.forget()
    story.reply(V.UNPAID)
    story.reply(V.CLOSED)
    assert (story.state, story.asked[-1]) == (State.EXPIRED, "20 close")


def test_an_order_that_is_searched_for_is_asked_about_without_holding_the_query():
    """Its QR is told in the answer, and a held answer comes only when something changes: nobody could pay until then."""
    story = Story(shows=True, holds=True)
    story.lose()
    assert story.asked[-1] == "0 query"
    story.reply(V.UNKNOWN)
    story.until_asked()
    assert story.asked[-1] == "3 query"
    story.show()
    story.until_asked()
    assert story.asked[-1] == "6 query held 25"


def test_an_answer_to_a_held_query_that_comes_after_all_changes_nothing():
    """The last query, asked since, says the same."""
    story = _shown(holds=True, ttl_s=20)
    story.wait_until(20)
    with pytest.raises(Unfit):
        story.reply(V.PAID)
    assert story.state is State.CLOSING
    story.reply(V.PAID)
    assert story.state is State.PAID


def test_an_answer_that_tells_the_qr_again_changes_nothing():
    story = _shown()
    story.until_asked()
    story.show()
    assert story.state is State.PRESENTING_QR


def test_the_request_s_time_takes_the_place_of_the_configured_one():
    story = _shown(ttl_s=20)
    story.answer_all(query=V.UNPAID, until=19)
    story.wait_until(20)
    assert story.state is State.CLOSING


# -- no QR --


def test_a_provider_that_gives_no_text_is_a_refusal_and_the_order_is_closed():
    story = Story(shows=True)
    story.show(None)
    assert (story.state, story.reason) == (State.REFUSED, NO_QR)
    story.answer_all(query=V.UNPAID, until=1)
    assert story.asked[1:] == ["0 last query", "0 close"]
    assert story.is_over


def test_a_qr_that_the_panel_cannot_show_is_a_refusal_that_says_so():
    why = Reason("qr_unreadable", "too long")
    story = Story(shows=True, unshowable=why)
    story.show("long")
    assert (story.state, story.reason) == (State.REFUSED, why)


def test_a_refused_order_is_told_after_a_query_confirms_it():
    story = Story(shows=True)
    story.refuse("PARAM_ERROR", mendable=True)
    assert story.state is State.CREATING_QR
    story.reply(V.NOT_KNOWN)
    assert (story.state, story.why) == (State.REFUSED, "PARAM_ERROR")


def test_what_never_left_the_box_is_refused_at_once():
    story = Story(shows=True)
    story.lose(sent=False)
    assert (story.state, story.why) == (State.REFUSED, "not_sent")
    assert story.is_over


# -- whether the order came to be is unclear --


def test_a_lost_answer_is_asked_for_by_number_and_its_qr_shown():
    story = Story(shows=True)
    story.wait(10)
    story.lose()
    assert story.asked == ["0 createqr", "10 query"]
    story.reply(V.UNKNOWN)
    story.until_asked()
    story.show()
    assert story.state is State.PRESENTING_QR
    assert story.asked == ["0 createqr", "10 query", "13 query"]


def test_an_order_found_without_its_qr_is_closed_and_expires_as_unclear():
    story = Story(shows=True)
    story.lose()
    story.answer_all(query=V.UNPAID, revoke=V.CLOSED, until=20)
    assert (story.state, story.why) == (State.EXPIRED, "create_unclear")
    assert story.asked.count("0 createqr") == 1  # never made a second time (P1)
    assert story.asked[-2:] == ["20 last query", "20 close"]
    assert story.is_over


def test_a_provider_with_one_order_per_key_is_asked_to_make_it_again():
    story = Story(shows=True, repeats=True)
    story.lose()
    assert story.asked == ["0 createqr", "0 createqr"]
    story.lose(sent=False)  # one of the two may have been carried out: this one proves nothing
    assert story.state is State.CREATING_QR
    story.until_asked()
    story.show()
    assert story.asked[-1] == "3 createqr"


def test_somebody_pays_an_order_whose_making_was_unclear():
    story = Story(shows=True)
    story.lose()
    story.reply(V.CONFIRMING)
    story.until_asked()
    story.reply(V.PAID)
    assert story.state is State.PAID


def test_an_order_that_the_provider_ended_while_it_was_made_has_expired():
    story = Story(shows=True)
    story.reply(V.CLOSED)
    assert (story.state, story.why) == (State.EXPIRED, "closed_by_provider")


def test_an_odd_answer_to_the_making_is_in_doubt():
    story = Story(shows=True)
    story.reply(V.MISMATCH, "mismatch")
    assert story.state is State.IN_DOUBT


def test_a_provider_that_never_knew_the_order_is_looked_at_once_more():
    story = Story(shows=True)
    story.lose()
    story.answer_all(query=V.NOT_KNOWN, revoke=V.NOT_KNOWN, until=25)
    assert (story.state, story.why) == (State.EXPIRED, "create_unclear")
    story.answer_all(query=V.NOT_KNOWN, until=200)
    assert story.is_over


# -- nobody pays --


def test_when_the_time_is_up_the_order_is_asked_about_and_closed():
    story = _time_up()
    story.reply(V.UNPAID)
    assert story.asked[-2:] == ["120 last query", "120 close"]
    story.reply(V.CLOSED)
    assert (story.state, story.why) == (State.EXPIRED, "qr_timeout")
    assert story.is_over


def test_a_close_that_is_not_confirmed_is_repeated_with_growing_pauses():
    story = _time_up()
    story.reply(V.CONFIRMING)
    story.lose()
    story.answer_all(query=V.UNPAID, revoke=V.REVOKE_AGAIN, until=130)
    assert [line for line in story.asked if line.endswith("close")] == ["120 close", "122 close", "126 close"]
    story.answer_all(query=V.UNPAID, revoke=V.CLOSED, until=140)
    assert story.state is State.EXPIRED


def test_an_unconfirmed_close_becomes_a_doubt_and_is_tried_on():
    story = _time_up(schedule=Schedule(in_doubt_s=30))
    story.answer_all(query=V.UNKNOWN, revoke=V.REVOKE_AGAIN, until=151)
    assert story.state is State.IN_DOUBT
    story.answer_all(query=V.UNPAID, revoke=V.CLOSED, until=400)
    assert story.state is State.REVOKED


def test_money_found_while_closing_is_the_till_s():
    story = _time_up()
    story.reply(V.UNPAID)
    story.reply(V.REVOKE_AGAIN)
    story.until_asked()
    story.reply(V.PAID)
    assert story.state is State.PAID


def test_an_odd_payment_while_closing_is_in_doubt():
    story = _time_up()
    story.reply(V.MISMATCH, "mismatch")
    assert story.state is State.IN_DOUBT


def test_the_provider_s_own_end_is_an_expiry_too():
    story = _shown()
    story.until_asked()
    story.reply(V.CLOSED)
    assert (story.state, story.why) == (State.EXPIRED, "closed_by_provider")
    closing = _time_up()
    closing.reply(V.CLOSED)
    assert (closing.state, closing.why) == (State.EXPIRED, "qr_timeout")


def test_a_payment_that_failed_at_the_provider_is_refused():
    story = _shown()
    story.until_asked()
    story.refuse("REJECTED")
    assert (story.state, story.why) == (State.REFUSED, "REJECTED")


def test_an_odd_payment_of_a_shown_qr_is_in_doubt_and_never_closed():
    story = _shown()
    story.until_asked()
    story.reply(V.MISMATCH, "mismatch")
    story.answer_all(query=V.UNKNOWN, until=4000)
    assert story.state is State.IN_DOUBT
    assert not [line for line in story.asked if "close" in line]


# -- no close to be had --


def test_where_the_provider_has_no_close_it_expires_at_once_and_is_asked_on():
    story = _expired(closes=False)
    assert not [line for line in story.asked if "close" in line]
    assert story.asked_since(120) == ["120 last query"]
    story.answer_all(query=V.UNPAID, until=300)
    assert story.asked_since(121) == ["130 query", "150 query", "190 query", "270 query"]
    story.until_asked()
    story.reply(V.CLOSED)
    assert story.is_over


def test_asking_on_ends_at_the_provider_s_limit():
    story = _expired()
    story.answer_all(query=V.UNPAID, until=10 * 24 * 3600)
    assert story.is_over
    assert story.asked.count("120 close") == 1
    assert sum("query" in line for line in story.asked_since(121)) == CHASE_TRIES


def test_money_that_comes_after_the_till_was_told_goes_back_once():
    story = _expired()
    story.until_asked()
    story.reply(V.CONFIRMING)
    story.until_asked()
    story.reply(V.PAID)
    assert (story.state, story.asked[-1]) == (State.EXPIRED, "150 refund")
    story.lose()
    story.until_asked()
    story.reply(V.REFUNDED)
    assert (story.state, story.why) == (State.REFUNDED, "paid_late")
    assert story.is_over


def test_money_that_cannot_go_back_is_reported():
    story = _expired(refunds=False)
    story.until_asked()
    story.reply(V.PAID)
    assert (story.state, story.why) == (State.EXPIRED, "paid_late")
    refused = _expired()
    refused.until_asked()
    refused.reply(V.PAID)
    refused.reply(V.REFUND_REFUSED)
    assert (refused.state, refused.why) == (State.EXPIRED, "paid_late")


def test_an_odd_late_payment_brings_it_into_doubt():
    for story in (_expired(), _left_as_asked()):
        story.until_asked()
        story.reply(V.MISMATCH, "mismatch")
        assert story.state is State.IN_DOUBT


# -- given up --


def _left_as_asked() -> Story:
    story = _shown()
    story.cancel()
    story.wait(0)
    story.reply(V.UNPAID)
    story.reply(V.REVOKE_REFUSED)
    assert (story.state, story.why) == (State.CANCELLED, "cancelled")
    return story


def test_the_till_gives_a_shown_qr_up():
    story = _shown()
    story.until_asked()
    story.cancel()
    assert story.state is State.CLOSING
    story.forget()  # nobody waits for the poll that was under way
    story.until_asked()
    story.reply(V.UNPAID)
    story.reply(V.CLOSED)
    assert (story.state, story.why) == (State.CANCELLED, "cancelled")
    assert story.is_over


def test_the_till_gives_up_while_the_order_is_being_made():
    story = Story(shows=True)
    story.cancel()
    story.cancel()
    assert (story.state, len(story.asked)) == (State.CLOSING, 1)
    story.show()  # too late: it is not shown any more
    assert story.state is State.CLOSING
    story.answer_all(query=V.UNPAID, revoke=V.CLOSED, until=1)
    assert (story.state, story.why) == (State.CANCELLED, "cancelled")


def test_a_refusal_that_comes_after_the_till_gave_up_changes_nothing():
    story = Story(shows=True)
    story.cancel()
    story.refuse("PARAM_ERROR")
    assert story.state is State.CLOSING


def test_an_order_that_never_left_and_was_given_up_is_cancelled():
    story = Story(shows=True)
    story.cancel()
    story.lose(sent=False)
    assert (story.state, story.why) == (State.CANCELLED, "cancelled")


def test_what_was_given_up_and_is_paid_all_the_same_goes_back():
    story = _left_as_asked()
    story.until_asked()
    story.reply(V.UNPAID)
    story.until_asked()
    story.reply(V.PAID)
    story.reply(V.UNKNOWN)
    story.until_asked()
    story.reply(V.REFUNDED)
    assert story.state is State.REFUNDED


def test_what_was_given_up_and_cannot_go_back_is_reported():
    story = _left_as_asked()
    story.until_asked()
    story.reply(V.CONFIRMING)
    story.until_asked()
    story.reply(V.PAID)
    story.reply(V.REFUND_REFUSED)
    assert (story.state, story.why) == (State.CANCELLED, "paid_late")


def test_what_was_given_up_ends_when_the_provider_ends_it():
    story = _left_as_asked()
    story.until_asked()
    story.reply(V.CLOSED)
    assert (story.state, story.is_over) == (State.CANCELLED, True)


# -- an order that the provider knew of only later --


def test_a_shown_order_that_the_provider_does_not_know_yet_is_asked_on():
    """Alipay's precreate: there is no order before the QR is scanned, and it may be scanned after the till was told."""
    story = _time_up()
    story.reply(V.NOT_KNOWN)
    story.reply(V.NOT_KNOWN)
    assert (story.state, story.why) == (State.EXPIRED, "qr_timeout")
    story.answer_all(query=V.NOT_KNOWN, until=4000)
    story.until_asked()
    story.reply(V.PAID)
    assert story.asked[-1].endswith("refund")


def _never_known(give_up: bool) -> Story:
    """Made without an answer, not known when asked nor when closed; looked at once more later."""
    story = Story(shows=True)
    story.lose()
    if give_up:
        story.cancel()
        story.forget()
    story.answer_all(query=V.NOT_KNOWN, revoke=V.NOT_KNOWN, until=31 if give_up else 25)
    assert story.state is (State.CANCELLED if give_up else State.EXPIRED)
    return story


@pytest.mark.parametrize("give_up", [True, False])
def test_an_order_that_turns_up_later_is_closed_after_all(give_up: bool):
    _turned_up(give_up)


def test_an_order_that_turns_up_later_is_closed_after_all_whatever_the_till_was_told():
    for give_up in (True, False):
        _turned_up(give_up)


def _turned_up(give_up: bool) -> None:
    told = State.CANCELLED if give_up else State.EXPIRED
    story = _never_known(give_up)
    story.until_asked()
    story.reply(V.UNPAID)  # it is there after all
    story.until_asked()
    story.reply(V.UNPAID)
    assert story.asked[-1].endswith("close")
    story.reply(V.UNKNOWN)
    story.until_asked()
    story.reply(V.UNPAID)
    story.reply(V.CLOSED)
    assert (story.state, story.is_over) == (told, True)


def test_an_order_that_turns_up_and_cannot_be_closed_is_watched():
    for give_up in (True, False):
        story = _never_known(give_up)
        story.until_asked()
        story.reply(V.UNPAID)
        story.until_asked()
        story.reply(V.UNPAID)
        story.reply(V.REVOKE_REFUSED)
        assert story.order().errand is Errand.WATCH


def test_an_order_that_never_turns_up_rests():
    for give_up in (True, False):
        story = _never_known(give_up)
        story.answer_all(query=V.NOT_KNOWN, until=300)
        assert story.is_over


def test_an_order_that_turns_up_and_vanishes_again_is_forgotten():
    """The provider knew it once, and says so no more: its close is repeated until it says what became of it."""
    for give_up in (True, False):
        story = _never_known(give_up)
        story.until_asked()
        story.refuse("REJECTED")
        story.until_asked()
        story.reply(V.NOT_KNOWN)
        story.reply(V.NOT_KNOWN)
        assert story.order().errand is Errand.UNDO


# -- restarts --


def test_a_restart_while_the_order_is_made_asks_for_it_by_number():
    story = Story(shows=True)
    story.restart()
    assert (story.state, story.asked[-1]) == (State.CREATING_QR, "0 query")
    story.show()
    assert story.state is State.PRESENTING_QR


def test_a_restart_while_it_is_shown_goes_on_showing_it():
    story = _shown()
    story.restart(after=5)
    assert (story.state, story.order().qr is not None, story.asked[-1]) == (State.PRESENTING_QR, True, "5 query")


def test_another_boot_shows_it_for_its_whole_time_again():
    story = _shown()
    story.restart(same_boot=False)
    story.answer_all(query=V.UNPAID, until=119)
    assert story.state is State.PRESENTING_QR


def test_a_restart_while_closing_asks_and_closes():
    story = _time_up()
    story.restart()
    story.reply(V.UNPAID)
    story.reply(V.CLOSED)
    assert story.state is State.EXPIRED


def test_a_restart_in_the_long_tail_asks_at_once_and_goes_on():
    for story in (_expired(), _left_as_asked()):
        before = len(story.asked)
        story.restart(after=1)
        assert len(story.asked) == before + 1


# -- notifications --


def test_a_notification_makes_the_box_ask_now():
    story = _shown()
    story.wait(2)
    story.hint()
    assert story.asked[-1] == "2 query"
    story.reply(V.PAID)
    assert story.state is State.PAID


def test_notifications_never_ask_more_than_once_a_second():
    story = _shown()
    story.wait(2)
    story.hint()
    story.reply(V.UNPAID)
    story.hint()
    with pytest.raises(Unfit):
        story.hint()
    story.wait(0.9)
    assert story.asked == ["0 createqr", "2 query"]


def test_a_notification_right_after_a_question_is_heeded_when_the_second_is_over():
    """The payer may pay just after the provider has said "unpaid", and its notification comes once."""
    story = _shown(schedule=Schedule(qr_query_every_s=60))
    story.hint()
    story.wait(1)
    story.reply(V.PAID)
    assert (story.asked, story.state) == (["0 createqr", "1 query"], State.PAID)


def test_a_notification_while_the_answer_is_under_way_is_heeded_in_the_tail():
    """Where the next question would come an hour later."""
    story = _expired()
    story.until_asked()
    asked_at = story.now
    story.hint()
    story.wait(0.2)
    story.reply(V.UNPAID)
    assert story.cycle.next_deadline() == asked_at + 1


def test_a_notification_about_what_is_at_its_end_does_nothing():
    story = _shown()
    story.until_asked()
    story.reply(V.PAID)
    with pytest.raises(Unfit):
        story.hint()


def test_a_notification_finds_a_late_payment_in_the_tail():
    story = _expired()
    story.wait(2)
    story.hint()
    story.reply(V.PAID)
    assert story.asked[-1].endswith("refund")


def test_a_code_is_not_wanted_while_a_qr_is():
    story = Story(shows=True)
    with pytest.raises(Unfit):
        story.scan()


def test_the_answer_to_a_poll_from_before_the_closing_is_not_the_last_word():
    story = Story(shows=True)
    story.lose()
    story.wait_until(20)
    assert story.state is State.CLOSING
    story.reply(V.CONFIRMING)
    assert story.asked[-1] == "20 last query"
