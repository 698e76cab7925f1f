"""The shape of a gateway: what the runner may ask of a provider, and what it gets.

A gateway turns one call into one request, verifies the answer and says what it means (`daemon.reply.Reply`). It keeps no
state about orders, decides nothing, and repeats nothing by itself (P1). Every call may raise `daemon.reply.NotSent`,
`NoAnswer` or `Unintelligible`, and nothing else that a provider or a network could cause. Waits are bounded by the
schedule the gateway was built with: `answer_s` for submit and create_qr, `reply_s` for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

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


class ForgedPush(Exception):
    """A notification does not verify: it is answered 401 and has no effect."""


@dataclass(frozen=True, slots=True)
class Push:
    """A verified notification: a hint to query that order now, never more. `status` and `body` are what the provider wants for
    "taken"; `out_trade_no` or `trade_no` say which order, both None where it is about none of ours."""

    status: int
    out_trade_no: str | None = None
    trade_no: str | None = None
    body: bytes = b""
    content_type: str = "text/plain"


@runtime_checkable
class Pushed(Protocol):
    """A gateway whose provider sends notifications to `/v1/notify/NAME`."""

    def read_push(self, method: str, headers: Mapping[str, Sequence[str]], body: bytes) -> Push:
        """Verify over the raw body as the provider prescribes. Header names are lower case, each with all its values.

        Raises ForgedPush. Pure: no I/O, no waiting.
        """


class Gateway(Protocol):
    """One provider, or the merchant's backend. `name` is the key in `[gateways.NAME]`."""

    name: str
    abilities: frozenset[Ability]
    holds_queries: bool  # the provider can keep a query open until something changes (`hold_s`)
    repeats_creates: bool  # the provider makes one order per key, however often `create_qr` is called for it

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
