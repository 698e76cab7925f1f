"""What is looked up in the journal, and what is found: the words that web, desk and journal share."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.payment import Payment, Ref, State

Span = tuple[str, str]
"""Moments from the first on and before the second, each as the journal's rows spell them (RFC 3339, UTC, milliseconds)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters that a payment must fit, all of them that are given.

    `ref` and `order` are whole ones where the journal has such a one, and beginnings otherwise. `order` is the box's number of an
    order or the provider's. The state `in_doubt` stands for everything that a person must look at, as `/v1/box` counts it: late
    money and doubtful goods too, whose payments keep their state."""

    ref: str | None = None
    order: str | None = None
    amount_minor: int | None = None
    made: Span | None = None
    states: frozenset[State] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """Payments that fit, newest first. `older`: there may be more, before the payment of that ref; None: that was all."""

    payments: list[Payment]
    older: Ref | None


@dataclass(frozen=True, slots=True)
class Made:
    """A payment of a day, for reconciliation. `number` is the journal's own, by which the next page is asked for; `ended_at` when it came
    to the end that it has now (None: it has none); `is_doubtful`: a person must look at it."""

    number: int
    payment: Payment
    ended_at: str | None
    is_doubtful: bool
