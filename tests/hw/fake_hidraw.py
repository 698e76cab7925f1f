"""Raw HID nodes: what sysfs tells of them in files, and each opening a socket that keeps reports apart as the kernel does."""

import errno
import fcntl
import os
import socket
import struct
import termios
from dataclasses import dataclass, field
from pathlib import Path

RING = 63  # drivers/hid/hidraw.c: HIDRAW_BUFFER_SIZE less the place that stays free; what comes after is dropped

# A scanner's descriptor as several makers have it: report 2 with count, symbology, 56 bytes, two of the maker's own, eight flags; then the
# trigger (an output), and what the maker sets it up with.
HID_POS = bytes.fromhex(
    "058c 0902 a101 0912 a102 8502 1500 26ff00 7508 9501 0501 093b 8102 9503 058c 09fb 09fc 09fd 8102 9538 09fe 820201"
    "0666ff 9502 0904 0900 8102 058c 2501 7501 9508 09ff 8102 c0"
    "0914 a102 8504 1500 2501 7501 9508 0900 095f 0960 0900 0900 0985 0986 9186 c0 c0"
)
KEYBOARD = bytes.fromhex("0501 0906 a101 0507 19e0 29e7 1500 2501 7501 9508 8102 9501 7508 8101 9506 7508 1500 2565 0507 1900 2965 8100 c0")
SETUP = bytes.fromhex("068cff 0902 a101 8502 7508 953f 0901 8102 c0")  # a maker's own page, which only looks alike

IDS = "0003:00000C2E:00000B61"  # bus (3 is USB), vendor, product


def report(data, *, more=False, number=2, length=None, symbology=b"]Q1"):
    """One report of 64 bytes, right unless told otherwise."""
    length = len(data) if length is None else length
    return bytes([number, length]) + symbology + data[:56].ljust(56, b"\0") + b"s\0" + bytes([more])


def reports(text):
    """A whole code, in as many parts as it needs."""
    data = text.encode()
    parts = [data[at : at + 56] for at in range(0, len(data), 56)] or [b""]
    return [report(part, more=number < len(parts)) for number, part in enumerate(parts, 1)]


class Opening:
    """What one opening of a node gives."""

    def __init__(self):
        reader, self._writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        reader.setblocking(False)
        self.fd = reader.detach()
        self._inode = os.fstat(self.fd).st_ino
        self._unread = 0

    @property
    def is_open(self):
        """Whether whoever opened it has not closed it: the number may belong to something else by now."""
        try:
            return os.fstat(self.fd).st_ino == self._inode
        except OSError:
            return False

    def send(self, data):
        waiting = struct.unpack("i", fcntl.ioctl(self._writer, termios.TIOCOUTQ, bytes(4)))[0]
        self._unread = self._unread + 1 if waiting else 1
        if self._unread <= RING:
            self._writer.send(data)

    def pull(self):
        self._writer.close()


@dataclass
class FakeHid:
    path: Path
    forbidden: bool = False
    openings: list = field(default_factory=list)

    @property
    def open_files(self):
        return [opening for opening in self.openings if opening.is_open]

    def send(self, *sent):
        for opening in self.open_files:
            for data in sent:
                opening.send(data)


class FakeHidraw:
    """`sysfs` and `dev` as the kernel fills them, and what opens the nodes there."""

    def __init__(self, directory):
        self.sysfs, self.dev = directory / "class" / "hidraw", directory / "dev"
        self.sysfs.mkdir(parents=True)
        self.dev.mkdir()
        self.devices = {}

    def plug(self, number, descriptor=HID_POS, *, ids=IDS, name="Maker Scanner", phys="usb-1/input1", uniq="", forbidden=False):
        about_dir = self.sysfs / f"hidraw{number}" / "device"
        about_dir.mkdir(parents=True)
        (about_dir / "uevent").write_text(f"DRIVER=hid-generic\nHID_ID={ids}\nHID_NAME={name}\nHID_PHYS={phys}\nHID_UNIQ={uniq}\n")
        (about_dir / "report_descriptor").write_bytes(descriptor)
        path = self.dev / f"hidraw{number}"
        path.touch()
        self.devices[path] = FakeHid(path, forbidden)
        return self.devices[path]

    def unplug(self, device):
        about_dir = self.sysfs / device.path.name / "device"
        for file in about_dir.iterdir():
            file.unlink()
        about_dir.rmdir()
        about_dir.parent.rmdir()
        device.path.unlink()
        del self.devices[device.path]
        for opening in device.openings:
            opening.pull()

    def open(self, path):
        device = self.devices.get(Path(path).resolve())
        if device is None:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        if device.forbidden:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        if device.open_files:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")  # the lock of `open_hid` is held
        device.openings.append(Opening())
        return device.openings[-1].fd

    def close(self):
        for device in list(self.devices.values()):
            self.unplug(device)
