"""A serial line on a pseudo-terminal: opened, locked, lost and found again; and what goes wrong, in words."""

import errno
import os
import sys
import termios
import tty

import pytest
import serial
from waiting import settle, until

from hw.health import HealthNote
from hw.interfaces import Condition
from hw.line import Line


class Pty:
    """A serial port under a lasting name, with the other end in the test's hand."""

    def __init__(self, link):
        self.link = link
        self.ends = []

    def plug(self):
        master, slave = os.openpty()
        tty.setraw(slave)
        self.ends = [slave, master]
        self.link.symlink_to(os.ttyname(slave))

    def write(self, data):
        os.write(self.ends[1], data)

    def unplug(self):
        if self.ends:
            self.link.unlink()
            for end in self.ends:
                os.close(end)
            self.ends = []


class Told:
    def __init__(self):
        self.openings, self.data, self.healths = 0, b"", []

    def opened(self):
        self.openings += 1

    def received(self, data):
        self.data += data


@pytest.fixture
def pty(tmp_path):
    pty = Pty(tmp_path / "port")
    yield pty
    pty.unplug()


@pytest.fixture
async def make(pty):
    made = []

    def line(baudrate=9600):
        told, note = Told(), HealthNote("line")
        note.tell(told.healths.append)
        one = Line(str(pty.link), baudrate, note, told.opened, told.received, pause_s=0.005)
        one.told, one.note = told, note
        made.append(one)
        one.open()
        return one

    yield line
    for one in made:
        one.close()
    await settle()


async def is_ok(line):
    await until(lambda: line.note.health.condition is Condition.OK)


async def is_not(line, words):
    await until(lambda: words in line.note.health.detail)
    return line.note.health.condition


async def test_it_gives_what_arrives(make, pty):
    pty.plug()
    line = make()
    await is_ok(line)
    pty.write(b"hello")
    pty.write(b" world")
    await until(lambda: line.told.data == b"hello world")


async def test_much_is_given_in_pieces_and_in_full(make, pty):
    pty.plug()
    line = make()
    await is_ok(line)
    for sent in range(1000, 21000, 1000):
        pty.write(b"x" * 1000)
        await settle(3)
        # A pty holds 4 kB, and then writing waits for the reader, who is the same thread.
        await until(lambda sent=sent: len(line.told.data) > sent - 3000)
    await until(lambda: len(line.told.data) == 20000)


async def test_draining_takes_what_lies_there_and_an_empty_line_is_no_lost_one(make, pty):
    pty.plug()
    line = make()
    await is_ok(line)
    assert line.drain() == []
    pty.write(b"hello")
    assert line.drain() == [b"hello"]
    assert line.drain() == []
    await settle()
    assert line.told.data == b""
    assert line.note.health.condition is Condition.OK


async def test_a_lost_line_is_found_under_its_name_whatever_that_leads_to_now(make, pty):
    pty.plug()
    line = make()
    await is_ok(line)
    pty.unplug()
    assert await is_not(line, "unplugged") is Condition.MISSING
    assert await is_not(line, "is not there") is Condition.MISSING
    pty.plug()
    await is_ok(line)
    pty.write(b"again")
    await until(lambda: line.told.data == b"again")
    assert line.told.openings == 2


async def test_draining_a_line_that_was_just_lost_is_no_error(make, pty):
    pty.plug()
    line = make()
    await is_ok(line)
    pty.unplug()
    assert line.drain() == []
    assert line.note.health.condition is Condition.MISSING


async def test_no_second_program_can_open_it(make, pty):
    pty.plug()
    line = make()
    await is_ok(line)
    with pytest.raises(serial.SerialException):
        serial.Serial(str(pty.link), exclusive=True)


async def test_a_port_that_another_program_has_locked_is_taken_when_it_is_free(make, pty):
    pty.plug()
    with serial.Serial(str(pty.link), exclusive=True):
        line = make()
        assert await is_not(line, "in use by another program") is Condition.FAILING
    await is_ok(line)


async def test_a_closed_line_lets_go_of_the_port(make, pty):
    pty.plug()
    line = make()
    await is_ok(line)
    line.close()
    line.close()
    serial.Serial(str(pty.link), exclusive=True).close()
    assert line.drain() == []


@pytest.mark.parametrize(
    ("error", "condition", "words"),
    [
        (serial.SerialException(errno.EACCES, "could not open port"), Condition.FAILING, "group dialout"),
        (serial.SerialException(errno.ENOENT, "could not open port"), Condition.MISSING, "is not there"),
        (termios.error(22, "Invalid argument"), Condition.FAILING, "does not take these settings"),
        (ValueError("Invalid baud rate: 12"), Condition.FAILING, "Invalid baud rate"),
        (RuntimeError("what a driver may do"), Condition.FAILING, "what a driver may do"),
    ],
)
async def test_every_error_becomes_health_and_is_tried_again(make, pty, monkeypatch, error, condition, words):
    pty.plug()
    real = serial.Serial

    def fail(*_args, **_kwargs):
        raise error

    monkeypatch.setattr(serial, "Serial", fail)
    line = make()
    assert await is_not(line, words) is condition
    monkeypatch.setattr(serial, "Serial", real)
    await is_ok(line)


async def test_without_pyserial_it_says_what_to_install(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "serial", None)
    assert await is_not(make(), "python3-serial") is Condition.FAILING


async def test_what_is_no_serial_port_is_not_read(make, pty):
    pty.link.write_text("a file")
    assert await is_not(make(), str(pty.link)) is Condition.FAILING
