"""What the stand-ins accept: ids and keys, made at random in every run and written to files that only the owner may read."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from daemon.sandbox.tls import write_private


@dataclass(frozen=True, slots=True)
class WechatCredentials:
    """What the WeChat stand-in accepts. `key` is random in every run."""

    appid: str
    mch_id: str
    key: str = field(repr=False)
    key_file: Path


@dataclass(frozen=True, slots=True)
class MerchantCredentials:
    """What the merchant backend's stand-in accepts: a signature with `key_id` and `secret`, the secret as bearer token, or
    the client certificate."""

    key_id: str
    secret: str = field(repr=False)
    secret_file: Path


@dataclass(frozen=True, slots=True)
class CbtisCredentials:
    """What the CBTIS stand-in accepts; `apikey` signs its notifications. `tokens` are all that it gave, and until when (on the
    ledger's clock) each lives."""

    uid: str
    client_secret: str = field(repr=False)
    client_secret_file: Path
    apikey: str = field(repr=False)
    apikey_file: Path
    tokens: dict[str, float] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Smart2payCredentials:
    """What the GlobalPay stand-in accepts."""

    site_id: str
    api_key: str = field(repr=False)
    api_key_file: Path


@dataclass(frozen=True, slots=True)
class ConnectCredentials:
    """What the Connect stand-in accepts; the webhook secret signs its notifications."""

    merchant_id: str
    api_key_id: str
    secret: str = field(repr=False)
    secret_file: Path
    webhook_key_id: str
    webhook_secret: str = field(repr=False)
    webhook_secret_file: Path


def wechat_credentials(directory: Path) -> WechatCredentials:
    """Fresh ones; the key also goes into a file there. Raises OSError."""
    key = secrets.token_hex(16)  # 32 characters, as WeChat's API keys have
    key_file = directory / "wechat.key"
    write_private(key_file, key.encode())
    return WechatCredentials(f"wx{secrets.token_hex(8)}", f"19{secrets.randbelow(10**8):08d}", key, key_file)


def merchant_credentials(directory: Path) -> MerchantCredentials:
    """Fresh ones; the secret also goes into a file there. Raises OSError."""
    secret = secrets.token_urlsafe(32)
    secret_file = directory / "merchant.secret"
    write_private(secret_file, secret.encode())
    return MerchantCredentials("box-1", secret, secret_file)


def cbtis_credentials(directory: Path) -> CbtisCredentials:
    """Fresh ones; secret and key also go into files there. Raises OSError."""
    client_secret, apikey = secrets.token_urlsafe(24), secrets.token_hex(16)
    client_secret_file, apikey_file = directory / "cbtis.secret", directory / "cbtis.apikey"
    write_private(client_secret_file, client_secret.encode())
    write_private(apikey_file, apikey.encode())
    return CbtisCredentials(f"39{secrets.randbelow(10**6):06d}", client_secret, client_secret_file, apikey, apikey_file)


def smart2pay_credentials(directory: Path) -> Smart2payCredentials:
    """Fresh ones; the key, which has characters that only Base64 and no URL likes, also goes into a file there. Raises OSError."""
    key = f"{secrets.token_urlsafe(30)}+/="
    key_file = directory / "smart2pay.key"
    write_private(key_file, key.encode())
    return Smart2payCredentials(f"3{secrets.randbelow(10**4):04d}", key, key_file)


def connect_credentials(directory: Path) -> ConnectCredentials:
    """Fresh ones; both secrets, which look like Base64 as the real ones do, also go into files there. Raises OSError."""
    secret, webhook_secret = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    secret_file, webhook_secret_file = directory / "connect.secret", directory / "connect.webhook"
    write_private(secret_file, secret.encode())
    write_private(webhook_secret_file, webhook_secret.encode())
    merchant_id = f"{1000 + secrets.randbelow(9000)}"
    return ConnectCredentials(
        merchant_id, secrets.token_hex(8), secret, secret_file, secrets.token_hex(8), webhook_secret, webhook_secret_file
    )
