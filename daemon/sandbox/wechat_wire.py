"""WeChat Pay API v2 on the wire, as the provider sees it: XML, signatures, and the fields of each request.

Written for the sandbox alone and from the published rules, so that it can judge what the box sends. Sources: signature page
4_3 of the v2 documentation; the field tables of micropay, orderquery, reverse, refund, unifiedorder and closeorder.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

Fields = dict[str, str]

SIGN_TYPES: Final = ("MD5", "HMAC-SHA256")


class Refused(Exception):
    """The request is wrong. `code` is WeChat's; `detail` says which field."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail


def parse(body: bytes) -> Fields:
    """The fields of a request. Raises Refused (NOT_UTF8, XML_FORMAT_ERROR)."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("NOT_UTF8") from None
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise Refused("XML_FORMAT_ERROR") from None
    names = [child.tag for child in root]
    if root.tag != "xml" or len(names) != len(set(names)) or any(len(child) for child in root):
        raise Refused("XML_FORMAT_ERROR", "one flat level of different elements under <xml>")
    return {child.tag: child.text or "" for child in root}


def build(fields: Mapping[str, str | int]) -> bytes:
    """The XML of an answer: numbers bare, text in CDATA."""
    lines = [f"<{name}>{value if isinstance(value, int) else _cdata(value)}</{name}>" for name, value in fields.items()]
    return "\n".join(["<xml>", *lines, "</xml>"]).encode()


def sign(fields: Mapping[str, str | int], key: str, sign_type: str) -> str:
    """The signature over all fields but `sign` and empty ones; zero counts as a value."""
    texts = {name: str(value) for name, value in fields.items() if name != "sign"}
    joined = "&".join(f"{name}={texts[name]}" for name in sorted(texts) if texts[name])
    text = f"{joined}&key={key}".encode()
    if sign_type == "HMAC-SHA256":
        return hmac.new(key.encode(), text, hashlib.sha256).hexdigest().upper()
    return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()  # the provider's own rule, not ours


def check_signature(fields: Fields, key: str) -> str:
    """The sign_type of a correctly signed request. Raises Refused (LACK_PARAMS, SIGNERROR)."""
    sign_type = fields.get("sign_type") or "MD5"
    if sign_type not in SIGN_TYPES:
        raise Refused("SIGNERROR", f"sign_type {sign_type[:32]}")
    if not fields.get("sign"):
        raise Refused("LACK_PARAMS", "sign")
    if not hmac.compare_digest(sign(fields, key, sign_type).encode(), fields["sign"].encode()):
        raise Refused("SIGNERROR")
    return sign_type


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


# -- the fields of each request --


@dataclass(frozen=True, slots=True)
class Rule:
    """One field: how long it may be, in characters, whether it must be there, and its form."""

    length: int
    required: bool = False
    form: re.Pattern[str] | None = None


_NUMBER = re.compile(r"[0-9A-Za-z_\-|*]+")  # out_trade_no: letters, digits and these four signs
_POSITIVE = re.compile(r"[1-9][0-9]*")
_CURRENCY = re.compile(r"[A-Z]{3}")
_TIME = re.compile(r"[0-9]{14}")
_WORD = re.compile(r"[\x21-\x7e]+")

_EVERY: Final = {
    "appid": Rule(32, required=True, form=_WORD),
    "mch_id": Rule(32, required=True, form=_WORD),
    "sub_appid": Rule(32),
    "sub_mch_id": Rule(32, form=_WORD),
    "nonce_str": Rule(32, required=True, form=_WORD),
    "sign_type": Rule(32),
    "sign": Rule(64, required=True),
}
_NUMBERED: Final = {"transaction_id": Rule(32, form=_WORD), "out_trade_no": Rule(32, form=_NUMBER)}
_GOODS: Final = {
    "device_info": Rule(32),
    "body": Rule(127, required=True),  # 128 on the global page, 127 on the mainland one: the stricter
    "detail": Rule(6000),
    "attach": Rule(127),
    "out_trade_no": Rule(32, required=True, form=_NUMBER),
    "total_fee": Rule(9, required=True, form=_POSITIVE),
    "fee_type": Rule(16, form=_CURRENCY),
    "spbill_create_ip": Rule(64, required=True),
    "goods_tag": Rule(32),
    "limit_pay": Rule(32),
    "time_start": Rule(14, form=_TIME),
    "time_expire": Rule(14, form=_TIME),
}

MICROPAY: Final = {
    **_EVERY,
    **_GOODS,
    "version": Rule(32),
    "receipt": Rule(8),
    "auth_code": Rule(128, required=True),
    "scene_info": Rule(256),
}
ORDERQUERY: Final = {**_EVERY, **_NUMBERED, "version": Rule(32)}
REVERSE: Final = {**_EVERY, **_NUMBERED}
CLOSEORDER: Final = {**_EVERY, "out_trade_no": Rule(32, required=True, form=_NUMBER)}
REFUND: Final = {
    **_EVERY,
    **_NUMBERED,
    "out_refund_no": Rule(64, required=True, form=re.compile(r"[0-9A-Za-z_\-|*@]+")),
    "total_fee": Rule(9, required=True, form=_POSITIVE),
    "refund_fee": Rule(9, required=True, form=_POSITIVE),
    "refund_fee_type": Rule(8, form=_CURRENCY),
    "refund_desc": Rule(80),
}
UNIFIEDORDER: Final = {
    **_EVERY,
    **_GOODS,
    "notify_url": Rule(256, required=True),
    "trade_type": Rule(16, required=True),
    "product_id": Rule(32),
}


def check_fields(fields: Fields, rules: Mapping[str, Rule]) -> None:
    """Raises Refused (LACK_PARAMS, PARAM_ERROR) at the first field that breaks its rule; unknown ones are let pass."""
    for name, rule in rules.items():
        value = fields.get(name, "")
        if not value:
            if rule.required:
                raise Refused("LACK_PARAMS", name)
        elif len(value) > rule.length or (rule.form and not rule.form.fullmatch(value)):
            raise Refused("PARAM_ERROR", name)
    if rules is not MICROPAY and rules is not UNIFIEDORDER:
        _check_numbered(fields)
    else:
        _check_address(fields["spbill_create_ip"])


def _check_numbered(fields: Fields) -> None:
    if not fields.get("out_trade_no") and not fields.get("transaction_id"):
        raise Refused("LACK_PARAMS", "out_trade_no")


def _check_address(text: str) -> None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise Refused("PARAM_ERROR", "spbill_create_ip") from None
