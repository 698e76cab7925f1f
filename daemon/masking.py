"""Texts that came from outside, made safe to keep and show (P10)."""

from __future__ import annotations

import re
import unicodedata

TEXT_MAX = 200  # characters of a provider's text that are kept; WeChat's own limit for `err_code_des` is 128

# Payers' codes: a long run of digits (the shortest known has 16, wallets.md table 5.1), or the Base64 of an EMVCo code.
_CODE = re.compile(r"\d{14,}|hQVDUFYw[A-Za-z0-9+/=]+")


def masked(text: str, *known: str) -> str:
    """The text without codes, the `known` ones and what looks like one, without control characters, and not too long.

    Of a code at most the first two and last two characters stay.
    """
    for secret in known:
        if secret:
            text = text.replace(secret, _mask(secret))
    text = _CODE.sub(lambda found: _mask(found.group()), text)
    return "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)[:TEXT_MAX]


def _mask(code: str) -> str:
    return f"{code[:2]}…{code[-2:]}" if len(code) >= 8 else "…"
