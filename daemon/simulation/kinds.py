"""Which tills a history may have, by the names that they have in its configuration, and what their machines give."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from daemon.goods import Ware
from daemon.payment import Payment, State


class TillKind(str, Enum):
    """Of a till, which is also its key in `[tills.NAME]`."""

    HTTP = "http"
    SERIAL = "serial"
    KEYPAD = "keypad"
    POLE = "pole"
    MDB = "mdb"
    PULSE = "pulse"

    __str__ = str.__str__


PULSE_MINOR = 100  # what one credit pulse is worth
WARES: Mapping[str, Ware] = {TillKind.MDB.value: Ware("vend"), TillKind.PULSE.value: Ware("pulse", PULSE_MINOR)}

_OF_REMAINDER = {
    7: TillKind.SERIAL,
    15: TillKind.SERIAL,
    2: TillKind.MDB,
    10: TillKind.PULSE,
    6: TillKind.KEYPAD,
    14: TillKind.POLE,
}


def kind_of(drawn: int) -> TillKind:
    """By the sum of what was drawn for its setting: no draw of its own, so that older histories stay what they were. One of eight is
    serial, one of sixteen each of the others, and that without any draw is of a till over HTTP."""
    return _OF_REMAINDER.get(drawn % 16, TillKind.HTTP)


def is_an_offer(payment: Payment, before: Payment | None) -> bool:
    """Whether only a till without staff did something about it that it may do by itself: offer it, or take it back while nothing is
    under way for it."""
    was_waiting = before is None or before.state is State.AWAITING_CODE
    return payment.till in WARES and was_waiting and payment.state in (State.AWAITING_CODE, State.CANCELLED)
