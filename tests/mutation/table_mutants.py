"""Changes the cycle's table row by row, which mutmut cannot: a table is no function.

Each row gets another target, another deed, another place for the payment, or is taken out; each time the cycle's stories are
told in a process of its own, forked from one that has collected them. The tests that a changed row must break are those of
the cycle that need no chance (`own_tests.stories`), and those of the words in the table.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest
from mutants import Change, Fate
from own_tests import ROOT, stories

from daemon.cycle import TABLE, Cycle
from daemon.news import Do, News, Row
from daemon.payment import State

TABLE_OF_THE_CYCLE = "table"  # its name on the command line, and of its list
_PLUGINS = ("-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin", "-p", "pytest_timeout")
_PYTEST = ("-q", "-x", *_PLUGINS, f"--rootdir={ROOT}")
_LONGEST_S = 2.0  # of processor time for one story; the longest, which tells all of them again, takes half a second
_UNNOTICED = 3  # the exit code of a child whose stories all held


@dataclass(frozen=True, slots=True)
class TableMutant:
    """The row of `state` and `news` becomes `row`; None: it is taken out."""

    state: State
    news: News
    row: Row | None

    @property
    def change(self) -> Change:
        """As the list names it (tests/mutation/table.toml)."""
        return Change(f"TABLE[{self.state}][{self.news.name}]", _text(TABLE[self.state][self.news]), _text(self.row))

    def wake(self) -> None:
        """Change the table of this process."""
        rows = cast("dict[News, Row]", TABLE[self.state])
        if self.row is None:
            del rows[self.news]
        else:
            rows[self.news] = self.row


def _text(row: Row | None) -> str:
    return "no row" if row is None else f"{row.to}, {row.do}, {row.payment_to}"


def table_mutants() -> list[TableMutant]:
    return [TableMutant(state, news, row) for state, rows in TABLE.items() for news, was in rows.items() for row in _other(state, was)]


def _other(state: State, row: Row) -> Iterator[Row | None]:
    """Stays where it should leave, and leaves where it should stay; says paid, or does not; does nothing, or something else."""
    stays = State.REVOKED if state is State.IN_DOUBT else State.IN_DOUBT
    yield replace(row, to=state if row.to is not state else stays)
    yield replace(row, to=State.EXPIRED if State.PAID in (row.to, state) else State.PAID)
    yield replace(row, do=None if row.do is not None else Do.WATCH)
    yield replace(row, do=Do.REST if row.do is not Do.REST else Do.GO_ON)
    parted = State.CANCELLED if row.to is State.AWAITING_CODE else State.AWAITING_CODE
    yield replace(row, payment_to=None if row.payment_to is not None else parted)
    yield None


def try_all(jobs: int) -> dict[TableMutant, Fate]:
    """What became of each. RuntimeError where the stories do not hold on the table as it is."""
    trial = _Trial(jobs)
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # importing all that are installed takes longer than the stories
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        pytest.main([*_PYTEST, *stories("cycle"), *stories("news")], plugins=[trial])
    if not trial.fates:
        raise RuntimeError("the stories do not hold on the table as it is")
    return trial.fates


class _Trial:
    """Takes the place of pytest's own loop over the collected tests: all of them on the table as it is, to see which rows each goes
    through; then for each mutant those that go through its row, and those that look at the table itself."""

    def __init__(self, jobs: int) -> None:
        self.fates: dict[TableMutant, Fate] = {}
        self._jobs = jobs
        self._under_way: dict[int, TableMutant] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        told = _rows_told(session)
        if session.testsfailed:
            return True
        shortest_first = sorted(session.items, key=lambda item: len(told[item]))
        for mutant in table_mutants():
            while len(self._under_way) >= self._jobs:
                self._hear()
            row = (mutant.state, mutant.news)
            tests = [item for item in shortest_first if row in told[item] or item.path.name == "test_news.py"]
            self._under_way[_fork(session, mutant, tests)] = mutant
        while self._under_way:
            self._hear()
        return True

    def _hear(self) -> None:
        child, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        fate = Fate.SURVIVED if code == _UNNOTICED else Fate.TIMEOUT if code == -signal.SIGVTALRM else Fate.KILLED
        self.fates[self._under_way.pop(child)] = fate


def _rows_told(session: pytest.Session) -> dict[pytest.Item, set[tuple[State, News]]]:
    """Which rows each test goes through."""
    told: dict[pytest.Item, set[tuple[State, News]]] = {}
    look_up = Cycle._look_up
    with pytest.MonkeyPatch.context() as patch:
        for item in session.items:
            seen = told[item] = set()
            patch.setattr(Cycle, "_look_up", lambda cycle, *row, seen=seen: (seen.add(row), look_up(cycle, *row))[1])
            _run(item)
    return told


def _fork(session: pytest.Session, mutant: TableMutant, tests: list[pytest.Item]) -> int:
    child = os.fork()
    if child:
        return child
    noticed = True  # whatever befalls the child but a quiet end
    try:
        mutant.wake()
        for item in tests:
            signal.setitimer(signal.ITIMER_VIRTUAL, _LONGEST_S)  # many a story would never end
            _run(item)
            if session.testsfailed:
                break
        noticed = session.testsfailed > 0
    finally:
        os._exit(1 if noticed else _UNNOTICED)


def _run(item: pytest.Item) -> None:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
