"""[scanner] kind = "hidpos": a USB scanner in HID-POS mode (USB HID, usage page 0x8C), read from the kernel's raw HID nodes.

It types nothing: no keyboard layout, no Shift, no control keys that a printed code could press. Nothing is ever sent to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from hw.decode import GAP_S, Outcome
from hw.decode_hidpos import HidPosDecoder
from hw.gate import ScanGate
from hw.health import HealthNote
from hw.hid_nodes import CLASS, DEV, HidFile, OpenHid, open_hid, take_device, take_ids
from hw.interfaces import Health, HealthListener, ScanListener
from hw.opener import PAUSE_S
from hw.reader import Reader

RING = 63  # reports that the kernel keeps for a reader (HIDRAW_BUFFER_SIZE is 64, one place stays free); it drops what comes after


def _taking(
    device: str | None, vendor: int | None, product: int | None, sysfs: Path, dev: Path, opener: OpenHid
) -> tuple[str, Callable[[], HidFile]]:
    """What the scanner is called, and how it is opened."""
    if device is not None:
        return device, lambda: take_device(device, sysfs, dev, opener)
    if vendor is None and product is None:
        raise ValueError("a hidpos scanner needs `device`, or `vendor` and `product`")
    return f"USB {vendor or 0:04x}:{product or 0:04x}", lambda: take_ids(vendor, product, sysfs, dev, opener)


class HidPosScanner:
    """A scanner in HID-POS mode, by `device` (a path, its serial number, or the socket it is plugged into) or by its USB numbers.

    While it is away it is looked for every `pause_s`; a silence of `gap_s` ends what was read before it. `sysfs` and `dev` are where
    the kernel tells of nodes, and where they are.
    """

    def __init__(
        self,
        device: str | None = None,
        vendor: int | None = None,
        product: int | None = None,
        *,
        sysfs: Path = CLASS,
        dev: Path = DEV,
        opener: OpenHid = open_hid,
        pause_s: float = PAUSE_S,
        gap_s: float = GAP_S,
    ) -> None:
        name, take = _taking(device, vendor, product, sysfs, dev, opener)
        self._note = HealthNote("scanner")
        self._gate = ScanGate()
        self._gap_s = gap_s
        self._decoder: HidPosDecoder | None = None
        self._reader: Reader[HidFile] = Reader(name, take, self._note, self._begin, self._received, pause_s)

    @property
    def health(self) -> Health:
        return self._note.health

    def open(self, listener: ScanListener, on_health: HealthListener) -> None:
        self._gate.open(listener)
        self._note.tell(on_health)
        self._reader.open()

    def arm(self) -> None:
        """Nothing that lies in the kernel's ring counts, nor the rest of a code whose beginning lies there."""
        now = time.monotonic()
        self._decode(self._reader.drain(), now)
        if self._decoder is not None:
            self._decoder.reset_until_break(now)
        self._gate.arm()

    def disarm(self) -> None:
        self._gate.disarm()

    def close(self) -> None:
        self._gate.close()
        self._reader.close()

    def _begin(self, file: HidFile) -> None:
        self._decoder = HidPosDecoder(file.report, self._gap_s)

    def _received(self, report: bytes) -> None:
        self._gate.deliver(self._decode([report, *self._reader.drain()], time.monotonic()))

    def _decode(self, reports: list[bytes], now: float) -> list[Outcome]:
        """All reports that had come; where the ring was full, others were lost behind them."""
        decoder = self._decoder
        if decoder is None:
            return []
        outcomes = [decoder.feed(report, now) for report in reports]
        if len(reports) >= RING:
            outcomes.append(decoder.overrun(now))
        return [outcome for outcome in outcomes if outcome is not None]
