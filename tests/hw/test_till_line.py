"""`hw.till_line` on a pseudo-terminal: read as every line is, and written without ever waiting."""

import errno
import os
import tty

import pytest
from waiting import settle, until

from hw import factory
from hw.interfaces import Condition
from hw.till_line import KEPT_BYTES, SerialTillLine


class Till:
    """The other end, under a lasting name."""

    def __init__(self, link):
        self.link = link
        self.fds = []

    def plug(self):
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self.fds = [master, slave]
        self.link.symlink_to(os.ttyname(slave))

    def read(self):
        try:
            return os.read(self.fds[0], 65536)
        except BlockingIOError:
            return b""

    def unplug(self):
        if self.fds:
            self.link.unlink()
            for fd in self.fds:
                os.close(fd)
            self.fds = []


class Heard:
    def __init__(self):
        self.openings, self.data, self.healths = 0, b"", []

    def opened(self):
        self.openings += 1

    def received(self, data):
        self.data += data


@pytest.fixture
def till(tmp_path):
    till = Till(tmp_path / "port")
    yield till
    till.unplug()


@pytest.fixture
async def line(till):
    line = SerialTillLine("counter", str(till.link), pause_s=0.005)
    line.heard = Heard()
    line.listen(line.heard.opened, line.heard.received, line.heard.healths.append)
    yield line
    line.close()
    await settle()


async def opened(line, till):
    till.plug()
    line.open()
    await until(lambda: line.health.condition is Condition.OK)


async def reads(till, count):
    """What the till reads until it has that many bytes."""
    data = b""

    def enough():
        nonlocal data
        data += till.read()
        return len(data) >= count

    await until(enough)
    return data


async def test_both_ways(line, till):
    await opened(line, till)
    os.write(till.fds[0], b"question")
    await until(lambda: line.heard.data == b"question")
    assert line.send(b"answer") is True
    assert await reads(till, 6) == b"answer"
    assert (line.heard.openings, [health.condition for health in line.heard.healths]) == (1, [Condition.OK])


async def test_a_line_that_is_away_takes_nothing(line, till):
    assert line.send(b"x") is False
    await opened(line, till)
    till.unplug()
    await until(lambda: line.health.condition is Condition.MISSING)
    assert line.send(b"x") is False


async def test_what_the_line_does_not_take_at_once_is_kept_in_order_and_bounded(line, till):
    await opened(line, till)
    sent = []
    while line.send(message := b"%07d\n" % len(sent)):
        sent.append(message)
        assert len(sent) < 100_000, "without bound"
    assert KEPT_BYTES - 8 < len(line._kept) <= KEPT_BYTES
    whole = b"".join(sent)
    assert await reads(till, len(whole)) == whole, "nothing is cut, nothing is lost of what was taken"
    assert line.send(b"again\n") is True
    assert await reads(till, 6) == b"again\n"


async def test_too_much_at_once_is_refused_whole(line, till):
    await opened(line, till)
    assert line.send(b"x" * (KEPT_BYTES + 1)) is False
    await settle()
    assert till.read() == b""


async def test_what_was_not_written_is_gone_with_the_line(line, till):
    await opened(line, till)
    while line.send(b"x" * 100):
        pass
    till.unplug()
    await until(lambda: line.health.condition is Condition.MISSING)
    till.plug()
    await until(lambda: line.health.condition is Condition.OK)
    assert line.heard.openings == 2
    assert line.send(b"new") is True
    assert await reads(till, 3) == b"new"


async def test_an_error_of_writing_is_a_lost_line_that_comes_back(line, till, monkeypatch):
    await opened(line, till)

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    real = os.write
    monkeypatch.setattr(os, "write", fail)
    assert line.send(b"x") is False
    assert line.health.condition is Condition.MISSING
    monkeypatch.setattr(os, "write", real)
    await until(lambda: line.health.condition is Condition.OK)
    assert line.send(b"y") is True


async def test_a_closed_line_lets_go_of_what_waits(line, till):
    await opened(line, till)
    while line.send(b"x" * 100):
        pass
    line.close()
    line.close()
    assert line.send(b"x") is False
    await settle()


async def test_nobody_needs_to_listen(till):
    till.plug()
    line = SerialTillLine("counter", str(till.link), pause_s=0.005)
    line.open()
    await until(lambda: line.health.condition is Condition.OK)
    os.write(till.fds[0], b"x")
    await settle()
    line.close()


def test_the_factory_makes_one():
    assert isinstance(factory.till_line("counter", "/dev/ttyUSB0", 9600), SerialTillLine)
