"""Whole histories (`daemon.simulation.history`, and the box in them, `daemon.simulation.box`): the same seed gives the same one,
none breaks a promise, and a box that is made wrong is found out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from till_histories import breaks

from daemon import errands, reading
from daemon.cycle import TABLE, Cycle
from daemon.desk import BoxDesk
from daemon.journal_file import JournalFile
from daemon.news import Do, News, Row
from daemon.payment import Errand, State
from daemon.simulation import campaign, world
from daemon.simulation.campaign import Failure, explain, retell, run, story, tell
from daemon.simulation.disk import SimulatedJournal
from daemon.tills.base import Entry

ROOT = Path(__file__).resolve().parents[2]
HISTORIES = 400  # tried until a box that is made wrong is found out
TRIES = 60  # of making one short; the command takes many more


def _never(_outcome: campaign.Outcome) -> None: ...


def test_no_promise_is_broken_in_some_hundred_payments():
    outcome = run(1, range(100), 1, _never)
    assert outcome.failure is None
    assert (outcome.told, outcome.tally.payments > 300) == (100, True)
    assert len(outcome.tally.rows_missed) < 70  # the long form, `make proof`, misses none
    assert sum(outcome.tally.faults.values()) > 100


def test_several_processors_tell_the_same_as_one():
    alone, together = run(3, range(20), 1, _never), run(3, range(20), 2, _never)
    assert alone.tally.rows == together.tally.rows
    assert alone.tally.steps == together.tally.steps


def test_a_seed_gives_the_same_history_whatever_the_hashes_are():
    """Python's own hashes of texts differ from process to process: nothing may depend on the order of a set."""
    program = "from daemon.simulation.campaign import story; print('\\n'.join(line for n in range(12) for line in story(5, n)))"
    told = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, cwd=ROOT, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
    assert b"box: S" in told.pop()
    assert story(5, 0) == story(5, 0)


# -- boxes that are made wrong --


def _found(promise: str, *, seed: int = 1) -> Failure:
    """The first history that breaks that promise; others may be broken by the same mistake before."""
    for number in range(HISTORIES):
        failure = tell(seed, range(number, number + 1)).failure
        if failure is not None and failure.text.startswith(promise):
            return failure
    raise AssertionError(f"nobody found out that {promise} is broken")


def test_a_second_charge_is_found_out(monkeypatch):
    monkeypatch.setitem(errands._NEXT_STEP, Errand.ASK, lambda order, terms, now: errands.create(order, terms, now))
    _found("P1")


def test_a_charge_that_is_not_stored_is_found_out(monkeypatch):
    async def store(journal, payment, note):
        return Entry(1, note.at, payment.ref, note.out_trade_no, note.event, payment.state.value, note.detail)

    monkeypatch.setattr(SimulatedJournal, "store", store)
    _found("P2")


def test_a_sale_beside_an_open_one_is_found_out(monkeypatch):
    monkeypatch.setattr(BoxDesk, "_busy", lambda _desk: None)
    _found("P3")


def test_no_answer_taken_for_a_refusal_is_found_out(monkeypatch):
    def read_failure(order, failure):
        order, news = as_it_is(order, failure)
        return (order.but(reason=reading.CLOSED), News.REFUSED) if news is News.UNCLEAR and order.state is State.PENDING else (order, news)

    as_it_is = reading.read_failure
    monkeypatch.setattr("daemon.cycle.read_failure", read_failure)
    _found("P4")


def test_a_refusal_that_nothing_confirms_is_found_out(monkeypatch):
    monkeypatch.setitem(TABLE[State.SUBMITTING], News.REFUSAL_HEARD, Row(State.REFUSED, Do.UNDO))
    _found("P5")


def test_paid_without_proof_is_found_out(monkeypatch):
    for state in (State.SUBMITTING, State.PENDING):
        monkeypatch.setitem(TABLE[state], News.MISMATCH, Row(State.PAID, Do.REST))
    _found("P6")


def test_money_that_nobody_hears_of_is_found_out(monkeypatch):
    for state in (State.EXPIRED, State.CANCELLED, State.REFUSED):
        monkeypatch.setitem(TABLE[state], News.LATE_PAID, Row(state, Do.REST))
    _found("P7")


def test_goods_that_failed_and_are_forgotten_are_found_out(monkeypatch):
    def give_back(order, terms, now):
        return errands.rest(order.but(reason=None), terms, now) if order.state is State.PAID else errands.give_back(order, terms, now)

    monkeypatch.setitem(errands.DOING, Do.GIVE_BACK, give_back)
    assert "the money is forgotten" in _found("P7").text


def test_a_payment_that_is_given_back_without_the_machines_word_is_found_out(monkeypatch):
    monkeypatch.setitem(TABLE[State.PENDING], News.PAID, Row(State.PAID, Do.GIVE_BACK))
    assert "what was told paid is undone" in _found("P7").text


def test_a_revoke_that_comes_too_early_is_found_out(monkeypatch):
    monkeypatch.setattr(errands, "revoke_from", lambda _order, _schedule: 0.0)
    _found("P8")


def test_asking_without_end_is_found_out(monkeypatch):
    monkeypatch.setattr(errands, "_longer", lambda _pause_s, _first_s, _most_s: 0.3)
    monkeypatch.setattr(errands, "CHASE_TRIES", 10**6)
    monkeypatch.setattr(world, "MOST_STEPS", 1500)
    _found("P9")


def test_a_fault_of_the_program_is_found_out(monkeypatch):
    monkeypatch.setitem(errands.DOING, Do.ASK_LATER, lambda _order, _terms, _now: 1 / 0)
    _found("P9")  # the runner lives with it, and asks for ever


def test_a_failure_is_made_short_and_told_line_by_line(monkeypatch):
    monkeypatch.setattr(errands, "revoke_from", lambda _order, _schedule: 0.0)
    failure = _found("P8")
    numbers, lines, text = explain(failure, TRIES)
    assert text.startswith("P8: revoked ")
    assert len(numbers) < len(failure.numbers)
    assert any("→ wallet: revoke" in line or "→ backend: revoke" in line for line in lines)
    assert retell(numbers)[0].startswith("P8")


def test_the_short_history_is_no_failure_once_the_box_is_right(monkeypatch):
    with monkeypatch.context() as wrong:
        wrong.setattr(errands, "revoke_from", lambda _order, _schedule: 0.0)
        numbers, _, _ = explain(_found("P8"), TRIES)
    assert retell(numbers)[0] == ""


# -- what it has found once: with the mistake, that history breaks its promise; without, it does not --


def test_a_slow_write_before_the_charge_makes_no_revoke_too_early(monkeypatch):
    """The wait was counted from the decision, and the charge left four tenths of a second later."""
    with monkeypatch.context() as wrong:
        wrong.setattr(Cycle, "left", lambda _cycle, _number, _now: None)
        assert breaks("11/102").startswith("P8: revoked 39.7")
    assert breaks("11/102") == ""


def test_a_restart_does_not_use_up_the_look_for_a_forgotten_charge(monkeypatch):
    """Looked for at once after the restart, and never again."""

    def look_once_more(order, terms, now):
        return errands.rest(order, terms, now) if order.errand is Errand.WATCH else as_it_is(order, terms, now)

    as_it_is = errands.look_once_more
    with monkeypatch.context() as wrong:
        wrong.setitem(errands.DOING, Do.LOOK_ONCE_MORE, look_once_more)
        assert breaks("11/1781").startswith("P7")
    assert breaks("11/1781") == ""


def test_a_qr_order_that_turns_up_late_is_looked_for_late(monkeypatch):
    """Its QR nobody had seen, and the till had its end; the order stayed open at a wallet that ends nothing by itself."""
    with monkeypatch.context() as wrong:
        wrong.setattr(errands, "lost_at", errands.forgotten_at)
        assert breaks("12/1085").startswith("P5: the order was left")
    assert breaks("12/1085") == ""


def test_an_order_that_was_told_unstored_and_is_there_all_the_same_damages_no_journal(monkeypatch):
    """The sync failed, the file was opened anew with the order in it, and the payment was stored without: its seal fitted no more, and
    the box could take nothing up again."""
    with monkeypatch.context() as wrong:
        wrong.setattr(JournalFile, "_forget_attempts", lambda *_: None)
        wrong.setattr(world, "MOST_STEPS", 1000)
        assert breaks("1/80504").startswith("P9: it comes to no end")
    assert breaks("1/80504") == ""


def test_an_end_without_money_is_never_followed_by_paid_by_way_of_doubt(monkeypatch):
    """Cancelled, as the till was told, and then odd, and then right: the goods may have been sold again since, so the money came late."""

    def read_paid(order, place):
        return as_it_is(order.but(told_unpaid=False), place)

    as_it_is = reading._read_paid
    with monkeypatch.context() as wrong:
        wrong.setattr(reading, "_read_paid", read_paid)
        assert breaks("1/2941").startswith("P7: the till was told that nobody had paid")
    assert breaks("1/2941") == ""


def test_an_order_that_was_charged_is_not_forgotten_while_its_taking_up_cannot_be_stored(monkeypatch: pytest.MonkeyPatch):
    """The million found it: the charge had left when the power went, the first write after the start failed, and in the second until it
    was tried again the time for a code was up."""
    with monkeypatch.context() as wrong:
        wrong.setattr(Cycle, "_must_be_taken_up", property(lambda _cycle: False))
        assert breaks("31/109200") == "P3: an order was charged and forgotten"
    assert breaks("31/109200") == ""
