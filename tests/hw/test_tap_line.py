"""A line that is only listened to, `hw.tap_line` on a pseudo-terminal and `hw.simulated_tap`: heard, lost, back; and never written to."""

import fcntl
import os
import termios
import tty

import pytest
from waiting import settle, until

from hw import factory
from hw.errors import DeviceFailing, DeviceMissing
from hw.interfaces import Condition
from hw.simulated_tap import SimulatedTap
from hw.tap_line import TapLine, TapPort

PAUSE_S = 0.005


class PtyRig:
    """The till's end, under a lasting name."""

    def __init__(self, directory):
        self.link = directory / "tap"
        self.fds = []
        self.tap = TapLine("pole", str(self.link), 9600, pause_s=PAUSE_S)

    def plug(self):
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self.fds = [master, slave]
        self.link.symlink_to(os.ttyname(slave))

    def unplug(self):
        self.link.unlink()
        for fd in self.fds:
            os.close(fd)
        self.fds = []

    def hear(self, data):
        os.write(self.fds[0], data)

    def finish(self):
        if self.fds:
            with pytest.raises(BlockingIOError):
                os.read(self.fds[0], 1)  # nothing was ever written
            self.unplug()


class SimulatedRig:
    def __init__(self, _directory):
        self.tap = SimulatedTap("pole")
        self.tap.unplug()
        self.plug, self.unplug, self.hear = self.tap.plug, self.tap.unplug, self.tap.hear

    def finish(self):
        assert not self.tap.hear(b"1")
        assert self.tap.dropped == 1


@pytest.fixture(params=[PtyRig, SimulatedRig])
async def rig(request, tmp_path):
    rig = request.param(tmp_path)
    rig.heard, rig.healths = [], []
    rig.tap.listen(lambda: rig.heard.append("open"), rig.heard.append, rig.healths.append)
    rig.tap.open()
    yield rig
    rig.tap.close()
    await settle()
    rig.finish()


def text(rig):
    return b"".join(part for part in rig.heard if isinstance(part, bytes))


async def test_it_is_missing_then_there_and_heard(rig):
    await until(lambda: rig.tap.health.condition is Condition.MISSING and rig.tap.health.detail != "not opened yet")
    rig.plug()
    await until(lambda: rig.tap.health.condition is Condition.OK)
    rig.hear(b"\x1bQATOTAL\r\x00\xff")
    await until(lambda: text(rig) == b"\x1bQATOTAL\r\x00\xff")
    assert rig.heard[0] == "open"


async def test_it_comes_back_and_says_that_it_begins_anew(rig):
    rig.plug()
    await until(lambda: rig.tap.health.condition is Condition.OK)
    rig.unplug()
    await until(lambda: rig.tap.health.condition is Condition.MISSING)
    rig.plug()
    await until(lambda: rig.tap.health.condition is Condition.OK)
    rig.hear(b"1")
    await until(lambda: rig.heard == ["open", "open", b"1"])
    assert [health.condition for health in rig.healths][-2:] == [Condition.MISSING, Condition.OK]


@pytest.fixture
def pty(tmp_path):
    rig = PtyRig(tmp_path)
    rig.plug()
    yield rig
    if rig.fds:
        rig.unplug()


def test_it_cannot_be_written_to(pty):
    port = TapPort(str(pty.link), 9600)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.write(port.fd, b"x")
    assert fcntl.fcntl(port.fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
    port.close()


def test_it_is_set_to_the_speed_eight_bits_no_parity_and_never_hangs_up(pty):
    port = TapPort(str(pty.link), 2400)
    attributes = termios.tcgetattr(port.fd)
    assert attributes[4] == attributes[5] == termios.B2400
    assert attributes[2] & termios.CSIZE == termios.CS8
    assert not attributes[2] & (termios.PARENB | termios.CSTOPB | termios.HUPCL)
    assert attributes[3] == 0, "no echo, no lines"
    port.close()


def test_it_is_ours_alone(pty):
    port = TapPort(str(pty.link), 9600)
    with pytest.raises(DeviceFailing, match="in use by another program"):
        TapPort(str(pty.link), 9600)
    port.close()
    TapPort(str(pty.link), 9600).close()


def test_what_is_no_serial_port_is_said(tmp_path):
    with pytest.raises(DeviceMissing):
        TapPort(str(tmp_path / "none"), 9600)
    (tmp_path / "file").touch()
    with pytest.raises(DeviceFailing, match="does not take these settings"):
        TapPort(str(tmp_path / "file"), 9600)


def test_the_factory_makes_it():
    assert isinstance(factory.tap("pole", "/dev/ttyUSB0", 9600), TapLine)
