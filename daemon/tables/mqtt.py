"""`[mqtt]`: the broker of the fleet that the box belongs to."""

from __future__ import annotations

import re
from ipaddress import ip_address

from daemon.fleet.settings import MqttSettings
from daemon.gateways.tls import TlsSettings
from daemon.tables.addresses import is_loopback
from daemon.tables.table import Table
from daemon.tables.values import FLAG, Reader, Wrong, identifier, shown, text, whole

_TLS_PORT, _PLAIN_PORT = 8883, 1883  # as registered with IANA
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_LEVELS = re.compile(r"[^/+#\s$][^/+#\s]*(?:/[^/+#\s]+)*")
_TLS_KEYS = ("ca_file", "client_cert_file", "client_key_file")


def _read_host(value: object) -> str:
    if not isinstance(value, str):
        raise Wrong(f"is {shown(value)}")
    if not _HOST.fullmatch(value):
        try:
            ip_address(value)
        except ValueError:
            raise Wrong("is neither a name nor an IP address") from None  # not shown: people put credentials into addresses
    return value


def _read_topic(value: object) -> str:
    if isinstance(value, str) and len(value) <= 64 and value.isprintable() and _LEVELS.fullmatch(value):
        return value
    raise Wrong(f"is {shown(value)}")


_HOST_NAME = Reader('a name or an IP address, such as "mqtt.example.org"', _read_host)
_TOPIC = Reader("words with / between them, at most 64 characters, without + # $ and blanks", _read_topic)


def read_mqtt(root: Table, terminal_id: str) -> MqttSettings | None:
    """None where the box belongs to no fleet."""
    if "mqtt" not in root:
        return None
    table = root.table("mqtt")
    host = table.take("host", _HOST_NAME, "localhost", needed=True)
    tls = _read_tls(table, host)
    username = table.take("username", text(128), None)
    settings = MqttSettings(
        host,
        port=table.take("port", whole(1, 65_535, "a port, a whole number"), _PLAIN_PORT if tls is None else _TLS_PORT),
        client_id=table.take("client_id", identifier(), terminal_id),
        topic=table.take("topic", _TOPIC, "tillbox"),
        tls=tls,
        username=username,
        password=table.take_secret("password_file", needed=False),
        keepalive_s=table.take("keepalive_s", whole(5, 3600, "seconds, a whole number"), 60),
    )
    _check_login(table, settings)
    table.close()
    return settings


def _read_tls(table: Table, host: str) -> TlsSettings | None:
    wanted = table.take("tls", FLAG, not is_loopback(host))
    ca_file = table.take("ca_file", table.files.existing, None)
    cert_file = table.take("client_cert_file", table.files.named, None)
    key_file = table.take("client_key_file", table.files.named, None, needed=cert_file is not None)
    if key_file is not None and cert_file is None:
        table.problem("client_cert_file", "is missing, and client_key_file is there", "both of them, or none")
    if wanted:
        return TlsSettings(ca_file, cert_file, key_file)
    for name in _TLS_KEYS:
        if name in table:
            table.problem(name, "is for TLS, which is off", "tls = true")
    return None


def _check_login(table: Table, settings: MqttSettings) -> None:
    if settings.password is not None and settings.username is None and "username" not in table:
        table.problem("username", "is missing, and password_file is there", "the name that the password belongs to")
    if settings.tls is None and not is_loopback(settings.host):
        if settings.password is not None:
            table.problem("tls", "is off, so that every machine on the way would read the password", "tls = true, or no password_file")
        else:
            table.warn("tls", "is off: every machine on the way can read what is sold, and pretend to be the broker")
