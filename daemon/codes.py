"""What a scanned text is: a payer's code and whose, or one of the things people hold up by mistake.

Only a payer's code ever reaches a gateway. The rules are a table, because wallets extend their ranges over time; the
ranges are those that WeChat (Quick Pay product page), Alipay (`AlipayTradePayModel`) and UnionPay publish or use.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from enum import Enum


class AuthCode:
    """A payer's code: a bearer secret for about a minute. It shows itself masked everywhere but to `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The code itself; only for the body of a charge."""
        return self._text

    def __str__(self) -> str:
        return f"{self._text[:2]}…{self._text[-2:]}" if len(self._text) >= 8 else "…"

    def __repr__(self) -> str:
        return f"AuthCode({self})"

    def __reduce__(self) -> str:
        raise TypeError("an AuthCode is never copied or stored")


class Kind(str, Enum):
    """What somebody held before the scanner. Each but `PAYER` has a text of its own on the screen."""

    PAYER = "payer"  # a wallet's payment code: may be charged
    PRODUCT = "product"  # the barcode of a thing: EAN, UPC, ITF-14, GS1
    RECEIVE = "receive"  # a wallet's code for receiving money: the payer opened the wrong page
    MERCHANT_QR = "merchant_qr"  # an EMVCo code that a shop shows and a payer scans
    URL = "url"
    UNKNOWN = "unknown"

    __str__ = str.__str__


SCHEMES = ("wechat", "alipay", "unionpay", "emvco")
"""Whose payer's codes the box can tell apart; the keys of `[routes] scan`."""


@dataclass(frozen=True, slots=True)
class Code:
    """A scanned text, understood. Only a payer's code is kept, as the secret it is; of all else nothing but the kind."""

    kind: Kind
    scheme: str | None = None  # with PAYER: one of SCHEMES
    auth_code: AuthCode | None = None  # with PAYER


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]  # must match the whole text
    kind: Kind
    scheme: str | None = None


def _rule(pattern: str, kind: Kind, scheme: str | None = None) -> _Rule:
    return _Rule(re.compile(pattern, re.IGNORECASE | re.ASCII | re.DOTALL), kind, scheme)


# The first rule that fits counts. Lengths tell as much as prefixes: other wallets use 18 and 19 digits with other prefixes
# (d-barai 90…, JPQR 31…), and those are unknown here.
_RULES = (
    _rule(r"1[0-5][0-9]{16}", Kind.PAYER, "wechat"),
    _rule(r"(?:2[5-9]|30)[0-9]{14,22}", Kind.PAYER, "alipay"),  # AlipayHK and Alipay+ partners share the range
    _rule(r"62[0-9]{17}", Kind.PAYER, "unionpay"),
    _rule(r"[0-9]{8,14}", Kind.PRODUCT),  # EAN-8, UPC-A, EAN-13, ITF-14 and what lies between
    _rule(r"000201.*", Kind.MERCHANT_QR),  # EMVCo merchant-presented: tag 00, length 02, value 01
    _rule(r"(?:wxp|weixin|alipays?|alipayqr|upwallet)://.*", Kind.RECEIVE),
    _rule(r"https?://(?:qr\.alipay\.com|qr\.95516\.com|payapp\.weixin\.qq\.com|wx\.tenpay\.com)/.*", Kind.RECEIVE),
    _rule(r"(?:[a-z][a-z0-9+.-]*://|www\.).*", Kind.URL),
)

# Some scanners put the symbology before the text (ISO/IEC 15424): `]`, a letter, a modifier. These say that the text is
# the barcode of a thing, whatever its digits look like: EAN/UPC (with a five-digit add-on it has 18 digits), GS1-128,
# GS1 DataBar, GS1 DataMatrix, GS1 QR Code.
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_PRODUCT_SYMBOLOGY = re.compile(r"\](?:E[0-9]|C1|e[0-9]|d2|Q3)")

_BASE64 = re.compile(r"([A-Za-z0-9+/]+)={0,2}")
_EMVCO_START = b"\x85\x05CPV01"  # payload format indicator, EMVCo consumer-presented mode
_EMVCO_LONGEST = 512  # characters; the longest that Alipay+ takes in `codeValue`


def classify(text: str) -> Code:
    """What a scanned text is. Takes any text whatever, never raises."""
    text = text.strip(" \t\r\n")
    if _PRODUCT_SYMBOLOGY.match(text):
        return Code(Kind.PRODUCT)
    symbology = _SYMBOLOGY.match(text)
    if symbology:
        text = text[symbology.end() :]
    for rule in _RULES:
        if rule.pattern.fullmatch(text):
            return _code(rule.kind, rule.scheme, text)
    return _code(Kind.PAYER, "emvco", text) if _is_emvco(text) else Code(Kind.UNKNOWN)


def _code(kind: Kind, scheme: str | None, text: str) -> Code:
    return Code(kind, scheme, AuthCode(text) if kind is Kind.PAYER else None)


def _is_emvco(text: str) -> bool:
    """Whether the Base64 text holds an EMVCo payload. The bytes decide: in the text the seventh byte mixes with the eighth."""
    base64_text = _BASE64.fullmatch(text)
    if base64_text is None or len(text) > _EMVCO_LONGEST:
        return False
    digits = base64_text[1]
    if len(digits) % 4 == 1:  # no number of bytes gives that many
        return False
    return base64.b64decode(digits + "=" * (-len(digits) % 4)).startswith(_EMVCO_START)
