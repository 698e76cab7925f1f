"""What must be true once a crash story has come to its end, however often the box died in it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Any

from crash_story import AMOUNT, RESERVED, Told
from crashing_daemon import AFTER, ASKED, Plan
from secrets_told import Discretion

from daemon.news import News
from daemon.payment import State

CODE = "awaiting_code:CODE"
QR_WANTED = f"{ASKED}+awaiting_code:QR_WANTED"
ENDED = frozenset({"absent", "closed", "revoked", "refunded"})
"""Where an order may stand at the provider for good, unless it is the one that is paid. `failed` is none: it is revoked, too."""
FOR_GOOD = frozenset({"paid", "revoked", "refunded"})
ONE_ORDER_PER_KEY = frozenset({"connect"})
"""Providers that make one order however often it is asked for (DESIGN, "What ends how")."""
FOR_A_PERSON = frozenset({"paid_late", "mismatch", "settled"})
"""Reasons by which a till that was not told "paid" learns that the money is there all the same."""


def faults(told: Told) -> list[str]:
    """Every promise that was broken, in words; none, if all is well."""
    return [*_at_the_till(told), *_on_the_line(told), *_at_the_provider(told), *_in_the_journal(told), *_in_the_logs(told)]


def may_end(told: Told) -> frozenset[str]:
    """The states in which the payment may end: that of the story without a crash, unless the crash itself decided otherwise.

    Before anything was charged, the box gives the sale up when it starts again. The order that is stored with the amount may have been
    charged or not: that is asked about, and it goes on from there. A charge that was decided and not sent cannot be
    sent later, because the payer's code is kept nowhere: the order is undone. An order for a QR is made once (P1): where the
    answer with the QR is lost, and the provider does not tell it again, the box lets the order go. Where it dies while the order
    is closed, what is paid meanwhile is found before anybody is told an end: the till's.
    """
    for disk in told.deaths:
        if disk == RESERVED:
            return frozenset({told.story.ends, *told.story.also} if told.orders else {"cancelled"})
        if disk == "awaiting_code":  # what had been refused before, and is paid after all, goes back then
            return frozenset({"refunded" if any(order["money_in"] for order in told.orders.values()) else "cancelled"})
        if disk == "submitting" and told.payment["attempts"][-1]["out_trade_no"] not in told.orders:
            return frozenset({"revoked"})
        if disk == "creating_qr":
            return frozenset({told.story.ends, *told.story.also, "expired", "paid", *(["cancelled"] if told.story.cancels else [])})
        if disk == "closing":
            return frozenset({told.story.ends, *told.story.also, "paid"})
    return frozenset({told.story.ends, *told.story.also})


def _at_the_till(told: Told) -> Iterator[str]:
    state = told.payment["state"]
    if state not in may_end(told):
        yield f"ended {state}, and not {' or '.join(may_end(told))}"
    for before, after in zip(told.heard, told.heard[1:], strict=False):
        if before in FOR_GOOD and not (told.story.jams and (before, after) == ("paid", "refunded")):
            yield f"the till was told {before}, and then {after}"
    reason = (told.payment["reason"] or {}).get("code")
    money_told = state == "paid" or (state != "refunded" and reason in FOR_A_PERSON)
    if _kept(told) != (AMOUNT if money_told else 0):
        yield f"the till was told {state} ({reason}), and the shop has {_kept(told)}"
    if not told.deaths and (state != told.story.ends or bool(_kept(told)) != told.story.keeps_money):
        yield f"without a crash it ended {state}, with {_kept(told)}"


def _on_the_line(told: Told) -> Iterator[str]:
    """What the serial till was told: the same end, under one number until another came, and that is known to have been got."""
    if told.till is None:
        return
    ends = told.till.ends
    if not ends or ends[-1]["state"] != told.payment["state"]:
        yield f"it ended {told.payment['state']}, and its till was told {[end['state'] for end in ends]}"
    numbers = {(end["seq"], end["state"]) for end in ends}
    if len(numbers) != len({seq for seq, _ in numbers}) or len(numbers) != len({state for _, state in numbers}):
        yield f"one end was told under two numbers, or two under one: {sorted(numbers)}"
    if told.payment["state"] == "paid" and any(end["s"] != "paid" for end in ends):
        yield f"the till was told {[end['s'] for end in ends]} of what is paid"


def _at_the_provider(told: Told) -> Iterator[str]:
    for number, order in told.orders.items():
        if order["charges"] != 1 and told.story.via not in ONE_ORDER_PER_KEY:
            yield f"{number} was charged {order['charges']} times"
        if order["early_revokes"]:
            yield f"{number} was revoked too early"
        if order["refunds"] > 1 or order["money_out"] > order["money_in"]:
            yield f"{number} was refunded {order['refunds']} times, {order['money_out']} of {order['money_in']}"
        if order["state"] not in ENDED and order["money_in"] == order["money_out"]:
            yield f"{number} was left {order['state']} at the provider"


def _in_the_journal(told: Told) -> Iterator[str]:
    in_doubt = told.payment["state"] == "in_doubt"
    if told.is_open and not in_doubt:
        yield "the box has still something to do about it"
    if in_doubt and told.story.ends != "in_doubt":
        yield "it is in doubt"


def _in_the_logs(told: Told) -> Iterator[str]:
    yield from Discretion(told.box).check_all()


def went_as_planned(told: Told) -> bool:
    """It died where it was to die, and a request that was to be on its way was on its way: if not, it is told once more."""
    sent = any(plan.at in (CODE, QR_WANTED) and plan.place == AFTER for plan in _deadly(told))
    return told.has_died_as_planned and bool(told.orders or not sent or told.story.first_line)


def _kept(told: Told) -> int:
    return sum(order["money_in"] - order["money_out"] for order in told.orders.values())


def _deadly(told: Told) -> list[Plan]:
    return [plan for plan in told.plans if plan.at]


def died_at(told: Told) -> set[tuple[str, str]]:
    """The rows of the table at which it died, each with the place."""
    killed: list[dict[str, Any]] = [step for step in told.steps if step.get("killed")]
    return {(row, step["killed"]) for step in killed for row in step["rows"]}


def untried(table: Iterable[tuple[State, News]], died: Container[str]) -> list[str]:
    """The rows of the table at which nobody died."""
    rows = sorted(f"{state}:{news.name}" for state, news in table)
    return [row for row in rows if row not in died]
