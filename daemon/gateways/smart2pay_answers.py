"""What GlobalPay's answers mean for an order: first whether one can be used at all, then what it says. No I/O.

Nothing signs these answers; TLS and the credentials have to be proof enough, and each must be about this very order: another
number, site, amount or currency never reads as ours. An HTTP status alone says nothing but "not accepted" (401).
"""

from __future__ import annotations

from typing import Any

from daemon.gateways import smart2pay_codes as codes
from daemon.gateways import smart2pay_wire as wire
from daemon.gateways.base import Problem, refund_number
from daemon.gateways.client import Answer
from daemon.gateways.settings import Smart2paySettings
from daemon.gateways.smart2pay_wire import Record
from daemon.payment import Attempt
from daemon.reply import Claim, Refusal, Reply, Unintelligible, Verdict, judge_paid

_DONE = (200, 201)
_REFUSED = (400, 402)  # our fault; valid and refused. Both with the record and its reasons
_NO_SUCH_CALL = (404, 405)

_ENDS_ITSELF = "an unpaid order ends by itself here, when its lifetime is over"

NOT_KNOWN = Reply(Verdict.NOT_KNOWN, "404", "the provider has no payment of this number")


class NotAccepted(Unintelligible):
    """The credentials were not accepted, so that nothing was done."""


def hear(answer: Answer, statuses: tuple[int, ...] = _DONE) -> dict[str, Any]:
    """The JSON of an answer with one of these HTTP statuses. Raises Unintelligible, NotAccepted."""
    if answer.status == 401:
        raise NotAccepted("HTTP status 401: site_id and api_key are not accepted")
    if answer.status not in statuses:
        raise Unintelligible(f"HTTP status {answer.status}")
    try:
        return wire.parse(answer.body)
    except ValueError as error:
        raise Unintelligible(f"the answer (HTTP status {answer.status}) cannot be read: {error}") from error


def read_create(answer: Answer, attempt: Attempt, settings: Smart2paySettings) -> Reply:
    """To the creation of a payment. A refusal may have left a record, which then has an id (seed 001): its number is spent."""
    try:
        fields = hear(answer, _DONE + _REFUSED)
    except NotAccepted as error:
        return Reply(Verdict.REFUSED, "401", str(error), refusal=Refusal.OURS)
    payment = _record(fields, "Payment")
    refused = answer.status not in _DONE or payment.status is None
    if refused and (payment.status is None or payment.status in codes.SOFT):
        _about(payment, attempt, settings)
        return _refusal(payment)
    return read_payment(payment, attempt, settings, unseen=True)


def read_details(answer: Answer, payment_id: str) -> Record | None:
    """To the question for one payment by the provider's id; None where there is none."""
    fields = hear(answer, (*_DONE, 404))
    if answer.status == 404:
        return None
    payment = _record(fields, "Payment")
    if payment.id != payment_id:
        raise Unintelligible("the answer is about another payment")
    return payment


def read_list(answer: Answer, name: str, number: str) -> Record | None:
    """To the question which `Payments` or `Refunds` there are: the one of that number, None where there is none."""
    fields = hear(answer)
    try:
        found = wire.records(fields, name)
    except ValueError as error:
        raise Unintelligible(f"the answer cannot be read: {error}") from error
    ours = list({item.id: item for item in found if item.number == number and item.id}.values())
    if not ours and found and name == "Payments":
        raise Unintelligible("the list is about other payments: it says nothing about ours")
    ours = [item for item in ours if item.status not in codes.SOFT] or ours[-1:]  # a number refused as used may leave a record, too
    if len(ours) > 1:
        raise Unintelligible(f"several {name} have the same number")
    return ours[0] if ours else None


def read_payment(payment: Record, attempt: Attempt, settings: Smart2paySettings, *, unseen: bool) -> Reply:
    """What a payment's status says. `unseen`: nobody has been shown its QR code yet, so that it is wanted now, and so that a
    payment that has ended unpaid has ended for good."""
    status = codes.STATUS.get(payment.status or 0)
    verdict = Verdict.UNKNOWN if status is None else status.verdict
    name = f"status {payment.status}" if status is None else status.name
    if verdict is Verdict.PAID:
        return judge_paid(attempt, _claim(payment, attempt, settings), code=name, trade_no=payment.id)
    _about(payment, attempt, settings, whole=True)
    if unseen and payment.status in codes.SOFT:
        return _refusal(payment)
    if unseen and verdict in (Verdict.UNPAID, Verdict.CONFIRMING):
        return _qr(payment, settings)
    return Reply(verdict, name, payment.text, payment.id)


def read_cancel(answer: Answer) -> Reply:
    """To a cancel, which is documented for authorised cards and tried all the same. Whatever the provider says to it, "Cancelled"
    included, an order that somebody has seen can still turn into a Success: it is asked about on, and not cancelled again."""
    if answer.status in _NO_SUCH_CALL:
        return Reply(Verdict.REVOKE_REFUSED, str(answer.status), _ENDS_ITSELF)
    payment = _record(hear(answer, _DONE + _REFUSED), "Payment")
    status = codes.STATUS.get(payment.status or 0)
    if status is not None and status.verdict in (Verdict.PAID, Verdict.REFUNDED):
        return Reply(Verdict.UNKNOWN, status.name, "no longer to be cancelled")  # the query proves it
    code = payment.code or (status.name if status else str(answer.status))
    return Reply(Verdict.REVOKE_REFUSED, code, payment.text or _ENDS_ITSELF)


def read_refund(answer: Answer, attempt: Attempt, payment_id: str) -> Reply:
    """To a refund."""
    refund = _record(hear(answer, _DONE + _REFUSED), "Refund")
    return read_refund_record(refund, attempt, payment_id, refused=answer.status not in _DONE)


def read_refund_record(refund: Record, attempt: Attempt, payment_id: str, *, refused: bool = False) -> Reply:
    """What a refund's status says; taken on is as good as done. Failed is final: its number is spent."""
    _same_refund(refund, attempt, payment_id)
    status = codes.STATUS.get(refund.status or 0)
    name = f"status {refund.status}" if status is None else status.name
    if refund.status is None and refused:
        definite = bool(refund.reasons) and all(code in codes.NO_REFUND for code, _text in refund.reasons)
        return Reply(Verdict.REFUND_REFUSED if definite else Verdict.UNKNOWN, refund.code or "400", refund.text)
    return Reply(codes.REFUND_STATUS.get(refund.status or 0, Verdict.UNKNOWN), refund.code or name, refund.text or name)


def read_check(answer: Answer) -> list[Problem]:
    """To the search for a payment that cannot exist: an empty list proves reach and credentials."""
    if answer.status == 200:
        read_list(answer, "Payments", "")
        return []
    heard = _record(hear(answer, (*_REFUSED, 403)), "Payment")
    inactive = any(code in codes.INACTIVE for code, _text in heard.reasons)
    return [Problem(f"GlobalPay answers: {heard.text or answer.status}", blocking=inactive)]


def _record(fields: dict[str, Any], name: str) -> Record:
    try:
        return wire.record(fields, name)
    except ValueError as error:
        raise Unintelligible(f"the answer cannot be read: {error}") from error


def _refusal(payment: Record) -> Reply:
    """A payment that was not made, or failed before anybody could pay it; unclear where one of its reasons is."""
    found = [code for code, _text in payment.reasons]
    status = codes.STATUS.get(payment.status or 0)
    if not found and status is not None:
        return Reply(Verdict.REFUSED, status.name, "", payment.id, refusal=Refusal.FINAL)
    if codes.DUPLICATE in found:
        return Reply(Verdict.UNKNOWN, codes.DUPLICATE, payment.text)
    if payment.status is not None:  # it has failed, whatever the reason is called
        return Reply(Verdict.REFUSED, payment.code, payment.text, payment.id, refusal=codes.CREATE.get(payment.code, Refusal.FINAL))
    if found and all(code in codes.CREATE for code in found):
        return Reply(Verdict.REFUSED, payment.code, payment.text, refusal=codes.CREATE[payment.code])
    return Reply(Verdict.UNKNOWN, payment.code or "refused", payment.text, payment.id)


def _qr(payment: Record, settings: Smart2paySettings) -> Reply:
    """The order stands. Alipay's sample has an empty QRCodeURL: then there is the hosted page, where the operator wants it."""
    if payment.qr is not None:
        return Reply(Verdict.QR, "", "", payment.id, qr=payment.qr)
    if settings.fallback_redirect_url and payment.redirect_url and payment.redirect_url.startswith(("https://", "http://")):
        return Reply(Verdict.QR, "redirect_url", "", payment.id, qr=payment.redirect_url)
    return Reply(Verdict.QR, "no_qr", "the provider gave no text for a QR code (QRCodeURL is empty)", payment.id)


def _claim(payment: Record, attempt: Attempt, settings: Smart2paySettings) -> Claim:
    minor = wire.minor(payment.hundredths, attempt.amount.currency)
    return Claim(payment.number, minor, payment.currency, merchant_matches=payment.site_id == settings.site_id)


def _about(payment: Record, attempt: Attempt, settings: Smart2paySettings, *, whole: bool = False) -> None:
    """Raises Unintelligible where the record is another order's. A refusal may leave things out (its SiteID is null), what
    stands there in full (`whole`) may not: a QR code for another amount must never be shown."""
    heard = _claim(payment, attempt, settings)
    ours = Claim(attempt.out_trade_no, attempt.amount.minor, attempt.amount.currency, merchant_matches=True)
    if whole and heard != ours:
        raise Unintelligible("the answer is about another order, amount or site")
    if payment.number != attempt.out_trade_no or payment.site_id not in (None, settings.site_id):
        raise Unintelligible("the answer is about another order or site")


def _same_refund(refund: Record, attempt: Attempt, payment_id: str) -> None:
    if refund.number != refund_number(attempt):
        raise Unintelligible("the answer is about another refund")
    amount = wire.minor(refund.hundredths, attempt.amount.currency)
    if refund.payment_id not in (None, payment_id) or amount not in (None, attempt.amount.minor):
        raise Unintelligible("the refund is another payment's or of another amount")
    if refund.currency not in (None, attempt.amount.currency):
        raise Unintelligible("the refund is in another currency")
