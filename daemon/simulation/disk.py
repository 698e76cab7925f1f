"""The disk and the journal on it, in memory: what is synced survives the box, and every write may fail or be the last.

`SimulatedJournal` has the calls of `daemon.journal.Journal` and its rules: a failure is said until something was written again.
What it gives back after a restart has gone through the journal's own rows (`daemon.rows`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from daemon.goods import Owing
from daemon.journal_error import JournalError
from daemon.journal_file import JournalFile, Note
from daemon.late_money import needs_a_person, says_twice
from daemon.payment import OutTradeNo, Payment, Ref, State
from daemon.rows import ATTEMPT_COLUMNS, PAYMENT_COLUMNS, attempt_values, payment_from, payment_values
from daemon.simulation.disk_goods import GoodsOnDisk
from daemon.simulation.kinds import WARES
from daemon.simulation.mishaps import Mishap
from daemon.simulation.till_line import LINE_TILL
from daemon.tills.base import Entry, Telling, end_of

SLOW_WRITE_S = 0.4  # a worn card, busy with itself


@dataclass(slots=True)
class _Told:
    """A row of the journal's `tellings`: which end a payment has, the event with which it came, whether the till has it."""

    end: str | None
    seq: int | None
    got: bool = False


@dataclass(slots=True)
class Disk:
    """What a power cut leaves. `payments` with the boot that their moments belong to, in the order in which they came."""

    payments: dict[Ref, tuple[Payment, str]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    is_full: bool = False
    goods: GoodsOnDisk = field(default_factory=GoodsOnDisk)
    _payment_of: dict[OutTradeNo, Ref] = field(default_factory=dict)
    _told: dict[Ref, _Told] = field(default_factory=dict)  # of the till on the line, in the order in which it asked

    def write(self, payment: Payment, boot: str, note: Note) -> Entry:
        entry = Entry(len(self.entries) + 1, note.at, payment.ref, note.out_trade_no, note.event, payment.state.value, note.detail)
        before = self.payments.get(payment.ref)
        self.payments[payment.ref] = (payment, boot)
        self.entries.append(entry)
        self.goods.owe(payment, None if before is None else before[0].state)
        for attempt in payment.orders:
            self._payment_of[attempt.out_trade_no] = payment.ref
        if payment.till == LINE_TILL:
            end, told = end_of(payment), self._told.get(payment.ref)
            if told is None or told.end != end:
                self._told[payment.ref] = _Told(end, None if end is None else entry.seq)
        return entry

    def telling(self, ref: Ref) -> Telling | None:
        told = self._told.get(ref)
        return None if told is None else Telling(self.payments[ref][0], told.seq, told.got)

    def last_telling(self) -> Telling | None:
        return self.telling(next(reversed(self._told))) if self._told else None

    def owed(self, till: str, limit: int = 10**6) -> list[Telling]:
        """What that till has not acknowledged, newest payment first."""
        refs = [ref for ref, told in reversed(self._told.items()) if not told.got][:limit] if till == LINE_TILL else []
        return [telling for ref in refs if (telling := self.telling(ref)) is not None]

    def set_got(self, seq: int) -> bool:
        owed = [told for told in self._told.values() if told.seq == seq and not told.got]
        for told in owed:
            told.got = True
        return bool(owed)

    def owing(self, ref: Ref) -> Owing | None:
        found = self.payments.get(ref)
        return None if found is None else self.goods.of(found[0])

    def open_goods(self, till: str) -> list[Owing]:
        """What is still to be done for that till, oldest payment first."""
        return [owing for ref in self.goods.still_open(till) if (owing := self.owing(ref)) is not None]

    def put_owing(self, owing: Owing) -> None:
        self.goods.change(owing)

    def in_doubt(self) -> set[Ref]:
        """What a person must look at, as the file counts it (`daemon.lookup_rows`)."""
        in_doubt = {p.ref for p, _ in self.payments.values() if _is_for_a_person(p)}
        return in_doubt.union(self.goods.doubtful())

    def with_order(self, number: OutTradeNo) -> Payment | None:
        """The payment that has an order of that number; None where there is none on the disk."""
        ref = self._payment_of.get(number)
        return None if ref is None else self.payments[ref][0]

    def open_ones(self) -> list[tuple[Payment, str]]:
        """Every payment that is not at its end, as it comes back after a start, with the boot of its moments."""
        return [(_through_rows(payment, boot), boot) for payment, boot in self.payments.values() if payment.is_open]

    def end(self) -> None:
        """Nobody uses it any more."""

    @property
    def all(self) -> list[Payment]:
        return [payment for payment, _ in self.payments.values()]


class FiledDisk(Disk):
    """The same with the journal's own file beside it, which must give back what was written; AssertionError where it does not."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory(prefix="tillbox-simulate-")
        self._path = Path(self._folder.name, "journal.db")
        self._file = JournalFile.open(self._path)

    def write(self, payment: Payment, boot: str, note: Note) -> Entry:
        entry = super().write(payment, boot, note)
        filed = self._file.store(payment, boot, note, tells=payment.till == LINE_TILL, ware=WARES.get(payment.till))
        assert filed == entry, f"the file has {filed}"
        return entry

    def put_owing(self, owing: Owing) -> None:
        super().put_owing(owing)
        self._file.put_owing(owing)
        assert self._file.owing(owing.payment.ref) == self.owing(owing.payment.ref)

    def set_got(self, seq: int) -> bool:
        was_owed = super().set_got(seq)
        assert self._file.set_got(LINE_TILL, seq) is was_owed
        return was_owed

    def open_ones(self) -> list[tuple[Payment, str]]:
        """The program before this one was killed: its connection ends as it stands, with its log beside the file."""
        self._file.drop()
        self._file = JournalFile.open(self._path)
        filed, wanted = self._file.open_payments(), super().open_ones()
        assert filed == wanted, f"the file gives back {filed}, and written was {wanted}"
        owed = [(telling.payment.ref, telling.seq) for telling in self._file.owed(LINE_TILL, 10**6)]
        assert owed == [(telling.payment.ref, telling.seq) for telling in self.owed(LINE_TILL)]
        for till in WARES:
            assert self._file.open_goods(till) == self.open_goods(till)
        return filed

    def end(self) -> None:
        self._file.drop()
        self._folder.cleanup()


class SimulatedJournal:
    """`befalls` says what happens to a write (None: nothing); `dies` ends the box and does not come back."""

    def __init__(self, disk: Disk, boot: str, befalls: Callable[[Payment], Mishap | None], dies: Callable[[Mishap], object]) -> None:
        self._disk = disk
        self._boot = boot
        self._befalls = befalls
        self._dies = dies
        self.trouble: str | None = None
        self.failures = 0
        self.on_trouble: Callable[[], None] = lambda: None

    async def start(self) -> list[tuple[Payment, bool]]:
        self._probe()
        return [(payment, boot == self._boot) for payment, boot in self._disk.open_ones()]

    async def store(self, payment: Payment, note: Note) -> Entry:
        mishap = await self._before_write(payment)
        entry = self._disk.write(payment, self._boot, note)
        await self._after_write(mishap)
        return entry

    async def put_owing(self, owing: Owing) -> None:
        mishap = await self._before_write(owing.payment)
        self._disk.put_owing(owing)
        if mishap is Mishap.SYNC_FAILS:
            self._disk.goods.unsynced.add(owing.payment.ref)
        await self._after_write(mishap)

    async def owing(self, ref: Ref) -> Owing | None:
        return self._disk.owing(ref)

    async def open_goods(self, till: str) -> list[Owing]:
        return self._disk.open_goods(till)

    async def probe(self) -> None:
        self._probe()

    async def find(self, ref: Ref) -> Payment | None:
        found = self._disk.payments.get(ref)
        return None if found is None else found[0]

    async def telling(self, ref: Ref) -> Telling | None:
        return self._disk.telling(ref)

    async def last_telling(self, _till: str) -> Telling | None:
        return self._disk.last_telling()

    async def owed(self, till: str, limit: int) -> list[Telling]:
        return self._disk.owed(till, limit)

    async def got(self, _till: str, seq: int) -> bool:
        self._probe()
        return self._disk.set_got(seq)

    async def recent(self, limit: int, _before: str | None) -> list[Payment]:
        return self._disk.all[::-1][:limit]

    async def entries(self, after_seq: int, limit: int) -> list[Entry]:
        return self._disk.entries[after_seq : after_seq + limit]

    async def last_seq(self) -> int:
        return len(self._disk.entries)

    async def in_doubt(self) -> int:
        return len(self._disk.in_doubt())

    async def unconfirmed(self) -> str | None:
        return None

    async def prune(self, _before: str) -> int:
        return 0

    async def close(self) -> None: ...

    async def _before_write(self, payment: Payment) -> Mishap | None:
        mishap = self._befalls(payment)
        if mishap is Mishap.WRITE_SLOW:
            await asyncio.sleep(SLOW_WRITE_S)
        elif mishap is Mishap.DIES_WRITING:
            await self._die(mishap)
        if self._disk.is_full or mishap is Mishap.WRITE_FAILS:
            self._fail("the disk is full")
        return mishap

    async def _after_write(self, mishap: Mishap | None) -> None:
        if mishap is Mishap.DIES_WRITTEN:
            await self._die(mishap)
        if mishap is Mishap.SYNC_FAILS:
            self._fail("input/output error")
        self._note(None)

    def _probe(self) -> None:
        if self._disk.is_full:
            self._fail("the disk is full")
        self._note(None)

    def _fail(self, why: str) -> None:
        self.failures += 1
        self._note(why)
        raise JournalError(why)

    def _note(self, trouble: str | None) -> None:
        changed, self.trouble = self.trouble != trouble, trouble
        if changed:
            self.on_trouble()

    async def _die(self, mishap: Mishap) -> None:
        self._dies(mishap)
        await _for_ever()


def _through_rows(payment: Payment, boot: str) -> Payment:
    """As it comes back from the file."""
    row = dict(zip(PAYMENT_COLUMNS, payment_values(payment, boot), strict=True))
    attempts = [dict(zip(ATTEMPT_COLUMNS, attempt_values(attempt, 1), strict=True)) for attempt in payment.orders]
    return payment_from(row, attempts)  # type: ignore[arg-type]  # read by name only, as sqlite3.Row is


async def _for_ever() -> None:
    """Of a box that is dead: its loop runs nothing any more."""
    await asyncio.get_running_loop().create_future()


def _is_for_a_person(payment: Payment) -> bool:
    return needs_a_person(payment) and (payment.state is State.IN_DOUBT or says_twice(payment) or not payment.is_open)
