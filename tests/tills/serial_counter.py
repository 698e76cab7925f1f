"""A serial till on a real pseudo-terminal, before a desk of the test, in virtual time: what stories about it need."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import tty
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "hw"))
from virtual_time import VirtualLoop

from daemon.gateways.base import Push
from daemon.payment import Payment, Reason, Ref, State
from daemon.tills.base import Busy, Conflict, Ended, NotStorable, Request, Telling, end_of
from daemon.tills.http import Terms
from daemon.tills.serial import SerialTerms, SerialTill
from daemon.tills.serial_frames import crc16, frame
from hw.interfaces import Condition, Health
from hw.till_line import SerialTillLine

NOON = "2026-11-27T12:00:00.000Z"
TERMS = SerialTerms("counter", Terms("CNY", 50_000), version="0.1.0")


class FakeBox:
    """A desk and a journal of what was told; `move` is the world outside changing a payment."""

    def __init__(self) -> None:
        self.tellings: dict[Ref, Telling] = {}
        self.others: dict[Ref, Payment] = {}  # of other tills, and from before this one had a line of its own
        self.acknowledged: list[int] = []
        self.listener: Callable[[Payment], None] = lambda _payment: None
        self.refusal: Exception | None = None
        self.fault: Exception | None = None  # of reading what is owed
        self.slow_s = 0.0  # how long a reading takes after it has seen what there is
        self.trouble = False  # the journal can be neither read nor written
        self.reads = 0
        self.hold: asyncio.Event | None = None
        self.seq = 0

    def move(self, ref: str, state: State, **more: Any) -> None:
        payment = self.tellings[Ref(ref)].payment.but(state=state, **more)
        self._store(payment)
        self.listener(payment)

    def _store(self, payment: Payment) -> None:
        self.seq += 1
        before = self.tellings.get(payment.ref)
        if before is not None and before.seq is not None and end_of(before.payment) == end_of(payment):
            self.tellings[payment.ref] = replace(before, payment=payment)
        else:
            self.tellings[payment.ref] = Telling(payment, self.seq if end_of(payment) else None)

    def _usable(self) -> None:
        self.reads += 1
        if self.trouble:
            raise NotStorable("the journal cannot be read: disk full")

    # -- Desk --

    async def ask(self, request: Request) -> tuple[Payment, bool]:
        if self.hold is not None:
            await self.hold.wait()
        if self.refusal is not None:
            raise self.refusal
        known = self.tellings.get(request.ref)
        if known is not None:
            if known.payment.amount != request.amount:
                raise Conflict(f"{request.ref} was asked before with something else")
            return known.payment, False
        busy = next((t.payment.ref for t in self.tellings.values() if t.seq is None), None)
        if busy is not None:
            raise Busy(busy)
        payment = Payment(request.ref, request.till, request.amount, request.mode, State.AWAITING_CODE, NOON, NOON)
        self._store(payment)
        self.listener(payment)
        return payment, True

    async def find(self, ref: Ref) -> Payment | None:
        return self.others.get(ref)

    async def cancel(self, ref: Ref, by: str) -> Payment:
        if self.refusal is not None:
            raise self.refusal
        if self.tellings[ref].seq is not None:
            raise Ended("the payment has ended")
        self.move(ref, State.CANCELLED, reason=Reason("cancelled", f"given up by the {by}"))
        return self.tellings[ref].payment

    def status(self) -> dict[str, Any]:
        return {"ready": True, "not_ready": [], "busy_ref": None}

    async def wait(self, ref: Ref, after: str | None, timeout_s: float) -> Payment | None:
        raise AssertionError

    async def recent(self, limit: int, before: str | None) -> list[Payment]:
        raise AssertionError

    async def hint(self, push: Push) -> None:
        raise AssertionError

    def follow(self, after_seq: int | None) -> Any:
        raise AssertionError

    # -- Tellings --

    async def telling(self, ref: Ref) -> Telling | None:
        self._usable()
        return self.tellings.get(ref)

    async def last(self, till: str) -> Telling | None:
        self._usable()
        return list(self.tellings.values())[-1] if self.tellings else None

    async def owed(self, till: str, limit: int) -> list[Telling]:
        self._usable()
        if self.fault is not None:
            raise self.fault
        owed = [one for one in reversed(self.tellings.values()) if not one.got][:limit]
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        return owed

    async def got(self, till: str, seq: int) -> bool:
        self._usable()
        for ref, one in self.tellings.items():
            if one.seq == seq and not one.got:
                self.tellings[ref] = replace(one, got=True)
                self.acknowledged.append(seq)
                return True
        return False


class CountedLine(SerialTillLine):
    """Counts what goes over it, so that nobody has to guess whether it has arrived."""

    def __init__(self, counter: Counter) -> None:
        super().__init__("counter", str(counter.link), pause_s=0.5)
        self._counter = counter

    def send(self, data: bytes) -> bool:
        taken = super().send(data)
        self._counter.sent += len(data) if taken else 0
        return taken

    def _received(self, data: bytes) -> None:
        self._counter.received += len(data)
        super()._received(data)


class Counter:
    """A till, its line, and the box's end of it. The test is the machine at the other end."""

    def __init__(self, directory: Path) -> None:
        self.link = directory / "port"
        self.box = FakeBox()
        self.fds: list[int] = []
        self.healths: list[Health] = []
        self.heard: list[Any] = []
        self.raw: list[str] = []  # the same as it came
        self._rest = b""
        self.put_in = self.received = self.sent = self.taken_out = 0  # bytes since it was plugged in, at either end
        self.till = self.make()

    def make(self, **terms: Any) -> SerialTill:
        numbers = iter(range(1, 100))
        self.line = line = CountedLine(self)
        self.till = SerialTill(replace(TERMS, **terms), line, self.box, self.box, lambda: f"T{next(numbers)}")
        self.box.listener = self.till.changed
        return self.till

    def plug(self) -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self.fds = [master, slave]
        self.put_in = self.received = self.sent = self.taken_out = 0
        self.link.symlink_to(os.ttyname(slave))

    def unplug(self) -> None:
        if self.fds:
            self.link.unlink()
            for fd in self.fds:
                os.close(fd)
            self.fds = []

    async def start(self) -> None:
        self.till.start(self.healths.append)
        await self.until(lambda: self.line.health.condition is Condition.OK)

    async def back(self) -> None:
        """The line was plugged in again, and is found: the opener waits by the loop's clock, and looks in a thread."""
        end = time.monotonic() + 10
        while self.line.health.condition is not Condition.OK:
            assert time.monotonic() < end
            time.sleep(0.001)
            await asyncio.sleep(0.1)
        await self.settle()

    async def until(self, true: Callable[[], object]) -> None:
        """Real time for threads and the kernel, while the loop's clock stands still."""
        end = time.monotonic() + 10
        while not true():
            assert time.monotonic() < end
            time.sleep(0.0005)
            await asyncio.sleep(0)

    def put(self, raw: bytes) -> None:
        self.put_in += os.write(self.fds[0], raw)

    async def settle(self) -> None:
        """Everything that is under way arrives, and is dealt with; the loop's clock stands still."""
        end, calm = time.monotonic() + 10, 0
        while calm < 4:
            for _ in range(5):
                await asyncio.sleep(0)
            self._read()
            calm += 1
            if self.fds and self.line.health.condition is Condition.OK and (self.put_in, self.sent) != (self.received, self.taken_out):
                assert time.monotonic() < end, "lost on the line"
                time.sleep(0.0005)
                calm = 0

    def _read(self) -> None:
        try:
            data = os.read(self.fds[0], 65536)
        except (BlockingIOError, IndexError, OSError):
            return
        self.taken_out += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self.raw.append(line.decode("ascii"))
            said, star, digits = line.rpartition(b"*")
            assert not star or int(digits, 16) == crc16(said)
            self.heard.append(json.loads(said) if star else line.decode())

    async def write(self, raw: bytes) -> list[Any]:
        """What is said to that, at once."""
        await self.settle()
        self.heard.clear()
        self.put(raw)
        await self.settle()
        return self.heard[:]

    async def say(self, t: str, **fields: Any) -> list[Any]:
        return await self.write(frame({"t": t, **fields}))

    async def moved(self, ref: str, *states: State) -> list[Any]:
        """What is said to that, at once."""
        await self.settle()
        self.heard.clear()
        for state in states:
            self.box.move(ref, state)
            await self.settle()
        return self.heard[:]

    async def during(self, seconds: float) -> list[Any]:
        """What is said in that time, by the loop's clock."""
        await self.settle()
        self.heard.clear()
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            await asyncio.sleep(min(1.0, end - loop.time()))
            await self.settle()
        return self.heard[:]

    async def sold(self, ref: str = "A-1", state: State = State.PAID) -> dict[str, Any]:
        await self.say("pay", ref=ref, amt=5)
        self.heard.clear()
        self.box.move(ref, state)
        await self.settle()
        (end,) = self.heard
        return dict(end)


Story = Callable[[Counter], Awaitable[None]]


def story(play: Story) -> Callable[[Path], None]:
    """A test that plays it with a counter whose till runs."""

    @wraps(play)
    def test(tmp_path: Path) -> None:
        loop = VirtualLoop()

        async def whole() -> None:
            counter = Counter(tmp_path)
            counter.plug()
            try:
                await play(counter)
            finally:
                await counter.till.stop()
                counter.unplug()
                await asyncio.sleep(0)

        try:
            loop.run_until_complete(whole())
        finally:
            loop.close()

    del test.__wrapped__  # type: ignore[attr-defined]  # pytest would look for its arguments
    return test
