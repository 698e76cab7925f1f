"""How far the broker has got, in the journal (`daemon.fleet.place`, and what the journal makes of it)."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import steps_back
from shop import NOON, NOTE, a_payment

from daemon.fleet.place import Place
from daemon.journal import Journal
from daemon.journal_file import JournalFile
from daemon.payment import Ref

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def file(path: Path) -> Iterator[JournalFile]:
    journal = JournalFile.open(path)
    yield journal
    journal.close()


def rows(path: Path) -> list[tuple[object, ...]]:
    reader = sqlite3.connect(path)
    found = reader.execute("SELECT journal, starts, acknowledged FROM fleet").fetchall()
    reader.close()
    return found


def test_it_begins_before_the_first_event_and_counts_starts(file: JournalFile) -> None:
    first = file.fleet_place(starting=True)
    assert (first.starts, first.acknowledged) == (1, 0)
    assert re.fullmatch("[0-9a-f]{16}", first.journal)
    assert file.fleet_place(starting=False) == first
    assert file.fleet_place(starting=True) == Place(first.journal, 2, 0)


def test_it_outlasts_the_box(path: Path, file: JournalFile) -> None:
    place = file.fleet_place(starting=True)
    file.fleet_took(place.journal, 7)
    file.close()
    again = JournalFile.open(path)
    assert again.fleet_place(starting=True) == Place(place.journal, 2, 7)
    again.close()


def test_it_never_goes_back_and_never_by_another_journals_numbers(file: JournalFile) -> None:
    place = file.fleet_place(starting=True)
    file.fleet_took(place.journal, 7)
    file.fleet_took(place.journal, 3)
    file.fleet_took("another", 900)
    assert file.fleet_place(starting=False).acknowledged == 7


@pytest.mark.parametrize("column", ["acknowledged", "starts", "journal"])
def test_where_its_row_is_damaged_everything_is_told_again(path: Path, file: JournalFile, column: str) -> None:
    place = file.fleet_place(starting=True)
    file.fleet_took(place.journal, 7)
    with sqlite3.connect(path) as vandal:
        vandal.execute(f"UPDATE fleet SET {column} = 9")
    vandal.close()
    begun = file.fleet_place(starting=False)
    assert (begun.acknowledged, begun.journal != place.journal) == (0, True)


def test_looking_writes_nothing(path: Path, file: JournalFile) -> None:
    file.fleet_place(starting=True)
    before = path.with_name(path.name + "-wal").read_bytes()
    file.fleet_place(starting=False)
    assert path.with_name(path.name + "-wal").read_bytes() == before


def test_a_journal_from_before_there_were_fleets_gets_its_table(path: Path, file: JournalFile) -> None:
    file.store(a_payment(), "boot", NOTE)
    file.close()
    steps_back.before(path, "0006_fleet.sql")
    again = JournalFile.open(path)
    assert again.fleet_place(starting=True).acknowledged == 0
    assert again.find(Ref("A-1")) == a_payment()
    again.close()


STORY = """
import os, sys
sys.path[:0] = [{root!r}, {tests!r}]
from pathlib import Path
from shop import NOTE, a_payment
from daemon.journal_file import JournalFile
file = JournalFile.open(Path({path!r}))
place = file.fleet_place(starting=True)
for number in range(12):
    file.store(a_payment(f"A-{{number}}"), "boot", NOTE)
    os.write(2, b"stored")
    file.fleet_took(place.journal, number + 1)
    os.write(2, b"told")
os._exit(0)
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_what_the_broker_has_is_stored_without_a_sync_and_a_payment_still_with_one(path: Path) -> None:
    text = STORY.format(root=str(ROOT), tests=str(ROOT / "tests" / "shell"), path=str(path))
    tracing = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,write", sys.executable, "-c", text]
    done = subprocess.run(tracing, capture_output=True, text=True, check=False, timeout=50)
    if done.returncode:
        pytest.skip(f"strace may not trace here: {done.stderr.strip()[-200:]}")
    syncs = [len(re.findall(r"\b(?:fsync|fdatasync)\(\d", part)) for part in re.split(r'write\(2, "(?:stored|told)', done.stderr)]
    assert syncs[2:-1] == [1, 0] * 11, "of each store, and of what the broker took after it"
    assert rows(path)[0][2] == 12, "and it is there, though nothing was closed"


async def test_what_is_not_synced_does_not_say_that_the_journal_works_again(path: Path) -> None:
    journal = Journal(path, boot="b", wall=lambda: NOON)
    place = await journal.fleet_place(starting=True)
    journal.trouble = "disk full"
    await journal.fleet_took(place.journal, 1)
    assert journal.trouble == "disk full"
    assert (await journal.fleet_place(starting=False)).acknowledged == 1
    await journal.close()
