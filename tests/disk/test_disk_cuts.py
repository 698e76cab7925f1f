"""The power goes at any moment, on a disk that promises nothing that was not synced (see `disk_model`).

The history (`disk_history`) is recorded once as SQLite writes it; then a box starts from everything that may be left. `make test`
tries a share of these images, drawn from a seed; the long form, marked slow, tries all.
"""

import random
import shutil
import tempfile
from pathlib import Path

import pytest
from disk_cuts import NAME, Tried, found_after, try_cuts
from disk_history import Content, contents, steps
from disk_log import MEMORY, Kind, Op, compiler, ops, recorded
from disk_model import KINDS, SECTOR, Disk

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler is installed")


@pytest.fixture(scope="module")
def place():
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        yield Path(place)


@pytest.fixture(scope="module")
def log(place) -> list[Op]:
    """Everything that was done to the journal's files while the history was stored."""
    (place / "told").mkdir()
    recorded("record", str(place / "told"), str(place / "log"))
    return list(ops(place / "log"))


def well_tried(tried: Tried) -> None:
    print(tried)
    assert tried.faults == []
    assert set(tried.kinds) == KINDS
    assert {"all that had returned", "what was under way, too"} <= set(tried.ends)


def test_the_log_has_everything_that_a_journal_does(log):
    marks = [op.name for op in log if op.kind is Kind.MARK]
    assert marks == [f"{word} {n}" for n in range(len(steps())) for word in ("begin", "done")]
    assert {op.kind for op in log} >= {Kind.WRITE, Kind.SYNC, Kind.SYNC_FOLDER, Kind.TRUNCATE, Kind.CREATE, Kind.UNLINK, Kind.MARK}
    names = {op.name for op in log if op.kind is Kind.CREATE}
    assert names == {NAME, f"{NAME}-wal", f"{NAME}-journal"}


def test_what_was_recorded_is_what_is_on_the_disk(log, place):
    """The model of the disk against the real one: with all that was written it has the same files, byte for byte."""
    disk = Disk()
    for op in log:
        disk.take(op)
    told = {file.name: file.read_bytes() for file in (place / "told").iterdir() if not file.name.endswith("-shm")}
    assert disk.image() == told


def test_a_log_is_folded_in_while_the_box_sells(log):
    """Otherwise half of what SQLite does would not be tried."""
    created = {op.inode: op.name for op in log if op.kind is Kind.CREATE}
    last_stop = max(n for n, op in enumerate(log) if op.kind is Kind.CREATE)
    assert any(op.kind is Kind.WRITE and created[op.inode] == NAME for op in log[last_stop:])


def test_whatever_a_power_cut_leaves_what_was_stored_is_there_whole(log, place):
    well_tried(try_cuts(log, place / "cut", seed=1, draws=6, share=0.06))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_image_that_a_power_cut_may_leave(log, place):
    """Of "any subset", where more than a handful are unsynced, 20 are drawn at each moment."""
    well_tried(try_cuts(log, place / "cut", seed=1, draws=20))


# -- that it can fail --


def without(log, missing, start, end):
    """The operations up to the end of that step; and the same without those of that kind since that other step began."""
    names = [op.name for op in log]
    whole, begun = log[: names.index(f"done {end}") + 1], names.index(f"begin {start}")
    return whole, [op for n, op in enumerate(whole) if n < begun or op.kind is not missing]


@pytest.mark.parametrize(("missing", "start", "end"), [(Kind.SYNC, len(steps()) - 1, len(steps()) - 1), (Kind.SYNC_FOLDER, 0, 1)])
def test_a_journal_that_left_out_a_sync_would_be_found_out(log, place, missing, start, end):
    """That of the last store; and those of the folder, when the log was begun."""
    whole, unsafe = without(log, missing, start, end)
    assert try_cuts(unsafe, place / "cut", seed=1, draws=2, first=len(unsafe) - 1).faults != []
    assert try_cuts(whole, place / "cut", seed=1, draws=2, first=len(whole) - 1).faults == []


# -- the model of the disk --


def an_op(kind, offset=0, data=b"", inode=7, name=""):
    return Op(kind, name, inode, offset, data)


def a_disk():
    disk = Disk.with_files({"a": b"old"}, {"a": 7})
    disk.take(an_op(Kind.WRITE, 0, b"new"))
    disk.take(an_op(Kind.WRITE, 3, b"er"))
    return disk


def test_of_unsynced_writes_each_may_be_there_or_not():
    left = {image()["a"] for kind, image in a_disk().cuts(random.Random(1), 4) if kind == "any subset"}
    assert left == {b"old", b"new", b"older"}
    assert a_disk().image() == {"a": b"newer"}


def test_a_torn_write_ends_at_a_sector_or_within_one():
    disk = Disk.with_files({"a": bytes(2 * SECTOR)}, {"a": 7})
    disk.take(an_op(Kind.WRITE, 100, b"x" * SECTOR))
    left = [image()["a"].count(b"x") for kind, image in disk.cuts(random.Random(1), 4) if kind == "the last one torn"]
    assert left == [156, 356, 412, 100]


def test_the_size_may_be_there_without_the_data():
    left = [image()["a"] for kind, image in a_disk().cuts(random.Random(1), 4) if kind == "size without data"]
    assert left == [bytes(5), b"new\0\0"]


def test_a_sync_makes_a_file_safe_but_not_its_name():
    disk = a_disk()
    disk.take(an_op(Kind.SYNC))
    disk.take(an_op(Kind.CREATE, inode=8, name="b"))
    disk.take(an_op(Kind.WRITE, 0, b"x", inode=8))
    disk.take(an_op(Kind.SYNC, inode=8))
    assert disk.image([], 0) == {"a": b"newer"}
    disk.take(an_op(Kind.SYNC_FOLDER))
    assert disk.image([], 0) == {"a": b"newer", "b": b"x"}


def test_a_file_that_has_a_removed_ones_inode_is_another():
    disk = a_disk()
    disk.take(an_op(Kind.UNLINK, name="a"))
    disk.take(an_op(Kind.CREATE, name="a"))
    assert disk.image() == {"a": b""}
    assert disk.image([], 1) == {}
    assert disk.image([], 0) == {"a": b"old"}


def test_a_renamed_file_keeps_what_is_in_it():
    disk = a_disk()
    disk.take(an_op(Kind.RENAME, name="a", data=b"b"))
    disk.take(an_op(Kind.LINK, name="c"))
    assert disk.image() == {"b": b"newer", "c": b"newer"}


def test_nothing_on_the_disk_is_a_journal_of_nothing(place):
    assert found_after({}, place / "cut").content == Content() == contents()[0]
    shutil.rmtree(place / "cut")
