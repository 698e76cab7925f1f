"""`[gateways.NAME]` of kind `connect`."""

from __future__ import annotations

import re
from ipaddress import ip_address

from daemon.gateways.settings import ConnectSettings
from daemon.secret import Secret
from daemon.tables.addresses import BASE_URL
from daemon.tables.table import Table
from daemon.tables.values import Reader, Wrong, identifier, shown

SCHEMES = ("wechat",)
"""Whose QR code product 863 brings."""

_NO_SECRET = Secret("")  # stands for one that is missing: there is a problem then, and no configuration comes of it


def _read_endpoint(value: object) -> str:
    address = BASE_URL.read(value)
    if "/" in address.partition("://")[2]:
        raise Wrong("has a path")  # it would be signed, and the provider knows of none
    return address


def _read_id(value: object) -> str:
    """Part of each request's path, or of a header with signs of its own."""
    string = identifier().read(value)
    if not re.fullmatch("[0-9A-Za-z_-]{1,64}", string):
        raise Wrong(f"is {shown(string)}")
    return string


def _read_country(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{2}", value):
        raise Wrong(f"is {shown(value)}")
    return value


def _read_ip(value: object) -> str:
    try:
        return str(ip_address(value if isinstance(value, str) else ""))
    except ValueError:
        raise Wrong(f"is {shown(value)}") from None


ENDPOINT = Reader(f"{BASE_URL.expected}, and has no path", _read_endpoint)
ID = Reader("at most 64 letters and digits, as text or as a whole number", _read_id)
COUNTRY = Reader("two capital letters (ISO 3166), such as CN", _read_country)
IP = Reader("an IP address, such as 203.0.113.7", _read_ip)


def read_connect(name: str, table: Table) -> ConnectSettings:
    notified = "webhook_key_id" in table or "webhook_secret_file" in table
    return ConnectSettings(
        name,
        base_url=table.take("base_url", ENDPOINT, "", needed=True),
        merchant_id=table.take("merchant_id", ID, "", needed=True),
        api_key_id=table.take("api_key_id", ID, "", needed=True),
        secret=table.take_secret("secret_file", needed=True) or _NO_SECRET,
        country=table.take("country", COUNTRY, "", needed=True),
        customer_ip=table.take("customer_ip", IP, None),
        webhook_key_id=table.take("webhook_key_id", identifier(), None, needed=notified),
        webhook_secret=table.take_secret("webhook_secret_file", needed=notified),
        ca_file=table.take("ca_file", table.files.existing, None),
    )
