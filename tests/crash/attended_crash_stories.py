"""The crash stories of what people do about doubts: in every state in which there may be one, it is sent back, or was seen to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from crash_steps import HONEST, NEVER, NO_REFUND, SHAM, always, first
from crash_story import BRISK, UNHURRIED, Story
from qr_crash_stories import SOON

from daemon.news import News
from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Call, Move, Scenario, Standing, Step

_ROWS = {"ask": News.ASKED_AGAIN.name, "settle": News.SETTLED.name}
REPORT = {"late_payment": "report"}
_PAID_AFTER_REVOKE = Move(Standing.PAID, on=Call.REVOKE, nth=1, answered=True)
_PAID_AFTER_CLOSE = Move(Standing.PAID, on=Call.CLOSE, nth=1, answered=True)

_REFUSED = Scenario(
    "crash",
    "refused, and paid after the revoke was refused",
    Standing.FAILED,
    (_PAID_AFTER_REVOKE,),
    charge=first(Step(code="TRADE_ERROR")),
    revoke=always(NEVER),
)
_REVOKED = Scenario(
    "crash", "lost, and paid after a revoke that was a sham", Standing.ABSENT, (_PAID_AFTER_REVOKE,), charge=first(SHAM), revoke=first(SHAM)
)
_SHOWN = Scenario("crash", "scanned after all", Standing.UNPAID, (_PAID_AFTER_CLOSE,), close=always(NEVER))
_JAMMED = replace(CASES["paid"], refund=first(NO_REFUND, then=HONEST))


def _both(name: str, scenario: Scenario | str, state: str, *, settled_by: tuple[str, ...] = ("settle",), **how: object) -> Iterator[Story]:
    """Once seen to elsewhere, and once sent back."""
    until = tuple(f"in_doubt:{_ROWS[act]}" for act in settled_by) if state == "in_doubt" else ()
    yield Story(f"{name}, seen to", (scenario,), state, kept=True, acts=settled_by, until=until, **how)  # type: ignore[arg-type]  # a story's own
    back = state if state == "revoked" else "refunded"
    yield Story(f"{name}, sent back", (scenario,), back, kept=False, acts=("refund",), **how)  # type: ignore[arg-type]  # as above


def _both_shown(name: str, state: str, **how: object) -> Iterator[Story]:
    yield Story(f"QR: {name}, seen to", ends=state, kept=True, qr=_SHOWN, acts=("settle",), **how)  # type: ignore[arg-type]  # as above
    yield Story(f"QR: {name}, sent back", ends="refunded", kept=False, qr=_SHOWN, acts=("refund",), **how)  # type: ignore[arg-type]  # as above


STORIES = (
    *_both("refused, paid late, reported", _REFUSED, "refused", policy=REPORT),
    *_both("lost, revoked, paid late, reported", _REVOKED, "revoked", policy=REPORT, timing=BRISK | UNHURRIED),
    *_both("in doubt, paid late, reported", "paid_late", "in_doubt", settled_by=("ask", "settle"), policy=REPORT, timing=BRISK),
    *_both("paid, nothing handed over, refund refused", _JAMMED, "paid", jams=True),
    *_both_shown("nobody pays, paid late, reported", "expired", policy=REPORT, via="merchant", timing=SOON),
    *_both_shown("given up, paid late, reported", "cancelled", policy=REPORT, via="merchant", timing=SOON, cancels=("presenting_qr",)),
)
