"""The box shows the QR and the payer scans it: the real daemon, the sandbox over TLS, a till that asks for `"mode": "show"`."""

from dataclasses import replace

import pytest
from qr_sale import money, number_of, order_of, qr_on_disk, until_panel_reads

from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Call, Fault, Lie, Move, Scenario, Standing, Step, Steps

SHOWING = {
    "timing": {"qr_s": 30, "qr_query_every_s": 0.15, "answer_s": 2.0, "reply_s": 1.0},
    "routes": {"show.default": "wechat", "show.alipay": "merchant"},
    "policy": {"sell_while_in_doubt": True},
}

VIA = {"wechat": {}, "merchant": {"scheme": "alipay"}}
"""What the till's request says so that the QR comes from that gateway."""

BOTH = pytest.mark.parametrize("via", list(VIA))

NOBODY_SCANS = CASES["password_never"]
SOON = {"ttl_s": 0.7}

CLOSES_NOTHING = Steps((), Step(act=False, code="SYSTEMERROR"))
"""Said to a close: by the merchant's backend for good, by WeChat until it says otherwise."""

PAYS_AFTER_THE_CLOSE = (Move(Standing.PAID, on=Call.CLOSE, answered=True),)

PAID_LATE = Scenario(
    "shown_paid_late", "the close is refused, then the payer pays", Standing.UNPAID, PAYS_AFTER_THE_CLOSE, close=CLOSES_NOTHING
)


@pytest.fixture(scope="module")
def showing(make_shared_box):
    """A box that all stories here share: it sells on, whatever became of the sale before."""
    return make_shared_box(SHOWING).start()


def show(box, provider, payer, via, **more):
    """A new payment whose QR that payer is to scan; its ref."""
    provider.next_is(payer)
    return box.ask(mode="show", **VIA[via], **more)


# -- paid --


@BOTH
def test_a_qr_is_made_once_shown_and_paid(showing, provider, via):
    ref = show(showing, provider, "paid", via, description="two teas")
    payment = showing.end(ref)
    assert (payment["state"], payment["mode"], payment["reason"]) == ("paid", "show", None)
    assert showing.states(ref) == ["creating_qr", "presenting_qr", "paid"]
    assert payment["attempts"][0]["gateway"] == via
    order = order_of(provider, payment)
    assert (order["charges"], order["closes"], money(order)) == (1, 0, (1250, 0))


@BOTH
def test_what_the_panel_shows_is_the_providers_qr(showing, provider, via):
    ref = show(showing, provider, NOBODY_SCANS, via)
    number = number_of(showing.until_state(ref, "presenting_qr"))
    until_panel_reads(showing, qr_on_disk(showing, number))
    assert showing.box()["screen"] == "presenting_qr"
    assert showing.box()["lights"]["green"] == "on"
    provider.confirm(number)
    assert showing.end(ref)["state"] == "paid"


LOST_ANSWER = replace(NOBODY_SCANS, charge=Steps((Step(fault=Fault.CUT),)))


def test_an_answer_that_is_lost_makes_no_second_order(showing, provider):
    """P1, P4: whether the order came to be is asked about; WeChat tells no QR again, so it is closed, and nobody can pay it."""
    payment = showing.end(show(showing, provider, LOST_ANSWER, "wechat"))
    assert (payment["state"], payment["reason"]["code"]) == ("expired", "create_unclear")
    order = order_of(provider, payment)
    assert (order["charges"], order["state"], money(order)) == (1, "closed", (0, 0))


def test_an_order_whose_answer_was_lost_is_found_with_its_qr_and_shown(showing, provider):
    """The backend tells the QR again, at once: the query is not held open until something changes."""
    payment = showing.until_state(show(showing, provider, LOST_ANSWER, "merchant"), "presenting_qr")
    provider.confirm(number_of(payment))
    payment = showing.end(payment["ref"])
    assert payment["state"] == "paid"
    assert (order_of(provider, payment)["charges"], money(order_of(provider, payment))) == (1, (1250, 0))


@BOTH
def test_an_order_that_never_arrived_ends_too(showing, provider, via):
    never = replace(CASES["request_lost"], moves=())
    payment = showing.end(show(showing, provider, never, via))
    assert (payment["state"], payment["reason"]["code"]) == ("expired", "create_unclear")
    assert (order_of(provider, payment)["charges"], money(order_of(provider, payment))) == (1, (0, 0))


# -- not paid --


@BOTH
def test_where_nobody_pays_in_time_the_order_is_closed(showing, provider, via):
    ref = show(showing, provider, NOBODY_SCANS, via, **SOON)
    payment = showing.end(ref)
    assert (payment["state"], payment["reason"]["code"]) == ("expired", "qr_timeout")
    assert showing.states(ref) == ["creating_qr", "presenting_qr", "closing", "expired"]
    order = order_of(provider, payment)
    assert (order["state"], order["closes"], money(order)) == ("closed", 1, (0, 0))
    showing.until(lambda: showing.box()["busy_ref"] is None)


@BOTH
def test_a_till_that_gives_up_has_the_order_closed(showing, provider, via):
    ref = show(showing, provider, NOBODY_SCANS, via)
    showing.until_state(ref, "presenting_qr")
    assert showing.put("another", mode="show").status == 423
    assert showing.delete(ref).status == 202
    payment = showing.end(ref)
    assert (payment["state"], payment["reason"]["code"]) == ("cancelled", "cancelled")
    assert (order_of(provider, payment)["state"], money(order_of(provider, payment))) == ("closed", (0, 0))
    assert showing.delete(ref).status == 409


@BOTH
def test_a_payer_who_is_quicker_than_the_close_has_paid(showing, provider, via):
    """Money found while closing is the till's: the payer is standing there, and the goods are."""
    quick = replace(NOBODY_SCANS, moves=(Move(Standing.PAID, on=Call.CLOSE),))
    payment = showing.end(show(showing, provider, quick, via, **SOON))
    assert payment["state"] == "paid"
    assert money(order_of(provider, payment)) == (1250, 0)


# -- late, and doubtful --


def test_late_money_goes_back_and_held_up_nobody(showing, provider):
    """A wallet that cannot close: the till hears `expired` at once, the box asks on, and the next sale does not wait."""
    ref = show(showing, provider, PAID_LATE, "merchant", **SOON)
    showing.until_state(ref, "expired", "refunded")
    assert showing.end(show(showing, provider, "paid", "merchant"))["state"] == "paid"
    payment = showing.until_state(ref, "refunded")
    assert payment["reason"]["code"] == "paid_late"
    order = order_of(provider, payment)
    assert (money(order), order["refunds"]) == ((1250, 1250), 1)


@pytest.mark.parametrize("refund", ["refund_busy", "refund_lost"])
def test_late_money_goes_back_once_however_the_refund_goes(showing, provider, refund):
    ref = show(showing, provider, replace(PAID_LATE, refund=CASES[refund].refund), "merchant", **SOON)
    payment = showing.until_state(ref, "refunded")
    assert (money(order_of(provider, payment)), order_of(provider, payment)["refunds"]) == ((1250, 1250), 1)


def test_where_late_money_is_only_reported_a_person_is_called(make_box, provider):
    changes = {**SHOWING, "policy": {"sell_while_in_doubt": True, "late_payment": "report"}}
    box = make_box(changes).start()
    ref = show(box, provider, PAID_LATE, "merchant", **SOON)
    payment = box.until_payment(ref, lambda p: p["reason"] and p["reason"]["code"] == "paid_late")
    assert payment["state"] == "expired"
    box.until(lambda: box.box()["in_doubt"] == 1)
    assert (money(order_of(provider, payment)), order_of(provider, payment)["refund_requests"]) == ((1250, 0), 0)


@BOTH
@pytest.mark.parametrize("lie", [Lie.AMOUNT, Lie.CURRENCY, Lie.NUMBER, Lie.MERCHANT])
def test_paid_but_not_what_was_asked_is_in_doubt(showing, provider, via, lie):
    """P6: never `paid`, and nothing is done to the order: a person must look."""
    payer = replace(CASES["paid"], query=Steps((), Step(lie=lie)))
    payment = showing.end(show(showing, provider, payer, via))
    assert (payment["state"], payment["reason"]["code"]) == ("in_doubt", "mismatch")
    order = order_of(provider, payment)
    assert (order["closes"], order["refunds"], money(order)) == (0, 0, (1250, 0))


# -- the power fails --


@BOTH
def test_killed_while_it_shows_the_box_shows_on(make_box, provider, via):
    box = make_box(SHOWING).start()
    ref = show(box, provider, NOBODY_SCANS, via)
    number = number_of(box.until_state(ref, "presenting_qr"))
    shown = qr_on_disk(box, number)
    box.kill9()
    box.start(ready=False)
    assert number_of(box.until_state(ref, "presenting_qr")) == number
    box.until(lambda: box.box()["screen"] == "presenting_qr")
    assert qr_on_disk(box, number) == shown
    provider.confirm(number)
    assert box.end(ref)["state"] == "paid"
    assert (provider.order(number)["charges"], money(provider.order(number))) == (1, (1250, 0))


def test_paid_while_the_power_was_gone_is_paid_when_it_is_back(make_box, provider):
    box = make_box(SHOWING).start()
    ref = show(box, provider, NOBODY_SCANS, "wechat")
    number = number_of(box.until_state(ref, "presenting_qr"))
    box.kill9()
    provider.confirm(number)
    box.start(ready=False)
    assert box.end(ref)["state"] == "paid"


def test_killed_after_the_till_was_told_expired_late_money_still_goes_back(make_box, provider):
    box = make_box(SHOWING).start()
    silent = replace(NOBODY_SCANS, close=CLOSES_NOTHING)
    ref = show(box, provider, silent, "merchant", **SOON)
    number = number_of(box.until_state(ref, "expired"))
    box.kill9()
    provider.confirm(number)
    box.start(ready=False)
    assert box.until_state(ref, "refunded")["reason"]["code"] == "paid_late"
    assert (money(provider.order(number)), provider.order(number)["refunds"]) == ((1250, 1250), 1)
