"""Staff who see to payments in doubt (`daemon.simulation.staff`): they come in histories as they are drawn, and what a box does wrong by
them is found."""

from __future__ import annotations

import pytest
from till_histories import breaks

from daemon import cycle_background, reading
from daemon.cycle import TABLE
from daemon.news import Do, News, Row
from daemon.payment import State
from daemon.simulation.campaign import Failure, story, tell

HISTORIES = 120
SEED = 1
OF_A_PERSON = (News.ASKED_AGAIN, News.REFUND_WANTED, News.SETTLED)


def _found(promise: str, *, seed: int = SEED) -> Failure:
    """The first history that breaks that promise."""
    for number in range(HISTORIES):
        failure = tell(seed, range(number, number + 1)).failure
        if failure is not None and failure.text.startswith(promise):
            return failure
    raise AssertionError(f"nobody found out that {promise} is broken")


def test_they_ask_refund_and_settle_in_histories_as_they_are_drawn():
    rows = tell(SEED, range(HISTORIES)).tally.rows
    assert {news for _, news in rows if news in OF_A_PERSON} == set(OF_A_PERSON)
    assert sum(count for (_, news), count in rows.items() if news in OF_A_PERSON) >= 10


def test_what_they_do_is_in_the_time_line():
    told = "\n".join(line for number in range(HISTORIES) for line in story(SEED, number))
    assert "staff: settle S" in told
    assert "staff: refund S" in told


def test_a_box_that_takes_somebodys_word_for_a_proof_is_found_out(monkeypatch: pytest.MonkeyPatch):
    """Seen to is not paid: only the provider's answer proves that."""
    monkeypatch.setitem(TABLE[State.IN_DOUBT], News.SETTLED, Row(State.PAID, Do.REST))
    assert _found("P6")


def test_late_money_that_somebody_asks_about_stays_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """The million found it: the refund refused, a person asked once more, and what had been late was told paid."""
    with monkeypatch.context() as wrong:
        wrong.setattr(reading, "is_late", lambda _order: False)
        assert breaks("31/20261") == "P7: no goods were handed over, and the money is forgotten"
    assert breaks("31/20261") == ""


def test_money_of_a_second_order_that_cannot_go_back_is_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """The million found it: paid by one order, and by another whose refund was refused, which nobody was told of."""
    with monkeypatch.context() as wrong:
        wrong.setattr(cycle_background, "_with_what_is_beside", lambda payment: payment)
        assert breaks("31/55282") == "P7: the shop has the money of another order too, and nobody is told"
    assert breaks("31/55282") == ""
