"""GlobalPay's notifications: POST to the one address that the site has in the dashboard, with our own credentials as Basic
authorization, answered 204 with nothing in it within 30 s; repeated for about seven days otherwise.

The body is not signed, and may be a week old: it says which order to ask about, and nothing else in it is believed. What comes
with the right credentials and cannot be read is answered 400, as the vendor's own .NET sample does.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

from daemon.gateways import smart2pay_wire as wire
from daemon.gateways.base import ForgedPush, Push
from daemon.gateways.settings import Smart2paySettings

_TAKEN = 204
_NOT_READ = 400
_OF_OTHERS = frozenset({"Preapproval", "Dispute", "Payout"})  # for people, or never caused by a box


def read(method: str, headers: Mapping[str, Sequence[str]], body: bytes, settings: Smart2paySettings) -> Push:
    """Which order a notification is about. Raises ForgedPush where it does not prove itself."""
    given = headers.get("authorization", ())
    if method != "POST" or len(given) != 1 or not hmac.compare_digest(_decoded(given[0]), wire.basic(settings)):
        raise ForgedPush("it does not come with this site's credentials")
    try:
        return _hint(wire.parse(body))
    except ValueError:
        return Push(_NOT_READ)


def _decoded(header: str) -> bytes:
    """What a Basic authorization says; empty where it is none."""
    scheme, _, token = header.partition(" ")
    try:
        return b64decode(token.strip().encode("ascii"), validate=True) if scheme.lower() == "basic" else b""
    except (UnicodeEncodeError, binascii.Error):
        return b""


def _hint(fields: dict[str, Any]) -> Push:
    """The root's name says what it is. A refund names the payment that it belongs to."""
    if "Payment" in fields:
        payment = wire.record(fields, "Payment")
        return Push(_TAKEN, payment.number, payment.id)
    if "Refund" in fields:
        return Push(_TAKEN, None, wire.record(fields, "Refund").payment_id)
    return Push(_TAKEN if _OF_OTHERS & set(fields) else _NOT_READ)
