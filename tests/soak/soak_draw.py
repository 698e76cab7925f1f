"""What the seed decides: who sells what to whom, and when the box dies of it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from daemon.sandbox.cases import CASES

# How a sale goes in a shop, most of the time; the other half of the draws is any case that the sandbox knows.
USUAL = ("paid", "paid", "password_then_paid", "password_then_paid", "password_never", "password_declined", "refused_notenough", "not_paid")
NO_END = frozenset({"bad_signature_always"})
"""The provider's queries are never to be believed: a box asks on for days, as it must, and a soak has no days."""

BROKEN_WORD = frozenset({"paid_after_revoked"})
"""The provider confirms a revoke that it did not carry out, and takes the money: no box can know (see `case_ends`)."""

ANY = tuple(sorted(set(CASES) - NO_END - BROKEN_WORD))
LAUNCH, ASKING, ASKED, SHOWN, ENDED = "launch", "asking", "asked", "shown", "ended"
MOMENTS = {
    LAUNCH: 0.4,
    ASKING: 0.02,
    ASKED: 0.05,
    SHOWN: 0.08,
    "submitting": 0.05,
    "pending": 0.6,
    "revoking": 0.2,
    "creating_qr": 0.05,
    "presenting_qr": 0.8,
    "closing": 0.2,
    ENDED: 0.5,
}
"""What a death is counted from, and how many seconds it may come later, at most. `LAUNCH` is the forking of the process, `ASKING`,
`ASKED` and `SHOWN` what till and payer do; the others are the moment at which the till hears of that state."""

_OF_A_SCAN = (ASKING, ASKED, SHOWN, "submitting", "pending", "pending", "revoking", ENDED)
_OF_A_QR = (ASKING, ASKED, "creating_qr", "presenting_qr", "presenting_qr", "closing", ENDED)
_CANCELLED_IN = {True: ("awaiting_code", "pending", "revoking"), False: ("creating_qr", "presenting_qr")}


@dataclass(frozen=True, slots=True)
class Death:
    """`delay_s` after that moment, the first time that it comes in the life that is to end so."""

    after: str
    delay_s: float


@dataclass(frozen=True, slots=True)
class Sale:
    """One payment. `cancelled_in`: the till gives up as soon as it hears of that state; it may never come."""

    ref: str
    amount: int
    via: str
    scans: bool
    case: str
    cancelled_in: str | None
    deaths: tuple[Death, ...]


def draw(seed: str, number: int, show_via: str) -> Sale:
    """The same for the same seed and number, whatever came before."""
    rng = random.Random(f"{seed}/{number}")
    scans = rng.random() < 0.7
    return Sale(
        ref=f"K-{number}",
        amount=rng.randrange(1, 100_000),
        via=rng.choice(("wechat", "merchant")) if scans else show_via,
        scans=scans,
        case=rng.choice(USUAL if rng.random() < 0.5 else ANY),
        cancelled_in=rng.choice(_CANCELLED_IN[scans]) if rng.random() < 0.15 else None,
        deaths=_deaths(rng, scans),
    )


def _deaths(rng: random.Random, scans: bool) -> tuple[Death, ...]:
    """The first one is of a box that runs; each further one may also be of a box that has not come up again yet."""
    moments = _OF_A_SCAN if scans else _OF_A_QR
    count = rng.choice((1, 1, 2, 2, 3, 4))
    chosen = [rng.choice(moments if n == 0 else (LAUNCH, LAUNCH, *moments)) for n in range(count)]
    return tuple(Death(moment, rng.uniform(0, MOMENTS[moment])) for moment in chosen)
