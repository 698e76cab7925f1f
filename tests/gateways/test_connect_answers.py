"""What Connect's answers mean: every status, every error, and whose payment it is (`daemon.gateways.connect_answers`,
`daemon.gateways.connect_codes`)."""

from __future__ import annotations

import pytest
from connect_provider import ATTEMPT, ID, NUMBER, answer, created, errors, found, payment, refund

from daemon.gateways import connect_answers as answers
from daemon.gateways import connect_codes as codes
from daemon.gateways import connect_wire as wire
from daemon.money import Amount, Minor
from daemon.reply import Refusal, Reply, Unintelligible, Verdict


def heard(fields: dict[str, object], status: int = 200) -> wire.Heard:
    return wire.hear(answer(fields, status))


def read(status: str, **changes: object) -> Reply:
    known = wire.payment(payment(status, **changes))
    assert known is not None
    return answers.read_payment(known, ATTEMPT)


# From the facts: category, and what that means for a till.
MAPPING = {
    "CREATED": Verdict.UNPAID,
    "REDIRECTED": Verdict.UNPAID,
    "PENDING_PAYMENT": Verdict.UNPAID,
    "ACCOUNT_VERIFIED": Verdict.UNKNOWN,
    "PENDING_APPROVAL": Verdict.UNKNOWN,
    "PENDING_COMPLETION": Verdict.UNKNOWN,
    "PENDING_CAPTURE": Verdict.UNKNOWN,
    "PENDING_FRAUD_APPROVAL": Verdict.UNKNOWN,
    "AUTHORIZATION_REQUESTED": Verdict.CONFIRMING,
    "CAPTURE_REQUESTED": Verdict.CONFIRMING,
    "CAPTURED": Verdict.PAID,
    "PAID": Verdict.PAID,
    "CHARGEBACK_NOTIFICATION": Verdict.PAID,
    "REJECTED": Verdict.REFUSED,
    "REJECTED_CAPTURE": Verdict.REFUSED,
    "CANCELLED": Verdict.CLOSED,
    "REVERSED": Verdict.REFUNDED,
    "CHARGEBACKED": Verdict.REFUNDED,
    "REFUNDED": Verdict.REFUNDED,
}


def test_every_status_of_a_payment() -> None:
    assert set(MAPPING) == set(codes.STATUS)
    for status, verdict in MAPPING.items():
        reply = read(status)
        assert (reply.verdict, reply.code, reply.trade_no) == (verdict, status, ID)
        assert (reply.refusal is Refusal.FINAL) == (verdict is Verdict.REFUSED)


@pytest.mark.parametrize("status", ["BRAND_NEW", "captured", "", None, 5])
def test_a_status_that_nobody_knows_is_unknown_and_never_refused(status: object) -> None:
    assert read(status).verdict is Verdict.UNKNOWN  # type: ignore[arg-type]  # test data


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"amount": 1251}, "amount 1251 instead of 1250"),
        ({"amount": None}, "amount None"),
        ({"currency": "USD"}, "currency 'USD'"),
        ({"currency": None}, "currency none"),
        ({"number": "ANOTHER"}, "another order number"),
        ({"number": None}, "another order number"),
    ],
)
def test_paid_counts_only_where_all_of_it_is_as_it_was_asked(changes: dict[str, object], what: str) -> None:
    reply = read("CAPTURED", **changes)
    assert reply.verdict is Verdict.MISMATCH
    assert what in reply.text


def test_a_paid_sum_in_yen() -> None:
    known = wire.payment(payment("PAID", amount=125000, currency="JPY"))
    assert known is not None
    assert answers.read_payment(known, ATTEMPT.but(amount=Amount(Minor(1250), "JPY"))).verdict is Verdict.PAID
    assert answers.read_payment(known, ATTEMPT.but(amount=Amount(Minor(125000), "JPY"))).verdict is Verdict.MISMATCH


@pytest.mark.parametrize("changes", [{"amount": 1}, {"currency": "USD"}, {"number": "ANOTHER"}])
@pytest.mark.parametrize("status", ["REDIRECTED", "CANCELLED", "REJECTED", "REFUNDED"])
def test_whatever_is_said_of_another_order_is_not_said_of_ours(status: str, changes: dict[str, object]) -> None:
    with pytest.raises(Unintelligible, match="another order"):
        read(status, **changes)


def test_a_rejection_brings_its_words() -> None:
    assert read("REJECTED", errors=[{"code": "430330", "message": "Not authorised"}]).text == "430330: Not authorised"


# -- create --


def test_a_payment_that_can_be_paid_is_to_be_shown() -> None:
    reply = answers.read_create(heard(created(), 201), ATTEMPT)
    assert (reply.verdict, reply.trade_no) == (Verdict.QR, ID)


@pytest.mark.parametrize(("status", "verdict"), [("CAPTURED", Verdict.PAID), ("CANCELLED", Verdict.CLOSED), ("NEW", Verdict.UNKNOWN)])
def test_a_create_that_says_more_is_judged_like_a_query(status: str, verdict: Verdict) -> None:
    assert answers.read_create(heard(created(status), 201), ATTEMPT).verdict is verdict


@pytest.mark.parametrize("fields", [{}, {"payment": {}}, {"payment": []}, created(id="a/b")])
def test_a_create_that_names_no_payment_says_nothing(fields: dict[str, object]) -> None:
    with pytest.raises(Unintelligible, match="names no payment"):
        answers.read_create(heard(fields, 201), ATTEMPT)


@pytest.mark.parametrize(
    ("status", "refusal"), [(400, Refusal.OURS), (401, Refusal.OURS), (402, Refusal.FINAL), (403, Refusal.OURS), (404, Refusal.OURS)]
)
def test_definite_refusals_of_a_create(status: int, refusal: Refusal) -> None:
    reply = answers.read_create(heard(errors("9002", "no"), status), ATTEMPT)
    assert reply == Reply(Verdict.REFUSED, "9002", "9002: no", refusal=refusal)


@pytest.mark.parametrize(
    ("status", "code"), [(409, "1409"), (409, "300620"), (410, "x"), (429, "x"), (500, "9999"), (502, "x"), (503, "x")]
)
def test_refusals_of_a_create_that_prove_nothing(status: int, code: str) -> None:
    reply = answers.read_create(heard(errors(code), status), ATTEMPT)
    assert (reply.verdict, reply.code) == (Verdict.UNKNOWN, code)


def test_a_rejected_create_tells_the_payment_that_it_made() -> None:
    reply = answers.read_create(heard(errors("430330", "Not authorised", paymentResult={"payment": payment("REJECTED")}), 402), ATTEMPT)
    assert reply == Reply(Verdict.REFUSED, "REJECTED", "430330: Not authorised", ID, refusal=Refusal.FINAL)
    paid = heard(errors("1", paymentResult={"payment": payment("CAPTURED")}), 402)
    assert answers.read_create(paid, ATTEMPT).verdict is Verdict.PAID, "the payment counts, not the status of the answer"


# -- looking --


def test_the_search_by_our_number() -> None:
    known = answers.read_found(heard(found(payment("CREATED", number="OTHER"), payment())), ATTEMPT)
    assert known is not None
    assert known.number == NUMBER
    assert answers.read_found(heard(found()), ATTEMPT) is None
    assert answers.read_found(heard({"totalCount": 0}), ATTEMPT) is None


@pytest.mark.parametrize("statuses", [["CANCELLED", "CAPTURED"], ["CAPTURED", "REDIRECTED"], ["REDIRECTED", "CAPTURED", "REJECTED"]])
def test_of_several_the_paid_one_counts(statuses: list[str]) -> None:
    known = answers.read_found(heard(found(*(payment(status) for status in statuses))), ATTEMPT)
    assert known is not None
    assert known.status == "CAPTURED"


def test_of_several_a_living_one_counts_before_a_dead_one() -> None:
    known = answers.read_found(heard(found(payment("REJECTED"), payment("BRAND_NEW"))), ATTEMPT)
    assert known is not None
    assert known.status == "BRAND_NEW"


@pytest.mark.parametrize(("fields", "status"), [({"payments": {}}, 200), ({"payments": [1]}, 200), (errors("1"), 400), (errors("1"), 404)])
def test_a_search_that_fails_is_no_absence(fields: dict[str, object], status: int) -> None:
    with pytest.raises(Unintelligible):
        answers.read_found(heard(fields, status), ATTEMPT)


def test_details() -> None:
    assert answers.read_details(heard(payment()), ID) is not None
    assert answers.read_details(heard(errors("1002"), 404), ID) is None
    for fields, status in ((payment(id="1"), 200), ({}, 200), (errors("9002"), 403), (errors("9999"), 500)):
        with pytest.raises(Unintelligible):
            answers.read_details(heard(fields, status), ID)


@pytest.mark.parametrize(
    ("said", "verdict"), [("WAITING", Verdict.UNPAID), ("INITIALIZED", Verdict.CONFIRMING), ("AUTHORIZED", Verdict.CONFIRMING)]
)
def test_how_far_the_payer_has_come(said: str, verdict: Verdict) -> None:
    assert answers.read_third_party(heard({"thirdPartyStatus": said}), ID) == Reply(verdict, said, "", ID)


@pytest.mark.parametrize(("fields", "status"), [({"thirdPartyStatus": "COMPLETED"}, 200), ({"thirdPartyStatus": "NEW"}, 200), ({}, 200)])
def test_anything_else_is_for_the_payment_to_tell(fields: dict[str, object], status: int) -> None:
    assert answers.read_third_party(heard(fields, status), ID) is None
    assert answers.read_third_party(heard({"thirdPartyStatus": "WAITING"}, 500), ID) is None


# -- cancel and refund --


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (402, Verdict.REVOKE_REFUSED),
        (405, Verdict.REVOKE_REFUSED),
        (404, Verdict.NOT_KNOWN),
        (403, Verdict.UNKNOWN),
        (500, Verdict.UNKNOWN),
    ],
)
def test_a_cancel_that_was_not_taken(status: int, verdict: Verdict) -> None:
    reply = answers.read_cancel(heard(errors("1"), status), ID)
    assert reply is not None
    assert reply.verdict is verdict


def test_a_cancel_that_was_taken_is_for_the_payment_to_show() -> None:
    assert answers.read_cancel(heard({"payment": payment("CANCELLED")}), ID) is None


REFUNDS = {
    "CREATED": Verdict.UNKNOWN,
    "PENDING_APPROVAL": Verdict.UNKNOWN,
    "REFUND_REQUESTED": Verdict.REFUNDED,
    "REFUNDED": Verdict.REFUNDED,
    "REJECTED": Verdict.REFUND_REFUSED,
    "REJECTED_CAPTURE": Verdict.REFUND_REFUSED,
    "CANCELLED": Verdict.REFUND_REFUSED,
}


def test_every_status_of_a_refund() -> None:
    assert set(REFUNDS) == set(codes.REFUND)
    for status, verdict in {**REFUNDS, "BRAND_NEW": Verdict.UNKNOWN}.items():
        assert answers.read_refund(heard(refund(status), 201), ATTEMPT, ID).verdict is verdict
        there = answers.read_refunds(heard({"refunds": [refund(status)]}), ATTEMPT, ID)
        assert there is None if verdict is Verdict.REFUND_REFUSED else there is not None and there.verdict is verdict


@pytest.mark.parametrize("fields", [{}, {"refunds": []}, {"refunds": [{}]}])
def test_no_refund_yet(fields: dict[str, object]) -> None:
    assert answers.read_refunds(heard(fields), ATTEMPT, ID) is None
    assert answers.read_refunds(heard(errors("1"), 404), ATTEMPT, ID) is None


@pytest.mark.parametrize(("amount", "currency"), [(1000, "CNY"), (1250, "USD"), (None, "CNY")])
def test_somebody_else_s_refund_is_for_a_person(amount: int, currency: str) -> None:
    """Part of it was given back by hand: a full refund on top would be one too many."""
    there = answers.read_refunds(heard({"refunds": [refund("REFUNDED", amount, currency)]}), ATTEMPT, ID)
    assert there is not None
    assert (there.verdict, there.code) == (Verdict.REFUND_REFUSED, "refund_differs")


def test_a_living_refund_counts_beside_dead_ones() -> None:
    there = answers.read_refunds(heard({"refunds": [refund("REJECTED"), refund("REFUNDED")]}), ATTEMPT, ID)
    assert there is not None
    assert there.verdict is Verdict.REFUNDED


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (400, Verdict.REFUND_REFUSED),
        (402, Verdict.REFUND_REFUSED),
        (403, Verdict.UNKNOWN),
        (404, Verdict.UNKNOWN),
        (405, Verdict.UNKNOWN),
        (409, Verdict.UNKNOWN),
        (500, Verdict.UNKNOWN),
    ],
)
def test_a_refund_that_was_not_taken(status: int, verdict: Verdict) -> None:
    assert answers.read_refund(heard(errors("1409"), status), ATTEMPT, ID).verdict is verdict


def test_a_refund_that_was_rejected_at_once() -> None:
    reply = answers.read_refund(heard(errors("5", "no funds", refundResult=refund("REJECTED")), 402), ATTEMPT, ID)
    assert reply == Reply(Verdict.REFUND_REFUSED, "REJECTED", "5: no funds", ID)


def test_looking_for_refunds_that_fails_sends_no_money() -> None:
    there = answers.read_refunds(heard(errors("9999"), 500), ATTEMPT, ID)
    assert there is not None
    assert there.verdict is Verdict.UNKNOWN
