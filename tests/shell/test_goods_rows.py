"""`daemon.goods_rows`: that goods are owed is stored with `paid` itself; what is open is found without looking at what is not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import steps_back
from shop import NOTE, a_payment

from daemon.goods import Owing, Stand, Ware
from daemon.goods_rows import COLUMNS
from daemon.journal_file import CorruptError, JournalError, JournalFile
from daemon.payment import Ref, State

WARE = Ware("pulse", 100)
FAR = "9999"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def file(path: Path) -> Iterator[JournalFile]:
    file = JournalFile.open(path)
    yield file
    file.drop()


def store(file: JournalFile, *states: State, ref: str = "A-1", ware: Ware | None = WARE) -> None:
    for state in states:
        file.store(a_payment(ref, state), "boot", NOTE, ware=ware)


def owed(file: JournalFile, ref: str = "A-1") -> Owing:
    owing = file.owing(Ref(ref))
    assert owing is not None
    return owing


def test_goods_are_owed_from_paid_on(file: JournalFile) -> None:
    store(file, State.AWAITING_CODE, State.SUBMITTING)
    assert file.owing(Ref("A-1")) is None
    store(file, State.PAID)
    assert owed(file) == Owing(a_payment("A-1", State.PAID), "pulse", 5)
    assert file.open_goods("counter") == [owed(file)]
    assert file.open_goods("another") == []


def test_a_till_without_a_machine_owes_nothing(file: JournalFile) -> None:
    store(file, State.AWAITING_CODE, State.PAID, ware=None)
    assert (file.owing(Ref("A-1")), file.open_goods("counter")) == (None, [])


def test_goods_are_owed_once_whatever_is_stored_of_the_payment_later(file: JournalFile) -> None:
    store(file, State.PAID)
    file.put_owing(owed(file).begin())
    store(file, State.PAID)
    assert owed(file).begun == 1
    store(file, State.PAID, ref="old", ware=None)
    store(file, State.PAID, ref="old")
    assert file.owing(Ref("old")) is None, "it was paid before its till had a machine"


def test_a_payment_that_was_in_doubt_is_paid_back(file: JournalFile) -> None:
    store(file, State.PENDING, State.IN_DOUBT, State.PAID)
    assert (owed(file).stands, owed(file).is_open, owed(file).begun) == (Stand.FAILED, True, 0)
    assert "too late" in owed(file).note


def test_every_step_comes_back_as_it_was_stored(file: JournalFile) -> None:
    store(file, State.PAID)
    for step in (
        lambda o: o.begin(),
        lambda o: o.certain(),
        lambda o: o.begin(),
        lambda o: o.doubt("the power went"),
        lambda o: o.end("why"),
    ):
        file.put_owing(step(owed(file)))
    assert owed(file).lines() == [
        "goods: in_doubt, 1 of 5 pulses given",
        "pulse 2 of 5 is in doubt",
        "pulses 3 to 5 of 5 not given",
        "why: why",
    ]
    assert file.open_goods("counter") == []


def test_nothing_is_stored_for_goods_that_nobody_owes(file: JournalFile) -> None:
    with pytest.raises(KeyError, match="A-9"):
        file.put_owing(Owing(a_payment("A-9", State.PAID), "pulse", 5))
    store(file, State.PAID, ware=None)
    with pytest.raises(KeyError):
        file.put_owing(Owing(a_payment("A-1", State.PAID), "pulse", 5))


def test_goods_in_doubt_are_counted_once_and_never_forgotten(file: JournalFile) -> None:
    for ref in ("given", "open", "doubt", "short"):
        store(file, State.PAID, ref=ref)
    given = owed(file, "given")
    for _ in range(5):
        given = given.begin().certain()
    file.put_owing(given.end())
    doubt = owed(file, "doubt").begin()
    file.put_owing(doubt.doubt("x"))
    file.put_owing(owed(file, "short").begin().certain().end("inhibited"))
    assert file.in_doubt() == 2
    file.store(a_payment("doubt", State.IN_DOUBT), "boot", NOTE)
    assert file.in_doubt() == 2, "one payment"
    file.store(a_payment("doubt", State.PAID), "boot", NOTE)
    assert file.prune(FAR) == 1
    assert file.find(Ref("given")) is None
    assert [payment.ref for payment in file.recent(9)] == ["short", "doubt", "open"]


def test_what_no_till_serves_any_more_is_found(file: JournalFile) -> None:
    store(file, State.PAID)
    store(file, State.PAID, ref="A-2")
    file.put_owing(owed(file, "A-2").begin().not_given().end().close())
    assert file.orphaned_goods({("counter", "pulse")}) == []
    assert [owing.payment.ref for owing in file.orphaned_goods({("counter", "vend")})] == ["A-1"]


@pytest.mark.parametrize("column", [column for column in COLUMNS if column != "payment"])
def test_a_row_that_is_not_as_it_was_stored_is_damage(file: JournalFile, path: Path, column: str) -> None:
    store(file, State.PAID)
    file.put_owing(owed(file).begin().certain())
    with sqlite3.connect(path) as vandal:
        vandal.execute("PRAGMA ignore_check_constraints = ON")
        vandal.execute(f"UPDATE goods SET {column} = CASE typeof({column}) WHEN 'text' THEN {column} || '!' ELSE 1 - {column} END")
    vandal.close()
    with pytest.raises(CorruptError, match="'A-1' are damaged"):
        file.owing(Ref("A-1"))


def test_goods_without_their_payment_are_damage(file: JournalFile, path: Path) -> None:
    store(file, State.PAID)
    with sqlite3.connect(path) as vandal:
        vandal.execute("UPDATE payments SET updated_at = 'x'")
    vandal.close()
    with pytest.raises(CorruptError):
        file.open_goods("counter")


def test_an_older_version_does_not_open_it(path: Path, file: JournalFile) -> None:
    file.close()
    with sqlite3.connect(path) as reader:
        assert reader.execute("PRAGMA user_version").fetchone()[0] >= 5
        reader.execute("PRAGMA user_version = 99")
    reader.close()
    with pytest.raises(JournalError, match="newer version"):
        JournalFile.open(path)


def test_a_journal_from_before_there_were_goods_has_none_owed(path: Path, file: JournalFile) -> None:
    store(file, State.PAID, ware=None)
    file.close()
    steps_back.before(path, "0005_goods.sql")
    again = JournalFile.open(path)
    assert (again.owing(Ref("A-1")), again.orphaned_goods(())) == (None, [])
    store(again, State.PENDING, State.PAID, ref="A-2")
    assert owed(again, "A-2").units == 5
    again.close()
