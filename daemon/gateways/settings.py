"""What each kind of gateway needs to know. `daemon.config` fills these in from `[gateways.NAME]`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daemon.secret import Secret


@dataclass(frozen=True, slots=True)
class Place:
    """Which box, in which shop, as providers are told."""

    terminal_id: str
    store_id: str
    store_name: str


@dataclass(frozen=True, slots=True)
class WechatSettings:
    """`kind = "wechat"`: WeChat Pay API v2, or its sandbox, or an acquirer that speaks it."""

    name: str
    base_url: str
    appid: str
    mch_id: str
    key: Secret
    sign_type: str  # "HMAC-SHA256" | "MD5"
    client_cert_file: Path
    client_key_file: Path
    sub_mch_id: str | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class MerchantSettings:
    """`kind = "merchant"`: the merchant's own backend, by docs/merchant-backend.yaml."""

    name: str
    base_url: str
    auth: str  # "signature" | "bearer" | "mtls"
    key_id: str | None = None  # signature
    secret: Secret | None = None  # signature, bearer
    client_cert_file: Path | None = None  # mtls
    client_key_file: Path | None = None  # mtls
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class SimulatedSettings:
    """`kind = "simulated"`: in memory, scripted by the payer's code."""

    name: str


GatewaySettings = WechatSettings | MerchantSettings | SimulatedSettings
