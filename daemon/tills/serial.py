"""`kind = "serial"`: a till on a serial line of its own, one line for one message (docs/serial-till.md).

What the till must be told lies in the journal (`Tellings`): an end is stored as owed with the payment itself, and told until the
till says that it got it, which is stored before the repeats stop. So nothing of it is lost with the power.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from daemon.payment import Payment, Ref
from daemon.tills import serial_wire as wire
from daemon.tills import serial_words as words
from daemon.tills.base import Desk, Ended, NotStorable, Rejected, Request, Telling, Tellings, end_of
from daemon.tills.http import Terms
from daemon.tills.serial_frames import Lines, Overlong, frame
from daemon.tills.serial_owed import Owed, is_plain
from daemon.tills.serial_repeats import Rhythm
from daemon.tills.serial_wire import PLAIN, Refused
from hw.interfaces import Condition, Health, HealthListener, TillLine

log = logging.getLogger(__name__)

WAITING_LINES = 16  # lines that wait to be answered; a till that waits for its answers, as it should, has one
AGAIN_S = 2.0  # after which a journal that could not be read is asked again
LAST_WORDS_S = 1.0  # of a box that stops


@dataclass(frozen=True, slots=True)
class SerialTerms:
    """`name` is the key in [tills.NAME]."""

    name: str
    terms: Terms
    crc_required: bool = True
    version: str = ""
    rhythm: Rhythm = field(default_factory=Rhythm)


class SerialTill:
    """One till on one line. Used on the event loop's thread only. `new_ref` makes up a payment's name for the plain form."""

    def __init__(self, terms: SerialTerms, line: TillLine, desk: Desk, tellings: Tellings, new_ref: Callable[[], str]) -> None:
        self._terms = terms
        self.name = terms.name
        self._line = line
        self._desk = desk
        self._tellings = tellings
        self._new_ref = new_ref
        self._reader = wire.Reader(terms.name, terms.terms, terms.crc_required)
        self._lines = Lines()
        self._inbox: deque[bytes | Overlong] = deque()
        self._overrun = False
        self._wake = asyncio.Event()
        self._owed = Owed(terms.name, tellings, terms.rhythm)
        self._look_at: float | None = 0.0  # when to look into the journal what is owed; None: nothing has changed
        self._asking: Ref | None = None  # what is said of this one waits for its `ack`
        self._plain: Ref | None = None  # the payment that was asked for in the plain form since the line was opened
        self._task: asyncio.Task[None] | None = None

    @property
    def health(self) -> Health:
        return self._line.health

    def look(self, on_health: HealthListener) -> None:
        self._line.listen(lambda: None, lambda _data: None, on_health)
        self._line.open()

    def start(self, on_health: HealthListener) -> None:
        """Open the line, and begin with what is owed."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._line.listen(self._opened, self._received, on_health)
        self._line.open()

    async def stop(self) -> None:
        """Tell what can be told at once, and let go of the line."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._look_at = 0.0  # the task may have been stopped between looking and telling
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS_S):
                    await self._tell()
        self._line.close()

    def changed(self, payment: Payment) -> None:
        """Every payment of the box, after each change was stored."""
        if payment.till != self.name:
            return
        if end_of(payment) is not None:
            self._owed.ended()
            self._look(0.0)
        elif payment.ref != self._asking:
            self._owed.moved(payment, _now())
            if not is_plain(payment.ref):
                self._say(words.told(Telling(payment, None)))

    # -- the line --

    def _opened(self) -> None:
        """The till may have been switched off and on: what was half said is forgotten, and what is owed is told anew."""
        self._lines = Lines()
        self._inbox.clear()
        self._plain = None
        self._owed.hurry_all(_now())
        self._wake.set()

    def _received(self, data: bytes) -> None:
        for line in self._lines.feed(data, _now()):
            if len(self._inbox) < WAITING_LINES:
                self._inbox.append(line)
            else:
                self._overrun = True
        self._wake.set()

    def _say(self, message: dict[str, Any]) -> None:
        if not self._line.send(frame(message)):
            log.debug("till_not_told till=%s t=%s", self.name, message["t"])

    def _say_plain(self, text: str) -> None:
        self._line.send(text.encode("ascii", "replace") + b"\n")

    def _say_refused(self, error: Refused) -> None:
        if error.is_plain:
            self._say_plain(error.plain)
        else:
            self._say(error.message)

    # -- the one task: lines are answered one after the other, in order --

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._next_at()):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._answer_all()
                await self._tell()
            except Exception:  # a fault of this program: what is owed is told all the same, later
                log.exception("till_fault till=%s", self.name)
                self._look(AGAIN_S)

    def _next_at(self) -> float | None:
        """Nobody hears a line that is away: then only the journal is looked at."""
        next_at = self._owed.next_at if self._line.health.condition is Condition.OK else None
        return min((at for at in (next_at, self._look_at) if at is not None), default=None)

    def _look(self, in_s: float) -> None:
        self._look_at = _now() + in_s
        self._wake.set()

    async def _answer_all(self) -> None:
        while self._inbox:
            line = self._inbox.popleft()
            try:
                await self._answer(line)
            except Refused as error:
                log.info("till_refused till=%s code=%s", self.name, error.code)
                self._say_refused(error)
            except Exception:
                log.exception("till_fault till=%s", self.name)
                self._say(Refused("internal", "a mistake of the box; its log says more. Ask again: nothing is charged twice").message)
        if self._overrun:
            self._overrun = False
            self._say(Refused("overrun", f"more than {WAITING_LINES} lines waited for their answers; some were not read").message)

    async def _tell(self) -> None:
        """Look into the journal where that is due, and say what is due."""
        if self._look_at is not None and self._look_at <= _now():
            self._look_at = None
            try:
                await self._read_owed()
            except NotStorable:
                self._look_at = _now() + AGAIN_S
        for telling in self._owed.take_due(_now()):
            self._say(words.told(telling))

    async def _read_owed(self) -> None:
        """What the journal says is owed to this till."""
        found = await self._owed.read()
        self._owed.keep(found, _now())
        for telling in found:
            if is_plain(telling.payment.ref) and telling.seq is not None:
                await self._end_plain(telling.payment, telling.seq)

    # -- what a till may ask --

    async def _answer(self, line: bytes | Overlong) -> None:
        message = self._reader.read(line)
        try:
            await self._carry_out(message)
        except Rejected as error:
            raise wire.refused(error, None) from error

    async def _carry_out(self, message: wire.Message) -> None:
        match message:
            case wire.Pay(request):
                await self._pay(request)
            case wire.Cancel(ref):
                await self._cancel(ref)
            case wire.Status(ref):
                await self._show(await self._own(ref))
            case wire.Got(seq):
                await self._got(seq)
            case wire.Last(plain):
                await self._last(plain=plain)
            case wire.Hello():
                self._say(self._box())
            case wire.PlainPay(amount):
                await self._plain_pay(Request(Ref(PLAIN + self._new_ref()), self.name, amount))
            case wire.PlainCancel():
                await self._plain_cancel()
            case wire.Echo():
                log.debug("till_echo till=%s", self.name)

    async def _pay(self, request: Request) -> None:
        self._asking = request.ref
        try:
            payment, _ = await self._desk.ask(request)
        except Rejected as error:
            raise wire.refused(error, request.ref) from error
        finally:
            self._asking = None
        self._say(words.ack(payment.ref))
        await self._show(await self._own(payment.ref))

    async def _cancel(self, ref: Ref) -> None:
        await self._own(ref)
        self._asking = ref
        try:
            await self._desk.cancel(ref, "till")
        except KeyError:
            raise wire.unknown_ref(ref) from None
        except Rejected as error:
            raise wire.refused(error, ref) from error
        finally:
            self._asking = None
        self._say(words.ack(ref))
        await self._show(await self._own(ref))

    async def _own(self, ref: Ref) -> Telling:
        """A payment of this till as the journal has it. Raises Refused where it has none: another till's is nobody's business."""
        telling = await self._tellings.telling(ref)
        if telling is None and (payment := await self._desk.find(ref)) is not None:  # from before the till had a line of its own
            telling = Telling(payment, None if end_of(payment) is None else 0, got=True)
        if telling is None or telling.payment.till != self.name:
            raise wire.unknown_ref(ref)
        return telling

    async def _show(self, telling: Telling) -> None:
        """How a payment stands, now; what is owed goes on from there in its rhythm."""
        ref = telling.payment.ref
        await self._read_owed()
        self._owed.told(ref, _now())
        self._say(words.told(self._owed.get(ref) or telling))

    async def _got(self, seq: int) -> None:
        """Stored before the repeats stop. One that comes twice, or for an end that was replaced meanwhile, changes nothing."""
        if await self._tellings.got(self.name, seq):
            await self._read_owed()

    async def _last(self, *, plain: bool) -> None:
        telling = await self._tellings.last(self.name)
        if telling is not None and not plain:
            await self._show(telling)
        elif telling is not None and is_plain(telling.payment.ref):
            self._say_plain("OK" if telling.seq is None else words.plain_end(telling.payment))
        elif plain:
            self._say_plain("NOT PAID unknown_ref: nothing was asked for with PAY, or something else after it")
        else:
            raise wire.unknown_ref(None)

    def _box(self) -> dict[str, Any]:
        terms = self._terms.terms
        return words.box(self._desk.status(), self.name, terms.currency, terms.max_amount, self._terms.version)

    # -- the plain form: an end is said once at most, because the till could not tell its repetition from another payment's --

    async def _plain_pay(self, request: Request) -> None:
        self._asking = request.ref
        try:
            payment, _ = await self._desk.ask(request)
        except Rejected as error:
            self._say_plain(wire.refused(error, None).plain)
            return
        finally:
            self._asking = None
        self._plain = payment.ref
        self._say_plain("OK")
        self._look(0.0)

    async def _plain_cancel(self) -> None:
        telling = await self._tellings.last(self.name)
        if telling is None or telling.seq is not None or not is_plain(telling.payment.ref):
            self._say_plain("NOT PAID ended: there is nothing to cancel")
            return
        try:
            await self._desk.cancel(telling.payment.ref, "till")
        except (KeyError, Ended):
            log.info("till_cancel_too_late till=%s", self.name)  # its end is being told

    async def _end_plain(self, payment: Payment, seq: int) -> None:
        """Marked as told before it is said. Whoever was not there from OK on hears nothing unasked: they may have gone on."""
        await self._tellings.got(self.name, seq)
        if payment.ref == self._plain:
            self._plain = None
            self._say_plain(words.plain_end(payment))
        else:
            log.warning("till_not_told till=%s ref=%s state=%s hint='the till may ask with LAST'", self.name, payment.ref, payment.state)


def _now() -> float:
    return asyncio.get_running_loop().time()
