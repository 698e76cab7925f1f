"""Holding a till back while its machine could not honour a payment: money that cannot be honoured is never taken.

A machine that is busy with the last sale inhibits for some seconds each time. Nothing is offered meanwhile, but nobody is called for
that either: a trouble is told only once it has lasted longer than its grace.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing can be offered. `grace_s`: how long it may last before anybody is told; None: it is told by others."""

    reason: str
    grace_s: float | None = 0.0


class Holding:
    """`hold` is told the reason, and None when there is none any more."""

    def __init__(self, hold: Callable[[str | None], None]) -> None:
        self._hold = hold
        self._trouble: Trouble | None = None
        self._since = 0.0

    def note(self, trouble: Trouble | None, now: float) -> None:
        """How it is now (monotonic seconds)."""
        if trouble is None or self._trouble is None:
            self._since = now
        self._trouble = trouble
        due_at = self.due_at
        self._hold(trouble.reason if trouble is not None and due_at is not None and due_at <= now else None)

    @property
    def due_at(self) -> float | None:
        """When the trouble that there is has lasted long enough to be told."""
        if self._trouble is None or self._trouble.grace_s is None:
            return None
        return self._since + self._trouble.grace_s
