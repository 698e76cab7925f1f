"""The cycle's table: where each news leads an order in each state, and what is done then. `daemon.cycle` goes by it.

Two rules shape it. Unknown is never "refused": what is unclear is asked about, and what stays unclear is revoked. And once a revoke
was sent, "paid" proves nothing, because the revoke may still act; only its confirmation, or a refusal for good, ends that.
"""

from __future__ import annotations

from collections.abc import Mapping

from daemon.news import Do, News, Row
from daemon.payment import State

S, N = State, News


def _seen_to(state: State) -> dict[News, Row]:
    """What a person can do about an order that is for one to see to, in `state`; only where the cycle holds that it is."""
    return {
        N.REFUND_WANTED: Row(state, Do.GIVE_BACK),
        N.SETTLED: Row(state, Do.REST),
    }


def _in_background(state: State) -> dict[News, Row]:
    """What an order goes through that the payment has let go as `state`, or waits for in doubt."""
    return {
        **_seen_to(state),
        N.DUE: Row(state, Do.GO_ON),
        N.RESTARTED: Row(state, Do.GO_ON),
        N.CONFIRMING: Row(state, Do.GO_ON),
        N.UNCLEAR: Row(state, Do.GO_ON),
        N.LAST_ASKED: Row(state, Do.REVOKE),
        N.LATE_PAID: Row(state, Do.RETURN_MONEY),
        N.REVOKE_AGAIN: Row(state, Do.REVOKE_LATER),
        N.REVOKE_REFUSED: Row(state, Do.WATCH),
        N.REFUNDED: Row(S.REFUNDED, Do.REST),
        N.REFUND_AGAIN: Row(state, Do.REFUND_LATER),
        N.REFUND_REFUSED: Row(state, Do.REPORT),
    }


def _let_go(state: State) -> dict[News, Row]:
    """A QR order after the till was told `state`: the provider's own end may come hours later, and money until then."""
    return {
        **_in_background(state),
        N.ARRIVED_LATE: Row(state, Do.UNDO),
        N.ENDED: Row(state, Do.REST),
        N.REVOKED: Row(state, Do.LOOK_ONCE_MORE),
        N.FORGOTTEN: Row(state, Do.LOOK_ONCE_MORE),
        N.MISMATCH: Row(S.IN_DOUBT, Do.WATCH),
    }


# Read: an order in this state, on this news, goes to that state, and this is done. The order that is just being made is in
# `awaiting_code`, like its payment. Where the payment goes elsewhere than its order, `payment_to` says so.
TABLE: Mapping[State, Mapping[News, Row]] = {
    S.AWAITING_CODE: {
        N.CODE: Row(S.SUBMITTING, Do.SUBMIT),
        N.WRONG_CODE: Row(S.AWAITING_CODE),
        N.QR_WANTED: Row(S.CREATING_QR, Do.CREATE),
        N.CANCEL: Row(S.CANCELLED),
        N.SCAN_TIME_UP: Row(S.EXPIRED),
        N.SCAN_TIME_UP_REFUSED: Row(S.REFUSED),
        N.RESTARTED: Row(S.CANCELLED),
        N.PERHAPS_SENT: Row(S.PENDING, Do.ASK_NOW),
    },
    S.SUBMITTING: {
        N.PAID: Row(S.PAID, Do.REST),
        N.CONFIRMING: Row(S.PENDING, Do.ASK_LATER),
        N.UNCLEAR: Row(S.PENDING, Do.ASK_NOW),
        N.REFUSAL_HEARD: Row(S.PENDING, Do.CONFIRM),
        N.NOT_SENT: Row(S.CANCELLED, Do.REST, payment_to=S.AWAITING_CODE),
        N.ENDED: Row(S.REVOKED, Do.REST),
        N.MISMATCH: Row(S.IN_DOUBT, Do.WATCH),
        N.CANCEL: Row(S.REVOKING, Do.UNDO),
        N.GIVE_UP: Row(S.REVOKING, Do.UNDO),
        N.RESTARTED: Row(S.PENDING, Do.ASK_NOW),
    },
    S.PENDING: {
        N.DUE: Row(S.PENDING, Do.GO_ON),
        N.PAID: Row(S.PAID, Do.REST),
        N.CONFIRMING: Row(S.PENDING, Do.ASK_LATER),
        N.UNCLEAR: Row(S.PENDING, Do.ASK_LATER),
        N.REFUSED_MENDABLE: Row(S.REFUSED, Do.UNDO, payment_to=S.AWAITING_CODE),
        N.REFUSED: Row(S.REFUSED, Do.UNDO),
        N.ENDED: Row(S.REVOKED, Do.REST),
        N.MISMATCH: Row(S.IN_DOUBT, Do.WATCH),
        N.CANCEL: Row(S.REVOKING, Do.UNDO),
        N.NEVER_SENT: Row(S.CANCELLED, Do.LOOK_ONCE_MORE),
        N.GIVE_UP: Row(S.REVOKING, Do.UNDO),
        N.RESTARTED: Row(S.PENDING, Do.GO_ON),
    },
    S.REVOKING: {
        N.DUE: Row(S.REVOKING, Do.GO_ON),
        N.PAID: Row(S.PAID, Do.REST),
        N.CONFIRMING: Row(S.REVOKING, Do.GO_ON),
        N.UNCLEAR: Row(S.REVOKING, Do.GO_ON),
        N.LAST_ASKED: Row(S.REVOKING, Do.REVOKE),
        N.NOT_SENT: Row(S.CANCELLED, Do.REST),
        N.ENDED: Row(S.REVOKED, Do.REST),
        N.MISMATCH: Row(S.IN_DOUBT, Do.WATCH),
        N.REVOKED: Row(S.REVOKED, Do.LOOK_ONCE_MORE),
        N.FORGOTTEN: Row(S.REVOKED, Do.LOOK_ONCE_MORE),
        N.REVOKE_AGAIN: Row(S.REVOKING, Do.REVOKE_LATER),
        N.REVOKE_REFUSED: Row(S.IN_DOUBT, Do.WATCH),
        N.DOUBT_TIME_UP: Row(S.IN_DOUBT),
        N.CANCEL: Row(S.REVOKING),
        N.RESTARTED: Row(S.REVOKING, Do.GO_ON),
    },
    S.CREATING_QR: {
        N.QR_READY: Row(S.PRESENTING_QR, Do.PRESENT),
        N.QR_UNUSABLE: Row(S.REFUSED, Do.UNDO),
        N.NOT_SENT: Row(S.REFUSED, Do.REST),
        N.REFUSAL_HEARD: Row(S.CREATING_QR, Do.CONFIRM),
        N.REFUSED: Row(S.REFUSED, Do.UNDO),
        N.UNCLEAR: Row(S.CREATING_QR, Do.FIND),
        N.CONFIRMING: Row(S.CREATING_QR, Do.FIND),
        N.DUE: Row(S.CREATING_QR, Do.GO_ON),
        N.PAID: Row(S.PAID, Do.REST),
        N.MISMATCH: Row(S.IN_DOUBT, Do.WATCH),
        N.ENDED: Row(S.EXPIRED, Do.REST),
        N.GIVE_UP: Row(S.CLOSING, Do.UNDO),
        N.CANCEL: Row(S.CLOSING, Do.UNDO),
        N.RESTARTED: Row(S.CREATING_QR, Do.FIND),
    },
    S.PRESENTING_QR: {
        N.DUE: Row(S.PRESENTING_QR, Do.GO_ON),
        N.PAID: Row(S.PAID, Do.REST),
        N.CONFIRMING: Row(S.PRESENTING_QR, Do.ASK_LATER),
        N.UNCLEAR: Row(S.PRESENTING_QR, Do.ASK_LATER),
        N.REFUSED: Row(S.REFUSED, Do.UNDO),
        N.ENDED: Row(S.EXPIRED, Do.REST),
        N.MISMATCH: Row(S.IN_DOUBT, Do.WATCH),
        N.QR_TIME_UP: Row(S.CLOSING, Do.UNDO),
        N.CANCEL: Row(S.CLOSING, Do.UNDO),
        N.RESTARTED: Row(S.PRESENTING_QR, Do.GO_ON),
    },
    S.CLOSING: {
        N.DUE: Row(S.CLOSING, Do.GO_ON),
        N.PAID: Row(S.PAID, Do.REST),
        N.CONFIRMING: Row(S.CLOSING, Do.GO_ON),
        N.UNCLEAR: Row(S.CLOSING, Do.GO_ON),
        N.LAST_ASKED: Row(S.CLOSING, Do.REVOKE),
        N.NOT_SENT: Row(S.CANCELLED, Do.REST),
        N.MISMATCH: Row(S.IN_DOUBT, Do.WATCH),
        N.ENDED: Row(S.EXPIRED, Do.REST),
        N.REVOKED: Row(S.EXPIRED, Do.LOOK_ONCE_MORE),
        N.FORGOTTEN: Row(S.EXPIRED, Do.LOOK_ONCE_MORE),
        N.REVOKE_AGAIN: Row(S.CLOSING, Do.REVOKE_LATER),
        N.REVOKE_REFUSED: Row(S.EXPIRED, Do.WATCH),
        N.ENDED_AS_ASKED: Row(S.CANCELLED, Do.LOOK_ONCE_MORE),
        N.LEFT_AS_ASKED: Row(S.CANCELLED, Do.WATCH),
        N.DOUBT_TIME_UP: Row(S.IN_DOUBT),
        N.CANCEL: Row(S.CLOSING),
        N.RESTARTED: Row(S.CLOSING, Do.GO_ON),
    },
    S.IN_DOUBT: {
        **_in_background(S.IN_DOUBT),
        N.PAID: Row(S.PAID, Do.REST),
        N.ENDED: Row(S.REVOKED, Do.REST),
        N.REVOKED: Row(S.REVOKED, Do.LOOK_ONCE_MORE),
        N.FORGOTTEN: Row(S.REVOKED, Do.LOOK_ONCE_MORE),
        N.NOT_SENT: Row(S.CANCELLED, Do.REST),
        N.MISMATCH: Row(S.IN_DOUBT, Do.WATCH),
        N.CANCEL: Row(S.IN_DOUBT),
        N.ASKED_AGAIN: Row(S.IN_DOUBT, Do.ASK_ONCE),
    },
    S.REFUSED: {
        **_in_background(S.REFUSED),
        N.EARLIER_PAID: Row(S.PAID, Do.REST),
        N.ARRIVED_LATE: Row(S.REFUSED, Do.UNDO),
        N.ENDED: Row(S.REFUSED, Do.REST),
        N.REVOKED: Row(S.REFUSED, Do.LOOK_ONCE_MORE),
        N.FORGOTTEN: Row(S.REFUSED, Do.LOOK_ONCE_MORE),
        N.MISMATCH: Row(S.IN_DOUBT, Do.WATCH),
    },
    S.REVOKED: {  # looked at once more, where the provider had never known the order; this end itself never changes
        **_seen_to(S.REVOKED),
        N.DUE: Row(S.REVOKED, Do.GO_ON),
        N.RESTARTED: Row(S.REVOKED, Do.GO_ON),
        N.CONFIRMING: Row(S.REVOKED, Do.GO_ON),
        N.ARRIVED_LATE: Row(S.REVOKED, Do.UNDO),
        N.UNCLEAR: Row(S.REVOKED, Do.GO_ON),
        N.LAST_ASKED: Row(S.REVOKED, Do.REVOKE),
        N.LATE_PAID: Row(S.REVOKED, Do.RETURN_MONEY),
        N.ENDED: Row(S.REVOKED, Do.REST),
        N.MISMATCH: Row(S.REVOKED, Do.REPORT),
        N.REVOKED: Row(S.REVOKED, Do.REST),
        N.FORGOTTEN: Row(S.REVOKED, Do.LOOK_ONCE_MORE),
        N.REVOKE_AGAIN: Row(S.REVOKED, Do.REVOKE_LATER),
        N.REVOKE_REFUSED: Row(S.REVOKED, Do.WATCH),
        N.REFUNDED: Row(S.REVOKED, Do.REST),
        N.REFUND_AGAIN: Row(S.REVOKED, Do.REFUND_LATER),
        N.REFUND_REFUSED: Row(S.REVOKED, Do.REPORT),
    },
    S.PAID: {  # nothing undoes it but the machine's word that the goods were not handed over, or a person's
        **_seen_to(S.PAID),
        N.GOODS_FAILED: Row(S.PAID, Do.GIVE_BACK),
        N.DUE: Row(S.PAID, Do.GO_ON),
        N.RESTARTED: Row(S.PAID, Do.GO_ON),
        N.REFUNDED: Row(S.REFUNDED, Do.REST),
        N.REFUND_AGAIN: Row(S.PAID, Do.REFUND_LATER),
        N.REFUND_REFUSED: Row(S.PAID, Do.REPORT),
    },
    S.EXPIRED: _let_go(S.EXPIRED),
    S.CANCELLED: _let_go(S.CANCELLED),
}
