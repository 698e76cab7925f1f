"""Refusals: which of them the payer may mend, how often, and what becomes of the refused orders."""

from dataclasses import replace

import pytest
from provider_thread import fresh_code

from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Call, Move, Standing, Step, Steps

BOTH = pytest.mark.parametrize("via", ["wechat", "merchant"])


def refused_once(box, ref, count=1):
    """The payment as soon as that many of its codes were refused and another one is wanted."""
    return box.until_payment(ref, lambda p: p["state"] == "awaiting_code" and len(p["attempts"]) == count)


@BOTH
def test_five_refusals_end_the_payment_and_the_next_sale_may_start_at_once(shop, provider, via):
    ref = shop.ask()
    for count in range(1, 5):
        shop.scan(fresh_code("refused_notenough", via))
        assert refused_once(shop, ref, count)["reason"] is None
    shop.scan(fresh_code("refused_notenough", via))
    payment = shop.end(ref)
    assert (payment["state"], payment["reason"]["code"], len(payment["attempts"])) == ("refused", "NOTENOUGH", 5)
    assert shop.sell(fresh_code("paid", via))["state"] == "paid"
    numbers = [attempt["out_trade_no"] for attempt in payment["attempts"]]
    provider.until(lambda: all(provider.order(number)["state"] == "revoked" for number in numbers))
    assert [(provider.order(number)["charges"], provider.order(number)["money_in"]) for number in numbers] == [(1, 0)] * 5


def test_while_a_fresh_code_is_wanted_the_panel_says_why_the_last_one_did_not_do(shop):
    ref = shop.ask()
    shop.scan(fresh_code("refused_notenough"))
    payment = refused_once(shop, ref)
    assert payment["attempts"][0]["reason"]["code"] == "NOTENOUGH"
    assert shop.box()["screen"] == "awaiting_code"
    assert shop.box()["lights"]["green"] == "on"
    shop.delete(ref)


def test_a_refused_code_that_stays_before_the_scanner_uses_up_nothing(shop, provider):
    code = fresh_code("refused_notenough")
    ref = shop.ask()
    shop.scan(code)
    refused_once(shop, ref)
    shop.scan(code)
    shop.scan(fresh_code("paid"))
    payment = shop.end(ref)
    assert (payment["state"], len(payment["attempts"])) == ("paid", 2)
    assert provider.call(lambda: provider.sandbox.ledger.charges_with(code)) == 1


def test_no_fresh_code_in_time_ends_the_payment_with_the_refusals_own_reason(shop):
    ref = shop.ask(ttl_s=1.5)
    shop.scan(fresh_code("refused_notsuportcard"))
    payment = shop.end(ref)
    assert (payment["state"], payment["reason"]["code"]) == ("refused", "NOTSUPORTCARD")


def test_nobody_comes(shop, provider):
    charges = len(provider.charges())
    payment = shop.end(shop.ask(ttl_s=0.2))
    assert (payment["state"], payment["reason"]["code"], payment["attempts"]) == ("expired", "scan_timeout", [])
    assert len(provider.charges()) == charges


@BOTH
def test_an_order_that_was_refused_and_is_paid_after_all_ends_the_wait_for_another_code(shop, provider, via):
    """The payer must not pay twice: the money of the first order is found before a second code is shown."""
    surprise = replace(
        CASES["refused_notenough"],
        start=Standing.CONFIRMING,
        moves=(Move(Standing.PAID, on=Call.QUERY, nth=2),),
        query=Steps((Step(says=Standing.FAILED),)),
    )
    provider.next_is(surprise)
    ref = shop.ask()
    shop.scan(fresh_code("refused_notenough", via))
    payment = shop.end(ref)
    assert (payment["state"], len(payment["attempts"])) == ("paid", 1)
    assert "awaiting_code" in shop.states(ref)[2:], "the refusal was told before"
    order = provider.order(payment["attempts"][0]["out_trade_no"])
    assert (order["money_in"], order["money_out"], order["revokes"]) == (1250, 0, 0)


def test_an_order_paid_while_the_payer_pays_by_another_one_is_given_back(shop, provider):
    """Refused, and paid only after the fresh code was paid too: one of the two goes back to the payer."""
    surprise = replace(
        CASES["refused_notenough"],
        start=Standing.CONFIRMING,
        moves=(Move(Standing.PAID, on=Call.REVOKE),),
        query=Steps((Step(says=Standing.FAILED),)),
    )
    provider.next_is(surprise)
    ref = shop.ask()
    shop.scan(fresh_code("refused_notenough"))
    refused_once(shop, ref)
    shop.scan(fresh_code("paid"))
    payment = shop.end(ref)
    assert payment["state"] == "paid"
    first, second = (attempt["out_trade_no"] for attempt in payment["attempts"])
    given_back = provider.until(lambda: order if (order := provider.order(first))["state"] == "refunded" else None)
    assert given_back["money_out"] == given_back["money_in"] == 1250
    assert provider.order(second)["money_out"] == 0
