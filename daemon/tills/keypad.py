"""`kind = "keypad"`: a USB number pad as a till of its own (docs/keypad-till.md).

    [tills.NAME]
    kind = "keypad"
    device = "usb-Example_Number_Pad-event-kbd"   # or vendor and product; "simulated" for one without hardware

What keys mean is `keypad_typing`'s; here they are taken in order, asked, and shown on the box's panel. Nothing that is typed is kept: the
journal has every payment, and tells the last one again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from daemon.payment import Payment, Ref, State
from daemon.tills.base import Desk, Ended, Front, Rejected, Request, end_of
from daemon.tills.http import Terms
from daemon.tills.keypad_typing import Ask, GiveUp, Recall, Refuse, Repeat, Typing, Wish
from daemon.tills.refusals import word_for
from daemon.view import Prompt, PromptKind
from hw.interfaces import Condition, Health, HealthListener, Keypad, PadKey
from hw.simulated_keypad import SimulatedKeypad

log = logging.getLogger(__name__)

PAD = "pad-"
"""Begins the refs of payments that were typed in."""

WAITING_KEYS = 64  # that wait to be dealt with, as while the journal is slow; more are lost, and the line with them
LAST_SHOWN_S = 5.0  # how long the last payment is shown
LOOKED_THROUGH = 100  # of the newest payments, for the last one of this till


class KeypadTill:
    """One pad. Used on the event loop's thread only. `new_ref` makes up a payment's name."""

    def __init__(self, name: str, terms: Terms, pad: Keypad, desk: Desk, front: Front, new_ref: Callable[[], str]) -> None:
        self.name = name
        self._pad = pad
        self._desk = desk
        self._front = front
        self._new_ref = new_ref
        self._typing = Typing(terms)
        self._last: Prompt | None = None  # while it is shown
        self._open: dict[Ref, Payment] = {}  # the payments, whoever's, beside which none can be asked for
        self._inbox: deque[PadKey] = deque()
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def health(self) -> Health:
        return self._pad.health

    @property
    def played(self) -> Callable[[str], object] | None:
        return self._pad.type if isinstance(self._pad, SimulatedKeypad) else None

    def look(self, on_health: HealthListener) -> None:
        self._pad.open(_Deaf(), on_health)

    def start(self, on_health: HealthListener) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

        def told(health: Health) -> None:
            if health.condition is not Condition.OK:
                self.began()
            on_health(health)

        self._pad.open(self, told)

    async def stop(self) -> None:
        self._pad.close()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
        self._front.show(self.name, None)

    def changed(self, payment: Payment) -> None:
        """Every payment of the box, after each change was stored."""
        if payment.state is State.AWAITING_CODE or (payment.state.is_unknown and payment.state is not State.IN_DOUBT):
            self._open[payment.ref] = payment
        else:
            self._open.pop(payment.ref, None)
        ours = self._ours()
        self._typing.is_ours = ours is not None
        self._typing.blocked = None if not self._open else "busy_other" if ours is None else "busy"

    # -- the pad --

    def began(self) -> None:
        """The pad came, or went: half an amount is none."""
        self._inbox.clear()
        self._typing.clear()
        self._show()

    def pressed(self, key: PadKey) -> None:
        if len(self._inbox) == WAITING_KEYS:
            self.lost_keys()
        else:
            self._inbox.append(key)
            self._wake.set()

    def lost_keys(self) -> None:
        self.began()
        self._front.refuse(self.name, "lost_keys")

    # -- the one task: keys in order, each dealt with before the next --

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._inbox:
                try:
                    await self._press(self._inbox.popleft())
                except Exception:  # a fault of this program: the next key is dealt with all the same
                    log.exception("till_fault till=%s", self.name)

    async def _press(self, key: PadKey) -> None:
        self._last = None
        wish = self._typing.press(key, self._now())
        try:
            refused = await self._do(wish)
        except Rejected as error:
            log.info('till_refused till=%s why="%s"', self.name, error)  # the panel has room for a word only
            refused = await word_for(error, self._desk, self.name)
        self._show()
        if refused is not None:
            self._front.refuse(self.name, refused)

    async def _do(self, wish: Wish | None) -> str | None:
        """A word why it could not be done, or None. Raises Rejected."""
        match wish:
            case Ask(amount):
                await self._desk.ask(Request(Ref(PAD + self._new_ref()), self.name, amount))
                self._typing.clear()
            case Repeat() | Recall():
                return self._tell_last(await self._last_one(), again=isinstance(wish, Repeat))
            case GiveUp():
                await self._give_up()
            case Refuse(why):
                return why
        return None

    async def _give_up(self) -> None:
        ours = self._ours()
        if ours is not None:
            with suppress(KeyError, Ended):  # it ended this very moment, and the panel says how
                await self._desk.cancel(ours, f"till {self.name}")

    def _tell_last(self, last: Payment | None, *, again: bool) -> str | None:
        if last is None:
            return "no_last"
        if again:
            self._typing.put(last.amount)
        else:
            state = State.IN_DOUBT if end_of(last) == "paid_late" else last.state
            self._last = Prompt(PromptKind.LAST, last.amount.text, state=state)
        return None

    async def _last_one(self) -> Payment | None:
        """The payment that this pad asked for last, in this run of the box or an earlier one."""
        newest = await self._desk.recent(LOOKED_THROUGH, None)
        return next((payment for payment in newest if payment.till == self.name), None)

    def _ours(self) -> Ref | None:
        return next((payment.ref for payment in self._open.values() if payment.till == self.name), None)

    # -- the panel --

    def _show(self) -> None:
        line = self._typing.line
        typed = None if line.is_empty else Prompt(PromptKind.TYPED, line.figure, before=line.context)
        self._front.show(self.name, self._last or typed)
        self._come_back()

    def _come_back(self) -> None:
        """When what is shown has been there long enough."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self._now() + LAST_SHOWN_S if self._last is not None else self._typing.next_deadline()
        if at is not None and self._task is not None:
            self._timer = asyncio.get_running_loop().call_at(at, self._pass_time, at)

    def _pass_time(self, at: float) -> None:
        """A timer may come a hair early, and would come for ever if that counted as not yet."""
        self._last = None
        self._typing.expire(max(at, self._now()))
        self._show()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


class _Deaf:
    """Nobody types while a pad is only looked at."""

    def began(self) -> None:
        pass

    def pressed(self, key: PadKey) -> None:
        pass

    def lost_keys(self) -> None:
        pass
