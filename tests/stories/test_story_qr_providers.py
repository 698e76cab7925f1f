"""QRs by the three kinds of provider that can only show: the real daemon, the sandbox over TLS, one box by each kind.

What is the same for all five kinds is told as in `test_story_qr`. Money that comes late is the ordinary thing here: Smart2Pay refuses
to close an order, CBTIS has no call for it, and Connect may say beforehand that it will not.
"""

from dataclasses import replace
from functools import cache

import pytest
from box_config import showing_by
from qr_sale import money, number_of, order_of, qr_on_disk, until_panel_reads

from daemon.sandbox import connect_answers, smart2pay_answers
from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Call, Fault, Lie, Move, Standing, Step, Steps
from daemon.sandbox.shown_cases import SHOWN_CASES

KINDS = ("smart2pay", "cbtis", "connect")
EACH = pytest.mark.parametrize("kind", KINDS)

SHOWING = {
    "timing": {"qr_s": 30, "qr_query_every_s": 0.05, "answer_s": 1.0, "reply_s": 1.0},
    "policy": {"sell_while_in_doubt": True},
}

NOBODY_SCANS = CASES["password_never"]
LIVES_ON = SHOWN_CASES["not_cancellable"]
"""Nobody scans, and whatever the provider is asked does not end the order."""

SOON = {"ttl_s": 0.2}

LOST_ANSWER = Steps((Step(fault=Fault.CUT),))
LOST_REQUEST = Steps((Step(act=False, fault=Fault.CUT),))

TEXTS = {
    "smart2pay": smart2pay_answers.qr_code,
    "cbtis": lambda order: f"https://pay.cbtis.invalid/q/{order.trade_no[-12:]}",
    "connect": connect_answers.link,
}
"""What each writes into the QR, from the order in its ledger."""


@pytest.fixture(scope="module")
def shop_of(make_shared_box, provider):
    """A box by that kind, which all stories here share: it sells on, whatever became of the sale before."""
    return cache(lambda kind: make_shared_box({**SHOWING, **showing_by(provider, kind)}, scanner=False).start())


def show(box, provider, payer, **more):
    """A new payment whose QR that payer is to scan; its ref."""
    provider.next_is(payer)
    return box.ask(mode="show", **more)


def shown(box, provider, payer, **more):
    """The same, and it is shown: ref and order number."""
    ref = show(box, provider, payer, **more)
    return ref, number_of(box.until_state(ref, "presenting_qr"))


def let_go(box, provider):
    """A sale whose till was told `expired`, while its order can still be paid."""
    ref = show(box, provider, LIVES_ON, **SOON)
    return ref, number_of(box.until_state(ref, "expired"))


def text_of(provider, kind, number):
    """What the provider wants the payer's wallet to read."""
    return provider.call(lambda: TEXTS[kind](provider.sandbox.ledger.order(number)))


def creates(provider, number):
    """How many requests were to make that order."""
    posts = [seen["path"] for seen in provider.requests() if (seen["number"], seen["method"]) == (number, "POST")]
    return sum(path.endswith(("/payments", "/create")) for path in posts)


# -- paid --


@EACH
def test_a_qr_is_made_once_shown_and_paid(shop_of, provider, kind):
    box = shop_of(kind)
    ref = show(box, provider, "paid", description="two teas")
    payment = box.end(ref)
    assert (payment["state"], payment["mode"], payment["reason"]) == ("paid", "show", None)
    assert box.states(ref) == ["creating_qr", "presenting_qr", "paid"]
    assert payment["attempts"][0]["gateway"] == kind
    order = order_of(provider, payment)
    assert (order["provider"], order["charges"], order["closes"], money(order)) == (kind, 1, 0, (1250, 0))


@EACH
def test_what_the_panel_shows_is_the_providers_text(shop_of, provider, kind):
    """Connect's comes as a picture that is larger than the panel: what it says is drawn afresh."""
    box = shop_of(kind)
    ref, number = shown(box, provider, NOBODY_SCANS)
    until_panel_reads(box, text_of(provider, kind, number))
    provider.confirm(number)
    assert box.end(ref)["state"] == "paid"


# -- not paid --


@EACH
def test_where_nobody_pays_in_time_the_till_may_sell_at_once(shop_of, provider, kind):
    """Whether the provider ends the order or not."""
    box = shop_of(kind)
    ref = show(box, provider, NOBODY_SCANS, **SOON)
    payment = box.end(ref)
    assert (payment["state"], payment["reason"]["code"]) == ("expired", "qr_timeout")
    assert box.states(ref) == ["creating_qr", "presenting_qr", "closing", "expired"]
    assert box.end(show(box, provider, "paid"))["state"] == "paid"
    order = order_of(provider, payment)
    ends = {"smart2pay": ("unpaid", 1), "cbtis": ("unpaid", 0), "connect": ("closed", 1)}
    assert ((order["state"], order["closes"]), money(order)) == (ends[kind], (0, 0))


@EACH
def test_a_till_that_gives_up_hears_cancelled(shop_of, provider, kind):
    box = shop_of(kind)
    ref, number = shown(box, provider, NOBODY_SCANS)
    assert box.put("another", mode="show").status == 423
    assert box.delete(ref).status == 202
    payment = box.end(ref)
    assert (payment["state"], payment["reason"]["code"]) == ("cancelled", "cancelled")
    assert money(provider.order(number)) == (0, 0)


# -- late, and doubtful --


@EACH
def test_late_money_goes_back_or_a_person_is_called(shop_of, provider, kind):
    """CBTIS publishes no refund: the payment stays what the till was told, and is listed as in doubt."""
    box = shop_of(kind)
    doubts = box.box()["in_doubt"]
    ref, number = let_go(box, provider)
    provider.confirm(number)
    check_late_end(box, provider, ref, kind)
    box.until(lambda: box.box()["in_doubt"] == doubts + (kind == "cbtis"))


LATE_ENDS = {"smart2pay": ("refunded", 1250), "cbtis": ("expired", 0), "connect": ("refunded", 1250)}
"""The payment's state, and what went back."""


def check_late_end(box, provider, ref, kind):
    state, back = LATE_ENDS[kind]
    payment = box.until_payment(ref, lambda p: (p["state"], p["reason"] and p["reason"]["code"]) == (state, "paid_late"))
    order = order_of(provider, payment)
    assert (money(order), order["refunds"], order["refund_requests"]) == ((1250, back), bool(back), bool(back))


LIES = [
    *[("smart2pay", lie) for lie in (Lie.AMOUNT, Lie.CURRENCY, Lie.NUMBER, Lie.MERCHANT)],
    *[("cbtis", lie) for lie in (Lie.AMOUNT, Lie.CURRENCY, Lie.NUMBER, Lie.MERCHANT)],
    *[("connect", lie) for lie in (Lie.AMOUNT, Lie.CURRENCY, Lie.NUMBER)],  # its answers name no merchant
]


@pytest.mark.parametrize(("kind", "lie"), LIES)
def test_paid_but_not_what_was_asked_is_in_doubt(shop_of, provider, kind, lie):
    """P6: never `paid`, and nothing is done to the order: a person must look."""
    box = shop_of(kind)
    ref = show(box, provider, lying(lie))
    payment = box.end(ref)
    assert (payment["state"], payment["reason"]["code"]) == ("in_doubt", "mismatch")
    assert "paid" not in box.states(ref)
    order = order_of(provider, payment)
    assert (order["closes"], order["refund_requests"], money(order)) == (0, 0, (1250, 0))


def lying(lie):
    """Every answer about an order that is paid says one thing falsely."""
    return replace(CASES["paid"], query=Steps((), Step(lie=lie)))


# -- the power fails --


@EACH
def test_killed_while_it_shows_the_box_shows_on(shop_of, provider, kind):
    """Also beside a sale in doubt, which is taken up with it."""
    box = shop_of(kind)
    assert box.end(show(box, provider, lying(Lie.AMOUNT)))["state"] == "in_doubt"
    ref, number = shown(box, provider, NOBODY_SCANS)
    box.kill9()
    box.start(ready=False)
    assert number_of(box.until_state(ref, "presenting_qr")) == number
    until_panel_reads(box, text_of(provider, kind, number))
    provider.confirm(number)
    assert box.end(ref)["state"] == "paid"
    assert (provider.order(number)["charges"], money(provider.order(number))) == (1, (1250, 0))


@EACH
def test_killed_after_the_till_was_told_expired_late_money_is_found(shop_of, provider, kind):
    box = shop_of(kind)
    ref, number = let_go(box, provider)
    box.kill9()
    provider.confirm(number)
    box.start(ready=False)
    check_late_end(box, provider, ref, kind)


# -- the answer with the QR does not come --


@pytest.mark.parametrize("charge", [LOST_ANSWER, Steps((Step(code="OUT_TRADE_NO_USED"),))], ids=["lost", "number used"])
def test_smart2pay_is_asked_for_the_order_by_its_number(shop_of, provider, charge):
    """Our numbers are unique: one that was used before is our own order, which has arrived. Found, its QR is shown."""
    box = shop_of("smart2pay")
    ref, number = shown(box, provider, replace(NOBODY_SCANS, charge=charge))
    assert qr_on_disk(box, number) == text_of(provider, "smart2pay", number)
    provider.confirm(number)
    assert box.end(ref)["state"] == "paid"
    assert (creates(provider, number), money(provider.order(number))) == (1, (1250, 0))


@pytest.mark.parametrize("charge", [LOST_ANSWER, LOST_REQUEST], ids=["answer", "request"])
def test_connect_is_asked_again_with_the_same_key_for_the_same_order(shop_of, provider, charge):
    """The one provider that guarantees one order for one key: whatever was lost, there is one order, and its QR is shown."""
    box = shop_of("connect")
    orders = len(provider.orders)
    ref, number = shown(box, provider, replace(NOBODY_SCANS, charge=charge))
    assert qr_on_disk(box, number) == text_of(provider, "connect", number)
    provider.confirm(number)
    assert box.end(ref)["state"] == "paid"
    assert (creates(provider, number), len(provider.orders)) == (2, orders + 1)
    assert money(provider.order(number)) == (1250, 0)


def test_cbtis_does_not_tell_the_qr_a_second_time(shop_of, provider):
    """Nobody has seen it, so nobody pays: the order is let go, never made twice, and the next sale does not wait."""
    box = shop_of("cbtis")
    payment = box.end(show(box, provider, replace(NOBODY_SCANS, charge=LOST_ANSWER)))
    assert (payment["state"], payment["reason"]["code"]) == ("expired", "create_unclear")
    assert (creates(provider, number_of(payment)), money(order_of(provider, payment))) == (1, (0, 0))
    assert box.end(show(box, provider, "paid"))["state"] == "paid"


# -- what only one of them does --


def test_a_token_of_cbtis_may_die_in_the_middle(shop_of, provider):
    """One more is fetched, the question is asked once more, and the till notices nothing."""
    box = shop_of("cbtis")
    tokens = len(provider.sandbox.cbtis.tokens)
    payer = replace(SHOWN_CASES["token_expired"], moves=(Move(Standing.PAID, on=Call.QUERY, nth=4),))
    ref = show(box, provider, payer)
    payment = box.end(ref)
    assert box.states(ref) == ["creating_qr", "presenting_qr", "paid"]
    assert (len(provider.sandbox.cbtis.tokens), money(order_of(provider, payment))) == (tokens + 1, (1250, 0))


def test_completed_is_not_paid_at_connect(shop_of, provider):
    """The payer has done everything (third-party status COMPLETED), and the payment itself says that no money has moved yet."""
    box = shop_of("connect")
    payer = replace(NOBODY_SCANS, moves=(Move(Standing.ACCEPTED, on=Call.QUERY),))
    ref, number = shown(box, provider, payer)
    provider.until(lambda: min(asked(provider, number).values()) > 2)
    assert box.payment(ref)["state"] == "presenting_qr"
    provider.confirm(number)
    assert box.end(ref)["state"] == "paid"


def asked(provider, number):
    """How often how far the payer is, and how often about the payment itself."""
    paths = [seen["path"] for seen in provider.requests("/payments/") if seen["number"] == number]
    status = sum(path.endswith("/thirdpartystatus") for path in paths)
    return {"status": status, "payment": len(paths) - status}
