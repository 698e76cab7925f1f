"""The kernel's input devices (/dev/input/event…): which of them are scanners or number pads, and how to take them.

A scanner in keyboard mode often shows several nodes: one that types, and others for volume or power keys. Only those with all
ten digits and Enter are read, and none that moves a pointer. A number pad may have its digits on the keypad alone.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hw import keys
from hw.errors import DeviceFailing, DeviceMissing, device_error

BY_ID = Path("/dev/input/by-id")
GROUP = "input"

_EVIOCSCLOCKID = 0x400445A0  # <linux/input.h>: which clock stamps the events of this opening


class Ids(Protocol):
    """The USB numbers, as python-evdev's `InputDevice.info` holds them."""

    @property
    def vendor(self) -> int: ...
    @property
    def product(self) -> int: ...


class Event(Protocol):
    """One kernel event, as python-evdev reads it."""

    @property
    def sec(self) -> int: ...
    @property
    def usec(self) -> int: ...
    @property
    def type(self) -> int: ...
    @property
    def code(self) -> int: ...
    @property
    def value(self) -> int: ...


class InputNode(Protocol):
    """What is used of python-evdev's InputDevice: only what 1.6.1 and 2.0 have in common."""

    path: str
    fd: int
    name: str
    phys: str

    @property
    def info(self) -> Ids: ...
    def capabilities(self) -> dict[int, list[Any]]: ...
    def grab(self) -> None: ...
    def read(self) -> Iterator[Event]: ...
    def active_keys(self) -> list[int]: ...
    def leds(self) -> list[int]: ...
    def close(self) -> None: ...


OpenNode = Callable[[str], InputNode]


def open_node(path: str) -> InputNode:
    """Open with python-evdev, imported here so that a box without such a scanner does without it.

    Read-only where the library can (2.0): opening for writing makes some devices set their lights anew.
    """
    import evdev

    make: Any = evdev.InputDevice
    node: InputNode = make(path, readonly=True) if "readonly" in make.__init__.__code__.co_varnames else make(path)
    return node


@dataclass(frozen=True, slots=True)
class Fits:
    """Which nodes are of use as `what`: those with all keys of one of the sets, that neither move nor point."""

    what: str
    keys: tuple[frozenset[int], ...]

    def __call__(self, node: InputNode) -> bool:
        capabilities = node.capabilities()
        typed = set(capabilities.get(keys.EV_KEY, ()))
        return any(typed >= wanted for wanted in self.keys) and not {keys.EV_REL, keys.EV_ABS} & capabilities.keys()


SCANNER = Fits("scanner", (keys.DIGITS | {keys.KEY_ENTER},))
NUMBER_PAD = Fits("number pad", (keys.KEYPAD_DIGITS | {keys.KEY_KPENTER}, keys.DIGITS | {keys.KEY_ENTER}))


def unit_of(node: InputNode) -> str:
    """The same for all nodes of one plugged-in device: where it is plugged in ("usb-0000:01:00.0-1.2/input0" less its last part)."""
    return node.phys.rsplit("/", 1)[0] or node.path


def event_paths(input_dir: Path) -> list[str]:
    """All input devices, in the order of their numbers."""
    return sorted((str(path) for path in input_dir.glob("event*")), key=lambda path: (len(path), path))


def path_of(device: str, by_id: Path = BY_ID) -> str:
    """A path as it stands; a bare name is one of those in /dev/input/by-id."""
    return device if "/" in device else str(by_id / device)


def take_path(path: str, opener: OpenNode, fits: Fits = SCANNER) -> list[InputNode]:
    """Open and grab the one device at `path`. Raises DeviceError."""
    try:
        node = opener(path)
    except ImportError as exc:
        raise DeviceFailing("python-evdev is not installed (package python3-evdev)") from exc
    except OSError as exc:
        raise device_error(exc, path, GROUP) from exc
    if not _safely_fits(node, fits):
        node.close()
        raise DeviceFailing(f"{path} ({node.name}) is no {fits.what}: it has no digits and Enter; `tillbox devices` lists those that are")
    return _grabbed([node])


def take_ids(vendor: int | None, product: int | None, input_dir: Path, opener: OpenNode, fits: Fits = SCANNER) -> list[InputNode]:
    """Open and grab all typing nodes of the one device with these USB numbers. Raises DeviceError."""
    wanted = f"USB {vendor or 0:04x}:{product or 0:04x}"
    nodes, forbidden = _matching(vendor, product, input_dir, opener, fits)
    if not nodes and forbidden:
        raise device_error(PermissionError(errno.EACCES, "no access"), forbidden, GROUP)
    if not nodes:
        raise DeviceMissing(f"no {fits.what} {wanted} is plugged in")
    if len({unit_of(node) for node in nodes}) > 1:
        _close(nodes)
        names = ", ".join(node.path for node in nodes)
        raise DeviceFailing(f"more than one {fits.what} {wanted} is plugged in: name one of {names} as `device`, or several")
    return _grabbed(nodes)


def _matching(vendor: int | None, product: int | None, input_dir: Path, opener: OpenNode, fits: Fits) -> tuple[list[InputNode], str]:
    """The open nodes that match, and one path that could not be opened for want of permission ("" if none)."""
    found: list[InputNode] = []
    forbidden = ""
    for path in event_paths(input_dir):
        try:
            node = opener(path)
        except ImportError as exc:
            raise DeviceFailing("python-evdev is not installed (package python3-evdev)") from exc
        except OSError as exc:  # another device that just went, or that is none of ours
            forbidden = path if exc.errno in {errno.EACCES, errno.EPERM} else forbidden
            continue
        is_it = vendor in {None, node.info.vendor} and product in {None, node.info.product}
        if is_it and _safely_fits(node, fits):
            found.append(node)
        else:
            node.close()
    return found, forbidden


def _safely_fits(node: InputNode, fits: Fits) -> bool:
    with contextlib.suppress(OSError):
        return fits(node)
    return False


def _grabbed(nodes: list[InputNode]) -> list[InputNode]:
    """Take them for ourselves, else every code is typed on the console as well."""
    for node in nodes:
        try:
            node.grab()
        except OSError as exc:
            _close(nodes)
            raise device_error(exc, node.path, GROUP) from exc
    return nodes


def _close(nodes: Iterable[InputNode]) -> None:
    for node in nodes:
        with contextlib.suppress(OSError):
            node.close()


def close_nodes(nodes: Iterable[InputNode]) -> None:
    """Close them all; the grab ends with it."""
    _close(nodes)


def held_keys(node: InputNode) -> tuple[list[int], bool]:
    """The keys that are down now, and whether the CapsLock light is on; nothing, where the device cannot say."""
    try:
        return node.active_keys(), keys.LED_CAPSL in node.leds()
    except (OSError, SystemError):  # python-evdev's C code fails without naming an error: CPython then raises SystemError
        return [], False


def stamps_monotonic(node: InputNode) -> bool:
    """Ask the kernel to stamp this opening's events by time.monotonic()'s clock instead of the wall clock; whether it does."""
    try:
        fcntl.ioctl(node.fd, _EVIOCSCLOCKID, struct.pack("i", time.CLOCK_MONOTONIC))
    except OSError:
        return False
    return True
