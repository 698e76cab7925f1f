"""Changes the cycle's table row by row, which mutmut cannot: a table is no function.

Each row gets another target, another deed, another place for the payment, or is taken out; each time the cycle's stories are
told in a process of its own, forked from one that has collected them. The tests that a changed row must break are those of
the cycle that need no chance (`own_tests.stories`), and those of the words in the table.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest
from mutants import Change, Fate
from own_tests import ROOT, stories

from daemon.cycle import TABLE
from daemon.news import Do, News, Row
from daemon.payment import State

TABLE_OF_THE_CYCLE = "table"  # its name on the command line, and of its list
_PLUGINS = ("-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin", "-p", "pytest_timeout")
_PYTEST = ("-q", "-x", *_PLUGINS, "-o", "timeout=10", f"--rootdir={ROOT}")  # a story that never ends has noticed
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
    yield replace(row, to=State.REFUSED if row.to is State.PAID else State.PAID)
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
    """Takes the place of pytest's own loop over the collected tests: once over all for the table as it is, then for each mutant."""

    def __init__(self, jobs: int) -> None:
        self.fates: dict[TableMutant, Fate] = {}
        self._jobs = jobs
        self._under_way: dict[int, TableMutant] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not _all_hold(session):
            return True
        for mutant in table_mutants():
            while len(self._under_way) >= self._jobs:
                self._hear()
            self._under_way[_fork(session, mutant)] = mutant
        while self._under_way:
            self._hear()
        return True

    def _hear(self) -> None:
        child, status = os.wait()
        unnoticed = os.waitstatus_to_exitcode(status) == _UNNOTICED
        self.fates[self._under_way.pop(child)] = Fate.SURVIVED if unnoticed else Fate.KILLED


def _fork(session: pytest.Session, mutant: TableMutant) -> int:
    child = os.fork()
    if child:
        return child
    noticed = True  # whatever befalls the child but a quiet end
    try:
        mutant.wake()
        noticed = not _all_hold(session)
    finally:
        os._exit(1 if noticed else _UNNOTICED)


def _all_hold(session: pytest.Session) -> bool:
    for item, following in zip(session.items, [*session.items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return False
    return True
