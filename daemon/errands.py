"""What is done about an order, and when the next step is due: the waits, pauses and bounds of the cycle.

Each function takes the order as the table left it and gives it back with its errand brought forward, and the request to make
now, if any. `next_at` is when the errand's next step is due; while a request is under way its answer brings the next step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from daemon.events import Action, Close, CreateQr, Query, Refund, Revoke, Submit
from daemon.news import Do
from daemon.payment import Attempt, Errand, Mode, Reason, State
from daemon.timing import Schedule

REVOKE_PAUSE_MAX_S = 60.0  # DESIGN, revoke_retry_s: "doubling to 60"
CHASE_PAUSE_MAX_S = 3600.0  # DESIGN, chase_s: "doubling to 3600"
CHASE_TRIES = 177  # 10 s doubling to an hour, then hourly, passes WeChat's limit of 7 days for a revoke at the 177th try
UNDO_TRIES = 40  # revokes, each with its query, at the faster pace, whatever in_doubt_s and revoke_retry_s are set to
HOLD_MAX_S = 25.0  # below the 30 s at which proxies commonly cut a silent request
HELD_S = 1.0  # a query that took so long was held open by the provider; a quicker answer is paced like a poll

PAID_LATE = Reason("paid_late", "the payment arrived after it had been given up")
PAID_TWICE = Reason("paid_twice", "another order of this payment was paid too, or nobody knows: a person must look")
GOODS_FAILED = "goods_failed"  # the code of the reason why a payment goes back whose goods were not handed over

KEPT_FOR_A_PERSON = frozenset({PAID_LATE.code, GOODS_FAILED})
"""Codes of reasons that stand on a payment whose money a person must see to, once the box has nothing more to do about it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How one gateway is dealt with."""

    schedule: Schedule
    holds_queries: bool
    returns_late_money: bool  # the operator wants it, and the gateway can refund
    closes: bool = True  # the provider has a call to end an unpaid QR order
    repeats_creates: bool = False  # and guarantees one order per key, however often it is made
    refunds: bool = False  # the gateway can refund, whatever the operator wants of late money


Doing = tuple[Attempt, Action | None]


def submit(order: Attempt, terms: Terms, now: float) -> Doing:
    return order.but(errand=Errand.CHARGE, sent_at=now), Submit(order.out_trade_no)


def create(order: Attempt, terms: Terms, now: float) -> Doing:
    return order.but(errand=Errand.CHARGE, sent_at=now), CreateQr(order.out_trade_no)


def find(order: Attempt, terms: Terms, now: float) -> Doing:
    """Whether the order came to be is unclear: ask for it by its number at once, then at the schedule's pace."""
    if order.errand is Errand.CHARGE:
        return _ask_or_create(order.but(errand=Errand.ASK), terms, now)
    return ask_later(order, terms, now)


def present(order: Attempt, terms: Terms, now: float) -> Doing:
    return order.but(errand=Errand.ASK, asked_at=now, next_at=now + pace_s(order, terms.schedule)), None


def ask_now(order: Attempt, terms: Terms, now: float) -> Doing:
    return _ask(order.but(errand=Errand.ASK), terms, now)


def confirm(order: Attempt, terms: Terms, now: float) -> Doing:
    """Refused by a definite code: rarely the debit succeeded all the same (WeChat, "correct result judgment"), so ask once."""
    return _ask(order.but(errand=Errand.CONFIRM), terms, now)


def ask_later(order: Attempt, terms: Terms, now: float) -> Doing:
    """Ask at the schedule's pace; a provider that holds queries open is asked again at once, so that its news has no wait."""
    if order.errand is Errand.CHARGE:
        due = now if terms.holds_queries else now + pace_s(order, terms.schedule)
    else:
        was_held = terms.holds_queries and now - order.asked_at >= HELD_S
        due = now if was_held else order.asked_at + pace_s(order, terms.schedule)
    return order.but(errand=Errand.CONFIRM if order.refusal else Errand.ASK, next_at=due), None


def undo(order: Attempt, terms: Terms, now: float) -> Doing:
    """From now on a last query and a revoke, again and again until confirmed. Until revoking is allowed, a till that waits
    still wants to know at once whether the payer has paid: polls go on."""
    allowed = max(now, revoke_from(order, terms.schedule))
    polled = order.asked_at + terms.schedule.query_every_s if order.state is State.REVOKING else allowed
    return order.but(errand=Errand.UNDO, next_at=min(max(now, polled), allowed), since_at=now, pause_s=0.0, tries=0), None


def revoke(order: Attempt, terms: Terms, now: float) -> Doing:
    """Counted, and held to be at work, before it leaves: from here on "paid" proves nothing. A close, which is what takes a
    QR order back, gives no money back, so it spoils no proof."""
    sent = order.but(revokes=order.revokes + 1)
    if order.mode is Mode.SHOW:
        return sent, Close(order.out_trade_no)
    return sent.but(revoke_open=True), Revoke(order.out_trade_no)


def revoke_later(order: Attempt, terms: Terms, now: float) -> Doing:
    """Quickly while a till waits for the end, ever more slowly once it was told that it is in doubt."""
    if order.tries >= UNDO_TRIES + CHASE_TRIES:
        return rest(order, terms, now)
    if now < doubt_at(order, terms.schedule) and order.tries < UNDO_TRIES:
        pause_s = _longer(order.pause_s, terms.schedule.revoke_retry_s, REVOKE_PAUSE_MAX_S)
    else:
        pause_s = _longer(order.pause_s, terms.schedule.chase_s, CHASE_PAUSE_MAX_S)
    return order.but(next_at=now + pause_s, pause_s=pause_s), None


def watch(order: Attempt, terms: Terms, now: float) -> Doing:
    """Nothing can be done to it from here: ask on, ever more slowly, whatever else is heard."""
    if order.errand is Errand.WATCH:
        return go_on(order, terms, now)
    pause_s = terms.schedule.chase_s
    return order.but(errand=Errand.WATCH, next_at=now + pause_s, pause_s=pause_s, tries=0), None


def ask_once(order: Attempt, terms: Terms, now: float) -> Doing:
    """It was asked about to the end, and given over to a person, who wants to know once more."""
    return _chase(order.but(errand=Errand.WATCH, tries=CHASE_TRIES - 1, pause_s=0.0), terms, now)


def look_once_more(order: Attempt, terms: Terms, now: float) -> Doing:
    """A charge that the provider never knew may still arrive after its revoke: look until one answer says what became of it.
    `since_at` is when that look is due; one that a restart, or a shorter wait, brought earlier is not the last."""
    lost = lost_at(order, terms.schedule)
    is_watched = order.errand is Errand.WATCH
    if order.was_known or (is_watched and now >= max(order.since_at, lost)):
        return rest(order, terms, now)
    if is_watched and now < order.since_at:
        return order.but(next_at=order.since_at), None
    watching = order if is_watched else watch(order, terms, now)[0]
    due = max(now, lost) + terms.schedule.chase_s
    return watching.but(next_at=due, since_at=due), None


def return_money(order: Attempt, terms: Terms, now: float) -> Doing:
    """Paid after the till was told otherwise: give it back, or leave it to a person, as the operator chose (P7)."""
    late = order.but(reason=PAID_LATE, pause_s=0.0, tries=0)
    if terms.returns_late_money:
        return _refund(late.but(errand=Errand.REFUND), terms, now)
    return rest(late, terms, now)


def give_back(order: Attempt, terms: Terms, now: float) -> Doing:
    """Paid, told so, and nothing was handed over: give it back where the gateway can, whatever the operator chose for late money."""
    back = order.but(pause_s=0.0, tries=0)
    return _refund(back.but(errand=Errand.REFUND), terms, now) if terms.refunds else rest(back, terms, now)


def refund_later(order: Attempt, terms: Terms, now: float) -> Doing:
    pause_s = _longer(order.pause_s, terms.schedule.chase_s, CHASE_PAUSE_MAX_S)
    return order.but(next_at=now + pause_s, pause_s=pause_s), None


def report(order: Attempt, terms: Terms, now: float) -> Doing:
    """A person must look: its reason says so, and it is listed as in doubt."""
    why = order.reason
    if why is not None and why.code == "mismatch":
        return rest(order.but(reason=Reason(PAID_LATE.code, why.text)), terms, now)
    if why is not None and why.code == GOODS_FAILED:
        return rest(order, terms, now)
    return rest(order.but(reason=PAID_LATE), terms, now)


def rest(order: Attempt, terms: Terms, now: float) -> Doing:
    return order.but(errand=Errand.NONE, next_at=None), None


def go_on(order: Attempt, terms: Terms, now: float) -> Doing:
    """The errand's next step, if it is due."""
    if order.next_at is None or order.next_at > now:
        return order, None
    return _NEXT_STEP[order.errand](order, terms, now)


def _ask(order: Attempt, terms: Terms, now: float) -> Doing:
    """Held open where the provider can: but for a QR order that is searched for, whose QR nobody sees while nothing changes."""
    hold_s = 0.0
    if terms.holds_queries and order.errand is Errand.ASK and order.state is not State.CREATING_QR:
        left_s = HOLD_MAX_S if order.mode is Mode.SHOW else give_up_at(order, terms.schedule) - now
        hold_s = max(0.0, min(HOLD_MAX_S, left_s))
    return order.but(asked_at=now, next_at=now + pace_s(order, terms.schedule)), Query(order.out_trade_no, hold_s=hold_s)


def _ask_or_create(order: Attempt, terms: Terms, now: float) -> Doing:
    if order.state is State.CREATING_QR and terms.repeats_creates:
        return order.but(asked_at=now, next_at=now + pace_s(order, terms.schedule)), CreateQr(order.out_trade_no)
    return _ask(order, terms, now)


def _ask_before_revoke(order: Attempt, terms: Terms, now: float) -> Doing:
    allowed = revoke_from(order, terms.schedule)
    if now >= allowed:
        return order.but(asked_at=now, tries=order.tries + 1), Query(order.out_trade_no, last=True)
    soon = min(now + terms.schedule.query_every_s, allowed)
    return order.but(asked_at=now, next_at=soon), Query(order.out_trade_no)


def _chase(order: Attempt, terms: Terms, now: float) -> Doing:
    if order.tries >= CHASE_TRIES:
        return rest(order, terms, now)
    pause_s = _longer(order.pause_s, terms.schedule.chase_s, CHASE_PAUSE_MAX_S)
    return order.but(asked_at=now, tries=order.tries + 1, pause_s=pause_s, next_at=now + pause_s), Query(order.out_trade_no)


def is_asked_out(order: Attempt) -> bool:
    """Whether it was watched to the end: nothing more is asked by itself."""
    return order.errand is Errand.WATCH and order.tries >= CHASE_TRIES


def _refund(order: Attempt, terms: Terms, now: float) -> Doing:
    if order.tries >= CHASE_TRIES:
        return report(order, terms, now)
    return order.but(tries=order.tries + 1), Refund(order.out_trade_no)


def _longer(pause_s: float, first_s: float, most_s: float) -> float:
    """The pause after this one: twice as long, at least `first_s`, at most `most_s`."""
    return min(max(first_s, pause_s * 2), max(first_s, most_s))


def pace_s(order: Attempt, schedule: Schedule) -> float:
    return schedule.qr_query_every_s if order.mode is Mode.SHOW else schedule.query_every_s


def give_up_at(order: Attempt, schedule: Schedule) -> float:
    """Until when the outcome of a charge is waited for; of making a QR order, whose payer waits for the QR, less long."""
    return order.sent_at + (2 * schedule.answer_s if order.mode is Mode.SHOW else schedule.give_up_s)


def revoke_from(order: Attempt, schedule: Schedule) -> float:
    """Not earlier than the provider allows (P8); a close may come at any time."""
    return order.sent_at + (0.0 if order.mode is Mode.SHOW else schedule.revoke_not_before_s)


def doubt_at(order: Attempt, schedule: Schedule) -> float:
    return order.since_at + schedule.in_doubt_s


def forgotten_at(order: Attempt, schedule: Schedule) -> float:
    """From when on a charge that the provider still does not know is held to be lost. A QR order that came to no QR is nobody's
    to pay, so it is let go with the wait for it."""
    return give_up_at(order, schedule) if order.mode is Mode.SHOW else lost_at(order, schedule)


def lost_at(order: Attempt, schedule: Schedule) -> float:
    """From when on what was sent and never known is not expected at the provider any more."""
    return order.sent_at + 2 * schedule.give_up_s


def most_requests(schedule: Schedule, boots: int = 1) -> int:
    """The most requests that one order can cause, whatever is lost or answered (P9).

    One charge; in each boot of the machine polls until given up (a provider that holds queries may be asked each `HELD_S`) or
    until revoking is allowed; twice (once more where the charge arrived after all) a query with each revoke and the long tail;
    refunds. Each restart of the program adds at most two.
    """
    pace_s = min(schedule.query_every_s, HELD_S)
    polls = int(max(schedule.give_up_s, schedule.revoke_not_before_s) / pace_s) + 3
    return 1 + boots * polls + 2 * (2 * (UNDO_TRIES + CHASE_TRIES) + CHASE_TRIES) + CHASE_TRIES


_NEXT_STEP: dict[Errand, Callable[[Attempt, Terms, float], Doing]] = {
    Errand.ASK: _ask_or_create,
    Errand.CONFIRM: _ask,
    Errand.UNDO: _ask_before_revoke,
    Errand.WATCH: _chase,
    Errand.REFUND: _refund,
}

DOING: dict[Do, Callable[[Attempt, Terms, float], Doing]] = {
    Do.SUBMIT: submit,
    Do.CREATE: create,
    Do.FIND: find,
    Do.PRESENT: present,
    Do.ASK_NOW: ask_now,
    Do.ASK_LATER: ask_later,
    Do.CONFIRM: confirm,
    Do.UNDO: undo,
    Do.REVOKE: revoke,
    Do.REVOKE_LATER: revoke_later,
    Do.GO_ON: go_on,
    Do.WATCH: watch,
    Do.ASK_ONCE: ask_once,
    Do.LOOK_ONCE_MORE: look_once_more,
    Do.RETURN_MONEY: return_money,
    Do.GIVE_BACK: give_back,
    Do.REFUND_LATER: refund_later,
    Do.REPORT: report,
    Do.REST: rest,
}
