"""From a backend's word to a verdict: every table is complete where it must be, and silent words stay unknown."""

import pytest
from merchant_backend import CODE, PLACE, attempt

from daemon.codes import AuthCode
from daemon.gateways.merchant_reading import CHARGE, CLOSE, QUERY, REFUND, REVOKE, read_complaint, read_order, without
from daemon.gateways.merchant_wire import Complaint, Order, OrderState, ProblemCode
from daemon.reply import Refusal, Reply, Unintelligible, Verdict

READINGS = [CHARGE, QUERY, REVOKE, CLOSE, REFUND]


def order(state: OrderState | None, **changes) -> Order:
    fields = {"out_trade_no": "T1", "minor": 1250, "currency": "CNY", "state": state, "store_id": "shop-12", "terminal_id": "box-7"}
    fields |= {"trade_no": None, "code": "", "text": "", "payer_can_mend": False, "qr": None, **changes}
    return Order(**fields)


@pytest.mark.parametrize("reading", [CHARGE, QUERY, CLOSE])
def test_whoever_asks_knows_every_state(reading):
    assert reading.orders.keys() == set(OrderState)


@pytest.mark.parametrize("reading", READINGS)
def test_only_definite_words_refuse(reading):
    """P4: a code or a state that is not in the table leaves everything open."""
    open_verdicts = {Verdict.UNKNOWN, Verdict.REVOKE_AGAIN}
    assert reading.otherwise in open_verdicts
    assert read_complaint(Complaint(None, "brand_new", ""), reading).verdict in open_verdicts
    assert read_order(attempt(), PLACE, order(None), reading).verdict in open_verdicts


def test_a_doubled_charge_is_not_refused():
    """Its first copy may have been carried out."""
    assert read_complaint(Complaint(ProblemCode.REPLAYED, "replayed", ""), CHARGE).verdict is Verdict.UNKNOWN


def test_nothing_but_a_charge_is_refused_by_credentials():
    for reading in READINGS[1:]:
        assert read_complaint(Complaint(ProblemCode.UNAUTHENTICATED, "unauthenticated", ""), reading).refusal is None


def test_paid_is_believed_from_a_charge_a_query_and_a_close():
    for reading in (CHARGE, QUERY, CLOSE):
        assert read_order(attempt(), PLACE, order(OrderState.PAID), reading).verdict is Verdict.PAID


def test_a_revoke_that_still_finds_it_paid_goes_on():
    assert read_order(attempt(), PLACE, order(OrderState.PAID), REVOKE).verdict is Verdict.REVOKE_AGAIN


def test_undone_is_believed_of_our_order_only():
    with pytest.raises(Unintelligible):
        read_order(attempt(), PLACE, order(OrderState.REVOKED, out_trade_no="T2"), REVOKE)


def test_a_reply_without_a_code_names_the_state():
    assert read_order(attempt(), PLACE, order(OrderState.CLOSED), QUERY).code == "closed"


def test_who_can_mend_a_refusal():
    assert read_order(attempt(), PLACE, order(OrderState.REFUSED, payer_can_mend=True), CHARGE).refusal is Refusal.PAYER
    assert read_order(attempt(), PLACE, order(OrderState.REFUSED), CHARGE).refusal is Refusal.FINAL
    assert read_complaint(Complaint(ProblemCode.FORBIDDEN, "forbidden", ""), CHARGE).refusal is Refusal.OURS


def test_a_qr_text_is_given_only_where_it_is_wanted():
    unpaid = order(OrderState.UNPAID, qr="weixin://x")
    assert read_order(attempt(), PLACE, unpaid, CHARGE, shows=True).qr == "weixin://x"
    assert read_order(attempt(), PLACE, unpaid, QUERY).verdict is Verdict.UNPAID
    assert read_order(attempt(), PLACE, order(OrderState.CLOSED, qr="weixin://x"), CHARGE, shows=True).qr is None


def test_a_code_in_the_backends_words_is_masked():
    reply = without(Reply(Verdict.REFUSED, CODE, f"{CODE}!"), AuthCode(CODE))
    assert (reply.code, reply.text) == ("13…17", "13…17!")
