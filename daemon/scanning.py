"""From what a scanner reads to a payer's code that is wanted now: the way into the cycle for scans.

The scanner is armed only while a payment awaits a code, or a till offers an amount: then the code begins that payment and pays it. A
payer's code is passed on once, never kept: what stays, as long as the payment is open, is a keyed hash, so that a phone left under the
scanner does not use up the payment's attempts.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from daemon.codes import AuthCode, Kind, classify
from daemon.cycle import Unfit
from daemon.events import CodePresented, CodeRejected
from daemon.health import Board
from daemon.journal_file import JournalError
from daemon.payment import Mode, OutTradeNo, Payment, Ref, State
from daemon.runner import Change, Runner
from daemon.view import NoticeKind
from hw.interfaces import Scan, ScanFault, Scanner

log = logging.getLogger(__name__)

CODE_LIFE_S = 45.0  # a payer's code lives about a minute (WeChat, Quick Pay product page); one that waited longer is not sent


@dataclass(frozen=True, slots=True)
class Taking:
    """What the next code pays while none is wanted: `take` begins the payment of that ref, or gives None where that cannot be."""

    ref: Ref
    take: Callable[[], Awaitable[Payment | None]]


class Scanning:
    """Listens to the scanner, arms it, and presents codes. `notify` says what changed no payment and must still be said."""

    def __init__(
        self,
        runner: Runner,
        scanner: Scanner,
        routes: Mapping[str, str],
        board: Board,
        notify: Callable[[NoticeKind, str], None],
        new_number: Callable[[], OutTradeNo],
    ) -> None:
        self._runner = runner
        self._scanner = scanner
        self._routes = routes
        self._board = board
        self._notify = notify
        self._new_number = new_number
        self._wanted: Payment | None = None
        self._offered: Taking | None = None
        self._taken: Ref | None = None  # begins now, by a code that is in hand
        self._key = secrets.token_bytes(16)
        self._used: set[bytes] = set()
        self._presented: dict[OutTradeNo, bytes] = {}
        self._presenting: set[asyncio.Task[None]] = set()

    def offer(self, offered: Taking | None) -> None:
        """From now on the next code pays what is offered, as long as no payment wants one; None: nothing is offered any more."""
        self._offered = offered
        self._arm_or_disarm()

    def on_change(self, change: Change) -> None:
        """Arm when a code comes to be wanted, disarm when it is no longer. While it stays wanted (a wrong code was rejected, an
        earlier order moved in the background) nothing is done: the right one may be under way."""
        payment = change.payment
        if payment.state is not State.AWAITING_CODE or payment.mode is not Mode.SCAN:
            if self._wanted is not None and self._wanted.ref == payment.ref:
                self._want_nothing()
        elif change.before is None or change.before.state is not State.AWAITING_CODE:
            self._remember_used(change)
            if payment.ref != self._taken:  # else its code is there already
                self._wanted = payment
                self._scanner.arm()

    def _remember_used(self, change: Change) -> None:
        """A code that was refused is used up; one whose charge never left the box may be shown again."""
        if change.before is None:
            self._used.clear()
            self._presented.clear()
        for order in change.payment.attempts:
            if order.state is State.REFUSED and order.out_trade_no in self._presented:
                self._used.add(self._presented.pop(order.out_trade_no))

    def scanned(self, scan: Scan) -> None:
        """What a scanner read. Text from outside: anything at all."""
        payment, offered = self._wanted, self._offered
        if (payment is None and offered is None) or asyncio.get_running_loop().time() - scan.at > CODE_LIFE_S:
            log.info("code_dropped why=%s", "too_old" if payment or offered else "none_wanted")
            return
        code = classify(scan.text)
        if code.kind is not Kind.PAYER or code.auth_code is None or code.scheme is None:
            self._reject(payment, NoticeKind.WRONG_CODE, code.kind.value)
        elif (gateway := self._routes.get(code.scheme)) is None or not self._board.can_charge(gateway):
            self._reject(payment, NoticeKind.NO_ROUTE, code.scheme)
        elif self._is_used(code.auth_code, payment):
            self._reject(payment, NoticeKind.WRONG_CODE, "used")
        elif payment is not None:
            self._want_nothing()
            self._start(self._present(payment, gateway, code.scheme, code.auth_code))
        elif offered is not None:
            self._offered = None
            self._scanner.disarm()
            self._start(self._take(offered, gateway, code.scheme, code.auth_code))

    def scan_failed(self, fault: ScanFault) -> None:
        if self._wanted is not None or self._offered is not None:
            self._notify(NoticeKind.SCAN_AGAIN, fault.value)

    def _want_nothing(self) -> None:
        self._wanted = None
        self._arm_or_disarm()

    def _arm_or_disarm(self) -> None:
        """While no payment wants a code: for what is offered, or not."""
        if self._wanted is not None:
            return
        if self._offered is not None:
            self._scanner.arm()
        else:
            self._scanner.disarm()

    def _is_used(self, code: AuthCode, payment: Payment | None) -> bool:
        """A code that this payment has had; before it begins, one that the last one had: its phone may still lie there."""
        fingerprint = self._fingerprint(code)
        return fingerprint in self._used or (payment is None and fingerprint in self._presented.values())

    async def _take(self, offered: Taking, gateway: str, scheme: str, code: AuthCode) -> None:
        """Begin what was offered and present the code that took it, in one go: it is kept nowhere but in this call."""
        self._taken = offered.ref
        try:
            payment = await offered.take()
        finally:
            self._taken = None
        if payment is not None:
            await self._present(payment, gateway, scheme, code)

    async def _present(self, payment: Payment, gateway: str, scheme: str, code: AuthCode) -> None:
        reserved = payment.reserved
        number = reserved.out_trade_no if reserved is not None and reserved.gateway == gateway else self._new_number()
        event = CodePresented(number, gateway, scheme, self._runner.at())
        self._presented[event.out_trade_no] = self._fingerprint(code)
        try:
            await self._runner.present(payment.ref, event, code)
        except (Unfit, KeyError):
            log.info("code_dropped why=too_late ref=%s", payment.ref)
        except JournalError as error:
            log.error('code_dropped why=journal ref=%s error="%s"', payment.ref, error)
            self._notify(NoticeKind.NOT_STORED, "")
            self._want_again(payment)

    def _reject(self, payment: Payment | None, notice: NoticeKind, kind: str) -> None:
        self._notify(notice, kind)
        if payment is not None:
            self._start(self._note_rejected(payment, kind))

    async def _note_rejected(self, payment: Payment, kind: str) -> None:
        try:
            await self._runner.feed(payment.ref, CodeRejected(kind, self._runner.at()))
        except (Unfit, KeyError, JournalError) as error:
            log.info("code_rejected kind=%s ref=%s unstored=%s", kind, payment.ref, error)

    def _want_again(self, payment: Payment) -> None:
        now = self._runner.find(payment.ref)
        if now is not None and now.state is State.AWAITING_CODE:
            self._wanted = now
            self._scanner.arm()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._presenting.add(task)
        task.add_done_callback(self._presenting.discard)

    def _fingerprint(self, code: AuthCode) -> bytes:
        return hashlib.blake2b(code.reveal().encode(), key=self._key, digest_size=16).digest()
