"""A box finds its journal damaged, moves it aside and begins another; and the power goes at any moment of that.

Whenever it comes back: the damaged one is there, whole, with its log; and no sale starts before somebody has confirmed to go on
without it.
"""

import random
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from disk_cuts import NAME, found_after
from disk_damage import LOG, with_log
from disk_history import Content, a_journal
from disk_log import MEMORY, Kind, compiler, ops, recorded
from disk_model import Disk

from daemon.journal import confirm

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler is installed")


@pytest.fixture(scope="module")
def place():
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        yield Path(place)


@pytest.fixture(scope="module")
def damaged(place):
    """The journal of the history, and its file is no database any more. SQLite folds a log that it can read even into such a
    file; it is in there already, so that this changes nothing, and all of it can be looked for."""
    (place / "told").mkdir()
    files, _ = with_log(place / "told", fold=True)
    return {**files, NAME: b"no journal at all" + files[NAME][17:]}


@pytest.fixture(scope="module")
def moved(place, damaged):
    """The disk before, and what a box that starts does to it."""
    folder = place / "aside"
    folder.mkdir()
    for name, content in damaged.items():
        (folder / name).write_bytes(content)
    disk = Disk.with_files(damaged, {name: (folder / name).stat().st_ino for name in damaged})
    recorded("aside", str(folder), str(place / "log"))
    return disk, list(ops(place / "log"))


def cuts(moved, seed, draws):
    disk, log = moved
    rng = random.Random(seed)
    for number, op in enumerate(log):
        disk.take(op)
        yield from ((number, kind, image) for kind, image in disk.cuts(rng, draws))


def test_the_power_goes_while_a_damaged_journal_is_moved_aside(moved, damaged, place):
    kinds = Counter()
    folder = place / "cut"
    rng = random.Random(2)
    for number, kind, image in cuts(moved, seed=1, draws=2):
        if rng.random() < 0.85:
            continue
        kinds[kind] += 1
        found = found_after(image(), folder)
        where = f"cut after operation {number}, {kind}"
        assert found.kept is not None, where
        assert (found.content, found.report) == (Content(), ""), where
        left = [file.read_bytes() for file in folder.iterdir() if not file.name.endswith("-shm")]
        assert damaged[NAME] in left, where
        assert damaged[LOG] in left, where
    print(kinds)
    assert len(kinds) >= 6


def test_the_move_is_what_was_recorded(moved):
    """Renamings, a log that SQLite deleted and that was kept, and a new journal with a log of its own."""
    _, log = moved
    assert {op.kind for op in log} >= {Kind.RENAME, Kind.LINK, Kind.UNLINK, Kind.CREATE, Kind.SYNC, Kind.WRITE}


def test_it_is_confirmed_once_whatever_came_between(moved, place):
    """After the last cut of all: the operator's word holds over the next start."""
    *_, (_, _, image) = cuts(moved, seed=1, draws=1)
    folder = place / "confirmed"
    kept = found_after(image(), folder).kept
    assert confirm(folder / NAME) == kept
    journal = a_journal(folder / NAME)
    assert journal._work(lambda file: file.meta("unconfirmed")) is None
    journal._let_go()
