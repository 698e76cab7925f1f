"""The readers of what is said about a QR order (`daemon.reading`)."""

from __future__ import annotations

import pytest

from daemon.events import Action, Close, CreateQr, Failed, Query, Replied
from daemon.money import Amount, Minor
from daemon.news import News
from daemon.payment import Attempt, Errand, Mode, OutTradeNo, Reason, State
from daemon.reading import CLOSED, NO_QR, Place, read_failure, read_reply
from daemon.reply import Refusal, Reply, Verdict
from daemon.timing import Schedule

S, V, N = State, Verdict, News

T1 = OutTradeNo("T1")
LINK = "weixin://wxpay/bizpayurl?pr=made-up"
LEADS = Place(S.CREATING_QR, leads=True, may_retry=True)
TOO_LONG = Reason("qr_too_long", "the panel is too small")


def order(state: State, errand: Errand, **fields: object) -> Attempt:
    """A QR order whose making was asked for at second 100."""
    return Attempt(T1, "connect", "wechat", Amount(Minor(1), "CNY"), state, sent_at=100.0, errand=errand, mode=Mode.SHOW).but(**fields)


MADE = order(S.CREATING_QR, Errand.CHARGE)
TO_CONFIRM = order(S.CREATING_QR, Errand.CONFIRM, refusal=Reason("FREQUENCY", ""))
SHOWN = order(S.PRESENTING_QR, Errand.ASK, qr=LINK)
CLOSING = order(S.CLOSING, Errand.UNDO, qr=LINK, revokes=1, was_known=True)


def read(attempt: Attempt, action: Action, verdict: Verdict, *, place: Place = LEADS, now: float = 110.0, **reply: object):
    return read_reply(attempt, Replied(action, Reply(verdict, **reply)), place, Schedule(), now)


@pytest.mark.parametrize("action", [CreateQr(T1), Query(T1)])
def test_the_qr_is_kept_and_a_refusal_that_was_heard_before_is_forgotten(action: Action):
    ready, news = read(TO_CONFIRM, action, V.QR, qr=LINK)
    assert (ready.qr, ready.refusal, ready.was_known, news) == (LINK, None, True, N.QR_READY)


def test_a_qr_without_a_text_cannot_be_shown():
    unusable, news = read(MADE, CreateQr(T1), V.QR)
    assert (unusable.qr, unusable.reason, news) == (None, NO_QR, N.QR_UNUSABLE)


def test_the_panel_is_asked_about_the_very_text():
    small = Place(S.CREATING_QR, leads=True, may_retry=True, unshowable={LINK: TOO_LONG}.get)
    unusable, news = read(MADE, CreateQr(T1), V.QR, place=small, qr=LINK)
    assert (unusable.qr, unusable.reason, news) == (None, TOO_LONG, N.QR_UNUSABLE)
    assert read(MADE, CreateQr(T1), V.QR, place=small, qr="x")[1] is N.QR_READY


@pytest.mark.parametrize("attempt", [SHOWN, CLOSING])
def test_a_qr_that_nobody_waits_for_says_nothing(attempt: Attempt):
    known, news = read(attempt, Query(T1), V.QR, qr="weixin://another")
    assert (known.qr, news) == (LINK, N.UNCLEAR)


def test_a_refused_making_is_to_be_confirmed():
    heard, news = read(MADE, CreateQr(T1), V.REFUSED, code="FREQUENCY", refusal=Refusal.PAYER)
    assert (heard.refusal, heard.reason, news) == (Reason("FREQUENCY", ""), None, N.REFUSAL_HEARD)
    confirmed, news = read(TO_CONFIRM, Query(T1), V.NOT_KNOWN)
    assert (confirmed.reason, news) == (Reason("FREQUENCY", ""), N.REFUSED), "there is no code that the payer could show instead"


def test_a_refusal_heard_after_giving_up_changes_nothing():
    given_up = order(S.CLOSING, Errand.UNDO)
    assert read(given_up, CreateQr(T1), V.REFUSED) == (given_up, N.UNCLEAR)


@pytest.mark.parametrize(
    ("verdict", "news"),
    [
        (V.PAID, N.PAID),
        (V.CONFIRMING, N.CONFIRMING),
        (V.UNPAID, N.UNCLEAR),
        (V.CLOSED, N.ENDED),
        (V.MISMATCH, N.MISMATCH),
        (V.UNKNOWN, N.UNCLEAR),
    ],
)
def test_a_making_is_answered_like_a_query(verdict: Verdict, news: News):
    assert read(MADE, CreateQr(T1), verdict)[1] is news


def test_a_making_that_never_left_is_known_not_to_have_happened_and_one_that_was_repeated_is_not():
    unsent, news = read_failure(MADE, Failed(CreateQr(T1), False, "no route"))
    assert (unsent.reason, news) == (Reason("not_sent", "no route"), N.NOT_SENT)
    asked = MADE.but(asked_at=105.0)
    assert read_failure(asked, Failed(CreateQr(T1), False, "no route")) == (asked, N.UNCLEAR)


def test_a_poll_of_a_shown_qr_may_bring_its_refusal_for_good():
    refused, news = read(SHOWN, Query(T1), V.REFUSED, code="PAYERROR", refusal=Refusal.PAYER)
    assert (refused.reason, news) == (Reason("PAYERROR", ""), N.REFUSED), "a payer who is refused scans no second time"


@pytest.mark.parametrize("attempt", [MADE, SHOWN, CLOSING, CLOSING.but(revokes=2)])
def test_money_that_is_found_is_the_till_s_whatever_was_closed(attempt: Attempt):
    paid, news = read(attempt.but(reason=CLOSED), Query(T1), V.PAID)
    assert (paid.reason, news) == (None, N.PAID)


def test_a_shown_order_that_the_provider_does_not_know_may_still_be_scanned():
    """Some providers know an order only when its QR was scanned: so it is watched on, however late it is."""
    assert read(CLOSING.but(was_known=False), Close(T1), V.NOT_KNOWN, now=999)[1] is N.REVOKE_REFUSED


def test_an_order_that_came_to_no_qr_is_forgotten_with_the_wait_for_it():
    unmade = order(S.CLOSING, Errand.UNDO, revokes=1)
    assert read(unmade, Close(T1), V.NOT_KNOWN, now=119.9)[1] is N.REVOKE_AGAIN
    assert read(unmade, Close(T1), V.NOT_KNOWN, now=120)[1] is N.FORGOTTEN


def test_a_close_that_is_not_answered_is_closed_again():
    closing, news = read_failure(CLOSING, Failed(Close(T1), True, "no answer"))
    assert (closing.revokes, closing.revoke_open, news) == (1, False, N.REVOKE_AGAIN)
