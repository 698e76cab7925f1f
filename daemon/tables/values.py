"""What a value may be: readers that turn what TOML gave into what the program needs, or say what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Generic, TypeVar

from daemon.money import is_currency
from daemon.tables.findings import did_you_mean

T_co = TypeVar("T_co", covariant=True)

LONGEST_WAIT_S = 604_800.0
"""No wait is longer than seven days: by then every provider has forgotten how to undo an order."""

LARGEST_AMOUNT = 99_999_999_999  # minor units: eleven digits, what `total_fee` and its like hold everywhere


class Wrong(Exception):
    """The value cannot be used; the text completes the sentence that begins with its key."""


@dataclass(frozen=True, slots=True)
class Reader(Generic[T_co]):
    """Reads one kind of value. `read` raises Wrong; `expected` completes "expected …"."""

    expected: str
    read: Callable[[object], T_co]


def shown(value: object) -> str:
    """A value in a few words, on one line, for the person who wrote it."""
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:39] + "…")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < 10**20 else "a huge number"
    if isinstance(value, float):
        return repr(value)
    return _sort(value)


_SORTS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "a text"),
    (bool, "true or false"),
    ((int, float), "a number"),
    ((list, tuple), "an array"),
    (Mapping, "a table"),
    ((datetime, date, time), "a date or time"),
)


def _sort(value: object) -> str:
    return next((word for types, word in _SORTS if isinstance(value, types)), "something else")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Wrong(f"is {_sort(value)}")
    if not value.strip():
        raise Wrong("is empty")
    if not value.isprintable():
        raise Wrong("has characters that cannot be printed")
    return value


def text(longest: int = 128, what: str = "a text") -> Reader[str]:
    def read(value: object) -> str:
        string = _text(value)
        if len(string) > longest:
            raise Wrong(f"has {len(string)} characters")
        return string

    return Reader(f"{what} of at most {longest} characters", read)


def identifier(longest: int = 64) -> Reader[str]:
    """An id that somebody else gave out: printable ASCII without blanks, written as text or as a number."""

    def read(value: object) -> str:
        if type(value) is int and 0 <= value < 10**longest:
            return str(value)
        string = _text(value)
        if not re.fullmatch(rf"[!-~]{{1,{longest}}}", string):
            raise Wrong("is too long or has characters that an id cannot have")
        return string

    return Reader(f"an id of at most {longest} letters, digits and signs, as text or as a whole number", read)


def one_or_several(one: Reader[str], most: int = 4) -> Reader[tuple[str, ...]]:
    """A text, or an array of some that differ, each as `one` reads it; always several."""

    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            return (one.read(value),)
        if not 1 <= len(value) <= most:
            raise Wrong(f"is an array of {len(value)}")
        texts = tuple(one.read(part) for part in value)
        if len(set(texts)) < len(texts):
            raise Wrong("names the same one twice")
        return texts

    return Reader(f"{one.expected}; or an array of at most {most}", read)


def one_of(options: tuple[str, ...], later: tuple[str, ...] = ()) -> Reader[str]:
    """One of a few words. Those in `later` belong to the format but not to this version."""

    def read(value: object) -> str:
        if isinstance(value, str) and value in options:
            return value
        if isinstance(value, str) and value in later:
            raise Wrong(f"{value!r} is not available in this version")
        hint = did_you_mean(value, list(options)) if isinstance(value, str) else ""
        raise Wrong(f"is {shown(value)}{hint}")

    quoted = [f'"{option}"' for option in options]
    return Reader(quoted[0] if len(quoted) == 1 else f"one of {', '.join(quoted)}", read)


def whole(low: int, high: int, what: str = "a whole number") -> Reader[int]:
    def read(value: object) -> int:
        if type(value) is int and low <= value <= high:  # a bool is an int to isinstance
            return value
        raise Wrong(f"is {shown(value)}")

    return Reader(f"{what} from {low} to {high}", read)


def one_number_of(options: tuple[int, ...]) -> Reader[int]:
    def read(value: object) -> int:
        if type(value) is int and value in options:
            return value
        raise Wrong(f"is {shown(value)}")

    return Reader(f"one of {', '.join(map(str, options))}", read)


def _read_flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise Wrong(f"is {shown(value)}")


def _read_seconds(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= LONGEST_WAIT_S:  # nan is not
        return float(value)
    raise Wrong(f"is {shown(value)}")


def _read_currency(value: object) -> str:
    if isinstance(value, str) and is_currency(value):
        return value
    raise Wrong(f"is {shown(value)}")


def _read_usb_id(value: object) -> int:
    if type(value) is int and 0 <= value <= 0xFFFF:
        return value
    if isinstance(value, str) and re.fullmatch(r"(?:0x)?[0-9A-Fa-f]{4}", value):
        return int(value, 16)
    raise Wrong(f"is {shown(value)}")


def _read_device_path(value: object) -> str:
    string = _text(value)
    if not string.startswith("/"):
        raise Wrong(f"is {shown(string)}")
    return string


FLAG = Reader("true or false", _read_flag)
SECONDS = Reader("seconds, a number greater than 0 and not above 604800", _read_seconds)
CURRENCY = Reader("three capital letters (ISO 4217), such as CNY", _read_currency)
USB_ID = Reader("a USB id such as 0x0c2e", _read_usb_id)
DEVICE_PATH = Reader("a path such as /dev/ttyACM0", _read_device_path)
BCM_PIN = whole(0, 27, "a BCM number")
BAUDRATE = one_number_of((1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600))
