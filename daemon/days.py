"""A day of the box: from one midnight to the next of the zone that its system is set to (`timedatectl`, or TZ).

The day on which clocks are put forward has 23 hours, the one on which they are put back 25. Where they are put forward at midnight, the
day begins with the first moment that there is; where midnight comes twice on a day, with the first of the two.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, tzinfo

from daemon.lookup import Span
from daemon.rows import rfc3339

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # date.fromisoformat takes more, such as 2026-W47-6
_EVER = ("", "~")  # before and after every moment that a row can spell


def parse_day(text: str) -> date:
    """Raises ValueError, with what is expected, on what is no day, like 2026-02-30."""
    try:
        return date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        raise ValueError("expected a day like 2026-11-21") from None


def span_of(day: date, zone: tzinfo | None = None) -> Span:
    """From its first moment on, and before the next day's; `zone`: another than the box's own."""
    return _midnight(day, zone) or _EVER[0], _midnight(day + timedelta(days=1), zone) or _EVER[1] if day < date.max else _EVER[1]


def local_time(at: str, zone: tzinfo | None = None) -> str:
    """A row's moment as the clock on the wall showed it, with its distance from UTC: 2026-11-21T23:01:39.621+08:00."""
    return datetime.fromisoformat(at).astimezone(zone).isoformat(timespec="milliseconds")


def _midnight(day: date, zone: tzinfo | None) -> str | None:
    """As rows spell it; None where UTC has no such year."""
    try:
        # Without a zone this is a time of the system's own. Where it comes twice `fold` 0 is the first; where it never comes it is read
        # by the clock as it was before, which is the moment of the change.
        return rfc3339(datetime(day.year, day.month, day.day, tzinfo=zone))
    except (OverflowError, ValueError):
        return None
