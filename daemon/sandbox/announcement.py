"""What a running sandbox tells people: where it listens, what to write into config.toml, which code does what."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Protocol

from daemon.sandbox.cases import case_table
from daemon.sandbox.context import SandboxContext
from daemon.sandbox.ledger import Order


class Announced(Protocol):
    """What of a sandbox is told."""

    directory: Path
    context: SandboxContext

    @property
    def base_url(self) -> str: ...

    @property
    def merchant_url(self) -> str: ...

    @property
    def control_url(self) -> str: ...


Table = dict[str, str | int]


def snippet(sandbox: Announced, providers: Collection[str]) -> str:
    """Tables for config.toml that lead a box to this sandbox; the files are named absolutely."""
    ca: Table = {"ca_file": str(sandbox.context.ca_file)} if sandbox.context.tls else {}
    told = [name for name in _TABLES if name == "wechat" or name in providers]
    routes = {key: name for name in told for key in _ROUTES.get(name, ())}
    tables = [_written(f"gateways.{name}", {"kind": name, **_TABLES[name](sandbox), **ca}) for name in told]
    return "\n".join([*tables, _written("routes", dict(routes))])


def _written(name: str, table: Table) -> str:
    return f"[{name}]\n" + "".join(
        f"{key} = {value}\n" if isinstance(value, int) else f'{key} = "{value}"\n' for key, value in table.items()
    )


def _wechat(sandbox: Announced) -> Table:
    return {
        "base_url": sandbox.base_url,
        "appid": sandbox.context.wechat.appid,
        "mch_id": sandbox.context.wechat.mch_id,
        "key_file": str(sandbox.context.wechat.key_file),
        "sign_type": "HMAC-SHA256",
        "client_cert_file": str(sandbox.context.client_cert_file),
        "client_key_file": str(sandbox.context.client_key_file),
    }


def _merchant(sandbox: Announced) -> Table:
    return {
        "base_url": sandbox.merchant_url,
        "auth": "signature",
        "key_id": sandbox.context.merchant.key_id,
        "secret_file": str(sandbox.context.merchant.secret_file),
    }


def _cbtis(sandbox: Announced) -> Table:
    return {
        "base_url": sandbox.base_url,
        "uid": sandbox.context.cbtis.uid,
        "client_secret_file": str(sandbox.context.cbtis.client_secret_file),
        "apikey_file": str(sandbox.context.cbtis.apikey_file),
        "type": "wechat",
    }


def _smart2pay(sandbox: Announced) -> Table:
    return {
        "base_url": f"{sandbox.base_url}/smart2pay",
        "site_id": sandbox.context.smart2pay.site_id,
        "api_key_file": str(sandbox.context.smart2pay.api_key_file),
        "method_id": 1066,
        "return_url": "https://shop.example/thanks",
        "email": "till@shop.example",
        "country": "CN",
        "token_lifetime": 10,
    }


def _connect(sandbox: Announced) -> Table:
    return {
        "base_url": sandbox.base_url,
        "merchant_id": sandbox.context.connect.merchant_id,
        "api_key_id": sandbox.context.connect.api_key_id,
        "secret_file": str(sandbox.context.connect.secret_file),
        "country": "CN",
        "webhook_key_id": sandbox.context.connect.webhook_key_id,
        "webhook_secret_file": str(sandbox.context.connect.webhook_secret_file),
    }


_TABLES: dict[str, Callable[[Announced], Table]] = {
    "wechat": _wechat,
    "merchant": _merchant,
    "cbtis": _cbtis,
    "smart2pay": _smart2pay,
    "connect": _connect,
}
_ROUTES = {"wechat": ("scan.wechat", "show.default"), "merchant": ("scan.alipay", "scan.unionpay", "show.alipay")}


def lines(sandbox: Announced, providers: Collection[str]) -> list[str]:
    """What a person needs to know about a running sandbox, line by line."""
    cases = [f"  …{suffix}  {name:<28} {text}" for suffix, name, text in case_table()]
    return [
        f"sandbox listening on {sandbox.base_url}  (providers: {', '.join(providers)})",
        f"control: {sandbox.control_url}",
        f"files:   {sandbox.directory}",
        "",
        "for config.toml:",
        "",
        *snippet(sandbox, providers).splitlines(),
        "",
        "the last two digits of a payer's code choose the case:",
        *cases,
    ]


def told(order: Order) -> str:
    """One log line about an order that changed."""
    return f"order out_trade_no={order.number} state={order.state} in={order.money_in} out={order.money_out} case={order.scenario.name}"
