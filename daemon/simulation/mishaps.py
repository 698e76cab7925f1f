"""What goes wrong, and when: the names of the faults, and the two who decide about them (chance, or a script)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Protocol

from daemon.simulation.choices import Choices


class Mishap(str, Enum):
    """One fault. The first letters say what it befalls: a request, an answer, a write to the disk, power, clock, a device."""

    NOT_SENT = "no connection comes about"
    REQUEST_LOST = "the request is lost"
    REQUEST_LATE = "the request arrives when nobody waits any more"
    REQUEST_TWICE = "the request arrives twice"
    ANSWER_LOST = "the answer is lost"
    ANSWER_LATE = "the answer comes when nobody waits any more"
    ANSWER_CORRUPT = "the answer proves nothing"
    ANSWER_BUSY = "the provider says that it is busy, and does nothing"
    DIES_SENDING = "power goes when the request has left"
    DIES_HEARING = "power goes when the answer is there"
    WRITE_FAILS = "a write fails"
    SYNC_FAILS = "a sync fails, and the write is there all the same"
    WRITE_SLOW = "a write is slow"
    DIES_WRITING = "power goes before the write is synced"
    DIES_WRITTEN = "power goes right after the sync"
    DIES = "power goes"
    KILLED = "the process is killed"
    DISK_FULL = "the disk is full for a while"
    CLOCK_AHEAD = "the wall clock jumps years ahead"
    CLOCK_BACK = "the wall clock jumps years back"
    SCANNER_GONE = "the scanner is pulled for a while"
    NETWORK_DOWN = "the network is down for a while"

    __str__ = str.__str__


OF_CALLS = tuple(
    m for m in Mishap if m.name.startswith(("NOT_SENT", "REQUEST", "ANSWER")) or m in (Mishap.DIES_SENDING, Mishap.DIES_HEARING)
)
OF_STORES = (Mishap.WRITE_FAILS, Mishap.SYNC_FAILS, Mishap.WRITE_SLOW, Mishap.DIES_WRITING, Mishap.DIES_WRITTEN)
OF_ANY_MOMENT = tuple(m for m in Mishap if m not in OF_CALLS and m not in OF_STORES)


class Mishaps(Protocol):
    """Asked at each request and each write; None: all is well. `reboots`: whether the machine goes down with the program.
    `end()`: from now on all is well."""

    def at_call(self) -> Mishap | None: ...

    def at_store(self) -> Mishap | None: ...

    def reboots(self) -> bool: ...

    def end(self) -> None: ...


class Chance:
    """Faults drawn from a seed; how many is drawn, too, and may be none."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._odds = choices.pick((0, 60, 25, 8))  # one request in so many goes wrong
        self._over = False

    def at_call(self) -> Mishap | None:
        if self._over or not self._odds or not self._choices.chance(self._odds):
            return None
        return self._choices.pick(OF_CALLS)

    def at_store(self) -> Mishap | None:
        if self._over or not self._odds or not self._choices.chance(2 * self._odds):
            return None
        return self._choices.pick(OF_STORES)

    def reboots(self) -> bool:
        return self._choices.chance(2)

    def end(self) -> None:
        self._over = True


class Script:
    """Faults at given moments. Each request and each write is a moment, counted from 0 in the order in which they come;
    `moments` says which they were. `reboots`: a power failure takes the machine along, not only the program."""

    def __init__(self, faults: Mapping[int, Mishap], *, reboots: bool = False) -> None:
        self._faults = faults
        self._reboots = reboots
        self._over = False
        self.moments: list[bool] = []  # True for a request, False for a write

    def at_call(self) -> Mishap | None:
        return self._at(is_call=True)

    def at_store(self) -> Mishap | None:
        return self._at(is_call=False)

    def reboots(self) -> bool:
        return self._reboots

    def end(self) -> None:
        self._over = True

    def _at(self, *, is_call: bool) -> Mishap | None:
        self.moments.append(is_call)
        mishap = None if self._over else self._faults.get(len(self.moments) - 1)
        return mishap if mishap is None or (mishap in OF_CALLS) is is_call else None
