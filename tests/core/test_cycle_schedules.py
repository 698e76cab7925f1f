"""Each gateway is dealt with by its own waits: a schedule that differs from the defaults in what the story is about."""

from __future__ import annotations

from cycle_story import BEGUN, GATEWAY, Story

from daemon.cycle import Rules
from daemon.payment import State
from daemon.reply import Verdict
from daemon.timing import Schedule

V = Verdict


def test_how_a_gateway_is_dealt_with_is_worked_out_once():
    rules = Rules({GATEWAY: Schedule(give_up_s=9)})
    assert rules.terms(GATEWAY) is rules.terms(GATEWAY)
    assert (rules.terms(GATEWAY).schedule.give_up_s, rules.terms("another").schedule.give_up_s) == (9, 30)


def _is_shown_until_40(story: Story) -> None:
    story.answer_all(query=V.UNPAID, until=39.9)
    assert story.state is State.PRESENTING_QR
    story.wait_until(40)
    assert story.state is State.CLOSING


def test_a_qr_is_shown_as_long_as_its_gateway_says():
    story = Story(Schedule(qr_s=40), shows=True)
    story.show()
    _is_shown_until_40(story)


def test_another_boot_shows_it_so_long_again():
    story = Story(Schedule(qr_s=40), shows=True)
    story.show()
    story.answer_all(query=V.UNPAID, until=30)
    story.restart(same_boot=False)
    _is_shown_until_40(story)


def test_a_restart_in_the_same_boot_gives_a_qr_no_more_time():
    story = Story(Schedule(qr_s=40), shows=True)
    story.show()
    story.restart(after=30)
    story.reply(V.UNPAID)
    story.answer_all(query=V.UNPAID, until=39)
    story.wait_until(40)
    assert story.state is State.CLOSING


def test_after_a_power_cut_an_order_that_is_searched_for_is_asked_about_at_the_pace_of_its_gateway():
    story = Story(Schedule(qr_query_every_s=4), shows=True)
    story.lose()
    story.lose()
    story.restart(same_boot=False)
    story.until_asked()
    assert story.asked == ["0 createqr", "0 query", "4 query"]


def test_after_a_power_cut_nobody_is_asked_for_a_code():
    story = Story()
    story.restart(same_boot=False)
    assert (story.state, story.why) == (State.CANCELLED, "restarted")


def test_what_never_left_gives_no_more_time_for_a_code():
    story = Story()
    story.wait(10)
    story.scan()
    story.lose(sent=False)
    assert story.cycle.next_deadline() == BEGUN + 60


def test_a_refusal_for_good_leaves_the_time_for_a_code_as_it_was():
    story = Story()
    story.wait(10)
    story.refused(mendable=False)
    assert (story.state, story.payment.expires_at) == (State.REFUSED, BEGUN + 60)


def test_an_order_is_forgotten_after_twice_the_wait_of_its_gateway():
    story = Story(Schedule(give_up_s=10))
    story.scan()
    story.lose()
    story.answer_all(query=V.NOT_KNOWN, revoke=V.NOT_KNOWN, until=19)
    assert story.state is State.REVOKING
    story.answer_all(query=V.NOT_KNOWN, revoke=V.NOT_KNOWN, until=21)
    assert story.state is State.REVOKED


def test_after_a_power_cut_the_last_look_is_as_late_as_its_gateway_says():
    """The charge is held to be lost after twelve seconds, but the last look was to come after thirty: so it does."""
    story = Story(Schedule(give_up_s=6, chase_s=30))
    story.scan()
    story.lose()
    story.answer_all(query=V.NOT_KNOWN, revoke=V.NOT_KNOWN, until=16)
    assert story.state is State.REVOKED
    story.restart(same_boot=False)
    story.reply(V.NOT_KNOWN)
    story.restart(after=15)
    story.reply(V.NOT_KNOWN)
    assert not story.is_over
    story.until_asked()
    story.reply(V.NOT_KNOWN)
    assert story.asked[-3:] == ["0 query", "15 query", "30 query"]
    assert story.is_over
