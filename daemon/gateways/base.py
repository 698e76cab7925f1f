"""The shape of a gateway: what the runner may ask of a provider, and what it gets.

A gateway turns one call into one request, verifies the answer and says what it means (`daemon.reply.Reply`). It keeps no
state about orders, decides nothing, and repeats nothing by itself (P1). Every call may raise `daemon.reply.NotSent`,
`NoAnswer` or `Unintelligible`, and nothing else that a provider or a network could cause. Waits are bounded by the
schedule the gateway was built with: `answer_s` for submit and create_qr, `reply_s` for the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from daemon.codes import AuthCode
from daemon.payment import Attempt
from daemon.reply import Reply


class Ability(str, Enum):
    """What a gateway can do; a route to one that cannot is a configuration error."""

    SCAN = "scan"
    SHOW = "show"
    REFUND = "refund"
    CLOSE = "close"

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that `check()` found. `blocking`: no sale may start with it (credentials, certificate); else it may pass
    by itself (the network)."""

    text: str
    blocking: bool


class Gateway(Protocol):
    """One provider, or the merchant's backend. `name` is the key in `[gateways.NAME]`."""

    name: str
    abilities: frozenset[Ability]
    holds_queries: bool  # the provider can keep a query open until something changes (`hold_s`)

    async def submit(self, attempt: Attempt, auth_code: AuthCode) -> Reply: ...

    async def create_qr(self, attempt: Attempt) -> Reply: ...

    async def query(self, attempt: Attempt, hold_s: float = 0.0) -> Reply: ...

    async def revoke(self, attempt: Attempt) -> Reply: ...

    async def close(self, attempt: Attempt) -> Reply: ...

    async def refund(self, attempt: Attempt) -> Reply: ...

    async def check(self) -> list[Problem]:
        """Everything that would keep a sale from working: reach, credentials, certificate, clock. Empty: all well."""

    async def warm(self) -> None:
        """Open a connection now, so that the next call finds it open. Never raises; sends nothing that moves money."""

    async def aclose(self) -> None:
        """Let go of connections."""


def refund_number(attempt: Attempt) -> str:
    """The number of the one refund an attempt can have: always the same, so that the provider carries it out once."""
    return f"{attempt.out_trade_no}R"
