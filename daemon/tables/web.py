"""`[web]`: where the box answers tills and browsers, who may call, and with which certificate."""

from __future__ import annotations

import re
from pathlib import Path

from daemon.gateways.certificate import Role, check_certificate, fingerprint
from daemon.tables.addresses import LISTEN, is_loopback
from daemon.tables.table import Table
from daemon.tables.values import Reader, Wrong, one_or_several, shown
from daemon.web.settings import Tls, WebSettings

_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}([.]{_LABEL})*")  # RFC 1123, 2.1
_MOST_HOSTS = 16


def read_web(table: Table) -> WebSettings:
    host, port = table.take("listen", LISTEN, ("127.0.0.1", 8080))
    if not is_loopback(host) and "token_file" not in table:
        table.problem("token_file", "is missing, and other machines can reach the box", "a file with a token, or a `listen` on 127.0.0.1")
    token = table.take_secret("token_file", needed=False)
    hosts = table.take("hosts", one_or_several(Reader("a host name such as box.shop.lan", _read_host), _MOST_HOSTS), ())
    if hosts and "token_file" not in table:
        table.warn("hosts", "without a token_file the box answers to localhost, 127.0.0.1 and [::1] only")
    web = WebSettings(host, port, token, hosts, _read_tls(table))
    table.close()
    return web


def _read_host(value: object) -> str:
    if not isinstance(value, str) or not _HOST.fullmatch(value):
        raise Wrong(f"is {shown(value)}")
    return value.lower()


def _read_tls(table: Table) -> Tls | None:
    cert_file = table.take("cert_file", table.files.existing, None)
    key_file = table.take_private("key_file")
    for name, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if name in table and other not in table:
            table.problem(other, f"is missing, and there is a {name}", "both for TLS, or none of them")
    if cert_file is None or key_file is None:
        return None
    return _judged(table, cert_file, key_file)


def _judged(table: Table, cert_file: Path, key_file: Path) -> Tls | None:
    """The pair, where it can be used. That it has ended keeps no box from selling: it is said, and callers decide."""
    found = check_certificate(cert_file, key_file, Role.SERVER)
    blocking = [problem.text for problem in found if problem.blocking]
    if blocking:
        table.problem("cert_file", f"cannot be used: {'; '.join(blocking)}", "a certificate (PEM) and, in key_file, its own key")
        return None
    return Tls(cert_file, key_file, fingerprint(cert_file), "; ".join(problem.text for problem in found))
