"""Providers' notifications: the sandbox sends them to the box, which then asks; by the clock it would ask a minute later only."""

from functools import cache

import pytest
from box_config import showing_by
from qr_sale import money, number_of

from daemon.sandbox.pushes import FORGED, GENUINE, REPLAYED
from daemon.sandbox.shown_cases import SHOWN_CASES

KINDS = ("smart2pay", "cbtis", "connect")
EACH = pytest.mark.parametrize("kind", KINDS)

ASKS_RARELY = {
    "timing": {"qr_s": 30, "qr_query_every_s": 60, "chase_s": 60},  # longer than any story waits
    "policy": {"sell_while_in_doubt": True},
}

TAKEN = {"smart2pay": 204, "cbtis": 200, "connect": 200}

LIVES_ON = SHOWN_CASES["not_cancellable"]
"""Nobody scans, and whatever the provider is asked does not end the order."""


@pytest.fixture(scope="module")
def shop_of(make_shared_box, provider):
    """A box by that kind, which all stories here share."""
    return cache(lambda kind: make_shared_box({**ASKS_RARELY, **showing_by(provider, kind)}, scanner=False).start())


@pytest.fixture(autouse=True)
def _nobody_is_notified(provider):
    """After a story: the boxes of the next one may be others."""
    yield
    for kind in KINDS:
        provider.notifies(kind, None)


def address(box, kind):
    return f"http://127.0.0.1:{box.port}/v1/notify/{kind}"


def shown(box, provider):
    """A new payment whose QR is shown; its ref and order number."""
    provider.next_is(LIVES_ON)
    ref = box.ask(mode="show")
    return ref, number_of(box.until_state(ref, "presenting_qr"))


def hints(box, ref):
    return [entry["event"] for entry in box.journal(ref)].count("hinted")


@EACH
def test_paid_as_soon_as_the_provider_tells(shop_of, provider, kind):
    """Only what is genuine makes the box ask; had it asked on the forgery, it would have found the money. A replay is no news."""
    box = shop_of(kind)
    ref, number = shown(box, provider)
    provider.confirm(number)
    provider.notifies(kind, address(box, kind))
    known = box.journal(ref)
    assert provider.push(number, FORGED) == 401
    assert (box.payment(ref)["state"], box.journal(ref), provider.order(number)["queries"]) == ("presenting_qr", known, 0)
    assert provider.push(number, GENUINE) == TAKEN[kind]
    assert box.end(ref)["state"] == "paid"
    known, order = box.journal(ref), provider.order(number)
    assert provider.push(number, REPLAYED) == TAKEN[kind]
    assert (box.journal(ref), provider.order(number), hints(box, ref)) == (known, order, 1)
    assert money(order) == (1250, 0)


def test_late_money_is_found_as_soon_as_the_provider_tells(shop_of, provider):
    """The clock would mean up to an hour here. It tells within a second of the box's last question, and is heeded after that."""
    box = shop_of("smart2pay")
    provider.next_is(LIVES_ON)
    ref = box.ask(mode="show", ttl_s=0.2)
    number = number_of(box.until_state(ref, "expired"))
    provider.notifies("smart2pay", address(box, "smart2pay"))
    provider.confirm(number)
    assert box.until_state(ref, "refunded")["reason"]["code"] == "paid_late"
    assert (money(provider.order(number)), provider.order(number)["refunds"]) == ((1250, 1250), 1)


def test_what_nobody_sent_to_us_is_turned_away(shop_of, provider):
    """No such gateway; a gateway of ours, and nothing that proves the sender."""
    box = shop_of("connect")
    assert box.request("POST", "/v1/notify/nobody", b"{}").status == 404
    assert box.request("POST", "/v1/notify/connect", b"{}").status == 401
    assert box.request("GET", "/v1/notify/connect").status == 401


def test_connect_looks_beforehand_whether_somebody_is_at_home(shop_of, provider):
    """Its Configuration Center wants back what it sends, before it sends anything else."""
    box = shop_of("connect")
    answer = box.request("GET", "/v1/notify/connect", headers={"X-GCS-Webhooks-Endpoint-Verification": "made-up-4711"})
    assert (answer.status, answer.body) == (200, b"made-up-4711")
