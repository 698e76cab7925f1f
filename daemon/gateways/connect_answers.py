"""Worldline Connect's answers: what each says about the order. No I/O.

Answers are not signed, TLS has to be proof enough; but one that is about another payment than was asked about says nothing of
ours. "Paid" counts only with our number, amount and currency in it (P6). Connect names no merchant in a payment: its own number
for us is part of the path, and of nothing else.
"""

from __future__ import annotations

from daemon.gateways import connect_codes as codes
from daemon.gateways import connect_wire as wire
from daemon.gateways.base import Problem
from daemon.gateways.connect_codes import Meaning
from daemon.gateways.connect_wire import Heard, Money
from daemon.payment import Attempt
from daemon.reply import Claim, Reply, Unintelligible, Verdict, judge_paid

NOT_KNOWN = Reply(Verdict.NOT_KNOWN, "404", "the provider knows no such payment")

_NOTHING = Meaning(Verdict.UNKNOWN, odd=True)
_SKEW_S = 60  # of clock difference before `check` speaks; what the provider tolerates is not published. Own


def read_create(heard: Heard, attempt: Attempt) -> Reply:
    """To a create: QR (without its text, which is still a picture) where the order can now be paid, else as a query is read."""
    if not heard.succeeded:
        return _read_refused_create(heard, attempt)
    made = wire.payment(heard.fields.get("payment"))
    if made is None or made.id is None:
        raise Unintelligible("the provider's answer names no payment")
    reply = read_payment(made, attempt)
    return Reply(Verdict.QR, reply.code, "", reply.trade_no) if reply.verdict is Verdict.UNPAID else reply


def _read_refused_create(heard: Heard, attempt: Attempt) -> Reply:
    """A rejected create made a payment all the same, and says how it stands."""
    result = heard.fields.get("paymentResult")
    made = wire.payment(result.get("payment")) if isinstance(result, dict) else None
    if made is not None and made.status in codes.STATUS:
        reply = read_payment(made, attempt)
        return Reply(reply.verdict, reply.code, heard.text or reply.text, reply.trade_no, refusal=reply.refusal)
    refusal = codes.CREATE_REFUSED.get(heard.status)
    if refusal is None:
        return unknown(heard)
    return Reply(Verdict.REFUSED, heard.code, heard.text, refusal=refusal)


def read_payment(found: Money, attempt: Attempt) -> Reply:
    """How a payment stands. Raises Unintelligible where it is not the one of this attempt."""
    meaning = codes.STATUS.get(found.status or "", _NOTHING)
    code = found.status or "no_status"
    if meaning.verdict is Verdict.PAID:
        return judge_paid(attempt, _claim(found), code=code, trade_no=found.id)
    _about_ours(found, attempt)
    return Reply(meaning.verdict, code, meaning.text or found.text, found.id, refusal=meaning.refusal)


def read_found(heard: Heard, attempt: Attempt) -> Money | None:
    """To a search by our number: the payment that stands under it. None where there is none.

    There is never more than one while a create keeps its idempotence key. Where there is, all the same, what is paid counts
    before what may be, and that before what is dead: nobody's money is overlooked."""
    if not heard.succeeded:
        raise Unintelligible(f"the provider does not search: {heard.code} {heard.text}".strip())
    if not heard.fields.keys() & {"payments", "totalCount"}:
        raise Unintelligible("the provider's answer is no list of payments")
    found = [known for item in wire.objects(heard.fields, "payments") if (known := wire.payment(item)) is not None]
    ours = [known for known in found if known.number == attempt.out_trade_no and known.id is not None]
    return min(ours, key=_rank, default=None)


def read_details(heard: Heard, payment_id: str) -> Money | None:
    """To a GET of one payment; None where the provider does not know it."""
    if heard.status == 404:
        return None
    found = wire.payment(heard.fields) if heard.succeeded else None
    if found is None:
        raise Unintelligible(f"the provider does not tell the payment: {heard.code} {heard.text}".strip())
    if found.id != payment_id:
        raise Unintelligible("the provider answers with another payment than it was asked about")
    return found


def read_third_party(heard: Heard, payment_id: str) -> Reply | None:
    """How far the payer has come; None wherever only the payment itself can tell, the word for "finished" among it."""
    said = wire.text_of(heard.fields, "thirdPartyStatus") if heard.succeeded else None
    verdict = codes.THIRD_PARTY.get(said or "")
    return None if verdict is None else Reply(verdict, said or "", "", payment_id)


def read_cancel(heard: Heard, payment_id: str) -> Reply | None:
    """To a cancel; None where it was taken, which the payment itself must then show."""
    if heard.succeeded:
        return None
    if heard.status == 404:
        return NOT_KNOWN
    if heard.status in codes.CANCEL_REFUSED:
        return Reply(Verdict.REVOKE_REFUSED, heard.code, heard.text, payment_id)
    return unknown(heard, payment_id)


def read_refunds(heard: Heard, attempt: Attempt, payment_id: str) -> Reply | None:
    """To a look at the payment's refunds; None where money may be sent back now.

    The box makes one refund of the whole amount. Any other that is alive, by whomever, forbids it."""
    if heard.status == 404:
        return None
    if not heard.succeeded:
        return unknown(heard, payment_id)
    for item in wire.objects(heard.fields, "refunds"):
        known = wire.refunded(item)
        if known is None:
            continue
        reply = _read_refund(known, attempt, payment_id)
        if reply.verdict is not Verdict.REFUND_REFUSED or reply.code == "refund_differs":
            return reply
    return None


def read_refund(heard: Heard, attempt: Attempt, payment_id: str) -> Reply:
    """To a refund: accepted means that the provider carries it out."""
    result = heard.fields if heard.succeeded else heard.fields.get("refundResult")
    made = wire.refunded(result)
    if made is not None and made.status is not None:
        reply = _read_refund(made, attempt, payment_id)
        return Reply(reply.verdict, reply.code, heard.text or reply.text, payment_id)
    if heard.status in codes.REFUND_REFUSED:
        return Reply(Verdict.REFUND_REFUSED, heard.code, heard.text, payment_id)
    return unknown(heard, payment_id)


def read_check(heard: Heard, skew_s: float | None) -> list[Problem]:
    """To the test of the connection. `skew_s`: by how much the box's clock is ahead of the provider's, where it said so."""
    problems = []
    if not heard.succeeded:
        words = f"the provider answers HTTP status {heard.status}: {heard.code} {heard.text}".strip()
        surely = heard.status in codes.CREDENTIALS_REFUSED or codes.BAD_SIGNATURE in heard.codes
        advice = "; are merchant_id, api_key_id and secret right, and is the key still valid?" if surely else ""
        problems.append(Problem(words + advice, blocking=surely))
    if skew_s is not None and abs(skew_s) > _SKEW_S:
        side = "ahead of" if skew_s > 0 else "behind"
        problems.append(
            Problem(f"the box's clock is {abs(skew_s):.0f} s {side} the provider's, which may refuse its requests", blocking=False)
        )
    return problems


def unknown(heard: Heard, payment_id: str | None = None) -> Reply:
    """What proves nothing about the order, in the provider's own words."""
    return Reply(Verdict.UNKNOWN, heard.code, heard.text, payment_id)


def _read_refund(found: Money, attempt: Attempt, payment_id: str) -> Reply:
    meaning = codes.REFUND.get(found.status or "", _NOTHING)
    code = found.status or "no_status"
    given = wire.minor(found.hundredths, found.currency), found.currency
    if meaning.verdict is not Verdict.REFUND_REFUSED and given != (attempt.amount.minor, attempt.amount.currency):
        text = f"there is a refund already, of another amount ({code}): a person must look"
        return Reply(Verdict.REFUND_REFUSED, "refund_differs", text, payment_id)
    return Reply(meaning.verdict, code, meaning.text or found.text, payment_id)


def _claim(found: Money) -> Claim:
    return Claim(found.number, wire.minor(found.hundredths, found.currency), found.currency, merchant_matches=True)


def _about_ours(found: Money, attempt: Attempt) -> None:
    """Raises Unintelligible where something that the payment says is not as it was asked for; what it leaves out is not held
    against it."""
    claim = _claim(found)
    pairs = [
        (claim.out_trade_no, attempt.out_trade_no),
        (claim.minor if found.hundredths is not None else None, attempt.amount.minor),
        (claim.currency, attempt.amount.currency),
    ]
    if any(said is not None and said != ours for said, ours in pairs):
        raise Unintelligible("the provider answers with another order than it was asked about")


def _rank(found: Money) -> int:
    verdict = codes.STATUS.get(found.status or "", _NOTHING).verdict
    if verdict is Verdict.PAID:
        return 0
    return 2 if verdict in (Verdict.CLOSED, Verdict.REFUSED, Verdict.REFUNDED) else 1
