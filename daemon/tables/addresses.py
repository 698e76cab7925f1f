"""Where the box calls, and where it listens: addresses that cannot give money or secrets away by a slip."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from daemon.tables.values import Reader, Wrong, shown

_PRINTABLE = re.compile(r"[!-~]{1,512}")  # urlsplit drops tabs and line ends in silence
_LISTEN = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(?P<port>[0-9]{1,5})")


def is_loopback(host: str) -> bool:
    """Whether the address stays on this machine: `localhost`, 127.0.0.0/8, ::1."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _read_base_url(value: object) -> str:
    # the value is not shown: people put credentials into addresses
    if not isinstance(value, str) or not _PRINTABLE.fullmatch(value):
        raise Wrong("is not an address")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Wrong("is not an address") from None
    if not host or port == 0:
        raise Wrong("names no host, or port 0")
    if "@" in parts.netloc or "?" in value or "#" in value:
        raise Wrong("has credentials, a query or a fragment in it")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise Wrong("is neither https nor http on this machine")
    return value.rstrip("/")


def _read_listen(value: object) -> tuple[str, int]:
    match = _LISTEN.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match["port"]) > 65535:
        raise Wrong(f"is {shown(value)}")
    host = match["host"].strip("[]")
    if match["host"].startswith("[") or re.fullmatch(r"[0-9.]+", host):
        try:
            ip_address(host)
        except ValueError:
            raise Wrong(f"is {shown(value)}, which is no IP address") from None
    return host, int(match["port"])


BASE_URL = Reader("an address that begins with https:// (http:// only on this machine)", _read_base_url)
LISTEN = Reader('"ADDRESS:PORT" such as "127.0.0.1:8080", with a port up to 65535 (0: any free one)', _read_listen)
