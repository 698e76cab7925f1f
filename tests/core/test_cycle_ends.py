"""Where nothing is left to be done, nothing is left open; and until then the next question comes when it should."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cycle_story import Story, made, shown_and_asked

from daemon.payment import Errand, State
from daemon.reply import Verdict

V = Verdict


def _closing() -> Story:
    story = Story(shows=True)
    story.show()
    story.answer_all(query=V.UNPAID, until=119)
    story.wait_until(120)
    assert story.state is State.CLOSING
    return story


@pytest.mark.parametrize(
    ("tell", "verdict", "end"),
    [
        (made, V.PAID, State.PAID),
        (made, V.CLOSED, State.EXPIRED),
        (shown_and_asked, V.CLOSED, State.EXPIRED),
        (_closing, V.PAID, State.PAID),
        (_closing, V.CLOSED, State.EXPIRED),
    ],
)
def test_a_proven_end_of_a_qr_order_leaves_nothing_open(tell: Callable[[], Story], verdict: Verdict, end: State):
    story = tell()
    story.reply(verdict)
    assert (story.state, story.is_over) == (end, True)


def test_a_making_that_never_left_and_was_given_up_leaves_nothing_open():
    story = Story(shows=True)
    story.cancel()
    story.lose(sent=False)
    assert (story.state, story.is_over) == (State.CANCELLED, True)


def test_a_charge_that_never_left_leaves_nothing_open():
    story = Story()
    story.scan()
    story.lose(sent=False)
    story.cancel()
    assert (story.state, story.is_over) == (State.CANCELLED, True)


@pytest.mark.parametrize("verdict", [V.CONFIRMING, V.UNPAID])
@pytest.mark.parametrize("shows", [False, True])
def test_a_query_that_was_held_for_less_than_the_pace_is_asked_again_at_once(shows: bool, verdict: Verdict):
    story = Story(holds=True, shows=shows)
    if shows:
        story.show()
    else:
        story.scan()
        story.reply(V.CONFIRMING)
    story.until_asked()
    story.wait(2)
    story.reply(verdict)
    asked_at = story.now
    story.until_asked()
    assert story.now == asked_at


def test_a_refused_making_is_closed_all_the_same():
    """As every refused order: rarely it exists, and could be paid."""
    story = Story(shows=True)
    story.refuse("FREQUENCY")
    story.reply(V.UNPAID)
    assert (story.state, story.order().errand) == (State.REFUSED, Errand.UNDO)
    story.answer_all(query=V.UNPAID, revoke=V.CLOSED, until=1)
    assert story.asked[-2:] == ["0 last query", "0 close"]
    assert story.is_over


def test_a_refused_payment_of_a_shown_qr_is_closed_all_the_same():
    story = shown_and_asked()
    story.refuse("PAYERROR")
    assert story.state is State.REFUSED
    story.answer_all(query=V.UNPAID, revoke=V.CLOSED, until=4)
    assert story.asked[-1] == "3 close"
    assert story.is_over


def test_a_making_whose_answer_says_that_the_payer_is_asked_has_no_qr_and_is_searched_for():
    story = Story(shows=True)
    assert len(story.reply(V.CONFIRMING)) == 1
    assert (story.state, story.asked[-1]) == (State.CREATING_QR, "0 query")


@pytest.mark.parametrize("verdict", [V.CONFIRMING, V.UNKNOWN])
def test_an_answer_from_before_the_closing_is_followed_by_the_last_query_at_once(verdict: Verdict):
    story = Story(shows=True)
    story.lose()
    story.wait_until(20)
    assert story.state is State.CLOSING
    assert len(story.reply(verdict)) == 1
    assert (story.state, story.asked[-1]) == (State.CLOSING, "20 last query")
