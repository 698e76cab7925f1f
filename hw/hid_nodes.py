"""The kernel's raw HID nodes (/dev/hidraw…): which of them are scanners in HID-POS mode, and how to take one.

What a node is stands in sysfs, which anybody may read, so that nothing but the scanner is ever opened: not its keyboard, and not the
interface with which its maker sets it up.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hw.errors import DeviceFailing, DeviceMissing, device_error
from hw.hid_report import Descriptor, ScanReport, read_descriptor

GROUP = "input"

CLASS = Path("/sys/class/hidraw")
DEV = Path("/dev")

_ACCESS = f"{GROUP}, to which the package's udev rule gives it"  # without a rule only root may open such a node
_LONGEST = 4096  # bytes of either file in sysfs

OpenHid = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class HidNode:
    """One node, as its `uevent` tells: `phys` is the socket it is plugged into ("usb-0000:01:00.0-1.2/input1"), `uniq` its serial
    number, "" where it has none."""

    path: str
    vendor: int
    product: int
    name: str
    phys: str
    uniq: str
    descriptor: Descriptor

    @property
    def ids(self) -> str:
        return f"{self.vendor:04x}:{self.product:04x}"


class HidFile:
    """One opened scanner, and how its reports are laid out."""

    def __init__(self, path: str, fd: int, report: ScanReport) -> None:
        self.path = path
        self.fd = fd
        self.report = report

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self.fd)


def open_hid(path: str) -> int:
    """Open a node to read it without waiting. Raises OSError.

    The kernel gives every reader a copy of each report; the lock keeps a second one of ours from reading each code once more.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise
    return fd


def hid_nodes(sysfs: Path = CLASS, dev: Path = DEV) -> list[HidNode]:
    """All nodes that sysfs tells of, in the order of their numbers."""
    names = sorted((path.name for path in sysfs.glob("hidraw*")), key=lambda name: (len(name), name))
    return [node for name in names if (node := hid_node(name, str(dev / name), sysfs)) is not None]


def hid_node(number: str, path: str, sysfs: Path = CLASS) -> HidNode | None:
    """What sysfs tells of the node `number` ("hidraw0"), to be opened at `path`; None if it knows no such node, or it just went."""
    try:
        about = _read(sysfs / number / "device" / "uevent").decode("utf-8", "replace")
        raw = _read(sysfs / number / "device" / "report_descriptor")
    except OSError:
        return None
    told = dict(line.split("=", 1) for line in about.splitlines() if "=" in line)
    ids = re.fullmatch(r"[0-9A-F]+:([0-9A-F]{1,8}):([0-9A-F]{1,8})", told.get("HID_ID", ""), re.IGNORECASE)
    vendor, product = (int(ids[1], 16), int(ids[2], 16)) if ids else (0, 0)
    name, phys, uniq = (_printable(told.get(key, "")) for key in ("HID_NAME", "HID_PHYS", "HID_UNIQ"))
    return HidNode(path, vendor, product, name, phys, uniq, read_descriptor(raw))


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LONGEST)


def _printable(text: str) -> str:
    """A device gives its own names: any characters at all."""
    return "".join(char if char.isprintable() else "?" for char in text).strip()


def take_device(device: str, sysfs: Path, dev: Path, opener: OpenHid) -> HidFile:
    """Open the one scanner that a path names, or a serial number, or a socket. Raises DeviceError."""
    if device.startswith("/"):
        return _taken(_at_path(device, sysfs), device, opener)
    named = [node for node in hid_nodes(sysfs, dev) if device in (node.uniq, node.phys)]
    return _only(named, f"called {device!r}", opener)


def take_ids(vendor: int | None, product: int | None, sysfs: Path, dev: Path, opener: OpenHid) -> HidFile:
    """Open the one scanner with these USB numbers. Raises DeviceError."""
    fits = [n for n in hid_nodes(sysfs, dev) if vendor in {None, n.vendor} and product in {None, n.product}]
    return _only(fits, f"USB {vendor or 0:04x}:{product or 0:04x}", opener)


def _at_path(path: str, sysfs: Path) -> HidNode:
    """What a path, perhaps a link, leads to; looked up anew each time, as numbers move."""
    if not Path(path).exists():
        raise DeviceMissing(f"{path} is not there")
    node = hid_node(Path(path).resolve().name, path, sysfs)
    if node is None:
        raise DeviceFailing(f"{path} is no raw HID device (/dev/hidraw…); `tillbox devices` lists scanners in HID-POS mode")
    return node


def _only(nodes: list[HidNode], wanted: str, opener: OpenHid) -> HidFile:
    scanners = [node for node in nodes if node.descriptor.is_scanner]
    if not scanners and nodes:
        raise DeviceFailing(f"the device {wanted} is plugged in, but no scanner in HID-POS mode: set it so with its maker's setup code")
    if not scanners:
        raise DeviceMissing(f"no scanner in HID-POS mode {wanted} is plugged in")
    if len(scanners) > 1:
        names = ", ".join(node.phys or node.path for node in scanners)
        raise DeviceFailing(f"more than one scanner in HID-POS mode {wanted} is plugged in: name one of {names} as `device`, or several")
    return _taken(scanners[0], scanners[0].path, opener)


def _taken(node: HidNode, path: str, opener: OpenHid) -> HidFile:
    called = f"{path} ({node.name or node.ids})"
    if not node.descriptor.is_scanner:
        raise DeviceFailing(f"{called} is no scanner in HID-POS mode; `tillbox devices` lists those that are")
    if node.descriptor.report is None:
        raise DeviceFailing(f"{called} describes its reports in a way that is not understood: set it to another mode, such as serial")
    try:
        return HidFile(path, opener(path), node.descriptor.report)
    except OSError as exc:
        raise device_error(exc, path, _ACCESS) from exc
