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


@dataclass(frozen=True, slots=True)
class Smart2paySettings:
    """`kind = "smart2pay"`: Smart2Pay (Nuvei GlobalPay) REST v1; method 1066 is WeChat POS, 24 Alipay POS."""

    name: str
    base_url: str
    site_id: str
    api_key: Secret
    method_id: int
    return_url: str
    email: str
    country: str
    token_lifetime: int  # minutes
    fallback_redirect_url: bool = False
    ca_file: Path | None = None
    is_offline: bool = True  # say `IsOffline` and where the box stands; method 24 must, 1066 by its text, not by its sample


@dataclass(frozen=True, slots=True)
class CbtisSettings:
    """`kind = "cbtis"`: CBTIS payment intents."""

    name: str
    base_url: str
    uid: str
    client_secret: Secret
    apikey: Secret  # of the push signature
    type: str  # "wechat" | "alipayhk"
    flow: str  # "qrcode" | "csb_qrcode"
    payment_method: str | None = None  # alipayhk: "ALIPAYCN" | "ALIPAYHK"
    settlement_currency: str | None = None
    notify_url: str | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class ConnectSettings:
    """`kind = "connect"`: Worldline Connect, product 863."""

    name: str
    base_url: str
    merchant_id: str
    api_key_id: str
    secret: Secret
    country: str
    customer_ip: str | None = None  # default: the box's own address
    webhook_key_id: str | None = None
    webhook_secret: Secret | None = None
    ca_file: Path | None = None


GatewaySettings = WechatSettings | MerchantSettings | SimulatedSettings | Smart2paySettings | CbtisSettings | ConnectSettings
