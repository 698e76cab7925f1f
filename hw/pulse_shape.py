"""The shape of a credit pulse: made by monotonic deadlines, and measured, so that one of another width is known to be one.

What a machine counts is the time between two changes of a level. The moment of a change lies somewhere between just before and just
after the call that makes it; so a width is known as a least and a most, and a pulse is right only where both are.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from hw.interfaces import Pulse, PulseEnd

TOLERANCE = 0.2  # of the width: coin inputs count between about half and twice of what they are set to (facts, tills 3.3). Own
TOLERANCE_LEAST_MS = 5.0
_NEAR_S = 0.002  # a sleep may end so much late; the rest is waited for in short ones
_SHORT_S = 0.0002


@dataclass(frozen=True, slots=True)
class Watch:
    """A monotonic clock in seconds, and a way to wait."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def wait_until(self, moment: float) -> None:
        while (left_s := moment - self.now()) > 0:
            self.sleep(left_s - _NEAR_S if left_s > 2 * _NEAR_S else min(left_s, _SHORT_S))


def give(switch: Callable[[bool], None], on_ms: float, off_ms: float, watch: Watch) -> Pulse:
    """One pulse and the gap after it. Blocks. `switch` makes the line active or not; whatever it raises is in the pulse's detail."""
    before_on = watch.now()
    try:
        switch(True)
    except Exception as exc:  # noqa: BLE001 - every library of pins has errors of its own
        return Pulse(PulseEnd.NOT_GIVEN, f"the pin cannot be set: {exc}")
    after_on = watch.now()
    watch.wait_until(after_on + on_ms / 1000)
    before_off = watch.now()
    try:
        switch(False)
    except Exception as exc:  # noqa: BLE001 - see above
        return Pulse(PulseEnd.UNSURE, f"the pin cannot be set back: {exc}")
    after_off = watch.now()
    watch.wait_until(after_off + off_ms / 1000)
    return _judged(on_ms, (before_off - after_on) * 1000, (after_off - before_on) * 1000)


def _judged(on_ms: float, least_ms: float, most_ms: float) -> Pulse:
    room_ms = max(TOLERANCE_LEAST_MS, on_ms * TOLERANCE)
    if on_ms - room_ms <= least_ms and most_ms <= on_ms + room_ms:
        return Pulse(PulseEnd.GIVEN)
    return Pulse(PulseEnd.UNSURE, f"it was {least_ms:.0f} to {most_ms:.0f} ms long instead of {on_ms:.0f}")
