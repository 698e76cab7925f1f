"""The disk in memory, and the journal on it."""

from __future__ import annotations

import pytest

from daemon.journal_error import JournalError
from daemon.journal_file import JournalFile, Note
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Mode, OutTradeNo, Payment, Ref, State
from daemon.simulation.disk import SLOW_WRITE_S, Disk, FiledDisk, SimulatedJournal
from daemon.simulation.loop import VirtualLoop
from daemon.simulation.mishaps import Mishap

AMOUNT = Amount(Minor(1250), "CNY")
NOTE = Note("then", "T1", "code_presented", {})


def _payment(state: State = State.SUBMITTING) -> Payment:
    order = Attempt(OutTradeNo("T1"), "wallet", "wechat", AMOUNT, state, sent_at=7.5, tries=3)
    return Payment(Ref("S1"), "http", AMOUNT, Mode.SCAN, state, "then", "then", attempts=(order,))


class Desk:
    """A journal on a disk, used in steps."""

    def __init__(self, *befalls: Mishap | None) -> None:
        self.now = 0.0
        self.loop = VirtualLoop(lambda: self.now)
        self.disk = Disk()
        self.died: list[Mishap] = []
        left = list(befalls)
        self.journal = SimulatedJournal(self.disk, "boot-1", lambda _payment: left.pop(0) if left else None, self.died.append)

    def do(self, work):
        """Begun; the task."""
        task = self.loop.create_task(work)
        self.loop.run_ready()
        return task

    def store(self, payment: Payment | None = None):
        return self.do(self.journal.store(payment or _payment(), NOTE))


def test_what_was_stored_comes_back_through_the_rows():
    desk = Desk()
    assert desk.store().result().seq == 1
    again = SimulatedJournal(desk.disk, "boot-2", lambda _payment: None, desk.died.append)
    (found,) = desk.do(again.start()).result()
    assert found == (_payment(), False)
    (found,) = desk.do(desk.journal.start()).result()
    assert found == (_payment(), True)
    assert desk.disk.with_order(OutTradeNo("T1")) == _payment()
    assert desk.disk.with_order(OutTradeNo("T2")) is None


@pytest.mark.parametrize(("mishap", "is_there"), [(Mishap.WRITE_FAILS, False), (Mishap.SYNC_FAILS, True)])
def test_a_write_that_fails_is_said_until_one_succeeds(mishap, is_there):
    desk = Desk(mishap)
    told = []
    desk.journal.on_trouble = lambda: told.append(desk.journal.trouble)
    assert isinstance(desk.store().exception(), JournalError)
    assert (desk.disk.payments != {}) == is_there
    desk.store().result()
    assert [bool(trouble) for trouble in told] == [True, False]


def test_a_full_disk_takes_nothing_and_says_so_at_the_start_too():
    desk = Desk()
    desk.disk.is_full = True
    assert isinstance(desk.store().exception(), JournalError)
    assert isinstance(desk.do(desk.journal.start()).exception(), JournalError)
    assert isinstance(desk.do(desk.journal.probe()).exception(), JournalError)
    assert desk.disk.payments == {}


def test_a_slow_write_takes_its_time():
    desk = Desk(Mishap.WRITE_SLOW)
    task = desk.store()
    assert not task.done()
    desk.now = SLOW_WRITE_S
    desk.loop.run_ready()
    assert task.result().seq == 1


@pytest.mark.parametrize(("mishap", "is_there"), [(Mishap.DIES_WRITING, False), (Mishap.DIES_WRITTEN, True)])
def test_who_dies_at_a_write_never_comes_back_from_it(mishap, is_there):
    desk = Desk(mishap)
    task = desk.store()
    assert desk.died == [mishap]
    assert not task.done()
    assert (desk.disk.payments != {}) == is_there
    desk.loop.bury()


def test_it_answers_what_the_desk_asks():
    desk = Desk()
    desk.store(_payment(State.IN_DOUBT))
    assert desk.do(desk.journal.find(Ref("S1"))).result() == _payment(State.IN_DOUBT)
    assert desk.do(desk.journal.find(Ref("S2"))).result() is None
    assert desk.do(desk.journal.recent(5, None)).result() == [_payment(State.IN_DOUBT)]
    assert [entry.seq for entry in desk.do(desk.journal.entries(0, 5)).result()] == [1]
    assert desk.do(desk.journal.last_seq()).result() == 1
    assert desk.do(desk.journal.in_doubt()).result() == 1
    assert desk.do(desk.journal.unconfirmed()).result() is None
    assert desk.do(desk.journal.prune("2020")).result() == 0
    desk.do(desk.journal.close()).result()


# -- with the journal's own file --


def test_the_file_gives_back_what_was_written():
    disk = FiledDisk()
    try:
        entry = disk.write(_payment(), "boot-1", NOTE)
        disk.write(_payment(State.PENDING), "boot-2", NOTE)
        assert entry.seq == 1
        assert disk.open_ones() == [(_payment(State.PENDING), "boot-2")]
    finally:
        disk.end()


def test_a_file_that_gives_back_something_else_is_found_out(monkeypatch):
    disk = FiledDisk()
    try:
        disk.write(_payment(), "boot-1", NOTE)
        monkeypatch.setattr(JournalFile, "open_payments", lambda _file: [])
        with pytest.raises(AssertionError, match="the file gives back"):
            disk.open_ones()
    finally:
        disk.end()


def test_a_journal_starts_from_the_file():
    disk = FiledDisk()
    loop = VirtualLoop(lambda: 0.0)
    try:
        disk.write(_payment(), "boot-1", NOTE)
        starting = loop.create_task(SimulatedJournal(disk, "boot-2", lambda _payment: None, lambda _mishap: None).start())
        loop.run_ready()
        assert starting.result() == [(_payment(), False)]
    finally:
        disk.end()
