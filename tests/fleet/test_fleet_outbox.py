"""Events on their way to the broker (`daemon.fleet.outbox`): in order, at least once, and how far they have got."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from daemon.fleet import outbox as fleet_outbox
from daemon.fleet.outbox import Outbox
from daemon.fleet.packets import Message
from daemon.fleet.place import Place
from daemon.fleet.reasons import Lost, Refused
from daemon.journal_error import JournalError
from daemon.payment import Ref
from daemon.tills.base import Entry, NotStorable

JOURNAL = "5f0c"


def entry(seq: int) -> Entry:
    return Entry(seq, "2026-11-21T12:00:00.000Z", Ref("A-1"), None, "asked", "awaiting_code", {})


class Book:
    """The journal: `stored` are its events, `took` the numbers that were written down."""

    def __init__(self, stored: int) -> None:
        self.stored = stored
        self.took: list[int] = []
        self.followed: list[int] = []  # from where
        self.broken = False
        self.news = asyncio.Event()

    async def fleet_place(self, *, starting: bool) -> Place:
        raise AssertionError("an outbox is given its place")

    async def fleet_took(self, journal: str, seq: int) -> None:
        assert journal == JOURNAL
        if self.broken:
            raise JournalError("disk full")
        self.took.append(seq)

    async def follow(self, after: int) -> AsyncIterator[Entry]:
        self.followed.append(after)
        if self.broken:
            raise NotStorable("cannot be read")
        for seq in range(after + 1, self.stored + 1):
            yield entry(seq)
        await self.news.wait()


class Line:
    """The connection: `sent` are the numbers that went out; each is taken at once, or when the test says so."""

    def __init__(self, *, by_itself: bool = True) -> None:
        self.by_itself = by_itself
        self.sent: list[int] = []
        self.waiting: dict[int, asyncio.Future[None]] = {}

    async def send(self, message: Message) -> asyncio.Future[None]:
        await asyncio.sleep(0)
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sent.append(int(message.payload))
        self.waiting[self.sent[-1]] = taken
        if self.by_itself:
            self.take(self.sent[-1])
        return taken

    def take(self, seq: int) -> None:
        self.waiting.pop(seq).set_result(None)


def message(_place: Place, event: Entry) -> Message:
    return Message("t/T1/events", b"%d" % event.seq)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_outbox, "SAVE_S", 0.01)
    monkeypatch.setattr(fleet_outbox, "AGAIN_S", 0.01)


class Running:
    """An outbox at work: `async with Running(book, line) as outbox`; it is stopped in the end, and `error` is what it raised."""

    def __init__(self, book: Book, line: Any, after: int = 0) -> None:
        self.outbox = Outbox(book, book.follow, Place(JOURNAL, 1, after), message)
        self._book, self._line = book, line
        self.stopping = asyncio.Event()
        self.error: BaseException | None = None

    async def __aenter__(self) -> Running:
        self.task = asyncio.ensure_future(self.outbox.run(self._line, self.stopping))
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self.stopping.set()
        self._book.news.set()
        (self.error,) = await asyncio.gather(self.task, return_exceptions=True)


async def until(true: Any) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.001)


async def test_everything_goes_out_in_order_and_what_was_taken_is_written_down_at_once_for_many() -> None:
    book, line = Book(500), Line()
    async with Running(book, line) as running:
        await until(lambda: book.took[-1:] == [500])
    assert line.sent == list(range(1, 501))
    assert running.outbox.told == 500
    assert (book.took[-1], len(book.took) <= 5, running.error) == (500, True, None)


async def test_it_goes_on_behind_what_the_broker_has() -> None:
    book, line = Book(9), Line()
    async with Running(book, line, after=6):
        await until(lambda: len(line.sent) == 3)
    assert (line.sent, book.took) == ([7, 8, 9], [9])


async def test_the_first_of_a_connection_goes_alone() -> None:
    """A broker that hangs up on what it refuses would cut off its own refusal otherwise."""
    book, line = Book(5), Line(by_itself=False)
    async with Running(book, line):
        await until(lambda: line.sent == [1])
        await asyncio.sleep(0.02)
        assert line.sent == [1]
        line.take(1)
        await until(lambda: line.sent == [1, 2, 3, 4, 5])
        for seq in range(2, 6):
            line.take(seq)


async def test_the_number_does_not_pass_one_that_was_not_taken() -> None:
    book, line = Book(4), Line(by_itself=False)
    async with Running(book, line) as running:
        await until(lambda: line.sent == [1])
        line.take(1)
        await until(lambda: len(line.sent) == 4)
        line.take(4)
        line.take(3)
        await until(lambda: book.took == [1])
        assert running.outbox.acknowledged == 1
        line.take(2)
        await until(lambda: book.took == [1, 4])


@pytest.mark.parametrize("error", [Lost("closed the connection"), Refused("refuses this box")])
async def test_what_was_taken_before_the_connection_ended_is_written_down_too(error: Exception) -> None:
    class Breaking(Line):
        async def send(self, message: Message) -> asyncio.Future[None]:
            if len(self.sent) == 3:
                raise error
            return await super().send(message)

    book = Book(9)
    async with Running(book, Breaking()) as running:
        await until(running.task.done)
    assert (running.error, book.took) == (error, [3])


async def test_what_is_refused_is_not_taken() -> None:
    book, line = Book(9), Line(by_itself=False)
    async with Running(book, line) as running:
        await until(lambda: line.sent == [1])
        line.waiting[1].set_exception(Refused("refuses this box"))
        await until(running.task.done)
    assert (type(running.error), book.took) == (Refused, [])


async def test_a_journal_that_cannot_be_read_is_read_again_from_where_it_was() -> None:
    book, line = Book(3), Line()
    book.broken = True
    async with Running(book, line):
        await until(lambda: len(book.followed) == 3)
        book.broken = False
        await until(lambda: line.sent == [1, 2, 3])
    assert book.took == [3]


async def test_a_follower_that_was_too_slow_goes_on_behind_what_it_sent() -> None:
    book, line = Book(3), Line()
    async with Running(book, line):
        await until(lambda: line.sent == [1, 2, 3])
        book.stored = 5
        book.news.set()  # the journal's end of it: it drops the follower
        await until(lambda: line.sent == [1, 2, 3, 4, 5])
    assert book.followed[:2] == [0, 3]


async def test_what_cannot_be_written_down_is_tried_with_the_next() -> None:
    book, line = Book(2), Line()
    async with Running(book, line) as running:
        await until(lambda: line.sent == [1, 2])
        book.broken = True
        await until(lambda: running.outbox._saving is None)
        assert book.took == []
        book.broken = False
    assert book.took == [2]


async def test_the_end_of_the_box_waits_for_what_is_under_way() -> None:
    book, line = Book(2), Line(by_itself=False)
    async with Running(book, line) as running:
        await until(lambda: line.sent == [1])
        line.take(1)
        await until(lambda: line.sent == [1, 2])
        running.stopping.set()
        book.news.set()
        await asyncio.sleep(0.02)
        assert not running.task.done()
        line.take(2)
        await until(running.task.done)
    assert book.took[-1] == 2
