"""A provider in memory: scripted by the payer's code, remembers what it was asked, refuses what real ones refuse.

    [gateways.trial]
    kind = "simulated"

No money, no network. `daemon.gateways.simulated_cases` says which code does what. `calls` holds every call without the payer's
code; `pay`, `decline` and `offline` are the world's hands on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from daemon.codes import AuthCode
from daemon.gateways.base import Ability, Problem, refund_number
from daemon.gateways.settings import SimulatedSettings
from daemon.gateways.simulated_cases import SHOWN, Case, Fault, Standing, case_of
from daemon.payment import Attempt, OutTradeNo
from daemon.reply import Claim, NoAnswer, NotSent, Refusal, Reply, Unintelligible, Verdict, judge_paid
from daemon.timing import Schedule

_REVOKE_NOT_BEFORE_S = 15.0  # WeChat's revoke page
_ENDS_ITSELF_S = 45.0  # WeChat revokes unpaid Quick Pay orders itself after that (closed-loop guide)

_SAYS = {
    Standing.UNPAID: Reply(Verdict.UNPAID, "NOTPAY"),
    Standing.CONFIRMING: Reply(Verdict.CONFIRMING, "USERPAYING"),
    Standing.FAILED: Reply(Verdict.REFUSED, "PAYERROR", "the payer declined", refusal=Refusal.FINAL),
    Standing.CLOSED: Reply(Verdict.CLOSED, "CLOSED"),
    Standing.REVOKED: Reply(Verdict.CLOSED, "REVOKED"),
    Standing.REFUNDED: Reply(Verdict.REFUNDED, "REFUND"),
}
_OPEN = (Standing.UNPAID, Standing.CONFIRMING)


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came: the name of the method and the order's number."""

    name: str
    out_trade_no: OutTradeNo


@dataclass(slots=True)
class Order:
    """One order in the simulated provider's ledger."""

    attempt: Attempt
    case: Case
    standing: Standing
    trade_no: str
    shown: bool
    made_at: float
    queries: int = 0
    revokes: int = 0


class SimulatedGateway:
    """Implements `base.Gateway`. With a `clock` (monotonic seconds) it also keeps a real provider's times: a revoke earlier than
    15 s after the charge is refused, an unpaid scanned order ends itself after 45 s."""

    abilities = frozenset(Ability)
    holds_queries = False
    repeats_creates = False

    def __init__(
        self,
        settings: SimulatedSettings,
        schedule: Schedule = Schedule(),  # noqa: B008  # frozen, never changed
        *,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = settings.name
        self.calls: list[Call] = []
        self.orders: dict[OutTradeNo, Order] = {}
        self.offline = False
        self._schedule = schedule
        self._clock = clock
        self._sleep = sleep
        self._closed = False

    # --- the world's hands ---

    def pay(self, number: OutTradeNo) -> None:
        """The payer pays now. KeyError: no such order; ValueError: it can no longer be paid."""
        self._settle(number, Standing.PAID)

    def decline(self, number: OutTradeNo) -> None:
        """The payer declines now. Raises as `pay` does."""
        self._settle(number, Standing.FAILED)

    def _settle(self, number: OutTradeNo, standing: Standing) -> None:
        order = self.orders[number]
        if order.standing not in _OPEN:
            raise ValueError(f"order {number} is {order.standing.name.lower()}")
        order.standing = standing

    # --- what the runner asks ---

    async def submit(self, attempt: Attempt, auth_code: AuthCode) -> Reply:
        case = case_of(auth_code.reveal())
        if case.fault is Fault.NOT_SENT:
            raise NotSent("simulated: nothing left the box")
        self._note("submit", attempt)
        if attempt.out_trade_no in self.orders:
            return Reply(Verdict.UNKNOWN, "OUT_TRADE_NO_USED", "this number was used before")
        if case.becomes is not None:
            self._open(attempt, case, case.becomes, shown=False)
        await self._spoil(case, self._schedule.answer_s)
        return self._charge_answer(attempt, case)

    async def create_qr(self, attempt: Attempt) -> Reply:
        self._note("create_qr", attempt)
        known = self.orders.get(attempt.out_trade_no)
        if known is not None and not (known.shown and known.standing is Standing.UNPAID):
            return Reply(Verdict.UNKNOWN, "OUT_TRADE_NO_USED", "this number was used before")
        order = known or self._open(attempt, SHOWN, Standing.UNPAID, shown=True)
        return Reply(Verdict.QR, "SUCCESS", qr=f"weixin://wxpay/bizpayurl?pr=sim{order.trade_no[-6:]}")

    async def query(self, attempt: Attempt, hold_s: float = 0.0) -> Reply:  # noqa: ARG002  # holds nothing open
        order = await self._find("query", attempt)
        if order is None:
            return Reply(Verdict.NOT_KNOWN, "ORDERNOTEXIST", "no such order")
        order.queries += 1
        if order.standing in _OPEN and order.case.turns is not None and order.queries >= order.case.turns_at:
            order.standing = order.case.turns
        return self._standing(attempt, order)

    async def revoke(self, attempt: Attempt) -> Reply:
        order = await self._find("revoke", attempt)
        if order is None:
            return Reply(Verdict.NOT_KNOWN, "INVALID_TRANSACTIONID", "no such order")
        if order.case.revoke_never:
            return Reply(Verdict.REVOKE_REFUSED, "TRADE_ERROR", "cannot be revoked", order.trade_no)
        if order.shown or self._age(order, _REVOKE_NOT_BEFORE_S) < _REVOKE_NOT_BEFORE_S:
            return Reply(Verdict.REVOKE_AGAIN, "INVALID_REQUEST", "a QR order, or too early", order.trade_no)
        order.revokes += 1
        if order.revokes <= order.case.revoke_again:
            return Reply(Verdict.REVOKE_AGAIN, "USERPAYING", "the payer is confirming", order.trade_no)
        order.standing = Standing.REFUNDED if order.standing in (Standing.PAID, Standing.REFUNDED) else Standing.REVOKED
        return Reply(Verdict.REVOKED, "SUCCESS", "", order.trade_no)

    async def close(self, attempt: Attempt) -> Reply:
        order = await self._find("close", attempt)
        if order is None:
            return Reply(Verdict.NOT_KNOWN, "ORDERNOTEXIST", "no such order")
        if not order.shown:
            return Reply(Verdict.UNKNOWN, "268449641", "an order of a scanned code is revoked, not closed")
        if order.standing in (Standing.PAID, Standing.REFUNDED):
            return Reply(Verdict.UNKNOWN, "ORDERPAID", "the order is paid")
        order.standing = Standing.CLOSED
        return Reply(Verdict.CLOSED, "SUCCESS")

    async def refund(self, attempt: Attempt) -> Reply:
        order = await self._find("refund", attempt)
        if order is None:
            return Reply(Verdict.REFUND_REFUSED, "ORDERNOTEXIST", "no such order")
        if order.standing not in (Standing.PAID, Standing.REFUNDED):
            return Reply(Verdict.REFUND_REFUSED, "TRADE_STATE_ERROR", "the order is not paid", order.trade_no)
        order.standing = Standing.REFUNDED
        return Reply(Verdict.REFUNDED, "SUCCESS", refund_number(attempt), order.trade_no)

    async def check(self) -> list[Problem]:
        return [Problem("simulated: offline", blocking=False)] if self.offline else []

    async def warm(self) -> None:
        """There is no connection to open."""

    async def aclose(self) -> None:
        """There is none to close; later calls raise NotSent, as with a real one."""
        self._closed = True

    # --- how ---

    def _note(self, name: str, attempt: Attempt) -> None:
        if self.offline or self._closed:
            raise NotSent("simulated: offline" if self.offline else "simulated: the box is stopping")
        self.calls.append(Call(name, attempt.out_trade_no))

    async def _find(self, name: str, attempt: Attempt) -> Order | None:
        """The order that a call after the charge is about. Raises NotSent offline, NoAnswer where it is never answered."""
        self._note(name, attempt)
        order = self.orders.get(attempt.out_trade_no)
        if order is None:
            return None
        if order.case.dead:
            await self._silence(self._schedule.reply_s)
        if not order.shown and order.standing in _OPEN and self._age(order, 0.0) >= _ENDS_ITSELF_S:
            order.standing = Standing.REVOKED
        return order

    def _age(self, order: Order, without_clock: float) -> float:
        return without_clock if self._clock is None else self._clock() - order.made_at

    def _open(self, attempt: Attempt, case: Case, standing: Standing, *, shown: bool) -> Order:
        made_at = 0.0 if self._clock is None else self._clock()
        order = Order(attempt, case, standing, f"4200{len(self.orders) + 1:024d}", shown, made_at)
        self.orders[attempt.out_trade_no] = order
        return order

    async def _spoil(self, case: Case, wait_s: float) -> None:
        """What happens to the answer of a charge on its way."""
        if case.dead or case.fault is Fault.SILENT:
            await self._silence(wait_s)
        if case.fault is Fault.LOST:
            raise NoAnswer("simulated: the connection broke")
        if case.fault is Fault.NONSENSE:
            raise Unintelligible("simulated: nonsense")

    async def _silence(self, wait_s: float) -> None:
        await self._sleep(wait_s)
        raise NoAnswer(f"simulated: no answer within {wait_s:g} s")

    def _charge_answer(self, attempt: Attempt, case: Case) -> Reply:
        if case.refusal is not None:
            return Reply(Verdict.REFUSED, case.code, "simulated refusal", refusal=case.refusal)
        if case.code:
            return Reply(Verdict.UNKNOWN, case.code, "simulated trouble")
        return self._standing(attempt, self.orders[attempt.out_trade_no])

    def _standing(self, attempt: Attempt, order: Order) -> Reply:
        """How the order stands; `paid` is judged like a real provider's, against what was charged (P6)."""
        if order.standing is not Standing.PAID:
            return _SAYS[order.standing]
        amount = order.attempt.amount
        claim = Claim(order.attempt.out_trade_no, amount.minor + order.case.other_amount, amount.currency, merchant_matches=True)
        return judge_paid(attempt, claim, code="SUCCESS", trade_no=order.trade_no)
