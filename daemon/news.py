"""What an event means for an order: the columns of the cycle's table, and the words it answers with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from daemon.payment import State


class News(str, Enum):
    """What happened, in the light of what is known of the order (or of the payment, while it has none under way)."""

    CODE = "code presented"
    WRONG_CODE = "wrong code"
    QR_WANTED = "QR wanted"
    QR_READY = "QR to show"
    QR_UNUSABLE = "no QR that can be shown"
    QR_TIME_UP = "QR shown long enough"
    CANCEL = "cancelled"
    SCAN_TIME_UP = "nobody presented a code"
    SCAN_TIME_UP_REFUSED = "no fresh code after a refusal"
    RESTARTED = "restarted"
    PERHAPS_SENT = "restarted, perhaps charged"  # the box died before it could say whether its reserved order was charged
    NEVER_SENT = "never charged"  # the provider does not know the order that was perhaps charged
    NOT_SENT = "nothing left the box"
    CONFIRMING = "payer is asked"
    UNCLEAR = "unclear"  # unpaid so far, not known, no answer, nonsense, a code nobody knows
    LAST_ASKED = "still unclear when asked last"  # and a revoke may follow
    PAID = "paid"
    LATE_PAID = "paid after all"  # the till was told otherwise, or it was to be undone
    EARLIER_PAID = "earlier order paid"  # while the payment still waits for a code: so it is paid
    REFUSAL_HEARD = "refused, unconfirmed"
    REFUSED_MENDABLE = "refused, payer can mend"
    REFUSED = "refused"
    ENDED = "ended by the provider"
    MISMATCH = "paid, but not what was asked"
    REVOKED = "revoke confirmed"
    REVOKE_AGAIN = "revoke unconfirmed"
    REVOKE_REFUSED = "revoke refused for good"
    ARRIVED_LATE = "known to the provider after all"
    FORGOTTEN = "never known to the provider"
    GOODS_FAILED = "goods not handed over"
    ASKED_AGAIN = "a person wants it asked about"
    REFUND_WANTED = "a person wants it refunded"
    SETTLED = "a person has seen to it"
    REFUNDED = "refund accepted"
    REFUND_AGAIN = "refund unconfirmed"
    REFUND_REFUSED = "refund refused"
    ENDED_AS_ASKED = "ended as the till asked"
    LEFT_AS_ASKED = "cannot be ended as the till asked"
    DUE = "next step is due"
    GIVE_UP = "time is up"
    DOUBT_TIME_UP = "revoke unconfirmed for too long"

    __str__ = str.__str__


class Do(str, Enum):
    """What a row of the table does beside changing the state. `daemon.errands` has a function for each."""

    SUBMIT = "submit"
    CREATE = "create"
    FIND = "find"
    PRESENT = "present"
    ASK_NOW = "ask_now"
    ASK_LATER = "ask_later"
    CONFIRM = "confirm"
    UNDO = "undo"
    REVOKE = "revoke"
    REVOKE_LATER = "revoke_later"
    GO_ON = "go_on"
    WATCH = "watch"
    ASK_ONCE = "ask_once"
    LOOK_ONCE_MORE = "look_once_more"
    RETURN_MONEY = "return_money"
    GIVE_BACK = "give_back"
    REFUND_LATER = "refund_later"
    REPORT = "report"
    REST = "rest"

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Row:
    """Where some news leads: the order's next state, what to do, and the payment's next state where it differs."""

    to: State
    do: Do | None = None
    payment_to: State | None = None
