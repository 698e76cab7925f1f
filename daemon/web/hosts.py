"""The names by which a browser may call the box, and whether a request comes from the box's own page.

A page that somebody looks at could reach the box in two ways: by a name of its own that it lets resolve to the box's address (DNS
rebinding), which shows in `Host`; or by sending across sites, which shows in `Origin` and `Sec-Fetch-Site`. A page can forge none of
the three (https://fetch.spec.whatwg.org/#forbidden-request-header); programs can, but they hold no cookie of somebody else.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address

from aiohttp import web

from daemon.web.errors import Problem

_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:/@]+)(?::[0-9]{1,5})?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SAFE = frozenset({"GET", "HEAD"})


def host_in(authority: str) -> str | None:
    """The host in `HOST` or `HOST:PORT`, in small letters; None where it is neither."""
    match = _AUTHORITY.fullmatch(authority.strip())
    return None if match is None else match["host"].lower()


def own_hosts(listening_on: str) -> frozenset[str]:
    """Loopback, and the address that the box listens on, as they stand in `Host`."""
    own = listening_on.strip("[]").lower()
    return _LOOPBACK | {f"[{own}]" if ":" in own else own}


class Names:
    """Names of the box's own: loopback, the address it listens on, the machine's name, alone and with `.local`, and `more`.

    An address in digits is always one: to rebind, a page needs a name.
    """

    def __init__(self, listening_on: str, more: Sequence[str] = (), machine: Callable[[], str] = socket.gethostname) -> None:
        self._hosts = own_hosts(listening_on) | {name.lower() for name in more}
        self._machine = machine

    def check(self, request: web.Request) -> None:
        """Raises Problem 403 for a request by another name, or by none."""
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or not self._is_own(host_in(hosts[0])):
            raise Problem(403, "wrong_host", "the box is not called that: browsers reach it by its address, or by names in [web] hosts")

    def _is_own(self, host: str | None) -> bool:
        return host is not None and (host in self._hosts or _is_address(host) or host in self._of_machine())

    def _of_machine(self) -> set[str]:
        name = self._machine().lower()  # asked each time: it may be given another while the box runs
        short = name.partition(".")[0]
        return {name, short, f"{short}.local"} - {"", ".local"}


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def refuse_foreign(request: web.Request, scheme: str) -> None:
    """Raises Problem 403 unless the box's own page sends this: for what a cookie alone allows. `scheme` is the box's own.

    `Origin` is that of the page. Behind a TLS proxy it says https where the box speaks http; there browsers say `Sec-Fetch-Site` as well
    (https://w3c.github.io/webappsec-fetch-metadata/), which on plain HTTP they do not.
    """
    if request.method in _SAFE:
        return
    own = f"{scheme}://{request.headers.get('Host', '').strip()}".lower()
    from_own = [origin.strip().lower() for origin in request.headers.getall("Origin", [])] == [own]
    if not from_own and request.headers.getall("Sec-Fetch-Site", []) != ["same-origin"]:
        raise _wrong_origin()


def refuse_other_sites(request: web.Request, scheme: str) -> None:
    """Raises Problem 403 where another site's page sends this. A program, which says nothing of where it comes from, may."""
    if "Origin" in request.headers or "Sec-Fetch-Site" in request.headers:
        refuse_foreign(request, scheme)


def _wrong_origin() -> Problem:
    return Problem(403, "wrong_origin", "only the box's own page may do that with a cookie (Origin, Sec-Fetch-Site)")
