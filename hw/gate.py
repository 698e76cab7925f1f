"""Between a scanner's decoder and whoever wants codes: passes them on while armed, and drops them otherwise."""

from __future__ import annotations

from collections.abc import Iterable

from hw.interfaces import Scan, ScanFault, ScanListener


class ScanGate:
    """Closed until armed. What was decoded before an arming never passes, even when the listener arms again in mid-delivery."""

    def __init__(self) -> None:
        self._listener: ScanListener | None = None
        self._armed = False
        self._arming = 0

    def open(self, listener: ScanListener) -> None:
        self._listener = listener

    def arm(self) -> None:
        self._armed = True
        self._arming += 1

    def disarm(self) -> None:
        self._armed = False

    def close(self) -> None:
        self._armed = False
        self._listener = None

    def deliver(self, outcomes: Iterable[Scan | ScanFault]) -> None:
        """Tell the listener, in order, for as long as the arming lasts under which they were read."""
        arming = self._arming
        for outcome in outcomes:
            if self._listener is None or not self._armed or arming != self._arming:
                return
            if isinstance(outcome, Scan):
                self._listener.scanned(outcome)
            else:
                self._listener.scan_failed(outcome)
