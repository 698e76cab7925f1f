"""[scanner] kind = "serial": a scanner on a serial line (UART, RS-232, or USB as a serial port), 8N1.

Nothing is ever sent to it: it is left in the mode its maker or the installer set.
"""

from __future__ import annotations

import logging
import time

from hw.decode import GAP_S, LineDecoder
from hw.gate import ScanGate
from hw.health import HealthNote
from hw.interfaces import Health, HealthListener, ScanListener
from hw.line import Line
from hw.opener import PAUSE_S

_log = logging.getLogger(__name__)


class SerialScanner:
    """A scanner on the serial port at `port`. A silence of `gap_s` ends what was read before it."""

    def __init__(self, port: str, baudrate: int = 9600, *, pause_s: float = PAUSE_S, gap_s: float = GAP_S) -> None:
        self._port = port
        self._note = HealthNote("scanner")
        self._gate = ScanGate()
        self._gap_s = gap_s
        self._decoder = LineDecoder(gap_s)
        self._line = Line(port, baudrate, self._note, self._begin, self._received, pause_s)

    @property
    def health(self) -> Health:
        return self._note.health

    def open(self, listener: ScanListener, on_health: HealthListener) -> None:
        self._gate.open(listener)
        self._note.tell(on_health)
        self._line.open()

    def arm(self) -> None:
        now = time.monotonic()
        for piece in self._line.drain():
            self._decoder.feed(piece, now)
        self._decoder.reset_until_break(now)
        self._gate.arm()

    def disarm(self) -> None:
        self._gate.disarm()

    def close(self) -> None:
        self._gate.close()
        self._line.close()

    def _begin(self) -> None:
        self._decoder = LineDecoder(self._gap_s)

    def _received(self, data: bytes) -> None:
        unterminated = self._decoder.unterminated
        outcomes = self._decoder.feed(data, time.monotonic())
        if self._decoder.unterminated > unterminated:
            _log.warning("scan_without_end port=%s hint='set the scanner to send CR or LF after each code'", self._port)
        self._gate.deliver(outcomes)
