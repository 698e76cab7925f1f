"""CBTIS's notifications: verified over the raw body, and then no more than the number of an order to ask about. Pure.

    Signature: hex(sha256(body + "." + apikey))

That is no HMAC and carries no time: whoever has seen one push can send it again for ever. So it proves nothing about money, and
it need not: it names an order, and the query says what became of it. The header's name is not on CBTIS's page; it is the one
that its sister platform's clients read. Source: docs.globalcbtis.com, "Webhook Verify".
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from daemon.gateways.base import ForgedPush, Push
from daemon.gateways.cbtis_wire import fields_of, word
from daemon.secret import Secret

_SIGNATURE = re.compile(r"[0-9A-Fa-f]{64}")
_TAKEN = 200  # "HTTP 200 exactly", within five seconds; otherwise ten times in all


def read(method: str, headers: Mapping[str, Sequence[str]], body: bytes, apikey: Secret) -> Push:
    """Raises ForgedPush. A genuine one that this box cannot read is taken all the same: sending it again would not help."""
    if method != "POST":
        raise ForgedPush("a notification is a POST")
    given = headers.get("signature", ())
    if len(given) != 1 or not _SIGNATURE.fullmatch(given[0].strip()):
        raise ForgedPush("a notification has one header Signature with 64 hexadecimal digits")
    if not hmac.compare_digest(signature(body, apikey), given[0].strip().lower()):
        raise ForgedPush("the signature does not fit the body")
    data = (fields_of(body) or {}).get("data")
    data = data if isinstance(data, dict) else {}
    return Push(_TAKEN, word(data.get("merchant_order_id")), word(data.get("order_id")))


def signature(body: bytes, apikey: Secret) -> str:
    """64 hexadecimal digits, lower case."""
    return hashlib.sha256(body + b"." + apikey.reveal().encode()).hexdigest()
