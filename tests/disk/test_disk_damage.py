"""Each byte of the last record is damaged, one at a time: the record is there unharmed, or its damage is noticed.

In the log: the record is not there, as if it had never been stored. In the file: the journal is kept aside, or the payment is
reported as damaged whenever somebody asks for it; never another amount, number or state.
"""

import tempfile
from pathlib import Path

import pytest
from disk_cuts import NAME
from disk_damage import ABSENT, ASIDE, LOG, REPORTED, UNHARMED, folded_in, try_damage, with_log
from disk_log import MEMORY


@pytest.fixture(scope="module")
def place():
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        (Path(place) / "told").mkdir()
        (Path(place) / "folded").mkdir()
        yield Path(place)


@pytest.fixture(scope="module")
def in_log(place):
    return with_log(place / "told")


@pytest.fixture(scope="module")
def in_file(place, in_log):
    return folded_in(*in_log, place / "folded")


def in_the_log(in_log, place, every):
    files, places = in_log
    damaged = try_damage(files, LOG, places[::every], place / "damaged", seed=1)
    print(damaged)
    assert damaged.faults == []
    assert set(damaged.ends) == {ABSENT}


def in_the_file(in_file, place, every):
    files, places = in_file
    damaged = try_damage(files, NAME, places[::every], place / "damaged", seed=1)
    print(damaged)
    assert damaged.faults == []
    assert set(damaged.ends) == {UNHARMED, ASIDE, REPORTED}


def test_a_damaged_byte_of_the_log(in_log, place):
    in_the_log(in_log, place, every=211)


def test_a_damaged_byte_of_the_file(in_file, place):
    in_the_file(in_file, place, every=131)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_byte_of_the_log_damaged(in_log, place):
    in_the_log(in_log, place, every=1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_byte_of_the_file_damaged(in_file, place):
    in_the_file(in_file, place, every=1)
