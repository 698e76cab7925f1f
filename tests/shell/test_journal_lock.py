"""One journal has one box: held from the claim to the end of the process, however that ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from shop import NOTE, a_payment

from daemon.journal import Journal, confirm
from daemon.journal_error import JournalError
from daemon.journal_file import JournalFile
from daemon.journal_lock import JournalInUseError, JournalLock
from daemon.payment import Ref

HOLDER = """
import pathlib, signal, sys
from daemon.journal_lock import JournalLock
lock = JournalLock(pathlib.Path(sys.argv[1]))
lock.take()
print("taken", flush=True)
sys.stdin.read()
lock.release()
print("released", flush=True)
signal.pause()
"""
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@pytest.fixture
def other(path):
    """Another process, which holds the lock until its input ends."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"taken\n"
        yield process
        process.kill()


def a_journal(path):
    return Journal(path, boot="boot", wall=lambda: pytest.fail("nobody asked for the time"))


def test_who_comes_second_is_told_who_has_it_and_what_to_do(path, other):
    with pytest.raises(JournalInUseError) as told:
        a_journal(path).claim()
    assert f"{path} is in use by another tillbox (process {other.pid})" in str(told.value)
    assert "[journal] path" in str(told.value)


def test_a_kill_releases_it(path, other):
    other.send_signal(signal.SIGKILL)
    assert other.wait(10) == -9
    JournalLock(path).take()


def test_it_is_free_again_once_it_was_released(path, other):
    other.stdin.close()
    assert other.stdout.readline() == b"released\n"
    lock = JournalLock(path)
    lock.take()
    lock.take()
    lock.release()
    lock.release()


def test_a_holder_that_could_not_sign_is_reported_without_a_number(path, other):
    path.with_name("journal.sqlite.lock").write_text("")
    with pytest.raises(JournalInUseError, match="its process is not known"):
        JournalLock(path).take()


def test_the_lock_is_not_handed_on_to_what_the_box_starts(path):
    lock = JournalLock(path)
    lock.take()
    assert not os.get_inheritable(lock._fd)
    lock.release()


def test_readers_and_the_operators_confirmation_do_not_need_it(path, other):
    file = JournalFile.open(path)
    file.store(a_payment(), "boot", NOTE)
    file.set_meta("unconfirmed", "journal.sqlite.corrupt-1")
    file.close()
    assert confirm(path) == "journal.sqlite.corrupt-1"
    reader = JournalFile.open(path, create=False)
    assert reader.find(Ref("A-1")) == a_payment()
    reader.close()


async def test_a_journal_that_cannot_be_claimed_yet_is_claimed_before_it_is_used(tmp_path, caplog):
    """A folder that is not there yet, say, holds back sales, as any trouble of the journal does; it does not end the start."""
    (tmp_path / "folder").write_text("in the way")
    journal = Journal(tmp_path / "folder" / "journal.sqlite", boot="boot", wall=lambda: pytest.fail("too early"))
    journal.claim()
    assert "journal_not_claimed" in caplog.text
    with pytest.raises(JournalError, match="to itself"):
        await journal.last_seq()
    await journal.close()


async def test_a_closed_journal_has_let_go(path):
    journal = a_journal(path)
    journal.claim()
    await journal.close()
    command = [sys.executable, "-c", HOLDER.replace("signal.pause()", ""), str(path)]
    done = subprocess.run(command, cwd=ROOT, input=b"", capture_output=True, check=True)
    assert done.stdout == b"taken\nreleased\n"
