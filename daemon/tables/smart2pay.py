"""`[gateways.NAME]` of kind `smart2pay`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from daemon.gateways.settings import GatewaySettings, Smart2paySettings
from daemon.secret import Secret
from daemon.tables.addresses import BASE_URL
from daemon.tables.findings import Findings, dotted
from daemon.tables.table import Table
from daemon.tables.values import FLAG, Reader, Wrong, shown, text, whole
from daemon.timing import Schedule

METHODS = {1066: "wechat", 24: "alipay"}
"""Whose QR code each method brings."""

_NO_SECRET = Secret("")  # stands for one that is missing: there is a problem then, and no configuration comes of it
_USUAL_LIFETIME = 10  # minutes, as in both of the vendor's samples
_LONGEST_LIFETIME = 10_080  # a week
_URL = re.compile(r"https?://[!-~]{1,500}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


def _read_number(value: object) -> str:
    """Digits, as text or number: a colon in it, for one, would change what goes into the authorization."""
    string = str(value) if type(value) is int else value  # a bool is an int to isinstance
    if isinstance(string, str) and re.fullmatch("[0-9]{1,12}", string):
        return string
    raise Wrong(f"is {shown(value)}")


def _read_method(value: object) -> int:
    if (type(value) is int or isinstance(value, str)) and str(value) in map(str, METHODS):
        return int(value)
    raise Wrong(f"is {shown(value)}")


def _matching(pattern: re.Pattern[str], expected: str) -> Reader[str]:
    def read(value: object) -> str:
        string = text(512).read(value)
        if not pattern.fullmatch(string):
            raise Wrong(f"is {shown(string)}")
        return string

    return Reader(expected, read)


SITE_ID = Reader("the number of the site, at most 12 digits", _read_number)
METHOD_ID = Reader("1066 (WeChat POS) or 24 (Alipay POS)", _read_method)
RETURN_URL = _matching(_URL, "an address of the shop's, http:// or https://, of at most 512 characters; nothing secret in it")
EMAIL = _matching(_EMAIL, "an e-mail address of the shop's")
COUNTRY = _matching(re.compile("[A-Za-z]{2}"), "two letters (ISO 3166), such as CN")


def read_smart2pay(name: str, table: Table) -> Smart2paySettings:
    settings = Smart2paySettings(
        name,
        base_url=table.take("base_url", BASE_URL, "", needed=True),
        site_id=table.take("site_id", SITE_ID, "", needed=True),
        api_key=table.take_secret("api_key_file", needed=True) or _NO_SECRET,
        method_id=table.take("method_id", METHOD_ID, 0, needed=True),
        return_url=table.take("return_url", RETURN_URL, "", needed=True),
        email=table.take("email", EMAIL, "", needed=True),
        country=table.take("country", COUNTRY, "CN"),
        token_lifetime=table.take("token_lifetime", whole(1, _LONGEST_LIFETIME, "minutes, a whole number"), _USUAL_LIFETIME),
        fallback_redirect_url=table.take("fallback_redirect_url", FLAG, False),
        ca_file=table.take("ca_file", table.files.existing, None),
        is_offline=table.take("is_offline", FLAG, True),
    )
    if METHODS.get(settings.method_id) == "alipay" and not settings.is_offline:
        table.problem("is_offline", "is false, and Alipay POS (24) must be told where the box stands", "true, or no such key")
    return settings


def check_lifetimes(schedule: Schedule, gateways: Mapping[str, GatewaySettings | None], findings: Findings) -> None:
    """A QR code must not be shown for longer than it can be paid."""
    for name, settings in gateways.items():
        if isinstance(settings, Smart2paySettings) and settings.token_lifetime * 60 < schedule.qr_s:
            findings.problem(
                dotted(f"gateways.{name}", "token_lifetime"),
                f"is {settings.token_lifetime}, less than the {schedule.qr_s:g} s of timing.qr_s",
                "minutes, not fewer than qr_s has",
            )
