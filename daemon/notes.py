"""What the journal's event list and the log say of an event."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from daemon.events import (
    Action,
    AskedAgain,
    Cancelled,
    CodePresented,
    CodeRejected,
    Event,
    Failed,
    GoodsFailed,
    Hinted,
    QrWanted,
    RefundWanted,
    Replied,
    Settled,
)
from daemon.journal_file import Note

_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])")


def word(thing: object) -> str:
    """The name of an event or action as a word: ``CodePresented`` is ``code_presented``."""
    return _BOUNDARY.sub("_", type(thing).__name__).lower()


def note_of(event: Event, actions: Sequence[Action]) -> Note:
    """The entry for that event, and for what was decided on it."""
    detail = _heard(event)
    if actions:
        detail["does"] = [word(action) for action in actions]
    return Note(event.at, _order(event, actions), word(event), detail)


def _order(event: Event, actions: Sequence[Action]) -> str | None:
    if isinstance(event, CodePresented | QrWanted | Hinted):
        return event.out_trade_no
    if isinstance(event, Replied | Failed):
        return event.action.out_trade_no
    return actions[0].out_trade_no if actions else None


def _heard(event: Event) -> dict[str, Any]:
    match event:
        case Replied():
            reply = event.reply
            said = {"code": reply.code, "text": reply.text, "trade_no": reply.trade_no}
            return {"call": word(event.action), "verdict": reply.verdict.value, **{k: v for k, v in said.items() if v}}
        case Failed():
            return {"call": word(event.action), "sent": event.sent, "text": event.text}
        case CodePresented() | QrWanted():
            return {"scheme": event.scheme, "gateway": event.gateway}
        case CodeRejected():
            return {"kind": event.kind}
        case Cancelled() | AskedAgain():
            return {"by": event.by}
        case RefundWanted() | Settled():
            return {"by": event.by, "text": event.text}
        case GoodsFailed():
            return {"text": event.text}
    return {}
