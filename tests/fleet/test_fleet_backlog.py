"""What waits for the broker (`daemon.fleet.backlog`), read beside the journal that a box writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from shop import NOTE, a_payment

from daemon.fleet.backlog import Backlog, read_backlog
from daemon.journal_file import JournalFile
from daemon.payment import State

ONE, TWO = "2026-11-21T12:00:01.500Z", "2026-11-21T12:00:02.000Z"
ONE_AT = datetime(2026, 11, 21, 12, 0, 1, 500_000, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a journal?#.sqlite"  # not every path is a URI as it is


@pytest.fixture
def file(path: Path) -> Iterator[JournalFile]:
    journal = JournalFile.open(path)
    journal.store(a_payment(), "boot-1", replace(NOTE, at=ONE))
    journal.store(a_payment(state=State.CANCELLED), "boot-1", replace(NOTE, at=TWO))
    yield journal
    journal.close()


def test_before_any_broker_was_told_everything_waits(file: JournalFile, path: Path) -> None:
    assert read_backlog(path) == Backlog(2, ONE_AT)


def test_what_the_broker_has_does_not_wait(file: JournalFile, path: Path) -> None:
    place = file.fleet_place(starting=True)
    file.fleet_took(place.journal, 1)
    assert read_backlog(path) == Backlog(1, datetime(2026, 11, 21, 12, 0, 2, tzinfo=UTC))
    file.fleet_took(place.journal, 2)
    assert read_backlog(path) == Backlog(0, None)


def test_where_its_row_is_damaged_all_is_told_again_so_all_waits(file: JournalFile, path: Path) -> None:
    file.fleet_took(file.fleet_place(starting=True).journal, 2)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE fleet SET acknowledged = 1")
    other.close()
    assert read_backlog(path) == Backlog(2, ONE_AT)


def test_what_was_pruned_before_it_was_told_does_not_wait(file: JournalFile, path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA foreign_keys = ON")
        other.execute("DELETE FROM payments")
    other.close()
    assert read_backlog(path) == Backlog(0, None)
    file.store(a_payment("A-2"), "boot-1", replace(NOTE, at=ONE))
    assert read_backlog(path) == Backlog(1, ONE_AT)


def test_it_is_read_while_the_box_writes_and_changes_nothing(file: JournalFile, path: Path) -> None:
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert read_backlog(path) == Backlog(2, ONE_AT)
    writer.execute("ROLLBACK")
    writer.close()
    assert file.fleet_place(starting=False).starts == 0, "nobody was counted"


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 100])
def test_what_cannot_be_read_is_said_to_be_unknown(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "journal.sqlite"
    if content is not None:
        path.write_bytes(content)
    assert read_backlog(path) is None
    assert path.exists() == (content is not None)
