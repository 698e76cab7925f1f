"""The network goes: before the charge, in the middle of a sale, and for longer than anybody waits."""

import pytest
from provider_thread import Provider, fresh_code
from story_timing import HASTY

BOTH = pytest.mark.parametrize("via", ["wechat", "merchant"])


@pytest.fixture(scope="module")
def own_provider(tmp_path_factory):
    """One whose network may be cut without cutting off other stories' boxes."""
    with Provider(tmp_path_factory.mktemp("own-sandbox")) as running:
        yield running


@pytest.fixture(scope="module")
def kiosk(make_shared_box, own_provider):
    return make_shared_box(HASTY, provider=own_provider).start()


@pytest.fixture(scope="module")
def anxious(make_shared_box, own_provider):
    """A box that soon says that it is in doubt."""
    return make_shared_box({"timing": {**HASTY["timing"], "in_doubt_s": 0.5}}, provider=own_provider).start()


def number_of(payment):
    return payment["attempts"][-1]["out_trade_no"]


@BOTH
def test_nothing_left_the_box_so_the_same_code_may_be_shown_again(kiosk, own_provider, via):
    box = kiosk
    own_provider.network(up=False)
    code = fresh_code("paid", via)
    ref = box.ask()
    box.scan(code)
    box.until(lambda: box.journal(ref)[-1]["event"] == "failed")
    payment = box.until_payment(ref, lambda told: told["attempts"][0]["reason"])  # on the disk first, told after it
    assert (payment["state"], [a["reason"]["code"] for a in payment["attempts"]]) == ("awaiting_code", ["not_sent"])
    gateway = box.box()["gateways"][via]
    assert (gateway["state"], "refuses connections" in gateway["detail"]) == ("failing", True)
    own_provider.network(up=True)
    box.scan(code)
    payment = box.end(ref)
    assert (payment["state"], len(payment["attempts"])) == ("paid", 2)
    assert own_provider.order(number_of(payment))["charges"] == 1
    assert own_provider.call(lambda: own_provider.sandbox.ledger.charges_with(code)) == 1
    assert box.box()["gateways"][via]["state"] == "ok"


@BOTH
@pytest.mark.parametrize("confirmed", [True, False])
def test_in_mid_sale_the_outcome_is_found_when_the_network_is_back(kiosk, own_provider, via, confirmed):
    box = kiosk
    ref = box.ask()
    box.scan(fresh_code("password_never", via))
    number = number_of(box.until_state(ref, "pending"))
    own_provider.network(up=False)
    if confirmed:
        own_provider.confirm(number)
    assert box.until_state(ref, "revoking")["state"] == "revoking"
    assert box.put("another").status == 423
    own_provider.network(up=True)
    payment = box.end(ref)
    order = own_provider.order(number)
    assert payment["state"] == "revoked" or (confirmed and payment["state"] == "paid")  # the cable may come back just before a revoke
    assert (order["charges"], order["money_in"]) == (1, 1250 if confirmed else 0)
    assert order["money_in"] - order["money_out"] == (1250 if payment["state"] == "paid" else 0)


@BOTH
def test_gone_for_longer_than_anybody_waits_the_payment_is_in_doubt_and_ends_when_it_is_back(anxious, own_provider, via):
    box = anxious
    ref = box.ask()
    box.scan(fresh_code("password_never", via))
    number = number_of(box.until_state(ref, "pending"))
    own_provider.network(up=False)
    payment = box.end(ref)
    assert (payment["state"], payment["reason"]["code"]) == ("in_doubt", "revoke_unconfirmed")
    own_provider.network(up=True)
    assert box.until_state(ref, "revoked")["final"]
    assert own_provider.order(number)["state"] == "revoked"
    assert box.sell(fresh_code("paid", via))["state"] == "paid"


def test_a_box_that_starts_without_network_sells_when_it_comes(make_box, own_provider):
    own_provider.network(up=False)
    box = make_box(provider=own_provider).start()
    assert {gateway["state"] for gateway in box.box()["gateways"].values()} == {"failing"}
    own_provider.network(up=True)
    assert box.sell(fresh_code("paid"))["state"] == "paid"
