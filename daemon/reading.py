"""What a provider's answer means for an order, in the light of what is known of it already.

Each reader gives the order back with what was learned noted on it, and the `News` that the cycle's table is asked about.
Whatever is not understood, or proves nothing, is `UNCLEAR`; nothing unclear ever reads as refused (P4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from daemon.errands import forgotten_at
from daemon.events import Close, CreateQr, Failed, Query, Refund, Replied, Revoke, Submit
from daemon.late_money import is_late
from daemon.news import News
from daemon.payment import Attempt, Errand, Mode, Reason, State
from daemon.reply import Refusal, Reply, Verdict
from daemon.timing import Schedule

MAX_ATTEMPTS = 5  # DESIGN, "What ends how": orders that one payment may make

CLOSED = Reason("closed_by_provider", "the provider ended the order; it can no longer be paid")
NO_QR = Reason("no_qr", "the provider gave no QR text")
TIMED_OUT = Reason("timeout", "the outcome was not known in time; the order was undone")
RESTARTED = Reason("restarted", "the box was restarted before anything was charged")

_KNOWN_BY = frozenset({Verdict.PAID, Verdict.CONFIRMING, Verdict.UNPAID, Verdict.CLOSED, Verdict.REFUNDED, Verdict.MISMATCH, Verdict.QR})
_NOT_PAID = frozenset({Verdict.REFUSED, Verdict.UNPAID, Verdict.NOT_KNOWN, Verdict.CLOSED, Verdict.REVOKED, Verdict.REFUNDED})
_ENDED = frozenset({Verdict.CLOSED, Verdict.REVOKED, Verdict.REFUNDED})

_LOOKED_FOR = frozenset({State.REVOKED, State.REFUSED, State.EXPIRED, State.CANCELLED})
_ALIVE = frozenset({Verdict.UNPAID, Verdict.CONFIRMING, Verdict.REFUSED})
_SHOWN = frozenset({State.CREATING_QR, State.PRESENTING_QR, State.CLOSING})
_CARRIED = frozenset({State.SUBMITTING, State.PENDING, State.REVOKING, State.PAID})

Reading = tuple[Attempt, News]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the order stands in its payment, which is in the state `payment`."""

    payment: State
    leads: bool  # the payment is about this order
    may_retry: bool  # the payment may make another attempt
    unshowable: Callable[[str], Reason | None] = lambda _text: None  # why the panel cannot show a QR of that text


def read_failure(order: Attempt, failure: Failed) -> Reading:
    """No reply. Only what surely never left the box is known not to have happened."""
    match failure.action:
        case Submit() | CreateQr() if not failure.sent and order.asked_at == 0.0:
            kept = None if order.state is State.IN_DOUBT else order.reason  # what was in doubt is not any more
            return order.but(reason=kept or Reason("not_sent", failure.text)), News.NOT_SENT
        case Query(last=True) if not failure.sent:  # nothing was asked, so nothing is revoked: both together, later
            return order, News.REVOKE_AGAIN
        case Revoke() | Close():
            revokes = order.revokes if failure.sent else order.revokes - 1
            return order.but(revokes=revokes, revoke_open=order.revoke_open and revokes > 0), News.REVOKE_AGAIN
        case Refund():
            return order, News.REFUND_AGAIN
    return order, News.UNCLEAR


def read_reply(order: Attempt, replied: Replied, place: Place, schedule: Schedule, now: float) -> Reading:
    """A provider's reply."""
    reply = replied.reply
    looked = is_looked_for(order)
    order = _noted(order, reply)
    match replied.action:
        case Submit():
            return _read_charge(order, reply, place)
        case Query() if looked and reply.verdict in _ALIVE:
            return order.but(was_known=True), News.ARRIVED_LATE
        case Query() if looked and reply.verdict is Verdict.NOT_KNOWN and now >= forgotten_at(order, schedule):
            return order, News.FORGOTTEN
        case CreateQr():
            return _read_create(order, reply, place)
        case Query():
            return _read_query(order, reply, place)
        case Revoke() | Close():
            return _read_revoke(order, reply, schedule, now)
    return _read_refund(order, reply)


def _noted(order: Attempt, reply: Reply) -> Attempt:
    known = reply.verdict in _KNOWN_BY
    reason = None if known and _is_perhaps_sent(order) else order.reason  # it was charged before the restart, that much is sure
    return order.but(trade_no=reply.trade_no or order.trade_no, was_known=order.was_known or known, reason=reason)


def is_looked_for(order: Attempt) -> bool:
    """The provider did not know the order when it was undone. Where it exists now, unpaid, it must be undone once more."""
    return order.errand is Errand.WATCH and not order.was_known and order.qr is None and order.state in _LOOKED_FOR


def _read_charge(order: Attempt, reply: Reply, place: Place) -> Reading:
    if reply.verdict is not Verdict.REFUSED:
        return _read_query(order, reply, place)
    if order.errand is Errand.UNDO:  # given up meanwhile: refused or not, it is revoked (P5)
        return order, News.UNCLEAR
    return order.but(refusal=reply.reason, mendable=reply.refusal is Refusal.PAYER), News.REFUSAL_HEARD


def _read_create(order: Attempt, reply: Reply, place: Place) -> Reading:
    if reply.verdict is Verdict.REFUSED and order.errand is not Errand.UNDO:
        return order.but(refusal=reply.reason), News.REFUSAL_HEARD
    return _read_query(order, reply, place)


def _read_qr(order: Attempt, reply: Reply, place: Place) -> Reading:
    """The order stands, and here is its QR; of use only while one is waited for."""
    if order.state is not State.CREATING_QR:
        return order, News.UNCLEAR
    why_not = place.unshowable(reply.qr) if reply.qr else NO_QR
    if why_not is not None:
        return order.but(reason=why_not), News.QR_UNUSABLE
    return order.but(qr=reply.qr, refusal=None), News.QR_READY


def _read_query(order: Attempt, reply: Reply, place: Place) -> Reading:
    verdict = reply.verdict
    if verdict is Verdict.PAID:
        return _read_paid(order, place)
    if verdict is Verdict.MISMATCH:
        return (order, News.UNCLEAR) if order.revoke_open else (order.but(reason=reply.reason), News.MISMATCH)
    if verdict is Verdict.QR:
        return _read_qr(order, reply, place)
    if verdict is Verdict.CONFIRMING:
        return order.but(confirming=True, refusal=None), News.CONFIRMING
    if order.errand is Errand.CONFIRM and order.refusal and verdict in _NOT_PAID:
        return order.but(reason=order.refusal), News.REFUSED_MENDABLE if order.mendable and place.may_retry else News.REFUSED
    if verdict in _ENDED:
        return order.but(reason=CLOSED if order.state is State.IN_DOUBT else order.reason or CLOSED), News.ENDED
    if verdict is Verdict.REFUSED and order.state in (State.PENDING, State.PRESENTING_QR):
        mendable = reply.refusal is Refusal.PAYER and place.may_retry and order.mode is Mode.SCAN
        return order.but(reason=reply.reason), News.REFUSED_MENDABLE if mendable else News.REFUSED
    if verdict is Verdict.NOT_KNOWN and _is_perhaps_sent(order):
        return order, News.NEVER_SENT
    return order, News.UNCLEAR


def _is_perhaps_sent(order: Attempt) -> bool:
    """The box died before it could say whether that order was charged, and nobody has heard of it since.

    Its first `NOT_KNOWN` is believed, though a charge may still be on its way: mostly there was no code at all, and no shop should stand
    still for that. Where one arrives all the same it is found by the look that follows, undone, and its money is late (P7)."""
    return order.state is State.PENDING and order.reason == RESTARTED and not order.was_known


def _read_paid(order: Attempt, place: Place) -> Reading:
    """Paid, proven. What that means hangs on what was done to the order, and told of it, since."""
    if order.state in _SHOWN:  # closed or not, money that is found is the till's
        return order.but(reason=None), News.PAID
    if order.revoke_open:  # a revoke may still act and give the money back
        return order, News.UNCLEAR
    if order.revokes:
        return order, News.LATE_PAID
    if order.state in (State.SUBMITTING, State.PENDING, State.REVOKING):
        return order.but(reason=None), News.PAID
    if order.state is State.IN_DOUBT and order.errand is Errand.WATCH and place.leads and not (order.told_unpaid or is_late(order)):
        return order.but(reason=None), News.PAID  # never given up, only not provable; what was found late stays so
    if order.state is State.REFUSED and place.payment is State.AWAITING_CODE:
        return order.but(reason=None), News.EARLIER_PAID
    if order.errand is Errand.UNDO and place.payment in _CARRIED:  # the payer pays by another order: the revoke gives this back
        return order, News.UNCLEAR
    return order, News.LATE_PAID


def _read_revoke(order: Attempt, reply: Reply, schedule: Schedule, now: float) -> Reading:
    match reply.verdict:
        case Verdict.REVOKED | Verdict.CLOSED | Verdict.REFUNDED:
            return _undone(order), News.REVOKED
        case Verdict.REVOKE_REFUSED:
            return _not_to_be_undone(order, reply), News.REVOKE_REFUSED
        case Verdict.NOT_KNOWN if order.qr is not None:  # some providers know an order only when its QR is scanned: watch on
            return order, News.REVOKE_REFUSED
        case Verdict.NOT_KNOWN if now >= forgotten_at(order, schedule) and not order.was_known:
            return _undone(order), News.FORGOTTEN
    return order, News.REVOKE_AGAIN


def _undone(order: Attempt) -> Attempt:
    return order.but(revoke_open=False, reason=TIMED_OUT if order.state is State.IN_DOUBT else order.reason)


def _not_to_be_undone(order: Attempt, reply: Reply) -> Attempt:
    """A refused or revoked payment keeps telling why it ended."""
    why = " ".join(filter(None, ("the provider refused to undo the order:", reply.code, reply.text)))
    reason = Reason("revoke_refused", why) if order.state in (State.REVOKING, State.IN_DOUBT) else order.reason
    return order.but(revoke_open=False, reason=reason)


def _read_refund(order: Attempt, reply: Reply) -> Reading:
    match reply.verdict:
        case Verdict.REFUNDED:
            return order.but(reason=TIMED_OUT if order.state is State.REVOKED else order.reason), News.REFUNDED
        case Verdict.REFUND_REFUSED:
            return order, News.REFUND_REFUSED
    return order, News.REFUND_AGAIN
