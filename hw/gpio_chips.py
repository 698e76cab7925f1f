"""The kernel's GPIO chips (/dev/gpiochip…): which they are, and which of them drives a Pi's pin header."""

from __future__ import annotations

import fcntl
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_GPIO_GET_CHIPINFO = 0x8044B401  # <linux/gpio.h>: struct gpiochip_info, name[32] label[32] lines u32
_CHIP_INFO = struct.Struct("32s32sI")
_HEADER_CHIPS = ("pinctrl-bcm", "pinctrl-rp1")  # their labels; their numbers change with the kernel (hardware facts 5.1)


class ChipInfo(NamedTuple):
    """What a chip says of itself: the kernel's name, its driver's label, how many lines it has."""

    name: str
    label: str
    lines: int

    @property
    def is_header(self) -> bool:
        return self.label.startswith(_HEADER_CHIPS)


AskChip = Callable[[Path], ChipInfo]


def chip_paths(dev: Path) -> list[Path]:
    """All chips, in the order of their names."""
    return sorted(dev.glob("gpiochip*"))


def ask_chip(path: Path) -> ChipInfo:
    """Raises OSError where it is none, or may not be asked."""
    with path.open("rb") as chip:
        raw = fcntl.ioctl(chip, _GPIO_GET_CHIPINFO, bytes(_CHIP_INFO.size))
    name, label, lines = _CHIP_INFO.unpack(raw)
    return ChipInfo(_text(name), _text(label), lines)


def header_chip(dev: Path = Path("/dev"), ask: AskChip = ask_chip) -> Path:
    """The chip of the pin header, whose line numbers are the BCM numbers. Raises OSError: the last reason why none was found."""
    trouble: OSError = FileNotFoundError(2, "no GPIO chip of a Pi's pin header")
    for path in chip_paths(dev):
        try:
            if ask(path).is_header:
                return path
        except OSError as exc:
            trouble = exc
    raise trouble


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("ascii", "replace")
