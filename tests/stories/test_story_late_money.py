"""Money that came after the till was told "not paid": found, and given back or reported, as the operator chose."""

from dataclasses import replace

import pytest
from provider_thread import fresh_code
from story_timing import HASTY

from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Move, Standing

PATIENT = {"timing": {"give_up_s": 0.5, "revoke_not_before_s": 0.5, "chase_s": 1.5}}

BOTH = pytest.mark.parametrize("via", ["wechat", "merchant"])


@pytest.fixture
def refunding(hasty):
    return hasty


@pytest.fixture(scope="module")
def reporting(make_shared_box):
    return make_shared_box({**HASTY, "policy": {"sell_while_in_doubt": True, "late_payment": "report"}}).start()


def order_of(provider, payment):
    return provider.order(payment["attempts"][0]["out_trade_no"])


@BOTH
@pytest.mark.parametrize("refund", ["paid", "refund_busy", "refund_lost"])
def test_late_money_is_refunded_once_however_the_refund_goes(refunding, provider, via, refund):
    provider.next_is(replace(CASES["paid_late"], refund=CASES[refund].refund))
    payment = refunding.sell(fresh_code("paid", via))
    assert payment["state"] in ("in_doubt", "refunded")
    payment = refunding.until_state(payment["ref"], "refunded")
    assert payment["reason"]["code"] == "paid_late"
    order = order_of(provider, payment)
    assert (order["money_in"], order["money_out"], order["refunds"]) == (1250, 1250, 1)


def test_a_refund_that_is_refused_for_good_is_left_to_a_person(refunding, provider):
    before = refunding.box()["in_doubt"]
    provider.next_is(replace(CASES["paid_late"], refund=CASES["refund_refused"].refund))
    payment = refunding.sell(fresh_code("paid", "merchant"))
    payment = refunding.until_payment(payment["ref"], lambda p: p["reason"]["code"] == "paid_late")
    assert payment["state"] == "in_doubt"
    refunding.until(lambda: refunding.box()["in_doubt"] == before + 1)
    assert order_of(provider, payment)["money_out"] == 0


@BOTH
def test_where_late_money_is_only_reported_it_stays_and_is_listed(reporting, provider, via):
    payment = reporting.sell(fresh_code("paid_late", via))
    payment = reporting.until_payment(payment["ref"], lambda p: p["reason"]["code"] == "paid_late")
    assert payment["state"] == "in_doubt"
    order = order_of(provider, payment)
    assert (order["money_in"], order["money_out"], order["refund_requests"]) == (1250, 0, 0)


def test_a_charge_that_arrives_after_the_provider_had_forgotten_it_is_found_too(make_box, provider):
    """The provider never knew the order, so the till was told `revoked`, which stays; one more look finds the money."""
    reporting = make_box({**PATIENT, "policy": {"late_payment": "report"}}).start()
    refunding = make_box(PATIENT).start()
    for via in ("wechat", "merchant"):
        reported, refunded = lost_and_revoked((reporting, refunding), provider, via)
        reported = reporting.until_payment(reported["ref"], lambda p: p["reason"]["code"] == "paid_late")
        assert reported["state"] == "revoked"
        assert order_of(provider, reported)["money_out"] == 0
        provider.until(lambda order=refunded: order_of(provider, order)["money_out"] == 1250)


def lost_and_revoked(boxes, provider, via):
    """A payment of each box, told `revoked`, whose order has not arrived yet."""
    asked = {}
    for box in boxes:
        provider.next_is(replace(CASES["request_lost"], moves=(Move(Standing.PAID, after=2.2),)))
        asked[box] = box.ask()
        box.scan(fresh_code("paid", via))
        box.until_state(asked[box], "pending", "revoking")
    payments = [box.end(ref) for box, ref in asked.items()]
    assert [payment["state"] for payment in payments] == ["revoked", "revoked"]
    assert [order_of(provider, payment)["money_in"] for payment in payments] == [0, 0]
    return payments


def test_a_payer_who_paid_twice_is_told_to_a_person(reporting, provider):
    """The first code is refused, the second is paid; then the first order is paid as well, and cannot be undone."""
    before = reporting.box()["in_doubt"]
    provider.next_is(replace(CASES["paid_late"], start=Standing.UNPAID, charge=CASES["refused_notenough"].charge))
    ref = reporting.ask()
    reporting.scan(fresh_code("paid"))
    reporting.until_payment(ref, lambda p: p["attempts"] and p["attempts"][0]["state"] == "refused" and p["state"] == "awaiting_code")
    reporting.scan(fresh_code("paid"))
    assert reporting.end(ref)["state"] == "paid"
    reporting.until(lambda: reporting.box()["in_doubt"] == before + 1)
    payment = reporting.payment(ref)
    assert (payment["state"], payment["attempts"][0]["reason"]["code"]) == ("paid", "paid_late")
    assert [provider.order(attempt["out_trade_no"])["money_in"] for attempt in payment["attempts"]] == [1250, 1250]
