"""`[gateways.NAME]`: where the money is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from daemon.gateways.settings import GatewaySettings, MerchantSettings, SimulatedSettings, WechatSettings
from daemon.secret import Secret
from daemon.tables.addresses import BASE_URL
from daemon.tables.cbtis import read_cbtis
from daemon.tables.connect import read_connect
from daemon.tables.names import take_names
from daemon.tables.smart2pay import read_smart2pay
from daemon.tables.table import Table
from daemon.tables.values import identifier, one_of

_NO_SECRET = Secret("")  # stands for one that is missing: there is a problem then, and no configuration comes of it
_NO_PATH = Path()


def read_gateways(root: Table) -> dict[str, GatewaySettings | None]:
    """The gateways by name; None for one that could not be read, so that a route to it is not a problem as well."""
    if "gateways" not in root:
        root.problem("gateways", "is missing", "at least one table [gateways.NAME]")
    gateways = root.table("gateways")
    if "gateways" in root and gateways.is_empty:
        root.problem("gateways", "names no gateway", "at least one table [gateways.NAME]")
    return {name: _read(name, table) for name, table in take_names(gateways, root.findings).items()}


def _read(name: str, table: Table) -> GatewaySettings | None:
    kind = table.take("kind", one_of(tuple(_KINDS)), None, needed=True)
    if kind is None:
        return None
    settings = _KINDS[kind](name, table)
    table.close()
    return settings


def _read_wechat(name: str, table: Table) -> WechatSettings:
    return WechatSettings(
        name,
        base_url=table.take("base_url", BASE_URL, "", needed=True),
        appid=table.take("appid", identifier(32), "", needed=True),
        mch_id=table.take("mch_id", identifier(32), "", needed=True),
        sub_mch_id=table.take("sub_mch_id", identifier(32), None),
        key=table.take_secret("key_file", needed=True) or _NO_SECRET,
        sign_type=table.take("sign_type", one_of(("HMAC-SHA256", "MD5")), "HMAC-SHA256"),
        # the gateway itself says what is wrong with them, and then the box refuses to charge but runs
        client_cert_file=table.take("client_cert_file", table.files.named, _NO_PATH, needed=True),
        client_key_file=table.take("client_key_file", table.files.named, _NO_PATH, needed=True),
        ca_file=table.take("ca_file", table.files.existing, None),
    )


def _read_merchant(name: str, table: Table) -> MerchantSettings:
    auth = table.take("auth", one_of(("signature", "bearer", "mtls")), "signature")
    certified = auth == "mtls"
    settings = MerchantSettings(
        name,
        base_url=table.take("base_url", BASE_URL, "", needed=True),
        auth=auth,
        key_id=table.take("key_id", identifier(), None, needed=auth == "signature"),
        secret=table.take_secret("secret_file", needed=not certified),
        client_cert_file=table.take("client_cert_file", table.files.named, None, needed=certified),
        client_key_file=table.take("client_key_file", table.files.named, None, needed=certified),
        ca_file=table.take("ca_file", table.files.existing, None),
    )
    if certified and settings.base_url.startswith("http:"):
        table.problem("base_url", "has no TLS, which auth = 'mtls' needs", "an address that begins with https://")
    return settings


def _read_simulated(name: str, _table: Table) -> SimulatedSettings:
    return SimulatedSettings(name)


_KINDS: dict[str, Callable[[str, Table], GatewaySettings]] = {
    "wechat": _read_wechat,
    "merchant": _read_merchant,
    "simulated": _read_simulated,
    "smart2pay": read_smart2pay,
    "cbtis": read_cbtis,
    "connect": read_connect,
}
