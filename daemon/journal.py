"""The journal: written before the box acts, read again after every start.

The one writer. Its file is used by one thread of its own, so that a slow card never stalls the loop; each call is one whole
transaction, and is not broken off half-way when the caller is. A journal that cannot be written holds back new sales, and is
tried again at the next use.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from daemon.fleet.place import Place
from daemon.goods import Owing, Ware
from daemon.journal_file import CorruptError, JournalError, JournalFile, Note
from daemon.journal_lock import JournalInUseError, JournalLock
from daemon.kept import kept_aside, move_aside
from daemon.lookup import Found, Made, Span, Wanted
from daemon.lookup_rows import Plan
from daemon.payment import Payment, Ref
from daemon.tills.base import Entry, Telling

log = logging.getLogger(__name__)

T = TypeVar("T")
_UNCONFIRMED = "unconfirmed"  # meta: the name of the damaged file that was moved aside; there until an operator confirms
_BEGUN_AT = "begun_at"  # meta: when a box first used this journal


class Journal:
    """The journal of one box. All calls may raise `JournalError`; after one, `trouble` says what is wrong until something was
    written again. `on_trouble` is told of every change of it, on the loop's thread. `acknowledging` are the names of the tills
    that say when they got an end; of no other is kept what it was told. `wares` are what the machines of tills give, by the till's
    name; of no other are goods owed."""

    def __init__(
        self,
        path: Path,
        *,
        boot: str,
        wall: Callable[[], datetime],
        acknowledging: Collection[str] = (),
        wares: Mapping[str, Ware] | None = None,
    ) -> None:
        self._path = path
        self._boot = boot
        self._wall = wall
        self._acknowledging = frozenset(acknowledging)
        self._wares = dict(wares or {})
        self._file: JournalFile | None = None
        self._suspected = False  # something read from it was damaged: whole checks are dear, so this calls for one
        self._closed = False
        self._lock: JournalLock | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self.trouble: str | None = None
        self.failures = 0  # so far; after one, what was stored before need not be in the file that is used now
        self.on_trouble: Callable[[], None] = lambda: None

    @property
    def thread(self) -> Executor:
        """The one thread that uses the file."""
        return self._thread

    def claim(self) -> None:
        """Have it to oneself until `close`; to be called before anything else is done. Raises JournalInUseError where another
        process has it. Where that cannot be found out now, the file is not used before it can be."""
        self._lock = JournalLock(self._path)
        try:
            self._lock.take()
        except JournalInUseError:
            raise
        except OSError as error:
            log.warning('journal_not_claimed path=%s error="%s"', self._path, error)

    async def start(self) -> list[tuple[Payment, bool]]:
        """Open it; every payment that is not at its end, oldest first, and whether its moments are of this boot.

        A damaged file is moved aside, kept and reported; an empty journal takes its place, which refuses sales until
        `confirm` (see `unconfirmed`).
        """
        await self.probe()
        payments = await self._do(self._open_payments)
        return [(payment, bool(boot) and boot == self._boot) for payment, boot in payments]

    async def store(self, payment: Payment, note: Note) -> Entry:
        """The payment as it is now, and why: on disk and synced when this returns."""
        tells = payment.till in self._acknowledging
        ware = self._wares.get(payment.till)
        return await self._do(lambda file: file.store(payment, self._boot, note, tells=tells, ware=ware), writes=True)

    async def probe(self) -> None:
        """Write something, to find out whether that can be done."""
        at = self._wall().isoformat()
        await self._do(lambda file: file.set_meta("probed_at", at), writes=True)

    async def find(self, ref: Ref) -> Payment | None:
        return await self._do(lambda file: file.find(ref))

    async def telling(self, ref: Ref) -> Telling | None:
        return await self._do(lambda file: file.telling(ref))

    async def last_telling(self, till: str) -> Telling | None:
        return await self._do(lambda file: file.last_telling(till))

    async def owed(self, till: str, limit: int) -> list[Telling]:
        return await self._do(lambda file: file.owed(till, limit))

    async def got(self, till: str, seq: int) -> bool:
        """Synced when this returns. Whether it was owed."""
        return await self._do(lambda file: file.set_got(till, seq), writes=True)

    async def owing(self, ref: Ref) -> Owing | None:
        return await self._do(lambda file: file.owing(ref))

    async def open_goods(self, till: str) -> list[Owing]:
        return await self._do(lambda file: file.open_goods(till))

    async def put_owing(self, owing: Owing) -> None:
        """Synced when this returns."""
        await self._do(lambda file: file.put_owing(owing), writes=True)

    async def fleet_place(self, *, starting: bool) -> Place:
        """Synced when this returns: two starts never have the same number."""
        return await self._do(lambda file: file.fleet_place(starting=starting), writes=True)

    async def fleet_took(self, journal: str, seq: int) -> None:
        """Not synced, so it proves nothing of a journal that was in trouble."""
        await self._do(lambda file: file.fleet_took(journal, seq))

    async def recent(self, limit: int, before: str | None) -> list[Payment]:
        return await self._do(lambda file: file.recent(limit, before))

    async def search(self, wanted: Wanted, limit: int, before: str | None) -> Found:
        """In small steps, so that a sale never waits long."""
        plan = await self._do(lambda file: file.plan(wanted, before))
        found: list[Payment] = []
        for numbers in plan.steps():
            found += await self._fitting(plan, numbers, limit - len(found))
            if len(found) >= limit:
                return Found(found, found[-1].ref)
        return Found(found, await self._do(lambda file: file.rest_of(plan)))

    async def _fitting(self, plan: Plan, numbers: Sequence[int], limit: int) -> list[Payment]:
        return await self._do(lambda file: file.fitting(plan, numbers, limit))

    async def made(self, span: Span, after: Made | None, limit: int) -> list[Made]:
        return await self._do(lambda file: file.made(span, after, limit))

    async def entries(self, after_seq: int, limit: int) -> list[Entry]:
        return await self._do(lambda file: file.entries(after_seq, limit))

    async def entries_of(self, ref: Ref, after_seq: int, limit: int) -> list[Entry]:
        return await self._do(lambda file: file.entries_of(ref, after_seq, limit))

    async def last_seq(self) -> int:
        return await self._do(lambda file: file.last_seq())

    async def in_doubt(self) -> int:
        return await self._do(lambda file: file.in_doubt())

    async def unconfirmed(self) -> str | None:
        """The name of the damaged file that was moved aside, until an operator has confirmed to go on without it."""
        return await self._do(lambda file: file.meta(_UNCONFIRMED))

    async def prune(self, before: str) -> int:
        """Forget what ended before that time; in small transactions, so that a sale never waits long. How many."""
        forgotten = 0
        while count := await self._do(lambda file: file.prune(before), writes=True):
            forgotten += count
        return forgotten

    async def close(self) -> None:
        """After what is under way. Whatever is asked of it later raises JournalError."""
        if not self._closed:
            self._closed = True
            closing = asyncio.get_running_loop().run_in_executor(self._thread, self._close_file)
            self._thread.shutdown(wait=False)
            await asyncio.shield(closing)

    async def _do(self, call: Callable[[JournalFile], T], *, writes: bool = False) -> T:
        """One transaction in the journal's thread. Shielded: once begun it is carried out, whoever stops waiting."""
        if self._closed:
            raise JournalError("the journal is closed")
        try:
            work = asyncio.get_running_loop().run_in_executor(self._thread, self._work, call)
            work.add_done_callback(_taken_note_of)
            result = await asyncio.shield(work)
        except JournalError as error:
            self._note(str(error))
            raise
        if writes:
            self._note(None)
        return result

    def _work(self, call: Callable[[JournalFile], T]) -> T:
        try:
            if self._file is None:
                self._file = self._open()
            return call(self._file)
        except JournalError as error:
            self._suspected = self._suspected or isinstance(error, CorruptError)
            self._let_go()
            raise

    def _open_payments(self, file: JournalFile) -> list[tuple[Payment, str]]:
        """Damage in the rows that must be taken up is damage like any other: without them nothing can go on."""
        try:
            self._leave_to_a_person(file)
            return file.open_payments()
        except CorruptError as error:
            self._let_go()
            self._move_aside(error)
            self._file = self._open()
            return []

    def _leave_to_a_person(self, file: JournalFile) -> None:
        """Goods that are owed by a till, or in units, that the configuration does not know any more."""
        for owing in file.orphaned_goods({(till, ware.unit) for till, ware in self._wares.items()}):
            log.error("goods_orphaned ref=%s till=%s", owing.payment.ref, owing.payment.till)
            file.put_owing(owing.abandoned(f"the box has no till {owing.payment.till} with such goods any more"))

    def _note(self, trouble: str | None) -> None:
        if trouble is not None and self.trouble is None:
            log.error('journal_failed path=%s error="%s"', self._path, trouble)
        elif trouble is None and self.trouble is not None:
            log.warning("journal_works_again path=%s", self._path)
        changed, self.trouble = self.trouble != trouble, trouble
        if changed:
            self.on_trouble()

    def _open(self) -> JournalFile:
        self._take_lock()
        try:
            file = JournalFile.open(self._path, suspected=self._suspected)
        except CorruptError as error:
            self._move_aside(error)
            file = JournalFile.open(self._path)
        try:
            self._begin(file)
        except JournalError:
            file.drop()
            raise
        self._suspected = False
        return file

    def _take_lock(self) -> None:
        try:
            if self._lock is not None:
                self._lock.take()
        except OSError as error:
            raise JournalError(f"cannot have {self._path} to itself: {error}") from error

    def _begin(self, file: JournalFile) -> None:
        """A journal that no box has used yet takes the place of the damaged one that lies beside it, if any. What is on the disk
        decides, so that this holds too where the power went right after that one was moved."""
        if file.meta(_BEGUN_AT) is not None:
            return
        try:
            kept = kept_aside(self._path)
        except OSError as error:
            raise JournalError(f"cannot look beside {self._path}: {error}") from error
        if kept:
            file.set_meta(_UNCONFIRMED, kept[-1].name)
        file.set_meta(_BEGUN_AT, self._wall().isoformat())

    def _move_aside(self, error: CorruptError) -> None:
        try:
            kept = move_aside(self._path, self._wall().strftime("%Y%m%dT%H%M%SZ"))
        except OSError as os_error:
            raise JournalError(f"{self._path} is damaged ({error}) and cannot be moved aside: {os_error}") from error
        log.error('journal_corrupt path=%s kept=%s error="%s"', self._path, kept, error)

    def _let_go(self) -> None:
        """After an error the connection may be in any state: the next use opens the file anew, and finds out if it is damaged."""
        self.failures += 1
        file, self._file = self._file, None
        if file is not None:
            file.drop()

    def _close_file(self) -> None:
        file, self._file = self._file, None
        try:
            if file is not None:
                file.close()
        finally:
            if self._lock is not None:
                self._lock.release()


def _taken_note_of(done: asyncio.Future[T]) -> None:
    """An error of what nobody waits for any more is no news for the loop."""
    if not done.cancelled():
        done.exception()


def confirm(path: Path) -> str | None:
    """`tillbox journal confirm`: go on without the damaged journal that was moved aside. Its name, or None where nothing waits
    to be confirmed. May run beside the daemon. Raises JournalError."""
    file = JournalFile.open(path, create=False)
    try:
        kept = file.meta(_UNCONFIRMED)
        if kept is not None:
            file.set_meta(_UNCONFIRMED, None)
        return kept
    finally:
        file.close()
