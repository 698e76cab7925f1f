"""The benchmark of a start measures what it says (benchmarks.start_up), and a start reads no history. Nothing is held to a time."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.lookups import fill
from benchmarks.program import Program
from benchmarks.start_up import EMPTY, SCRIPT, Contestants, box_with, imports, measure, table
from daemon.journal_file import JournalFile


@pytest.fixture
def contestants(tmp_path: Path) -> Contestants:
    with ExitStack() as stack:
        yield Contestants(stack, tmp_path, (0, 50))


def test_all_start_in_turns(contestants: Contestants) -> None:
    samples = measure(contestants, 1)
    assert {name: len(starts) for name, starts in samples.items()} == {EMPTY: 1, box_with(50): 1, SCRIPT: 1}
    for start in (starts[0] for starts in samples.values()):
        assert start.wall_s > 0
        assert start.processor_s > 0
        assert start.rss > 10_000, "no Python is smaller"
    assert len(table(samples).splitlines()) == 2 + 3


def test_imports_are_counted(contestants: Contestants) -> None:
    for name in (EMPTY, SCRIPT):
        counted = imports(name, contestants)
        assert counted.modules > counted.own
        assert counted.seconds > 0
        assert (counted.own > 50) == (name == EMPTY), "the script's one module is the program itself"


def test_a_program_that_does_not_come_to_it_is_told_with_what_it_said(tmp_path: Path) -> None:
    program = Program(["/bin/echo", "no such thing"], tmp_path / "log", "ready")
    with pytest.raises(RuntimeError, match="no such thing"):
        program.start()


def steps_of_a_start(path: Path) -> int:
    """How many steps of SQLite's machine it takes to find what is open and what is in doubt: each row that is read is some of them."""
    file = JournalFile.open(path)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    file._db.set_progress_handler(count, 1)
    assert (file.open_payments(), file.in_doubt(), file.orphaned_goods(())) == ([], 0, [])
    assert file.last_seq() > 0
    file.close()
    return steps


def test_a_start_reads_nothing_of_what_has_ended(tmp_path: Path) -> None:
    short, long = tmp_path / "short.sqlite", tmp_path / "long.sqlite"
    fill(short, 5)
    fill(long, 2000)
    assert steps_of_a_start(short) == steps_of_a_start(long) > 0
