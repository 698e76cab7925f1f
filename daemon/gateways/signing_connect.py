"""Worldline Connect's signatures: `GCS v1HMAC` over a request's head, and HMAC-SHA256 over a notification's body. Pure.

A request's signature covers method, Content-Type, Date, all `X-GCS-…` headers and the path with its query; not the body, whose
integrity rests on TLS. Secrets serve as the characters that they are written in, though they look like Base64. Source: Connect's
page on authentication; tests/gateways/test_signing_connect.py holds this to the published vectors and to the vendor's SDK.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping

from daemon.secret import Secret

_FOLD = re.compile(r"\r?\n[^\S\r\n]*")


def authorization(key_id: str, secret: Secret, method: str, path: str, headers: Mapping[str, str]) -> str:
    """The value of the `Authorization` header; `path` with its query as it is sent, `headers` all others that are sent."""
    return f"GCS v1HMAC:{key_id}:{signature(secret, data_to_sign(method, path, headers).encode())}"


def data_to_sign(method: str, path: str, headers: Mapping[str, str]) -> str:
    """What is signed: a line each, the last one ended as well. KeyError where there is no `Date`."""
    given = {name.lower(): value for name, value in headers.items()}
    own = sorted((name, unfolded(value)) for name, value in given.items() if name.startswith("x-gcs"))
    lines = [method.upper(), given.get("content-type", ""), given["date"], *(f"{name}:{value}" for name, value in own), path]
    return "".join(f"{line}\n" for line in lines)


def unfolded(value: str) -> str:
    """A header's value on one line: each line break, with the blanks after it, is one blank."""
    return _FOLD.sub(" ", value).strip()


def signature(secret: Secret, data: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.reveal().encode(), data, "sha256")).decode("ascii")


def is_signed(secret: Secret, body: bytes, given: str) -> bool:
    """Whether a notification's `X-GCS-Signature` is that of its body; compared in constant time."""
    return hmac.compare_digest(signature(secret, body).encode(), given.encode("utf-8", "surrogateescape"))
