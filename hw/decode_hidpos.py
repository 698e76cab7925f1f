"""From the reports of a scanner in HID-POS mode to codes: pure, with time as an argument (`now`, seconds of a monotonic clock).

The rule of `hw.decode` holds here too: a part of a code never counts as a code. A report says whether another one goes on with it, so
the end of a code is known for certain; what is not certain is that nothing was lost before it.
"""

from __future__ import annotations

import math
from enum import IntEnum

from hw.decode import GAP_S, LIMIT, Outcome
from hw.hid_report import Part, ScanReport
from hw.interfaces import Scan, ScanFault

# A rest that comes later than GAP_S is thrown away with its beginning: the loop was held up, or the scanner was. After this long it is
# no rest: the scanner gave up in the middle, and this is the next code. Nothing holds up the loop for as long.
ABANDONED_S = 2.0

_SUFFIX = b"\r\n\t"  # which some scanners leave at the end, set so for another mode


class _Skip(IntEnum):
    """How far what arrives is thrown away."""

    NOTHING = 0
    TO_LAST_PART = 1  # it says itself that it is the last
    TO_SILENCE = 2


class HidPosDecoder:
    """Reports of one scanner, laid out as `report` says, to codes. What is spoilt is reported once, not once per report."""

    def __init__(self, report: ScanReport, gap_s: float = GAP_S) -> None:
        self._report = report
        self._gap_s = gap_s
        self._data = bytearray()
        self._more = False  # the last part said that another one follows
        self._skip = _Skip.NOTHING
        self._told = False  # the fault of what is being thrown away was reported
        self._heard_at = -math.inf

    def reset_until_break(self, now: float) -> None:
        """Forget what was read; of a code that has begun, also what is still to come of it."""
        self._hear(now, self._heard_at)
        self._data.clear()
        if self._more or self._skip:
            self._skip = max(_Skip.TO_LAST_PART, self._skip)
            self._told = True  # the rest of something old is nobody's fault now

    def overrun(self, now: float) -> ScanFault | None:
        """The kernel's ring was full, so that what came next was lost. The fault, unless it was reported."""
        self._hear(now, now)  # also after reports that were nobody's code: what follows may be the end of something
        return self._spoil(ScanFault.LOST_KEYS, _Skip.TO_SILENCE)

    def feed(self, report: bytes, now: float) -> Outcome | None:
        """One report; the code or fault that it completes."""
        if self._report.is_other(report):
            return None
        late = self._hear(now, now)
        part = self._report.read(report)
        if part is None:
            return self._spoil(ScanFault.NOISE, _Skip.TO_SILENCE)
        fault = self._spoil(ScanFault.LOST_KEYS, _Skip.TO_LAST_PART) if late else self._add(part)
        self._more = part.more
        return fault if part.more else self._end(now) or fault

    def _hear(self, now: float, heard_at: float) -> bool:
        """Whether what is heard now may be the rest of something that was begun too long ago."""
        silence_s, self._heard_at = now - self._heard_at, heard_at
        silent, abandoned = silence_s > self._gap_s, silence_s > ABANDONED_S
        if abandoned or (silent and self._skip is _Skip.TO_SILENCE):
            self._forget(more=self._more and not abandoned)  # what was thrown away may have been a beginning, too
        return self._more and silent

    def _add(self, part: Part) -> ScanFault | None:
        if self._skip:
            return None
        if len(self._data) + len(part.data) > LIMIT:
            return self._spoil(ScanFault.TOO_LONG, _Skip.TO_LAST_PART)
        self._data += part.data
        return None

    def _spoil(self, fault: ScanFault, skip: _Skip) -> ScanFault | None:
        """Nothing of this code counts. The fault, unless it was reported."""
        self._data.clear()
        self._skip = max(skip, self._skip)
        if self._told:
            return None
        self._told = True
        return fault

    def _end(self, now: float) -> Outcome | None:
        """The last part was read: the code, None if it is empty or was spoilt."""
        if self._skip is _Skip.TO_SILENCE:
            return None
        data, skipped = bytes(self._data).rstrip(_SUFFIX), self._skip
        self._forget()
        if skipped or not data:
            return None
        return Scan(data.decode("ascii"), now) if all(0x20 <= byte <= 0x7E for byte in data) else ScanFault.NOISE

    def _forget(self, *, more: bool = False) -> None:
        self._data.clear()
        self._more = more
        self._skip = _Skip.NOTHING
        self._told = False
