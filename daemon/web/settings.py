"""Where the box listens, and how much it puts up with. `daemon.config` fills in the first from `[web]`."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from daemon.secret import Secret


@dataclass(frozen=True, slots=True)
class Tls:
    """The box's own certificate (PEM, its chain after it) and key, which belong together."""

    cert_file: Path
    key_file: Path
    fingerprint: bytes  # SHA-256 of the certificate
    trouble: str = ""  # what people should hear of it: that it ends soon, or has ended


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`[web]`: the address to listen on (port 0: any free one), the token that callers must show, if there is one, the names by
    which browsers may call beside those that the box knows itself, and the certificate (None: no TLS)."""

    host: str
    port: int
    token: Secret | None = None
    hosts: tuple[str, ...] = ()
    tls: Tls | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What callers may use up. A box has one or two tills and a page or two: all numbers are far above that and far below
    what would hurt a payment (1024 file descriptors, 60 MB). All own, but where a source is named."""

    body_bytes: int = 16 * 1024  # DESIGN, section 7
    push_bytes: int = 64 * 1024  # a provider's notification; Connect's, the longest, carry a whole payment in about 5 kB
    pushes_at_once: int = 30
    pushes_per_s: float = 5.0  # far above what the payments of one box can cause
    body_s: float = 10.0  # for the whole body; a till's 100 bytes take milliseconds
    head_s: float = 10.0  # from connecting to the first whole request head
    idle_s: float = 75.0  # a connection kept open between requests; nginx's number, and aiohttp 3.8's
    linger_s: float = 2.0  # of reading on after an early answer (413), so that the caller gets to see it
    wait_s: float = 60.0  # of a long poll; asking for more gets this much
    polls: int = 64
    streams: int = 32
    watchers: int = 24  # pages that look on; more than a shop has screens
    searches: int = 4  # at once; each reads the journal in small steps, between which payments go first
    exports: int = 2  # of a day as CSV, likewise
    scrapes: int = 4  # of metrics at once: one Prometheus, perhaps two, and a person who looks
    connections: int = 128
    keep_alive_s: float = 15.0  # pause between comments on a silent stream; proxies give up at 30 to 60 s
    write_s: float = 10.0  # for a stream's caller to take what was sent, before it is dropped
    handshakes: int = 32  # TLS handshakes under way, each of `head_s` at most
    sessions: int = 16  # pages that are logged in; the one that was used longest ago goes
    session_idle_s: float = 30 * 60.0  # a log-in that nobody uses ends; OWASP: 15 to 30 minutes where little is at risk
    session_s: float = 12 * 3600.0  # it ends in any case: a shop's day
    log_ins_at_once: int = 5  # wrong tokens from one address …
    log_in_every_s: float = 10.0  # … and then one in so many seconds
    all_log_ins_at_once: int = 15  # wrong tokens from everywhere; with the next line 30 in any minute
    all_log_ins_every_s: float = 4.0
    stop_s: float = 2.0  # for handlers to finish when the box stops, twice at most


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there. A name other than `localhost` is not looked up: no."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
