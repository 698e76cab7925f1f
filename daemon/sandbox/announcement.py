"""What a running sandbox tells people: where it listens, what to write into config.toml, which code does what."""

from __future__ import annotations

from collections.abc import Collection
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


def snippet(sandbox: Announced, providers: Collection[str]) -> str:
    """Tables for config.toml that lead a box to this sandbox; the files are named absolutely."""
    ca = f'ca_file = "{sandbox.context.ca_file}"\n' if sandbox.context.tls else ""
    parts = [
        "[gateways.wechat]\n"
        'kind = "wechat"\n'
        f'base_url = "{sandbox.base_url}"\n'
        f'appid = "{sandbox.context.wechat.appid}"\n'
        f'mch_id = "{sandbox.context.wechat.mch_id}"\n'
        f'key_file = "{sandbox.context.wechat.key_file}"\n'
        'sign_type = "HMAC-SHA256"\n'
        f'client_cert_file = "{sandbox.context.client_cert_file}"\n'
        f'client_key_file = "{sandbox.context.client_key_file}"\n' + ca
    ]
    routes = {"scan.wechat": "wechat", "show.default": "wechat"}
    if "merchant" in providers:
        parts.append(
            "[gateways.merchant]\n"
            'kind = "merchant"\n'
            f'base_url = "{sandbox.merchant_url}"\n'
            'auth = "signature"\n'
            f'key_id = "{sandbox.context.merchant.key_id}"\n'
            f'secret_file = "{sandbox.context.merchant.secret_file}"\n' + ca
        )
        routes |= {"scan.alipay": "merchant", "scan.unionpay": "merchant", "show.alipay": "merchant"}
    if "cbtis" in providers:
        parts.append(
            "[gateways.cbtis]\n"
            'kind = "cbtis"\n'
            f'base_url = "{sandbox.base_url}"\n'
            f'uid = "{sandbox.context.cbtis.uid}"\n'
            f'client_secret_file = "{sandbox.context.cbtis.client_secret_file}"\n'
            f'apikey_file = "{sandbox.context.cbtis.apikey_file}"\n'
            'type = "wechat"\n' + ca
        )
    if "smart2pay" in providers:
        parts.append(
            "[gateways.smart2pay]\n"
            'kind = "smart2pay"\n'
            f'base_url = "{sandbox.base_url}/smart2pay"\n'
            f'site_id = "{sandbox.context.smart2pay.site_id}"\n'
            f'api_key_file = "{sandbox.context.smart2pay.api_key_file}"\n'
            "method_id = 1066\n"
            'return_url = "https://shop.example/thanks"\n'
            'email = "till@shop.example"\n'
            'country = "CN"\n'
            "token_lifetime = 10\n" + ca
        )
    if "connect" in providers:
        parts.append(
            "[gateways.connect]\n"
            'kind = "connect"\n'
            f'base_url = "{sandbox.base_url}"\n'
            f'merchant_id = "{sandbox.context.connect.merchant_id}"\n'
            f'api_key_id = "{sandbox.context.connect.api_key_id}"\n'
            f'secret_file = "{sandbox.context.connect.secret_file}"\n'
            'country = "CN"\n'
            f'webhook_key_id = "{sandbox.context.connect.webhook_key_id}"\n'
            f'webhook_secret_file = "{sandbox.context.connect.webhook_secret_file}"\n' + ca
        )
    parts.append("[routes]\n" + "".join(f'{key} = "{name}"\n' for key, name in routes.items()))
    return "\n".join(parts)


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
