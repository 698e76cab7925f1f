"""The journal's file (`daemon.journal_file`, read by `daemon.journal_reader`): what it survives, what it refuses, and what it costs."""

import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from shop import AT, NOTE, a_payment, an_order

from daemon import journal_file
from daemon.journal_file import CorruptError, JournalError, JournalFile, Note
from daemon.payment import Errand, Reason, Ref, State

LATE = Reason("paid_late", "the payment arrived after it had been given up")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path):
    file = JournalFile.open(path)
    yield file
    file.close()


def filled(path, payments=20):
    """A journal of some pages, closed."""
    file = JournalFile.open(path)
    for number in range(payments):
        file.store(a_payment(f"A-{number}", attempts=(an_order(f"T{number}"),)), "boot", NOTE)
    file.close()
    return path


def refs(payments):
    return [payment.ref for payment in payments]


# -- storing --


def test_what_was_stored_is_there_after_the_next_start(path):
    file = JournalFile.open(path)
    entry = file.store(a_payment(attempts=(an_order(),)), "boot", Note(AT, "T1", "code_presented", {"scheme": "wechat"}))
    file.close()
    again = JournalFile.open(path)
    assert again.find(Ref("A-1")) == a_payment(attempts=(an_order(),))
    assert again.entries(0, 10) == [entry] == again.entries_of(Ref("A-1"))
    assert (entry.seq, entry.event, entry.state, entry.detail) == (1, "code_presented", "awaiting_code", {"scheme": "wechat"})
    again.close()


def test_what_was_stored_is_on_disk_though_the_box_never_closed_it(path, tmp_path):
    """As after a power cut: only the files are left."""
    file = JournalFile.open(path)
    file.store(a_payment(), "boot", NOTE)
    shutil.copytree(tmp_path, tmp_path / "after")
    file.close()
    after = JournalFile.open(tmp_path / "after" / path.name)
    assert after.find(Ref("A-1")) == a_payment()
    after.close()


def test_an_order_number_of_another_payment_is_refused(journal):
    """Whatever is charged must be on disk as this payment's (P1, P2)."""
    journal.store(a_payment("A-1", attempts=(an_order("T1"),)), "boot", NOTE)
    with pytest.raises(JournalError, match="order number T1 belongs to another payment"):
        journal.store(a_payment("A-2", attempts=(an_order("T1"),)), "boot", NOTE)
    assert journal.find(Ref("A-2")) is None
    assert journal.last_seq() == 1


def test_an_order_that_the_payment_does_not_have_any_more_is_forgotten(path):
    """Its write was told to have failed at the sync, and was on the disk all the same when the file was opened anew."""
    failed = JournalFile.open(path)
    failed.store(a_payment(attempts=(an_order("T1"), an_order("T2"))), "boot", NOTE)
    failed.drop()
    file = JournalFile.open(path)
    file.store(a_payment("A-2", attempts=(an_order("T9"),)), "boot", NOTE)
    file.store(a_payment(attempts=(an_order("T1"),)), "boot", NOTE)
    file.close()
    again = JournalFile.open(path)
    assert again.find(Ref("A-1")) == a_payment(attempts=(an_order("T1"),)), "whole, and not damaged"
    assert again.find(Ref("A-2")) == a_payment("A-2", attempts=(an_order("T9"),)), "another's order stays"
    again.close()


def test_half_a_character_is_refused_and_leaves_nothing_half_done(journal):
    with pytest.raises(JournalError):
        journal.store(a_payment(attempts=(an_order(trade_no="\ud83d"),)), "boot", NOTE)
    assert journal.find(Ref("A-1")) is None
    journal.store(a_payment(), "boot", NOTE)


def test_the_list_of_events_is_append_only(journal, path):
    journal.store(a_payment(), "boot", NOTE)
    for vandalism in ("UPDATE events SET detail = '{}'", "DELETE FROM events", "DELETE FROM events WHERE seq = 1"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            journal._db.execute(vandalism)
    assert len(journal.entries(0, 10)) == 1


def test_sequence_numbers_are_never_used_again(journal):
    """Followers resume by them."""
    journal.store(a_payment("old", State.REFUSED), "boot", NOTE)
    assert journal.prune("9999") == 1
    assert journal.last_seq() == 0
    assert journal.store(a_payment("new"), "boot", NOTE).seq == 2


# -- reading --


def test_only_what_is_open_is_read_at_the_start(journal):
    journal.store(a_payment("paid", State.PAID, attempts=(an_order("T1", State.PAID, Errand.NONE),)), "boot-1", NOTE)
    journal.store(a_payment("undoing", State.REFUSED, attempts=(an_order("T2", State.REFUSED, Errand.UNDO),)), "boot-1", NOTE)
    journal.store(a_payment("doubt", State.IN_DOUBT), "boot-2", NOTE)
    journal.store(a_payment("asked"), "boot-2", NOTE)
    assert [(p.ref, boot) for p, boot in journal.open_payments()] == [("undoing", "boot-1"), ("doubt", "boot-2"), ("asked", "boot-2")]


@pytest.mark.parametrize(
    ("read", "plan"),
    [
        (lambda j: j.open_payments(), "SCAN payments USING INDEX payments_open"),
        (lambda j: j.in_doubt(), "payments USING INDEX payments_in_doubt"),
        (lambda j: j.in_doubt(), "SCAN g USING INDEX goods_in_doubt"),
        (lambda j: j.open_goods("machine"), "SEARCH g USING INDEX goods_open (till=?)"),
        (lambda j: j.orphaned_goods(()), "SCAN g USING INDEX goods_open"),
        (lambda j: j.find(Ref("A-1")), "SEARCH payments USING INDEX sqlite_autoindex_payments_1 (ref=?)"),
        (lambda j: j.entries(5, 10), "SEARCH e USING INTEGER PRIMARY KEY (rowid>?)"),
        (lambda j: j.entries_of(Ref("A-1")), "SEARCH e USING INDEX events_payment (payment=? AND rowid>?)"),
        (lambda j: j.last_seq(), "SEARCH events"),
    ],
    ids=["open", "in_doubt", "goods in doubt", "open goods", "orphans", "find", "entries", "entries_of", "last_seq"],
)
def test_no_look_at_the_journal_grows_with_history(journal, read, plan):
    """By SQLite's own account of how it would do it; the tables have statistics of nothing, as in a box."""
    asked = []
    journal._db.set_trace_callback(asked.append)
    read(journal)
    journal._db.set_trace_callback(None)
    (sql,) = asked
    steps = [row["detail"] for row in journal._db.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert any(plan in step for step in steps), steps


def test_in_doubt_counts_what_a_person_must_look_at(journal):
    rested = (an_order("T1", State.REFUSED, Errand.NONE),)
    journal.store(a_payment("doubt", State.IN_DOUBT), "boot", NOTE)
    journal.store(a_payment("late", State.REFUSED, reason=LATE, attempts=rested), "boot", NOTE)
    journal.store(a_payment("given back", State.REFUNDED, reason=LATE), "boot", NOTE)
    journal.store(a_payment("going back", State.REFUSED, reason=LATE, attempts=(an_order("T2", errand=Errand.REFUND),)), "boot", NOTE)
    failed = Reason("goods_failed", "the machine is jammed")
    journal.store(a_payment("kept", State.PAID, reason=failed, attempts=(an_order("T3", State.PAID, Errand.NONE),)), "boot", NOTE)
    journal.store(a_payment("back", State.REFUNDED, reason=failed), "boot", NOTE)
    journal.store(a_payment("refused", State.REFUSED, reason=Reason("NOTENOUGH", "")), "boot", NOTE)
    twice = Reason("paid_twice", "another order was paid too")
    journal.store(a_payment("twice", State.PAID, reason=twice, attempts=(an_order("T4", State.IN_DOUBT, Errand.WATCH),)), "boot", NOTE)
    journal.store(a_payment("one back", State.REFUNDED, reason=twice), "boot", NOTE)
    assert journal.in_doubt() == 5


def test_payments_are_listed_newest_first_in_pages(journal):
    for hour in range(5):
        journal.store(a_payment(f"A-{hour}").but(created_at=f"2026-11-21T0{hour}:00:00.000Z"), "boot", NOTE)
    assert refs(journal.recent(2)) == ["A-4", "A-3"]
    assert refs(journal.recent(2, before="A-3")) == ["A-2", "A-1"]
    assert refs(journal.recent(9, before="2026-11-21T02:00:00.000Z")) == ["A-1", "A-0"]


@pytest.mark.parametrize(
    "before", ["2026-11-21T02:00:00Z", "2026-11-21T10:00:00+08:00", "2026-11-21T02:00:00", "2026-11-21 02:00", "2026-11-21T02"]
)
def test_one_moment_has_many_spellings(journal, before):
    for hour in range(4):
        journal.store(a_payment(f"A-{hour}").but(created_at=f"2026-11-21T0{hour}:00:00.000Z"), "boot", NOTE)
    assert refs(journal.recent(9, before=before)) == ["A-1", "A-0"]


@pytest.mark.parametrize("before", ["nobody", "", "20261121", "2026-13-01", "2026-11-21T", "0001-01-01T00:00:00+14:00", "1250", "x" * 500])
def test_neither_a_ref_nor_a_time_is_an_error(journal, before):
    with pytest.raises(ValueError, match="no payment has the ref"):
        journal.recent(9, before=before)


def test_an_event_that_makes_no_sense_is_damage(journal, path):
    journal.store(a_payment(), "boot", NOTE)
    number = journal._db.execute("SELECT number FROM payments").fetchone()[0]
    values = "'', ?1, NULL, '', '', '{'"
    journal._db.execute(
        f"INSERT INTO events (at, payment, out_trade_no, event, state, detail, seal) VALUES ({values}, seal({values}))", (number,)
    )
    with pytest.raises(CorruptError, match="list of events"):
        journal.entries(0, 10)


# -- forgetting --


def test_nothing_without_a_proven_end_is_forgotten(journal):
    old = "2020-01-01T00:00:00.000Z"
    kept = {
        "asked": a_payment("asked"),
        "doubt": a_payment("doubt", State.IN_DOUBT),
        "undoing": a_payment("undoing", State.REFUSED, attempts=(an_order("T1", State.REFUSED, Errand.UNDO),)),
        "late": a_payment("late", State.REFUSED, reason=LATE),
        "twice": a_payment("twice", State.PAID, reason=Reason("paid_twice", "")),
    }
    gone = {
        "paid": a_payment("paid", State.PAID, attempts=(an_order("T2", State.PAID, Errand.NONE),)),
        "given back": a_payment("given back", State.REFUNDED, reason=LATE),
        "refused": a_payment("refused", State.REFUSED, reason=Reason("NOTENOUGH", "")),
    }
    for payment in (*kept.values(), *gone.values()):
        journal.store(payment.but(updated_at=old), "boot", NOTE)
    journal.store(a_payment("new", State.PAID), "boot", NOTE)
    assert journal.prune("2026-01-01T00:00:00.000Z") == 3
    assert set(refs(journal.recent(20))) == {*kept, "new"}
    assert {e.ref for e in journal.entries(0, 50)} == {*kept, "new"}
    assert journal._db.execute("SELECT count(*) FROM attempts").fetchone()[0] == 1


def test_forgetting_goes_in_small_steps(journal):
    for number in range(7):
        journal.store(a_payment(f"A-{number}", State.PAID), "boot", NOTE)
    assert [journal.prune("9999", limit=3) for _ in range(4)] == [3, 3, 1, 0]


# -- opening --


def test_a_journal_is_begun_where_there_is_none_with_its_folder(tmp_path):
    file = JournalFile.open(tmp_path / "deep" / "down" / "journal.sqlite")
    assert file.open_payments() == []
    file.close()


def test_who_only_looks_creates_nothing(path):
    with pytest.raises(JournalError, match="there is no journal at"):
        JournalFile.open(path, create=False)
    assert not path.exists()


def test_who_only_looks_leaves_an_older_journal_as_it_is(path):
    """A command of a new version beside a box of the old one must not change the tables under it."""
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = WAL")  # as before the first of the steps that make the tables
    db.close()
    with pytest.raises(JournalError, match="older version"):
        JournalFile.open(path, create=False)


def test_a_journal_of_a_newer_version_is_left_alone(path):
    filled(path)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(JournalError, match="newer version") as caught:
        JournalFile.open(path)
    assert not isinstance(caught.value, CorruptError)


def test_a_database_of_another_program_is_left_alone(path):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE theirs (a)")
    db.close()
    with pytest.raises(JournalError, match="another program") as caught:
        JournalFile.open(path)
    assert not isinstance(caught.value, CorruptError)


@pytest.mark.parametrize(
    "place",
    [lambda d: d / "a file" / "journal.sqlite", lambda d: d / "a folder", lambda d: Path("/proc/nowhere/journal.sqlite")],
    ids=["file", "folder", "proc"],
)
def test_a_place_where_no_journal_can_be(tmp_path, place):
    (tmp_path / "a file").write_text("")
    (tmp_path / "a folder").mkdir()
    with pytest.raises(JournalError) as caught:
        JournalFile.open(place(tmp_path))
    assert not isinstance(caught.value, CorruptError)


def test_a_file_system_without_a_log_is_refused(path, monkeypatch):
    """Without WAL a commit may be lost with the power, and nobody would know."""
    monkeypatch.setattr(journal_file, "_PRAGMAS", ("PRAGMA journal_mode=DELETE",))
    with pytest.raises(JournalError, match="write-ahead log"):
        JournalFile.open(path)


def test_what_cannot_be_written_now_is_no_damage(path, impatient):
    file = JournalFile.open(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="locked") as caught:
        file.store(a_payment(), "boot", NOTE)
    assert not isinstance(caught.value, CorruptError)
    other.execute("ROLLBACK")
    file.store(a_payment(), "boot", NOTE)
    other.close()
    file.close()


def test_a_close_that_cannot_fold_the_log_in_loses_nothing(path, impatient, caplog):
    file = JournalFile.open(path)
    file.store(a_payment(), "boot", NOTE)
    file._db.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_PRAGMA else sqlite3.SQLITE_OK)
    file.close()
    assert "journal_checkpoint_failed" in caplog.text
    again = JournalFile.open(path)
    assert again.find(Ref("A-1")) == a_payment()
    again.close()


IN_A_CHILD = """
import os, pathlib, resource, sys
sys.path[:0] = [{root!r}, {tests!r}]
from shop import NOTE, a_payment
from daemon.journal_file import CorruptError, JournalError, JournalFile
path = pathlib.Path({path!r})
{story}
"""


def child(path, story):
    """A process of its own that tells that story."""
    text = IN_A_CHILD.format(root=str(ROOT), tests=str(ROOT / "tests" / "shell"), path=str(path), story=story)
    return [sys.executable, "-W", "error", "-c", text]


def in_a_child(path, story):
    done = subprocess.run(child(path, story), capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_one_store_is_one_sync(path):
    """WAL with synchronous=FULL: safe at a power cut, and kind to the card."""
    story = """
file = JournalFile.open(path)
for number in range(12):
    file.store(a_payment(f"A-{number}"), "boot", NOTE)
    os.write(2, b"stored")
os._exit(0)
"""
    tracing = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,write"]
    done = subprocess.run([*tracing, *child(path, story)], capture_output=True, text=True, check=False, timeout=50)
    if done.returncode:
        pytest.skip(f"strace may not trace here: {done.stderr.strip()[-200:]}")
    stores = re.split(r'write\(2, "stored', done.stderr)
    assert len(stores) == 13
    assert [len(re.findall(r"\b(?:fsync|fdatasync)\(\d", store)) for store in stores[2:12]] == [1] * 10


def test_a_full_disk_stores_nothing_half(path):
    """A limit on file sizes stands in for a full disk; room comes back, and so does the journal."""
    story = """
file = JournalFile.open(path)
file.store(a_payment("before"), "boot", NOTE)
most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
size = path.with_name(path.name + "-wal").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 5000, hard))
failed = 0
for number in range(5):
    try:
        file.store(a_payment(f"full-{number}", description="x" * 9000), "boot", NOTE)
    except JournalError as error:
        assert not isinstance(error, CorruptError), error
        failed += 1
assert failed == 5, failed
resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
file.store(a_payment("after"), "boot", NOTE)
print(*[p.ref for p in file.recent(9)])
os._exit(0)
"""
    assert in_a_child(path, story).split() == ["after", "before"]
    file = JournalFile.open(path)
    assert refs(file.recent(9)) == ["after", "before"]
    file.close()


def test_a_full_disk_at_the_first_start(path):
    story = """
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    JournalFile.open(path)
except JournalError as error:
    print(isinstance(error, CorruptError))
"""
    assert in_a_child(path, story).strip() == "False"
    JournalFile.open(path).close()


# -- damage --


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"no journal at all " * 1000,
        lambda raw: b"\0" * len(raw),
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw[:4096] + bytes(4096) + raw[8192:],
        lambda raw: raw[:9000] + b"\xff" * 3000 + raw[12000:],
        lambda raw: raw[:16] + b"\xff\xff" + raw[18:],
    ],
    ids=["another file", "zeroes", "cut off", "a page of zeroes", "flipped in the middle", "header"],
)
def test_a_damaged_file_is_called_damaged(path, damage):
    filled(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CorruptError):
        JournalFile.open(path)


def test_whatever_is_in_the_header_the_errors_are_ours(path):
    """Each byte of the file's header, turned over: it works, or it is refused as damaged or as not to be used now."""
    header = filled(path, payments=2).read_bytes()
    for at in range(100):
        path.write_bytes(header[:at] + bytes([header[at] ^ 0xFF]) + header[at + 1 :])
        try:
            file = JournalFile.open(path)
        except JournalError:
            continue
        assert len(file.open_payments()) == 2
        file.drop()


def test_a_torn_log_gives_what_was_whole(path, tmp_path):
    """A power cut in the middle of a write: a prefix of what was stored, never half of something."""
    file = JournalFile.open(path)
    for number in range(10):
        file.store(a_payment(f"A-{number}", attempts=(an_order(f"T{number}"),)), "boot", NOTE)
    main, log = path.read_bytes(), path.with_name(path.name + "-wal").read_bytes()
    file.close()
    for cut in range(0, len(log), len(log) // 12):
        torn = tmp_path / f"cut-{cut}.sqlite"
        torn.write_bytes(main)
        torn.with_name(torn.name + "-wal").write_bytes(log[:cut] + b"\0" * 100)
        after = JournalFile.open(torn)
        whole = after.recent(20)[::-1]
        assert refs(whole) == [f"A-{n}" for n in range(len(whole))]
        assert all(len(p.attempts) == 1 for p in whole)
        after.drop()


def test_a_large_file_is_checked_only_when_it_is_suspected(path, monkeypatch):
    """Start-up must not grow with history; but damage once met is looked for everywhere."""
    filled(path)
    raw = path.read_bytes()
    path.write_bytes(raw[:9000] + b"\xff" * 3000 + raw[12000:])
    monkeypatch.setattr(journal_file, "CHECK_BELOW", 4096)
    JournalFile.open(path).drop()
    with pytest.raises(CorruptError):
        JournalFile.open(path, suspected=True)


def test_a_part_of_an_index_that_leads_nowhere_is_damage(path):
    """Only a whole check finds it; what is open would not be taken up."""
    filled(path)
    file = JournalFile.open(path)
    file._db.execute("PRAGMA writable_schema = ON")
    file._db.execute("UPDATE sqlite_schema SET sql = replace(sql, 'WHERE is_open', 'WHERE NOT is_open') WHERE name = 'payments_open'")
    file.drop()
    with pytest.raises(CorruptError, match="payments_open"):
        JournalFile.open(path)


# -- meta --


def test_small_things_are_kept_and_forgotten_by_name(journal):
    journal.set_meta("unconfirmed", "a")
    journal.set_meta("unconfirmed", "b")
    assert journal.meta("unconfirmed") == "b"
    journal.set_meta("unconfirmed", None)
    assert journal.meta("unconfirmed") is None
