"""Follows every payment, as others do, and counts what became of it and how long each stage took.

It is told after a decision was stored and what it asked for has left. What it remembers of a payment lasts until its first end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import product

from daemon.events import CodePresented
from daemon.metrics import families as f
from daemon.metrics.harmless import harmless
from daemon.metrics.tally import Counter, Histogram, Reading
from daemon.payment import Payment, Ref, State
from daemon.runner import Change
from hw.interfaces import Scan, ScanFault, ScanListener


@dataclass(slots=True)
class _Course:
    """The moments of a payment that was begun in this run of the box, in monotonic seconds."""

    begun_at: float
    asked_payer_at: float | None = None


class Observer:
    """`gateways` are the names in the configuration, `tills` the kinds of tills by name; `now` is the loop's clock."""

    def __init__(self, gateways: Collection[str], tills: Mapping[str, str], now: Callable[[], float]) -> None:
        self._gateways = frozenset(gateways)
        self._tills = dict(tills)
        self._now = now
        self._courses: dict[Ref, _Course] = {}
        self._scanned_at: float | None = None
        kinds = sorted(set(tills.values()))
        self._asked = Counter(f.ASKED, ((kind,) for kind in kinds))
        self._ended = Counter(f.ENDED, product((end.value for end in f.ENDS), (*sorted(gateways), f.NO_GATEWAY), kinds))
        modes = [(mode.value,) for mode in f.MODES]
        self._scan_to_request = Histogram(f.SCAN_TO_REQUEST, [()])
        self._confirm = Histogram(f.CONFIRM, modes)
        self._whole = Histogram(f.WHOLE, modes)

    def readings(self) -> list[Reading]:
        tallies = (self._asked, self._ended, self._scan_to_request, self._confirm, self._whole)
        return [tally.read() for tally in tallies]

    @harmless
    def on_change(self, change: Change) -> None:
        payment, now = change.payment, self._now()
        if change.before is None:
            self._courses[payment.ref] = _Course(now)
            self._asked.add(self._till(payment))
        if isinstance(change.event, CodePresented):
            self._code_sent(payment, change.event)
        self._waits(payment, now)
        if _has_ended(change):
            self._ended.add(payment.state.value, self._gateway(payment), self._till(payment))
            course = self._courses.pop(payment.ref, None)
            if course is not None:
                self._whole.add(now - course.begun_at, payment.mode.value)

    @harmless
    def scanned(self, scan: Scan) -> None:
        self._scanned_at = scan.at

    def _code_sent(self, payment: Payment, event: CodePresented) -> None:
        scanned_at, self._scanned_at = self._scanned_at, None
        if scanned_at is not None:
            self._scan_to_request.add(payment.attempt(event.out_trade_no).sent_at - scanned_at)

    def _waits(self, payment: Payment, now: float) -> None:
        course = self._courses.get(payment.ref)
        if course is None:
            return
        if course.asked_payer_at is None:
            if _payer_is_asked(payment):
                course.asked_payer_at = now
        elif payment.state not in (State.PENDING, State.PRESENTING_QR):
            self._confirm.add(now - course.asked_payer_at, payment.mode.value)
            course.asked_payer_at = None

    def _till(self, payment: Payment) -> str:
        return self._tills.get(payment.till, f.OTHER)

    def _gateway(self, payment: Payment) -> str:
        if not payment.attempts:
            return f.NO_GATEWAY
        name = payment.attempts[-1].gateway
        return name if name in self._gateways else f.OTHER


class Ears:
    """Hands on what a scanner gives, and lets the observer hear when it came."""

    def __init__(self, listener: ScanListener, observer: Observer) -> None:
        self._listener = listener
        self._observer = observer

    def scanned(self, scan: Scan) -> None:
        self._observer.scanned(scan)
        self._listener.scanned(scan)

    def scan_failed(self, fault: ScanFault) -> None:
        self._listener.scan_failed(fault)


def _has_ended(change: Change) -> bool:
    before = None if change.before is None else change.before.state
    return change.payment.state is not before and change.payment.state in f.ENDS


def _payer_is_asked(payment: Payment) -> bool:
    if payment.state is State.PRESENTING_QR:
        return True
    return payment.state is State.PENDING and bool(payment.attempts) and payment.attempts[-1].confirming
