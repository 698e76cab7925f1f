"""The session with a vending machine's controller, through an adapter, as one table. `daemon.tills.mdb_session` looks it up.

The adapter keeps the bus's own states (facts, tills 3.1); these are what they mean to a till that may approve one vend for one payment.

Two rules shape it. An approval is said once, for a request that still stands. And after it only the machine's own word, success or
failure, says what became of the goods: whatever else happens leaves them in doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Phase(str, Enum):
    """How it stands."""

    AWAY = "away"  # no line, or nobody at the other end of it
    SETTING_UP = "setting_up"
    SHUT = "shut"  # the controller does not enable the reader
    OPEN = "open"  # enabled
    BEGINNING = "beginning"  # a session was begun, and the machine does not show it yet
    IDLE = "idle"  # a session is open, nothing is asked for
    ASKED = "asked"  # a vend is asked for, and not answered
    DENIED = "denied"  # it was answered with no; the machine goes on by itself
    DISPENSING = "dispensing"  # it was approved, and the machine has not said what became of it

    __str__ = str.__str__


class News(str, Enum):
    """What happened, in the light of the phase."""

    OPENED = "line opened"
    LOST = "line lost"
    RESET = "adapter began anew"
    READY = "set up"
    DEAF = "adapter does not answer"
    SHUT = "reader shut"
    STOPPED = "controller reset the reader"
    OPEN = "reader enabled"
    IDLE = "session open"
    REQUEST = "vend asked for"
    SAME_REQUEST = "the same once more"
    SUCCESS = "goods are out"
    FAILURE = "goods could not be given"
    BEGIN = "session wanted"
    END = "session wanted no more"
    APPROVE = "vend approved"
    DENY = "vend denied"
    TOO_LONG = "nothing heard for too long"

    __str__ = str.__str__


class Do(str, Enum):
    """What a row does beside changing the phase; `Session` has a method for each."""

    SET_UP = "set_up"
    ASK = "ask"  # tell the till that a vend is asked for
    GIVE_UP = "give_up"  # tell it that nobody waits for the answer any more
    CHANGE = "change"  # both: another request took its place, and is denied
    SAY_BEGIN = "say_begin"
    SAY_STOP = "say_stop"
    SAY_VEND = "say_vend"
    SAY_NO = "say_no"
    GIVEN = "given"
    FAILED = "failed"
    DOUBT = "doubt"
    DOUBT_AND_ASK = "doubt_and_ask"
    OVER = "over"  # a session ended with nothing asked for

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Row:
    to: Phase
    does: tuple[Do, ...] = ()


P, N = Phase, News


def _row(to: Phase, *does: Do) -> Row:
    return Row(to, does)


_FROM_ANYWHERE = {
    N.OPENED: _row(P.SETTING_UP, Do.SET_UP),
    N.RESET: _row(P.SETTING_UP, Do.SET_UP),
    N.LOST: _row(P.AWAY),
    N.DEAF: _row(P.AWAY),
}
_STATUS = {N.SHUT: _row(P.SHUT), N.STOPPED: _row(P.SHUT), N.OPEN: _row(P.OPEN), N.IDLE: _row(P.IDLE)}
_REQUEST = {N.REQUEST: _row(P.ASKED, Do.ASK)}


def _also(rows: Mapping[News, Row], *does: Do) -> dict[News, Row]:
    return {news: Row(row.to, (*does, *row.does)) for news, row in rows.items()}


# Read: in this phase, on this news, to that phase, and this is done. News without a row changes nothing.
TABLE: Mapping[Phase, Mapping[News, Row]] = {
    P.AWAY: {N.OPENED: _row(P.SETTING_UP, Do.SET_UP), N.RESET: _row(P.SETTING_UP, Do.SET_UP), N.TOO_LONG: _row(P.SETTING_UP, Do.SET_UP)},
    P.SETTING_UP: {
        N.OPENED: _row(P.SETTING_UP, Do.SET_UP),
        N.RESET: _row(P.SETTING_UP, Do.SET_UP),
        N.LOST: _row(P.AWAY),
        N.DEAF: _row(P.AWAY),
        N.READY: _row(P.SHUT),
    },
    P.SHUT: {**_FROM_ANYWHERE, **_STATUS, **_REQUEST},
    P.OPEN: {**_FROM_ANYWHERE, **_STATUS, **_REQUEST, N.BEGIN: _row(P.BEGINNING, Do.SAY_BEGIN)},
    P.BEGINNING: {
        **_also(_FROM_ANYWHERE, Do.OVER),
        N.SHUT: _row(P.SHUT, Do.OVER),
        N.STOPPED: _row(P.SHUT, Do.OVER),
        N.OPEN: _row(P.BEGINNING),
        N.IDLE: _row(P.IDLE),
        **_REQUEST,
        N.TOO_LONG: _row(P.BEGINNING, Do.SAY_BEGIN),
        N.END: _row(P.OPEN, Do.SAY_STOP),
    },
    P.IDLE: {
        **_also(_FROM_ANYWHERE, Do.OVER),
        N.SHUT: _row(P.SHUT, Do.OVER),
        N.STOPPED: _row(P.SHUT, Do.OVER),
        N.OPEN: _row(P.OPEN, Do.OVER),
        N.IDLE: _row(P.IDLE),
        **_REQUEST,
        N.END: _row(P.IDLE, Do.SAY_STOP),
    },
    P.ASKED: {
        **_also(_FROM_ANYWHERE, Do.GIVE_UP),
        **_also(_STATUS, Do.GIVE_UP),
        N.SAME_REQUEST: _row(P.ASKED),
        N.REQUEST: _row(P.DENIED, Do.CHANGE),
        N.APPROVE: _row(P.DISPENSING, Do.SAY_VEND),
        N.DENY: _row(P.DENIED, Do.SAY_NO),
    },
    P.DENIED: {**_FROM_ANYWHERE, **_STATUS, **_REQUEST, N.SAME_REQUEST: _row(P.ASKED, Do.ASK)},
    P.DISPENSING: {
        **_also(_FROM_ANYWHERE, Do.DOUBT),
        N.STOPPED: _row(P.SHUT, Do.DOUBT),
        N.SHUT: _row(P.DISPENSING),
        N.OPEN: _row(P.DISPENSING),
        N.IDLE: _row(P.DISPENSING),
        N.SUCCESS: _row(P.IDLE, Do.GIVEN),
        N.FAILURE: _row(P.IDLE, Do.FAILED),
        N.SAME_REQUEST: _row(P.DISPENSING),
        N.REQUEST: _row(P.ASKED, Do.DOUBT_AND_ASK),
        N.TOO_LONG: _row(P.IDLE, Do.DOUBT),
    },
}
