"""A HID report descriptor, read for one thing: in which input report a bar code scanner puts what it has read, and where in it.

The usages are those of the USB HID Point of Sale Usage Tables 1.02, page 0x8C, and the item format that of the HID 1.11 specification,
6.2.2. Scanners of several makers describe the same report, number 2 of 64 bytes: a count, three bytes of the AIM symbology identifier,
56 bytes of data, two of the maker's own, and one whose lowest bit says that more follows. What a descriptor says is believed, so
other numbers and places serve as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

PAGE = 0x8C  # Bar Code Scanner

_BYTE_COUNT = 0x01_003B  # of the Generic Desktop page; usages here are page << 16 | usage
_DECODED_DATA = PAGE << 16 | 0xFE
_CONTINUED = PAGE << 16 | 0xFF

_LONGEST = 4096  # bytes of a descriptor: HID_MAX_DESCRIPTOR_SIZE in <linux/hid.h>
_MOST_USAGES = 256  # by ranges, which could else name four thousand million
_APPLICATION = 1  # of a collection: what the whole of it is for
_HIGHEST = 255  # number of a report: it is one byte
_CONSTANT = 0x01  # of an Input item: padding

# Prefixes of short items without their two bits of size.
_INPUT, _COLLECTION = 0x80, 0xA0
_USAGE_PAGE, _REPORT_SIZE, _REPORT_ID, _REPORT_COUNT, _PUSH, _POP = 0x04, 0x74, 0x84, 0x94, 0xA4, 0xB4
_USAGE, _USAGE_MINIMUM, _USAGE_MAXIMUM = 0x08, 0x18, 0x28
_LONG_ITEM = 0xFE
_MAIN, _TYPE = 0x00, 0x0C  # the two bits that say main, global or local


@dataclass(frozen=True, slots=True)
class Part:
    """What one report brings of a code: the bytes, which are a secret, and whether another report goes on with it."""

    data: bytes = field(repr=False)
    more: bool


@dataclass(frozen=True, slots=True)
class ScanReport:
    """The report in which codes come. Places are counted in bytes from its first one, which is the number where reports have one."""

    number: int  # 0: this device's reports have no number
    size: int  # with the number
    count_at: int
    data_at: int
    data_size: int
    more_at: int
    more_bit: int
    others: frozenset[int] = frozenset()  # numbers of the device's other input reports

    def is_other(self, report: bytes) -> bool:
        """Whether it is one of the device's reports about something else (its state, its settings)."""
        return bool(report) and report[0] in self.others

    def read(self, report: bytes) -> Part | None:
        """The part of a code in it; None for what is no such report: another number, too short, a count of more than fits.

        It may be longer than described: scanners fill it up to the size of a USB packet, and the kernel leaves that to us.
        """
        if len(report) < self.size or (self.number and report[0] != self.number) or report[self.count_at] > self.data_size:
            return None
        data = report[self.data_at : self.data_at + report[self.count_at]]
        return Part(data, bool(report[self.more_at] >> self.more_bit & 1))


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a descriptor says about scanning. `is_scanner`: it calls itself a bar code scanner; `report` is None where no report of
    it has a count of bytes, decoded data in whole bytes, and the bit that says that more follows."""

    is_scanner: bool
    report: ScanReport | None


def read_descriptor(raw: bytes) -> Descriptor:
    """Any bytes: what is torn or makes no sense describes no scanner."""
    reading = _Reading()
    for prefix, value, size in _items(raw[:_LONGEST]):
        reading.take(prefix, value, size)
    return Descriptor(reading.is_scanner, reading.scan_report())


def _items(raw: bytes) -> Iterator[tuple[int, int, int]]:
    """Short items as prefix without size, value, and size in bytes; long ones, which nobody has defined, are passed over."""
    at = 0
    while at < len(raw):
        if raw[at] == _LONG_ITEM:
            at += 3 + (raw[at + 1] if at + 1 < len(raw) else 0)
            continue
        size = (0, 1, 2, 4)[raw[at] & 3]
        data = raw[at + 1 : at + 1 + size]
        if len(data) < size:
            return
        yield raw[at] & ~3, int.from_bytes(data, "little"), size
        at += 1 + size


@dataclass(frozen=True, slots=True)
class _Globals:
    """What stays from one item to the next until it is said anew."""

    page: int = 0
    size: int = 0  # bits of one field
    count: int = 0
    number: int = 0


@dataclass(slots=True)
class _Fields:
    """One input report: its bits so far, and of each usage where it begins, how many bits its fields have, and how many there are."""

    bits: int = 0
    places: dict[int, tuple[int, int, int]] = field(default_factory=dict)


class _Reading:
    def __init__(self) -> None:
        self.is_scanner = False
        self._now = _Globals()
        self._pushed: list[_Globals] = []
        self._usages: list[int] = []
        self._minimum = 0
        self._reports: dict[int, _Fields] = {}

    def take(self, prefix: int, value: int, size: int) -> None:
        if prefix & _TYPE == _MAIN:
            self._main(prefix, value)
        elif prefix in (_USAGE, _USAGE_MINIMUM, _USAGE_MAXIMUM):
            self._local(prefix, value if size == 4 else self._now.page << 16 | value)
        elif prefix == _PUSH:
            self._pushed.append(self._now)
        elif prefix == _POP:
            self._now = self._pushed.pop() if self._pushed else self._now
        else:
            self._global(prefix, value)

    def _global(self, prefix: int, value: int) -> None:
        names = {_USAGE_PAGE: "page", _REPORT_SIZE: "size", _REPORT_ID: "number", _REPORT_COUNT: "count"}
        if prefix in names:
            self._now = replace(self._now, **{names[prefix]: value})

    def _local(self, prefix: int, usage: int) -> None:
        if prefix == _USAGE:
            self._usages.append(usage)
        elif prefix == _USAGE_MINIMUM:
            self._minimum = usage
        elif usage - self._minimum < _MOST_USAGES - len(self._usages):
            self._usages += range(self._minimum, usage + 1)

    def _main(self, prefix: int, value: int) -> None:
        if prefix == _INPUT:
            self._input(is_padding=bool(value & _CONSTANT))
        elif prefix == _COLLECTION and value == _APPLICATION and self._usages and self._usages[-1] >> 16 == PAGE:
            self.is_scanner = True
        self._usages = []
        self._minimum = 0

    def _input(self, *, is_padding: bool) -> None:
        """Its fields take the usages in turn; the last usage serves all that are left."""
        now = self._now
        report = self._reports.setdefault(now.number, _Fields(8 if now.number else 0))
        usages = [] if is_padding else self._usages[: now.count]
        for index, usage in enumerate(usages):
            count = now.count - index if index == len(usages) - 1 else 1
            report.places.setdefault(usage, (report.bits + index * now.size, now.size, count))
        report.bits += now.size * now.count

    def scan_report(self) -> ScanReport | None:
        found = (self._as_scan_report(number, report) for number, report in self._reports.items() if number <= _HIGHEST)
        return next((report for report in found if report is not None), None)

    def _as_scan_report(self, number: int, report: _Fields) -> ScanReport | None:
        count_at, count_bits, _ = report.places.get(_BYTE_COUNT, (1, 0, 0))
        data_at, data_bits, data_size = report.places.get(_DECODED_DATA, (1, 0, 0))
        more_at, more_bits, _ = report.places.get(_CONTINUED, (0, 0, 0))
        if count_at % 8 or data_at % 8 or count_bits != 8 or data_bits != 8 or not more_bits or report.bits > 8 * _LONGEST:
            return None
        others = frozenset(self._reports) - {number}
        return ScanReport(number, -(-report.bits // 8), count_at // 8, data_at // 8, data_size, more_at // 8, more_at % 8, others)
