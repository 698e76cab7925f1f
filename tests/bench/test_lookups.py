"""The measurement of searches (benchmarks.lookups), small: it still measures what it says."""

from __future__ import annotations

from pathlib import Path

from benchmarks.lookups import Wanted, cases, fill, search, worst
from daemon.journal_file import JournalFile


def test_a_small_journal_is_looked_through_by_every_case(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    fill(path, 1000)
    file = JournalFile.open(path)
    found = {name: case()[2] for name, case in cases(file, 1000).items()}
    assert found["the list, 50 (`recent`)"] == found["`state`, paid"] == found["`ref`, all begin so"] == 50
    assert found["`ref`, whole"] == found["`order`, ours, whole"] == found["`order`, the provider's, whole"] == 1
    assert found["a day as CSV"] in (3, 4)
    assert search(file, worst(1000))[2] == 0
    assert search(file, Wanted(ref=worst(1000).ref))[2] > 0
    file.close()
