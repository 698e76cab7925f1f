"""Every case of the sandbox, through both gateways, with the end that it must have at the till and in the provider's ledger.

Most of a case is waiting, so several boxes play them at the same time, each with a till and a scanner of its own; each test
then looks at one of the sales that were played.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from case_ends import ENDS, OTHERWISE_VIA_MERCHANT, End, end_of
from provider_thread import fresh_code

from daemon.sandbox.cases import CASES

BOXES = 3  # of each sort
AMOUNT = 1250

GIVE_UP = {
    True: {"give_up_s": 1.4},  # sales that end because the box gives up: the sooner the better
    False: {"give_up_s": 10.0},  # and those that end before: never by that, however slow this machine is
}

SALES = [(case, via) for case in CASES for via in ("wechat", "merchant")]


@dataclass(frozen=True)
class Sale:
    """One that was played: the payment when the till had its end, and the states that it went through."""

    ref: str
    payment: dict[str, Any]
    states: list[str]


@pytest.fixture(scope="module")
def sales(request, make_shared_box, provider):
    """What became of each sale that is asked for, by case and gateway; an exception where it could not be played."""
    chosen = [item.callspec.params for item in request.session.items if item.path == request.path and hasattr(item, "callspec")]
    waiting: dict[bool, queue.SimpleQueue[tuple[str, str]]] = {True: queue.SimpleQueue(), False: queue.SimpleQueue()}
    for parameters in chosen:
        case, via = parameters["case"], parameters["via"]
        waiting[end_of(case, via).is_undone].put((case, via))
    played: dict[tuple[str, str], Sale | Exception] = {}
    work = [(is_undone, sales) for is_undone, sales in waiting.items() for _ in range(min(BOXES, sales.qsize()))]
    boxes = [make_shared_box({"policy": {"sell_while_in_doubt": True}, "timing": GIVE_UP[is_undone]}) for is_undone, _ in work]
    with ThreadPoolExecutor(len(boxes)) as players:
        list(players.map(play_all, boxes, [sales for _, sales in work], itertools.repeat(played)))
    for (case, via), sale in played.items():
        if isinstance(sale, Sale):
            with contextlib.suppress(AssertionError, KeyError):  # the sale's own test says so
                first_order(provider, sale, end_of(case, via))
    for box in boxes:
        assert box.stop() == 0
    return played


def play_all(box, wanted, played):
    box.start()
    while not wanted.empty():
        try:
            case, via = wanted.get_nowait()
        except queue.Empty:
            return
        try:
            played[case, via] = play(box, case, via)
        except Exception as error:  # noqa: BLE001 - whatever it is, the sale's own test raises it
            played[case, via] = error


def play(box, case: str, via: str) -> Sale:
    ref = box.ask(AMOUNT)
    box.scan(fresh_code(case, via))
    if end_of(case, via).mended:
        box.until_payment(ref, lambda payment: payment["state"] == "awaiting_code" and payment["attempts"])
        box.scan(fresh_code("paid", via))
    payment = box.end(ref)
    return Sale(ref, payment, box.states(ref))


def test_every_case_of_the_sandbox_has_an_end():
    assert set(ENDS) == set(CASES)
    assert set(OTHERWISE_VIA_MERCHANT) <= set(CASES)


@pytest.mark.timeout(300)  # the first one waits until all are played
@pytest.mark.parametrize(("case", "via"), SALES)
def test_a_case_ends_as_it_must_for_till_provider_and_money(sales, provider, case, via):
    sale, end = sales[case, via], end_of(case, via)
    if isinstance(sale, Exception):
        raise sale
    check_till(sale, end)
    check_orders(provider, sale, end)


def check_till(sale: Sale, end: End) -> None:
    payment = sale.payment
    assert (payment["state"], (payment["reason"] or {}).get("code")) == (end.till, end.reason), sale.states
    assert payment["final"] == (end.till != "in_doubt")
    assert sale.states[0] == "awaiting_code"
    assert sale.states[-1] == end.till


def check_orders(provider, sale: Sale, end: End) -> None:
    """One charge for each order (P1), no revoke too early (P8), and every order ends (P5) with the money where the till
    thinks that it is."""
    numbers = [attempt["out_trade_no"] for attempt in sale.payment["attempts"]]
    assert len(numbers) == 1 + end.mended
    orders = [first_order(provider, sale, end), *map(provider.order, numbers[1:])]
    assert [order["charges"] for order in orders] == [1] * len(orders)
    assert [order["early_revokes"] for order in orders] == [0] * len(orders)
    kept = sum(order["money_in"] - order["money_out"] for order in orders)
    assert kept == (AMOUNT if end.kept or end.mended else 0)


def first_order(provider, sale: Sale, end: End) -> dict[str, Any]:
    """The payment's first order, as soon as it stands where it must end."""
    number = sale.payment["attempts"][0]["out_trade_no"]
    return provider.until(lambda: order if (order := provider.order(number))["state"] == end.order else None)


def test_a_backend_that_holds_queries_brings_the_payers_confirmation_at_once(make_box, provider):
    """Polls would be half a minute apart here; the green light does not wait for one."""
    box = make_box({"timing": {"query_every_s": 30, "give_up_s": 60}}).start()
    ref = box.ask()
    box.scan(fresh_code("password_never", "merchant"))
    number = box.until_state(ref, "pending")["attempts"][0]["out_trade_no"]
    provider.until(lambda: provider.order(number)["queries"] == 1)
    provider.confirm(number)
    confirmed_at = time.monotonic()
    assert box.end(ref)["state"] == "paid"
    assert time.monotonic() - confirmed_at < 10
    assert provider.order(number)["queries"] == 1
