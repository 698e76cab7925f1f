"""Why the box did not take what a till without a screen of its own asked for, in a word for the panel (`daemon.texts.NOT_TAKEN`)."""

from __future__ import annotations

from daemon.payment import State
from daemon.tills.base import Busy, Desk, NotReady, NotStorable, Rejected


async def word_for(error: Rejected, desk: Desk, till: str) -> str:
    """`till` is the one that asked. Raises NotStorable where the journal cannot say who is busy."""
    if isinstance(error, NotStorable):
        return "not_stored"
    if isinstance(error, Busy):
        busy = await desk.find(error.ref)
        if busy is not None and busy.state is State.IN_DOUBT:
            return "doubt"
        return "busy" if busy is not None and busy.till == till else "busy_other"
    return "not_ready" if isinstance(error, NotReady) else "busy"
