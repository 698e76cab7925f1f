"""What can go wrong with the journal: damage apart from what merely cannot be done now."""

import sqlite3

import pytest

from daemon.journal_error import CorruptError, JournalError, damage_in, translated


def error_of(act):
    with pytest.raises(JournalError) as caught, translated():
        act()
    return caught.value


def test_damage_is_what_sqlite_calls_damage(tmp_path):
    (tmp_path / "noise").write_bytes(b"no database" * 100)
    with sqlite3.connect(tmp_path / "noise") as db:
        error = error_of(lambda: db.execute("SELECT * FROM sqlite_schema"))
    db.close()
    assert isinstance(error, CorruptError)
    assert "not a database" in str(error)


def test_a_text_that_is_no_text_is_damage():
    with sqlite3.connect(":memory:") as db:
        error = error_of(lambda: db.execute("SELECT CAST(x'ff' AS TEXT)").fetchall())
    db.close()
    assert isinstance(error, CorruptError)


@pytest.mark.parametrize(
    "sql",
    ["SELECT * FROM nothing", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (-1)", "SELECT ?"],
    ids=["table", "unique", "check", "value"],
)
def test_a_mistake_of_ours_is_no_damage(sql):
    """Nothing is moved aside because a constraint did its work."""
    with sqlite3.connect(":memory:") as db:
        db.executescript("CREATE TABLE t (a INTEGER UNIQUE CHECK (a > 0)); INSERT INTO t VALUES (1)")
        error = error_of(lambda: db.execute(sql, ()))
    db.close()
    assert type(error) is JournalError


@pytest.mark.parametrize("value", ["half a character: \ud83d", 2**63], ids=["surrogate", "too_large"])
def test_what_sqlite_cannot_hold_is_refused_like_anything_it_cannot_store(value):
    with sqlite3.connect(":memory:") as db:
        error = error_of(lambda: db.execute("SELECT ?", (value,)))
    db.close()
    assert type(error) is JournalError


def test_a_missing_folder_is_a_trouble_of_now():
    def act():
        raise FileNotFoundError("gone")

    assert type(error_of(act)) is JournalError


@pytest.mark.parametrize("fault", [ValueError("x"), KeyError("x"), TypeError("x"), AttributeError("x")])
def test_rows_that_make_no_sense_are_damage_and_say_where(fault):
    def act():
        raise fault

    with pytest.raises(CorruptError, match=r"^payment 'A-1' is damaged: "), damage_in("payment 'A-1'"):
        act()
