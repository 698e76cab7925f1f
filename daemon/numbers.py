"""Order numbers: unique for ever, whatever clock, power and memory do."""

from __future__ import annotations

import re
import secrets

from daemon.payment import OutTradeNo

# Crockford's Base32: no letters that are read as others when a number is told over the telephone.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM = 20  # characters: 100 bits, so two boxes with one terminal id do not meet either


class OrderNumbers:
    """Makes order numbers of one box: ``T``, six characters of its terminal id, 20 random ones; 27 of the 32 that WeChat takes.

    No counter and no clock: both can go back. The leading letter keeps a number from looking like a payer's code.
    """

    def __init__(self, terminal_id: str) -> None:
        self._prefix = "T" + re.sub(r"[^A-Z0-9]", "", terminal_id.upper())[:6]

    def __call__(self) -> OutTradeNo:
        return OutTradeNo(self._prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM)))
