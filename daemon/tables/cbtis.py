"""`[gateways.NAME]` of kind `cbtis`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from daemon.gateways.settings import CbtisSettings, GatewaySettings
from daemon.secret import Secret
from daemon.tables.addresses import BASE_URL
from daemon.tables.findings import Findings
from daemon.tables.table import Table
from daemon.tables.values import CURRENCY, Reader, Wrong, identifier, one_of

_NO_SECRET = Secret("")  # stands for one that is missing: there is a problem then, and no configuration comes of it
_ADDRESS = re.compile(r"https?://[!-~]{1,500}")


@dataclass(frozen=True, slots=True)
class _Kind:
    """What CBTIS's pages say of a `type` whose QR code the box can show."""

    scheme: str
    flow: str
    wallets: tuple[str, ...] = ()  # values of `payment_method`
    currency: str | None = None  # the only one that it takes


_TYPES = {
    "wechat": _Kind("wechat", "qrcode"),
    "alipayhk": _Kind("alipay", "csb_qrcode", ("ALIPAYCN", "ALIPAYHK"), "HKD"),
}

SCHEMES = {name: kind.scheme for name, kind in _TYPES.items()}
"""Whose QR code each `type` brings."""


def _read_notify_url(value: object) -> str:
    # the value is not shown: people put tokens into addresses
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise Wrong("is not an address")
    return value


NOTIFY_URL = Reader("an address that CBTIS can reach, which ends at this box's /v1/notify/NAME", _read_notify_url)


def read_cbtis(name: str, table: Table) -> CbtisSettings:
    kind_name = table.take("type", one_of(tuple(_TYPES)), "", needed=True)
    kind = _TYPES.get(kind_name, _Kind("", ""))
    if not kind.flow:  # the type is the problem; what goes with it cannot be said
        for key in ("flow", "payment_method"):
            table.take(key, Reader("", lambda value: value), None)
    return CbtisSettings(
        name,
        base_url=table.take("base_url", BASE_URL, "", needed=True),
        uid=table.take("uid", identifier(), "", needed=True),
        client_secret=table.take_secret("client_secret_file", needed=True) or _NO_SECRET,
        apikey=table.take_secret("apikey_file", needed=True) or _NO_SECRET,
        type=kind_name,
        flow=table.take("flow", one_of((kind.flow,)), kind.flow) if kind.flow else "",
        payment_method=table.take("payment_method", one_of(kind.wallets), None, needed=True) if kind.wallets else None,
        settlement_currency=table.take("settlement_currency", CURRENCY, None),
        notify_url=table.take("notify_url", NOTIFY_URL, None),
        ca_file=table.take("ca_file", table.files.existing, None),
    )


def warn_of_currency(currency: str, gateways: Mapping[str, GatewaySettings], findings: Findings) -> None:
    """Say where the box sells in a currency that a gateway's wallet does not take."""
    for name, settings in gateways.items():
        only = _TYPES[settings.type].currency if isinstance(settings, CbtisSettings) and settings.type in _TYPES else None
        if only not in (None, currency):
            findings.warn("box.currency", f"is {currency}, and gateway {name} takes {only} only")
