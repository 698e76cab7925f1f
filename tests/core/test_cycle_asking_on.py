"""What goes on after the till was told, and what does not: the till's word stays, and the order is asked about at its pace.

Each way of being told an end that the provider has not confirmed has a story that leads there; what is then heard is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from cycle_story import Story, made, never_known, shown_and_asked

from daemon.payment import Errand, State
from daemon.reply import Verdict
from daemon.timing import Schedule

V = Verdict
Told = Callable[..., Story]


def _in_doubt(**how: object) -> Story:
    story = Story(**how)
    story.scan()
    story.reply(V.MISMATCH, "mismatch")
    return story


def _refused(**how: object) -> Story:
    """And its revoke was refused."""
    story = Story(**how)
    story.refused(mendable=False)
    story.until_asked()
    story.reply(V.UNPAID)
    story.reply(V.REVOKE_REFUSED)
    return story


def _revoked(**how: object) -> Story:
    """It arrived after its revoke, and then cannot be revoked any more."""
    story = never_known(**how)
    story.until_asked()
    story.reply(V.UNPAID)
    story.until_asked()
    story.reply(V.UNPAID)
    story.reply(V.REVOKE_REFUSED)
    return story


def _expired(**how: object) -> Story:
    story = Story(shows=True, **how)
    story.show()
    story.answer_all(query=V.UNPAID, revoke=V.REVOKE_REFUSED, until=120)
    return story


def _cancelled(**how: object) -> Story:
    story = Story(shows=True, **how)
    story.show()
    story.cancel()
    story.answer_all(query=V.UNPAID, revoke=V.REVOKE_REFUSED, until=1)
    return story


TOLD = {
    State.IN_DOUBT: _in_doubt,
    State.REFUSED: _refused,
    State.REVOKED: _revoked,
    State.EXPIRED: _expired,
    State.CANCELLED: _cancelled,
}
BY_STATE = pytest.mark.parametrize(("state", "told"), TOLD.items(), ids=lambda value: str(value) if isinstance(value, State) else "")


def _pauses(story: Story, count: int, answer: Callable[[], object]) -> list[float]:
    """The seconds between so many requests, each answered so."""
    moments = []
    for _ in range(count + 1):
        if not story.under_way:
            story.until_asked()
        moments.append(story.now)
        answer()
    return [after - before for before, after in pairwise(moments)]


@BY_STATE
@pytest.mark.parametrize("verdict", [V.CONFIRMING, V.UNKNOWN, V.NOT_KNOWN])
def test_it_is_asked_on_ever_more_slowly_and_the_till_s_word_stays(state: State, told: Told, verdict: Verdict):
    story = told()
    assert (story.state, story.order().errand) == (state, Errand.WATCH)
    assert _pauses(story, 3, lambda: story.reply(verdict)) == [20, 40, 80]
    assert (story.state, story.order().state) == (state, state)


@BY_STATE
@pytest.mark.parametrize("verdict", [V.CONFIRMING, V.UNKNOWN])
def test_an_answer_that_took_longer_than_the_pause_is_followed_by_the_next_question_at_once(state: State, told: Told, verdict: Verdict):
    story = told()
    story.until_asked()
    story.wait(25)
    assert len(story.reply(verdict)) == 1
    assert story.state is state


@pytest.mark.parametrize("told", [_in_doubt, _refused, _expired, _cancelled])
def test_so_is_an_odd_one(told: Told):
    story = told()
    story.until_asked()
    story.wait(25)
    assert len(story.reply(V.MISMATCH, "mismatch")) == 1
    assert story.state is State.IN_DOUBT


@pytest.mark.parametrize(("told", "end"), [(_refused, State.REFUSED), (_expired, State.EXPIRED), (_cancelled, State.CANCELLED)])
def test_the_provider_s_own_end_changes_no_word_and_leaves_nothing_open(told: Told, end: State):
    story = told()
    story.until_asked()
    story.reply(V.CLOSED)
    assert (story.state, story.order().state, story.is_over) == (end, end, True)


@BY_STATE
def test_a_restart_asks_at_once_and_changes_no_word(state: State, told: Told):
    story = told()
    assert len(story.restart(after=1)) == 1
    assert (story.state, story.order().state) == (state, state)


@BY_STATE
def test_money_goes_back_at_growing_pauses_until_that_is_confirmed(state: State, told: Told):
    story = told() if state is not State.IN_DOUBT else _in_doubt_for_want_of_a_revoke()
    story.until_asked()
    story.reply(V.PAID)
    assert _pauses(story, 3, lambda: story.reply(V.UNKNOWN)) == [10, 20, 40]
    story.until_asked()
    story.reply(V.REFUNDED)
    assert story.state is (State.REVOKED if state is State.REVOKED else State.REFUNDED)
    assert story.is_over


@BY_STATE
def test_money_that_cannot_go_back_is_a_person_s_and_nothing_is_asked_any_more(state: State, told: Told):
    story = told() if state is not State.IN_DOUBT else _in_doubt_for_want_of_a_revoke()
    story.until_asked()
    story.reply(V.PAID)
    story.reply(V.REFUND_REFUSED)
    assert (story.state, story.why, story.order().is_open) == (state, "paid_late", False)
    assert story.cycle.next_deadline() is None


def _in_doubt_for_want_of_a_revoke() -> Story:
    """Given up, and the provider refused to revoke: money that comes now came late."""
    story = Story()
    story.scan()
    story.cancel()
    story.lose()
    story.answer_all(query=V.UNPAID, revoke=V.REVOKE_REFUSED, until=15)
    assert story.state is State.IN_DOUBT
    return story


def test_what_cannot_be_revoked_is_watched_in_doubt():
    """It was in doubt already, because the first revoke was not confirmed in time."""
    story = Story(Schedule(in_doubt_s=1))
    story.scan()
    story.cancel()
    story.lose()
    story.answer_all(query=V.UNPAID, revoke=V.REVOKE_AGAIN, until=17)
    assert story.state is State.IN_DOUBT
    story.answer_all(query=V.UNPAID, revoke=V.REVOKE_REFUSED, until=40)
    assert (story.state, story.order().errand) == (State.IN_DOUBT, Errand.WATCH)
    assert _pauses(story, 2, lambda: story.reply(V.UNKNOWN)) == [40, 80]


def test_giving_up_what_is_in_doubt_already_does_not_end_its_undoing():
    story = Story(Schedule(in_doubt_s=1))
    story.scan()
    story.cancel()
    story.lose()
    story.answer_all(query=V.UNPAID, revoke=V.REVOKE_AGAIN, until=17)
    story.cancel()
    assert (story.state, story.order().errand) == (State.IN_DOUBT, Errand.UNDO)


# -- odd --


def _polled() -> Story:
    story = Story()
    story.scan()
    story.reply(V.CONFIRMING)
    story.until_asked()
    return story


def _closing() -> Story:
    story = shown_and_asked()
    story.cancel()
    story.forget()
    story.until_asked()
    return story


def _asked_on(told: Told) -> Story:
    story = told()
    story.until_asked()
    return story


@pytest.mark.parametrize(
    "asked", [_polled, made, shown_and_asked, _closing, lambda: _asked_on(_expired), lambda: _asked_on(_cancelled)]
)  # whatever was asked, and whoever was told what
def test_an_odd_payment_is_watched(asked: Callable[[], Story]):
    story = asked()
    story.reply(V.MISMATCH, "mismatch")
    assert (story.state, story.order().errand, story.under_way) == (State.IN_DOUBT, Errand.WATCH, [])
    story.until_asked()
    story.reply(V.UNKNOWN)
    story.until_asked()


# -- never known --


@pytest.mark.parametrize("give_up", [True, False])
def test_a_close_of_what_the_provider_does_not_know_may_be_confirmed_and_is_looked_at_once_more(give_up: bool):
    story = _not_made(give_up, revoke=V.REVOKED, until=1 if give_up else 21)
    assert story.order().errand is Errand.WATCH
    story.until_asked()
    story.reply(V.PAID)
    assert story.asked[-1].endswith("refund")


def test_what_is_forgotten_is_closed_once():
    story = _not_made(False, revoke=V.NOT_KNOWN)
    assert story.asked_since(20) == ["20 last query", "20 close"]


@pytest.mark.parametrize("give_up", [True, False])
def test_what_is_forgotten_stays_ended_as_the_till_was_told(give_up: bool):
    story = _not_made(give_up, revoke=V.NOT_KNOWN)
    told = story.state
    assert story.order().errand is Errand.WATCH
    story.until_asked()
    story.reply(V.NOT_KNOWN)
    assert (story.state, story.is_over) == (told, True)


@pytest.mark.parametrize("give_up", [True, False])
def test_a_look_that_a_restart_brought_early_is_not_the_last(give_up: bool):
    story = _not_made(give_up, revoke=V.NOT_KNOWN)
    story.restart(after=1)
    story.reply(V.NOT_KNOWN)
    assert not story.is_over
    story.until_asked()
    story.reply(V.NOT_KNOWN)
    assert story.is_over


def _not_made(give_up: bool, *, revoke: Verdict, until: float | None = None) -> Story:
    """A QR order whose making was not answered, and which the provider does not know."""
    story = Story(shows=True)
    story.lose()
    if give_up:
        story.cancel()
        story.forget()
    story.answer_all(query=V.NOT_KNOWN, revoke=revoke, until=until or (31 if give_up else 25))
    assert story.state is (State.CANCELLED if give_up else State.EXPIRED)
    return story


@pytest.mark.parametrize("give_up", [True, False])
def test_what_turns_up_is_closed_at_growing_pauses_and_watched_where_that_is_refused(give_up: bool):
    story = _not_made(give_up, revoke=V.NOT_KNOWN)
    told = story.state
    story.until_asked()
    story.reply(V.UNPAID)
    story.until_asked()
    story.reply(V.UNPAID)
    assert _pauses(story, 2, lambda: _answer_close(story, V.UNKNOWN)) == [2, 4]
    story.until_asked()
    _answer_close(story, V.REVOKE_REFUSED)
    assert (story.state, story.order().state, story.order().errand) == (told, told, Errand.WATCH)


def _answer_close(story: Story, verdict: Verdict) -> None:
    """Once the last query, if that comes first, has said that it is still unpaid."""
    if story.asked[-1].endswith("query"):
        story.reply(V.UNPAID)
    story.reply(verdict)


@pytest.mark.parametrize("revoke", [V.REVOKED, V.NOT_KNOWN])
def test_a_charge_in_doubt_that_was_never_known_is_revoked_and_looked_at_once_more(revoke: Verdict):
    story = Story(Schedule(in_doubt_s=1))
    story.scan()
    story.lose()
    story.answer_all(query=V.NOT_KNOWN, revoke=V.REVOKE_AGAIN, until=61)
    assert story.state is State.IN_DOUBT
    while story.state is State.IN_DOUBT:
        story.until_asked()
        _answer_unknown(story, revoke)
    assert (story.state, story.order().errand) == (State.REVOKED, Errand.WATCH)
    story.until_asked()
    story.reply(V.PAID)
    assert story.asked[-1].endswith("refund")


def test_a_refused_order_that_was_never_known_is_revoked_and_looked_at_once_more():
    story = Story()
    story.scan()
    story.refuse("AUTH_CODE_ERROR")
    story.reply(V.NOT_KNOWN)
    story.until_asked()
    _answer_unknown(story, V.REVOKED)
    assert (story.state, story.order().errand) == (State.REFUSED, Errand.WATCH)


def _answer_unknown(story: Story, revoke: Verdict) -> None:
    story.reply(V.NOT_KNOWN)
    story.reply(revoke)
