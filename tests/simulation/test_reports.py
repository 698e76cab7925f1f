"""What a campaign prints (`daemon.simulation.report`), and what it counts (`daemon.simulation.tally`)."""

from __future__ import annotations

from daemon.goods import Stand
from daemon.news import News
from daemon.payment import State
from daemon.simulation.choices import Choices
from daemon.simulation.kinds import TillKind
from daemon.simulation.mishaps import OF_ANY_MOMENT, OF_CALLS, OF_STORES, Chance, Mishap, Script
from daemon.simulation.report import coverage, progress, summary
from daemon.simulation.tally import Tally, all_cells, all_rows
from daemon.simulation.timeline import Timeline


def test_tallies_add_up():
    one, other = Tally(payments=2, steps=5, lives=1), Tally(payments=1, steps=4, lives=2)
    one.rows[State.PENDING, News.PAID] = 3
    other.rows[State.PENDING, News.PAID] = 4
    other.states[State.PAID] = 1
    other.faults[Mishap.DIES, "pending"] = 1
    one.add(other)
    assert (one.payments, one.steps, one.lives) == (3, 9, 3)
    assert one.rows[State.PENDING, News.PAID] == 7
    assert (State.PENDING, News.PAID) not in one.rows_missed
    assert len(one.rows_missed) == len(all_rows()) - 1
    assert len(one.cells_missed) == len(all_cells()) - 1


def test_every_fault_has_cells_and_every_fault_is_of_one_sort():
    assert {mishap for mishap, _ in all_cells()} == set(Mishap)
    assert sorted((*OF_CALLS, *OF_STORES, *OF_ANY_MOMENT)) == sorted(Mishap)


def test_the_closing_table_says_what_was_missed():
    tally = Tally(payments=7, steps=70, lives=3)
    tally.rows.update(dict.fromkeys(all_rows(), 2))
    tally.rows[State.PENDING, News.PAID] = 0
    tally.faults[Mishap.ANSWER_LOST, "pending"] = 12
    lines = list(coverage(tally))
    (pending,) = [line for line in lines if line.startswith("  pending")]
    assert pending.endswith("missed: PAID")
    assert any(line.startswith("  revoking") and line.endswith("each at least 2 times") for line in lines)
    assert any("the answer is lost" in line and "12" in line for line in lines)
    assert lines[-1] == summary(tally)
    assert lines[-1].startswith("7 payments, 70 steps, 3 starts of the box; ")


def test_progress_is_one_line():
    assert progress(50, 100, 300, 2.0) == "[" + "█" * 15 + "·" * 15 + "] 50/100 histories, 300 payments, 150 a second"
    assert progress(0, 100, 0, 0.0).endswith("0 a second")


def test_a_time_line_is_kept_only_where_it_is_wanted():
    silent, kept = Timeline(), Timeline(is_kept=True)
    for timeline in (silent, kept):
        timeline.say(1.5, "something")
    assert (silent.lines, kept.lines) == ([], ["      1.50 s  something"])


def test_chance_ends_when_it_is_told_to():
    chance = Chance(Choices.replay([3, *[7, 1] * 50]))
    assert chance.at_call() is not None
    chance.end()
    assert {chance.at_call(), chance.at_store()} == {None}


def test_calm_histories_have_no_faults_at_all():
    chance = Chance(Choices.replay([0, 1, 1, 1]))
    assert (chance.at_call(), chance.at_store()) == (None, None)


def test_a_script_s_faults_end_with_the_history():
    script = Script({0: Mishap.ANSWER_LOST, 1: Mishap.WRITE_FAILS}, reboots=True)
    assert script.at_call() is Mishap.ANSWER_LOST
    script.end()
    assert script.at_store() is None
    assert (script.moments, script.reboots()) == ([True, False], True)


def test_the_closing_table_says_how_many_of_each_till_there_were():
    tally, other = Tally(), Tally()
    tally.histories[TillKind.MDB], tally.sales[TillKind.MDB] = 3, 14
    tally.goods[TillKind.MDB, Stand.GIVEN] = 9
    other.histories[TillKind.HTTP], other.sales[TillKind.HTTP], other.goods[TillKind.MDB, Stand.FAILED] = 20, 130, 2
    tally.add(other)
    lines = [line.split() for line in coverage(tally)]
    assert ["mdb", "3", "14", "goods:", "9", "given,", "2", "failed"] in lines
    assert ["http", "20", "130"] in lines
    assert ["pole", "0", "0"] in lines
    assert not any("tills" in line for line in coverage(Tally())), "a sweep has one till only"
