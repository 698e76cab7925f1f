"""Who is logged in: sessions of pages, in memory only, so that a restart of the box ends them all.

A session is a random number of 256 bits, nothing of the token's. The box keeps its SHA-256 alone: what can be read out of its memory
opens nothing. Time is an argument, in seconds of the monotonic clock, so that a wrong wall clock neither ends nor lengthens one.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from daemon.web.settings import Limits

_BYTES = 32  # 256 bits; OWASP asks for 64 at least

HangUp = Callable[[], object]


@dataclass(slots=True, eq=False)
class Session:
    """One page that is logged in."""

    ends_at: float  # whatever happens
    used_at: float
    _held_by: list[HangUp] = field(default_factory=list)

    @contextmanager
    def held(self, hang_up: HangUp) -> Iterator[None]:
        """A request is being served for it: it is in use meanwhile, and `hang_up` is called when it ends before the request does."""
        self._held_by.append(hang_up)
        try:
            yield
        finally:
            self._held_by.remove(hang_up)

    @property
    def is_held(self) -> bool:
        return bool(self._held_by)

    def end(self) -> None:
        for hang_up in list(self._held_by):
            hang_up()


class Sessions:
    """At most `limits.sessions` of them. Each ends `session_idle_s` after its last use, and `session_s` after its beginning."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sessions: dict[bytes, Session] = {}  # by the hash of its number; the one used longest ago first

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, now: float) -> str:
        """Begin one: its number, which nobody but its page shall know."""
        for key in [key for key, session in self._sessions.items() if self._left_s(session, now) <= 0]:
            self._end(key)
        while len(self._sessions) >= self._limits.sessions:
            self._end(next(iter(self._sessions)))
        number = secrets.token_urlsafe(_BYTES)
        self._sessions[_hashed(number)] = Session(now + self._limits.session_s, now)
        return number

    def use(self, number: str, now: float) -> Session | None:
        """The session of that number, which lives on by being used; None where there is none any more."""
        key = _hashed(number)
        session = self._living(key, now)
        if session is not None:
            session.used_at = now
            self._sessions[key] = self._sessions.pop(key)
        return session

    def left_s(self, number: str, now: float) -> float | None:
        """How long it lives unless it is used; None where there is none. To look is not to use."""
        session = self._living(_hashed(number), now)
        return None if session is None else self._left_s(session, now)

    def end(self, number: str) -> None:
        """End it, and hang up on whoever is being served for it. Nothing where there is none."""
        self._end(_hashed(number))

    def _living(self, key: bytes, now: float) -> Session | None:
        session = self._sessions.get(key)
        if session is not None and self._left_s(session, now) <= 0:
            self._end(key)
            return None
        return session

    def _left_s(self, session: Session, now: float) -> float:
        used_at = now if session.is_held else session.used_at
        return min(session.ends_at, used_at + self._limits.session_idle_s) - now

    def _end(self, key: bytes) -> None:
        session = self._sessions.pop(key, None)
        if session is not None:
            session.end()


def _hashed(number: str) -> bytes:
    # found by its hash, so that the time of a look-up tells nothing about the number (surrogates: whatever a header may hold)
    return hashlib.sha256(number.encode("utf-8", "surrogatepass")).digest()
