"""What the stand-ins accept: ids and keys, made at random in every run and written to files that only the owner may read."""

from __future__ import annotations

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
