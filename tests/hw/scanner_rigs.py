"""Every scanner, with a hand that plugs it in, scans with it and pulls it out: what the contract's stories are told with."""

import os
import tty

import pytest
from fake_hidraw import FakeHidraw, report, reports
from fake_input import FakeInput
from waiting import until

from hw.interfaces import Condition, ScanFault
from hw.scanner_evdev import EvdevScanner
from hw.scanner_hidpos import HidPosScanner
from hw.scanner_serial import SerialScanner
from hw.scanners import Scanners
from hw.simulated import SimulatedScanner

PAUSE_S = 0.005


class Ear:
    """A listener that keeps what it hears, and does what a story wants done on hearing it."""

    def __init__(self):
        self.scans = []
        self.faults = []
        self.on_scan = lambda: None

    def scanned(self, scan):
        self.scans.append(scan)
        self.on_scan()

    def scan_failed(self, fault):
        self.faults.append(fault)

    @property
    def texts(self):
        return [scan.text for scan in self.scans]


async def is_ok(scanner):
    await until(lambda: scanner.health.condition is Condition.OK)


async def is_not(scanner, words):
    """Wait until it says those words about itself; how it is then."""
    await until(lambda: words in scanner.health.detail)
    return scanner.health.condition


class Rig:
    """`scanner` and what can be done to it; `ear` and `healths` are what it told."""

    whole_codes_only = False

    def __init__(self):
        self.ear = Ear()
        self.healths = []

    def open(self):
        self.scanner.open(self.ear, self.healths.append)

    @property
    def is_ok(self):
        return self.scanner.health.condition is Condition.OK

    @property
    def is_missing(self):
        return self.scanner.health.condition is Condition.MISSING

    def finish(self):
        """Nothing may be left open."""


class SimulatedRig(Rig):
    whole_codes_only = True

    def __init__(self, _tmp_path):
        super().__init__()
        self.scanner = SimulatedScanner()
        self.scanner.unplug()

    def plug(self):
        self.scanner.plug()

    def unplug(self):
        self.scanner.unplug()

    def scan(self, *texts):
        for text in texts:
            self.scanner.scan(text)

    def half(self, _text):
        pytest.skip("a simulated code is always whole")

    def garble(self):
        self.scanner.fault(ScanFault.NOISE)


class EvdevRig(Rig):
    def __init__(self, tmp_path):
        super().__init__()
        self.input = FakeInput(tmp_path)
        self.device = None
        self.scanner = EvdevScanner(vendor=0x1EAB, product=0x0022, input_dir=tmp_path, opener=self.input.open, pause_s=PAUSE_S)

    def plug(self):
        self.device = self.input.plug(3)

    def unplug(self):
        self.input.unplug(self.device)

    def scan(self, *texts):
        for text in texts:
            self.device.type(text)

    def half(self, text):
        self.device.type(text, end=None)

    def garble(self):
        self.device.press(29, 30)
        self.device.type("")

    def finish(self):
        assert self.device is None or self.device.open_nodes == []


class SerialRig(Rig):
    def __init__(self, tmp_path, **more):
        super().__init__()
        self.link = tmp_path / "usb-scanner"
        self.master = None
        self.scanner = SerialScanner(str(self.link), pause_s=PAUSE_S, **more)

    def plug(self):
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.link.symlink_to(os.ttyname(slave))
        self.slave = slave

    def unplug(self):
        self.link.unlink()
        os.close(self.slave)
        os.close(self.master)
        self.master = None

    def write(self, data):
        os.write(self.master, data)

    def scan(self, *texts):
        self.write(b"".join(text.encode() + b"\r\n" for text in texts))

    def half(self, text):
        self.write(text.encode())

    def garble(self):
        self.write(b"\xff\xfe")

    def finish(self):
        if self.master is not None:
            self.unplug()


class HidPosRig(Rig):
    def __init__(self, tmp_path):
        super().__init__()
        self.hidraw = FakeHidraw(tmp_path)
        self.device = None
        hidraw = self.hidraw
        self.scanner = HidPosScanner(vendor=0x0C2E, product=0x0B61, sysfs=hidraw.sysfs, dev=hidraw.dev, opener=hidraw.open, pause_s=PAUSE_S)

    def plug(self):
        self.device = self.hidraw.plug(3)

    def unplug(self):
        self.hidraw.unplug(self.device)

    def scan(self, *texts):
        for text in texts:
            self.device.send(*reports(text))

    def half(self, text):
        self.device.send(report(text.encode(), more=True))

    def garble(self):
        self.device.send(report(b"13\xff0017"))

    def finish(self):
        assert self.device is None or self.device.open_files == []
        self.hidraw.close()


class TwoRig(Rig):
    """Two scanners as one, plugged in and pulled out together, of which the second one reads."""

    def __init__(self, tmp_path):
        super().__init__()
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
        self.rigs = [EvdevRig(tmp_path / "first"), HidPosRig(tmp_path / "second")]
        self.scanner = Scanners([rig.scanner for rig in self.rigs])
        second = self.rigs[1]
        self.scan, self.half, self.garble = second.scan, second.half, second.garble

    @property
    def is_ok(self):
        return all(rig.is_ok for rig in self.rigs)

    def plug(self):
        for rig in self.rigs:
            rig.plug()

    def unplug(self):
        for rig in self.rigs:
            rig.unplug()

    def finish(self):
        for rig in self.rigs:
            rig.finish()


RIGS = {"simulated": SimulatedRig, "evdev": EvdevRig, "serial": SerialRig, "hidpos": HidPosRig, "two": TwoRig}
