"""Damaged journals are moved aside, whole, and nothing is ever written over."""

import pytest

from daemon.journal_error import CorruptError
from daemon.kept import kept_aside, log_kept, move_aside, refuse_emptied


@pytest.fixture
def path(tmp_path):
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"journal.sqlite{suffix}").write_text(f"old{suffix}")
    return tmp_path / "journal.sqlite"


def contents(folder):
    return {p.name: p.read_text() for p in folder.iterdir()}


def test_the_file_goes_aside_with_its_log(path):
    kept = move_aside(path, "20261121T120000Z")
    assert kept == path.with_name("journal.sqlite.corrupt-20261121T120000Z")
    assert contents(path.parent) == {f"{kept.name}{suffix}": f"old{suffix}" for suffix in ("", "-wal", "-shm")}


def test_a_clock_that_gives_the_same_stamp_again_overwrites_nothing(path):
    """Without a clock of its own a Pi may wake up twice in the same second of 1970."""
    first = move_aside(path, "19700101T000005Z")
    path.write_text("second")
    second = move_aside(path, "19700101T000005Z")
    path.write_text("third")
    third = move_aside(path, "19700101T000005Z")
    assert [p.read_text() for p in (first, second, third)] == ["old", "second", "third"]
    assert [p.name.rpartition("-")[2] for p in (first, second, third)] == ["19700101T000005Z", "19700101T000005Z.2", "19700101T000005Z.3"]
    assert kept_aside(path) == [first, second, third]


def test_a_log_that_was_left_alone_by_a_power_cut_is_not_overwritten(path):
    """The log goes first; where the power went right then, the file follows at the next start, under another name."""
    path.with_name("journal.sqlite-wal").rename(path.with_name("journal.sqlite.corrupt-1-wal"))
    kept = move_aside(path, "1")
    assert kept.name == "journal.sqlite.corrupt-1.2"
    assert contents(path.parent)["journal.sqlite.corrupt-1-wal"] == "old-wal"
    assert [p.name for p in kept_aside(path)] == ["journal.sqlite.corrupt-1", "journal.sqlite.corrupt-1.2"]


def test_only_this_journals_own_are_listed(path):
    path.with_name("other.sqlite.corrupt-1").write_text("")
    path.with_name("journal.sqlite.corrupt-1-shm").write_text("")
    assert kept_aside(path) == []


@pytest.mark.parametrize(
    ("size", "log", "damaged"), [(0, 100, True), (0, 0, False), (0, None, False), (100, 100, False), (None, 100, True), (None, None, False)]
)
def test_a_log_without_its_file_is_damage(tmp_path, size, log, damaged):
    """SQLite would begin a new file, and delete the log."""
    path = tmp_path / "journal.sqlite"
    if size is not None:
        path.write_bytes(b"x" * size)
    if log is not None:
        path.with_name("journal.sqlite-wal").write_bytes(b"x" * log)
    if damaged:
        with pytest.raises(CorruptError):
            refuse_emptied(path)
    else:
        refuse_emptied(path)


def test_a_log_that_is_deleted_on_closing_is_there_again(path):
    log = path.with_name("journal.sqlite-wal")
    before = contents(path.parent)
    with log_kept(path):
        log.unlink()
    assert contents(path.parent) == before


def test_a_log_that_somebody_has_begun_anew_is_left_alone(path):
    log = path.with_name("journal.sqlite-wal")
    with log_kept(path):
        log.unlink()
        log.write_text("new")
    assert contents(path.parent) == {"journal.sqlite": "old", "journal.sqlite-wal": "new", "journal.sqlite-shm": "old-shm"}


def test_a_spare_that_a_power_cut_has_left_is_the_log(path):
    """The power went right after SQLite had deleted it."""
    log = path.with_name("journal.sqlite-wal")
    log.rename(path.with_name("journal.sqlite-wal-spare"))
    with log_kept(path):
        pass
    assert contents(path.parent) == {"journal.sqlite": "old", "journal.sqlite-wal": "old-wal", "journal.sqlite-shm": "old-shm"}


def test_a_spare_beside_a_newer_log_goes_aside_with_it(path):
    path.with_name("journal.sqlite-wal-spare").write_text("spare")
    with log_kept(path):
        pass
    kept = move_aside(path, "1")
    assert contents(path.parent)[f"{kept.name}-wal-spare"] == "spare"
    assert contents(path.parent)[f"{kept.name}-wal"] == "old-wal"
    assert kept_aside(path) == [kept]


def test_without_a_log_there_is_nothing_to_keep(path):
    path.with_name("journal.sqlite-wal").unlink()
    with log_kept(path):
        pass
    assert set(contents(path.parent)) == {"journal.sqlite", "journal.sqlite-shm"}
