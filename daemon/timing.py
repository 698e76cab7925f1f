"""How long the box waits for what: one schedule per gateway kind, each number with its source.

All seconds, decimals allowed, greater than zero. `[timing]` in the configuration replaces single numbers.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """The waits of a payment. Field names are the keys of `[timing]`."""

    scan_s: float = 60.0  # for a code to be presented. Own
    answer_s: float = 10.0  # for the whole answer to a charge. Own; no official figure
    reply_s: float = 5.0  # for the whole answer to a query, revoke, close or refund. Own
    query_every_s: float = 5.0  # WeChat Quick Pay guide, password-verification step 10
    give_up_s: float = 30.0  # from sending the charge. Same step 10; the wallet itself closes unpaid orders at 45 s
    revoke_not_before_s: float = 15.0  # from sending the charge. WeChat's revoke page
    revoke_retry_s: float = 2.0  # first pause between revokes, doubling to 60. Own
    in_doubt_s: float = 600.0  # of revoking without confirmation before the till is told `in_doubt`. Own
    qr_s: float = 120.0  # for which a QR is offered. Own
    qr_query_every_s: float = 3.0  # Worldline Connect's WeChat page: every three seconds
    chase_s: float = 10.0  # first pause of asking on after the till was told an unproven end, doubling to 3600. Own
