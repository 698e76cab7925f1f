"""A scanner for umockdev-run: files that make a program see a USB keyboard-wedge scanner, which types given codes with real timing.

    scanner = write_scanner(tmp_path, [Typed("130000000000000017", after_s=0.5)])
    subprocess.run([*scanner.command(), "python", "app.py"])

The program then finds `scanner.node` (/dev/input/event7) with python-evdev, can grab it, and reads the keys. The script runs from the
start of umockdev-run; what is typed before the program opens the device waits for it. A program that takes an unknown time to get
ready is best given the same code again and again: it takes the first one that it wants. Each file is what
`umockdev-record` would write: the device (sysfs), the ioctls that python-evdev asks (their sizes must match), and evemu events.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

VENDOR, PRODUCT = 0x1EAB, 0x0022
NAME = "Simulated Barcode Scanner"
PHYS = "usb-0000:01:00.0-1.2/input0"
NODE = "/dev/input/event7"

EV_SYN, EV_KEY, EV_MSC, EV_LED = 0, 1, 4, 17
SYN_DROPPED = 3
LEFT_SHIFT, ENTER, TAB = 42, 28, 15
KEY_S = 0.002  # between two reports: what scanners do

_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'", 'ASDFGHJKL:"'),
    (44, "zxcvbnm,./", "ZXCVBNM<>?"),
)
_KEYS = {char: (first + i, shift) for first, *rows in _ROWS for shift, row in enumerate(rows) for i, char in enumerate(row)}


@dataclass(frozen=True, slots=True)
class Typed:
    """A text that the scanner types `after_s` seconds after what came before, with the key that ends it (None: none)."""

    text: str
    after_s: float = 0.3
    end: int | None = ENTER


@dataclass(frozen=True, slots=True)
class Overrun:
    """The kernel says that its buffer ran over (SYN_DROPPED), and resumes after the next report."""

    after_s: float = KEY_S


@dataclass(frozen=True, slots=True)
class Recording:
    """The three files, and the command line that plays them."""

    device: Path
    ioctl: Path
    events: Path
    node: str = NODE

    def command(self) -> list[str]:
        """What to put before the program's own command line."""
        return ["umockdev-run", "-d", str(self.device), "-i", f"{self.node}={self.ioctl}", "-e", f"{self.node}={self.events}", "--"]


def is_installed() -> bool:
    return shutil.which("umockdev-run") is not None


def write_scanner(directory: Path, script: Iterable[Typed | Overrun]) -> Recording:
    """Write the files into `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    recording = Recording(directory / "scanner.umockdev", directory / "scanner.ioctl", directory / "scanner.events")
    recording.device.write_text(_device(), encoding="ascii")
    recording.ioctl.write_text(_ioctls(), encoding="ascii")
    recording.events.write_text(_evemu(script), encoding="ascii")
    return recording


def _device() -> str:
    return f"""P: /devices/platform/scanner/input/input7
E: NAME="{NAME}"
E: SUBSYSTEM=input

P: /devices/platform/scanner/input/input7/event7
N: input/event7
E: DEVNAME={NODE}
E: ID_INPUT=1
E: ID_INPUT_KEYBOARD=1
E: SUBSYSTEM=input
"""


def _bits(numbers: Iterable[int], size: int) -> str:
    return sum(1 << number for number in set(numbers)).to_bytes(size, "little").hex().upper()


def _string(text: str) -> tuple[int, str]:
    raw = text.encode("ascii") + b"\0"
    return len(raw), raw.ljust(256, b"\0").hex().upper()


def _ioctls() -> str:
    typed = [key for key, _shift in _KEYS.values()] + [ENTER, TAB, LEFT_SHIFT, 54, 58]
    (name_size, name), (phys_size, phys), (uniq_size, uniq) = _string(NAME), _string(PHYS), _string("")
    ids = struct.pack("<4H", 3, VENDOR, PRODUCT, 0x0111).hex().upper()
    types = {EV_SYN: (), EV_KEY: typed, EV_MSC: (4,), EV_LED: (0, 1, 2)}
    lines = [f"@DEV {NODE}", "EVIOCGVERSION 0 01000100", f"EVIOCGID 0 {ids}"]
    lines += [f"EVIOCGNAME {name_size} {name}", f"EVIOCGPHYS {phys_size} {phys}", f"EVIOCGUNIQ {uniq_size} {uniq}"]
    lines += [f"EVIOCGBIT(0) 4 {_bits(types, 4)}"]
    lines += [f"EVIOCGBIT({kind}) 96 {_bits(types.get(kind, ()), 96)}" for kind in range(1, 32)]
    lines += [f"EVIOCGKEY 96 {_bits((), 96)}", f"EVIOCGLED 2 {_bits((), 2)}", "EVIOCGEFFECTS 0 00000000"]
    return "\n".join(lines) + "\n"


def _evemu(script: Iterable[Typed | Overrun]) -> str:
    at = 0.0
    lines = ["E: 0.000000 0000 0000 0"]  # an empty report: umockdev counts time from the first event, whatever its stamp
    for step in script:
        at += step.after_s
        for delay, kind, code, value in _events(step):
            at += delay
            lines.append(f"E: {int(at)}.{int(at % 1 * 1e6):06d} {kind:04x} {code:04x} {value}")
    return "\n".join(lines) + "\n"


def _events(step: Typed | Overrun) -> Iterator[tuple[float, int, int, int]]:
    """(delay in seconds, type, code, value): every key with its scan code and report, as the kernel gives them."""
    if isinstance(step, Overrun):
        yield from [(0.0, EV_SYN, SYN_DROPPED, 0), (0.0, EV_SYN, 0, 0)]
        return
    for char in step.text:
        key, shift = _KEYS[char]
        if shift:
            yield from _report(LEFT_SHIFT, 1)
        yield from _report(key, 1)
        yield from _report(key, 0)
        if shift:
            yield from _report(LEFT_SHIFT, 0)
    if step.end is not None:
        yield from _report(step.end, 1)
        yield from _report(step.end, 0)


def _report(key: int, value: int) -> list[tuple[float, int, int, int]]:
    return [(KEY_S, EV_MSC, 4, 0x70000 + key), (0.0, EV_KEY, key, value), (0.0, EV_SYN, 0, 0)]
