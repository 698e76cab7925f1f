"""The till gives up: before anything was sent, while the charge is on its way, while the payer is asked."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from provider_thread import fresh_code

from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Fault, Step, Steps

BOTH = pytest.mark.parametrize("via", ["wechat", "merchant"])

SILENT = Steps((Step(fault=Fault.SILENT),))


def test_before_a_code_nothing_is_sent_and_the_scanner_wants_none(shop, provider):
    charges = len(provider.charges())
    ref = shop.ask()
    assert shop.delete(ref).status == 202
    payment = shop.end(ref)
    assert (payment["state"], payment["reason"]["code"], payment["attempts"]) == ("cancelled", "cancelled", [])
    shop.scan(fresh_code("paid"))
    assert shop.delete(ref).status == 409
    assert shop.sell(fresh_code("paid"))["state"] == "paid"
    assert len(provider.charges()) == charges + 1


@BOTH
def test_while_the_payer_is_asked_the_order_is_revoked_as_soon_as_that_is_allowed(shop, provider, via):
    ref = shop.ask()
    shop.scan(fresh_code("password_never", via))
    shop.until_state(ref, "pending")
    answer = shop.delete(ref)
    assert (answer.status, answer.body["state"]) == (202, "revoking")
    assert shop.put("another").status == 423
    payment = shop.end(ref)
    assert (payment["state"], payment["reason"]["code"]) == ("revoked", "cancelled")
    order = provider.order(payment["attempts"][0]["out_trade_no"])
    assert (order["state"], order["revokes"], order["early_revokes"], order["money_in"]) == ("revoked", 1, 0, 0)


@BOTH
def test_a_payer_who_confirms_after_the_till_gave_up_has_paid(shop, provider, via):
    """The last query before the revoke sees it: handing over is right, undoing would not be."""
    ref = shop.ask()
    shop.scan(fresh_code("password_never", via))
    number = shop.until_state(ref, "pending")["attempts"][0]["out_trade_no"]
    assert shop.delete(ref).body["state"] == "revoking"
    provider.confirm(number)
    assert shop.end(ref)["state"] == "paid"
    assert (provider.order(number)["money_in"], provider.order(number)["revokes"]) == (1250, 0)


@BOTH
@pytest.mark.parametrize(("case", "end", "kept"), [("paid", "paid", 1250), ("password_never", "revoked", 0)])
def test_while_the_charge_is_unanswered_the_truth_is_asked_for_first(shop, provider, via, case, end, kept):
    provider.next_is(replace(CASES[case], charge=SILENT))
    ref = shop.ask()
    shop.scan(fresh_code("paid", via))
    number = shop.until_state(ref, "submitting")["attempts"][0]["out_trade_no"]
    assert shop.delete(ref).body["state"] == "revoking"
    assert shop.end(ref)["state"] == end
    order = provider.order(number)
    assert (order["charges"], order["money_in"] - order["money_out"]) == (1, kept)


def test_a_cancel_said_twice_is_one_cancel(shop, provider):
    ref = shop.ask()
    shop.scan(fresh_code("password_never"))
    number = shop.until_state(ref, "pending")["attempts"][0]["out_trade_no"]
    assert [shop.delete(ref).status for _ in range(3)] == [202, 202, 202]
    assert shop.end(ref)["state"] == "revoked"
    assert provider.order(number)["revokes"] == 1


@BOTH
def test_when_the_time_is_up_the_last_query_follows_at_once(hasty, via):
    """Nothing is slept over between giving up and the undoing that it asks for."""
    payment = hasty.sell(fresh_code("password_never", via))
    entries = hasty.journal(payment["ref"])
    gave_up = next(entry for entry in entries if entry["state"] == "revoking")
    asked = next(entry for entry in entries if entry["seq"] > gave_up["seq"] and entry["detail"].get("does") == ["query"])
    waited = datetime.fromisoformat(asked["at"]) - datetime.fromisoformat(gave_up["at"])
    assert waited < timedelta(seconds=0.7)
