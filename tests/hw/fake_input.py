"""Input devices on pipes: python-evdev's own reading code, behind which a test presses the keys and pulls the plug."""

import errno
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from evdev.eventio import EventIO

from hw import keys

KEYBOARD = {keys.EV_KEY: [*range(2, 12), keys.KEY_ENTER, *keys.SHIFT], keys.EV_SYN: [0]}
TYPES = {char: (key, shift) for key, pair in keys.US.items() for shift, char in enumerate(pair)}


@dataclass
class Ids:
    vendor: int = 0x1EAB
    product: int = 0x0022


class FakeNode(EventIO):
    """What one opening of a device gives: refuses what the kernel refuses."""

    def __init__(self, device):
        self.device = device
        self.path, self.name, self.phys, self.info = device.path, device.name, device.phys, device.ids
        self.fd, self._write_end = os.pipe2(os.O_NONBLOCK)
        self.grabbed = False

    def capabilities(self):
        return self.device.capabilities

    def grab(self):
        if self.device.holder is not None:
            raise OSError(errno.EBUSY, "Device or resource busy")
        self.device.holder = self
        self.grabbed = True

    def read(self):
        if self.device.gone:
            raise OSError(errno.ENODEV, "No such device")
        return super().read()

    def active_keys(self):
        self.device.asked_held += 1
        return self.device.held

    def leds(self):
        if self.device.leds is None:
            raise SystemError("returned NULL without setting an exception")
        return self.device.leds

    def events(self, *events):
        for kind, code, value in events:
            at = self.device.stamp()
            os.write(self._write_end, struct.pack("llHHi", int(at), int(at % 1 * 1e6), kind, code, value))

    def pull(self):
        """The kernel wakes the reader of a device that went."""
        os.close(self._write_end)
        self._write_end = -1

    def close(self):
        if self.fd < 0:
            return
        if self.device.holder is self:
            self.device.holder = None
        os.close(self.fd)
        if self._write_end >= 0:
            os.close(self._write_end)
        self.fd = -1


@dataclass
class FakeDevice:
    path: str
    name: str = "Fake Scanner"
    phys: str = "usb-1/input0"
    ids: Ids = field(default_factory=Ids)
    capabilities: dict = field(default_factory=lambda: KEYBOARD)
    held: list = field(default_factory=list)
    leds: list | None = field(default_factory=list)
    forbidden: bool = False
    gone: bool = False
    holder: object = None
    asked_held: int = 0
    stamp: Callable[[], float] = time.time  # as the kernel's: by the wall clock, unless told otherwise
    nodes: list = field(default_factory=list)

    def type(self, text, end=keys.KEY_ENTER):
        """Press the keys of a text, and the one that ends it, on whoever has the device open."""
        for char in text:
            key, shift = TYPES[char]
            self.press(*([42] if shift else []), key)
        if end is not None:
            self.press(end)

    def press(self, *pressed):
        """Press keys together and let them go."""
        report = (keys.EV_SYN, keys.SYN_REPORT, 0)
        for key in pressed:
            self.events((keys.EV_KEY, key, keys.DOWN), report)
        for key in reversed(pressed):
            self.events((keys.EV_KEY, key, keys.UP), report)

    def events(self, *events):
        for node in self.nodes:
            if node.fd >= 0:
                node.events(*events)

    def unplug(self):
        self.gone = True
        for node in self.nodes:
            if node.fd >= 0:
                node.pull()
        self.nodes.clear()

    @property
    def open_nodes(self):
        return [node for node in self.nodes if node.fd >= 0]


class FakeInput:
    """A directory of devices, and what opens them."""

    def __init__(self, directory):
        self.directory = directory
        self.devices = {}

    def plug(self, number, **about):
        path = self.directory / f"event{number}"
        path.touch()
        self.devices[str(path)] = device = FakeDevice(str(path), **about)
        return device

    def unplug(self, device):
        (self.directory / device.path).unlink(missing_ok=True)
        self.devices.pop(device.path, None)
        device.unplug()

    def open(self, path):
        device = self.devices.get(os.path.realpath(path))
        if device is None:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        if device.forbidden:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        node = FakeNode(device)
        device.nodes.append(node)
        return node
