"""Worldline Connect's notifications ("webhooks"): verified over the raw body, then read for one thing, which order to ask about.

The signature covers the body and no time, so an old event can be sent again: it makes the box ask once more, and that is all.
Source: Connect's page on webhooks, and the SDK's `SignatureValidator`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from daemon.gateways import connect_wire as wire
from daemon.gateways.base import ForgedPush, Push
from daemon.gateways.settings import ConnectSettings
from daemon.gateways.signing_connect import is_signed

_CHECK = "x-gcs-webhooks-endpoint-verification"
_CHECK_FORM = re.compile(r"[!-~]{1,256}")  # it is sent back, so it is held to what nobody can do harm with

Headers = Mapping[str, Sequence[str]]


def read(method: str, headers: Headers, body: bytes, settings: ConnectSettings) -> Push:
    """See `base.Pushed`."""
    if method == "GET":
        return _read_check(headers)
    if method != "POST":
        raise ForgedPush("neither GET nor POST")
    if settings.webhook_key_id is None or settings.webhook_secret is None:
        raise ForgedPush("no webhook key is configured")
    signature, key_id = _only(headers, "x-gcs-signature"), _only(headers, "x-gcs-keyid")
    if key_id != settings.webhook_key_id:
        raise ForgedPush("signed with another key")
    if not is_signed(settings.webhook_secret, body, signature):
        raise ForgedPush("wrongly signed")
    return _read_event(body, settings)


def _read_check(headers: Headers) -> Push:
    """The Configuration Center tries the address: it wants back what it sent."""
    value = _only(headers, _CHECK)
    if not _CHECK_FORM.fullmatch(value):
        raise ForgedPush("no endpoint verification")
    return Push(200, body=value.encode())


def _read_event(body: bytes, settings: ConnectSettings) -> Push:
    """An event that was signed is taken, whatever it is about: sent again, it would be no other."""
    try:
        event = wire.parse(body)
    except ValueError:
        return Push(200)
    if event.get("apiVersion") != "v1" or event.get("merchantId") != settings.merchant_id:
        return Push(200)
    about = wire.payment(event.get("payment"))
    return Push(200) if about is None else Push(200, about.number, about.id)


def _only(headers: Headers, name: str) -> str:
    """The one value of that header; two would be read differently by different programs."""
    values = headers.get(name, ())
    if len(values) != 1:
        raise ForgedPush(f"{name} is not there exactly once")
    return values[0]
