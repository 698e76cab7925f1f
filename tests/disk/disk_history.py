"""A fixed little history of payments, stored through the real journal, and what must be on the disk after each step of it.

It has what a box's life has: sales with one attempt and with two, a description that needs pages of its own, a log that is
folded into the file while the box sells and when it stops, small things by name, old payments forgotten, and starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shop import a_payment, an_order

from daemon.journal import Journal
from daemon.journal_error import JournalError
from daemon.journal_file import JournalFile, Note
from daemon.payment import Errand, Payment, Reason, State

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SMALL_LOG_PAGES = 12  # so that the log is folded in and begun anew every few stores, as it is after 1000 pages in a shop

EntryValues = tuple[str, str, str | None, str, str, dict[str, Any]]


@dataclass(frozen=True)
class Content:
    """What a journal holds, as far as anybody can ask: payments whole with their attempts, the list of events, one small thing."""

    payments: tuple[Payment, ...] = ()
    entries: tuple[EntryValues, ...] = ()
    colour: str | None = None

    def stored(self, payment: Payment, note: Note) -> Content:
        others = {p.ref: p for p in self.payments} | {payment.ref: payment}
        entry = (note.at, payment.ref, note.out_trade_no, note.event, payment.state.value, note.detail)
        return replace(self, payments=tuple(others.values()), entries=(*self.entries, entry))

    def without(self, ref: str) -> Content:
        return replace(
            self,
            payments=tuple(p for p in self.payments if p.ref != ref),
            entries=tuple(e for e in self.entries if e[1] != ref),
        )

    def __str__(self) -> str:
        states = {payment.ref: payment.state.value for payment in self.payments}
        return f"{states}, {[entry[1:4] for entry in self.entries]}, {self.colour}"


@dataclass(frozen=True)
class Step:
    """Something that is done to the journal in one transaction, and what it makes of the content. `call` None: it is closed."""

    name: str
    call: Callable[[JournalFile], Any] | None
    makes: Callable[[Content], Content] = lambda content: content


def _store(payment: Payment, event: str, **detail: Any) -> Step:
    number = payment.attempts[-1].out_trade_no if payment.attempts else None
    note = Note(payment.updated_at, number, event, detail)
    return Step(f"{event} {payment.ref}", lambda file: file.store(payment, "boot", note), lambda content: content.stored(payment, note))


def _colour(value: str | None) -> Step:
    return Step(f"colour {value}", lambda file: file.set_meta("colour", value), lambda content: replace(content, colour=value))


def _forget(ref: str) -> Step:
    """What is open is never forgotten, however old: where its end could not be stored, it stays."""

    def makes(content: Content) -> Content:
        return content if any(p.ref == ref and p.is_open for p in content.payments) else content.without(ref)

    return Step(f"forget {ref}", lambda file: file.prune("2026-11-21T00:00:00.000Z"), makes)


def _small_log(file: JournalFile) -> None:
    file._db.execute(f"PRAGMA wal_autocheckpoint={SMALL_LOG_PAGES}")


def steps() -> list[Step]:
    """The history. Its last step stores the payment whose bytes are damaged one by one (see `disk_damage`)."""
    old = a_payment("old").but(updated_at="2026-11-20T12:00:00.000Z")
    milk = "牛奶 " * 900
    sold = a_payment("sold", description=milk)
    mended = a_payment("mended")
    failed = an_order("T2", State.REFUSED, Errand.UNDO, reason=Reason("NOTENOUGH", "balance too low"))
    paid = an_order("T1", State.PAID, Errand.NONE, trade_no="4200", description=milk)
    last = a_payment("last", attempts=(an_order("T4"),))
    return [
        Step("start", lambda file: None),
        _store(old, "asked", amount=500),
        _store(old.but(state=State.CANCELLED), "cancelled", by="till"),
        _store(sold, "asked", amount=500),
        _store(sold.but(state=State.SUBMITTING, attempts=(an_order("T1", description=milk),)), "code_presented"),
        Step("stop", None),
        Step("a small log", _small_log),
        _store(sold.but(state=State.PAID, attempts=(paid,)), "replied"),
        _colour("green"),
        _store(mended.but(attempts=(failed,)), "replied", verdict="refused"),
        _store(mended.but(state=State.SUBMITTING, attempts=(failed, an_order("T3"))), "code_presented"),
        _forget("old"),
        _colour(None),
        _store(a_payment("other"), "asked"),
        _store(last, "code_presented", scheme="wechat"),
    ]


def contents() -> list[Content]:
    """What the journal holds before the first step, and after each."""
    found = [Content()]
    for step in steps():
        found.append(step.makes(found[-1]))
    return found


class Teller:
    """Tells the history to the journal at that path, one step after the other, in one thread."""

    def __init__(self, path: Path) -> None:
        self._journal = a_journal(path)

    def take(self, step: Step) -> None:
        """Raises JournalError."""
        if step.call is None:
            self._journal._close_file()
        else:
            self._journal._work(step.call)

    def read(self) -> Content:
        return self._journal._work(read)

    def leave(self) -> None:
        """As a box that is killed: nothing is folded in."""
        self._journal._let_go()


def a_journal(path: Path) -> Journal:
    return Journal(path, boot="boot", wall=lambda: AT)


class Contradiction(Exception):
    """The journal says one thing here, and another there."""


def read(file: JournalFile) -> Content:
    """Everything, through the calls that the box itself uses. Raises Contradiction."""
    payments = file.recent(1000)[::-1]
    entries = file.entries(0, 1000)
    numbers = [entry.seq for entry in entries]
    _agree("numbers of events", numbers, sorted(set(numbers)))
    _agree("open payments", sorted(p.ref for p, _ in file.open_payments()), sorted(p.ref for p in payments if p.is_open))
    for payment in payments:
        _agree("by ref", file.find(payment.ref), payment)
        _agree("events of it", file.entries_of(payment.ref), [e for e in entries if e.ref == payment.ref])
    values = tuple((e.at, str(e.ref), e.out_trade_no, e.event, e.state, e.detail) for e in entries)
    return Content(tuple(payments), values, file.meta("colour"))


def _agree(what: str, one: object, other: object) -> None:
    if one != other:
        raise Contradiction(f"{what}: {one!s:.300} and {other!s:.300}")


@dataclass(frozen=True)
class Found:
    """What a box finds at its next start."""

    content: Content
    kept: str | None  # the name of the damaged file that was moved aside, until it is confirmed
    report: str = ""  # what could not be read, if anything

    def __str__(self) -> str:
        return f"{self.content}, kept={self.kept}, {self.report or 'all was read'}"


def start(path: Path) -> Found:
    """As a box starts: what must be taken up is read first; then everything, as tills and people may ask for it."""
    journal = a_journal(path)
    try:
        journal._work(lambda file: file.set_meta("probed_at", "now"))
        journal._work(journal._open_payments)
        kept = journal._work(lambda file: file.meta("unconfirmed"))
        return Found(journal._work(read), kept)
    except (JournalError, Contradiction) as error:
        return Found(Content(), None, f"{type(error).__name__}: {error}")
    finally:
        journal._let_go()
