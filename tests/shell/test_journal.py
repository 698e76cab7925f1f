"""The journal as the box uses it: off the loop, whole or not at all, and kept when it is damaged."""

import asyncio
import gc
import logging
import sqlite3
import threading

import pytest
from shell_time import in_virtual_time
from shop import NOON, NOTE, a_payment, an_order

from daemon import journal as journal_module
from daemon import journal_file
from daemon.journal import Journal, confirm
from daemon.journal_file import JournalError, JournalFile, Note
from daemon.payment import Ref, State

STAMP = "20261121T120000Z"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


def a_journal(path, boot="boot-1"):
    return Journal(path, boot=boot, wall=lambda: NOON)


def written(path, *payments, boot="boot-1"):
    """A journal that a box has used and left."""

    async def use():
        journal = a_journal(path, boot)
        await journal.start()
        for payment in payments:
            await journal.store(payment, NOTE)
        await journal.close()

    asyncio.run(use())
    return path


def vandalise(path, sql):
    with sqlite3.connect(path) as vandal:
        vandal.execute(sql)
    vandal.close()


@in_virtual_time
async def test_what_was_stored_is_found_listed_and_told(path):
    journal = a_journal(path)
    assert await journal.start() == []
    await journal.store(a_payment("A-1"), NOTE)
    entry = await journal.store(a_payment("A-2", State.IN_DOUBT), Note("later", None, "x", {}))
    assert await journal.find(Ref("A-1")) == a_payment("A-1")
    assert await journal.find(Ref("A-9")) is None
    assert [p.ref for p in await journal.recent(9, None)] == ["A-2", "A-1"]
    assert await journal.entries(1, 9) == [entry]
    assert await journal.last_seq() == entry.seq == 2
    assert await journal.in_doubt() == 1
    assert await journal.unconfirmed() is None
    await journal.close()


def test_a_start_takes_up_what_is_open_and_knows_whose_moments_they_are(path):
    written(path, a_payment("A-1"), a_payment("A-2", State.PAID))

    async def start(boot):
        journal = a_journal(path, boot)
        taken_up = await journal.start()
        await journal.close()
        return [(payment.ref, same) for payment, same in taken_up]

    assert asyncio.run(start("boot-1")) == [("A-1", True)]
    assert asyncio.run(start("boot-2")) == [("A-1", False)]


def test_a_machine_that_names_no_boot_never_trusts_old_moments(path):
    written(path, a_payment("A-1"), boot="")

    async def start():
        journal = a_journal(path, "")
        ((_, same),) = await journal.start()
        await journal.close()
        return same

    assert asyncio.run(start()) is False


# -- off the loop --


async def test_the_file_is_used_by_one_thread_that_is_not_the_loops(path, monkeypatch):
    journal = a_journal(path)
    threads = set()
    monkeypatch.setattr(JournalFile, "find", lambda self, ref: threads.add(threading.current_thread()))
    await asyncio.gather(*(journal.find(Ref("A-1")) for _ in range(20)))
    assert len(threads) == 1
    assert threading.current_thread() not in threads
    await journal.close()


async def test_what_has_begun_is_carried_out_whoever_stops_waiting(path):
    journal = a_journal(path)
    await journal.start()
    gate = threading.Event()
    journal.thread.submit(gate.wait)
    storing = asyncio.create_task(journal.store(a_payment(), NOTE))
    await asyncio.sleep(0.001)
    storing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await storing
    gate.set()
    assert await journal.find(Ref("A-1")) == a_payment()
    await journal.close()


async def test_a_failure_that_nobody_waits_for_any_more_is_not_shouted_about(path, caplog):
    journal = a_journal(path)
    gate = threading.Event()
    journal.thread.submit(gate.wait)
    storing = asyncio.create_task(journal.store(a_payment(attempts=(an_order(trade_no="\ud83d"),)), NOTE))
    await asyncio.sleep(0.001)
    storing.cancel()
    await asyncio.gather(storing, return_exceptions=True)
    gate.set()
    await journal.find(Ref("A-1"))
    gc.collect()
    assert "never retrieved" not in caplog.text
    await journal.close()


# -- closing --


async def test_a_close_waits_for_what_is_under_way_and_leaves_one_file(path, tmp_path):
    journal = a_journal(path)
    stored = [asyncio.ensure_future(journal.store(a_payment(f"A-{n}"), NOTE)) for n in range(5)]
    await asyncio.sleep(0)
    await journal.close()
    await asyncio.gather(*stored)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    for thread in threading.enumerate():
        assert not thread.name.startswith("journal") or (thread.join(5) is None and not thread.is_alive())


async def test_after_a_close_everything_is_an_error_that_callers_know(path):
    journal = a_journal(path)
    await journal.start()
    await journal.close()
    await journal.close()
    with pytest.raises(JournalError, match="closed"):
        await journal.find(Ref("A-1"))


async def test_a_journal_that_was_never_opened_closes(path):
    await a_journal(path).close()
    assert not path.exists()


# -- trouble --


@in_virtual_time
async def test_trouble_is_told_once_and_ends_when_something_is_written(path, impatient, caplog):
    caplog.set_level(logging.INFO)
    journal = a_journal(path)
    told = []
    journal.on_trouble = lambda: told.append(journal.trouble)
    await journal.start()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(3):
        with pytest.raises(JournalError, match="locked"):
            await journal.store(a_payment(), NOTE)
    other.close()
    assert await journal.find(Ref("A-1")) is None
    assert journal.trouble == "database is locked"  # reading proves nothing
    await journal.store(a_payment(), NOTE)
    assert told == ["database is locked", None]
    assert caplog.text.count("journal_failed") == caplog.text.count("journal_works_again") == 1
    await journal.close()


@in_virtual_time
async def test_a_journal_that_cannot_be_opened_is_tried_again_at_the_next_use(tmp_path):
    (tmp_path / "sub").write_text("a file where a folder should be")
    journal = a_journal(tmp_path / "sub" / "journal.sqlite")
    with pytest.raises(JournalError, match="cannot open"):
        await journal.start()
    (tmp_path / "sub").unlink()
    assert await journal.start() == []
    assert journal.trouble is None
    await journal.close()


@in_virtual_time
async def test_forgetting_goes_on_in_small_steps_until_all_is_forgotten(path, monkeypatch):
    journal = a_journal(path)
    for number in range(5):
        await journal.store(a_payment(f"A-{number}", State.PAID), NOTE)
    whole, steps = JournalFile.prune, []
    monkeypatch.setattr(JournalFile, "prune", lambda self, before: steps.append(whole(self, before, 2)) or steps[-1])
    assert await journal.prune("9999") == 5
    assert steps == [2, 2, 1, 0]
    await journal.close()


# -- damage --


def reopened(path):
    """What a start finds: payments taken up, and the name of the damaged file it moved aside."""

    async def start():
        journal = a_journal(path)
        taken_up = await journal.start()
        await journal.store(a_payment("next"), NOTE)
        kept = await journal.unconfirmed()
        await journal.close()
        return [payment.ref for payment, _ in taken_up], kept

    return asyncio.run(start())


def test_a_damaged_journal_is_kept_aside_whole_and_the_new_one_says_so_until_confirmed(path, caplog):
    written(path, a_payment("old"))
    damaged = b"x" * path.stat().st_size
    path.write_bytes(damaged)
    path.with_name(path.name + "-wal").write_bytes(b"the log")
    taken_up, kept = reopened(path)
    assert (taken_up, kept) == ([], f"journal.sqlite.corrupt-{STAMP}")
    assert path.with_name(kept).read_bytes() == damaged
    assert path.with_name(kept + "-wal").read_bytes() == b"the log"
    assert "journal_corrupt" in caplog.text
    assert reopened(path) == (["next"], kept)
    assert confirm(path) == kept
    assert reopened(path) == (["next"], None)
    assert confirm(path) is None
    assert path.with_name(kept).exists()


def test_damage_in_a_row_that_must_be_taken_up_is_damage_of_the_journal(path):
    """SQLite protects its pages, not the texts in them."""
    written(path, a_payment("A-1", attempts=(an_order(),)))
    vandalise(path, "UPDATE attempts SET errand = '{'")
    assert reopened(path) == ([], f"journal.sqlite.corrupt-{STAMP}")


@in_virtual_time
async def test_damage_in_an_old_row_spoils_that_row_only(path):
    journal = a_journal(path)
    await journal.start()
    await journal.store(a_payment("old", State.PAID), NOTE)
    await journal.store(a_payment("new"), NOTE)
    vandalise(path, "UPDATE payments SET mode = '?' WHERE ref = 'old'")
    with pytest.raises(JournalError, match="payment 'old' is damaged"):
        await journal.find(Ref("old"))
    assert await journal.find(Ref("new")) == a_payment("new")
    assert await journal.unconfirmed() is None
    await journal.close()


@in_virtual_time
async def test_whoever_relies_on_what_was_stored_can_see_that_another_file_is_used_now(path):
    """Also where nobody was told of an error: damage in the rows that a start takes up puts an empty journal in the place of that one."""
    journal = a_journal(path)
    await journal.start()
    await journal.store(a_payment(), NOTE)
    before = journal.failures
    vandalise(path, "UPDATE payments SET mode = '?'")
    assert await journal.start() == []
    assert journal.failures > before
    await journal.close()


@in_virtual_time
async def test_damage_met_while_running_is_moved_aside_though_the_file_is_large(path, monkeypatch):
    """A large file is not checked at every start; once something in it was damaged, it is."""
    monkeypatch.setattr(journal_file, "CHECK_BELOW", 4096)
    journal = a_journal(path)
    await journal.start()
    for number in range(100):
        await journal.store(a_payment(f"A-{number:03}", description="x" * 500), NOTE)
    await journal.close()
    raw = path.read_bytes()
    path.write_bytes(raw[:100_000] + b"\xff" * (len(raw) - 100_000))
    journal = a_journal(path)
    with pytest.raises(JournalError, match="malformed"):
        await journal.recent(200, None)
    await journal.store(a_payment("next"), NOTE)
    assert await journal.unconfirmed() == f"journal.sqlite.corrupt-{STAMP}"
    assert [p.ref for p in await journal.recent(200, None)] == ["next"]
    await journal.close()


def test_a_power_cut_right_after_the_damaged_one_was_moved_does_not_hide_it(path):
    """The disk then has the kept file and no journal, or one that no box has used."""
    written(path, a_payment("old"))
    path.rename(path.with_name(f"journal.sqlite.corrupt-{STAMP}"))
    assert reopened(path) == ([], f"journal.sqlite.corrupt-{STAMP}")


def test_one_damaged_journal_does_not_speak_against_the_next_but_one(path):
    written(path, a_payment("old"))
    path.with_name("journal.sqlite.corrupt-1").write_text("from long ago")
    assert reopened(path) == (["old"], None)


def test_a_damaged_journal_that_cannot_be_moved_is_left_alone(path, monkeypatch):
    written(path)
    path.write_bytes(b"x" * 20_000)
    monkeypatch.setattr(journal_module, "move_aside", lambda path, stamp: (_ for _ in ()).throw(PermissionError("not allowed")))
    with pytest.raises(JournalError, match="cannot be moved aside: not allowed"):
        reopened(path)
    assert path.read_bytes() == b"x" * 20_000


def test_who_cannot_look_beside_a_new_journal_does_not_begin_it(path, monkeypatch):
    monkeypatch.setattr(journal_module, "kept_aside", lambda path: (_ for _ in ()).throw(PermissionError("not allowed")))
    with pytest.raises(JournalError, match="cannot look beside"):
        reopened(path)
    monkeypatch.undo()
    assert reopened(path) == ([], None)


def test_there_is_nothing_to_confirm_where_there_is_no_journal(path):
    with pytest.raises(JournalError, match="there is no journal"):
        confirm(path)


@in_virtual_time
async def test_an_operator_confirms_beside_the_running_box(path):
    path.write_bytes(b"x" * 20_000)
    journal = a_journal(path)
    await journal.start()
    assert confirm(path) == f"journal.sqlite.corrupt-{STAMP}"
    assert await journal.unconfirmed() is None
    await journal.close()
