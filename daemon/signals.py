"""Lights and sounds: which, for what (DESIGN, section 8). Pure; the shell does the timing, the devices do the blinking.

The screen's rows of that section are `Row`s here, and each has its lights and its sound in one table. No meaning rests on
colour alone: any two rows differ in their blinking or in their sound, and the sounds differ in rhythm too, so that they can be
told apart on an active buzzer, which has one pitch.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from daemon.payment import Reason, State
from daemon.view import NoticeKind, Part, Phase, PromptKind, View
from hw.interfaces import LIGHTS, Pattern, Tone

RESULT_S: dict[State, float] = {
    State.PAID: 3.0,
    State.REFUSED: 5.0,
    State.EXPIRED: 5.0,
    State.CANCELLED: 5.0,
    State.REVOKED: 5.0,
    State.REFUNDED: 5.0,
}
"""How long a result stays on the lights and the screen, in seconds. `in_doubt` is not here: it stays until seen to."""

NOTICE_S = 2.0
"""How long a notice (wrong code, not sent, …) stays, in seconds."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Something to hear; `name` is what `GET /v1/box` says of it."""

    name: str
    tones: tuple[Tone, ...]


# 2.0 to 2.9 kHz is where small piezo buzzers are loudest; a low tone is one well below that.
_HIGH, _RISEN, _LOW = 2000, 2700, 440

TICK = Sound("tick", (Tone(_HIGH, 30),))
PAID = Sound("paid", (Tone(_HIGH, 120), Tone(0, 40), Tone(_RISEN, 260)))
REFUSED = Sound("refused", (Tone(_LOW, 600),))
WRONG_CODE = Sound("wrong_code", (Tone(_LOW, 100), Tone(0, 80), Tone(_LOW, 100)))
ATTENTION = Sound("attention", (Tone(_LOW, 300), Tone(0, 150), Tone(_LOW, 300), Tone(0, 150), Tone(_LOW, 300)))

SOUNDS = (TICK, PAID, REFUSED, WRONG_CODE, ATTENTION)


class Row(Enum):
    """The meanings that a person must be able to tell apart."""

    DARK = auto()  # starting or stopped
    READY = auto()
    SHOW_CODE = auto()
    WAIT = auto()
    UNDOING = auto()
    PAID = auto()
    ENDED = auto()
    WRONG_CODE = auto()
    NOT_TAKEN = auto()  # of what was typed at the box, while no code is awaited
    ATTENTION = auto()


ROWS: dict[Row, tuple[dict[str, Pattern], Sound | None]] = {
    Row.DARK: ({}, None),
    Row.READY: ({"green": Pattern.SLOW}, None),
    Row.SHOW_CODE: ({"green": Pattern.ON}, TICK),
    Row.WAIT: ({"amber": Pattern.SLOW}, TICK),
    Row.UNDOING: ({"amber": Pattern.FAST}, None),
    Row.PAID: ({"green": Pattern.FAST}, PAID),
    Row.ENDED: ({"red": Pattern.ON}, REFUSED),
    Row.WRONG_CODE: ({"green": Pattern.ON, "red": Pattern.FAST}, WRONG_CODE),
    Row.NOT_TAKEN: ({"red": Pattern.FAST}, WRONG_CODE),
    Row.ATTENTION: ({"red": Pattern.SLOW}, ATTENTION),
}

_ROW_OF_STATE = {
    State.AWAITING_CODE: Row.SHOW_CODE,
    State.SUBMITTING: Row.WAIT,
    State.PENDING: Row.WAIT,
    State.CREATING_QR: Row.WAIT,
    State.PRESENTING_QR: Row.SHOW_CODE,
    State.REVOKING: Row.UNDOING,
    State.CLOSING: Row.UNDOING,
    State.PAID: Row.PAID,
    State.REFUSED: Row.ENDED,
    State.REVOKED: Row.ENDED,
    State.CANCELLED: Row.ENDED,
    State.EXPIRED: Row.ENDED,
    State.REFUNDED: Row.ENDED,
    State.IN_DOUBT: Row.ATTENTION,
}


def row(view: View) -> Row:
    """What the view means, in one word; an outage beside a payment or a ready box is not in it."""
    if view.overlay is None:
        return _row_below(view)
    if view.overlay.kind is NoticeKind.NOT_TAKEN and _row_below(view) is not Row.SHOW_CODE:
        return Row.NOT_TAKEN
    return Row.ATTENTION if view.overlay.kind is NoticeKind.NOT_STORED else Row.WRONG_CODE


def _row_below(view: View) -> Row:
    """The row without the notice that may cover it. Without a scanner nobody can show a code, so green would be a lie."""
    if view.phase is not Phase.RUNNING:
        return Row.DARK
    if view.state is State.AWAITING_CODE and view.lacks(Part.SCANNER):
        return Row.ATTENTION
    if view.state is not None:
        return _ROW_OF_STATE[view.state]
    if view.ready and view.prompt is not None and view.prompt.kind is PromptKind.OFFERED and view.prompt.scan:
        return Row.SHOW_CODE
    return Row.READY if view.ready else Row.ATTENTION


def lights(view: View) -> dict[str, Pattern]:
    """All three lights. Whatever wants attention adds its slow red to every row but a result's, until it is seen to."""
    meaning = row(view)
    patterns = dict.fromkeys(LIGHTS, Pattern.OFF) | ROWS[meaning][0]
    if view.wants_attention and meaning not in (Row.DARK, Row.PAID) and patterns["red"] is Pattern.OFF:
        patterns["red"] = Pattern.SLOW
    return patterns


def sound(before: View | None, after: View) -> Sound | None:
    """What is heard when the view changes: a notice first, else the payment's news, else that something newly wants attention.

    Three low tones come once for each thing that is newly wrong. A payer whose code was refused and who may try again hears
    the wrong-code sound, not the tick: who is not looking at the screen must hear that something is to be done.
    """
    before = before or View(ready=True, phase=Phase.STARTING)
    if after.overlay is not None and after.overlay != before.overlay:
        return ROWS[row(after)][1]
    if after.notice is not None and after.notice.kind is NoticeKind.NOT_TAKEN and after.notice != before.notice:
        return WRONG_CODE  # heard, though a payment that is under way or was paid is not covered by it
    if after.overlay is None and _news(after) != _news(before):
        heard = WRONG_CODE if _mendable(after) else ROWS[_row_below(after)][1]
        if heard not in (None, ATTENTION):
            return heard
    return ATTENTION if _wrongs(after) - _wrongs(before) else None


def _news(view: View) -> tuple[Row, Reason | None]:
    """What must differ for a payment to be heard. A notice that goes away leaves the payment below it as it was."""
    return _row_below(view), _mendable(view)


def _mendable(view: View) -> Reason | None:
    """Why the payer has to show a code once more; None where nothing was refused."""
    return view.reason if _row_below(view) is Row.SHOW_CODE else None


def _wrongs(view: View) -> frozenset[object]:
    """Each thing that wants attention, by what it is; its detail may change without a sound."""
    if view.phase is not Phase.RUNNING:
        return frozenset()
    wrongs: set[object] = {(outage.part, outage.name) for outage in view.outages}
    wrongs |= set(range(view.in_doubt))
    wrongs |= {State.IN_DOUBT} if view.state is State.IN_DOUBT else set()
    return frozenset(wrongs or ({Row.ATTENTION} if row(view) is Row.ATTENTION else ()))
