"""Every fault at every moment: what a telling is made of, and a short form of the whole."""

from __future__ import annotations

import pytest

from daemon.cycle import Cycle
from daemon.news import News
from daemon.payment import State
from daemon.reading import RESTARTED
from daemon.runner import Runner
from daemon.simulation.exhaustive import QR, QUICK_PAY, Story, Telling, distinct, seconds, singles, tell
from daemon.simulation.mishaps import OF_CALLS, OF_STORES, Mishap
from daemon.simulation.promises import Broken
from daemon.simulation.sweep import stories, sweep, sweep_story

PAID = next(story for story in QUICK_PAY if story.name == "paid" and story.gateway == "wallet")
EVERY = 150  # in the short form, each so-manieth telling of a story


def test_a_story_without_a_fault_shows_its_moments():
    tally, moments = tell(Telling(PAID, {}))
    assert moments == [False, True, False, False]  # asked and stored, charge sent, code stored, answer stored
    assert tally.states[State.PAID] == 1
    assert tally.rows[State.SUBMITTING, News.PAID] == 1


def test_every_fault_comes_at_every_moment_once_and_the_deadly_ones_in_another_boot_too():
    tellings = list(singles(PAID, [True, False]))
    expected = len(OF_CALLS) + 2 + len(OF_STORES) + 2
    assert len(tellings) == expected == len({(t.story, tuple(t.faults.items()), t.reboots) for t in tellings})


def test_a_second_fault_comes_after_the_first():
    first = Telling(PAID, {1: Mishap.SYNC_FAILS})
    assert {min(set(t.faults) - {1}) for t in seconds(first, [True, False, True, False])} == {2, 3}


def test_a_telling_says_what_it_is():
    assert str(Telling(PAID, {2: Mishap.ANSWER_LOST}, reboots=True)) == "paid by wallet: at moment 2: the answer is lost, in another boot"


def test_a_fault_that_does_not_fit_its_moment_does_nothing():
    tally, _ = tell(Telling(PAID, {0: Mishap.ANSWER_LOST}))
    assert not tally.faults


def test_a_lost_answer_is_asked_about():
    tally, moments = tell(Telling(PAID, {1: Mishap.ANSWER_LOST}))
    assert tally.rows[State.SUBMITTING, News.UNCLEAR] == 1
    assert tally.states[State.PAID] == 1
    assert sum(moments) == 2


def test_goods_that_jam_are_paid_back():
    jammed = next(story for story in QUICK_PAY if story.jams and story.gateway == "wallet")
    tally, _ = tell(Telling(jammed, {}))
    assert (tally.states[State.REFUNDED], tally.rows[State.PAID, News.REFUNDED]) == (1, 1)


def test_stories_that_are_alike_to_the_box_are_one_kind():
    kinds = distinct(QUICK_PAY)
    assert len(kinds) < len(QUICK_PAY)
    assert {story.gateway for story in kinds} == {"wallet", "backend"}
    assert stories(two=True) == kinds
    assert len(stories(two=False)) == len(QUICK_PAY) + len(QR)


def test_some_of_every_story_with_one_fault():
    """`make proof` tells all of them."""
    swept = sweep(stories(two=False), 2, lambda _done, _swept: None, two=False, every=EVERY)
    assert swept.broken == []
    assert swept.tellings > len(QUICK_PAY) + len(QR)


def test_some_of_one_story_with_two_faults():
    swept = sweep_story(PAID, two=True, every=7)
    assert swept.broken == []
    assert swept.tellings > 50


def test_a_story_that_breaks_a_promise_is_told_with_its_time_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("daemon.errands.revoke_from", lambda _order, _schedule: 0.0)
    never = next(story for story in QUICK_PAY if story.name == "password_never, given up after 4 s" and story.gateway == "wallet")
    swept = sweep_story(never, two=False, every=1000)
    (telling, text, lines) = swept.broken[0]
    assert (telling, text) == (str(Telling(never, {})), "Broken: P8: revoked 3.320 s after the charge")
    assert lines[0].endswith("the machine boots")
    assert isinstance(never, Story)


# -- an order that is stored with the amount: with the mistake, that telling breaks its promise; without, it does not --

GIVEN_UP = next(story for story in QUICK_PAY if story.name == "paid, given up after 0.2 s" and story.gateway == "wallet")


def _breaks(telling: Telling) -> str:
    try:
        tell(telling)
    except Broken as broken:
        return str(broken)
    return ""


def test_an_order_that_a_failed_write_may_have_taken_away_is_not_charged_unstored(monkeypatch: pytest.MonkeyPatch):
    """The till gave up, and that was on the disk, though its sync failed; the payer's code came right after."""
    telling = Telling(GIVEN_UP, {1: Mishap.SYNC_FAILS})
    assert _breaks(telling) == ""
    monkeypatch.setattr(Runner, "_is_stored_for", lambda _runner, cycle, event: cycle.has_reserved(event))
    assert _breaks(telling) == "P2: a charge left that is not on the disk"


@pytest.mark.parametrize("mishap", [Mishap.DIES_WRITING, Mishap.DIES_SENDING])
def test_a_start_does_not_forget_a_charge_that_was_not_stored(monkeypatch: pytest.MonkeyPatch, mishap: Mishap):
    telling = Telling(PAID, {1 if mishap is Mishap.DIES_SENDING else 2: mishap})
    assert _breaks(telling) == ""
    monkeypatch.setattr(Cycle, "_ask_whether_charged", lambda cycle, _reserved, _now: cycle._turn(News.RESTARTED, RESTARTED))
    assert _breaks(telling) == "P3: an order was charged and forgotten"
