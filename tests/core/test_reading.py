"""The readers: what an answer means, in the light of what is known of the order already."""

from __future__ import annotations

from itertools import product

import pytest

from daemon.errands import PAID_LATE
from daemon.events import Action, Failed, Query, Refund, Replied, Revoke, Submit
from daemon.money import Amount, Minor
from daemon.news import News
from daemon.payment import Attempt, Errand, OutTradeNo, Reason, State
from daemon.reading import CLOSED, RESTARTED, TIMED_OUT, Place, read_failure, read_reply
from daemon.reply import Refusal, Reply, Verdict
from daemon.timing import Schedule

S, V, N = State, Verdict, News

T1 = OutTradeNo("T1")
LEADS = Place(S.PENDING, leads=True, may_retry=True)
NOTENOUGH = Reason("NOTENOUGH", "")


def order(state: State, errand: Errand, **fields: object) -> Attempt:
    """An order charged at second 100."""
    return Attempt(T1, "wechat", "wechat", Amount(Minor(1), "CNY"), state, sent_at=100.0, errand=errand).but(**fields)


CHARGED = order(S.SUBMITTING, Errand.CHARGE)
ASKED = order(S.PENDING, Errand.ASK)
TO_CONFIRM = order(S.PENDING, Errand.CONFIRM, refusal=NOTENOUGH, mendable=True)
UNDOING = order(S.REVOKING, Errand.UNDO)
REVOKE_SENT = order(S.REVOKING, Errand.UNDO, revokes=1, revoke_open=True, reason=TIMED_OUT)
REFUSED = order(S.REFUSED, Errand.UNDO, reason=NOTENOUGH, was_known=True)
LOOKED_FOR = order(S.REVOKED, Errand.WATCH, revokes=1, reason=TIMED_OUT)
PERHAPS_SENT = order(S.PENDING, Errand.ASK, reason=RESTARTED)
IN_DOUBT = order(S.IN_DOUBT, Errand.WATCH, reason=Reason("mismatch", "odd"))


def read(attempt: Attempt, action: Action, verdict: Verdict, *, place: Place = LEADS, now: float = 110.0, **reply: object):
    replied = Replied(action, Reply(verdict, reply.pop("code", ""), **reply))
    return read_reply(attempt, replied, place, Schedule(), now)


def asked(attempt: Attempt, verdict: Verdict, **how: object) -> News:
    return read(attempt, Query(T1), verdict, **how)[1]


# -- unknown is never refused (P4) --

ORDERS = [CHARGED, ASKED, TO_CONFIRM, UNDOING, REVOKE_SENT, REFUSED, LOOKED_FOR, IN_DOUBT, PERHAPS_SENT]
ENDS = {N.PAID, N.EARLIER_PAID, N.LATE_PAID, N.REFUSED, N.REFUSED_MENDABLE, N.REFUSAL_HEARD, N.ENDED, N.REVOKED, N.REFUNDED}


@pytest.mark.parametrize(("attempt", "action"), list(product(ORDERS, (Submit(T1), Query(T1), Revoke(T1), Refund(T1)))))
def test_what_the_provider_does_not_know_itself_ends_nothing(attempt: Attempt, action: Action):
    for verdict in (V.UNKNOWN, V.QR):
        assert read(attempt, action, verdict)[1] not in ENDS


@pytest.mark.parametrize("attempt", ORDERS)
@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("action", [Query(T1), Query(T1, last=True), Revoke(T1), Refund(T1)])
def test_silence_ends_nothing(attempt: Attempt, action: Action, sent: bool):
    assert read_failure(attempt, Failed(action, sent, "no answer"))[1] in (N.UNCLEAR, N.REVOKE_AGAIN, N.REFUND_AGAIN)


def test_a_last_query_that_never_left_is_followed_by_no_revoke():
    assert read_failure(UNDOING, Failed(Query(T1, last=True), False, "no route")) == (UNDOING, N.REVOKE_AGAIN)
    assert read_failure(UNDOING, Failed(Query(T1, last=True), True, "no answer")) == (UNDOING, N.UNCLEAR)
    assert read_failure(UNDOING, Failed(Query(T1), False, "no route")) == (UNDOING, N.UNCLEAR)


def test_an_unanswered_charge_is_unclear_unless_nothing_of_it_left():
    assert read_failure(CHARGED, Failed(Submit(T1), True, "no answer")) == (CHARGED, N.UNCLEAR)
    unsent, news = read_failure(CHARGED, Failed(Submit(T1), False, "no route"))
    assert (unsent.reason, news) == (Reason("not_sent", "no route"), N.NOT_SENT)


def test_why_it_ended_is_not_forgotten_because_the_charge_never_left():
    """Given up before: that is why. In doubt before: it is not any more, and the reason is that nothing left."""
    never_left = Failed(Submit(T1), False, "no route")
    assert read_failure(UNDOING.but(reason=TIMED_OUT), never_left)[0].reason == TIMED_OUT
    assert read_failure(IN_DOUBT, never_left)[0].reason == Reason("not_sent", "no route")


def test_a_refund_that_is_not_answered_is_asked_for_again():
    for sent in (True, False):
        refunding = REFUSED.but(errand=Errand.REFUND)
        assert read_failure(refunding, Failed(Refund(T1), sent, "no answer")) == (refunding, N.REFUND_AGAIN)


def test_not_known_is_no_refusal_unless_one_was_heard():
    assert asked(ASKED, V.NOT_KNOWN) is N.UNCLEAR
    assert asked(UNDOING, V.NOT_KNOWN) is N.UNCLEAR
    assert asked(TO_CONFIRM, V.NOT_KNOWN) is N.REFUSED_MENDABLE


def test_what_was_perhaps_charged_and_is_not_known_never_was():
    assert read(PERHAPS_SENT, Query(T1), V.NOT_KNOWN) == (PERHAPS_SENT, N.NEVER_SENT)
    assert asked(PERHAPS_SENT.but(was_known=True), V.NOT_KNOWN) is N.UNCLEAR
    assert asked(PERHAPS_SENT.but(state=S.REVOKING, errand=Errand.UNDO), V.NOT_KNOWN) is N.UNCLEAR
    assert asked(PERHAPS_SENT.but(reason=TIMED_OUT), V.NOT_KNOWN) is N.UNCLEAR


@pytest.mark.parametrize("verdict", [V.CONFIRMING, V.UNPAID, V.CLOSED])
def test_what_was_perhaps_charged_and_is_known_was(verdict: Verdict):
    """So its reason does not say any more that nothing was charged."""
    reason = read(PERHAPS_SENT, Query(T1), verdict)[0].reason
    assert reason == (CLOSED if verdict is V.CLOSED else None)


@pytest.mark.parametrize("verdict", [V.UNKNOWN, V.NOT_KNOWN])
def test_what_proves_nothing_leaves_it_perhaps_charged(verdict: Verdict):
    assert read(PERHAPS_SENT, Query(T1), verdict)[0] == PERHAPS_SENT


# -- the charge --


@pytest.mark.parametrize(
    ("verdict", "news"),
    [
        (V.PAID, N.PAID),
        (V.CONFIRMING, N.CONFIRMING),
        (V.UNPAID, N.UNCLEAR),
        (V.NOT_KNOWN, N.UNCLEAR),
        (V.REFUSED, N.REFUSAL_HEARD),
        (V.CLOSED, N.ENDED),
        (V.MISMATCH, N.MISMATCH),
        (V.UNKNOWN, N.UNCLEAR),
        (V.REVOKE_AGAIN, N.UNCLEAR),
    ],
)
def test_a_charge_is_answered(verdict: Verdict, news: News):
    assert read(CHARGED, Submit(T1), verdict)[1] is news


@pytest.mark.parametrize(("refusal", "mendable"), [(Refusal.PAYER, True), (Refusal.FINAL, False), (Refusal.OURS, False), (None, False)])
def test_who_can_mend_a_refusal_is_remembered(refusal: Refusal | None, mendable: bool):
    heard, _ = read(CHARGED, Submit(T1), V.REFUSED, code="NOTENOUGH", refusal=refusal)
    assert (heard.refusal, heard.mendable, heard.reason) == (NOTENOUGH, mendable, None)


def test_a_charge_that_proves_paid_when_it_was_given_up_and_is_in_doubt_came_late():
    assert read(IN_DOUBT.but(errand=Errand.UNDO), Submit(T1), V.PAID, place=Place(S.IN_DOUBT, leads=True, may_retry=True))[1] is N.LATE_PAID


def test_a_refusal_heard_after_giving_up_changes_nothing():
    assert read(UNDOING, Submit(T1), V.REFUSED) == (UNDOING, N.UNCLEAR)


# -- a query --


@pytest.mark.parametrize("verdict", [V.UNPAID, V.NOT_KNOWN, V.CLOSED, V.REVOKED, V.REFUNDED, V.REFUSED])
def test_every_proof_of_not_paid_confirms_a_refusal(verdict: Verdict):
    confirmed, news = read(TO_CONFIRM, Query(T1), verdict)
    assert (confirmed.reason, news) == (NOTENOUGH, N.REFUSED_MENDABLE)
    assert asked(TO_CONFIRM, verdict, place=Place(S.PENDING, leads=True, may_retry=False)) is N.REFUSED
    assert asked(TO_CONFIRM.but(mendable=False), verdict) is N.REFUSED


def test_the_payer_is_asked_after_all():
    confirming, news = read(TO_CONFIRM, Query(T1), V.CONFIRMING)
    assert (confirming.confirming, confirming.refusal, news) == (True, None, N.CONFIRMING)


def test_a_poll_may_bring_the_refusal():
    refused, news = read(ASKED, Query(T1), V.REFUSED, code="PAYERROR")
    assert (refused.reason, news) == (Reason("PAYERROR", ""), N.REFUSED)
    assert asked(ASKED, V.REFUSED, refusal=Refusal.PAYER) is N.REFUSED_MENDABLE
    assert asked(ASKED, V.REFUSED, refusal=Refusal.PAYER, place=Place(S.PENDING, leads=True, may_retry=False)) is N.REFUSED
    assert asked(UNDOING, V.REFUSED) is N.UNCLEAR, "what was given up is revoked"


@pytest.mark.parametrize("verdict", [V.CLOSED, V.REVOKED, V.REFUNDED])
def test_the_provider_ended_the_order(verdict: Verdict):
    ended, news = read(ASKED, Query(T1), verdict)
    assert (ended.reason, news) == (CLOSED, N.ENDED)
    assert read(REVOKE_SENT, Query(T1), verdict)[0].reason == TIMED_OUT
    assert read(IN_DOUBT, Query(T1), verdict)[0].reason == CLOSED


def test_what_is_learned_is_noted():
    noted, _ = read(ASKED, Query(T1), V.UNPAID, trade_no="4200")
    assert (noted.trade_no, noted.was_known) == ("4200", True)
    again, _ = read(noted, Query(T1), V.NOT_KNOWN)
    assert (again.trade_no, again.was_known) == ("4200", True)
    assert not read(ASKED, Query(T1), V.NOT_KNOWN)[0].was_known


# -- paid --

WAITS = Place(S.AWAITING_CODE, leads=False, may_retry=True)
ANOTHER_PAYS = Place(S.PENDING, leads=False, may_retry=True)
ANOTHER_PAID = Place(S.PAID, leads=False, may_retry=True)
TOLD = Place(S.REFUSED, leads=True, may_retry=False)
DOUBTED = Place(S.IN_DOUBT, leads=True, may_retry=True)
ANOTHER_DOUBTED = Place(S.IN_DOUBT, leads=False, may_retry=True)


@pytest.mark.parametrize(
    ("attempt", "place", "news"),
    [
        (CHARGED, LEADS, N.PAID),
        (ASKED, LEADS, N.PAID),
        (UNDOING, LEADS, N.PAID),
        (REVOKE_SENT, LEADS, N.UNCLEAR),
        (REFUSED, WAITS, N.EARLIER_PAID),
        (REFUSED.but(revokes=1, revoke_open=True), WAITS, N.UNCLEAR),
        (REFUSED.but(revokes=1, errand=Errand.WATCH), WAITS, N.LATE_PAID),
        (REFUSED, ANOTHER_PAYS, N.UNCLEAR),
        (REFUSED, ANOTHER_PAID, N.UNCLEAR),
        (REFUSED, TOLD, N.LATE_PAID),
        (REFUSED, ANOTHER_DOUBTED, N.LATE_PAID),
        (REFUSED.but(revokes=1, errand=Errand.WATCH), ANOTHER_PAID, N.LATE_PAID),
        (IN_DOUBT, DOUBTED, N.PAID),
        (IN_DOUBT, ANOTHER_DOUBTED, N.LATE_PAID),
        (IN_DOUBT.but(told_unpaid=True), DOUBTED, N.LATE_PAID),
        (IN_DOUBT.but(revokes=1), DOUBTED, N.LATE_PAID),
        (IN_DOUBT.but(errand=Errand.UNDO), DOUBTED, N.LATE_PAID),
        (IN_DOUBT.but(reason=PAID_LATE), DOUBTED, N.LATE_PAID),
        (IN_DOUBT.but(reason=None), DOUBTED, N.PAID),
        (LOOKED_FOR, Place(S.REVOKED, leads=True, may_retry=False), N.LATE_PAID),
    ],
)
def test_what_paid_means_hangs_on_what_was_done_and_told(attempt: Attempt, place: Place, news: News):
    assert asked(attempt, V.PAID, place=place) is news


def test_paid_forgets_why_it_was_to_be_undone():
    assert read(UNDOING.but(reason=TIMED_OUT), Query(T1), V.PAID)[0].reason is None


def test_paid_but_not_what_was_asked():
    odd, news = read(ASKED, Query(T1), V.MISMATCH, code="mismatch", text="amount 1 instead of 2")
    assert (odd.reason, news) == (Reason("mismatch", "amount 1 instead of 2"), N.MISMATCH)
    assert asked(REVOKE_SENT, V.MISMATCH) is N.UNCLEAR


# -- a revoke --


@pytest.mark.parametrize("verdict", [V.REVOKED, V.CLOSED, V.REFUNDED])
def test_a_revoke_is_confirmed(verdict: Verdict):
    undone, news = read(REVOKE_SENT, Revoke(T1), verdict)
    assert (undone.revoke_open, undone.reason, news) == (False, TIMED_OUT, N.REVOKED)
    cancelled, _ = read(REVOKE_SENT.but(reason=Reason("cancelled", "")), Revoke(T1), verdict)
    assert cancelled.reason == Reason("cancelled", "")
    late, _ = read(IN_DOUBT.but(reason=Reason("revoke_unconfirmed", "")), Revoke(T1), verdict)
    assert late.reason == TIMED_OUT


@pytest.mark.parametrize("verdict", [V.REVOKE_AGAIN, V.UNKNOWN, V.PAID, V.UNPAID, V.CONFIRMING, V.REFUSED, V.MISMATCH, V.QR])
def test_anything_else_does_not_confirm_it(verdict: Verdict):
    undoing, news = read(REVOKE_SENT, Revoke(T1), verdict)
    assert (undoing.revoke_open, news) == (True, N.REVOKE_AGAIN)


def test_a_revoke_is_refused_for_good():
    refused, news = read(REVOKE_SENT, Revoke(T1), V.REVOKE_REFUSED, code="TRADE_ERROR", text="account")
    assert (refused.revoke_open, news) == (False, N.REVOKE_REFUSED)
    assert refused.reason == Reason("revoke_refused", "the provider refused to undo the order: TRADE_ERROR account")
    told, _ = read(REFUSED.but(revokes=1, revoke_open=True), Revoke(T1), V.REVOKE_REFUSED)
    assert (told.revoke_open, told.reason) == (False, NOTENOUGH)


def test_a_revoke_of_an_order_that_the_provider_does_not_know():
    """A charge may still be on its way: it is asked on until twice `give_up_s`, and "paid" proves nothing until then."""
    early, news = read(REVOKE_SENT, Revoke(T1), V.NOT_KNOWN, now=159.9)
    assert (early.revoke_open, news) == (True, N.REVOKE_AGAIN)
    forgotten, news = read(REVOKE_SENT, Revoke(T1), V.NOT_KNOWN, now=160)
    assert (forgotten.revoke_open, news) == (False, N.FORGOTTEN)
    known, news = read(REVOKE_SENT.but(was_known=True), Revoke(T1), V.NOT_KNOWN, now=160)
    assert (known.revoke_open, news) == (True, N.REVOKE_AGAIN)


@pytest.mark.parametrize(
    ("sent", "revokes", "open_"),
    [(True, 1, True), (False, 0, False)],
)
def test_an_unanswered_revoke_is_open_unless_nothing_of_it_left(sent: bool, revokes: int, open_: bool):
    undoing, news = read_failure(REVOKE_SENT, Failed(Revoke(T1), sent, "no answer"))
    assert (undoing.revokes, undoing.revoke_open, news) == (revokes, open_, N.REVOKE_AGAIN)


def test_a_revoke_that_never_left_leaves_an_earlier_one_open():
    undoing, _ = read_failure(REVOKE_SENT.but(revokes=2), Failed(Revoke(T1), False, "no route"))
    assert (undoing.revokes, undoing.revoke_open) == (1, True)


# -- looking once more --


@pytest.mark.parametrize("verdict", [V.UNPAID, V.CONFIRMING, V.REFUSED])
def test_the_order_arrived_after_its_revoke(verdict: Verdict):
    arrived, news = read(LOOKED_FOR, Query(T1), verdict)
    assert (arrived.was_known, news) == (True, N.ARRIVED_LATE)
    assert asked(arrived, verdict) in (N.UNCLEAR, N.CONFIRMING), "it is undone once more, not for ever"


def test_the_order_never_arrived():
    assert asked(LOOKED_FOR, V.NOT_KNOWN, now=160) is N.FORGOTTEN
    assert asked(LOOKED_FOR, V.NOT_KNOWN, now=159) is N.UNCLEAR, "it may still be on its way"
    assert asked(LOOKED_FOR, V.UNKNOWN, now=160) is N.UNCLEAR
    assert asked(LOOKED_FOR.but(was_known=True), V.NOT_KNOWN, now=160) is N.UNCLEAR
    assert asked(IN_DOUBT, V.NOT_KNOWN, now=160) is N.UNCLEAR


# -- a refund --


@pytest.mark.parametrize(
    ("verdict", "news"),
    [(V.REFUNDED, N.REFUNDED), (V.REFUND_REFUSED, N.REFUND_REFUSED), (V.UNKNOWN, N.REFUND_AGAIN), (V.PAID, N.REFUND_AGAIN)],
)
def test_a_refund_is_answered(verdict: Verdict, news: News):
    assert read(REFUSED.but(errand=Errand.REFUND), Refund(T1), verdict)[1] is news


def test_a_revoked_order_whose_late_money_went_back_leaves_nothing_to_see_to():
    late = LOOKED_FOR.but(errand=Errand.REFUND, reason=Reason("paid_late", ""))
    assert read(late, Refund(T1), V.REFUNDED)[0].reason == TIMED_OUT
    assert read(late.but(state=S.REFUSED), Refund(T1), V.REFUNDED)[0].reason == Reason("paid_late", "")
