"""The configuration of a box in a story: its gateways lead to the sandbox, the scanner to a pseudo-terminal."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import story_timing
from provider_thread import Provider
from pty_scanner import PtyScanner

from daemon.sandbox.announcement import snippet

Tables = Mapping[str, Mapping[str, Any] | None]


def tables_for(provider: Provider, scanner: PtyScanner | None) -> dict[str, dict[str, Any]]:
    """What a box needs to sell: WeChat's codes go to the gateway `wechat`, Alipay's to `merchant`."""
    sandbox = provider.sandbox
    return {
        "box": {"terminal_id": "STORY1", "store_id": "7", "store_name": "Corner Shop", "max_amount": 1_000_000},
        "scanner": {"kind": "none"} if scanner is None else {"kind": "serial", "port": scanner.path},
        "display": {"kind": "simulated"},
        "lights": {"kind": "simulated"},
        "buzzer": {"kind": "simulated"},
        "journal": {"path": "journal.sqlite"},
        "web": {"listen": "127.0.0.1:0"},
        "timing": dict(story_timing.BOX),
        "policy": {},
        "gateways.wechat": {
            "kind": "wechat",
            "base_url": sandbox.base_url,
            "appid": sandbox.wechat.appid,
            "mch_id": sandbox.wechat.mch_id,
            "key_file": sandbox.wechat.key_file,
            "client_cert_file": sandbox.client_cert_file,
            "client_key_file": sandbox.client_key_file,
            "ca_file": sandbox.ca_file,
        },
        "gateways.merchant": {
            "kind": "merchant",
            "base_url": sandbox.merchant_url,
            "auth": "signature",
            "key_id": sandbox.merchant.key_id,
            "secret_file": sandbox.merchant.secret_file,
            "ca_file": sandbox.ca_file,
        },
        "routes": {"scan.wechat": "wechat", "scan.alipay": "merchant"},
    }


def showing_by(provider: Provider, kind: str, **keys: Any) -> dict[str, dict[str, Any] | None]:
    """Changes of those tables: the box shows QRs by this kind of gateway, and has no other. The gateway bears its kind's name; it is
    what the sandbox prints for `config.toml`, with some keys in their place."""
    printed = tomllib.loads(snippet(provider.sandbox, {kind}))["gateways"][kind]
    return {
        "gateways.wechat": None,
        "gateways.merchant": None,
        f"gateways.{kind}": {**printed, **keys},
        "routes": {"scan.wechat": None, "scan.alipay": None, "show": kind},
    }


def with_changes(tables: Mapping[str, Mapping[str, Any]], changes: Tables) -> dict[str, dict[str, Any]]:
    """The tables with some keys in their place; a key that is None is left out, and so is a table that is None."""
    changed = {name: {**table, **(changes.get(name) or {})} for name, table in tables.items() if changes.get(name, {}) is not None}
    changed |= {name: dict(table) for name, table in changes.items() if table is not None and name not in tables}
    return {name: {key: value for key, value in table.items() if value is not None} for name, table in changed.items()}


def write_config(path: Path, tables: Mapping[str, Mapping[str, Any]]) -> None:
    lines: list[str] = []
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items()), ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def _toml(value: Any) -> str:
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)
