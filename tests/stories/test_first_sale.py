"""A sale from the first byte on the scanner's line to the till, the lights and the provider's ledger."""

import pytest
from provider_thread import fresh_code


@pytest.mark.parametrize("via", ["wechat", "merchant"])
def test_a_code_is_scanned_and_paid_and_everybody_is_told(shop, provider, via):
    ref = shop.ask(1250)
    assert shop.box()["screen"] == "awaiting_code"
    shop.scan(fresh_code("paid", via))
    payment = shop.end(ref)
    assert (payment["state"], payment["amount"], payment["reason"]) == ("paid", 1250, None)
    (attempt,) = payment["attempts"]
    order = provider.order(attempt["out_trade_no"])
    assert (order["state"], order["money_in"], order["money_out"], order["charges"]) == ("paid", 1250, 0, 1)
    assert attempt["trade_no"] == order["trade_no"]
    assert (attempt["gateway"], order["provider"]) == (via, via)
    box = shop.box()
    assert box["screen"] == "paid"
    assert box["lights"]["green"] == "fast"
    assert shop.states(ref) == ["awaiting_code", "submitting", "paid"]
