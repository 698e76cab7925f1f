"""What is changed in the cycle's table, and that the stories notice (a few of a thousand; `make mutate MODULE=table` tries all)."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

from mutants import Change
from own_tests import ROOT
from table_mutants import TableMutant, table_mutants

from daemon.cycle import TABLE
from daemon.news import Do, News, Row
from daemon.payment import State

_TRY = """
import sys
sys.path.insert(0, "tests/mutation")
import table_mutants
some = [m for m in table_mutants.table_mutants() if (m.state, m.news) == (table_mutants.State.PENDING, table_mutants.News.PAID)]
table_mutants.table_mutants = lambda: some
print(*(fate.value for fate in table_mutants.try_all(1).values()))
"""


def test_every_row_is_changed_in_six_ways_and_none_of_them_is_the_row_itself():
    ways = Counter((mutant.state, mutant.news) for mutant in table_mutants())
    assert ways == {(state, news): 6 for state, rows in TABLE.items() for news in rows}
    assert len(ways) == 188
    assert len(set(table_mutants())) == 6 * 188
    assert [m for m in table_mutants() if m.row == TABLE[m.state][m.news]] == []


def test_a_changed_row_is_named_by_what_it_was_and_is():
    mutant = TableMutant(State.PENDING, News.PAID, Row(State.PAID, Do.WATCH))
    assert mutant.change == Change("TABLE[pending][PAID]", "paid, rest, None", "paid, watch, None")
    assert TableMutant(State.PENDING, News.PAID, None).change.added == "no row"


def test_no_story_overlooks_a_changed_row():
    """In a process of its own, which forks."""
    run = subprocess.run([sys.executable, "-c", _TRY], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["killed"] * 6
