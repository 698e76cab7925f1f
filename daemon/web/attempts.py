"""How often somebody may be wrong: failed log-ins, bounded for each address and over all, in buckets that fill with time.

Only failures count, and who has none left is refused whatever is shown, the right token as well: an answer never tells whether a guess
was right. A token of 256 bits cannot be guessed anyway; this is for those that people made up. Time is an argument, in seconds of the
monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from daemon.web.settings import Limits

# Addresses that are remembered. Over all, fewer fail than that before the first of them may do anything again (50 s: 15 + 50 / 4).
_MOST = 256


@dataclass(slots=True)
class _Bucket:
    """`size` failures at once, then one in `every_s` seconds."""

    size: int
    every_s: float
    left: float
    at: float

    def fill(self, now: float) -> None:
        self.left = min(float(self.size), self.left + max(0.0, now - self.at) / self.every_s)
        self.at = now

    def wait_s(self, now: float) -> float:
        self.fill(now)
        return max(0.0, (1.0 - self.left) * self.every_s)

    def take(self, now: float) -> None:
        self.fill(now)
        self.left = max(0.0, self.left - 1.0)


class Attempts:
    """Failed log-ins of late. A source is what `source_of` gives."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all = _Bucket(limits.all_log_ins_at_once, limits.all_log_ins_every_s, limits.all_log_ins_at_once, 0.0)
        self._sources: dict[str, _Bucket] = {}  # the one that failed longest ago first

    def __len__(self) -> int:
        return len(self._sources)

    def wait_s(self, source: str, now: float) -> float:
        """How long it must wait before it may try; 0.0: it may."""
        bucket = self._sources.get(source)
        return max(self._all.wait_s(now), 0.0 if bucket is None else bucket.wait_s(now))

    def failed(self, source: str, now: float) -> None:
        """It tried and was wrong."""
        limits = self._limits
        bucket = self._sources.pop(source, None) or _Bucket(limits.log_ins_at_once, limits.log_in_every_s, limits.log_ins_at_once, now)
        if len(self._sources) >= _MOST:
            del self._sources[next(iter(self._sources))]
        self._sources[source] = bucket
        for one in (self._all, bucket):
            one.take(now)


def source_of(remote: str | None) -> str:
    """Who a caller's address stands for: itself; of IPv6 its network of 64 bits, in which one machine has all addresses it likes."""
    try:
        address = ip_address((remote or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and not address.is_loopback:
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)
