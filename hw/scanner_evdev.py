"""[scanner] kind = "evdev": a scanner that types like a keyboard (USB HID), read from the kernel's input devices (`hw.input_reader`)."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from hw.decode import KeyDecoder, Outcome
from hw.gate import ScanGate
from hw.health import HealthNote
from hw.input_nodes import SCANNER, OpenNode, open_node
from hw.input_reader import InputReader, Source, taking
from hw.interfaces import Health, HealthListener, ScanListener
from hw.opener import PAUSE_S

_log = logging.getLogger(__name__)


class EvdevScanner:
    """A keyboard-wedge scanner, by `device` (a path, or a name in /dev/input/by-id) or by its USB numbers.

    It is grabbed, so that codes are not typed on the console too.
    """

    def __init__(
        self,
        device: str | None = None,
        vendor: int | None = None,
        product: int | None = None,
        *,
        input_dir: Path = Path("/dev/input"),
        opener: OpenNode = open_node,
        pause_s: float = PAUSE_S,
    ) -> None:
        take = taking(device, vendor, product, input_dir, opener, SCANNER)
        self._note = HealthNote("scanner")
        self._gate = ScanGate()
        self._reader = InputReader("scanner", take, KeyDecoder, self._note, self._opened, self._read, pause_s)
        self._unterminated = 0

    @property
    def health(self) -> Health:
        return self._note.health

    def open(self, listener: ScanListener, on_health: HealthListener) -> None:
        self._gate.open(listener)
        self._note.tell(on_health)
        self._reader.open()

    def arm(self) -> None:
        """What lies in the kernel's buffer counts no more, nor does what is still to come of a code that has begun."""
        self._reader.drain()
        for source in self._reader.sources:
            source.decoder.reset_until_break(time.monotonic())
        self._gate.arm()

    def disarm(self) -> None:
        self._gate.disarm()

    def close(self) -> None:
        self._gate.close()
        self._reader.close()

    def _opened(self) -> None:
        self._unterminated = 0

    def _read(self, source: Source[KeyDecoder], outcomes: list[Outcome]) -> None:
        unterminated = sum(one.decoder.unterminated for one in self._reader.sources)
        if unterminated > self._unterminated:
            _log.warning("scan_without_end device=%s hint='set the scanner to send Enter or Tab after each code'", source.node.path)
        self._unterminated = unterminated
        self._gate.deliver(outcomes)
