"""Goods: what a machine owes a payer after `paid`, unit by unit, and what is certain of it. Pure.

A unit is one credit pulse, or one vend. It is stored as begun, synced, before it is given, and as done when it is certain. So whatever
is cut off between, the number `begun` says which one unit nobody can be sure of; it is never given again, and no other is in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from daemon.money import Amount
from daemon.payment import Payment


class Stand(str, Enum):
    """How it stands with the goods of one payment."""

    OWED = "owed"  # paid, nothing begun
    GIVING = "giving"
    GIVEN = "given"  # all of it, for certain
    FAILED = "failed"  # nothing was given, for certain: the money goes back
    IN_DOUBT = "in_doubt"  # not all of it, or not for certain: a person must look
    SEEN_TO = "seen_to"  # and one has

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Ware:
    """What the machine of a till gives. `worth_minor`: what one unit is worth; None where one is the whole."""

    unit: str  # what one is called: "pulse", "vend"
    worth_minor: int | None = None

    def units(self, amount: Amount) -> int:
        """How many are owed for that; one at least, since it was paid."""
        return 1 if self.worth_minor is None else max(1, amount.minor // self.worth_minor)


class OutOfOrder(Exception):
    """That cannot happen to these goods as they stand. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Owing:
    """The goods of one payment. Each method gives what they are after it, to be stored before anything is done on it."""

    payment: Payment
    unit: str
    units: int
    begun: int = 0  # the number of the unit that was begun last
    done: int = 0  # how many are certain
    doubtful: tuple[int, ...] = ()  # numbers of those that are not, and never will be
    stands: Stand = Stand.OWED
    note: str = ""
    is_open: bool = True  # something is still to be done about them

    @property
    def in_hand(self) -> int | None:
        """The number of the unit that was begun and is neither certain nor in doubt. After a restart that is the one in doubt."""
        return self.begun if self.begun > self.done + len(self.doubtful) else None

    @property
    def is_doubtful(self) -> bool:
        """Whether a person must look."""
        return self.stands is Stand.IN_DOUBT or (bool(self.doubtful) and self.stands is not Stand.SEEN_TO)

    @property
    def is_all_begun(self) -> bool:
        return self.begun == self.units

    def begin(self) -> Owing:
        """The next unit; it may be given once this is stored."""
        if self.in_hand is not None or self.is_all_begun or self.stands not in (Stand.OWED, Stand.GIVING):
            raise OutOfOrder(f"no {self.unit} can be begun after {self.begun} of {self.units}, {self.stands}")
        return replace(self, begun=self.begun + 1, stands=Stand.GIVING)

    def certain(self) -> Owing:
        """The unit in hand was given, for certain."""
        self._needs_one_in_hand()
        return replace(self, done=self.done + 1)

    def not_given(self) -> Owing:
        """The unit in hand was not given, for certain: as if it had not been begun."""
        self._needs_one_in_hand()
        return replace(self, begun=self.begun - 1)

    def doubt(self, note: str) -> Owing:
        """Nobody knows of the unit in hand. It is not given again; the others may go on."""
        return replace(self, doubtful=(*self.doubtful, self._needs_one_in_hand()), note=note)

    def end(self, note: str = "") -> Owing:
        """Nothing more is given. Where nothing was, the money must go back, and they stay open until that is asked for."""
        if self.in_hand is not None:
            raise OutOfOrder(f"{self.unit} {self.in_hand} is in hand")
        if self.done == self.units:
            return replace(self, stands=Stand.GIVEN, is_open=False)
        note = note or self.note
        if self.begun == 0:
            return replace(self, stands=Stand.FAILED, note=note)
        return replace(self, stands=Stand.IN_DOUBT, note=note, is_open=False)

    def abandoned(self, note: str) -> Owing:
        """Nobody can give them any more, or say what was given: for a person to look at."""
        left = self if self.in_hand is None else self.doubt(note)
        return replace(left, stands=Stand.IN_DOUBT, note=note, is_open=False)

    def seen_to(self, note: str) -> Owing:
        """A person has looked: `note` is what that person says of them. What is certain of them stays as it is."""
        if self.is_open or not self.is_doubtful:
            raise OutOfOrder(f"goods that are {self.stands} are not for a person to see to")
        return replace(self, stands=Stand.SEEN_TO, note=note)

    def close(self) -> Owing:
        """The money was asked to go back."""
        if self.stands is not Stand.FAILED:
            raise OutOfOrder(f"goods that are {self.stands} send no money back")
        return replace(self, is_open=False)

    def lines(self) -> list[str]:
        """How it stands, for people."""
        found = [f"goods: {self.stands}, {self.done} of {self.units} {self._named(self.units)} given"]
        found += [f"{self.unit} {number} of {self.units} is in doubt" for number in self.doubtful]
        if self.in_hand is not None:
            found.append(f"{self.unit} {self.in_hand} of {self.units} is begun and not certain")
        if not self.is_open and not self.is_all_begun:
            found.append(f"{self._range(self.begun + 1, self.units)} of {self.units} not given")
        return [*found, *([f"why: {self.note}"] if self.note else [])]

    def _named(self, count: int) -> str:
        return self.unit if count == 1 else f"{self.unit}s"

    def _range(self, first: int, last: int) -> str:
        return f"{self.unit} {first}" if first == last else f"{self.unit}s {first} to {last}"

    def _needs_one_in_hand(self) -> int:
        if self.in_hand is None:
            raise OutOfOrder(f"no {self.unit} is in hand after {self.begun} of {self.units}")
        return self.in_hand
