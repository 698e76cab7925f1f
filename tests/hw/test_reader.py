"""A device file that is read on the event loop (`hw.reader`), with a file that a test holds the other end of."""

import errno
import os
import socket

import pytest
from waiting import settle, until

from hw.errors import DeviceMissing
from hw.health import HealthNote
from hw.interfaces import Condition
from hw.reader import DRAIN_READS, Reader


class Cable:
    """One opening of a device: what is sent arrives in pieces as it was sent."""

    path = "/dev/made-up"

    def __init__(self):
        reader, self._writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        reader.setblocking(False)
        self.fd = reader.detach()

    def send(self, data):
        self._writer.send(data)

    def pull(self):
        self._writer.close()

    def close(self):
        os.close(self.fd)
        self.fd = -1


class Bench:
    def __init__(self):
        self.cables, self.is_there, self.heard, self.openings = [], True, [], 0
        self.note = HealthNote("made-up")
        self.reader = Reader("made-up", self.plug, self.note, self.opened, self.heard.append, 0.005)

    def plug(self):
        if not self.is_there:
            raise DeviceMissing("not there")
        self.cables.append(Cable())
        return self.cables[-1]

    def opened(self, cable):
        assert cable is self.cables[-1]
        self.openings += 1

    @property
    def is_ok(self):
        return self.note.health.condition is Condition.OK


@pytest.fixture
async def bench():
    bench = Bench()
    bench.reader.open()
    await until(lambda: bench.is_ok)
    yield bench
    bench.reader.close()
    await settle()
    assert [cable.fd for cable in bench.cables] == [-1] * len(bench.cables)
    for cable in bench.cables:
        cable.pull()


async def test_each_read_is_told_by_itself_and_in_order(bench):
    for piece in (b"one", b"two"):
        bench.cables[0].send(piece)
    await until(lambda: bench.heard == [b"one", b"two"])


async def test_what_waits_can_be_drained_instead(bench):
    for piece in (b"one", b"two"):
        bench.cables[0].send(piece)
    assert bench.reader.drain() == [b"one", b"two"]
    assert bench.reader.drain() == []
    await settle()
    assert bench.heard == []


async def test_a_drain_ends(bench):
    for _ in range(DRAIN_READS + 1):
        bench.cables[0].send(b"more")
    assert len(bench.reader.drain()) == DRAIN_READS


async def test_an_end_of_file_is_an_unplugged_device_that_is_looked_for_again(bench):
    bench.is_there = False
    bench.cables[0].pull()
    await until(lambda: bench.note.health.condition is Condition.MISSING)
    assert bench.note.health.detail == "/dev/made-up was unplugged"
    bench.is_there = True
    await until(lambda: bench.is_ok)
    assert bench.openings == len(bench.cables) == 2
    bench.cables[1].send(b"back")
    await until(lambda: bench.heard == [b"back"])


@pytest.mark.parametrize("number", [errno.EIO, errno.ENODEV])
async def test_so_is_an_error_in_reading(bench, monkeypatch, number):
    bench.is_there = False

    def gone(_fd, _size):
        raise OSError(number, "gone")

    with monkeypatch.context() as patch:
        patch.setattr("hw.reader.os.read", gone)
        assert bench.reader.drain() == []
    assert bench.note.health.condition is Condition.MISSING
    assert bench.note.health.detail == f"/dev/made-up was unplugged ({os.strerror(number)})"


async def test_an_attempt_that_breaks_is_told_with_the_device_s_name():
    note = HealthNote("made-up")

    def attempt():
        raise RuntimeError("odd")

    reader = Reader("made-up", attempt, note, lambda _cable: None, lambda _data: None, 0.005)
    assert reader.drain() == []
    reader.open()
    await until(lambda: note.health.condition is Condition.FAILING)
    assert note.health.detail == "made-up: RuntimeError: odd"
    reader.close()
