"""What must be true of every payment once nothing is left to be done, however often the box died of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from soak_draw import Sale

FOR_GOOD = frozenset({"paid", "revoked", "refunded"})
FOR_A_PERSON = frozenset({"paid_late", "mismatch"})
"""Reasons by which a till that was not told "paid" learns that the money is there all the same."""

DEAD = frozenset({"absent", "closed", "revoked", "refunded"})
"""Where an order may stand at the provider for good, unless it is paid and kept."""


@dataclass(slots=True)
class Sold:
    """A sale, and what became of it."""

    sale: Sale
    heard: list[str] = field(default_factory=list)  # the states that the till was told, one after the other
    payment: dict[str, Any] = field(default_factory=dict)  # as the till is told in the end
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)  # the provider's, by number
    is_open: bool = False

    def hear(self, state: str) -> None:
        if self.heard[-1:] != [state]:
            self.heard.append(state)

    @property
    def kept(self) -> int:
        return sum(order["money_in"] - order["money_out"] for order in self.orders.values())

    @property
    def reason(self) -> str | None:
        code: str | None = (self.payment["reason"] or {}).get("code")
        return code


def faults(sold: Sold) -> list[str]:
    """Every promise that was broken, in words."""
    ref = sold.sale.ref
    return [f"{ref}: {fault}" for fault in (*_at_the_till(sold), *_at_the_provider(sold))]


def _at_the_till(sold: Sold) -> Iterator[str]:
    state = sold.payment["state"]
    if sold.payment["amount"] != sold.sale.amount:
        yield f"asked for {sold.sale.amount}, and told {sold.payment['amount']}"
    for before, after in pairwise(sold.heard):
        if before in FOR_GOOD:
            yield f"the till was told {before}, and then {after}"
    if state == "in_doubt":
        if sold.reason != "mismatch":
            yield f"it is in doubt ({sold.reason}), though the provider tells everything by now"
    elif sold.is_open or not sold.payment["final"]:
        yield f"it has come to no end: {state}, is_open={sold.is_open}"
    told_of_money = state == "paid" or (state != "refunded" and sold.reason in FOR_A_PERSON)
    if sold.kept != (sold.sale.amount if told_of_money else 0):
        yield f"the till was told {state} ({sold.reason}) of {sold.sale.amount}, and the shop has {sold.kept}"


def _at_the_provider(sold: Sold) -> Iterator[str]:
    for number, order in sold.orders.items():
        if order["charges"] != 1:
            yield f"{number} was charged {order['charges']} times"
        if order["early_revokes"]:
            yield f"{number} was revoked too early"
        if order["refunds"] > 1 or order["money_out"] > order["money_in"]:
            yield f"{number} was refunded {order['refunds']} times, {order['money_out']} of {order['money_in']}"
        if order["state"] not in DEAD and order["money_in"] == order["money_out"]:
            yield f"{number} was left {order['state']} at the provider"


def strangers(numbers_known: set[str], ledger: dict[str, Any]) -> list[str]:
    """Orders at the provider that no payment knows of, and payers' codes that were sent twice."""
    unknown = sorted(set(ledger["orders"]) - numbers_known)
    found = [f"{number} is at the provider, and no payment has it" for number in unknown]
    return found + ([f"{ledger['codes_used_twice']} codes were sent twice"] if ledger["codes_used_twice"] else [])
