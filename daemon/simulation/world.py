"""One history: a box, its till, its payers, its providers, and whatever befalls them, until everything has come to its end.

`World(choices).run()` returns what it went through, or raises `Broken`. True time is `now`, in seconds; the box has a monotonic
clock of each boot, and a wall clock that may jump.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from daemon.events import Action
from daemon.gateways.base import Gateway
from daemon.payment import Attempt, OutTradeNo, Payment, State
from daemon.reply import GatewayError, Reply
from daemon.runner import Change
from daemon.sandbox.order import Order
from daemon.sandbox.scenario import Timings
from daemon.simulation.box import FIRST_S, Box
from daemon.simulation.choices import Choices
from daemon.simulation.desks import desk_for
from daemon.simulation.disk import Disk, FiledDisk, SimulatedJournal
from daemon.simulation.goods_promises import GoodsPromises
from daemon.simulation.kinds import WARES, is_an_offer
from daemon.simulation.line import Kind, LineGateway
from daemon.simulation.loop import VirtualLoop
from daemon.simulation.mishaps import Mishap, Mishaps
from daemon.simulation.people import SLOWEST_S
from daemon.simulation.promises import Broken, Promises
from daemon.simulation.provider import Provider
from daemon.simulation.setting import Setting
from daemon.simulation.tally import IDLE, Tally
from daemon.simulation.timeline import Timeline
from daemon.simulation.wire import WireGateway
from daemon.tills.base import Till
from hw.interfaces import Condition

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
MOST_STEPS = 20_000  # of one history; the longest that ends has a few thousand
DRAINED_S = 10_000.0  # after the box has come to rest: longer than any wallet keeps an unpaid order
_LATENCIES_S = (0.06, 0.06, 0.06, 0.4, SLOWEST_S)
_REFUSALS_S = (0.06, 1.0, 4.9, 9.0)


class World:
    """Everything that a history is made of. `people` are told of changes; they act through `after`, `box` and `ask`."""

    def __init__(self, choices: Choices, setting: Setting, mishaps: Mishaps, timeline: Timeline) -> None:
        self.choices = choices
        self.setting = setting
        self.now = 0.0
        self.is_network_down = False
        self.disk = FiledDisk() if setting.in_file else Disk()
        self.tally = Tally()
        self.timeline = timeline
        self.box: Box | None = None
        timings = Timings(auto_close_s=45.0, revoke_not_before_s=setting.schedule.revoke_not_before_s)
        self.providers = {kind.name: Provider(self._time, timings, ways) for kind, ways in setting.gateways.items()}
        wires = [kind for kind in setting.gateways if kind.wire]
        self._desks = {kind.name: desk_for(kind.wire, self.providers[kind.name], self._true_wall) for kind in wires}
        self.promises = Promises(self.disk, setting.schedule, setting.repeats, setting.refunds)
        self.listeners: list[Callable[[Change], None]] = []
        self.fit: Callable[[Box], Till] | None = None  # the box's own till in each of its lives, where that has a device
        self.payer_comes: Callable[[], None] = lambda: None  # somebody holds a phone before the scanner, though no code is wanted
        self.on_death: Callable[[], None] = lambda: None
        self.goods = GoodsPromises(self.disk, self.promises.goods_fail)
        self._mishaps = mishaps
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._serials = count()
        self._numbers = count(1)
        self._wall_off = timedelta(0)
        self._born = 0.0
        self._boot = 0
        self._failed: Broken | None = None
        self._dead: list[VirtualLoop] = []

    # -- going on --

    def run(self, is_over: Callable[[], bool]) -> Tally:
        """To the end: all that people wanted is done (`is_over`), and nothing is left to do about any payment."""
        try:
            return self._run(is_over)
        finally:
            if self.box is not None:
                self._dead.append(self.box.loop)
            self._bury()
            self.disk.end()

    def _run(self, is_over: Callable[[], bool]) -> Tally:
        self.start(anew=True)
        while not (is_over() and self._is_at_rest()):
            self.tally.steps += 1
            if self.tally.steps > MOST_STEPS:
                raise Broken("P9", "it comes to no end")
            if not self._step():
                raise Broken("P3", "nothing is to come any more, and something is left to be done")
        self._drain()
        self.promises.remembered()
        for payment in self.disk.all:
            self.promises.ended(payment, self.order_of)
            self.goods.ended(payment)
        if self.box is not None and self.setting.till in WARES and self.box.journal.trouble is None:
            self.goods.listed(self.box.board.doubts)
        return self.tally

    def _step(self) -> bool:
        """The next thing that is due, of the world's or of the box's; False where there is none."""
        event_at = self._events[0][0] if self._events else None
        timer = self.box.loop.next_timer() if self.box else None
        moments = [moment for moment in (event_at, self._true(timer)) if moment is not None]
        if not moments:
            return False
        self.now = max(self.now, min(moments))
        if event_at is not None and event_at <= self.now:
            heapq.heappop(self._events)[2]()
        self._run_box()
        return True

    def _run_box(self) -> None:
        box = self.box
        if box is not None and box.loop.is_due:
            box.loop.run_ready()
            if box.loop.faults:
                fault = box.loop.faults[0]
                raise Broken("fault", f"{fault.get('message')}: {fault.get('exception')!r}") from fault.get("exception")
        if self._dead:
            self._bury()
        if self._failed is not None:
            raise self._failed

    def _bury(self) -> None:
        while self._dead:
            self._dead.pop().bury()

    def _is_at_rest(self) -> bool:
        return self.box is not None and all(_rests(payment) for payment, _ in self.disk.payments.values())

    def _drain(self) -> None:
        """What is still on its way arrives, and wallets end what nobody can pay any more."""
        self._mishaps.end()
        until = self.now + DRAINED_S
        while self._events and self._events[0][0] <= until:
            self.now = max(self.now, self._events[0][0])
            heapq.heappop(self._events)[2]()
            self._run_box()
        self.now = until

    # -- what others ask of it --

    def after(self, seconds: float, what: Callable[[], object]) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._serials), what))

    def latency_s(self) -> float:
        return self.choices.pick(_LATENCIES_S)

    def refusal_s(self) -> float:
        return self.choices.pick(_REFUSALS_S)

    def say(self, text: str) -> None:
        self.timeline.say(self.now, text)

    def task(self, work: Any) -> None:
        """Let the box do that."""
        assert self.box is not None
        self.box.loop.create_task(work)

    def order_of(self, attempt: Attempt) -> Order | None:
        """As it stands in its provider's ledger; None where nobody has heard of it."""
        return self.providers[attempt.gateway].find(attempt.out_trade_no)

    def befalls(self, action: Action, attempt: Attempt) -> Mishap | None:
        self.promises.asks(action, attempt)
        mishap = self._mishaps.at_call()
        if mishap is not None:
            self._note(mishap, self._state_of(attempt))
        return mishap

    def leaves(self, action: Action, attempt: Attempt) -> None:
        self.say(f"box      → {attempt.gateway}: {type(action).__name__.lower()} {attempt.out_trade_no}")
        self.guard(lambda: self.promises.leaves(action, attempt, self.now))

    def hears(self, action: Action, attempt: Attempt, reply: Reply | GatewayError) -> None:
        said = f"{reply.verdict} {reply.code}".strip() if isinstance(reply, Reply) else f"{type(reply).__name__}: {reply}"
        self.say(f"{attempt.gateway:8} → box: {type(action).__name__.lower()} {attempt.out_trade_no}: {said}")
        self.promises.hears(action, attempt, reply)

    def breaks(self, promise: str, text: str) -> None:
        self._failed = self._failed or Broken(promise, text)

    # -- power, disk, clock, devices --

    def start(self, *, anew: bool) -> None:
        """The box is switched on (`anew`), or only its program is started again."""
        if anew:
            self._boot += 1
            self._born = self.now
        self.tally.lives += 1
        self.promises.starts(anew=anew)
        self.say("the machine boots" if anew else "the program starts")
        loop = VirtualLoop(self._monotonic)  # type: ignore[abstract]  # what it lacks is never asked of it
        boot = f"boot-{self._boot}"
        journal = SimulatedJournal(self.disk, boot, self._befalls_store, self.dies)
        setting = self.setting
        gateways = {kind.name: self._gateway(kind) for kind in setting.gateways}
        self.box = Box(loop, setting.configuration, gateways, journal, self._number, self._wall, self._on_change, self.fit)
        self._run_box()

    def _gateway(self, kind: Kind) -> Gateway:
        provider, schedule = self.providers[kind.name], self.setting.schedule
        if kind.wire:
            return WireGateway(kind, provider, self._desks[kind.name], schedule, self)
        return LineGateway(kind, provider, schedule, self)

    def dies(self, mishap: Mishap) -> None:
        """Nothing of this life runs any more; a while later the next one begins."""
        if self.box is None:
            return
        self.say(f"† {mishap}")
        self.box.loop.is_dead = True
        self._dead.append(self.box.loop)
        self.box = None
        self.on_death()
        off_s = self.choices.pick((0.5, 4.0, 40.0, 700.0))
        anew = mishap is not Mishap.KILLED and self._mishaps.reboots()
        self.after(off_s, lambda: self.start(anew=anew))

    def befall(self, mishap: Mishap) -> None:
        """Something that may come at any moment."""
        self._note(mishap, self._open_state())
        self.say(f"! {mishap}")
        while_s = self.choices.pick((2.0, 15.0, 90.0))
        match mishap:
            case Mishap.DIES | Mishap.KILLED:
                self.dies(mishap)
            case Mishap.DISK_FULL:
                self.disk.is_full = True
                self.after(while_s, self._free_disk)
            case Mishap.CLOCK_AHEAD | Mishap.CLOCK_BACK:
                self._wall_off += timedelta(days=3650 if mishap is Mishap.CLOCK_AHEAD else -3650)
            case Mishap.NETWORK_DOWN:
                self.is_network_down = True
                self.after(while_s, self._mend_network)
            case Mishap.SCANNER_GONE:
                self._scanner_is(gone=True)
                self.after(while_s, lambda: self._scanner_is(gone=False))

    def _free_disk(self) -> None:
        self.disk.is_full = False

    def _mend_network(self) -> None:
        self.is_network_down = False

    def _scanner_is(self, *, gone: bool) -> None:
        """P12: no payment is moved by it. What a till without staff offers, and nobody has come to, is taken back, and offered again."""
        self._run_box()  # what was due anyway
        if self.box is None:
            return
        before = dict(self.disk.payments)
        self.box.scanner_is(Condition.MISSING if gone else Condition.OK)
        self.box.loop.run_ready()
        if any(now != before.get(ref) and not is_an_offer(now[0], before.get(ref, (None,))[0]) for ref, now in self.disk.payments.items()):
            raise Broken("P12", "a device that goes or comes changed a payment")

    def _befalls_store(self, payment: Payment) -> Mishap | None:
        mishap = self._mishaps.at_store()
        if mishap is not None:
            self._note(mishap, payment.state.value)
            self.say(f"! {mishap}")
        return mishap

    def _note(self, mishap: Mishap, state: str) -> None:
        self.tally.faults[mishap, state] += 1

    # -- clocks and numbers --

    def _time(self) -> float:
        return self.now

    def _monotonic(self) -> float:
        return self.now - self._born + FIRST_S

    def _true(self, moment: float | None) -> float | None:
        """The first true moment at which the box's monotonic clock has come to that one: both are floats, and rounded."""
        if moment is None:
            return None
        now = moment - FIRST_S + self._born
        while now - self._born + FIRST_S < moment:
            now = math.nextafter(now, math.inf)
        return now

    def _wall(self) -> datetime:
        return self._true_wall() + self._wall_off

    def _true_wall(self) -> datetime:
        return EPOCH + timedelta(seconds=self.now)

    def _number(self) -> OutTradeNo:
        return OutTradeNo(f"T{next(self._numbers)}")

    # -- what the box decides --

    def _on_change(self, change: Change) -> None:
        payment = change.payment
        self.tally.rows.update(change.went)
        if change.before is None or change.before.state is not payment.state:
            self.tally.states[payment.state] += 1
            self.say(f"box: {payment.ref} is {payment.state}" + (f" ({payment.reason.code})" if payment.reason else ""))
        self.guard(lambda: self._look(change))
        for listener in self.listeners:
            listener(change)

    def _look(self, change: Change) -> None:
        if change.before is None:
            self.promises.begins(change.payment.ref, sells_in_doubt=self.setting.configuration.sell_while_in_doubt)
        self.promises.told(change.payment, self.order_of)

    def guard(self, look: Callable[[], None]) -> None:
        """The box survives whatever is raised inside it; the history must not."""
        try:
            look()
        except Broken as broken:
            self._failed = self._failed or broken

    def _state_of(self, attempt: Attempt) -> str:
        payment = self.disk.with_order(attempt.out_trade_no)
        return IDLE if payment is None else payment.state.value

    def _open_state(self) -> str:
        states = [payment.state.value for payment in self.disk.all if not payment.state.is_final]
        return states[-1] if states else IDLE


def _rests(payment: Payment) -> bool:
    """Nothing more will be done about it by itself."""
    settled = payment.state.is_final or payment.state is State.IN_DOUBT
    return settled and not any(attempt.is_open for attempt in payment.attempts)
