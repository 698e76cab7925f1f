"""WeChat Pay's v2 signature: a keyed hash over the sorted fields of a message, both ways.

Rule and first vector: pay.weixin.qq.com/wiki/doc/api/micropay.php?chapter=4_3. Every field but `sign` counts, unknown ones
too; empty ones do not, zero does. Values are signed as they are, neither URL-encoded nor XML-escaped.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Final

from daemon.secret import Secret


def _md5(text: bytes, _key: bytes) -> str:
    return hashlib.md5(text, usedforsecurity=False).hexdigest()  # the provider's rule; new set-ups use HMAC-SHA256


def _hmac_sha256(text: bytes, key: bytes) -> str:
    return hmac.digest(key, text, "sha256").hex()


_HASHES: Final[Mapping[str, Callable[[bytes, bytes], str]]] = {"MD5": _md5, "HMAC-SHA256": _hmac_sha256}

SIGN_TYPES: Final = tuple(_HASHES)


def sign(fields: Mapping[str, str], key: Secret, sign_type: str) -> str:
    """The upper-case hex signature of a message. `sign_type` is one of SIGN_TYPES, else KeyError."""
    secret = key.reveal()
    pairs = [f"{name}={value}" for name, value in sorted(fields.items()) if value and name != "sign"]
    text = "&".join([*pairs, f"key={secret}"])
    return _HASHES[sign_type](text.encode(), secret.encode()).upper()


def is_signed(fields: Mapping[str, str], key: Secret, sign_type: str) -> bool:
    """Whether the message carries the signature that it should; compared in constant time."""
    return hmac.compare_digest(sign(fields, key, sign_type).encode(), fields.get("sign", "").encode())
