"""What the merchant backend's stand-in asks of a request: who sends it, when, and whether its fields are what they must be.

By docs/merchant-backend.yaml, as strictly as an integrator may do it. `daemon.gateways.signing` is the one piece of the box
that is used here: both its ends are held against an independent library in its own tests.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final

from daemon.gateways.signing import BadSignature, Key, Request, verify_request
from daemon.sandbox.credentials import MerchantCredentials
from daemon.secret import Secret

Fields = dict[str, Any]

FRESH_S: Final = 300  # of difference between `created` and our clock
NONCE_S: Final = 600  # a nonce is remembered: twice FRESH_S, for clocks that differ either way


class Refused(Exception):
    """The request is not carried out. `code` is the contract's; `reason` the wallet's own code, where it was the wallet."""

    def __init__(self, code: str, detail: str = "", *, reason: str = "", fields: dict[str, str] | None = None) -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail
        self.reason = reason
        self.fields = fields or {}


# -- who --


@dataclass(slots=True)
class Door:
    """Lets in what proves itself: by signature, by bearer token, or by client certificate; whichever the request tries."""

    credentials: MerchantCredentials
    now: Callable[[], float]  # monotonic seconds
    wall: Callable[[], dt.datetime]  # the time of day, with zone
    _nonces: dict[str, float] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        return Key(self.credentials.key_id, Secret(self.credentials.secret))

    def is_ours(self, signed: Request) -> bool:
        """Whether the request names our key, so that the answer can be signed, a refusal too."""
        given = next((value for name, value in signed.headers.items() if name.lower() == "signature-input"), "")
        return f';keyid="{self.key.key_id}"' in given

    def admit(self, asked: Request, *, certified: bool) -> None:
        """`certified`: the connection showed the merchant's certificate. Raises Refused (unauthenticated, clock_skew, replayed)."""
        headers = {name.lower(): value for name, value in asked.headers.items()}
        if "signature-input" in headers or "signature" in headers:
            self._check_signature(asked)
        elif "authorization" in headers:
            self._check_token(headers["authorization"])
        elif not certified:
            raise Refused("unauthenticated", "neither a signature, nor a token, nor a client certificate")

    def _check_signature(self, signed: Request) -> None:
        try:
            signer = verify_request(signed, lambda key_id: self.key.secret if key_id == self.key.key_id else None)
        except BadSignature as error:
            raise Refused("unauthenticated", str(error)) from error
        skew_s = signer.created - self.wall().timestamp()
        if abs(skew_s) > FRESH_S:
            raise Refused("clock_skew", f"created is {abs(skew_s):.0f} s {'ahead of' if skew_s > 0 else 'behind'} the backend's clock")
        if signed.method == "POST":
            self._check_nonce(signer.nonce)

    def _check_nonce(self, nonce: str) -> None:
        now = self.now()
        self._nonces = {old: at for old, at in self._nonces.items() if now - at < NONCE_S}
        if nonce in self._nonces:
            raise Refused("replayed", f"the nonce was used within the last {NONCE_S} s")
        self._nonces[nonce] = now

    def _check_token(self, authorization: str) -> None:
        expected = f"Bearer {self.credentials.secret}"
        if not hmac.compare_digest(authorization.encode("utf-8", "surrogateescape"), expected.encode()):
            raise Refused("unauthenticated", "the token is wrong")


# -- what --


@dataclass(frozen=True, slots=True)
class Rule:
    """One field: whether a value is good, and how that is said."""

    fits: Callable[[Any], bool]
    text: str


def _text(form: str, text: str) -> Rule:
    pattern = re.compile(form, re.DOTALL)
    return Rule(lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None, text)


def _is_amount(value: Any) -> bool:
    return type(value) is int and 1 <= value <= 2**53 - 1


_RULES: Final = {
    "out_trade_no": _text("[A-Za-z0-9]{1,32}", "1 to 32 letters and digits"),
    "amount": Rule(_is_amount, "a whole number from 1"),
    "currency": _text("[A-Z]{3}", "three capital letters (ISO 4217)"),
    "store_id": _text(".{0,64}", "at most 64 characters"),
    "terminal_id": _text(".{0,64}", "at most 64 characters"),
    "auth_code": _text(".{1,512}", "1 to 512 characters"),
    "scheme": _text(".{0,32}", "at most 32 characters"),
    "description": _text(".{0,128}", "at most 128 characters"),
    "refund_no": _text("[A-Za-z0-9]{1,64}", "1 to 64 letters and digits"),
}
PLACE: Final = ("store_id", "terminal_id")
ORDER: Final = ("out_trade_no", "amount", "currency", *PLACE)
QR_ORDER: Final = (*ORDER, "scheme", "description")
CHARGE: Final = (*QR_ORDER, "auth_code")
REFUND: Final = (*ORDER, "refund_no")


def parse(content_type: str, body: bytes, names: Collection[str]) -> Fields:
    """The request's fields, each checked. Raises Refused (malformed, invalid)."""
    if content_type != "application/json":
        raise Refused("malformed", "the content type is not application/json")
    try:
        parsed = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused("malformed", "the body is not JSON in UTF-8") from None
    if not isinstance(parsed, dict):
        raise Refused("malformed", "the body is not an object")
    check(parsed, names)
    return parsed


def check(fields: Fields, names: Collection[str]) -> None:
    """Raises Refused (invalid) with all fields that are wrong."""
    wrong = {name: _RULES[name].text for name in names if not _RULES[name].fits(fields.get(name))}
    if wrong:
        raise Refused("invalid", "; ".join(f"{name}: {text}" for name, text in wrong.items()), fields=wrong)
