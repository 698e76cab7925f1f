"""What GlobalPay's answers mean (`smart2pay_answers`, by the tables of `smart2pay_codes`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from smart2pay_samples import ATTEMPT, NUMBER, PAGE, QR, SETTINGS, SHOWN, body, failed, listed, not_made, payment, refund

from daemon.gateways import smart2pay_answers as answers
from daemon.gateways import smart2pay_codes as codes
from daemon.gateways import smart2pay_wire as wire
from daemon.gateways.client import Answer
from daemon.money import Amount, Minor
from daemon.reply import Refusal, Reply, Unintelligible, Verdict


def answer(status: int, name: str, value: object) -> Answer:
    return raw(status, body(name, value))


def raw(status: int, content: bytes) -> Answer:
    return Answer(status, CIMultiDictProxy(CIMultiDict()), content)


def created(value: object, status: int = 201, settings: Any = SETTINGS) -> Reply:
    return answers.read_create(answer(status, "Payment", value), ATTEMPT, settings)


def asked(value: object, *, attempt: Any = SHOWN, unseen: bool = False) -> Reply:
    record = answers.read_details(answer(200, "Payment", value), "4116540")
    assert record is not None
    return answers.read_payment(record, attempt, SETTINGS, unseen=unseen)


# -- creation --


def test_a_created_payment_brings_its_qr_code() -> None:
    assert created(payment()) == Reply(Verdict.QR, "", "", "4116540", qr=QR)


@pytest.mark.parametrize("nothing", [{"QRCodeURL": ""}, {"QRCodeURL": None}, {}, None])
def test_alipay_s_empty_qr_code_is_said_clearly(nothing: object) -> None:
    reply = created(payment(ReferenceDetails=nothing))
    assert (reply.verdict, reply.code, reply.qr, reply.trade_no) == (Verdict.QR, "no_qr", None, "4116540")
    assert "QRCodeURL is empty" in reply.text


def test_or_the_hosted_page_stands_in_for_it_where_the_operator_wants_that() -> None:
    wanted = replace(SETTINGS, fallback_redirect_url=True)
    empty = {"QRCodeURL": ""}
    assert created(payment(ReferenceDetails=empty), settings=wanted) == Reply(Verdict.QR, "redirect_url", "", "4116540", qr=PAGE)
    assert created(payment(), settings=wanted).qr == QR, "only where there is no QR code"
    for page in (None, "", "javascript:alert(1)", "x" * 600):
        assert created(payment(ReferenceDetails=empty, RedirectURL=page), settings=wanted).code == "no_qr"


def test_a_creation_that_says_paid_is_judged_like_any_other() -> None:
    assert created(payment(2)) == Reply(Verdict.PAID, "Success", "", "4116540")
    assert created(payment(2, Amount="1")).verdict is Verdict.MISMATCH


def test_a_wrong_currency_is_refused_with_its_reason() -> None:
    """Seed 000: no record, HTTP 400, code 2."""
    reply = created(not_made(2, "Validation failed - Currency (RegEx: ^[A-Z]{3}$)"), 400)
    assert reply == Reply(Verdict.REFUSED, "2", "2: Validation failed - Currency (RegEx: ^[A-Z]{3}$)", None, Refusal.OURS)


def test_a_wrong_country_is_refused_with_its_reason_and_leaves_a_record() -> None:
    """Seed 001: a failed record, HTTP 400, code 147. Its id is kept: the record can still be asked about."""
    reply = created(failed(147, "Address details are invalid"), 400)
    assert reply == Reply(Verdict.REFUSED, "147", "147: Address details are invalid", "4117087", Refusal.OURS)


@pytest.mark.parametrize("code", codes.CREATE)
@pytest.mark.parametrize("status", [400, 402])
def test_every_definite_code_refuses(code: str, status: int) -> None:
    reply = created(not_made(code, "why"), status)
    assert (reply.verdict, reply.code, reply.refusal) == (Verdict.REFUSED, code, codes.CREATE[code])


@pytest.mark.parametrize("code", ["0", "14", "15", "16", "20", "122", "9999", "x", None])
@pytest.mark.parametrize("status", [400, 402])
def test_a_code_that_is_unclear_or_unknown_never_refuses(code: str | None, status: int) -> None:
    """P4."""
    assert created(not_made(code, "why"), status).verdict is Verdict.UNKNOWN  # type: ignore[arg-type]  # None is what may come


def test_one_unclear_reason_among_several_makes_all_unclear() -> None:
    reasons = [{"Code": 2, "Info": "a"}, {"Code": 16, "Info": "b"}]
    reply = created(not_made(2, "") | {"Status": {"ID": None, "Reasons": reasons}}, 400)
    assert (reply.verdict, reply.text) == (Verdict.UNKNOWN, "2: a; 16: b")


def test_a_refusal_without_any_reason_is_none() -> None:
    assert created(payment(None, ID=None, SiteID=None), 400).verdict is Verdict.UNKNOWN
    assert created(payment(None), 201).verdict is Verdict.UNKNOWN


def test_a_recorded_failure_is_a_refusal_whatever_its_reason_is_called() -> None:
    """Nobody has been shown its QR code, so that it cannot turn into a success."""
    for status in sorted(codes.SOFT):
        reply = created(payment(status), 402)
        assert (reply.verdict, reply.refusal, reply.code) == (Verdict.REFUSED, Refusal.FINAL, codes.STATUS[status].name)
    assert created(failed(9999, "new"), 400) == Reply(Verdict.REFUSED, "9999", "9999: new", "4117087", Refusal.FINAL)


def test_a_number_used_before_is_no_refusal_and_gives_no_id() -> None:
    for value in (not_made(20, "duplicated"), failed(20, "duplicated")):
        reply = created(value, 400)
        assert (reply.verdict, reply.code, reply.trade_no) == (Verdict.UNKNOWN, codes.DUPLICATE, None)


def test_credentials_that_are_not_accepted_are_ours_to_mend() -> None:
    reply = answers.read_create(raw(401, b""), ATTEMPT, SETTINGS)
    assert (reply.verdict, reply.code, reply.refusal) == (Verdict.REFUSED, "401", Refusal.OURS)


@pytest.mark.parametrize("change", [{"MerchantTransactionID": "ANOTHER"}, {"MerchantTransactionID": None}, {"SiteID": 30202}])
@pytest.mark.parametrize("base", [payment(), not_made(2, "x"), failed(147, "x")])
def test_an_answer_about_somebody_else_proves_nothing(base: dict[str, Any], change: dict[str, Any]) -> None:
    for status in (201, 400):
        with pytest.raises(Unintelligible, match="about another"):
            created({**base, **change}, status)


@pytest.mark.parametrize("change", [{"Amount": "1251"}, {"Amount": None}, {"Currency": "EUR"}, {"Currency": None}, {"SiteID": None}])
def test_a_qr_code_for_anything_else_is_never_shown(change: dict[str, Any]) -> None:
    with pytest.raises(Unintelligible, match="about another order, amount or site"):
        created(payment(**change))


# -- queries --


@pytest.mark.parametrize(("status", "verdict"), [(number, status.verdict) for number, status in codes.STATUS.items()])
def test_every_status_of_an_order_that_was_shown(status: int, verdict: Verdict) -> None:
    reply = asked(payment(status, Amount=1250))
    assert (reply.verdict, reply.code, reply.trade_no, reply.qr) == (verdict, codes.STATUS[status].name, "4116540", None)


def test_the_statuses_are_those_of_the_facts() -> None:
    """The vendor's tables, class by class. Nothing ends an order unpaid here: a later Success replaces whatever came before."""

    def of(*verdicts: Verdict) -> set[int]:
        return {number for number, status in codes.STATUS.items() if status.verdict in verdicts}

    assert of(Verdict.PAID) == {2, 11, 17, 19, 25}
    assert of(Verdict.REFUNDED) == {16, 21, 22, 26}
    assert of(Verdict.UNPAID) == {1} | codes.SOFT
    assert of(Verdict.CONFIRMING) == {6, 7, 8, 9, 10, 13, 18}
    assert of(Verdict.CLOSED, Verdict.REFUSED) == set()
    assert not {20, 27, 28, 29, 31, 32} & set(codes.STATUS), "seen in no source"


@pytest.mark.parametrize("status", [0, 20, 27, 99, 10**11, None, "x"])
def test_a_status_nobody_knows_is_unknown(status: object) -> None:
    for unseen in (True, False):
        assert asked(payment(status), unseen=unseen).verdict is Verdict.UNKNOWN  # type: ignore[arg-type]  # what may come


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"Amount": "1251"}, "amount 1251 instead of 1250"),
        ({"Amount": "12.50"}, "amount None"),
        ({"Amount": None}, "amount None"),
        ({"Currency": "HKD"}, "currency 'HKD' instead of CNY"),
        ({"Currency": None}, "currency none"),
        ({"MerchantTransactionID": "ANOTHER"}, "another order number"),
        ({"MerchantTransactionID": None}, "another order number"),
        ({"SiteID": 30202}, "another merchant"),
        ({"SiteID": None}, "another merchant"),
    ],
)
@pytest.mark.parametrize("status", [2, 11, 17, 19, 25])
def test_paid_with_anything_else_is_a_mismatch(status: int, change: dict[str, Any], difference: str) -> None:
    """P6."""
    reply = asked(payment(status, **change))
    assert reply.verdict is Verdict.MISMATCH
    assert difference in reply.text


def test_a_site_s_id_is_read_as_text_too() -> None:
    assert asked(payment(2, SiteID="30201")).verdict is Verdict.PAID


def test_yen_are_paid_in_hundredths() -> None:
    yen = SHOWN.but(amount=Amount(Minor(100), "JPY"))
    assert asked(payment(2, Amount="10000", Currency="JPY"), attempt=yen).verdict is Verdict.PAID
    assert asked(payment(2, Amount="100", Currency="JPY"), attempt=yen).verdict is Verdict.MISMATCH


def test_what_is_found_while_it_is_made_is_shown_or_refused() -> None:
    assert asked(payment(1), unseen=True).qr == QR
    assert asked(payment(6), unseen=True).qr == QR
    for status in codes.SOFT:
        assert asked(payment(status), unseen=True).verdict is Verdict.REFUSED


def test_the_details_of_another_payment_prove_nothing() -> None:
    for value in (payment(2, ID=4116541), payment(2, ID=None)):
        with pytest.raises(Unintelligible, match="another payment"):
            answers.read_details(answer(200, "Payment", value), "4116540")


def test_not_found_is_believed_in_json_only() -> None:
    """A proxy's page proves nothing."""
    assert answers.read_details(raw(404, b'{"Message": "not there"}'), "4116540") is None
    for content in (b"", b"<html>404</html>"):
        with pytest.raises(Unintelligible):
            answers.read_details(raw(404, content), "4116540")


# -- lists --


def found(*items: dict[str, Any], number: str = NUMBER, name: str = "Payments") -> wire.Record | None:
    return answers.read_list(answer(200, name, list(items)), name, number)


def test_an_empty_list_knows_no_such_order() -> None:
    assert found() is None
    assert found(name="Refunds") is None


def test_the_one_of_our_number_is_found() -> None:
    record = found(listed())
    assert record is not None
    assert (record.id, record.qr) == ("4116540", None)


def test_a_list_of_others_says_nothing_about_ours() -> None:
    """A filter that was not heeded must not read as "not known"."""
    with pytest.raises(Unintelligible, match="other payments"):
        found(listed(MerchantTransactionID="ANOTHER"))
    assert found(refund(MerchantTransactionID="ANOTHER"), number=f"{NUMBER}R", name="Refunds") is None, "refunds have no filter"


def test_a_failed_record_of_the_same_number_does_not_hide_the_living_one() -> None:
    """A creation refused because its number was used may leave a failed record under that number."""
    record = found(listed(4, ID=4116541), listed(1), listed(1))
    assert record is not None
    assert record.id == "4116540"
    failures = found(listed(4, ID=4116541), listed(4, ID=4116542))
    assert failures is not None


def test_two_living_records_of_one_number_prove_nothing() -> None:
    with pytest.raises(Unintelligible, match="several"):
        found(listed(1), listed(2, ID=4116541))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"Payments": null}', b'{"Payments": [1]}', b'{"Payment": {}}'])
def test_what_is_no_list_proves_nothing(content: bytes) -> None:
    with pytest.raises(Unintelligible):
        answers.read_list(raw(200, content), "Payments", NUMBER)


# -- cancel --


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (answer(400, "Payment", payment(1, Status={"ID": 1, "Reasons": [{"Code": 17, "Info": "invalid"}]})), "17"),
        (answer(400, "Payment", payment(1, Status={"ID": 1, "Reasons": [{"Code": 122, "Info": "unable"}]})), "122"),
        (answer(402, "Payment", payment(5)), "Expired"),
        (answer(200, "Payment", payment(1)), "Open"),
        (answer(200, "Payment", payment(3)), "Cancelled"),
        (answer(201, "Payment", payment(15)), "CancelRequested"),
        (raw(404, b""), "404"),
        (raw(405, b"<html>"), "405"),
    ],
)
def test_no_answer_to_a_cancel_proves_that_an_order_is_dead(said: Answer, code: str) -> None:
    """ "Cancelled" included: it is asked about on, and not cancelled again."""
    reply = answers.read_cancel(said)
    assert (reply.verdict, reply.code) == (Verdict.REVOKE_REFUSED, code)
    assert reply.text


@pytest.mark.parametrize("status", [2, 11, 22])
def test_a_cancel_that_finds_it_paid_leaves_the_proof_to_the_query(status: int) -> None:
    assert answers.read_cancel(answer(400, "Payment", payment(status))).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("said", [raw(500, b"{}"), raw(429, b"{}"), raw(401, b""), raw(200, b""), raw(302, b"")])
def test_a_cancel_that_nobody_answered_properly_is_unclear(said: Answer) -> None:
    with pytest.raises(Unintelligible):
        answers.read_cancel(said)


# -- refunds --


def returned(value: object, status: int = 201) -> Reply:
    return answers.read_refund(answer(status, "Refund", value), SHOWN, "4116540")


@pytest.mark.parametrize("status", [1, 2, 6, 7, 8, 18])
def test_a_refund_that_was_taken_on_is_as_good_as_done(status: int) -> None:
    assert returned(refund(status)).verdict is Verdict.REFUNDED


def test_a_failed_refund_will_never_be_done() -> None:
    value = refund(4, Status={"ID": 4, "Info": "Failed", "Reasons": [{"Code": "2206", "Info": "exceeds"}]})
    assert returned(value) == Reply(Verdict.REFUND_REFUSED, "2206", "2206: exceeds")


@pytest.mark.parametrize("status", [3, 5, 9, 14, 20, 99])
def test_another_status_of_a_refund_is_unknown(status: int) -> None:
    assert returned(refund(status)).verdict is Verdict.UNKNOWN


def no_refund(code: object) -> dict[str, Any]:
    return refund(None, ID=None, InitialPaymentID=None, Currency=None, Status={"ID": None, "Reasons": [{"Code": code, "Info": "why"}]})


@pytest.mark.parametrize("code", sorted(codes.NO_REFUND))
def test_a_definite_refusal_of_a_refund(code: str) -> None:
    assert returned(no_refund(int(code)), 400) == Reply(Verdict.REFUND_REFUSED, code, f"{code}: why")


@pytest.mark.parametrize("code", ["20", "16", "7", "9999", None])
def test_an_unclear_refusal_of_a_refund_is_tried_again(code: str | None) -> None:
    assert returned(no_refund(code), 400).verdict is Verdict.UNKNOWN
    assert returned(no_refund(code), 201).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "change",
    [{"MerchantTransactionID": "OTHER"}, {"InitialPaymentID": 7}, {"Amount": 1}, {"Currency": "EUR"}, {"MerchantTransactionID": None}],
)
def test_a_refund_of_another_order_amount_or_currency_proves_nothing(change: dict[str, Any]) -> None:
    for value in (refund(2), no_refund(18)):
        with pytest.raises(Unintelligible):
            returned({**value, **change}, 400)


# -- what is no answer at all --


@pytest.mark.parametrize("status", [100, 202, 204, 301, 302, 403, 404, 409, 429, 500, 502, 503])
def test_an_http_status_outside_the_protocol_proves_nothing(status: int) -> None:
    with pytest.raises(Unintelligible, match=f"HTTP status {status}"):
        answers.read_create(answer(status, "Payment", payment(2)), ATTEMPT, SETTINGS)


@pytest.mark.parametrize("content", [b"", b"<html>", b"{", b"[]", b"{}", b'{"Payment": null}', b"\xff", body("Payment", payment())[:200]])
def test_a_broken_body_proves_nothing(content: bytes) -> None:
    for read in (
        lambda: answers.read_create(raw(201, content), ATTEMPT, SETTINGS),
        lambda: answers.read_details(raw(200, content), "4116540"),
        lambda: answers.read_refund(raw(201, content), SHOWN, "4116540"),
        lambda: answers.read_cancel(raw(200, content)),
    ):
        with pytest.raises(Unintelligible):
            read()
