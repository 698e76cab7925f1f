"""What tills that acknowledge were told, in the journal: `daemon.tellings`, `daemon.told`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shop import AT, NOON, NOTE, a_payment

from daemon.journal import Journal
from daemon.journal_file import JournalFile
from daemon.payment import Payment, Reason, Ref, State
from daemon.tills.base import NotStorable, Telling
from daemon.told import JournalTellings

LATE = Reason("paid_late", "late")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[JournalFile]:
    file = JournalFile.open(tmp_path / "journal.sqlite")
    yield file
    file.close()


def store(file: JournalFile, ref: str = "A-1", state: State = State.AWAITING_CODE, **more: Any) -> Payment:
    payment = a_payment(ref, state, **more)
    file.store(payment, "boot", NOTE, tells=True)
    return payment


def owed(file: JournalFile) -> list[tuple[str, int | None]]:
    return [(telling.payment.ref, telling.seq) for telling in file.owed("counter", 16)]


def test_a_payment_is_owed_from_its_beginning_and_its_end_has_the_number_of_its_event(file: JournalFile) -> None:
    store(file)
    assert owed(file) == [("A-1", None)]
    store(file, state=State.SUBMITTING)
    paid = store(file, state=State.PAID)
    assert owed(file) == [("A-1", 3)]
    assert file.telling(Ref("A-1")) == file.last_telling("counter") == Telling(paid, 3)


def test_got_ends_it_once(file: JournalFile) -> None:
    paid = store(file, state=State.PAID)
    assert file.set_got("another", 1) is False
    assert file.set_got("counter", 2) is False
    assert file.set_got("counter", 1) is True
    assert file.set_got("counter", 1) is False
    assert owed(file) == []
    assert file.telling(Ref("A-1")) == Telling(paid, 1, got=True)


def test_what_changes_without_being_another_end_is_not_owed_again(file: JournalFile) -> None:
    store(file, state=State.REFUSED)
    file.set_got("counter", 1)
    store(file, state=State.REFUSED)
    assert owed(file) == []


def test_another_end_is_owed_whether_or_not_the_first_was_acknowledged(file: JournalFile) -> None:
    store(file, "A-1", State.IN_DOUBT)
    store(file, "A-2", State.REFUSED)
    file.set_got("counter", 2)
    store(file, "A-1", State.REVOKED)
    store(file, "A-2", State.REFUSED, reason=LATE)
    assert owed(file) == [("A-2", 4), ("A-1", 3)]
    assert file.set_got("counter", 1) is False, "the end that it had before"
    store(file, "A-2", State.REFUNDED, reason=LATE)
    assert owed(file) == [("A-2", 5), ("A-1", 3)]


def test_the_newest_come_first_and_no_more_than_wanted(file: JournalFile) -> None:
    for number in range(5):
        store(file, f"A-{number}", State.PAID)
    assert [telling.payment.ref for telling in file.owed("counter", 2)] == ["A-4", "A-3"]


def test_tills_are_apart_and_those_that_do_not_acknowledge_leave_no_row(file: JournalFile) -> None:
    file.store(a_payment("H-1", State.PAID), "boot", NOTE)
    store(file, "B-1", State.PAID, till="other")
    assert (file.owed("counter", 16), file.last_telling("counter"), file.telling(Ref("H-1"))) == ([], None, None)
    assert [telling.payment.ref for telling in file.owed("other", 16)] == ["B-1"]


def test_a_forgotten_payment_takes_what_was_told_of_it_with_it(file: JournalFile) -> None:
    store(file, state=State.PAID)
    assert file.prune("2027-01-01T00:00:00.000Z") == 1
    assert (owed(file), file.telling(Ref("A-1"))) == ([], None)


def test_finding_what_is_owed_does_not_grow_with_history(file: JournalFile, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.sqlite") as reader:
        sql = (
            "SELECT p.ref FROM tellings t JOIN payments p ON p.number = t.payment WHERE t.till = 'x' AND t.got = 0 ORDER BY t.payment DESC"
        )
        plan = " ".join(row[3] for row in reader.execute(f"EXPLAIN QUERY PLAN {sql}"))
    reader.close()
    assert "tellings_owed" in plan
    assert "SCAN" not in plan


async def test_the_journal_keeps_it_for_the_tills_that_acknowledge(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite", boot="b", wall=lambda: NOON, acknowledging=["counter"])
    tellings = JournalTellings(journal, lambda _ref: None)
    await journal.store(a_payment("A-1", State.PAID), NOTE)
    await journal.store(a_payment("A-2", State.PAID, till="http"), NOTE)
    (telling,) = await tellings.owed("counter", 16)
    assert telling == await tellings.telling(Ref("A-1")) == await tellings.last("counter")
    assert await tellings.got("counter", 1) is True
    assert await tellings.owed("counter", 16) == []
    assert await tellings.telling(Ref("A-2")) is None
    assert telling.payment.created_at == AT
    await journal.close()
    for call in (tellings.owed("counter", 1), tellings.last("counter"), tellings.telling(Ref("A-1")), tellings.got("counter", 1)):
        with pytest.raises(NotStorable):
            await call


async def test_an_end_that_the_box_did_not_decide_is_none_whatever_the_disk_says(tmp_path: Path) -> None:
    """A write whose sync failed may be on the disk all the same; whoever asked for it was told that it is not."""
    live = {}
    journal = Journal(tmp_path / "journal.sqlite", boot="b", wall=lambda: NOON, acknowledging=["counter"])
    tellings = JournalTellings(journal, live.get)
    await journal.store(a_payment("A-1", State.CANCELLED), NOTE)
    live[Ref("A-1")] = awaiting = a_payment("A-1")
    assert await tellings.owed("counter", 16) == [Telling(awaiting, None)]
    assert await tellings.telling(Ref("A-1")) == await tellings.last("counter") == Telling(awaiting, None)
    live[Ref("A-1")] = cancelled = a_payment("A-1", State.CANCELLED)
    assert await tellings.owed("counter", 16) == [Telling(cancelled, 1)]
    await journal.close()


@pytest.mark.parametrize("state", [State.REFUSED, State.CANCELLED, State.EXPIRED, State.REVOKED])
def test_that_somebody_has_seen_to_late_money_is_no_news_for_a_till(file: JournalFile, state: State) -> None:
    """It was told that a person must look, and that is still all that a till should believe."""
    store(file, state=state, reason=LATE)
    file.set_got("counter", 1)
    seen_to = store(file, state=state, reason=Reason("settled", "Ann: paid back in cash"))
    assert owed(file) == []
    assert file.telling(Ref("A-1")) == Telling(seen_to, 1, got=True)


def test_nor_is_it_of_a_doubt(file: JournalFile) -> None:
    store(file, state=State.IN_DOUBT, reason=Reason("mismatch", "odd"))
    file.set_got("counter", 1)
    store(file, state=State.IN_DOUBT, reason=Reason("settled", "Ann: paid back in cash"))
    assert owed(file) == []
