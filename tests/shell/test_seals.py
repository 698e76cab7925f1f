"""Seals: a row that is not as it was stored is damage, whatever it says now."""

import sqlite3

import pytest
import steps_back
from shop import NOTE, a_payment, an_order

from daemon.journal_file import CorruptError, JournalFile
from daemon.payment import Reason, Ref
from daemon.rows import ATTEMPT_COLUMNS, PAYMENT_COLUMNS
from daemon.seals import seal

REASON = Reason("NOTENOUGH", "balance too low")
PAYMENT = a_payment(
    scheme="wechat",
    ttl_s=60.0,
    reason=REASON,
    paid_at="2026-11-21T12:00:00.000Z",
    expires_at=12.5,
    attempts=(an_order("T1", reason=REASON, trade_no="4200"), an_order("T2")),
)
CHANGED = "CASE typeof({0}) WHEN 'text' THEN {0} || '!' WHEN 'null' THEN {0} ELSE {0} + 1 END"


@pytest.fixture
def path(tmp_path):
    file = JournalFile.open(tmp_path / "journal.sqlite")
    file.store(PAYMENT, "boot", NOTE)
    file.store(a_payment("A-2"), "boot", NOTE)
    file.close()
    return tmp_path / "journal.sqlite"


def vandalise(path, sql):
    with sqlite3.connect(path) as vandal:
        vandal.execute("PRAGMA ignore_check_constraints = ON")
        vandal.execute(sql)
    vandal.close()


def reading(path, ref="A-1"):
    """What each way of reading it says: the payment, or that it is damaged."""
    file = JournalFile.open(path)
    try:
        return file.find(Ref(ref))
    finally:
        file.drop()


@pytest.mark.parametrize("column", [column for column in PAYMENT_COLUMNS if column not in ("ref", "is_open")])
def test_whatever_changes_in_a_payment_breaks_its_seal(path, column):
    vandalise(path, f"UPDATE payments SET {column} = {CHANGED.format(column)} WHERE ref = 'A-1'")
    with pytest.raises(CorruptError, match="'A-1' is damaged"):
        reading(path)
    assert reading(path, "A-2") == a_payment("A-2")


def test_a_payment_that_calls_itself_another_is_not_believed(path):
    vandalise(path, "UPDATE payments SET ref = 'A-7' WHERE ref = 'A-1'")
    with pytest.raises(CorruptError, match="'A-7' is damaged"):
        reading(path, "A-7")


def test_a_payment_that_closed_by_itself_is_not_believed(path):
    vandalise(path, "UPDATE payments SET is_open = 0 WHERE ref = 'A-1'")
    with pytest.raises(CorruptError):
        reading(path)


@pytest.mark.parametrize("column", [column for column in ATTEMPT_COLUMNS if column != "payment"])
def test_whatever_changes_in_an_attempt_breaks_its_payments_seal(path, column):
    vandalise(path, f"UPDATE attempts SET {column} = {CHANGED.format(column)} WHERE out_trade_no = 'T1'")
    with pytest.raises(CorruptError, match="'A-1' is damaged"):
        reading(path)


@pytest.mark.parametrize(
    "vandalism",
    [
        "DELETE FROM attempts WHERE out_trade_no = 'T2'",
        "UPDATE attempts SET payment = 2 WHERE out_trade_no = 'T2'",
        "UPDATE attempts SET rowid = 9 WHERE out_trade_no = 'T1'",
    ],
    ids=["lost", "another's", "out of order"],
)
def test_an_attempt_that_is_not_where_it_was_breaks_the_seal(path, vandalism):
    vandalise(path, vandalism)
    with pytest.raises(CorruptError, match="'A-1' is damaged"):
        reading(path)


@pytest.mark.parametrize("column", ["at", "payment", "event", "state", "detail"])
def test_whatever_changes_in_an_event_breaks_its_seal(path, column):
    vandalise(path, "DROP TRIGGER events_are_not_changed")
    vandalise(path, f"UPDATE events SET {column} = {CHANGED.format(column)} WHERE seq = 1")
    file = JournalFile.open(path)
    with pytest.raises(CorruptError, match="event 1 is damaged"):
        file.entries(0, 10)
    file.drop()


def test_a_row_without_a_seal_is_damage(path):
    """A row whose own length is damaged loses its last columns."""
    vandalise(path, "UPDATE payments SET seal = -1")
    with pytest.raises(CorruptError):
        reading(path)


@pytest.mark.parametrize("values", [(), (None,), ("",), (0,), (1.5,), ("牛奶", 2**53, -1, "\ud83d")])
def test_a_seal_is_never_the_number_that_stands_for_none(values):
    assert 0 <= seal(*values) < 2**32


def test_a_whole_number_of_seconds_is_the_same_as_it_comes_back():
    assert seal(60) == seal(60.0)
    assert seal(60) != seal(60.5)


def test_a_journal_from_before_there_were_seals_is_sealed_as_it_is(path):
    steps_back.before(path, "0003_tellings.sql")
    vandalise(path, "DROP TRIGGER events_are_not_changed")
    for table in ("payments", "events"):
        vandalise(path, f"ALTER TABLE {table} DROP COLUMN seal")
    vandalise(path, "CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'append-only'); END")
    vandalise(path, "PRAGMA user_version = 1")
    file = JournalFile.open(path)
    assert file.find(Ref("A-1")) == PAYMENT
    assert [entry.ref for entry in file.entries(0, 10)] == ["A-1", "A-2"]
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        file._db.execute("UPDATE events SET detail = '{}'")
    file.close()
